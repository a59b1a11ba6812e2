"""Invite links, and invitations that are remembered for accounts."""

from __future__ import annotations

import pytest
from chanserv import asks, founded, log_in, person, register_account, registration, restarted
from consistency import check
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.testing import Client, Stage


def made(founder: Client, words: str = "") -> str:
    """The code of a new link."""
    (answer,) = asks(founder, f"INVITELINK #chat MAKE {words}")
    return answer.rpartition(" ")[2]


def comes_in(client: Client, code: str) -> bool:
    client.take()
    client.sends(f"JOIN #chat {code}")
    return client.take()[0] == f":{client.session.user.source} JOIN #chat"


def test_a_link_lets_in(stage: Stage) -> None:
    """A code that a channel operator makes, with expiry and use count, that JOIN accepts."""
    alice, bob, carol = founded(stage), stage.connect("bob"), stage.connect("carol")
    alice.sends("MODE #chat +iRklL key 1 #elsewhere")
    code = made(alice)
    assert not comes_in(bob, "ci-aaaaaa-aaaaaaaaaaaaaaaaaaaaaa")
    assert not comes_in(bob, f"{code[:-1]}{'a' if code[-1] != 'a' else 'b'}")
    bob.sends("JOIN 0")
    assert comes_in(bob, code)
    assert not comes_in(carol, code)
    for node in stage.nodes:
        check(node.network)


def test_only_a_hash_is_kept(stage: Stage) -> None:
    """Only hashes are kept, and nothing shows them."""
    alice = founded(stage)
    code = made(alice, "5 *")
    kept = repr(stage.kept_channels.load())
    assert code not in kept and code.split("-", 2)[2] not in kept
    (link,) = registration(stage).links.values()
    assert link.secret_hash not in repr(link)
    assert code.split("-", 2)[2] not in "".join(asks(alice, "INVITELINK #chat LIST"))


def test_uses_and_expiry(stage: Stage) -> None:
    """It works as often and as long as was said, over a restart too."""
    alice = founded(stage)
    alice.sends("MODE #chat +i")
    twice, brief = made(alice, "2 *"), made(alice, "* 1m")
    assert comes_in(stage.connect("one"), twice)
    again = restarted(stage)
    assert comes_in(again.connect("two"), twice)
    assert not comes_in(again.connect("three"), twice)
    for name in ("four", "five"):
        assert comes_in(again.connect(name), brief)
    again.passes(61)
    assert not comes_in(again.connect("six"), brief)
    alice = person(again, "alice")
    assert asks(alice, "INVITELINK #chat LIST") == ["End of the invite links of #chat."]


def test_used_up_meanwhile() -> None:
    """Of two who use the last one at the same time one gets in."""
    stage = Stage(nodes=2)
    alice, bob, carol = founded(stage), stage.connect("bob"), stage.connect("carol")
    alice.sends("MODE #chat +i")
    code = made(alice)
    for client in (bob, carol):
        client.session.receive(f"JOIN #chat {code}\r\n".encode())
    stage.settle()
    bob.take()
    carol.sees(f":{carol.node.name} 473 carol #chat :Cannot join channel (+i)")
    assert {member.user.nick for member in stage.server.network.channels["#chat"].members.values()} == {"alice", "bob"}


def test_a_link_is_worth_what_its_maker_is(stage: Stage) -> None:
    """It lets one in as its maker may: no longer than the maker may invite, and not past a ban."""
    alice, bob = founded(stage), person(stage, "bob")
    asks(alice, "FLAGS #chat bob invite see")
    code = made(bob, "* *")
    alice.sends("MODE #chat +ib banned!*@*")
    assert not comes_in(stage.connect("banned"), code)
    assert comes_in(stage.connect("one"), code)
    asks(alice, "FLAGS #chat bob -invite")
    assert not comes_in(stage.connect("two"), code)


def test_listed_and_revoked(stage: Stage) -> None:
    """Revocable; listed: the own ones, all for those who see the lists."""
    alice, bob, carol = founded(stage), person(stage, "bob"), person(stage, "carol")
    alice.sends("MODE #chat +i")
    asks(alice, "FLAGS #chat bob invite")
    code, mine = made(bob, "3 1d"), made(alice)
    bobs = code.split("-")[1]
    line = asks(bob, "INVITELINK #chat")
    assert line[0].startswith(f"{bobs}: 3 uses left, until ") and line[0].endswith(", by bob")
    assert len(line) == 2
    assert len(asks(alice, "INVITELINK #chat LIST")) == 3
    assert asks(carol, "INVITELINK #chat LIST") == ["End of the invite links of #chat."]
    assert asks(carol, f"INVITELINK #chat REVOKE {bobs}") == [f"There is no link {bobs} that you may revoke."]
    assert asks(bob, f"INVITELINK #chat REVOKE {mine.split('-')[1]}")[0].startswith("There is no link")
    assert asks(alice, f"INVITELINK #chat REVOKE {bobs}") == [f"Link {bobs} lets nobody in any more."]
    assert not comes_in(carol, code)
    assert comes_in(carol, mine)


