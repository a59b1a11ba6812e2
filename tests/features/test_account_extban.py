"""Bans by account, and user mode R.  Quotes are from IRCv3 account-extban."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def setting(stage: Stage) -> tuple[Client, Client]:
    """The operator of #a, and somebody outside who is logged in as Robert."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    stage.logs_in(bob, "Robert")
    alice.sends("JOIN #a").take()
    return alice, bob


def codes(client: Client) -> list[str]:
    """The numerics and verbs that came."""
    return [line.split(" ")[1] for line in client.take()]


def test_the_token() -> None:
    """"Servers publishing the `ACCOUNTEXTBAN` token MUST also publish the `EXTBAN` token."; "The value of the
    `ACCOUNTEXTBAN` token is a comma-separated list of names for the extended ban type which matches account names."
    """
    tokens = dict(token.partition("=")[::2] for token in " ".join(Stage().server.isupport()).split(" "))
    assert tokens["ACCOUNTEXTBAN"] == "a"
    assert "a" in tokens["EXTBAN"].partition(",")[2]


@pytest.mark.parametrize("ban", ["a:Robert", "a:rOBERT", "a:Rob*", "a:*"])
def test_exact_names_and_masks(stage: Stage, ban: str) -> None:
    """"Servers MUST support matching exact account names. Servers MAY support matching account masks and other
    server-specific extensions."
    """
    alice, bob = setting(stage)
    alice.sends(f"MODE #a +b {ban}")
    bob.sends("JOIN #a")
    assert codes(bob) == ["474"]
    stage.logs_in(bob, None)
    bob.sends("JOIN #a")
    assert "JOIN" in codes(bob)


@pytest.mark.parametrize("ban", ["a:bob", "a:Rob", "a:Robertson", "m:a:bob"])
def test_nicknames_are_no_accounts(stage: Stage, ban: str) -> None:
    """Only the account counts."""
    alice, bob = setting(stage)
    alice.sends(f"MODE #a +b {ban}")
    bob.sends("JOIN #a", "PRIVMSG #a :hello")
    assert "JOIN" in codes(bob)
    assert codes(alice)[-1] == "PRIVMSG"


def test_a_log_in_inside(stage: Stage) -> None:
    """A verdict that is remembered is forgotten when the account changes, in both directions."""
    alice, bob = setting(stage)
    alice.sends("MODE #a +b a:Robert", "MODE #a +b m:a:eve")
    stage.logs_in(bob, None)
    bob.sends("JOIN #a", "PRIVMSG #a :one")
    stage.logs_in(bob, "Robert")
    bob.sends("PRIVMSG #a :two", "NICK rob")
    assert codes(bob)[-2:] == ["404", "435"]
    stage.logs_in(bob, "eve")
    bob.sends("PRIVMSG #a :three")
    assert codes(bob) == ["404"]
    stage.logs_in(bob, "other")
    bob.sends("PRIVMSG #a :four")
    assert [line.partition(" :")[2] for line in alice.take() if " PRIVMSG " in line] == ["one", "four"]


def test_exceptions_and_invitations(stage: Stage) -> None:
    """It stands in the lists e and I as well."""
    alice, bob = setting(stage)
    carol = stage.connect("carol")
    alice.sends("MODE #a +bie *!*@* a:Robert", "MODE #a +I a:Robert")
    bob.sends("JOIN #a")
    carol.sends("JOIN #a")
    assert "JOIN" in codes(bob)
    assert codes(carol) == ["473"]


def test_without_an_account_name(stage: Stage) -> None:
    """A ban that names no account is refused."""
    alice, _ = setting(stage)
    alice.sends("MODE #a +b a:")
    assert codes(alice) == ["696"]


def test_mode_r(stage: Stage) -> None:
    """Who has +R hears from those who are logged in; others are told why not, but for notices."""
    alice, bob = setting(stage)
    alice.sends("MODE alice +R").take()
    bob.sends("PRIVMSG alice :hello")
    assert codes(alice) == ["PRIVMSG"]
    stage.logs_in(bob, None)
    bob.sends("PRIVMSG alice :hello", "NOTICE alice :hello", "TAGMSG alice")
    why = f":{bob.node.name} 477 bob alice :Hears only from who is logged in (user mode R): log in first"
    assert [line for line in bob.take() if " 477 " in line] == [why]
    alice.sees()
    alice.sends("ACCEPT bob")
    bob.sends("PRIVMSG alice :hello")
    alice.sends("ACCEPT -bob")
    bob.sends("PRIVMSG alice :hello")
    assert codes(alice) == ["PRIVMSG"]
    assert codes(bob) == ["477"]
    alice.sends("PRIVMSG alice :to myself", "PRIVMSG bob :and to you")
    assert codes(alice) == ["PRIVMSG"]
    assert codes(bob) == ["PRIVMSG"]


def test_who_was_written_to_can_answer(stage: Stage) -> None:
    """With +R as with +g, as long as that is one of the last fifty private messages; TAGMSG asks for no answer."""
    for mode, refusal in (("R", "477"), ("g", "716")):
        alice, bob = stage.connect(f"alice{mode}", caps="message-tags"), stage.connect(f"bob{mode}")
        carol = stage.connect(f"carol{mode}")
        alice.sends(f"MODE alice{mode} +{mode}", f"@+x=y TAGMSG carol{mode}", f"PRIVMSG bob{mode} :hello")
        alice.take(), bob.take(), carol.take()
        bob.sends(f"PRIVMSG alice{mode} :hello, too")
        carol.sends(f"PRIVMSG alice{mode} :and I?")
        assert (codes(bob), codes(carol)[:1]) == ([], [refusal])
        assert [line for line in alice.take() if line.endswith(f" PRIVMSG alice{mode} :hello, too")]
        for _ in range(50):
            alice.sends(f"PRIVMSG carol{mode} :hello")
            alice.session.allowance = 100.0
        alice.take(), carol.take()
        bob.sends(f"PRIVMSG alice{mode} :still there?")
        carol.sends(f"PRIVMSG alice{mode} :yes")
        assert (codes(bob)[:1], codes(carol)) == ([refusal], [])
