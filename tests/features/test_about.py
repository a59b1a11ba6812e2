"""MOTD, RULES, VERSION, ADMIN, LUSERS, TIME, INFO, LINKS, MAP."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd import __version__
from chatd.config import Config
from chatd.testing import Client, Stage

TEXTS = {"motd": ["Hello.", "", ":) and bye"], "rules": ["Be kind."]}


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def asked(client: Client, line: str) -> list[str]:
    """The answer, without the server's name and the client's."""
    client.take()
    client.sends(line)
    head = f"{server(client)} "
    lines = client.take()
    assert all(answer.startswith(head) for answer in lines)
    return [answer[len(head) :].replace(f" {client.session.shown_nick} ", " ", 1) for answer in lines]


def test_motd_and_rules() -> None:
    """One RPL_MOTDSTART numeric, followed by one or more RPL_MOTD, then one RPL_ENDOFMOTD."""
    alice = Stage(texts=TEXTS).connect("alice")
    name = alice.node.name
    assert asked(alice, "MOTD") == [
        f"375 :- {name} Message of the day - ",
        "372 :- Hello.",
        "372 :- ",
        "372 :- :) and bye",
        "376 :End of /MOTD command.",
    ]
    assert asked(alice, "RULES") == [f"308 :- {name} Rules - ", "232 :- Be kind.", "309 :End of /RULES command."]


@pytest.mark.parametrize("verb", ["MOTD", "RULES", "VERSION", "ADMIN", "TIME", "INFO", "LUSERS *"])
def test_the_question_may_name_the_server(stage: Stage, verb: str) -> None:
    """The server's name, a mask of it, a nickname; 402 if a matching server cannot be found."""
    alice = stage.connect("alice")
    stage.connect("bob")
    plain = asked(alice, verb)
    name = alice.node.name
    for target in (name, name.upper(), "*", f"{name[:4]}*", f"?{name[1:]}", "ALICE"):
        assert asked(alice, f"{verb} {target}") == plain, target
    for target in ("no.such.server", "nobody", "x*"):
        assert asked(alice, f"{verb} {target}") == [f"402 {target} :No such server"]


def test_version(stage: Stage) -> None:
    """One RPL_VERSION reply and one or more RPL_ISUPPORT replies, the same as at the beginning."""
    alice = stage.connect("alice")
    first, *tokens = asked(alice, "VERSION")
    assert first == f"351 chatd-{__version__} {alice.node.name} :A chatd server"
    greeted = stage.open().sends("NICK eve", "USER eve 0 * :Eve").take()
    assert [line.partition(" eve ")[2] for line in greeted if " 005 eve " in line] == [
        line.partition("005 ")[2] for line in tokens
    ]


def test_admin() -> None:
    """256, 257, 258, 259; a line that says nothing has a dash; 423 when nobody is named at all."""
    alice = Stage().connect("alice")
    assert asked(alice, "ADMIN") == [f"423 {alice.node.name} :No administrative info available"]
    config = Config()
    named = replace(config.server, admin_name="Root", admin_email="root@example.org")
    alice = Stage(replace(config, server=named)).connect("alice")
    assert asked(alice, "ADMIN") == [
        f"256 {alice.node.name} :Administrative info",
        "257 :-",
        "258 :Root",
        "259 :root@example.org",
    ]


def test_lusers(staffed: Stage) -> None:
    """Users and invisible ones, operators, unknown connections, channels; local and global counts with their most."""
    stage = staffed
    nodes = len(stage.nodes)
    clients = [stage.connect(nick) for nick in ("alice", "bob", "carol", "dave")]
    alice, bob, carol, dave = clients
    alice.sends("MODE alice -i", "JOIN #a,#b", "MODE #b +s")
    bob.sends("OPER root secret")
    waiting = stage.open()
    dave.disappears()
    local = 3 if nodes == 1 else 2
    lines = asked(alice, "LUSERS")
    assert lines[0].startswith("251 :There are 1 users and 2 invisible on ")
    unknown = ["253 1 :unknown connection(s)"]
    assert lines[1:] == [
        "252 1 :operator(s) online",
        *unknown,
        "254 2 :channels formed",
        f"255 :I have {local} clients and 0 servers",
        f"265 {local} {4 // nodes} :Current local users {local}, max {4 // nodes}",
        "266 3 4 :Current global users 3, max 4",
    ]
    waiting.disappears()
    assert not [line for line in asked(alice, "LUSERS") if line.startswith("253")]
    assert carol.node.network.attached == (3 if nodes == 1 else 2)


def test_time_and_info(stage: Stage) -> None:
    """391 with the server's name; 371 lines and 374."""
    alice = stage.connect("alice")
    assert asked(alice, "TIME") == [f"391 {alice.node.name} :Tue Nov 14 2023 22:13:20 UTC"]
    *lines, end = asked(alice, "INFO")
    assert lines and all(line.startswith("371 :") for line in lines)
    assert end == "374 :End of INFO list"


def test_links_and_map(stage: Stage) -> None:
    """364 with the server itself, 365; 015 with how many are on it, 017."""
    alice = stage.connect("alice")
    for nick in ("bob", "carol", "dave"):
        stage.connect(nick)
    name = alice.node.name
    assert asked(alice, "LINKS") == [f"364 {name} {name} :0 A chatd server", "365 * :End of /LINKS list"]
    assert asked(alice, "LINKS * x") == asked(alice, "LINKS")
    assert asked(alice, "MAP") == [f"015 :{name} [{4 // len(stage.nodes)} users]", "017 :End of /MAP"]


@pytest.mark.parametrize("verb", ["MOTD", "RULES", "VERSION", "ADMIN", "LUSERS", "TIME", "INFO", "LINKS", "MAP"])
def test_not_before_registration(stage: Stage, verb: str) -> None:
    """451."""
    client = stage.open().sends("USER alice 0 * :Alice", verb)
    client.sees(f"{server(client)} 451 * :You have not registered")
