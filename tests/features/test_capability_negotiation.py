"""CAP.  Quotes are from IRCv3 capability negotiation; CAP NEW and DEL are in test_cap_notify.py."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.core.caps import Policy
from chatd.testing import Client, Stage


def test_requests_are_all_or_nothing(stage: Stage) -> None:
    """"The server MUST NOT make any change to any capabilities if it replies with a NAK subcommand."; "If no
    capabilities are enabled, an empty parameter must be sent."
    """
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("CAP REQ :server-time no-such-thing", "CAP LIST", "CAP REQ :multi-prefix setname", "CAP LIST")
    alice.sees(
        f"{server} CAP alice NAK :server-time no-such-thing",
        f"{server} CAP alice LIST :",
        f"{server} CAP alice ACK :multi-prefix setname",
        f"{server} CAP alice LIST :multi-prefix setname",
    )
    alice.sends("CAP REQ :-setname", "CAP LIST")
    alice.sees(f"{server} CAP alice ACK :-setname", f"{server} CAP alice LIST :multi-prefix")


def test_errors(stage: Stage) -> None:
    """"Replies from the server must contain the client identifier name or asterisk if one is not yet available."; 461
    for CAP alone.
    """
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("CAP NOPE", "CAP")
    alice.sees(
        f"{server} 410 alice NOPE :Invalid CAP command",
        f"{server} 461 alice CAP :Not enough parameters",
    )


def test_negotiation_delays_registration(stage: Stage) -> None:
    """"Upon receiving either a `CAP LS` or `CAP REQ` command during connection registration, the server MUST not
    complete registration until the client sends a `CAP END` command to indicate that capability negotiation has ended."
    """
    client = stage.open()
    client.sends("CAP LS").take()
    client.sends("NICK alice", "USER a 0 * :a")
    client.sees()
    client.sends("CAP END")
    assert client.take()[0].startswith(f":{client.node.name} 001 alice :Welcome to the ")


def test_capabilities_change_what_is_received_at_once(stage: Stage) -> None:
    """The line after the ACK has the time already, and the one after it is taken back has none."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    bob.sends("CAP REQ server-time").take()
    alice.sends("PRIVMSG #a :one")
    (line,) = bob.take()
    said = f":{alice.session.user.source} PRIVMSG #a"
    assert line.startswith("@time=2023-11-14T22:13:20.") and line.endswith(f"Z {said} :one")
    bob.sends("CAP REQ -server-time").take()
    alice.sends("PRIVMSG #a :two")
    bob.sees(f"{said} :two")


def names(client: Client) -> list[str]:
    """The capabilities of all the lines of LS or LIST that were sent, without values."""
    return [word.partition("=")[0] for line in client.take() for word in line.split(" :", 1)[1].split(" ")]


@pytest.mark.parametrize("name", ["short.example", f"{'a.' * 31}b"])
def test_every_capability_is_offered_and_can_be_had(name: str) -> None:
    """"all but the last reply MUST have a parameter containing only an asterisk (`*`) preceding the capability list";
    the server "MUST NOT specify additional data for any other CAP subcommands".
    """
    config = Config()
    stage = Stage(replace(config, server=replace(config.server, name=name)))
    client = stage.open()
    client.sends("CAP LS 302")
    head = f":{client.node.name} CAP * LS"
    assert all(line.startswith(f"{head} * :") for line in client.lines[:-1])
    assert client.lines[-1].startswith(f"{head} :")
    assert all(len(line.encode()) <= 510 for line in client.lines)
    offered = names(client)
    capabilities = stage.catalog.capabilities.values()
    assert sorted(offered) == sorted(row.name for row in capabilities if not isinstance(row, Policy))
    for name in offered:
        if name == "draft/metadata-3":
            client.sends("CAP REQ :-draft/metadata-2")
        client.sends(f"CAP REQ :{name}")
        assert client.take()[-1].split(" CAP ")[1] == f"* ACK :{name}"
    client.sends("CAP REQ :-server-time -message-tags").take()
    client.sends("CAP LIST")
    heads = [line.split(" :")[0].partition(" CAP ")[2] for line in client.lines]
    assert heads == ["* LIST *"] * (len(heads) - 1) + ["* LIST"]
    assert len(heads) >= (2 if len(name) > 50 else 1)
    assert not any("=" in line for line in client.lines)
    assert sorted(names(client)) == sorted(set(offered) - {"server-time", "message-tags", "draft/metadata-2"})


