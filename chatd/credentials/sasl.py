"""The messages of the simple SASL mechanisms: PLAIN (RFC 4616), EXTERNAL (RFC 4422, appendix A), IRCV3BEARER."""

from __future__ import annotations

from typing import NamedTuple

PLAIN_FIELD_BYTES = 1024
"""The most one of the three fields may have; RFC 4616 asks for 255 at least."""


class MalformedMessage(ValueError):
    """The client's message is not one of its mechanism."""


class PlainMessage(NamedTuple):
    """As whom to act ("" for oneself), who it is, and the password."""

    authzid: str
    authcid: str
    password: str

    def __repr__(self) -> str:
        return f"PlainMessage({self.authzid!r}, {self.authcid!r}, (secret))"


def parse_plain(message: bytes) -> PlainMessage:
    """Read ``[authzid] NUL authcid NUL password``; raises MalformedMessage."""
    return PlainMessage(*_fields(message, "PLAIN"))


def _fields(message: bytes, mechanism: str) -> list[str]:
    """The three fields of a message, of which the first may be empty."""
    fields = message.split(b"\0")
    if len(fields) != 3 or not fields[1] or not fields[2] or max(map(len, fields)) > PLAIN_FIELD_BYTES:
        raise MalformedMessage(f"not a message of {mechanism}")
    try:
        return [field.decode() for field in fields]
    except UnicodeDecodeError:
        # Not chained: the original would carry the password.
        raise MalformedMessage(f"not a message of {mechanism} in UTF-8") from None


class BearerMessage(NamedTuple):
    """As whom to act ("" for whosever the token is), the kind of the token, and the token."""

    authzid: str
    kind: str
    token: str

    def __repr__(self) -> str:
        return f"BearerMessage({self.authzid!r}, {self.kind!r}, (secret))"


def parse_bearer(message: bytes) -> BearerMessage:
    """Read ``[authzid] NUL type NUL token``; raises MalformedMessage."""
    return BearerMessage(*_fields(message, "IRCV3BEARER"))


def parse_external(message: bytes) -> str:
    """Read as whom to act, "" for whoever the certificate belongs to; raises MalformedMessage."""
    if b"\0" in message or len(message) > PLAIN_FIELD_BYTES:
        raise MalformedMessage("not an EXTERNAL message")
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise MalformedMessage("not an EXTERNAL message in UTF-8") from None
