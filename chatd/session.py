"""One connection: framing, flood allowance, registration, what it negotiated, its outbox.

Knows no socket (a Writer is handed in) and no command (``execute`` is).  See Modern IRC, "Connection Setup".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from chatd.core.caps import SERVER_TIME
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin, User
from chatd.interfaces import Peer, Writer
from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES, Framer
from chatd.wire.message import fit, middle
from chatd.wire.numerics import Numeric

if TYPE_CHECKING:
    from chatd.context import Context
    from chatd.delivery.deliver import Flusher

_NO_ORIGIN = Origin("")


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
    said so far ("" when nothing was), and ``holds`` what else must end first (CAP).  ``typed`` is True for a person
    who logged in by LOGIN and whose client answers no PING.  ``heard_ms`` is when something last came in;
    ``pinged_ms`` is 0 unless a PING is out.  ``waiting`` counts what must come back before the next line is taken.
    """

    __slots__ = (
        "_counted", "_drained_ms", "_framer", "_inbox", "_inbox_bytes", "_queued_bytes", "allowance", "append",
        "cap_version", "caps", "closing", "connected_ms", "context", "dirty", "heard_ms", "holds", "host", "ip",
        "monitored", "nick", "origin", "owner", "password", "paused", "peer", "pinged_ms", "queue", "realname", "sid",
        "typed", "uid", "user", "username", "waiting", "writer",
    )  # fmt: skip

    context: Context

    def __init__(self, owner: SessionOwner, sid: str, writer: Writer, peer: Peer) -> None:
        self.owner = owner
        self.sid = sid
        self.writer = writer
        self.peer = peer
        self.ip = peer.ip
        self.host = peer.ip
        self.user: User | None = None
        self.uid = ""
        self.nick = ""
        self.username = ""
        self.realname = ""
        self.password = ""
        self.holds: frozenset[str] = frozenset()
        self.typed = False
        self.caps = 0
        self.cap_version = 0
        self.monitored: dict[str, str] | None = None
        self.origin = _NO_ORIGIN
        self.queue: list[bytes] = []
        self.append: Callable[[bytes], None] = self.queue.append
        self.dirty = False
        self.paused = False
        self.closing = False
        self._counted = 0
        self._queued_bytes = 0
        self._framer = Framer()
        self._inbox: deque[bytes] | None = None
        self._inbox_bytes = 0
        self.waiting = 0
        self.allowance = owner.limits.burst
        self.connected_ms = self.heard_ms = self._drained_ms = owner.now_ms()
        self.pinged_ms = 0

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

    # --- going out -----------------------------------------------------------------------------------------

    def push(self, line: str) -> None:
        """Queue one line for this session alone, with its time when that was negotiated."""
        if len(line) > BODY_BYTES // 4:
            line = clip(line, BODY_BYTES)
        if self.caps & SERVER_TIME.bit:
            line = f"@time={self.owner.time_text()} {line}"
        self.append(f"{line}\r\n".encode())
        if not self.dirty:
            self.owner.flusher.mark_outbox(self)

    def mark(self) -> None:
        """Say that something was queued."""
        if not self.dirty:
            self.owner.flusher.mark_outbox(self)

    def reply(self, numeric: Numeric, *params: str) -> None:
        """Send a numeric: the client's name, ``params``, and the numeric's fixed text.

        The last parameter always gets its ":", as clients have come to expect.
        """
        words = [f":{self.owner.name}", numeric.code, self.shown_nick, *params]
        if numeric.text is not None:
            words.append(numeric.text)
        words[3:-1] = map(middle, words[3:-1])
        if len(words) > 3:
            last = words[-1]
            if numeric.text is not None or not last or " " in last or last[0] == ":":
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

    def fail(self, failure: Failed) -> None:
        """Send the standard reply a failure carries."""
        words = [f":{self.owner.name}", "FAIL", failure.verb, failure.code, *map(middle, failure.context)]
        self.push(fit([*words, f":{failure.text}"], BODY_BYTES))

    def flush(self) -> None:
        """Write everything queued in one call; a peer that does not read is dropped over the sendq."""
        queue = self.queue
        if self.paused and not self.closing:
            self._queued_bytes += sum(map(len, queue[self._counted :]))
            self._counted = len(queue)
            sendq = self.owner.limits.sendq_bytes
            if sendq and self._queued_bytes > sendq:
                queue.clear()
                self.close("SendQ exceeded")
            return
        if queue:
            octets = queue[0] if len(queue) == 1 else b"".join(queue)
            queue.clear()
            self._counted = self._queued_bytes = 0
            self.writer.write(octets)
        if self.closing:
            self.writer.close()

    def pause(self) -> None:
        """The socket is full."""
        self.paused = True

    def resume(self) -> None:
        """The socket is ready again."""
        self.paused = False
        if self.queue:
            self.mark()

    def close(self, reason: str) -> None:
        """Say ERROR with a reason, and close at the end of the turn; nothing more is taken from the peer."""
        if self.closing:
            return
        self.push(f"ERROR :Closing link: {self.host} ({reason})")
        self.closing = True
        self._inbox = None
        self.mark()
        self.owner.lose(self, reason)

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        if not self.closing:
            self.closing = True
            self.owner.lose(self, reason)
