"""The ranks of members: who gives and takes them, and what they allow."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage

RANKS = "qaohv"


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def ranked(stage: Stage, mine: str, theirs: str) -> tuple[Client, Client]:
    """Two members of #a with these ranks ("" for none), given by a server operator; nothing is left to read."""
    root = stage.connect("root").sends("OPER root secret")
    first, second = stage.connect("first"), stage.connect("second")
    for client in (root, first, second):
        client.sends("JOIN #a")
    for client, letter in ((first, mine), (second, theirs)):
        if letter:
            root.sends(f"SAMODE #a +{letter} {client.session.user.nick}")
    for client in (root, first, second):
        client.take()
    return first, second


@pytest.mark.parametrize("mine", ["", *RANKS])
@pytest.mark.parametrize("wanted", RANKS)
def test_who_gives_what(staffed: Stage, mine: str, wanted: str) -> None:
    """Owners give q and a; operators and above o and h; half-operators and above v; others get 482."""
    first, second = ranked(staffed, mine, "")
    needed = {"q": "q", "a": "q", "o": "qao", "h": "qao", "v": "qaoh"}[wanted]
    first.sends(f"MODE #a +{wanted} second")
    if mine and mine in needed:
        line = f":{first.session.user.source} MODE #a +{wanted} second"
        first.sees(line)
        second.sees(line)
    else:
        first.sees(f"{server(first)} 482 first #a :You're not channel operator")
        second.sees()


@pytest.mark.parametrize("held", RANKS)
def test_everybody_may_step_down(staffed: Stage, held: str) -> None:
    """Anybody may take off their own rank."""
    first, _ = ranked(staffed, held, "")
    first.sends(f"MODE #a -{held} FIRST")
    first.sees(f":{first.session.user.source} MODE #a -{held} first")
    assert staffed.server.network.channel("#a").members[first.session.uid].ranks == 0


@pytest.mark.parametrize(("mine", "theirs"), [("a", "q"), ("o", "q"), ("o", "a"), ("h", "o"), ("h", "q"), ("v", "h")])
def test_nobody_takes_a_higher_rank(staffed: Stage, mine: str, theirs: str) -> None:
    """482, and neither does KICK work."""
    first, second = ranked(staffed, mine, theirs)
    first.sends(f"MODE #a -{theirs} second", "KICK #a second")
    denied = f"{server(first)} 482 first #a :You're not channel operator"
    first.sees(denied, denied)
    second.sees()


@pytest.mark.parametrize(
    ("mine", "theirs", "kicks"),
    [
        ("q", "q", True), ("q", "a", True), ("a", "o", True), ("o", "o", True), ("o", "h", True), ("h", "h", True),
        ("h", "v", True), ("h", "", True), ("v", "", False), ("", "", False), ("a", "q", False), ("o", "a", False),
    ],
)  # fmt: skip
def test_who_kicks_whom(staffed: Stage, mine: str, theirs: str, kicks: bool) -> None:
    """KICK needs half-operator, and no lower rank than the other."""
    first, second = ranked(staffed, mine, theirs)
    first.sends("KICK #a second :out")
    if kicks:
        second.sees(f":{first.session.user.source} KICK #a second :out")
    else:
        first.sees(f"{server(first)} 482 first #a :You're not channel operator")
        second.sees()


@pytest.mark.parametrize(("held", "speaks"), [("", False), *((letter, True) for letter in RANKS)])
def test_who_speaks_when_it_is_moderated(staffed: Stage, held: str, speaks: bool) -> None:
    """+m: only voice and above."""
    first, second = ranked(staffed, held, "")
    staffed.nodes[0].network.user("root")
    first.sends("PRIVMSG #a :before")
    second.take()
    root = staffed.connect("other").sends("OPER root secret", "SAMODE #a +m")
    root.take(), first.take(), second.take()
    first.sends("PRIVMSG #a :after")
    if speaks:
        second.sees(f":{first.session.user.source} PRIVMSG #a :after")
    else:
        first.sees(f"{server(first)} 404 first #a :Cannot send to channel")


def test_several_ranks_at_once(staffed: Stage) -> None:
    """All are shown, highest first, with multi-prefix; losing one leaves the others."""
    first, second = ranked(staffed, "q", "")
    multi = staffed.connect("multi", caps="multi-prefix")
    multi.sends("JOIN #a").take()
    first.sends("MODE #a +vhoa second second second second", "MODE #a -o second")
    second.take(), multi.take()
    for client, shown in ((second, "&second"), (multi, "&%+second")):
        client.sends("NAMES #a")
        assert shown in client.take()[0].split(" :")[1].split(" ")


def test_the_maker_of_a_channel_is_its_operator(stage: Stage) -> None:
    """The creator of a new channel gets plain @; who comes back to an empty one makes it anew."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
        assert client.take()[1] == f"{server(client)} 353 {client.session.user.nick} = #a :@{client.session.user.nick}"
        client.sends("MODE #a +m", "PART #a")


@pytest.mark.parametrize(("sign", "reached"), [("~", "q"), ("&", "qa"), ("@", "qao"), ("%", "qaoh"), ("+", "qaohv")])
def test_messages_to_a_rank(staffed: Stage, sign: str, reached: str) -> None:
    """STATUSMSG: the prefix stands for its rank and all above."""
    first, _ = ranked(staffed, "o", "")
    members = {letter: staffed.connect(f"m{letter}") for letter in RANKS}
    root = staffed.connect("boss").sends("OPER root secret")
    for letter, client in members.items():
        client.sends("JOIN #a")
        root.sends(f"SAMODE #a +{letter} m{letter}")
    for client in members.values():
        client.take()
    first.sends(f"PRIVMSG {sign}#a :for some")
    for letter, client in members.items():
        expected = [f":{first.session.user.source} PRIVMSG {sign}#a :for some"] if letter in reached else []
        assert client.take() == expected, letter


def test_what_is_announced(stage: Stage) -> None:
    """PREFIX and STATUSMSG have the same signs, highest first."""
    tokens = dict(token.partition("=")[::2] for token in " ".join(stage.server.isupport()).split(" "))
    assert tokens["PREFIX"] == f"({RANKS})~&@%+"
    assert tokens["STATUSMSG"] == "~&@%+"
