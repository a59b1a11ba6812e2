"""MONITOR.  Quotes are from IRCv3 monitor."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def mask(client: Client) -> str:
    """The client as others see it."""
    return str(client.session.user.source)


def watched(stage: Stage, limit: int) -> Stage:
    """The same number of nodes, with another limit."""
    config = Config()
    return Stage(replace(config, limits=replace(config.limits, monitor=limit)), nodes=len(stage.nodes))


def listed(client: Client) -> list[str]:
    """The nicknames of MONITOR L."""
    client.take()
    client.sends("MONITOR L")
    lines = client.take()
    assert lines.pop() == f"{server(client)} 733 {client.session.shown_nick} :End of MONITOR list"
    return [nick for line in lines for nick in line.split(" :")[1].split(",")]


def test_who_is_there_and_who_is_not_is_told_at_once(stage: Stage) -> None:
    """"If any of the targets being added are online, the server will generate `RPL_MONONLINE` numerics listing those
    targets that are online."; "If any of the targets being added are offline, the server will generate `RPL_MONOFFLINE`
    numerics listing those targets that are offline."; "The server MAY send a hostmask with the target."
    """
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("MONITOR + BOB,carol,alice")
    alice.sees(
        f"{server(alice)} 730 alice :{mask(bob)},{mask(alice)}",
        f"{server(alice)} 731 alice :carol",
    )


def test_list_clear_and_status(stage: Stage) -> None:
    """"All output will use `RPL_MONLIST`, and the output will be terminated with `RPL_ENDOFMONLIST`."; "No output will
    be returned for use of this command." (- and C); "All targets that are online will be sent using `RPL_MONONLINE`,
    all targets that are offline will be sent using `RPL_MONOFFLINE`."
    """
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("MONITOR + bob,carol,dave").take()
    alice.sends("MONITOR l")
    alice.sees(
        f"{server(alice)} 732 alice :bob,carol,dave",
        f"{server(alice)} 733 alice :End of MONITOR list",
    )
    alice.sends("MONITOR - CAROL,nobody", "MONITOR S")
    alice.sees(f"{server(alice)} 730 alice :{mask(bob)}", f"{server(alice)} 731 alice :dave")
    alice.sends("MONITOR C", "MONITOR L", "MONITOR S")
    alice.sees(f"{server(alice)} 733 alice :End of MONITOR list")


def test_targets_are_not_added_twice(stage: Stage) -> None:
    """"Targets already in the list MUST NOT be added again."""
    alice = stage.connect("alice")
    alice.sends("MONITOR + bob,Bob", "MONITOR + BOB")
    assert listed(alice) == ["bob"]


def test_comings_and_goings_are_told_once(stage: Stage) -> None:
    """730 when "a target has just become online", 731 when "a target has just left the irc network", in whatever
    spelling it was added.
    """
    alice, eve = stage.connect("alice"), stage.connect("eve")
    alice.sends("MONITOR + BOB").take()
    bob = stage.connect("bob")
    source = mask(bob)
    alice.sees(f"{server(alice)} 730 alice :{source}")
    bob.disappears()
    alice.sees(f"{server(alice)} 731 alice :bob")
    eve.sees()


def test_changing_the_nickname_is_going_and_coming(stage: Stage) -> None:
    """Both nicknames are watched; changing only its case is neither."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("MONITOR + bob,rob").take()
    bob.sends("NICK rob")
    alice.sees(f"{server(alice)} 731 alice :bob", f"{server(alice)} 730 alice :{mask(bob)}")
    bob.sends("NICK ROB")
    alice.sees()
    bob.sends("NICK bob")
    alice.sees(f"{server(alice)} 731 alice :ROB", f"{server(alice)} 730 alice :{mask(bob)}")


def test_the_last_watcher_to_forget_hears_no_more(stage: Stage) -> None:
    """After -, after C and after the watcher has gone nobody is told."""
    alice, carol, dave = (stage.connect(nick) for nick in ("alice", "carol", "dave"))
    for watcher in (alice, carol, dave):
        watcher.sends("MONITOR + bob").take()
    alice.sends("MONITOR - bob")
    carol.sends("MONITOR C")
    dave.disappears()
    stage.connect("bob")
    for watcher in (alice, carol, dave):
        watcher.sees()
    assert not any(node.watchers for node in stage.nodes)


def test_who_is_away_or_invisible_is_online(stage: Stage) -> None:
    """MONITOR asks for a nickname that is known, so mode i hides nothing; an address is never shown."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("MODE bob +i", "AWAY :gone")
    alice.sends("MONITOR + bob")
    (line,) = alice.take()
    assert line == f"{server(alice)} 730 alice :{mask(bob)}"
    assert "192.0.2." not in line


