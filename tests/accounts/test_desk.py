"""The log-in desk: who is let in, who is not, and what either learns from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from chatd.accounts.login import Challenge, LoginDesk
from chatd.accounts.verdict import Denied, Verdict, Why
from chatd.core.accounts import Account, SessionToken, Suspension
from chatd.core.events import AccountDeleted, AccountRenamed, NickGrouped
from chatd.credentials.passwords import Passwords
from chatd.credentials.tokens import TokenText, hash_secret, new_token
from chatd.testing import Client, Stage


class Visitor:
    """Somebody at the desk."""

    def __init__(self, stage: Stage, **peer: Any) -> None:
        self.client: Client = stage.open(**peer)
        self.stage = stage
        self.ctx = self.client.session.context
        self.desk: LoginDesk = self.ctx.node.desk
        self.verdicts: list[Verdict] = []

    def last(self) -> Any:
        """Exactly one answer was given."""
        self.stage.settle()
        (verdict,) = self.verdicts
        self.verdicts.clear()
        return verdict

    def tries(self, name: str, password: str) -> Any:
        """A password or token."""
        self.desk.check(self.ctx, name, password, self.verdicts.append)
        return self.last()

    def shows_certificate(self, name: str = "") -> Any:
        """The certificate of the connection."""
        self.desk.check_certificate(self.ctx, name, self.verdicts.append)
        return self.last()


def why(verdict: Verdict) -> Why:
    """The reason of a refusal."""
    assert isinstance(verdict, Denied)
    return verdict.why


def token_for(stage: Stage, account: Account, expires_ms: int = 0) -> TokenText:
    """A session token that the account has."""
    text, now_ms = new_token(), stage.server.now_ms()
    made = SessionToken(
        text.token_id, account.account_id, hash_secret(text.secret), "phone", "192.0.2.9", now_ms, now_ms, expires_ms
    )  # fmt: skip
    stage.accounts.add_token(made, 10)
    return text


def test_a_password(stage: Stage) -> None:
    """The right one gives the account, in any spelling of its name and by its other nicknames; others do not."""
    account = stage.registers("Alice", "sesame")
    stage.accounts.group(account.account_id, "Ally", "ally", 5)
    stage.server.emit(NickGrouped(stage.server.origin, "Alice", "Ally"))
    stage.settle()
    visitor = Visitor(stage)
    for name in ("Alice", "aLICE", "ally"):
        assert visitor.tries(name, "sesame").account_id == account.account_id
    wrong = visitor.tries("Alice", "Sesame")
    assert why(wrong) is Why.WRONG
    assert visitor.tries("nobody", "sesame") == visitor.tries("", "sesame") == visitor.tries("Alice", "") == wrong
    assert stage.accounts.find("alice").seen_ms == stage.server.now_ms()  # type: ignore[union-attr]


def test_unknown_accounts_cost_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is hashed for an account that is not there as for one that is."""
    stage, hashed = Stage(), []
    check = Passwords.check
    monkeypatch.setattr(Passwords, "check", lambda *args: hashed.append(args[2] is None) or check(*args))
    stage.registers("alice", "sesame")
    stage.registers("passwordless")
    visitor = Visitor(stage)
    for name in ("alice", "nobody", "passwordless"):
        assert why(visitor.tries(name, "x")) is Why.WRONG
    assert hashed == [False, True, True]


def test_suspended_and_unverified_are_told_to_owners_only(stage: Stage) -> None:
    """Whoever does not know the password does not learn what state an account is in."""
    account = stage.registers("alice", "sesame")
    stage.accounts.suspend(account.account_id, Suspension("spam", "root", 0))
    visitor = Visitor(stage)
    assert why(visitor.tries("alice", "x")) is Why.WRONG
    denied = visitor.tries("alice", "sesame")
    assert (denied.why, denied.text) == (Why.SUSPENDED, "The account alice is suspended: spam")
    past = Suspension("spam", "root", 0, stage.server.now_ms() - 1)
    stage.accounts.suspend(account.account_id, past)
    assert isinstance(visitor.tries("alice", "sesame"), Account)
    stage.shelf.accounts[account.account_id] = replace(account, verified_ms=0)
    assert why(visitor.tries("alice", "x")) is Why.WRONG
    assert why(visitor.tries("alice", "sesame")) is Why.UNVERIFIED


def test_attempts_are_throttled(stage: Stage) -> None:
    """So many fail in a row, then nothing is tried for a while: not even the right password."""
    stage.registers("alice", "sesame")
    visitor = Visitor(stage)
    for _ in range(8):
        assert why(visitor.tries("alice", "x")) is Why.WRONG
    denied = visitor.tries("alice", "sesame")
    assert (denied.why, denied.text) == (Why.THROTTLED, "Too many attempts; try again in 30 seconds")
    assert why(visitor.tries("bob", "x")) is Why.WRONG, "an account of its own"
    stage.passes(30)
    assert isinstance(visitor.tries("alice", "sesame"), Account)


