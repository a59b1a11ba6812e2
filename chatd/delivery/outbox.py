"""What goes out to one connection: its queue, responses to labelled commands, batches, gaps still being filled.

Knows the transport's ``write`` and nothing of who is connected.  See IRCv3 labeled-response and batch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from chatd.core.caps import BATCH, LABELED_RESPONSE, MESSAGE_TAGS, SERVER_TIME, Capability
from chatd.delivery.gaps import Gap, Gaps
from chatd.delivery.labels import enclose, is_one_batch, label_tag, lines_of, with_tag
from chatd.interfaces import Writer
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES

if TYPE_CHECKING:
    from chatd.delivery.deliver import Flusher


def _drop(octets: bytes) -> None:
    """Stands in for the way out once that is closed."""


class Limits(Protocol):
    """The bounds of one connection; 0 switches a bound off."""

    @property
    def sendq_bytes(self) -> int: ...
    @property
    def recvq_bytes(self) -> int: ...
    @property
    def burst(self) -> float: ...
    @property
    def per_second(self) -> float: ...


class OutboxOwner(Protocol):
    """What an outbox asks of its server."""

    name: str
    flusher: Flusher

    @property
    def limits(self) -> Limits: ...

    def time_text(self) -> str:
        """The present moment as server-time text."""

    def next_id(self) -> str:
        """A new message id."""


class Outbox:
    """What one client is to be sent.

    ``caps`` are the capabilities that are in effect.  ``waiting`` counts what must come back before the client's next
    line is taken.
    ``label`` is that of the command being carried out, whose response begins at ``labelled_from`` in the queue (-1
    while it waits for something).
    ``held`` collects what a command says after an event that is still under way (None otherwise), see ``put_behind``.
    ``gaps`` are the places in the queue where lines are to come that are still being read; ``paused`` is True while
    there are some.
    """

    __slots__ = (
        "_batches", "_behind", "_counted", "_full", "_labelled", "_queued_bytes", "append", "caps", "closing",
        "dirty", "gaps", "held", "label", "labelled_from", "paused", "queue", "waiting", "write", "writer",
    )  # fmt: skip

    owner: OutboxOwner

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.write: Callable[[bytes], object] = writer.write
        self.caps = 0
        self.queue: list[bytes] = []
        self.append: Callable[[bytes], None] = self.queue.append
        self.dirty = False
        self.paused = self._full = False
        self.closing = False
        self._counted = self._queued_bytes = 0
        self.waiting = 0
        self.label: str | None = None
        self.labelled_from = 0
        self._labelled: list[bytes] = []
        self.held: list[bytes] | None = None
        self._behind: deque[list[bytes]] | None = None
        self.gaps: Gaps | None = None
        self._batches = 0

    def close(self, reason: str) -> None:
        """Say why, and close."""
        raise NotImplementedError

    # --- labels and batches --------------------------------------------------------------------------------

    def begin_response(self, label: str | None) -> None:
        """From here on what is queued is the response to a labelled command; None: to one without a label."""
        self.catch_up()
        self.label = label
        self.labelled_from = len(self.queue)

    def resume_response(self) -> bool:
        """More of a suspended response is to be queued; False when there is none."""
        if self.label is None or self.labelled_from >= 0:
            return False
        self.catch_up()
        self.labelled_from = len(self.queue)
        return True

    def suspend_response(self) -> None:
        """Set aside what belongs to the response; others may write to this client until it goes on."""
        if self.labelled_from >= 0:
            self.catch_up()
            self._labelled += lines_of(self.queue[self.labelled_from :])
            del self.queue[self.labelled_from :]
            self.labelled_from = -1

    def settle_response(self) -> None:
        """What was under way is over, or waits for what it has begun: then the rest of the response is to come."""
        if self.waiting and not self.closing:
            self.suspend_response()
        else:
            self.end_response()

    def set_apart(self, start: int) -> None:
        """What was queued from ``start`` on is no part of the response: it goes before."""
        lines = self.queue[start:]
        del self.queue[start:]
        self.queue[self.labelled_from : self.labelled_from] = lines
        self.labelled_from += len(lines)

    def end_response(self) -> None:
        """Label the response: one line, a batch, or an ACK."""
        assert self.label is not None
        self.suspend_response()
        lines, self._labelled = self._labelled, []
        tag, self.label = label_tag(self.label), None
        if not lines:
            lines = [self._encode(f":{self.owner.name} ACK")]
        elif len(lines) > 1 and not is_one_batch(lines):
            lines = self._enclosed(lines, LABELED_RESPONSE.name)
        self.queue += [with_tag(lines[0], tag), *lines[1:]]
        if self.gaps:
            self.gaps.settle(self.queue)
            self.paused = self._full or bool(self.gaps)
        self.mark()

    @property
    def saying(self) -> list[bytes]:
        """Where ``push`` puts lines at present: the queue, or what is held."""
        self.catch_up()
        return self.queue if self.held is None else self.held

    def enclose(self, start: int, kind: str, *params: str, needs: Capability = BATCH) -> None:
        """Put what was said from ``start`` on (in ``saying``) into a batch, if this client knows those.

        It must have negotiated ``needs`` besides ``batch``.
        """
        if self.caps & BATCH.bit and self.caps & needs.bit:
            saying = self.saying
            saying[start:] = self._enclosed(lines_of(saying[start:]), kind, *params)
            self.mark()

    def batched(self, lines: list[bytes], kind: str, *params: str) -> list[bytes]:
        """The lines in a batch, if this client knows batches."""
        return self._enclosed(lines, kind, *params) if self.caps & BATCH.bit else lines

    def open_gap(self) -> Gap:
        """Let what is said from here on wait for lines that come before it; behind the response, if one is under way.

        They must be given to ``fill_gap`` in any case.
        """
        self.catch_up()
        if self.gaps is None:
            self.gaps = Gaps()
        self.paused = True
        return self.gaps.open(len(self.queue) if self.label is None else None)

    def fill_gap(self, gap: Gap, lines: list[bytes]) -> None:
        """These are the lines."""
        assert self.gaps is not None
        self.gaps.fill(self.queue, gap, lines)
        self.paused = self._full or bool(self.gaps)
        self._counted = self._queued_bytes = 0
        self.mark()

    def put_behind(self) -> None:
        """Hold what the present command says from here on until an event that it has emitted comes back."""
        self.held = []
        if self._behind is None:
            self._behind = deque()
        self._behind.append(self.held)

    def stay_behind(self) -> None:
        """Hold what is said from here on for the last event under way, if there is one."""
        self.held = self._behind[-1] if self._behind else None

    def say_held(self) -> None:
        """The oldest event under way is back, and what it causes is said: now what was held for it."""
        if self._behind:
            lines = self._behind.popleft()
            if lines and not self.closing:
                self.catch_up()
                self.queue += lines
                self.mark()

    def _enclosed(self, lines: list[bytes], kind: str, *params: str) -> list[bytes]:
        self._batches += 1
        reference = str(self._batches)
        opening = self._encode(f":{self.owner.name} BATCH +{' '.join((reference, kind, *params))}")
        return enclose(lines, opening, self._encode(f":{self.owner.name} BATCH -{reference}"), reference)

    # --- going out -----------------------------------------------------------------------------------------

    def push(self, line: str, with_id: bool = False) -> None:
        """Queue one line for this session alone, with its time, and if wanted an id, where those were negotiated."""
        if self.held is not None:
            self.held.append(self._encode(line, with_id))
            return
        flusher = self.owner.flusher
        if flusher.run.lines:
            flusher.run.end()
        self.append(self._encode(line, with_id))
        if not self.dirty:
            flusher.mark_outbox(self)

    def push_to(self, needs: Capability, line: str) -> None:
        """Queue one line if this client has negotiated what it needs."""
        if self.caps & needs.bit:
            self.push(line)

    def catch_up(self) -> None:
        """Have everything in the queue that was said so far, before something is put behind it, or looked for in it."""
        self.owner.flusher.run.end()

    def _encode(self, line: str, with_id: bool = False) -> bytes:
        if len(line) > BODY_BYTES // 4:
            line = clip(line, BODY_BYTES)
        if with_id and self.caps & MESSAGE_TAGS.bit:
            time = f"time={self.owner.time_text()};" if self.caps & SERVER_TIME.bit else ""
            line = f"@{time}msgid={self.owner.next_id()} {line}"
        elif self.caps & SERVER_TIME.bit:
            line = f"@time={self.owner.time_text()} {line}"
        return f"{line}\r\n".encode()

    def mark(self) -> None:
        """Say that something was queued."""
        if not self.dirty:
            self.owner.flusher.mark_outbox(self)

    def flush(self) -> None:
        """Write everything queued in one call; a peer that does not read is dropped over the sendq."""
        queue = self.queue
        if self._full and not self.closing:
            self._hold_back()
            return
        if self.gaps and not self.closing:
            self._flush_to_gap(self.gaps)
            return
        if queue:
            octets = queue[0] if len(queue) == 1 else b"".join(queue)
            queue.clear()
            self.write(octets)
        if self.closing:
            self.writer.close()

    def _flush_to_gap(self, gaps: Gaps) -> None:
        """Write what is before the first gap; the rest counts as unsent."""
        ready = gaps.ready(self.queue)
        if ready:
            octets = b"".join(self.queue[:ready])
            del self.queue[:ready]
            gaps.shift(-ready)
            self._counted = self._queued_bytes = 0
            self.write(octets)
        self._hold_back()

    def _hold_back(self) -> None:
        self._queued_bytes += sum(map(len, self.queue[self._counted :]))
        self._counted = len(self.queue)
        sendq = self.owner.limits.sendq_bytes
        if sendq and self._queued_bytes > sendq:
            self.queue.clear()
            self.close("SendQ exceeded")

    def pause(self) -> None:
        """The socket is full."""
        self._full = self.paused = True

    def resume(self) -> None:
        """The socket is ready again."""
        self._full = False
        self.paused = bool(self.gaps)
        self._counted = self._queued_bytes = 0
        if self.queue:
            self.mark()

    def mute(self) -> None:
        """Nothing that is written goes out any more."""
        self.write = _drop
