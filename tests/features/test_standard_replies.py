"""FAIL, WARN and NOTE.  Quotes are from IRCv3 standard-replies."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def operator(stage: Stage, caps: str, nick: str = "oper") -> Client:
    client = stage.connect(nick, caps=caps)
    client.sends("OPER root secret").take()
    return client


def test_of_no_other_specification(staffed: Stage) -> None:
    """"This capability allows servers to send arbitrary standard replies other than ones enabled by a specific
    specification.": others are told the same in a NOTICE. "It is RECOMMENDED that servers use standard replies instead
    of vendor-specific error numerics or server notices for non-standardised features when responding to a client which
    supports this capability."
    """
    knowing, plain = operator(staffed, "standard-replies"), operator(staffed, "", "plain")
    knowing.take()
    for client in (knowing, plain):
        client.sends("UNKLINE x@y")
    knowing.sees(f":{knowing.node.name} FAIL UNKLINE NO_SUCH_BAN :There is no ban on x@y")
    plain.sees(f":{plain.node.name} NOTICE plain :UNKLINE: There is no ban on x@y")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("NICK robert", "FAIL NICK NICKNAME_RESERVED robert :robert belongs to an account. If it is yours, log in: "),
        ("ROTATE", "NOTE ROTATE ROTATED :The next line of all logs begins a new file"),
        ("RESTART", "FAIL RESTART UNAVAILABLE :This server cannot restart"),
    ],
)
def test_instead_of_notices(staffed: Stage, line: str, expected: str) -> None:
    """"instead of vendor-specific error numerics or server notices": who has not negotiated them gets the notice."""
    staffed.registers("robert")
    knowing, plain = operator(staffed, "standard-replies"), operator(staffed, "", "plain")
    for client, told in ((knowing, expected), (plain, f"NOTICE plain :{expected.partition(' :')[2]}")):
        client.take()
        assert client.sends(line).take()[0].startswith(f":{client.node.name} {told}")


@pytest.mark.parametrize("caps", ["", "standard-replies"])
def test_who_is_not_logged_in(stage: Stage, caps: str) -> None:
    """The same when a password is wrong that came before the registration."""
    stage.registers("alice", "sesame")
    client = stage.open().sends(f"CAP REQ :{caps or 'cap-notify'}", "NICK alice", "PASS wrong")
    client.take()
    told = client.sends("USER a 0 * :A", "CAP END").take()
    expected = "WARN PASS LOGIN_FAILED" if caps else "NOTICE alice"
    assert f":{client.node.name} {expected} :You are not logged in: The account or the password is wrong." in told


@pytest.mark.parametrize("caps", ["", "standard-replies"])
def test_who_comes_under_a_reserved_nickname(stage: Stage, caps: str) -> None:
    """"implementers MUST use an existing code if one is already defined": NICKNAME_RESERVED is in IRCv3's registry."""
    stage.registers("robert")
    client = stage.open().sends(f"CAP REQ :{caps or 'cap-notify'}", "NICK robert", "USER r 0 * :R")
    client.take()
    told = client.sends("CAP END").take()
    nick = client.session.user.nick
    assert nick != "robert"
    text = f"robert belongs to an account that you are not logged in to. You are {nick} until you do: "
    expected = f"WARN NICK NICKNAME_RESERVED robert :{text}" if caps else f"NOTICE {nick} :{text}"
    assert told[0].startswith(f":{client.node.name} {expected}")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SETNAME :" + "x" * 200, "FAIL SETNAME INVALID_REALNAME :That real name is empty or too long"),
        ("MARKREAD", "FAIL MARKREAD CAPABILITY_REQUIRED draft/read-marker :Negotiate this capability first"),
        ("TOKEN LIST", "FAIL TOKEN ACCOUNT_REQUIRED :You are not logged in"),
        (b"TOPIC #a :\xff\r\n", "FAIL TOPIC INVALID_UTF8 :Message rejected, it is not valid UTF-8"),
        (b"\xff\r\n", "FAIL * INVALID_UTF8 :Message rejected, it is not valid UTF-8"),
    ],
)
def test_of_a_specification(stage: Stage, line: str | bytes, expected: str) -> None:
    """"<type> <command> <code> [<context>...] <description>": what "a specific specification" says is a FAIL is one for
    everybody; "if the client command is not available or
    cannot be relayed (for example, if the client's message could not be parsed), `*` is substituted".
    """
    alice = stage.connect("alice")
    if isinstance(line, bytes):
        alice.sends_bytes(line)
    else:
        alice.sends(line)
    alice.sees(f":{alice.node.name} {expected}")


@pytest.mark.parametrize("caps", ["batch labeled-response", "batch labeled-response standard-replies"])
def test_with_a_label(staffed: Stage, caps: str) -> None:
    """"This message SHOULD also be given a label, if one was provided by the client with the original command"."""
    client = operator(staffed, caps)
    client.sends("@label=7 UNKLINE x@y", "@label=8 SETNAME :" + "x" * 200)
    first, second = client.take()
    assert first.startswith(f"@label=7 :{client.node.name} {'FAIL' if 'standard' in caps else 'NOTICE'} ")
    assert second.startswith(f"@label=8 :{client.node.name} FAIL SETNAME ")


def test_numerics_stay_numerics(stage: Stage) -> None:
    """"Servers which support this capability SHOULD NOT replace standardised error numerics with standard replies"."""
    alice, bob = stage.connect("alice", caps="standard-replies"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("PRIVMSG nobody :hi", "JOIN bad", "KLINE x@y", "NICK", "FROBNICATE")
    first, second = ([line.split(" ")[1] for line in client.take()] for client in (alice, bob))
    assert first == second == ["401", "403", "481", "431", "421"]
