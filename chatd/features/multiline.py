"""Messages of several lines, sent as a batch.  See IRCv3 client-batch and draft/multiline.

Collects the lines; saying them is the business of PRIVMSG and NOTICE, which are run with the lines in the context.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from chatd.context import Context
from chatd.core import caps
from chatd.core.caps import Capability
from chatd.core.catalog import command, deadline, otherwise
from chatd.core.events import Line
from chatd.core.refusal import Failed, Refused
from chatd.wire.message import NO_TAGS

MULTILINE: Capability = caps.MULTILINE
CONCAT: Final = "draft/multiline-concat"
TIMEOUT_S: Final = 30
"""How long a batch may stay open."""
LINE_COST: Final = 0.2
"""What each line takes from the flood allowance; the whole message takes as much as any other besides."""
_REFERENCE: Final = re.compile(r"[A-Za-z0-9-]{1,64}")


class ClientBatch:
    """An open batch; ``failed`` ones are ignored to their end."""

    __slots__ = ("ctx", "failed", "label", "lines", "opened_ms", "reference", "size", "tags", "target", "verb")

    def __init__(self, ctx: Context, reference: str, target: str) -> None:
        self.ctx = ctx
        self.reference = reference
        self.target = target
        self.tags = ctx.tags
        self.opened_ms = ctx.now_ms()
        self.label = ctx.session.label
        self.failed = False
        self.verb = ""
        self.lines: list[Line] = []
        self.size = 0

    def __call__(self, verb: str, params: list[str], tags: Mapping[str, str]) -> bool:
        """See ``session.Collector``.  What says that it is in a batch is never said by itself."""
        batch = tags.get("batch")
        if self.failed or (batch is None and verb.upper() == "BATCH"):
            return batch is not None
        try:
            if batch != self.reference:
                raise Failed("BATCH", "MULTILINE_INVALID", text="Only its own lines may be sent while it is open")
            self.ctx.session.allowance -= LINE_COST
            self.take(verb.upper(), params, CONCAT in tags)
        except Failed as failure:
            self.fail(failure)
        return batch is not None

    def fail(self, failure: Failed) -> None:
        """Say once why, in answer to the command that opened the batch; the rest of it is ignored."""
        session = self.ctx.session
        self.failed = True
        session.begin_response(self.label)
        session.fail(failure)
        if session.label is not None:
            session.end_response()

    def take(self, verb: str, params: list[str], joined: bool) -> None:
        """Add one line; raises Failed."""
        if verb not in ("PRIVMSG", "NOTICE") or len(params) < 2 or self.verb not in ("", verb):
            raise Failed("BATCH", "MULTILINE_INVALID", text="Invalid multiline batch")
        target, text = params[:2]
        fold = self.ctx.network.fold
        if fold(target) != fold(self.target):
            shown = target if target and " " not in target and target[0] != ":" else "*"
            raise Failed(
                "BATCH", "MULTILINE_INVALID_TARGET", self.target, shown, text="Invalid multiline target"
            )  # fmt: skip
        if joined and not text:
            raise Failed("BATCH", "MULTILINE_INVALID", text="Invalid multiline batch with concatenated blank line")
        self.verb = verb
        joined = joined and bool(self.lines)
        self.size += len(text.encode()) + (bool(self.lines) and not joined)
        self.lines.append(Line(text, joined))
        limits = self.ctx.config.limits
        if self.size > limits.multiline_bytes:
            limit = str(limits.multiline_bytes)
            raise Failed("BATCH", "MULTILINE_MAX_BYTES", limit, text="Multiline batch max-bytes exceeded")
        if len(self.lines) > limits.multiline_lines:
            limit = str(limits.multiline_lines)
            raise Failed("BATCH", "MULTILINE_MAX_LINES", limit, text="Multiline batch max-lines exceeded")

    def text(self) -> str:
        """What one reads: the lines, each on a line of its own but where it goes on with the one before."""
        return "".join(
            line.text if line.joined or not number else f"\n{line.text}" for number, line in enumerate(self.lines)
        )


@command(
    "BATCH", "+<reference> draft/multiline <target> | -<reference>", example="BATCH +1 draft/multiline #chat",
    needs=(MULTILINE,),
)  # fmt: skip
def batch(ctx: Context, signed: str, kind: str = "", target: str = "") -> None:
    """Open or close a batch of lines that are one message; clients do this on their own."""
    open_or_close(ctx, signed, kind, target, (MULTILINE.name,))


@otherwise("BATCH")
def batch_of_no_type(ctx: Context, signed: str, kind: str = "", target: str = "") -> None:
    """A type that was not negotiated is an unknown one; the lines of such a batch are ignored all the same."""
    open_or_close(ctx, signed, kind, target, ())


def open_or_close(ctx: Context, signed: str, kind: str, target: str, types: Sequence[str]) -> None:
    """BATCH of a client that may open batches of these types."""
    reference = signed[1:]
    if signed[:1] not in ("+", "-") or not _REFERENCE.fullmatch(reference):
        if signed[:1] == "+":
            begin(ctx, reference, target, failed=True)
        raise Failed("BATCH", "INVALID_REFTAG", shown(reference), text="A reference is of letters, digits and hyphens")
    if signed[0] == "-":
        close(ctx, reference)
        return
    begun = begin(ctx, reference, target, failed=kind not in types)
    if begun.failed:
        raise Failed("BATCH", "UNKNOWN_TYPE", reference, shown(kind), text="That is no type of batch clients may open")
    if not target or "," in target or " " in target or target[0] == ":":
        begun.failed = True
        raise Failed("BATCH", "MULTILINE_INVALID", text="A multiline batch has one target")
    ctx.session.label = None  # the answer comes when the batch is closed
    ctx.node.schedule(ctx.session, TIMEOUT_S)


def shown(word: str) -> str:
    """A word of the client's as a parameter that is not the last one."""
    return word if word and " " not in word and word[0] != ":" else "*"


