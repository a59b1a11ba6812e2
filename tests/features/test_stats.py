"""STATS."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.testing import Client, Stage

LETTERS = "dDiIkKlLmMoOpPyYzZ"


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def operator(stage: Stage, block: str = "root") -> Client:
    """An operator with nothing left to read."""
    client = stage.connect("op").sends(f"OPER {block} secret")
    client.take()
    return client


def asked(client: Client, line: str) -> list[str]:
    """The answer, without the server's name and the client's, and without the end, which has to be there."""
    client.take()
    client.sends(line)
    head, nick = f"{server(client)} ", client.session.shown_nick
    lines = [answer.removeprefix(head).replace(f" {nick} ", " ", 1) for answer in client.take()]
    assert lines.pop() == f"219 {line.split(' ')[1]} :End of /STATS report"
    return lines


@pytest.mark.parametrize("letter", ["u", "U"])
def test_uptime_is_for_everybody(stage: Stage, letter: str) -> None:
    """A string showing how long the server has been up."""
    alice = stage.connect("alice")
    stage.now_s += 2 * 86_400 + 3 * 3600 + 4 * 60 + 5
    assert asked(alice, f"STATS {letter}") == ["242 :Server Up 2 days 3:04:05"]


@pytest.mark.parametrize("letter", LETTERS)
def test_the_rest_is_for_operators(staffed: Stage, letter: str) -> None:
    """481, and the end, so that nobody waits for it; an operator without the privilege is told the same."""
    denied = ["481 :Permission Denied- You're not an IRC operator"]
    assert asked(staffed.connect("alice"), f"STATS {letter}") == denied
    assert asked(operator(staffed, "none"), f"STATS {letter}") == denied


@pytest.mark.parametrize("letter", ["q", "?", "uptime", "é"])
def test_unknown_letters(staffed: Stage, letter: str) -> None:
    """A query that means nothing here has an end and nothing else; a word is no letter."""
    assert asked(operator(staffed), f"STATS {letter}") == []
    assert asked(staffed.connect("alice"), f"STATS {letter}") == []


def test_errors(stage: Stage) -> None:
    """461 without a letter, 402 for another server."""
    alice = stage.connect("alice")
    alice.sends("STATS", "STATS u no.such.server", "STATS :")
    alice.sees(
        f"{server(alice)} 461 alice STATS :Not enough parameters",
        f"{server(alice)} 402 alice no.such.server :No such server",
        f"{server(alice)} 219 alice * :End of /STATS report",
    )
    assert len(asked(alice, f"STATS u {alice.node.name}")) == 1


def test_bans_are_for_who_may_set_them(staffed: Stage) -> None:
    """Somebody with the privilege kline sees K-lines, but not D-lines."""
    mod = operator(staffed, "mod")
    mod.sends("KLINE bad@*.example.org :spam")
    (line,) = asked(mod, "STATS k")
    assert line.startswith("216 K *.example.org * bad :spam (by op!~op@")
    assert asked(mod, "STATS d")[0].startswith("481 ")


def test_how_often_commands_were_used(staffed: Stage) -> None:
    """m: commands and the usage count for each if the usage count is non zero; what was refused was not used."""
    stage = Stage(staffed.server.config)
    op, alice = operator(stage), stage.connect("alice")
    alice.sends("JOIN #a", "privmsg #a :x", "PRIVMSG #a :y", "NOSUCH", "KILL op :x")
    rows = ("JOIN 1", "NICK 2", "OPER 1", "PRIVMSG 2", "STATS 1", "USER 2")
    assert asked(op, "STATS m") == [f"212 {row}" for row in rows]


def test_who_may_become_an_operator(staffed: Stage) -> None:
    """o: hosts from which normal clients may become operators, with the name of the block and what it asks for."""
    assert asked(operator(staffed), "STATS o") == [
        "243 O * * root :admin, password",
        "243 O * * mod :moderator, password",
        "243 O * * none :wallops, password",
        "243 O 198.51.100.0/24 * home :admin, password",
        "243 O * * key :admin, certificate",
        "243 O * * both :admin, password, certificate",
    ]


def test_classes_of_connections(staffed: Stage) -> None:
    """i: who may connect, with the class; y: what holds for each class."""
    op = operator(staffed)
    assert asked(op, "STATS i") == [
        "215 I 127.0.0.0/8 * * 0 exempt",
        "215 I 0::1/128 * * 0 exempt",
        "215 I * * * 0 default",
    ]
    assert asked(op, "STATS y") == [
        "218 Y exempt 90 0 1048576 :20000 connections in all",
        "218 Y default 90 0 1048576 :20000 connections in all, 64 from an address, 32 new ones within 10 seconds",
    ]


def test_limits_that_are_off(staffed: Stage) -> None:
    """What is not limited is not mentioned."""
    config = staffed.server.config
    connections = replace(config.connections, maximum=0, per_address=0, throttle_count=0, exempt=())
    op = operator(Stage(replace(config, connections=connections)))
    assert asked(op, "STATS i") == ["215 I * * * 0 default"]
    assert asked(op, "STATS y") == ["218 Y default 90 0 1048576 :no limits"]


def test_connections_of_this_node(staffed: Stage) -> None:
    """l: the server's connections, showing how long each has been established; addresses to who may see them."""
    stage = Stage(staffed.server.config)
    op = operator(stage)
    stage.connect("alice", ip="203.0.113.9", secure=True)
    stage.passes(7)
    stage.open(ip="203.0.113.8")
    stage.connect("bob").session.pause()
    stage.passes(2)
    assert asked(op, "STATS l") == [
        "249 l :bob!~bob@192.0.2.1, without TLS, open for 2 s, silent for 2 s, does not read",
        "249 l :op!~op@192.0.2.1, without TLS, open for 9 s, silent for 0 s",
        "249 l :alice!~alice@203.0.113.9, TLS, open for 9 s, silent for 9 s",
        "249 l :*@203.0.113.8, without TLS, open for 2 s, silent for 2 s",
    ]


