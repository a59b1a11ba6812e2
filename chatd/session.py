"""One connection: framing, flood allowance, registration, what it negotiated, its outbox.

Knows no socket (a Writer is handed in) and no command (``execute`` is).  See Modern IRC, "Connection Setup".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from chatd.core.caps import STANDARD_REPLIES
from chatd.core.clienttags import TypingPace
from chatd.core.metadata import Subscriber
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin, User
from chatd.delivery.outbox import Outbox, OutboxOwner
from chatd.interfaces import Peer, Writer
from chatd.wire.framing import BODY_BYTES, Framer
from chatd.wire.message import fit, middle
from chatd.wire.numerics import Numeric

if TYPE_CHECKING:
    from chatd.context import Context
    from chatd.core.archive import Cleared, Left

_NO_ORIGIN = Origin("")

Collector = Callable[[str, list[str], Mapping[str, str]], bool]
"""Offered each line while a client batch is open (verb, parameters, tags); False leaves it to its command."""


class SessionOwner(OutboxOwner, Protocol):
    """What a session asks of its server."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, never going back."""

    def execute(self, session: Session, lines: Sequence[bytes]) -> int:
        """Carry out lines as far as the allowance goes, and until one has to wait; gives how many were taken."""

    def delay(self, session: Session) -> None:
        """Call ``drain`` on the next tick."""

    def lose(self, session: Session, reason: str) -> None:
        """The connection is gone."""


class Session(Outbox):
    """One connection.

    ``user`` is None until registered. Before that ``nick``, ``username``, ``realname`` and ``password`` hold what was
    said so far ("" when nothing was), ``away`` the message of an AWAY, ``account`` the account it has logged in to, and
    ``holds`` what else must end first (CAP). ``sasl`` is the exchange of AUTHENTICATE, None before one. ``typed`` is
    True for a person who logged in by LOGIN and whose client answers no PING. ``kept_nick`` is the nickname that a
    guest came with, which is an account's, ``refused_nick`` one that it asked for and somebody else has. ``device`` is
    the name its owner gives the client, or "". ``gateway`` is the name of the web gateway that spoke for it, or "".
    ``by_token`` is True when nothing but a session token has said whose account it is; see ``accounts.tokens``.
    ``knows_password`` is True when it gave the server's password.
    ``heard_ms`` is when something last came in; ``pinged_ms`` is 0 unless a PING is out.
    ``negotiated`` are the capabilities the client has asked for; ``caps`` are those of them that are in effect.
    ``due_s`` is the second since 1970 at which deadlines are looked at next, 0 for none.  ``collector`` takes the
    lines of an open client batch.
    ``left`` is where in their logs it left channels, ``cleared`` up to where it has cleared logs; None if it never did.
    """

    __slots__ = (
        "_drained_ms", "_framer", "_inbox", "_inbox_bytes", "account", "allowance", "away", "by_token", "cap_version",
        "cleared", "collector", "connected_ms", "context", "device", "due_s", "gateway", "heard_ms", "holds", "host",
        "ip", "kept_nick", "knows_password", "left", "metadata", "monitored", "negotiated", "nick", "origin",
        "owner", "password", "peer", "pinged_ms", "realname", "refused_nick", "sasl", "sid", "typed", "typing_pace",
        "uid", "user", "username",
    )  # fmt: skip

    context: Context
    owner: SessionOwner

    def __init__(self, owner: SessionOwner, sid: str, writer: Writer, peer: Peer) -> None:
        super().__init__(writer)
        self.owner = owner
        self.sid = sid
        self.peer = peer
        self.ip = peer.ip
        self.host = peer.ip
        self.user: User | None = None
        self.uid = ""
        self.nick = self.kept_nick = self.refused_nick = ""
        self.username = ""
        self.realname = ""
        self.password = ""
        self.knows_password = False
        self.away: str | None = None
        self.account: str | None = None
        self.by_token = False
        self.sasl: Any = None
        self.device = self.gateway = ""
        self.holds: frozenset[str] = frozenset()
        self.typed = False
        self.typing_pace: TypingPace | None = None
        self.negotiated = 0
        self.cap_version = 0
        self.monitored: dict[str, str] | None = None
        self.metadata: Subscriber | None = None
        self.origin = _NO_ORIGIN
        self._framer = Framer()
        self._inbox: deque[bytes] | None = None
        self._inbox_bytes = 0
        self.collector: Collector | None = None
        self.left: Left | None = None
        self.cleared: Cleared | None = None
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
        taken = self.owner.execute(self, lines)
        if taken < len(lines) and not self.closing:
            self._hold(lines[taken:])

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
            self.owner.execute(self, (line,))
        if not inbox or self.closing:
            self._inbox = None
            self._inbox_bytes = 0

    # --- what it is told ----------------------------------------------------------------------------------

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

    def say(self, source: str, verb: str, target: str, text: str) -> None:
        """Send a message that is for this session alone; it has an id, as every message."""
        self.push(f":{source} {verb} {target} :{text}", with_id=True)

    def refuse(self, refusal: Refused) -> None:
        """Send the numeric a refusal carries, if it carries one, and do what comes then."""
        if refusal.numeric is not None:
            self.reply(refusal.numeric, *refusal.params)
        if refusal.then is not None:
            refusal.then(self.context)

    def fail(self, failure: Failed, kind: str = "FAIL") -> None:
        """Send the standard reply a failure carries, as FAIL, WARN or NOTE.

        One that no specification defines is for who negotiated standard-replies; others get a NOTICE of it.
        """
        words, text = [kind, failure.verb, failure.code, *map(middle, failure.context)], failure.text
        if not (self.caps & STANDARD_REPLIES.bit or failure.defined):
            self.say(self.owner.name, "NOTICE", self.shown_nick, f"{failure.verb}: {failure.text}")
            return
        self.push(fit([f":{self.owner.name}", *words, f":{text}"], BODY_BYTES))

    def inform(self, reply: Failed, kind: str = "NOTE") -> None:
        """Send a standard reply to who negotiated those; others are told the same in a NOTICE, without its code."""
        if self.caps & STANDARD_REPLIES.bit:
            self.fail(reply, kind)
        else:
            self.say(self.owner.name, "NOTICE", self.shown_nick, reply.text)

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

    def lost(self, reason: str) -> None:
        """The connection is gone, and nothing comes after this."""
        self.mute()
        if not self.closing:
            self.closing = True
            self.owner.lose(self, reason)
        del self.context  # it holds us, too, and the cyclic collector comes rarely
