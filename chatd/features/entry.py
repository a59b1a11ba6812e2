"""What decides about entering a channel: key, limit, invitation, forward; and who may see that it exists."""

from __future__ import annotations

from typing import Any

from chatd.core.attempts import Join
from chatd.core.modes import OP, ChannelMode, Kind
from chatd.core.names import is_channel
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_BADCHANNELKEY, ERR_CHANNELISFULL, ERR_INVITEONLYCHAN


def key_matches(attempt: Join) -> None:
    """With +k the key must be given; an invitation stands in for it."""
    if attempt.key != attempt.channel.modes["k"] and not attempt.invited:
        raise Refused(ERR_BADCHANNELKEY, attempt.channel.name)


def room_is_left(attempt: Join) -> None:
    """With +l the channel holds so many members and no more, but for invited ones."""
    if len(attempt.channel.members) >= int(attempt.channel.modes["l"]) and not attempt.invited:
        raise Refused(ERR_CHANNELISFULL, attempt.channel.name)


def is_invited(attempt: Join) -> None:
    """With +i only who was invited, or whom a mask of +I matches."""
    if not attempt.invited and not attempt.channel.listed("I", attempt.user):
        raise Refused(ERR_INVITEONLYCHAN, attempt.channel.name)


def clean_key(text: str, config: Any) -> str:
    """A key has no spaces, commas or control characters."""
    limit = config.limits.key
    if len(text.encode()) > limit or "," in text or not text.isprintable():
        raise ValueError("Key is not well-formed")
    return text


def clean_limit(text: str, _config: Any) -> str:
    """A limit is a whole number above zero."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:10]) < 10**9):
        raise ValueError("The limit must be a number above zero")
    return str(int(text[:10]))


def clean_forward(text: str, config: Any) -> str:
    """A forward leads to a channel."""
    if not is_channel(text, config.limits.channel):
        raise ValueError("The forward must name a channel")
    return text


KEY = ChannelMode(
    "k", Kind.KEYED, "key", "Joining needs this key.", guards={Join: key_matches}, clean=clean_key
)
LIMIT = ChannelMode(
    "l", Kind.VALUED, "limit", "No more members than this.", guards={Join: room_is_left}, clean=clean_limit
)
INVITE_ONLY = ChannelMode("i", Kind.FLAG, "invite only", "Joining needs an invitation.", guards={Join: is_invited})
FORWARD = ChannelMode(
    "L", Kind.VALUED, "forward", "Who cannot join is sent on to this channel.", clean=clean_forward, rank=OP
)
SECRET = ChannelMode("s", Kind.FLAG, "secret", "Only members see that the channel exists.")
PRIVATE = ChannelMode("p", Kind.FLAG, "private", "Not listed; KNOCK is refused.")