def test_older_clients_get_one_line_without_values(stage: Stage) -> None:
    """"If a client has not indicated support for `CAP LS 302` features, the server MUST NOT send these new features to
    the client."
    """
    for line in ("CAP LS", "CAP LS 301", "CAP LS x", "CAP LS :", "CAP LS -302"):
        client = stage.open()
        client.sends(line)
        (shown,) = client.take()
        assert shown.startswith(f":{client.node.name} CAP * LS :") and "=" not in shown and len(shown) <= 510
        assert {"server-time", "message-tags", "multi-prefix", "batch"} <= set(shown.split(" :")[1].split(" "))
        client.sends("CAP LIST")
        client.sees(f":{client.node.name} CAP * LIST :")


def test_versions_are_numbers_and_never_go_down(stage: Stage) -> None:
    """"The CAP version number argument MUST be treated as a number by the server. If the client's CAP version is not
    supported by the server, the server MUST enable the features it does support below the given version."; "If a client
    sends a higher CAP version at any time, the server MUST store the higher version. If a client sends a lower CAP
    version (or omits the version number entirely), servers SHOULD return a `CAP LS` reply consistent with the request's
    version, but keep storing the original (higher) version."
    """
    client = stage.open()
    client.sends("CAP LS", "CAP REQ :cap-notify", "CAP REQ :-cap-notify").take()
    client.sends("CAP LS 307")
    assert "=" in "".join(client.take())
    client.sends("CAP LS")
    (shown,) = client.take()
    assert "=" not in shown
    client.sends("CAP REQ :-cap-notify")
    client.sees(f":{client.node.name} CAP * NAK :-cap-notify")


@pytest.mark.parametrize(
    ("asked", "answer", "enabled"),
    [
        (":  setname   multi-prefix  ", "ACK :setname multi-prefix", "multi-prefix setname"),
        (":setname setname", "ACK :setname setname", "setname"),
        (":setname -setname", "ACK :setname -setname", ""),
        (":-setname setname", "ACK :-setname setname", "setname"),
        (":-batch", "ACK :-batch", ""),
        ("", "ACK :", ""),
        (":", "ACK :", ""),
        (":SETNAME", "NAK :SETNAME", ""),
        (":setname=1", "NAK :setname=1", ""),
        (":setname --batch", "NAK :setname --batch", ""),
        (":setname -", "NAK :setname -", ""),
        (":setname -nothing", "NAK :setname -nothing", ""),
        (":nothing setname", "NAK :nothing setname", ""),
        (":*", "NAK :*", ""),
    ],
)
def test_requests(stage: Stage, asked: str, answer: str, enabled: str) -> None:
    """"The list of capabilities MUST be parsed and processed from left to right"; "The capability identifier set must
    be accepted as a whole, or rejected entirely."; "If a client requests a capability which is already enabled, or
    tries to disable a capability which is not enabled, the server MUST continue processing the REQ subcommand as though
    handling this capability was successful."; "Capability names are case-sensitive": "The full capability name MUST be
    treated as an opaque identifier.".
    """
    client = stage.open()
    client.sends(f"CAP REQ {asked}".rstrip(), "CAP LIST")
    head = f":{client.node.name} CAP *"
    client.sees(f"{head} {answer}", f"{head} LIST :{enabled}")


@pytest.mark.parametrize("last", ["multi-prefix", "x"])
def test_requests_too_long_for_one_answer(stage: Stage, last: str) -> None:
    """"a server MUST NOT change the capabilities of the client until the last ACK of the set has been sent"."""
    client = stage.connect("a" * 30)
    words = ["server-time", *["account-notify"] * 31, last]
    line = f"CAP REQ :{' '.join(words)}"
    assert 480 < len(line) <= 510
    client.sends(line)
    verdict = "NAK" if last == "x" else "ACK"
    head = f":{client.node.name} CAP {'a' * 30} {verdict} :"
    assert len(client.lines) == 2 and all(shown.startswith(head) for shown in client.lines)
    assert " ".join(shown.removeprefix(head) for shown in client.take()) == " ".join(words)
    client.sends("PING x")
    assert client.take()[0].startswith("@time=") == (verdict == "ACK")


