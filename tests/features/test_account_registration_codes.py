"""REGISTER with codes in letters, and VERIFY (draft/account-registration)."""

from __future__ import annotations

import re

import pytest
from registering import asks, configure, newcomer, value

from chatd.core.accounts import Suspension
from chatd.testing import Stage


def with_codes(stage: Stage) -> None:
    """An address is needed, and confirmed by a code."""
    mail = {"host": "mail.example.org", "sender": "chat@example.org"}
    configure(stage, mail=mail, accounts={"email_required": True})


def code_in_letter(stage: Stage) -> str:
    """The code that was sent last."""
    (code,) = re.findall(r"\b[A-Z2-9]{12}\b", stage.mailer.letters[-1].text)
    return str(code)


def test_by_email(stage: Stage) -> None:
    """"`email-required` - if present, registrations require a valid email address to process". "Sent by the server as a
    response to `REGISTER` when further action is required to complete registration of the `<account>`, as explain in
    the human-readable `<message>`." "The `VERIFY` command completes a registration that required verification (eg. via
    email or CAPTCHA)." "FAIL VERIFY INVALID_CODE <account> <message>": "Sent by the server if the `<code>` in the
    `VERIFY` command is invalid or expired."
    """
    with_codes(stage)
    client = newcomer(stage, "tester")
    assert "email-required" in value(client)
    (line,) = asks(client, "REGISTER * tester@example.org hunter22")
    assert line.startswith("REGISTER VERIFICATION_REQUIRED tester :Account created; a code has been sent to tester@ex")
    assert client.session.account is None
    assert asks(client, "VERIFY tester WRONGCODE234") == [
        "FAIL VERIFY INVALID_CODE tester :The code is wrong, or no longer good"
    ]
    assert asks(client, f"VERIFY tester {code_in_letter(stage)}") == [
        "VERIFY SUCCESS tester :Account successfully registered",
        "900 tester tester!*@* tester :You are now logged in as tester",
    ]
    client.sends("USER tester * * :Tester", "CAP END")
    assert client.session.user.account == "tester"
    account = stage.accounts.find("tester")
    assert account is not None and account.email == "tester@example.org"


def test_a_code_is_needed(stage: Stage) -> None:
    """Until it was given nobody logs in, by password or otherwise, and the name is nobody else's."""
    with_codes(stage)
    client = stage.connect("tester")
    asks(client, "REGISTER * tester@example.org hunter22")
    client.disappears()
    other = stage.open().sends("PASS tester:hunter22", "NICK tester", "USER t 0 * :t")
    assert "First give the code you were sent: VERIFY tester <code>" in other.take()[0]
    assert (other.session.user.account, other.session.user.nick[:5]) == (None, "Guest")
    assert asks(other, "REGISTER tester a@example.org hunter22")[0].startswith("FAIL REGISTER ACCOUNT_EXISTS tester ")
    asks(other, f"VERIFY tester {code_in_letter(stage)}")
    assert other.session.user.account == "tester"


@pytest.mark.parametrize("email", ["*", "tester", "tester@", "@example.org", "a@b", "a@example.org\x01", "a,b@c.org"])
def test_addresses(stage: Stage, email: str) -> None:
    """"FAIL REGISTER INVALID_EMAIL <account> <message>": "Sent by the server if it cannot send emails to the provided
    address."
    """
    with_codes(stage)
    client = stage.connect("tester")
    (line,) = asks(client, f"REGISTER * {email} hunter22")
    assert line.startswith("FAIL REGISTER INVALID_EMAIL tester :")
    assert stage.mailer.letters == []


def test_codes_cannot_be_guessed(stage: Stage) -> None:
    """A code is good for nobody's account, and who guesses at it is held up."""
    with_codes(stage)
    client = stage.connect("tester")
    asks(client, "REGISTER * tester@example.org hunter22")
    code = code_in_letter(stage)
    assert asks(client, "VERIFY nobody AAAAAAAAAAAA") == [
        "FAIL VERIFY INVALID_CODE nobody :The code is wrong, or no longer good"
    ]
    for _ in range(15):
        assert " INVALID_CODE " in asks(client, "VERIFY tester AAAAAAAAAAAA")[0]
    for given in ("AAAAAAAAAAAA", code):
        (refused,) = asks(client, f"VERIFY tester {given}")
        assert " TEMPORARILY_UNAVAILABLE tester :Too many attempts; try again in " in refused


def test_a_suspended_account_is_verified_and_not_let_in(stage: Stage) -> None:
    """The code is good, the account stays shut."""
    with_codes(stage)
    client = stage.connect("tester")
    asks(client, "REGISTER * tester@example.org hunter22")
    account = stage.accounts.find("tester")
    assert account is not None
    stage.accounts.suspend(account.account_id, Suspension("spam", "root", 0))
    lines = asks(client, f"VERIFY tester {code_in_letter(stage)}")
    assert lines[0].startswith("VERIFY SUCCESS") and lines[1].endswith(":The account tester is suspended: spam.")
    assert client.session.user.account is None
