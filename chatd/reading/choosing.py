"""The message that a client means by a target and an id, to take it back or to change it: remembered, or in the log.

Says nothing of who may; a message that was not for the client's eyes is as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from chatd.clock import id_moment_ms
from chatd.context import Context
from chatd.core.archive import Selector, name_at
from chatd.core.channel import Channel
from chatd.core.modes import HALFOP
from chatd.core.names import conversation, is_nickname
from chatd.core.recent import Remembered, find
from chatd.core.refusal import Failed
from chatd.core.user import User
from chatd.reading.access import Reading, of_channel, of_conversation, parts_since, rank_of
from chatd.reading.finding import Found, is_author, look_up, was_told

DOING: Final = {"EDIT": "edit", "REDACT": "delete"}
"""What the commands do with messages, in words."""


class Said(NamedTuple):
    """A message in a channel: the log that has it, whether the client said it, and whether it has a text.

    ``rank`` is the one it was said to, and ``edits`` how often it was edited, where that is known from the log only.
    """

    log: str
    own: bool
    has_text: bool
    rank: int | None = None
    edits: int = 0


class Whispered(NamedTuple):
    """What the client said to somebody: to the user ``uid`` ("" for who is gone), shown as ``nick``."""

    log: str
    uid: str
    nick: str
    has_text: bool
    is_logged: bool
    edits: int = 0


def selected(msgid: str) -> Selector:
    """A message by its id."""
    return Selector(id_moment_ms(msgid) or 0, msgid)


def existing(ctx: Context, target: str, name: str) -> Channel:
    """A channel in which this client may do something with a message; raises Failed."""
    channel = ctx.network.channel(name)
    if channel is None or not (ctx.user.uid in channel.members or ctx.has_privilege("override")):
        raise invalid(ctx.verb, target)
    return channel


def invalid(verb: str, target: str) -> Failed:
    """Nothing there that this client could do it with."""
    return Failed(verb, "INVALID_TARGET", target, text=f"You cannot {DOING[verb]} messages there")


def unknown(verb: str, target: str, msgid: str) -> Failed:
    """No such message is remembered, or not by this client."""
    return Failed(verb, "UNKNOWN_MSGID", target, msgid, text="This message does not exist or is too old")


def not_whispered(ctx: Context, nick: str, msgid: str) -> Failed:
    """No such message to somebody: nobody is there, or it is not known."""
    now = ctx.network.user(nick)
    return invalid(ctx.verb, nick) if now is None else unknown(ctx.verb, now.nick, msgid)


def choose_said(
    ctx: Context, channel: Channel, msgid: str, then: Callable[[Said | None], None], others: bool = False
) -> None:
    """Look for a message of a channel: ``then`` is called at once for what is remembered, or when the log was read.

    Whether it is remembered makes no difference: it is the client's own, whenever that came, or one that the client
    can read, or, for who moderates, was to no rank above the client's, whenever it was said.  ``others`` says that it
    may be anybody's, so that of what is remembered nothing has to be looked up.
    """
    message = find(channel.recent, msgid)
    if message is not None and not (channel.logged and ctx.network.edits.may_lack(msgid)):
        _, uid, rank, has_text = message
        own = uid == ctx.user.uid and (not channel.logged or is_called_as_then(ctx.user, msgid))
        known = own or (moderates(ctx, channel) and reaches(ctx, channel, rank))
        if own or (known and others) or not channel.logged:
            log = name_at(selected(msgid), channel.called, channel.names)
            then(Said(log, own, has_text) if known or was_there(ctx, channel, message) else None)
            return
    whole = Reading(channel.name, parts_since(channel, channel.made), ranked=True)

    def found(result: Found | None) -> None:
        if result is None:
            then(None)
            return
        entry = result.entry
        rank = rank_of(ctx.network.modes, entry.params[0])
        own, has_text = is_author(ctx, ctx.user, result), entry.verb != "TAGMSG"
        known = own or result.readable or (moderates(ctx, channel) and reaches(ctx, channel, rank))
        then(Said(result.part.log, own, has_text, rank, result.edits) if known else None)

    look_up(ctx, whole, msgid, found, readable=of_channel(ctx, channel))


def is_called_as_then(user: User, msgid: str) -> bool:
    """Say whether what a user said is still the user's own without a look in the logs: what an account said is its."""
    name = name_at(selected(msgid), user.called, user.names)
    return is_nickname(name) or name == user.called.name


def moderates(ctx: Context, channel: Channel) -> bool:
    """Say whether this client may take back what others said in a channel."""
    member = channel.members.get(ctx.user.uid)
    return ctx.has_privilege("override") or (member is not None and member.ranks >= HALFOP)


def reaches(ctx: Context, channel: Channel, rank: int) -> bool:
    """Say whether what was said to a rank would be for this client's eyes now."""
    member = channel.members.get(ctx.user.uid)
    return not rank or ctx.has_privilege("override") or (member is not None and member.ranks >= rank)


def was_there(ctx: Context, channel: Channel, message: Remembered) -> bool:
    """Say of what is in no log whether this client was shown it; others do not learn that there is such a message."""
    member = channel.members.get(ctx.user.uid)
    if member is None or selected(message[0])[:2] < member.since[:2]:
        return False
    return not message[2] or (member.ranks >= message[2] and selected(message[0])[:2] > member.risen[:2])


def choose_whispered(ctx: Context, nick: str, msgid: str, then: Callable[[Whispered | None], None]) -> None:
    """Look for what the client said to somebody, who may be gone."""
    receiver = ctx.network.user(nick)
    message = find(ctx.user.recent, msgid)
    if message is not None and message[2] and (
        ctx.network.edits.may_lack(msgid) or not is_called_as_then(ctx.user, msgid)
    ):
        message = None
    if receiver is not None and message is not None and message[1] == receiver.uid:
        place = selected(msgid)
        mine, theirs = (name_at(place, user.called, user.names) for user in (ctx.user, receiver))
        then(Whispered(conversation(mine, theirs), receiver.uid, receiver.nick, message[3], is_logged=False))
        return
    reading = of_conversation(ctx, nick)
    if reading is None:
        then(None)
        return

    def found(result: Found | None) -> None:
        if result is None or not is_author(ctx, ctx.user, result):
            then(None)
            return
        now = ctx.network.user(nick)
        uid = now.uid if now is not None and was_told(ctx, now, result) else ""
        shown = now.nick if now is not None else nick
        then(Whispered(result.part.log, uid, shown, result.entry.verb != "TAGMSG", True, result.edits))

    look_up(ctx, reading, msgid, found, receiver)