def test_connections_without_addresses(staffed: Stage) -> None:
    """Who has the privilege stats, but not see-addresses, sees what everybody sees."""
    config = staffed.server.config
    only_stats = replace(config.operators[2], privileges=("stats",))
    stage = Stage(replace(config, operators=(only_stats,)))
    op = operator(stage, "none")
    stage.open(ip="203.0.113.8")
    assert not [line for line in asked(op, "STATS l") if "203.0.113." in line or "192.0.2." in line]


def test_many_connections_are_cut_short(staffed: Stage) -> None:
    """The answer never grows beyond what an operator's connection can take."""
    stage = Stage(staffed.server.config)
    op = operator(stage)
    for _ in range(210):
        stage.open()
    lines = asked(op, "STATS l")
    assert len(lines) == 201
    assert lines[-1] == "249 l :and 11 more"


def test_ports(staffed: Stage) -> None:
    """p: where the server listens, as the process tells it; nothing when there is no process."""
    assert asked(operator(staffed), "STATS p") == []
    ports = ["tcp:6667 (0.0.0.0 port 6667), without TLS", "unix:/run/chatd.sock, without TLS"]
    stage = Stage(staffed.server.config, nodes=len(staffed.nodes), control={"ports": lambda: ports})
    assert asked(operator(stage), "STATS p") == [f"220 P :{line}" for line in ports]


def test_numbers(staffed: Stage) -> None:
    """z: what the server counts."""
    op = operator(staffed)
    staffed.connect("alice").sends("JOIN #a")
    assert asked(op, "STATS z") == [
        "249 z :users: 2",
        "249 z :channels: 1",
        "249 z :registered channels: 0",
        "249 z :operators: 1",
        f"249 z :connections: {2 // len(staffed.nodes)}",
        f"249 z :most connections: {2 // len(staffed.nodes)}",
    ]