def test_rehash_forgives_nothing() -> None:
    """Failures count on over a REHASH, unless it changes how many are allowed."""
    stage = Stage()
    stage.registers("alice", "sesame")
    visitor, node = Visitor(stage), stage.server
    for _ in range(8):
        visitor.tries("alice", "x")
    node.reconfigure(node.config, {})
    assert why(visitor.tries("alice", "x")) is Why.THROTTLED
    accounts = msgspec.structs.replace(node.config.accounts, attempts_per_account=20)
    node.reconfigure(msgspec.structs.replace(node.config, accounts=accounts), {})
    assert why(visitor.tries("alice", "x")) is Why.WRONG


def test_a_storm_does_not_hold_up_the_owner() -> None:
    """Who has logged in from an address before has every second turn there, whoever else waits."""
    stage = Stage()
    stage.registers("alice", "sesame")
    owner = Visitor(stage, ip="192.0.2.1")
    assert isinstance(owner.tries("alice", "sesame"), Account)
    strangers = [Visitor(stage, ip=f"198.51.100.{number}") for number in range(60)]
    for number, each in enumerate(strangers):
        each.desk.check(each.ctx, f"account{number}", "x", each.verdicts.append)
    owner.desk.check(owner.ctx, "alice", "sesame", owner.verdicts.append)
    while not owner.verdicts:
        stage.work.popleft()()
    answered = sum(bool(each.verdicts) for each in strangers)
    assert answered < 50, "all who came before were answered before"
    assert isinstance(owner.last(), Account)
    for each in strangers:
        assert why(each.last()) is Why.WRONG


def test_a_stranger_cannot_lock_the_owner_out() -> None:
    """From where somebody has logged in before, what strangers try does not count."""
    stage = Stage()
    stage.registers("alice", "sesame")
    owner, stranger = Visitor(stage, ip="198.51.100.1"), Visitor(stage, ip="203.0.113.1")
    assert isinstance(owner.tries("alice", "sesame"), Account)
    for _ in range(9):
        stranger.tries("alice", "x")
    assert why(stranger.tries("alice", "sesame")) is Why.THROTTLED
    assert isinstance(owner.tries("alice", "sesame"), Account)


def test_tokens(stage: Stage) -> None:
    """A token is accepted wherever a password is, with its owner's name or none; not with another's."""
    account = stage.registers("alice")
    stage.registers("bob")
    text = token_for(stage, account)
    visitor = Visitor(stage, ip="198.51.100.7")
    for name in ("", "alice", "ALICE"):
        assert visitor.tries(name, text.text).account_id == account.account_id
    (kept,) = stage.accounts.tokens(account.account_id)
    assert (kept.used_ms, kept.address) == (stage.server.now_ms(), "198.51.100.7")
    assert why(visitor.tries("bob", text.text)) is Why.WRONG
    assert why(visitor.tries("", TokenText(text.token_id, "A" * 43).text)) is Why.WRONG
    stage.accounts.remove_token(account.account_id, text.token_id)
    assert why(visitor.tries("alice", text.text)) is Why.WRONG


def test_tokens_expire_and_stop_with_the_account(stage: Stage) -> None:
    """An expired token is none; one of a suspended account is refused as its password is."""
    account = stage.registers("alice")
    text = token_for(stage, account, stage.server.now_ms() + 5000)
    visitor = Visitor(stage)
    stage.accounts.suspend(account.account_id, Suspension("", "root", 0))
    assert why(visitor.tries("", text.text)) is Why.SUSPENDED
    stage.accounts.suspend(account.account_id, None)
    assert isinstance(visitor.tries("", text.text), Account)
    stage.passes(5)
    assert why(visitor.tries("", text.text)) is Why.WRONG


def test_certificates(stage: Stage) -> None:
    """The certificate's account, and no other that is asked for; none without a certificate."""
    account = stage.registers("alice")
    stage.registers("bob")
    stage.accounts.add_certificate(account.account_id, "ab" * 32, 0, 5)
    visitor = Visitor(stage, secure=True, certfp="ab" * 32)
    assert visitor.shows_certificate().account_id == account.account_id
    assert visitor.shows_certificate("Alice").account_id == account.account_id
    assert why(visitor.shows_certificate("bob")) is Why.WRONG
    assert why(Visitor(stage, secure=True, certfp="cd" * 32).shows_certificate()) is Why.WRONG
    assert why(Visitor(stage).shows_certificate()) is Why.WRONG