@pytest.mark.parametrize("words", ["0", "-1", "x", "1 x", "1 0", "9999999999", "1 999999999w", "١"])
def test_bad_numbers(words: str) -> None:
    """What is no number and no time is refused with a sentence."""
    (answer,) = asks(founded(Stage()), f"INVITELINK #chat MAKE {words}")
    assert answer.startswith("How ")


def test_who_may_not_make_one(stage: Stage) -> None:
    """Making one needs the flag invite, whatever rank one has."""
    alice, bob = founded(stage), person(stage, "bob")
    bob.sends("JOIN #chat")
    alice.sends("MODE #chat +o bob")
    assert asks(bob, "INVITELINK #chat MAKE") == ["You need the flag invite on #chat."]
    assert asks(bob, "INVITELINK #chat FROB")[0].startswith("It is written:")


def test_as_many_as_a_channel_may_have() -> None:
    """Links are bounded; those that are over make room."""
    stage = Stage(replace(Config(), channels=Channels(invite_links=2)))
    alice = founded(stage)
    made(alice, "1 1m")
    made(alice)
    assert asks(alice, "INVITELINK #chat MAKE")[0].startswith("There are as many links")
    stage.passes(61)
    made(alice)
    assert len(registration(stage).links) == 2


def test_invitations_are_remembered(stage: Stage) -> None:
    """INVITE of an account holds until used, over reconnect and restart."""
    alice, bob = founded(stage), person(stage, "bob")
    alice.sends("MODE #chat +i", "INVITE bob #chat").take()
    bob.disappears()
    bob = person(stage, "other", "bob")
    bob.sends("INVITE")
    bob.sees(f":{bob.node.name} 336 other #chat", f":{bob.node.name} 337 other :End of /INVITE list")
    again = restarted(stage)
    bob = again.connect("third")
    assert not comes_in(bob, "")
    log_in(bob, "bob")
    assert comes_in(bob, "")
    bob.sends("PART #chat").take()
    assert not comes_in(bob, "")
    for node in again.nodes:
        check(node.network)
    assert stage.kept_channels.load()[0].document["invited"] == {}


def test_inviting_who_is_not_here(stage: Stage) -> None:
    """ChanServ INVITE holds for an account that is not here; UNINVITE takes it back."""
    alice = founded(stage)
    alice.sends("MODE #chat +i")
    register_account(stage, "bob")
    assert asks(alice, "INVITE #chat bob") == ["bob is invited to #chat, and comes in when back."]
    assert asks(alice, "INVITE #chat nobody") == ["There is nobody here and no account with the name nobody."]
    assert asks(alice, "UNINVITE #chat") == ["Invited to #chat: bob"]
    assert asks(alice, "UNINVITE #chat bob") == ["bob is not invited to #chat any more."]
    assert asks(alice, "UNINVITE #chat bob") == ["bob is not invited to #chat."]
    asks(alice, "INVITE #chat bob")
    bob = person(stage, "bob")
    assert comes_in(bob, "")
    assert asks(bob, "INVITE #chat alice") == ["You need the flag invite on #chat."]
    assert asks(alice, "INVITE #chat bob") == ["bob is in #chat."]


def test_inviting_oneself(stage: Stage) -> None:
    """Who has the flag invite needs no other invitation."""
    alice, bob = founded(stage), person(stage, "bob")
    asks(alice, "FLAGS #chat bob invite")
    alice.sends("MODE #chat +ik key")
    bob.take()
    bob.sends("CS INVITE #chat")
    assert f":ChanServ!services@{bob.node.name} INVITE bob #chat" in bob.take()
    assert comes_in(bob, "")


def test_invitations_of_a_channel_are_bounded(stage: Stage) -> None:
    """The oldest is forgotten."""
    alice = founded(stage)
    for number in range(201):
        register_account(stage, f"a{number}")
        alice.session.allowance = 100.0
        alice.sends(f"CS INVITE #chat a{number}")
    invited = registration(stage).invited
    assert len(invited) == 200 and "a0" not in invited and "a200" in invited
    for node in stage.nodes:
        check(node.network)
