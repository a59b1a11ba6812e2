"""EDIT: giving one's own message another text.  See the proposal for IRCv3 (draft/message-edit).

Nobody edits what others have said.  The log keeps the former text, and gets the EDIT.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chatd.context import Context, Node
from chatd.core import caps
from chatd.core.attempts import Speak, Whisper
from chatd.core.caps import LOG_ONLY, Capability
from chatd.core.catalog import command, observes, renders
from chatd.core.channel import Channel
from chatd.core.clienttags import EDIT_TEXT, TARGET_MSGID
from chatd.core.events import Edited, WhisperEdited
from chatd.core.names import CHANTYPES
from chatd.core.refusal import Failed, Refused
from chatd.delivery.outgoing import ACCOUNT_LOG_CAPS, Outgoing
from chatd.reading.choosing import (
    Said,
    Whispered,
    choose_said,
    choose_whispered,
    existing,
    not_whispered,
    selected,
    unknown,
)
from chatd.wire.chunks import clip
from chatd.wire.formatting import is_action, is_ctcp
from chatd.wire.framing import BODY_BYTES
from chatd.wire.message import escape

EDIT: Capability = caps.MESSAGE_EDIT
MOST_BYTES: Final = 3500
"""How long a text may be as the value of a tag, so that there is room for the others."""


@command(
    "EDIT", "<target>", example=r"@draft/target-msgid=0lp9qm3lw000q1;draft/edit-text=new\stext EDIT #chat",
    needs=(EDIT,), cost=3,
)  # fmt: skip
def edit(ctx: Context, target: str) -> None:
    """Give a message of yours another text; clients do this on their own."""
    msgid = ctx.tags.get(TARGET_MSGID, "")
    if not msgid or " " in msgid or msgid[0] == ":":
        raise Failed("EDIT", "INVALID_EDIT", target, text="Which message is not said")
    lines = lines_of(ctx, target, msgid)
    name = target.lstrip("".join(ctx.network.modes.levels))
    if name[:1] in CHANTYPES and name:
        edit_said(ctx, target, existing(ctx, target, name), msgid, lines)
    else:
        edit_whispered(ctx, target, msgid, lines)


def lines_of(ctx: Context, target: str, msgid: str) -> tuple[str, ...]:
    """The lines of the new text, no longer than they could have been said; raises Failed."""
    text = ctx.tags.get(EDIT_TEXT, "")
    lines = text.split("\n")
    limits = ctx.config.limits
    if (
        not text.strip("\n")
        or "\r" in text
        or (is_ctcp(text) and not is_action(text))
        or len(lines) > limits.multiline_lines
        or len(text.encode()) > limits.multiline_bytes
        or len(escape(text).encode()) > MOST_BYTES
        or any(len(f"PRIVMSG {target} :{line}".encode()) > BODY_BYTES for line in lines)
    ):
        raise Failed("EDIT", "INVALID_EDIT", target, msgid, text="Invalid edit text")
    room = BODY_BYTES - len(f":{ctx.user.source} PRIVMSG {target} :".encode())
    return tuple(clip(line, room) for line in lines)


def check(ctx: Context, target: str, msgid: str, has_text: bool) -> None:
    """Refuse what has no text, and what was said too long ago, but not to operators."""
    if not has_text:
        raise Failed("EDIT", "INVALID_EDIT", target, msgid, text="This message has no text")
    window_s = ctx.config.history.edit_own_s
    late = window_s and ctx.now_ms() - selected(msgid).moment_ms > window_s * 1000
    if late and not ctx.has_privilege("override"):
        text = "You can no longer edit this message"
        raise Failed("EDIT", "EDIT_WINDOW_EXPIRED", target, msgid, str(round(window_s)), text=text)


def edit_said(ctx: Context, target: str, channel: Channel, msgid: str, lines: tuple[str, ...]) -> None:
    """Edit what was said in a channel, if it could be said there now."""
    forbidden = Failed("EDIT", "EDIT_FORBIDDEN", target, msgid, text="You may not edit this message")

    def chosen(message: Said | None) -> None:
        if message is None:
            raise unknown(ctx.verb, target, msgid)
        now = existing(ctx, target, channel.name)
        if not message.own:
            raise forbidden
        check(ctx, target, msgid, message.has_text)
        try:
            ctx.attempt(Speak(ctx.user, now, "EDIT", "\n".join(lines)))
        except Refused:
            raise forbidden from None
        most = ctx.config.history.edits_most
        ctx.emit(Edited(ctx.origin, now.folded, msgid, message.log, lines, most, message.edits, rank=message.rank))

    choose_said(ctx, channel, msgid, chosen)


def edit_whispered(ctx: Context, nick: str, msgid: str, lines: tuple[str, ...]) -> None:
    """Edit what one said to somebody, who may be gone, if that would be let through now."""

    def chosen(message: Whispered | None) -> None:
        if message is None:
            raise not_whispered(ctx, nick, msgid)
        check(ctx, message.nick, msgid, message.has_text)
        receiver = ctx.network.users.get(message.uid)
        if receiver is not None:
            ctx.attempt(Whisper(ctx.user, receiver, "EDIT", "\n".join(lines)))
        ctx.emit(
            WhisperEdited(
                ctx.origin, message.uid, message.nick, msgid, message.log, lines, ctx.config.history.edits_most,
                message.edits, is_logged=message.is_logged,
            )
        )  # fmt: skip

    choose_whispered(ctx, nick, msgid, chosen)


@renders(Edited)
def show_edited(event: Edited) -> Iterator[Outgoing]:
    """``@draft/target-msgid=…;draft/edit-text=… :source EDIT #channel``, to those who negotiated it."""
    yield show(event)
    yield from logged(event)


@renders(WhisperEdited)
def show_whisper_edited(event: WhisperEdited) -> Iterator[Outgoing]:
    """The same with a nickname."""
    yield show(event)
    yield from logged(event)


def show(event: Edited | WhisperEdited) -> Outgoing:
    """What clients are shown."""
    tags = {TARGET_MSGID: event.about, EDIT_TEXT: "\n".join(event.lines)}
    return Outgoing(event, f":{event.origin.source} EDIT {event.target}", needs=EDIT.bit, tags=tags, logged=False)


def logged(event: Edited | WhisperEdited) -> Iterator[Outgoing]:
    """The log's lines, in which a person can read the text; several are marked as those of a message are."""
    tags = {TARGET_MSGID: event.about}
    if len(event.lines) > 1:
        tags["batch"] = event.msgid
    for number, line in enumerate(event.lines):
        body = f":{event.origin.source} EDIT {event.target} :{line}"
        yield Outgoing(event, body, LOG_ONLY, tags=tags, extra=number > 0, logged=True)


@observes(Edited)
def note_edited(node: Node, event: Edited) -> None:
    """Who reads the log is shown the new text."""
    note(node, event)


@observes(WhisperEdited)
def note_whisper_edited(node: Node, event: WhisperEdited) -> None:
    """The same."""
    note(node, event)


def note(node: Node, event: Edited | WhisperEdited) -> None:
    """Let history know which message it is."""
    if event.logs:
        lines = [node.tags.encode(ACCOUNT_LOG_CAPS, [line.body], [event], line) for line in logged(event)]
        node.history.edit(event.log, event.about, b"".join(lines))
