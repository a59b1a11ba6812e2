"""What clients send for PLAIN and EXTERNAL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.credentials.sasl import MalformedMessage, parse_external, parse_plain


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (b"\0tim\0tanstaaftanstaaf", ("", "tim", "tanstaaftanstaaf")),
        (b"Ursel\0Kurt\0xipj3plmq", ("Ursel", "Kurt", "xipj3plmq")),
        ("\0zoé\0pä ss:w".encode(), ("", "zoé", "pä ss:w")),
        (b"\0" + b"a" * 1024 + b"\0" + b"p" * 1024, ("", "a" * 1024, "p" * 1024)),
    ],
)
def test_plain_messages(message: bytes, fields: tuple[str, str, str]):
    """The examples of RFC 4616, section 4, and long ones."""
    assert parse_plain(message) == fields


@pytest.mark.parametrize(
    "message",
    [
        b"", b"\0", b"\0\0", b"tim", b"tim\0secret", b"\0tim\0", b"\0\0secret", b"\0tim\0sec\0ret", b"\0tim\0secret\0",
        b"\0\xff\0secret", b"\0tim\0\xff", b"\0tim\0" + b"p" * 1025, b"\0" + b"a" * 1025 + b"\0p",
    ],
)  # fmt: skip
def test_malformed_plain_messages(message: bytes):
    """ "authcid = 1*SAFE", "passwd = 1*SAFE", and NUL is not SAFE; the password is in no part of the error."""
    with pytest.raises(MalformedMessage) as caught:
        parse_plain(message)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__ is (b"\xff" in message)


def test_a_password_is_not_shown():
    """Nor by accident, in a log."""
    assert repr(parse_plain(b"\0tim\0secret")) == "PlainMessage('', 'tim', (secret))"


def test_external_messages():
    """ "If the authorization identity is empty, the server derives it from the client's credentials."."""
    assert parse_external(b"") == ""
    assert parse_external("zoé".encode()) == "zoé"
    for message in (b"a\0b", b"\xff", b"a" * 1025):
        with pytest.raises(MalformedMessage):
            parse_external(message)


@given(st.text(), st.text(), st.text())
def test_any_fields_are_read_back(authzid: str, authcid: str, password: str):
    """Unless they are empty, too long, or hold the NUL that separates them."""
    fields = (authzid, authcid, password)
    fit = authcid and password and "\0" not in "".join(fields) and all(len(one.encode()) <= 1024 for one in fields)
    if fit:
        assert parse_plain("\0".join(fields).encode()) == fields
    else:
        with pytest.raises(MalformedMessage):
            parse_plain("\0".join(fields).encode())
