"""ACCOUNT.  Quotes are from IRCv3 account-notify."""

from __future__ import annotations

from base64 import b64encode

from company import meeting

from chatd.testing import Stage


def test_logging_in_and_out(stage: Stage) -> None:
    """"When enabled, clients will get the ACCOUNT message to designate the account name changes for clients on common
    channels with them, including themselves."; "This capability MUST be referred to as 'account-notify' at capability
    negotiation time."
    """
    alice, bob, carol, dave = meeting(
        stage, alice="account-notify", bob="account-notify", carol="", dave="account-notify"
    )
    dave.sends("PART #a", "JOIN #d")
    source = f":{bob.session.user.source}"
    bob.sends("REGISTER * * correct-horse", "PRIVMSG NickServ :LOGOUT")
    told = [f"{source} ACCOUNT bob", f"{source} ACCOUNT *"]
    for client, expected in ((alice, told), (bob, told), (carol, []), (dave, [])):
        assert [line for line in client.take() if " ACCOUNT " in line] == expected


def test_sasl_is_answered_first(stage: Stage) -> None:
    """"including themselves": after 900, which clients wait for when they log in by SASL."""
    bob = stage.connect("bob", caps="account-notify sasl")
    stage.registers("bob", "correct-horse")
    response = b64encode(b"\0bob\0correct-horse").decode()
    bob.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {response}")
    assert [line.split(" ")[1] for line in bob.take()] == ["AUTHENTICATE", "900", "ACCOUNT", "903"]


def test_another_account(stage: Stage) -> None:
    """"This message represents that the user identified by nick!user@host has logged into a new account. The last
    parameter is the display name of that account.": one that changes is told as one, and the same again is no news.
    """
    alice, bob = meeting(stage, alice="account-notify", bob="")
    source = f":{bob.session.user.source}"
    for account in ("Hax0r", "Hax0r", "Bob"):
        stage.logs_in(bob, account)
    alice.sees(f"{source} ACCOUNT Hax0r", f"{source} ACCOUNT Bob")


def test_one_who_is_in_several_channels(stage: Stage) -> None:
    """Told once, however many channels are shared."""
    alice, bob = meeting(stage, alice="account-notify", bob="account-notify")
    for client in (alice, bob):
        client.sends("JOIN #b")
    alice.take(), bob.take()
    stage.logs_in(bob, "Bob")
    alice.sees(f":{bob.session.user.source} ACCOUNT Bob")


def test_the_asterisk_is_no_account(stage: Stage) -> None:
    """"As the last parameter is an asterisk, this means that an asterisk is not a valid account name"."""
    alice, bob = meeting(stage, alice="account-notify", bob="")
    bob.sends("REGISTER * * correct-horse")
    alice.sees(f":{bob.session.user.source} ACCOUNT bob")
    assert stage.accounts.find("*") is None
    client = stage.open().sends("NICK *")
    client.sees(f":{client.node.name} 432 * * :Erroneus nickname")


def test_whox(stage: Stage) -> None:
    """"WHOX must be supported by the ircd": "include the `a` format token in your WHOX token request"."""
    alice, bob = meeting(stage, alice="", bob="")
    stage.logs_in(bob, "hax0r")
    alice.sends("WHO #a %na")
    server = f":{alice.node.name}"
    alice.sees(
        f"{server} 354 alice alice 0", f"{server} 354 alice bob hax0r", f"{server} 315 alice #a :End of WHO list"
    )