@pytest.mark.parametrize("line", ["MONITOR", "MONITOR +", "MONITOR -", "MONITOR + :", "MONITOR - ,"])
def test_missing_parameters(stage: Stage, line: str) -> None:
    """461."""
    alice = stage.connect("alice")
    alice.sends(line)
    alice.sees(f"{server(alice)} 461 alice MONITOR :Not enough parameters")


def test_an_unknown_modifier_changes_nothing(stage: Stage) -> None:
    """The specification has five modifiers and no numeric for others; "Only one special modifier may be used per
    `MONITOR` command."
    """
    alice = stage.connect("alice")
    alice.sends("MONITOR + bob").take()
    alice.sends("MONITOR * bob", "MONITOR +- carol", "MONITOR :")
    alice.sees()
    assert listed(alice) == ["bob"]


def test_what_is_no_nickname_is_not_watched(stage: Stage) -> None:
    """"'target' MUST be a valid nick as determined by the IRC daemon": no hostmask, no channel."""
    alice = stage.connect("alice")
    alice.sends(f"MONITOR + *!*@*,#chat,1x,{'n' * 31},{'n' * 30}")
    alice.sees(f"{server(alice)} 731 alice :{'n' * 30}")
    assert listed(alice) == ["n" * 30]


def test_a_full_list(stage: Stage) -> None:
    """"The `<limit>` parameter is the maximum number of targets a client may have in their list, the `<targets>`
    parameter is the list of targets, as the client sent them, that cannot be added."
    """
    stage = watched(stage, 2)
    alice = stage.connect("alice")
    alice.sends("MONITOR + bob,carol,dave,eve")
    alice.sees(
        f"{server(alice)} 734 alice 2 dave,eve :Monitor list is full.",
        f"{server(alice)} 731 alice :bob,carol",
    )
    alice.sends("MONITOR + dave")
    alice.sees(f"{server(alice)} 734 alice 2 dave :Monitor list is full.")
    assert listed(alice) == ["bob", "carol"]


def test_a_full_list_refuses_only_what_is_new(stage: Stage) -> None:
    """"the list of targets, as the client sent them, that cannot be added": not those that are there already."""
    stage = watched(stage, 2)
    alice = stage.connect("alice")
    alice.sends("MONITOR + bob,carol").take()
    alice.sends("MONITOR + dave,BOB,eve,1x,carol")
    alice.sees(
        f"{server(alice)} 734 alice 2 dave,eve :Monitor list is full.",
        f"{server(alice)} 731 alice :BOB,carol",
    )


def test_forgetting_makes_room(stage: Stage) -> None:
    """"This token takes an optional parameter, of the maximum amount of targets a client may have in their monitor
    list.": exactly as many, however they came and went.
    """
    stage = watched(stage, 2)
    alice = stage.connect("alice")
    assert "MONITOR=2" in " ".join(alice.node.isupport()).split(" ")
    alice.sends("MONITOR + bob,carol", "MONITOR - bob").take()
    alice.sends("MONITOR + dave")
    alice.sees(f"{server(alice)} 731 alice :dave")


def test_long_lists_take_several_lines(stage: Stage) -> None:
    """"the length of the target list is limited only by the buffer size of 512 chars"."""
    alice = stage.connect("alice")
    nicks = [f"n{number:02}{'x' * 27}" for number in range(100)]
    for start in range(0, 100, 10):
        alice.sends("MONITOR + " + ",".join(nicks[start : start + 10]))
    alice.take()
    alice.sends("MONITOR S")
    lines = alice.take()
    assert all(len(line.encode()) <= 510 for line in lines)
    assert [nick for line in lines for nick in line.split(" :")[1].split(",")] == nicks
    assert listed(alice) == nicks


def test_a_long_refusal_names_every_target(stage: Stage) -> None:
    """What does not fit in one 734 stands in the next; nothing is cut off."""
    stage = watched(stage, 1)
    alice = stage.connect("a" * 30)
    alice.sends("MONITOR + first").take()
    nicks = [f"n{number:02}{'x' * 27}" for number in range(15)]
    alice.sends("MONITOR + " + ",".join(nicks))
    lines = alice.take()
    assert all(len(line.encode()) <= 510 and line.endswith(" :Monitor list is full.") for line in lines)
    assert [nick for line in lines for nick in line.split(" ")[4].split(",")] == nicks
