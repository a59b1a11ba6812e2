"""REDACT: taking a message back, one's own or, as an operator of the channel, anybody's.  See IRCv3 message-redaction.

What was said recently is remembered, anything else is looked up in the log, which gets the REDACT.
"""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core import caps
from chatd.core.attempts import Speak, Whisper
from chatd.core.caps import Capability
from chatd.core.catalog import command, observes, renders
from chatd.core.channel import Channel
from chatd.core.events import Redacted, WhisperRedacted
from chatd.core.names import CHANTYPES
from chatd.core.refusal import Failed, Refused
from chatd.delivery.outgoing import ACCOUNT_LOG_CAPS, Outgoing
from chatd.reading.choosing import (
    Said,
    Whispered,
    choose_said,
    choose_whispered,
    existing,
    moderates,
    not_whispered,
    selected,
    unknown,
)
from chatd.wire.chunks import clip

REDACTION: Capability = caps.MESSAGE_REDACTION


@command(
    "REDACT", "<target> <message id> [<reason>]", example="REDACT #chat 0lp9qm3lw000q1 :wrong channel",
    needs=(REDACTION,),
)  # fmt: skip
def redact(ctx: Context, target: str, msgid: str, reason: str = "") -> None:
    """Take a message back; clients find its id."""
    reason = clip(reason, ctx.config.limits.kick)
    name = target.lstrip("".join(ctx.network.modes.levels))
    if name[:1] in CHANTYPES and name:
        redact_said(ctx, target, existing(ctx, target, name), msgid, reason)
    else:
        redact_whispered(ctx, target, msgid, reason)


def redact_said(ctx: Context, target: str, channel: Channel, msgid: str, reason: str) -> None:
    """Take back what was said in a channel."""

    def chosen(message: Said | None) -> None:
        if message is None:
            raise unknown(ctx.verb, target, msgid)
        now = existing(ctx, target, channel.name)
        event = Redacted(ctx.origin, now.folded, msgid, message.log, reason, rank=message.rank)
        take_back(ctx, target, now, event, message.own)

    choose_said(ctx, channel, msgid, chosen, others=True)


def take_back(ctx: Context, target: str, channel: Channel, event: Redacted, own: bool) -> None:
    """Let it happen if this client may; a reason is something said as well."""
    forbidden = Failed("REDACT", "REDACT_FORBIDDEN", target, event.about, text="You may not delete this message")
    if not ctx.has_privilege("override"):
        settings = ctx.config.history
        windows_s = [settings.redact_own_s] if own else []
        if moderates(ctx, channel):
            windows_s.append(settings.redact_others_s)
        if not windows_s:
            raise forbidden
        check_window(ctx, target, event.about, max(windows_s) if all(windows_s) else 0.0)
    if event.reason:
        try:
            ctx.attempt(Speak(ctx.user, channel, "REDACT", event.reason))
        except Refused:
            raise forbidden from None
    ctx.emit(event)


def check_window(ctx: Context, target: str, msgid: str, window_s: float) -> None:
    """Refuse what was said too long ago."""
    if window_s and ctx.now_ms() - selected(msgid).moment_ms > window_s * 1000:
        text = "You can no longer delete this message"
        raise Failed("REDACT", "REDACT_WINDOW_EXPIRED", target, msgid, str(round(window_s)), text=text)


def redact_whispered(ctx: Context, nick: str, msgid: str, reason: str) -> None:
    """Take back what one said to somebody, who may be gone, if that would be let through now."""

    def chosen(message: Whispered | None) -> None:
        if message is None:
            raise not_whispered(ctx, nick, msgid)
        check_window(ctx, message.nick, msgid, ctx.config.history.redact_own_s)
        receiver = ctx.network.users.get(message.uid)
        if receiver is not None:
            ctx.attempt(Whisper(ctx.user, receiver, "REDACT", reason))
        ctx.emit(
            WhisperRedacted(
                ctx.origin, message.uid, message.nick, msgid, message.log, reason, is_logged=message.is_logged
            )
        )

    choose_whispered(ctx, nick, msgid, chosen)


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
    """The same, if history has it."""
    if event.logs:
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
