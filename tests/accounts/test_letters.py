"""Letters with codes: what is in them, who may ask for how many, and who hears of those that were not sent."""

from __future__ import annotations

from typing import Any

import pytest

from chatd.accounts.letters import TEXTS, filled_in
from chatd.config import Config, Mail
from chatd.core.events import OperChanged, UserModesChanged
from chatd.credentials.tokens import hash_code
from chatd.testing import Stage

MAIL = Mail(host="mail.example.org", sender="chat@example.org")


def stage_with(texts: Any = None, **settings: Any) -> Stage:
    """A stage that can send letters."""
    import msgspec

    return Stage(Config(mail=msgspec.structs.replace(MAIL, **settings)), texts=texts)


@pytest.mark.parametrize("purpose", list(TEXTS))
def test_a_letter(purpose: str) -> None:
    """Everything is filled in, and the code is in the text alone."""
    stage = stage_with()
    alice = stage.connect("alice")
    letters = stage.server.letters
    code, pending = letters.make_code(purpose, "alice@example.org")
    assert pending.code_hash == hash_code(code)
    hours = 1 if purpose == "reset" else 24
    assert pending.expires_ms == stage.server.now_ms() + hours * 3_600_000
    letters.send_code(alice.session.context, purpose, "alice", "alice@example.org", code)
    (letter,) = stage.mailer.letters
    assert letter.recipient == "alice@example.org"
    assert code in letter.text
    assert code not in letter.subject + repr(letter)
    assert not set("{}") & set(letter.subject + letter.text)
    assert max(map(len, letter.text.splitlines())) < 110


def test_texts_of_ones_own() -> None:
    """Names that are not known stay as they are."""
    stage = stage_with({"letter reset": ["Hello {account}", "", "{code} {unknown} {", "}{server}"]})
    letters = stage.server.letters
    letters.send_code(stage.connect("alice").session.context, "reset", "alice", "a@b.c", "CODE")
    assert stage.mailer.letters[0].subject == "Hello alice"
    assert stage.mailer.letters[0].text == "CODE {unknown} {\n}chatd.localhost\n"


def test_values_are_not_read_again() -> None:
    """A value that looks like a name stays."""
    assert filled_in("{account} {code}", {"account": "{code}", "code": "x"}) == "{code} x"


def test_how_many_letters() -> None:
    """An address has so many an hour, in any spelling; so have those who ask, and all together."""
    stage = stage_with(per_recipient=2, per_address=3, per_hour=4)
    letters = stage.server.letters
    near, far = stage.connect("alice").session.context, stage.connect("bob", ip="198.51.100.7").session.context
    for recipient in ("a@b.c", "A@b.C"):
        assert letters.wait_s("192.0.2.1", recipient) == 0
        letters.send_code(near, "reset", "alice", recipient, "CODE")
    assert letters.wait_s("198.51.100.7", "a@B.c") == 1800
    assert letters.wait_s("192.0.2.1", "other@b.c") == 0
    letters.send_code(near, "reset", "alice", "other@b.c", "CODE")
    assert letters.wait_s("192.0.2.1", "third@b.c") == 1200
    assert letters.wait_s("198.51.100.7", "third@b.c") == 0
    letters.send_code(far, "reset", "alice", "third@b.c", "CODE")
    assert letters.wait_s("203.0.113.9", "fourth@b.c") == 900
    stage.passes(900)
    assert letters.wait_s("203.0.113.9", "fourth@b.c") == 0


def test_a_letter_that_was_not_sent() -> None:
    """Who asked for it is told, if still here, and so are operators."""
    stage = stage_with()
    alice, oper = stage.connect("alice"), stage.connect("oper")
    knowing = stage.connect("knowing", caps="standard-replies")
    stage.server.emit(OperChanged(oper.session.context.origin, "root", ()))
    stage.server.emit(UserModesChanged(stage.server.origin, oper.session.uid, "os", ""))
    stage.settle()
    oper.take()
    stage.mailer.problem = "the mail server answered 550"
    letters = stage.server.letters
    letters.send_code(alice.session.context, "register", "alice", "a@b.c", "CODE")
    stage.settle()
    told = ":chatd.localhost NOTICE oper :*** A letter to the owner of alice was not sent: the mail server answered 550"
    oper.sees(told)
    alice.sees(
        ":chatd.localhost NOTICE alice :The letter for alice could not be sent. The server's operators have been told."
    )
    letters.send_code(knowing.session.context, "register", "alice", "a@b.c", "CODE")
    stage.settle()
    (line,) = knowing.take()
    assert line.startswith(":chatd.localhost WARN * LETTER_NOT_SENT alice :The letter for alice could not be sent. ")
    oper.take()
    context = alice.session.context
    alice.sends("QUIT").take()
    letters.send_code(context, "register", "alice", "a@b.c", "CODE")
    stage.settle()
    assert oper.take()[-1] == told
    assert alice.take() == []


def test_without_a_mail_server() -> None:
    """Nothing can be sent."""
    assert not Stage().server.letters.can_send
    assert stage_with().server.letters.can_send
