"""What is asked of ChanServ is decided when its turn comes: whoever has lost the right by then has not got it."""

from __future__ import annotations

import pytest
from chanserv import answers, founded, log_in, person, registration

from chatd.testing import Client, Stage

ASKED = {
    "access": "FLAGS #chat carol op", "access by template": "ACCESS #chat ADD carol AOP",
    "alias": "AOP #chat ADD carol",
    "template": "TEMPLATE #chat HELPER op", "akick": "AKICK #chat ADD carol", "akick ends": "AKICK #chat DEL dave",
    "setting": "SET #chat description roses", "link": "INVITELINK #chat MAKE", "invitation": "INVITE #chat carol",
    "invitation ends": "UNINVITE #chat erin",
}  # fmt: skip
DENIED = ("You need the flag ", "You have not got ")


def chat(*names: str) -> tuple[Client, Client]:
    """Alice, the founder, and Bob, who may do nearly all; others have accounts."""
    stage = Stage()
    alice, bob = founded(stage), person(stage, "bob")
    for name in ("carol", "dave", "erin", *names):
        person(stage, name).sends("QUIT")
    alice.sends("CS FLAGS #chat bob SOP", "CS AKICK #chat ADD dave", "CS INVITE #chat erin")
    stage.passes(3)
    assert not stage.work
    alice.take(), bob.take()
    return alice, bob


def asks(client: Client, line: str) -> None:
    """Nothing of it is in the database yet."""
    client.session.receive(f"CS {line}\r\n".encode())


def known(stage: Stage) -> object:
    """All that may have changed."""
    made = registration(stage)
    return (
        made.founder, made.successor, {who: sorted(line.flags) for who, line in made.access.items()}, set(made.akicks),
        dict(made.templates), dict(made.settings), set(made.invited), set(made.links),
    )  # fmt: skip


@pytest.mark.parametrize("line", ASKED.values(), ids=ASKED)
def test_who_was_removed_meanwhile(line: str) -> None:
    """It was asked for while the removal was being written down, and comes after it."""
    alice, bob = chat()
    asks(alice, "ACCESS #chat DEL bob")
    asks(bob, line)
    alice.stage.settle()
    assert answers(alice) == ["bob is no longer on the access list of #chat."]
    (said,) = answers(bob)
    assert said.startswith(DENIED), said
    assert known(alice.stage) == ("alice", "", {}, {"dave"}, {}, {}, {"erin"}, set())


@pytest.mark.parametrize("line", ASKED.values(), ids=ASKED)
def test_who_still_may(line: str) -> None:
    """The same, behind something else."""
    alice, bob = chat()
    before = known(alice.stage)
    asks(alice, "SET #chat url x")
    asks(bob, line)
    alice.stage.settle()
    assert answers(alice) == ["url of #chat is x now."]
    assert not answers(bob)[0].startswith(DENIED)
    assert known(alice.stage) != before


@pytest.mark.parametrize("line", ["SUCCESSOR #chat carol", "SUCCESSOR #chat", "TRANSFER #chat carol"])
def test_who_is_no_founder_any_more(line: str) -> None:
    """What is given away is not given to somebody else after that."""
    alice, bob = chat()
    phone = log_in(alice.stage.connect("phone"), "alice")
    alice.sends("CS TRANSFER #chat bob")
    asks(bob, "TRANSFER ACCEPT #chat")
    asks(phone, line)
    alice.stage.settle()
    assert answers(bob)[-1] == "You are the founder of #chat now."
    assert answers(phone) == ["You need the flag founder on #chat."]
    assert known(alice.stage)[:2] == ("bob", "")  # type: ignore[index]


def test_who_drops_what_was_given_away() -> None:
    """A code that was told to the founder before is worth nothing then."""
    alice, bob = chat()
    phone = log_in(alice.stage.connect("phone"), "alice")
    phone.sends("CS DROP #chat")
    code = answers(phone)[-1].rpartition(" ")[2]
    alice.sends("CS TRANSFER #chat bob")
    asks(bob, "TRANSFER ACCEPT #chat")
    asks(phone, f"DROP #chat {code}")
    alice.stage.settle()
    assert answers(phone) == ["You need the flag founder on #chat."]
    assert known(alice.stage)[0] == "bob"  # type: ignore[index]


def test_flags_that_two_add_at_once() -> None:
    """Each adds to what the other has given."""
    alice, bob = chat()
    asks(alice, "FLAGS #chat carol +op")
    asks(bob, "FLAGS #chat carol +topic")
    alice.stage.settle()
    assert sorted(registration(alice.stage).access["carol"].flags) == ["op", "topic"]


def test_who_logs_out_meanwhile() -> None:
    """The right is the account's."""
    alice, bob = chat()
    asks(alice, "SET #chat url x")
    asks(bob, "SET #chat description roses")
    stage = alice.stage
    found = stage.accounts.find("bob")
    assert found is not None
    log_in(bob, "carol")
    assert answers(bob)[:1] in ([], ["You need the flag set on #chat."])
    assert registration(stage).settings == {"url": "x"}


def test_who_leaves_meanwhile() -> None:
    """What was not begun does not happen any more."""
    alice, bob = chat()
    asks(alice, "SET #chat url x")
    asks(bob, "SET #chat description roses")
    bob.session.lost("gone")
    alice.stage.settle()
    assert registration(alice.stage).settings == {"url": "x"}