@pytest.mark.parametrize("subcommand", ["ACK", "NAK", "NEW", "DEL", "CLEAR", "FOO"])
def test_what_clients_do_not_send(stage: Stage, subcommand: str) -> None:
    """"If a client sends a subcommand which is not in the list above or otherwise issues an invalid command, then
    numeric `410` (`ERR_INVALIDCAPCMD`) should be sent. The first parameter after the client identifier (usually
    nickname) should be the commandname; the second parameter should be a human-readable description of the error."
    """
    client = stage.open()
    client.sends(f"CAP {subcommand} :server-time", "CAP LIST")
    server = f":{client.node.name}"
    client.sees(f"{server} 410 * {subcommand} :Invalid CAP command", f"{server} CAP * LIST :")


@pytest.mark.parametrize("line", ["CAP LS", "CAP LS 302", "CAP REQ :server-time", "CAP REQ :nothing", "cap ls"])
def test_what_suspends_registration(stage: Stage, line: str) -> None:
    """"If a server receives an `LS` subcommand while client registration is in progress, it MUST suspend registration
    until an `END` subcommand is received from the client."; "If a server receives a REQ subcommand while client
    registration is in progress, it MUST suspend registration until an END subcommand is received."
    """
    client = stage.open()
    client.sends("NICK alice", line, "USER a 0 * :a").take()
    client.sends("CAP LIST", "PRIVMSG x :y")
    assert client.take()[-1].endswith("451 alice :You have not registered")
    client.sends("CAP END")
    assert any(" 001 alice " in shown for shown in client.take())


def test_what_does_not_suspend_registration(stage: Stage) -> None:
    """LIST, an unknown subcommand and END before NICK do not."""
    client = stage.open()
    client.sends("CAP END", "CAP LIST", "CAP FOO").take()
    client.sends("NICK alice", "USER a 0 * :a")
    assert " 001 alice " in client.take()[0]


def test_negotiating_again_after_the_end(stage: Stage) -> None:
    """Another LS before registration is complete suspends it again."""
    client = stage.open()
    client.sends("CAP LS", "CAP END", "NICK alice", "CAP LS", "USER a 0 * :a").take()
    client.sends("PING x")
    client.sees(f":{client.node.name} PONG {client.node.name} :x")
    client.sends("CAP END")
    assert " 001 alice " in client.take()[0]


def test_after_registration(stage: Stage) -> None:
    """"The server MUST accept the `CAP` command at any time, including after registration."; of END: "If the client is
    already registered, this command MUST be ignored by the server."
    """
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("CAP END", "CAP REQ setname", "CAP END", "CAP LIST", "CAP LS 302")
    assert alice.take()[:2] == [f"{server} CAP alice ACK :setname", f"{server} CAP alice LIST :setname"]
    alice.sends("PRIVMSG alice :still here")
    alice.sees(f":{alice.session.user.source} PRIVMSG alice :still here")


def test_drafts_are_listed_first(stage: Stage) -> None:
    """Some clients read only the last line of the list: there is what they know, and each name is there once."""
    *before, last = stage.open().sends("CAP LS 302").take()
    assert before and all(" LS * :" in line for line in before)
    assert {"message-tags", "server-time", "batch", "echo-message", "multi-prefix"} <= set(last.split(" :")[1].split())
    names = [word.partition("=")[0] for line in [*before, last] for word in line.split(" :", 1)[1].split()]
    assert sorted(names) == sorted(set(stage.catalog.capabilities) - {"sts"})


def test_names() -> None:
    """"Capability names are case-sensitive, and MUST NOT start with a hyphen"; "Typical capability names SHOULD be
    lowercase, and use hyphens to separate words."; what is no standard has the prefix of a vendor.
    """
    for name in Stage().catalog.capabilities:
        vendor, slash, word = name.rpartition("/")
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", word), name
        assert not slash or vendor in ("draft", "znc.in", "soju.im"), name