def test_nobodys_challenge_looks_like_anybodys(stage: Stage) -> None:
    """For an account that is not there: always the same salt, and never right."""
    stage.registers("alice", "sesame")
    visitor = Visitor(stage)
    seen: list[Any] = []
    for name in ("nobody", "Nobody", "alice", "somebody"):
        visitor.desk.challenge(visitor.ctx, name, seen.append)
        stage.settle()
    nobody, again, alice, other = seen
    assert all(isinstance(each, Challenge) for each in seen)
    assert nobody.verifier == again.verifier != other.verifier
    assert (len(nobody.verifier.salt), nobody.verifier.iterations) == (
        len(alice.verifier.salt), alice.verifier.iterations,
    )  # fmt: skip
    visitor.desk.conclude(visitor.ctx, nobody, True, visitor.verdicts.append)
    assert why(visitor.last()) is Why.WRONG


def test_a_password_is_hashed_anew_when_the_cost_has_risen() -> None:
    """And only then; the new hash is good for the same password."""
    stage = Stage()
    account = stage.registers("alice", "sesame")
    before = stage.shelf.credentials[account.account_id]
    visitor = Visitor(stage)
    visitor.tries("alice", "sesame")
    assert stage.shelf.credentials[account.account_id] is before
    stage.server.desk.passwords = Passwords(5, 4096)
    visitor.tries("alice", "x")
    assert stage.shelf.credentials[account.account_id] is before
    visitor.tries("alice", "sesame")
    assert "$05$" in stage.shelf.credentials[account.account_id].password_hash
    assert isinstance(visitor.tries("alice", "sesame"), Account)


def test_a_database_that_is_away(stage: Stage) -> None:
    """It is asked again, and then it is a temporary failure, which nobody's allowance pays for."""
    stage.registers("alice", "sesame")
    visitor = Visitor(stage)
    for _ in range(20):
        stage.shelf.is_gone = True
        visitor.desk.check(visitor.ctx, "alice", "sesame", visitor.verdicts.append)
        stage.settle()
        assert visitor.verdicts == []
        stage.passes(2)
        assert why(visitor.last()) is Why.UNAVAILABLE
    visitor.desk.check(visitor.ctx, "alice", "sesame", visitor.verdicts.append)
    stage.settle()
    stage.shelf.is_gone = False
    stage.passes(1)
    assert isinstance(visitor.last(), Account)


def test_a_database_that_hangs_holds_up_its_visitors_only() -> None:
    """They get their answer in time; what it says later is not heard; the others go on."""
    stage = Stage()
    stage.registers("alice", "sesame")
    visitor, bob = Visitor(stage), stage.connect("bob")
    visitor.desk.check(visitor.ctx, "alice", "sesame", visitor.verdicts.append)
    hanging = list(stage.work)
    stage.work.clear()
    visitor.client.sends("PING early")
    stage.passes(14)
    assert visitor.verdicts == []
    bob.sends("PING a")
    bob.sees(":chatd.localhost PONG chatd.localhost :a")
    stage.passes(1)
    assert why(visitor.last()) is Why.UNAVAILABLE
    visitor.client.sees(":chatd.localhost PONG chatd.localhost :early")
    for work in hanging:
        work()
    stage.settle()
    assert (visitor.verdicts, visitor.client.session.account) == ([], None)


def test_what_becomes_of_the_account_meanwhile(stage: Stage) -> None:
    """An account that is deleted while its password is hashed is not logged in to."""
    account = stage.registers("alice", "sesame")
    visitor = Visitor(stage)
    visitor.desk.check(visitor.ctx, "alice", "sesame", visitor.verdicts.append)
    stage.work.popleft()()  # the look-up; now the hash
    stage.accounts.delete(account.account_id, 0)
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    assert why(visitor.last()) is Why.WRONG


def test_logging_in_before_registration(stage: Stage) -> None:
    """It shows in the user that arrives, and 900 says so at once."""
    account = stage.registers("alice")
    client = stage.open()
    ctx = client.session.context
    ctx.node.desk.admit(ctx, account)
    stage.settle()
    client.sees(":chatd.localhost 900 * *!*@* alice :You are now logged in as alice".replace(
        ":chatd.localhost", f":{client.node.name}"))  # fmt: skip
    client.sends("NICK alice", "USER alice 0 * :Alice")
    assert all(node.network.user("alice").account == "alice" for node in stage.nodes)


def test_an_account_that_changes_before_registration(stage: Stage) -> None:
    """Renaming and deleting reach those who have logged in and are not registered yet."""
    account = stage.registers("alice")
    client = stage.open()
    ctx = client.session.context
    ctx.node.desk.admit(ctx, account)
    stage.settle()
    client.take()
    stage.server.emit(AccountRenamed(stage.server.origin, "alice", "liddell"))
    stage.settle()
    name = client.node.name
    client.sees(f":{name} 900 * *!*@* liddell :You are now logged in as liddell")
    stage.server.emit(AccountDeleted(stage.server.origin, "liddell"))
    stage.settle()
    client.sees(f":{name} 901 * *!*@* :You are now logged out")
    assert client.session.account is None
