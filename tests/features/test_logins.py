"""ACCOUNT and the tag account.  See IRCv3 account-notify and account-tag."""

from __future__ import annotations

from chatd.core.events import AccountChanged
from chatd.testing import Client, Stage


def log_in(client: Client, account: str | None) -> None:
    """What will happen when there are accounts: a user logs in, or out (None)."""
    client.node.emit(AccountChanged(client.session.context.origin, account))
    client.stage.settle()


def test_logging_in_and_out(stage: Stage) -> None:
    """When enabled, clients will get the ACCOUNT message for clients on common channels, including themselves."""
    alice, bob = stage.connect("alice", caps="account-notify"), stage.connect("bob", caps="account-notify")
    carol, dave = stage.connect("carol"), stage.connect("dave", caps="account-notify")
    for client in (alice, bob, carol):
        client.sends("JOIN #a")
    for client in (alice, bob, carol):
        client.take()
    log_in(alice, "hax0r")
    log_in(alice, "hax0r")
    log_in(alice, None)
    lines = [f":{alice.session.user.source} ACCOUNT {name}" for name in ("hax0r", "*")]
    alice.sees(*lines)
    bob.sees(*lines)
    carol.sees()
    dave.sees()


def test_the_tag(stage: Stage) -> None:
    """If the user is not identified to any services account, the tag MUST NOT be sent; it contains the sender's
    current services username."""
    alice, bob = stage.connect("alice", caps="account-tag account-notify"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
        client.take()
    alice.take()
    bob.sends("PRIVMSG #a :Hello everyone.")
    log_in(bob, "hax0r")
    bob.sends("PRIVMSG #a :Now I'm logged in.")
    log_in(bob, "bob")
    bob.sends("PRIVMSG #a :I switched accounts.", "NICK robert", "TOPIC #a :x")
    old = bob.session.user.source.replace("robert!", "bob!")
    alice.sees(
        f":{old} PRIVMSG #a :Hello everyone.",
        f":{old} ACCOUNT hax0r",
        f"@account=hax0r :{old} PRIVMSG #a :Now I'm logged in.",
        f"@account=hax0r :{old} ACCOUNT bob",
        f"@account=bob :{old} PRIVMSG #a :I switched accounts.",
        f"@account=bob :{old} NICK robert",
    )


def test_nobody_else_sees_the_tag(stage: Stage) -> None:
    """Clients that did not request account-tag are not sent it, whatever other tags they get."""
    alice, bob = stage.connect("alice", caps="message-tags server-time"), stage.connect("bob")
    log_in(bob, "hax0r")
    bob.sends("PRIVMSG alice :hi")
    (line,) = alice.take()
    assert "account" not in line.split(" ")[0]


def test_numerics_caused_by_somebody_logged_in(stage: Stage) -> None:
    """The tag also SHOULD be added by the ircd to all numerics directly caused by the sender."""
    alice, bob = stage.connect("alice", caps="account-tag"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a +i").take()
    log_in(bob, "hax0r")
    bob.sends("KNOCK #a")
    (line,) = alice.take()
    assert line.startswith(f"@account=hax0r :{bob.node.name} 710 ")


def test_whois_and_whox(stage: Stage) -> None:
    """WHOX must be supported: the `a` format token gives the account."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    log_in(bob, "hax0r")
    server = f":{alice.node.name}"
    alice.sends("WHO bob %na")
    assert alice.take()[0] == f"{server} 354 alice bob hax0r"
    alice.sends("WHOIS bob")
    assert f"{server} 330 alice bob hax0r :is logged in as" in alice.take()
