"""Passwords, tokens and codes: told to the server, they are seen by nobody else, in no log, and not told back."""

from __future__ import annotations

from typing import Any

import pytest
from talk import told, with_mail, with_settings
from twisted.logger import globalLogPublisher

from chatd.core.events import OperChanged, UserModesChanged
from chatd.credentials.passwords import Passwords
from chatd.reports import report_from
from chatd.testing import Stage

SECRET = "sesame-OPEN-42"
LINES = [
    "NS REGISTER {s}", "NS REGISTER {s} a@b.c", "NS IDENTIFY alice {s}", "NS IDENTIFY {s}", "NS ID alice {s}",
    "NS LOGIN {s} {s}", "NS VERIFY alice {s}", "NS RESETPASS alice {s} {s}", "NS PASSWD {s} {s}x",
    "NS SET PASSWORD {s} {s}x", "NS SET EMAIL a@b.c {s}", "NS GHOST alice {s}", "NS REGAIN alice {s}",
    "NS RECOVER alice {s}", "NS RELEASE alice {s}",
    "PRIVMSG NickServ :IDENTIFY alice {s}", "PRIVMSG NickServ@{server} :identify {s}", "NOTICE NickServ :IDENTIFY {s}",
    "@label=x PRIVMSG NickServ :IDENTIFY alice {s}", "NS REGISTER {s} {s} {s}", "NS IDENTIFY a {s} {s}",
    "OPER root {s}", "PASS {s}",
]  # fmt: skip


@pytest.fixture
def reported() -> Any:
    """All that is logged, in every form a log file could have it."""
    events: list[str] = []

    def observe(event: Any) -> None:
        failure = event.get("log_failure")
        events.append(repr(event) + (failure.getTraceback() if failure is not None else ""))

    report_from("debug")
    globalLogPublisher.addObserver(observe)
    yield events
    globalLogPublisher.removeObserver(observe)


def tries_everything(stage: Stage, log_in: bool) -> None:
    """Say every line that has a secret in it, and look who was told what."""
    watcher = stage.connect("watcher", caps="echo-message account-notify account-tag")
    oper_like = stage.connect("snoop")
    oper_like.node.emit(OperChanged(oper_like.session.context.origin, "root", ()))
    oper_like.node.emit(UserModesChanged(oper_like.session.context.origin, oper_like.session.uid, "osw", ""))
    stage.settle()
    client = stage.connect("bob", caps="labeled-response batch echo-message", account="bob" if log_in else None)
    client.sends("JOIN #x")
    watcher.sends("JOIN #x")
    for line in LINES:
        client.session.allowance = 1000
        client.sends(line.format(s=SECRET, server=client.node.name))
        stage.settle()
    mine = [line for line in client.take() if SECRET in line]
    assert mine == []
    others = [*watcher.take(), *oper_like.take()]
    client.sends("STATS m", "STATS l", "WHOWAS bob", "WHOIS bob bob")
    assert not any(SECRET in line for line in [*others, *client.take()])


@pytest.mark.fails_inside
@pytest.mark.parametrize("log_in", [False, True])
@pytest.mark.parametrize("trouble", ["none", "store away", "hash fails", "store fails"])
def test_a_secret_is_nowhere(
    stage: Stage, reported: list[str], monkeypatch: pytest.MonkeyPatch, trouble: str, log_in: bool
) -> None:
    """Whatever goes wrong: not in what anybody is sent, not in the log, not in the history."""
    with_mail(stage)
    with_settings(stage, accounts={"registrations_per_address": 1000, "attempts_per_address": 10_000,
                                   "attempts_per_account": 10_000})  # fmt: skip
    stage.registers("alice", "something-else")
    stage.registers("bob", SECRET)
    if trouble == "store away":
        stage.shelf.is_gone = True
    elif trouble == "hash fails":
        monkeypatch.setattr(Passwords, "make", failing)
        monkeypatch.setattr(Passwords, "check", failing)
    elif trouble == "store fails":
        for name in ("look_up", "find", "register", "confirm"):
            monkeypatch.setattr(stage.accounts, name, failing)
    tries_everything(stage, log_in)
    assert not any(SECRET in event for event in reported)
    if trouble in ("hash fails", "store fails"):
        assert any("slow work failed" in event for event in reported)
    kept = [line for history in stage.histories for log in history.logs.values() for line in log]
    assert not any(SECRET in line for line in kept)


def failing(*given: Any, **more: Any) -> Any:
    """Something that goes wrong in a way nobody has thought of."""
    raise RuntimeError("it is broken")


def test_tokens_and_codes_are_shown_once(stage: Stage, reported: list[str]) -> None:
    """To who asked for them; what is kept, logged and listed is something else."""
    with_settings(stage, accounts={"registration": "invitation"})
    made = stage.registers("alice", "correct-horse")
    alice = stage.connect("alice", account="alice")
    token = told(alice, "NS TOKEN NEW phone")[1]
    code = told(alice, "NS INVITE NEW")[0].split(" ")[0]
    again = [*told(alice, "NS TOKEN LIST"), *told(alice, "NS INVITE LIST"), *told(alice, "NS EXPORT")]
    kept = repr(stage.accounts.tokens(made.account_id)) + repr(stage.accounts.invitations(made.account_id))
    for secret in (token, token.split("-", 2)[2], code):
        assert not any(secret in text for text in [*again, kept, *reported])
