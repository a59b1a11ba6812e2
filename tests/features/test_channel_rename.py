"""RENAME.  See IRCv3 channel-rename."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Channels, Config, History
from chatd.testing import Client, Stage

CAP = "draft/channel-rename"


def meeting(stage: Stage, **caps: str) -> list[Client]:
    """Clients in #old with these capabilities, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick, caps=wanted) for nick, wanted in caps.items()]
    for client in clients:
        client.sends("JOIN #old")
    for client in clients:
        client.take()
    return clients


def test_with_the_capability(stage: Stage) -> None:
    """"The `RENAME` client to server command has two required parameters: the existing channel name, and the new
    channel name. An optional third parameter can provide a reason for renaming the channel. The server to client
    command MUST always include the third parameter, an empty string MAY be used if no reason is provided."
    """
    alice, bob = meeting(stage, alice=CAP, bob=CAP)
    alice.sends("RENAME #OLD #new :a better name")
    line = f":{alice.session.user.source} RENAME #old #new :a better name"
    alice.sees(line)
    bob.sees(line)
    stage.passes(60)
    alice.sends("RENAME #new #newer")
    bob.sees(f":{alice.session.user.source} RENAME #new #newer :")


def test_without_the_capability(stage: Stage) -> None:
    """"Server implementations MUST implement a fallback mechanism to inform clients that have not negotiated the
    `draft/channel-rename` capability of a channel name change": "Send the client a `PART` message for the old channel
    name, with part message matching the rename reason if given"; "Send the client a `JOIN` message followed by the
    usual messages that would be sent if the client had joined the new channel normally (`RPL_TOPIC`,
    `RPL_TOPICWHOTIME`, `RPL_NAMREPLY`, `RPL_ENDOFNAMES` etc)."
    """
    alice, bob, carol, dave = meeting(
        stage, alice="", bob="extended-join", carol="no-implicit-names", dave=CAP
    )
    alice.sends("TOPIC #old :hello")
    for client in (alice, bob, carol, dave):
        client.take()
    alice.sends("RENAME #old #new :a better name")
    names = "@alice bob carol dave"
    for client, extra, numerics in (
        (alice, "", ["332", "333", "353", "366"]),
        (bob, " * :bob", ["332", "333", "353", "366"]),
        (carol, "", ["332", "333"]),
    ):
        source = f":{client.session.user.source}"
        lines = client.take()
        assert lines[:2] == [f"{source} PART #old :a better name", f"{source} JOIN #new{extra}"]
        assert [line.split(" ")[1] for line in lines[2:]] == numerics
        assert all(f" = #new :{names}" in line for line in lines if " 353 " in line)
    dave.sees(f":{alice.session.user.source} RENAME #old #new :a better name")


def test_without_a_reason_and_a_topic(stage: Stage) -> None:
    """"If a client sends a valid `RENAME` command without having negotiated the capability, the server SHOULD rename
    the channel, but use the fallback mechanism to report the name change to that client." Nothing is made up: no
    reason, no topic, no line of them.
    """
    (alice,) = meeting(stage, alice="")
    alice.sends("RENAME #old #new")
    source, server = f":{alice.session.user.source}", f":{alice.node.name}"
    alice.sees(
        f"{source} PART #old",
        f"{source} JOIN #new",
        f"{server} 353 alice = #new :@alice",
        f"{server} 366 alice #new :End of /NAMES list",
    )