def begin(ctx: Context, reference: str, target: str, failed: bool) -> ClientBatch:
    """Open a batch, in place of one that was not closed."""
    session = ctx.session
    if isinstance(session.collector, ClientBatch) and not session.collector.failed:
        label = session.label
        session.collector.fail(Failed("BATCH", "MULTILINE_INVALID", text="Another batch was opened before its end"))
        session.begin_response(label)
    begun = session.collector = ClientBatch(ctx, reference, target)
    begun.failed = failed
    return begun


def close(ctx: Context, reference: str) -> None:
    """The batch is complete: say it."""
    session = ctx.session
    open_batch = session.collector
    if not isinstance(open_batch, ClientBatch) or open_batch.reference != reference:
        raise Failed("BATCH", "INVALID_REFTAG", reference, text="No such batch is open")
    session.collector = None
    if open_batch.failed:
        return
    if open_batch.label is not None:
        session.begin_response(open_batch.label)
    if not any(line.text for line in open_batch.lines):
        raise Failed("BATCH", "MULTILINE_INVALID", text="Invalid multiline batch with blank lines only")
    ctx.lines = tuple(open_batch.lines)
    ctx.tags = open_batch.tags
    ctx.verb = open_batch.verb
    try:
        ctx.catalog.commands[open_batch.verb].run(ctx, [open_batch.target, open_batch.text()])
    except Refused:
        if open_batch.verb != "NOTICE":
            raise
    finally:
        ctx.lines = ()
        ctx.tags = NO_TAGS


@deadline
def give_up(ctx: Context) -> None:
    """A batch that was left open too long is ignored."""
    open_batch = ctx.session.collector
    if isinstance(open_batch, ClientBatch) and not open_batch.failed:
        left_ms = open_batch.opened_ms + TIMEOUT_S * 1000 - ctx.now_ms()
        if left_ms < 1000:
            open_batch.fail(Failed("BATCH", "TIMEOUT", open_batch.reference, text="The batch was left open too long"))
        else:
            ctx.node.schedule(ctx.session, left_ms / 1000)
