"""SILENCE, ACCEPT and caller-id (user mode g), whose numerics are those of the ratbox family."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def test_accept_list(stage: Stage) -> None:
    """281 and 282 show it; 457, 458 and 401 say what cannot be."""
    alice = stage.connect("alice")
    stage.connect("bob")
    server = f":{alice.node.name}"
    alice.sends("ACCEPT bob", "ACCEPT *", "ACCEPT bob", "ACCEPT nobody", "ACCEPT -bob", "ACCEPT -bob", "ACCEPT")
    assert [line.removeprefix(f"{server} ") for line in alice.take()] == [
        "281 alice bob",
        "282 alice :End of /ACCEPT list",
        "457 alice bob :is already on your accept list",
        "401 alice nobody :No such nick/channel",
        "458 alice bob :is not on your accept list",
        "461 alice ACCEPT :Not enough parameters",
    ]


def test_silence_list_is_limited() -> None:
    """511 when it is full; a mask that is in it already is no new one, and one may be taken off."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, silence=1)))
    alice = stage.connect("alice")
    source = f":{alice.session.user.source}"
    alice.sends("SILENCE +x", "SILENCE +x", "SILENCE +y", "SILENCE -x")
    alice.sees(
        f"{source} SILENCE +x!*@*",
        f":{alice.node.name} 511 alice y!*@* :Your silence list is full",
        f"{source} SILENCE -x!*@*",
    )


def test_the_silenced_are_not_told(stage: Stage) -> None:
    """What a silenced user says in private is lost without a word."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("SILENCE BOB").take()
    bob.sends("PRIVMSG alice :hi", "NOTICE alice :hi")
    bob.sees()
    alice.sees()


def test_silence_is_not_escaped_by_taking_off_the_cloak(stage: Stage) -> None:
    """The mask of a cloak matches whom it belongs to, shown or not."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends(f"SILENCE *!*@{bob.session.user.host}").take()
    bob.sends("MODE bob -x", "PRIVMSG alice :hi")
    alice.sees()


def test_silence_folds_as_announced(stage: Stage) -> None:
    """With CASEMAPPING=rfc1459, a{ and A[ are the same."""
    config = Config()
    server = replace(config.server, casemapping="rfc1459")
    stage = Stage(replace(config, server=server), nodes=len(stage.nodes))
    alice, bob = stage.connect("alice"), stage.connect("A[")
    alice.sends("SILENCE a{").take()
    bob.sends("PRIVMSG alice :hi")
    alice.sees()


def test_silence_list_folds_as_announced(stage: Stage) -> None:
    """Masks are compared accordingly everywhere: one spelt otherwise is in the list already, and is taken off."""
    config = Config()
    config = replace(
        config, server=replace(config.server, casemapping="rfc1459"), limits=replace(config.limits, silence=1)
    )
    alice = Stage(config, nodes=len(stage.nodes)).connect("alice")
    source, server = f":{alice.session.user.source}", f":{alice.node.name}"
    alice.sends("SILENCE +[Bob]", "SILENCE +{BOB}", "SILENCE", "SILENCE -{bob}", "SILENCE -{bob}")
    alice.sees(
        f"{source} SILENCE +[Bob]!*@*",
        f"{server} 271 alice alice [Bob]!*@*",
        f"{server} 272 alice alice :End of silence list",
        f"{source} SILENCE -[Bob]!*@*",
    )


HELD = "716 {} alice :is in +g mode (server-side ignore.)"
INFORMED = "717 {} alice :has been informed that you messaged them."


def calls(caller: Client, command: str = "PRIVMSG alice :hi") -> list[str]:
    """What somebody is answered, without the server's name."""
    caller.sends(command)
    return [line.removeprefix(f":{caller.node.name} ") for line in caller.take()]


def told(alice: Client, *callers: Client) -> None:
    """Alice was told of these."""
    alice.sees(
        *(
            f":{caller.node.name} 718 alice {caller.session.user.source.replace('!', ' ')} "
            ":is messaging you, and you have umode +g."
            for caller in callers
        )
    )