def test_state_is_preserved(stage: Stage) -> None:
    """"A channel rename preserves all channel state, such as membership, mode and topic."""
    alice, bob = meeting(stage, alice=CAP, bob=CAP)
    carol, dave = stage.connect("carol"), stage.connect("dave")
    alice.sends("MODE #old +ilvb 9 bob dave!*@*", "TOPIC #old :hello", "INVITE carol #old", "RENAME #old #new")
    for client in (alice, bob, carol, dave):
        client.take()
    server = f":{bob.node.name}"
    bob.sends("MODE #new", "TOPIC #new", "NAMES #new", "MODE #new b", "PRIVMSG #new :hi", "PRIVMSG #old :hi")
    lines = bob.take()
    assert lines[0] == f"{server} 324 bob #new +ilnt 9"
    assert f"{server} 332 bob #new :hello" in lines
    assert f"{server} 353 bob = #new :@alice +bob" in lines
    assert any(line.startswith(f"{server} 367 bob #new dave!*@* ") for line in lines)
    assert lines[-1] == f"{server} 403 bob #old :No such channel"
    alice.sees(f":{bob.session.user.source} PRIVMSG #new :hi")
    dave.sends("JOIN #new")
    assert dave.take()[0].split(" ")[1] == "473"
    carol.sends("INVITE", "JOIN #new")
    assert [line.split(" ")[1] for line in carol.take()][:3] == ["336", "337", "JOIN"]
    for client in (alice, bob, carol):
        client.sends("PART #new")
    for node in stage.nodes:
        assert not node.network.channels


def test_the_old_name_is_free(stage: Stage) -> None:
    """"server implementations MAY keep track of renames and send a `FAIL JOIN CHANNEL_RENAMED` message": chatd does
    not, and whoever joins the old name makes a channel. So there is no 470 either, which "SHOULD NOT be used when the
    capability has been negotiated".
    """
    alice, bob, carol = meeting(stage, alice=CAP, bob="", carol=CAP)
    for client, name in ((bob, "bob"), (carol, "carol")):
        alice.sends("RENAME #old #new").take()
        client.take()
        client.sends("JOIN #old")
        assert f":{client.node.name} 353 {name} = #old :@{name}" in client.take()
        client.sends("PART #old")
        stage.passes(60)
        alice.sends("RENAME #new #old").take()
        stage.passes(60)


def test_only_the_case(stage: Stage) -> None:
    """"Implementations MUST allow channels to be renamed while only changing the casing of a channel name."  "This
    fallback SHOULD NOT be used if the rename only changes the case of the channel name, as defined by the casemapping
    in use on the server."
    """
    alice, bob = meeting(stage, alice=CAP, bob="")
    alice.sends("RENAME #old #OLD :louder")
    alice.sees(f":{alice.session.user.source} RENAME #old #OLD :louder")
    bob.sees()
    alice.sends("PRIVMSG #old :hi")
    bob.sees(f":{alice.session.user.source} PRIVMSG #OLD :hi")


def test_errors(stage: Stage) -> None:
    """"If existing error numerics (such as `ERR_CHANOPRIVSNEEDED`, `ERR_NOTONCHANNEL`, `ERR_NEEDMOREPARAMS`) are more
    appropriate, they SHOULD be used instead." "`FAIL RENAME CHANNEL_NAME_IN_USE <old-channel> <new-channel>", "`FAIL
    RENAME CANNOT_RENAME <old-channel> <new-channel>": "Server implementations MAY prevent channel renames that change
    the prefix type".
    """
    alice, bob = meeting(stage, alice=CAP, bob=CAP)
    carol = stage.connect("carol")
    carol.sends("JOIN #taken").take()
    server, fail = f":{alice.node.name}", f":{alice.node.name} FAIL RENAME"
    alice.sends(
        "RENAME", "RENAME #old", "RENAME #none #x", "RENAME #taken #x", "RENAME #old #Taken", "RENAME #old #old",
        "RENAME #old %local", "RENAME #old :", "RENAME #old #a,b", f"RENAME #old #{'x' * 64}",
    )  # fmt: skip
    alice.sees(
        f"{server} 461 alice RENAME :Not enough parameters",
        f"{server} 461 alice RENAME :Not enough parameters",
        f"{server} 403 alice #none :No such channel",
        f"{server} 442 alice #taken :You're not on that channel",
        f"{fail} CHANNEL_NAME_IN_USE #old #Taken :That name is taken",
        f"{fail} CANNOT_RENAME #old #old :The channel has that name already",
        f"{fail} CANNOT_RENAME #old %local :The name of a channel begins with #",
        f"{fail} CANNOT_RENAME #old * :The name of a channel begins with #",
        f"{server} 476 alice #a,b :Bad Channel Mask",
        f"{server} 476 alice #{'x' * 64} :Bad Channel Mask",
    )
    bob.sends("RENAME #old #new")
    bob.sees(f":{bob.node.name} 482 bob #old :You're not channel operator")
    alice.sends("MODE #old +s").take()
    carol.sends("RENAME #old #new")
    carol.sees(f":{carol.node.name} 403 carol #old :No such channel")


