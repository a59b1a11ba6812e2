"""One connection: framing, flood allowance, registration, what it negotiated, its outbox.

Knows no socket (a Writer is handed in) and no command (``execute`` is).  See Modern IRC, "Connection Setup".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from chatd.core.caps import BATCH, LABELED_RESPONSE, SERVER_TIME, STANDARD_REPLIES
from chatd.core.clienttags import TypingPace
from chatd.core.metadata import Subscriber
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin, User
from chatd.delivery.gaps import Gap, Gaps
from chatd.delivery.labels import enclose, is_one_batch, label_tag, lines_of, with_tag
from chatd.interfaces import Peer, Writer
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES, Framer
from chatd.wire.message import fit, middle
from chatd.wire.numerics import Numeric

if TYPE_CHECKING:
    from chatd.context import Context
    from chatd.core.archive import Left
    from chatd.delivery.deliver import Flusher

_NO_ORIGIN = Origin("")

Collector = Callable[[str, list[str], Mapping[str, str]], bool]
"""Offered each line while a client batch is open (verb, parameters, tags); False leaves it to its command."""


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


class SessionOwner(Protocol):
    """What a session asks of its server."""

    name: str
    flusher: Flusher

    @property
    def limits(self) -> Limits: ...

    def now_ms(self) -> int:
        """Milliseconds since 1970, never going back."""

    def time_text(self) -> str:
        """The same as server-time text."""

    def execute(self, session: Session, line: bytes) -> None:
        """Carry out one line."""

    def delay(self, session: Session) -> None:
        """Call ``drain`` on the next tick."""

    def lose(self, session: Session, reason: str) -> None:
        """The connection is gone."""


class Session:
    """One connection.

    ``user`` is None until registered.  Before that ``nick``, ``username``, ``realname`` and ``password`` hold what was
    said so far ("" when nothing was), ``away`` the message of an AWAY, ``account`` the account it has logged in to, and
    ``holds`` what else must end first (CAP).  ``sasl`` is the exchange of AUTHENTICATE, None before one.  ``typed`` is
    True for a person who logged in by LOGIN and whose client answers no PING.  ``kept_nick`` is the nickname that a
    guest came with, which is an account's.  ``device`` is the name its owner gives the client, or "".
    ``gateway`` is the name of the web gateway that spoke for it, or "".
    ``knows_password`` is True when it gave the server's password.
    ``heard_ms`` is when something last came in; ``pinged_ms`` is 0 unless a PING is out.  ``waiting`` counts what must
    come back before the next line is taken.
    ``negotiated`` are the capabilities the client has asked for, ``caps`` those of them that are in effect.
    ``label`` is that of the command being carried out, whose response begins at ``labelled_from`` in the queue (-1
    while it waits for something).
    ``held`` collects what a command says after an event that is still under way (None otherwise), see ``put_behind``.
    ``marked`` are read markers that it has moved and that are not saved yet, with the account (folded) they are of.
    ``due_s`` is the second since 1970 at which deadlines are looked at next, 0 for none.  ``collector`` takes the
    lines of an open client batch.
    ``gaps`` are the places in the queue where lines are to come that are still being read; ``paused`` is True while
    there are some.
    ``left`` is where in their logs it left channels, None if it never did; ``cleared`` up to where it has cleared them.
    """

    __slots__ = (
        "_batches", "_behind", "_counted", "_drained_ms", "_framer", "_full", "_inbox", "_inbox_bytes", "_labelled",
        "_queued_bytes", "account", "allowance", "append", "away", "cap_version", "caps", "cleared", "closing",
        "collector", "connected_ms", "context", "device", "dirty", "due_s", "gaps", "gateway", "heard_ms", "held",
        "holds", "host", "ip", "kept_nick", "knows_password", "label", "labelled_from", "left", "marked", "metadata",
        "monitored", "negotiated", "nick", "origin", "owner", "password", "paused", "peer", "pinged_ms", "queue",
        "realname", "sasl", "sid", "typed", "typing_pace", "uid", "user", "username", "waiting", "write", "writer",
    )  # fmt: skip

    context: Context

    def __init__(self, owner: SessionOwner, sid: str, writer: Writer, peer: Peer) -> None:
        self.owner = owner
        self.sid = sid
        self.writer = writer
        self.write: Callable[[bytes], object] = writer.write
        self.peer = peer
        self.ip = peer.ip
        self.host = peer.ip
        self.user: User | None = None
        self.uid = ""
        self.nick = self.kept_nick = ""
        self.username = ""
        self.realname = ""
        self.password = ""
        self.knows_password = False
        self.away: str | None = None
        self.account: str | None = None
        self.sasl: Any = None
        self.device = self.gateway = ""
        self.holds: frozenset[str] = frozenset()
        self.typed = False
        self.typing_pace: TypingPace | None = None
        self.negotiated = self.caps = 0
        self.cap_version = 0
        self.monitored: dict[str, str] | None = None
        self.metadata: Subscriber | None = None
        self.marked: tuple[str, dict[str, str]] | None = None
        self.origin = _NO_ORIGIN
        self.queue: list[bytes] = []
        self.append: Callable[[bytes], None] = self.queue.append
        self.dirty = False
        self.paused = self._full = False
        self.closing = False
        self._counted = 0
        self._queued_bytes = 0
        self._framer = Framer()
        self._inbox: deque[bytes] | None = None
        self._inbox_bytes = 0
        self.waiting = 0
        self.label: str | None = None
        self.labelled_from = 0
        self.collector: Collector | None = None
        self._labelled: list[bytes] = []
        self.held: list[bytes] | None = None
        self._behind: deque[list[bytes]] | None = None
        self.gaps: Gaps | None = None
        self.left: Left | None = None
        self.cleared: Left | None = None
        self._batches = 0
        self.allowance = owner.limits.burst
        self.connected_ms = self.heard_ms = self._drained_ms = owner.now_ms()
        self.pinged_ms = 0
        self.due_s = 0

    def renew_origin(self) -> None:
        """See ``Recipient``."""
        assert self.user is not None
        self.origin = self.user.origin(self.sid, self.owner.name)

    # --- coming in -----------------------------------------------------------------------------------------

    def receive(self, octets: bytes) -> None:
        """Take bytes as they came and carry out the lines they complete, as far as the allowance goes."""
        if self.closing:
            return
        lines = self._framer.feed(octets)
        recvq = self.owner.limits.recvq_bytes
        if recvq and self._framer.pending > recvq:
            self.close("Excess Flood (no end of line)")
            return
        if self._inbox:
            self._hold(lines)
            return
        self._refill()
        self._carry_out(lines)

    def _carry_out(self, lines: list[bytes]) -> None:
        execute = self.owner.execute
        for position, line in enumerate(lines):
            if self.allowance < 0 or self.waiting:
                self._hold(lines[position:])
                return
            if line:
                execute(self, line)
                if self.closing:
                    return

    def _hold(self, lines: list[bytes]) -> None:
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.extend(lines)
        self._inbox_bytes += sum(map(len, lines)) + len(lines)
        recvq = self.owner.limits.recvq_bytes
        if recvq and self._inbox_bytes > recvq:
            self.close("Excess Flood")
        elif not self.waiting:
            self.owner.delay(self)

    def _refill(self) -> None:
        now_ms = self.heard_ms = self.owner.now_ms()
        limits = self.owner.limits
        if self.allowance < limits.burst:
            gained = (now_ms - self._drained_ms) * limits.per_second / 1000
            self.allowance = min(limits.burst, self.allowance + gained)
        self._drained_ms = now_ms

    def drain(self) -> None:
        """Carry out held lines as far as the allowance goes; called on a tick, and when a wait is over."""
        heard_ms = self.heard_ms
        self._refill()
        self.heard_ms = heard_ms
        inbox = self._inbox
        while inbox and not self.waiting and not self.closing:
            if self.allowance < 0:
                self.owner.delay(self)
                return
            line = inbox.popleft()
            self._inbox_bytes -= len(line) + 1
            if line:
                self.owner.execute(self, line)
        if not inbox or self.closing:
            self._inbox = None
            self._inbox_bytes = 0

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

    def enclose(self, start: int, kind: str, *params: str) -> None:
        """Put what was said from ``start`` on (in ``saying``) into a batch, if this client knows batches."""
        if self.caps & BATCH.bit:
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

    def push(self, line: str) -> None:
        """Queue one line for this session alone, with its time when that was negotiated."""
        if self.held is not None:
            self.held.append(self._encode(line))
            return
        flusher = self.owner.flusher
        if flusher.run.lines:
            flusher.run.end()
        self.append(self._encode(line))
        if not self.dirty:
            flusher.mark_outbox(self)

    def catch_up(self) -> None:
        """Have everything in the queue that was said so far, before something is put behind it, or looked for in it."""
        self.owner.flusher.run.end()

    def _encode(self, line: str) -> bytes:
        if len(line) > BODY_BYTES // 4:
            line = clip(line, BODY_BYTES)
        if self.caps & SERVER_TIME.bit:
            line = f"@time={self.owner.time_text()} {line}"
        return f"{line}\r\n".encode()

    def mark(self) -> None:
        """Say that something was queued."""
        if not self.dirty:
            self.owner.flusher.mark_outbox(self)

    def reply(self, numeric: Numeric, *params: str) -> None:
        """Send a numeric: the client's name, ``params``, and the numeric's fixed text.

        A text always gets its ":", as clients have come to expect; a word only where it needs one.
        """
        words = [f":{self.owner.name}", numeric.code, self.shown_nick, *params]
        if numeric.text is not None:
            words.append(numeric.text)
        words[3:-1] = map(middle, words[3:-1])
        if len(words) > 3:
            last = words[-1]
            if numeric.text is not None or numeric.free or not last or " " in last or last[0] == ":":
                words[-1] = f":{last}"
        self.push(fit(words, BODY_BYTES))

    @property
    def shown_nick(self) -> str:
        """What numerics call the client: its nickname once registered (or chosen), else "*"."""
        return self.user.nick if self.user is not None else self.nick or "*"

    def refuse(self, refusal: Refused) -> None:
        """Send the numeric a refusal carries, if it carries one."""
        if refusal.numeric is not None:
            self.reply(refusal.numeric, *refusal.params)

    def fail(self, failure: Failed, kind: str = "FAIL") -> None:
        """Send the standard reply a failure carries, as FAIL, WARN or NOTE.

        One that no specification defines is for who negotiated standard-replies; others get a NOTICE of it.
        """
        words, text = [kind, failure.verb, failure.code, *map(middle, failure.context)], failure.text
        if not (self.caps & STANDARD_REPLIES.bit or failure.defined):
            words, text = ["NOTICE", self.shown_nick], f"{failure.verb}: {failure.text}"
        self.push(fit([f":{self.owner.name}", *words, f":{text}"], BODY_BYTES))

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

    def close(self, reason: str) -> None:
        """Say ERROR with a reason, and close at the end of the turn; nothing more is taken from the peer."""
        if self.closing:
            return
        self.held = None
        while self._behind:
            self.say_held()
        if self.label is not None and self.labelled_from < 0:
            self.end_response()
        self.push(f"ERROR :Closing link: {self.host} ({reason})")
        self.closing = True
        self._inbox = None
        self.mark()
        self.owner.lose(self, reason)

    def mute(self) -> None:
        """Nothing that is written goes out any more."""
        self.write = _drop

    def lost(self, reason: str) -> None:
        """The connection is gone, and nothing comes after this."""
        self.mute()
        if not self.closing:
            self.closing = True
            self.owner.lose(self, reason)
        del self.context  # it holds us, too, and the cyclic collector comes rarely
