"""NickServ: GHOST, REGAIN, RECOVER and RELEASE."""

from __future__ import annotations

import pytest
from talk import account_of, told, with_settings

from chatd.testing import Stage


@pytest.fixture
def lax(stage: Stage) -> Stage:
    """A stage where anybody may have a nickname that belongs to an account, and alice is one."""
    with_settings(stage, accounts={"nick_enforcement": "off"})
    stage.registers("alice", "correct-horse")
    return stage


def test_a_ghost_goes(lax: Stage) -> None:
    """For the owner of the nickname, who is logged in or knows the password."""
    ghost, owner, watcher = lax.connect("alice"), lax.connect("bob"), lax.connect("watcher")
    ghost.sends("JOIN #x")
    watcher.sends("JOIN #x").take()
    source = ghost.session.context.user.source
    assert told(owner, "NS GHOST alice") == ["alice belongs to an account that you are not logged in to."]
    assert told(owner, "NS GHOST alice wrong-horse") == ["The account or the password is wrong."]
    assert not ghost.closed
    assert "alice is disconnected." in told(owner, "NS GHOST alice correct-horse")
    text = "Disconnected by bob, who owns the nickname"
    watcher.sees(f":{source} QUIT :{text}")
    assert ghost.take()[-1] == f"ERROR :Closing link: 192.0.2.1 ({text})"
    assert ghost.closed
    assert account_of(owner) == "alice"
    again = lax.connect("alice")
    assert told(owner, "NS GHOST alice") == ["alice is disconnected."]
    assert again.closed


def test_whom_a_ghost_is_not(lax: Stage) -> None:
    """Nobody, oneself, and who has a nickname that is nobody's or another's."""
    lax.registers("carol")
    alice, bob, carol = lax.connect("alice", account="alice"), lax.connect("bob"), lax.connect("carol")
    assert told(alice, "NS GHOST nobody") == ["Nobody is here as nobody."]
    assert told(alice, "NS GHOST alice")[0].startswith("That is you.")
    assert told(alice, "NS GHOST bob") == ["bob belongs to no account."]
    assert told(alice, "NS GHOST carol") == ["carol belongs to an account that you are not logged in to."]
    assert told(alice, "NS GHOST carol correct-horse") == ["The account or the password is wrong."]
    assert not (bob.closed or carol.closed)


@pytest.mark.parametrize("command", ["REGAIN", "RECOVER"])
def test_the_nickname_comes_back(lax: Stage, command: str) -> None:
    """Whoever has it is disconnected, and one has it."""
    ghost, bob = lax.connect("Alice"), lax.connect("bob")
    assert "You are Alice now." in told(bob, f"NS {command} alice correct-horse")
    assert bob.session.shown_nick == "Alice"
    assert ghost.closed
    assert account_of(bob) == "alice"
    assert told(bob, f"NS {command} alice") == ["You are alice."]
    bob.sends("NICK bob")
    assert told(bob, f"NS {command} alice") == ["You are alice now."]
    assert bob.session.shown_nick == "alice"


def test_a_ban_that_holds_a_nickname_holds_it_here_too(lax: Stage) -> None:
    """What NICK would refuse is refused before anybody is disconnected."""
    oper, ghost, bob = lax.connect("oper"), lax.connect("alice"), lax.connect("bob", account="alice")
    oper.sends("JOIN #x")
    bob.sends("JOIN #x")
    oper.sends("MODE #x +b bob!*@*")
    (line,) = told(bob, "NS REGAIN alice")
    assert "banned" in line
    assert not ghost.closed
    assert bob.session.shown_nick == "bob"


def test_nothing_is_held_back(lax: Stage) -> None:
    """RELEASE says what to do instead."""
    bob = lax.connect("bob")
    assert told(bob, "NS RELEASE alice correct-horse") == ["alice is not held back. Take it: /nick alice"]
    lax.connect("alice")
    assert told(bob, "NS RELEASE alice") == ["alice is not held back, but somebody has it. REGAIN alice gets it back."]