def test_failures_without_the_capability(stage: Stage) -> None:
    """"The server MAY send `FAIL` messages to such clients when the `RENAME` command fails": it does."""
    (alice,) = meeting(stage, alice="")
    stage.connect("bob").sends("JOIN #taken")
    alice.sends("RENAME #old #taken")
    alice.sees(f":{alice.node.name} FAIL RENAME CHANNEL_NAME_IN_USE #old #taken :That name is taken")


def test_not_again_at_once(stage: Stage) -> None:
    """"Server implementations might choose to implement a per-channel cooldown system using appropriate error
    responses, to prevent abuse."
    """
    (alice,) = meeting(stage, alice=CAP)
    alice.sends("RENAME #old #new").take()
    alice.sends("RENAME #new #newer")
    alice.sees(
        f":{alice.node.name} FAIL RENAME CANNOT_RENAME #new #newer :This channel has been renamed recently"
    )
    stage.passes(60)
    alice.sends("RENAME #new #newer")
    alice.sees(f":{alice.session.user.source} RENAME #new #newer :")


def test_two_at_once() -> None:
    """Of two channels that take one name at once the later is told that it is taken."""
    config = replace(Config(), channels=Channels(rename_interval_s=0))
    stage = Stage(config, nodes=2)
    alice, bob = stage.connect("alice", caps=CAP), stage.connect("bob", caps=CAP)
    alice.sends("JOIN #a").take()
    bob.sends("JOIN #b").take()
    alice.session.receive(b"RENAME #a #c\r\n")
    bob.session.receive(b"RENAME #b #c\r\n")
    stage.settle()
    alice.sees(f":{alice.session.user.source} RENAME #a #c :")
    bob.sees(f":{bob.node.name} FAIL RENAME CHANNEL_NAME_IN_USE #b #c :That name is taken")
    for node in stage.nodes:
        assert sorted(node.network.channels) == ["#b", "#c"]


def test_tags_speak_of_who_is_shown(stage: Stage) -> None:
    """The PART and JOIN of a member are the member's own, not the operator's."""
    alice, bob = meeting(stage, alice=CAP, bob="message-tags")
    bob.sends("MODE bob +B").take()
    alice.sends("RENAME #old #new")
    part, join, *_ = bob.take()
    assert part.startswith("@bot :bob!") and join.startswith("@bot :bob!")


@pytest.mark.parametrize(
    ("off", "logs"), [((), {"#old", "#new"}), (("#new",), {"#old"}), (("#old",), {"#new"}), (("#*",), set())]
)
def test_the_log(off: tuple[str, ...], logs: set[str]) -> None:
    """The log of the old name ends, and that of the new one begins, with the line that tells of it, once."""
    stage = Stage(replace(Config(), history=History(off=off)))
    alice, _ = meeting(stage, alice=CAP, bob="")
    stage.history.logs.clear()
    alice.sends("RENAME #old #new :why", "PRIVMSG #new :hi")
    kept = {log: [line.split(" ", 2)[2] for line in lines] for log, lines in stage.history.logs.items()}
    expected = {log: ["RENAME #old #new :why\r\n"] for log in logs}
    if "#new" in logs:
        expected["#new"].append("PRIVMSG #new :hi\r\n")
    assert kept == expected
