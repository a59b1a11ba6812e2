"""ACCOUNT and the tag account.  See IRCv3 account-notify and account-tag."""

from __future__ import annotations

from chatd.core.events import AccountChanged, AccountDeleted, AccountRenamed, NickGrouped, NickUngrouped
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
    assert [line for line in alice.take() if " ACCOUNT " in line] == lines
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


def test_numerics(stage: Stage) -> None:
    """900 RPL_LOGGEDIN is sent when the user's account name is set, 901 RPL_LOGGEDOUT when it is unset (whether by
    SASL or otherwise)."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    log_in(alice, "hax0r")
    log_in(alice, None)
    name, source = alice.node.name, alice.session.user.source
    alice.sees(
        f":{name} 900 alice {source} hax0r :You are now logged in as hax0r",
        f":{name} 901 alice {source} :You are now logged out",
    )
    bob.sees()


def test_renaming_and_deleting_accounts(stage: Stage) -> None:
    """Who is logged in to an account follows what becomes of it, on every node."""
    stage.registers("alice")
    alice, bob = stage.connect("a", caps="account-notify"), stage.connect("b", caps="account-notify")
    for client in (alice, bob):
        client.sends("JOIN #a")
    for client in (alice, bob):
        stage.logs_in(client, "alice")
    alice.take(), bob.take()
    server = stage.server
    server.emit(AccountRenamed(server.origin, "alice", "liddell"))
    stage.settle()
    for client in (alice, bob):
        assert [line.split(" ", 1)[1] for line in client.take() if " ACCOUNT " in line] == ["ACCOUNT liddell"] * 2
    server.emit(AccountDeleted(server.origin, "liddell"))
    stage.settle()
    for client in (alice, bob):
        assert [line.split(" ", 1)[1] for line in client.take() if " ACCOUNT " in line] == ["ACCOUNT *"] * 2
        assert client.session.account is None
    assert [node.network.registry.owners for node in stage.nodes] == [{}] * len(stage.nodes)


def test_the_registry(stage: Stage) -> None:
    """Every node knows whose the nicknames are, whatever happens to accounts."""
    origin = stage.server.origin
    stage.registers("Alice")
    for event in (
        NickGrouped(origin, "Alice", "Ally"), NickGrouped(origin, "Alice", "Al"), NickUngrouped(origin, "Alice", "Al"),
        NickUngrouped(origin, "bob", "Ally"), AccountRenamed(origin, "Alice", "Liddell"),
        AccountRenamed(origin, "Alice", "Nobody"),
    ):  # fmt: skip
        stage.server.emit(event)
    stage.settle()
    for node in stage.nodes:
        registry, fold = node.network.registry, node.network.fold
        assert registry.owners == {"liddell": "Liddell", "ally": "Liddell"}
        assert registry.account("liddell", fold) == "Liddell"
        assert (registry.account("ally", fold), registry.account("alice", fold)) == (None, None)


def test_the_registry_is_there_from_the_start() -> None:
    """A server that starts knows the nicknames that its store has."""
    before = Stage()
    account = before.registers("Alice")
    before.accounts.group(account.account_id, "Ally", "ally", 5)
    after = Stage(accounts=before.accounts)
    assert after.server.network.registry.owners == {"alice": "Alice", "ally": "Alice"}
