"""REDACT: taking a message back, one's own or, as an operator of the channel, anybody's.  See IRCv3 message-redaction.

Only what was said recently, by people who are still here, is remembered; the log gets the REDACT.
"""

from __future__ import annotations

from chatd.clock import id_moment_ms
from chatd.context import Context, Node
from chatd.core import caps
from chatd.core.archive import Selector, name_at
from chatd.core.attempts import Speak, Whisper
from chatd.core.caps import Capability
from chatd.core.catalog import command, observes, renders
from chatd.core.channel import Channel
from chatd.core.events import Redacted, WhisperRedacted
from chatd.core.modes import HALFOP
from chatd.core.names import CHANTYPES, conversation
from chatd.core.recent import Remembered, find
from chatd.core.refusal import Failed, Refused
from chatd.core.user import User
from chatd.delivery.outgoing import ACCOUNT_LOG_CAPS, Outgoing
from chatd.wire.chunks import clip

REDACTION: Capability = caps.MESSAGE_REDACTION


@command("REDACT", "<target> <message id> [<reason>]", example="REDACT #chat 0lp9qm3lw000q1 :wrong channel")
def redact(ctx: Context, target: str, msgid: str, reason: str = "") -> None:
    """Take a message back; clients find its id."""
    if not ctx.session.caps & REDACTION.bit:
        raise Failed("REDACT", "CAPABILITY_REQUIRED", REDACTION.name, text="Negotiate this capability first")
    reason = clip(reason, ctx.config.limits.kick)
    name = target.lstrip("".join(ctx.network.modes.levels))
    if name[:1] in CHANTYPES and name:
        channel = ctx.network.channel(name)
        if channel is None or not (ctx.user.uid in channel.members or ctx.has_privilege("override")):
            raise invalid(target)
        redact_said(ctx, target, channel, msgid, reason)
    else:
        receiver = ctx.network.user(target)
        if receiver is None:
            raise invalid(target)
        redact_whispered(ctx, receiver, msgid, reason)


def invalid(target: str) -> Failed:
    """Nothing there that this client could take back."""
    return Failed("REDACT", "INVALID_TARGET", target, text="You cannot delete messages there")


def unknown(target: str, msgid: str) -> Failed:
    """No such message is remembered, or not by this client."""
    return Failed("REDACT", "UNKNOWN_MSGID", target, msgid, text="This message does not exist or is too old")


def redact_said(ctx: Context, target: str, channel: Channel, msgid: str, reason: str) -> None:
    """Take back what was said in a channel; a reason is something said as well."""
    message = find(channel.recent, msgid)
    if message is None or not could_read(ctx, channel, message):
        raise unknown(target, msgid)
    forbidden = Failed("REDACT", "REDACT_FORBIDDEN", target, msgid, text="You may not delete this message")
    member = channel.members.get(ctx.user.uid)
    if message[1] != ctx.user.uid and (member is None or member.ranks < HALFOP) and not ctx.has_privilege("override"):
        raise forbidden
    if reason:
        try:
            ctx.attempt(Speak(ctx.user, channel, "REDACT", reason))
        except Refused:
            raise forbidden from None
    log = name_at(selected(msgid), channel.called, channel.names)
    ctx.emit(Redacted(ctx.origin, channel.folded, msgid, reason, log))


def selected(msgid: str) -> Selector:
    """A message by its id."""
    return Selector(id_moment_ms(msgid) or 0, msgid)


def could_read(ctx: Context, channel: Channel, message: Remembered) -> bool:
    """Say whether a message was for this client's eyes: who it was not for does not learn that there is one."""
    _, uid, rank = message
    member = channel.members.get(ctx.user.uid)
    return not rank or uid == ctx.user.uid or (member is not None and member.ranks >= rank)


def redact_whispered(ctx: Context, receiver: User, msgid: str, reason: str) -> None:
    """Take back what one said to somebody, if that would be let through now."""
    message = find(ctx.user.recent, msgid)
    if message is None or message[1] != receiver.uid:
        raise unknown(receiver.nick, msgid)
    ctx.attempt(Whisper(ctx.user, receiver, "REDACT", reason))
    place = selected(msgid)
    mine, theirs = (name_at(place, user.called, user.names) for user in (ctx.user, receiver))
    ctx.emit(WhisperRedacted(ctx.origin, receiver.uid, msgid, reason, conversation(mine, theirs)))


@renders(Redacted)
def show_redacted(event: Redacted) -> Outgoing:
    """``:source REDACT #channel msgid :reason``, to those who negotiated it."""
    return show(event)


@renders(WhisperRedacted)
def show_whisper_redacted(event: WhisperRedacted) -> Outgoing:
    """``:source REDACT nick msgid :reason``, to those who negotiated it."""
    return show(event)


@observes(Redacted)
def note_redacted(node: Node, event: Redacted) -> None:
    """Who reads the log is not shown what was said."""
    note(node, event)


@observes(WhisperRedacted)
def note_whisper_redacted(node: Node, event: WhisperRedacted) -> None:
    """The same."""
    note(node, event)


def note(node: Node, event: Redacted | WhisperRedacted) -> None:
    """Let history know which message it is."""
    line = node.tags.encode(ACCOUNT_LOG_CAPS, [show(event).body], [event], None)
    node.history.redact(event.log, event.about, line)


def show(event: Redacted | WhisperRedacted) -> Outgoing:
    """The line; it is in the log, after the message it is about."""
    reason = f" :{event.reason}" if event.reason else ""
    body = f":{event.origin.source} REDACT {event.target} {event.about}{reason}"
    return Outgoing(event, body, needs=REDACTION.bit, logged=True)