@pytest.fixture
def alice(stage: Stage) -> Client:
    """She has +g, and is shown who is logged in."""
    alice = stage.connect("alice", caps="account-tag")
    alice.sends("MODE alice +g").take()
    return alice


def test_who_has_caller_id_is_told_of_callers(stage: Stage, alice: Client) -> None:
    """RPL_UMODEGMSG: who calls, and from where.

    The caller is told first that alice has +g, then that she was informed.
    """
    bob = stage.connect("bob")
    assert calls(bob) == [HELD.format("bob"), INFORMED.format("bob")]
    told(alice, bob)


def test_a_caller_with_an_account(stage: Stage, alice: Client) -> None:
    """IRCv3 account-tag: with caller-id, "the tag SHOULD be added to numerics indicating blocked message attempts
    (numeric 718 aka `RPL_UMODEGMSG`)"; the server says it all the same.
    """
    stage.registers("robert")
    bob = stage.connect("bob", account="robert")
    calls(bob)
    (line,) = alice.take()
    assert line.startswith(f"@account=robert :{bob.node.name} 718 alice bob ")


def test_once_a_minute_for_each_target(stage: Stage, alice: Client) -> None:
    """Whoever calls meanwhile gets 716 only; it is the target's minute, not the caller's."""
    bob, carol, dave = stage.connect("bob"), stage.connect("carol"), stage.connect("dave")
    dave.sends("MODE dave +g").take()
    assert len(calls(bob)) == 2
    assert calls(bob) == [HELD.format("bob")]
    assert calls(carol) == [HELD.format("carol")]
    told(alice, bob)
    assert [line[:3] for line in calls(bob, "PRIVMSG dave :hi")] == ["716", "717"]
    stage.passes(59)
    assert calls(carol) == [HELD.format("carol")]
    stage.passes(1)
    assert calls(carol) == [HELD.format("carol"), INFORMED.format("carol")]
    told(alice, carol)


def test_two_call_at_once(stage: Stage, alice: Client) -> None:
    """Whose call comes second is not told that she was informed of it."""
    bob, carol = stage.connect("bob"), stage.connect("carol")
    for caller in (bob, carol):
        caller.session.receive(b"PRIVMSG alice :hi\r\n")
    stage.settle()
    answers = [[line.split(" ")[1] for line in caller.take()] for caller in (bob, carol)]
    assert sorted(answers) == [["716"], ["716", "717"]]
    told(alice, bob if len(answers[0]) == 2 else carol)


def test_a_notice_is_not_answered(stage: Stage, alice: Client) -> None:
    """Modern IRC: "automatic replies must never be sent in response to a `NOTICE` message". She is told."""
    bob = stage.connect("bob")
    assert calls(bob, "NOTICE alice :hi") == []
    told(alice, bob)


def test_what_is_no_call(stage: Stage, alice: Client) -> None:
    """Typing, and who is silenced: she is told nothing, and nobody is told that she was."""
    bob = stage.connect("bob", caps="message-tags")
    assert calls(bob, "@+typing=active TAGMSG alice") == []
    alice.sends("SILENCE bob").take()
    assert calls(bob) in ([], [HELD.format("bob")])
    alice.sees()


def test_a_call_among_others(stage: Stage, alice: Client) -> None:
    """With several targets, and with a label, which everything belongs to that answers."""
    bob, carol = stage.connect("bob", caps="labeled-response batch"), stage.connect("carol")
    bob.sends("@label=x PRIVMSG alice,carol :hi")
    opened, *lines, closed = bob.take()
    assert opened.startswith("@label=x ")
    assert "BATCH -" in closed
    assert [line.split(" ")[2] for line in lines] == ["716", "717"]
    told(alice, bob)
    carol.sees(f":{bob.session.user.source} PRIVMSG carol :hi")


def test_nobody_is_there_to_be_told() -> None:
    """Who stays without a connection is told nothing, and the caller is not told so."""
    stage = Stage()
    stage.registers("alice")
    alice, bob = stage.connect("alice", account="alice"), stage.connect("bob")
    alice.sends("MODE alice +g", "PERSISTENCE SET ON")
    stage.passes(1)
    alice.take()
    alice.sends("QUIT")
    assert calls(bob) == [HELD.format("bob")]
