"""What of the logs somebody has not read, and in which messages somebody is mentioned; both within bounds.

Looks at the logs themselves, the newest messages first; knows nothing of how it is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace
from typing import Final, NamedTuple

from chatd.context import Context, Node
from chatd.core.archive import Entry, Page, Part, Scope, Selector, messages, share_of
from chatd.reading.access import Reading, settled
from chatd.reading.own import Own
from chatd.wire.formatting import is_action, is_ctcp, strip_formatting

CHUNK: Final = 200
"""How many messages of one target are read at once."""
MOST_LOOKED_AT: Final = 20_000
"""How many messages one question looks at, of all channels and conversations together."""
_OF_WORDS: Final = "A-Za-z0-9_\u00c0-\u0dff-"
"""Beside these a name is part of a longer one; in scripts without spaces it stands between other letters."""
Message = list[Entry]


class Listener:
    """Who asks: what it has said itself, and by what names it is mentioned (nickname and account)."""

    def __init__(self, ctx: Context) -> None:
        self._fold = fold = ctx.network.fold
        user = ctx.user
        self.own = Own(ctx)
        called = {user.folded, *([fold(user.account)] if user.account is not None else [])}
        beside = f"[{_OF_WORDS}{re.escape(fold('|'))}]"
        self._names = re.compile(f"(?<!{beside})(?:{'|'.join(map(re.escape, sorted(called)))})(?!{beside})")

    def scope(self, reading: Reading, logs: int, own: bool = False) -> Scope:
        """What others have said that is for this listener, and its ``own``; CTCP but for actions is for programs.

        ``logs`` is how many there are to be looked through.
        """

        def wanted(entry: Entry) -> bool:
            text = entry.params[-1]
            if is_ctcp(text) and not is_action(text):
                return False
            return (own or not self.own.said(entry)) and (reading.sees is None or reading.sees(entry))

        verbs, share = frozenset(("PRIVMSG", "NOTICE")), share_of(logs)
        return Scope(verbs, wanted, ranked=reading.ranked, redactions="drop", scan_bytes=share)

    def is_mentioned(self, message: Message) -> bool:
        """Say whether a message of somebody else, line by line, has one of the names in it as a word."""
        if self.own.said(message[0]):
            return False
        text = "\n".join(line.params[-1] for line in message)
        return self._names.search(self._fold(strip_formatting(text))) is not None


class Counted(NamedTuple):
    """How much of a target is unread, and in how many of that one is mentioned; there may be more unless ``all``."""

    unread: int
    mentions: int
    all: bool


def count(
    node: Node, reading: Reading, listener: Listener, since: Selector | None, limit: int, targets: int
) -> Counted:
    """Count up to a limit, as one of so many targets, for a thread.  Raises OSError, StoreError."""
    listener.own.settle(node.accounts)
    page = node.archive.latest(settled(reading, node.accounts), limit + 1, since, listener.scope(reading, targets))
    found = messages(page.entries)
    counted = found[-limit:]
    return Counted(
        len(counted), sum(map(listener.is_mentioned, counted)), all=page.whole and len(found) <= limit
    )


class Wanted(NamedTuple):
    """One target, and behind which place mentions in it are wanted; None: from the beginning."""

    reading: Reading
    since: Selector | None


class Mentions(NamedTuple):
    """Messages, oldest first: all there are from ``horizon`` on (None: all); ``whole``: no log was given up."""

    page: Page
    horizon: Selector | None
    whole: bool


class _Stream:
    """What of one target is still to be looked at: before ``upto``, behind ``since``."""

    __slots__ = ("_parts", "_scope", "_since", "upto")

    def __init__(self, parts: tuple[Part, ...], scope: Scope, since: Selector | None, upto: Selector) -> None:
        self._parts = parts
        self._scope = scope
        self._since = since
        self.upto = upto

    def __lt__(self, other: _Stream) -> bool:
        return self.upto > other.upto

    def read(self, node: Node, size: int) -> Page:
        """The last messages of it, so many; they are behind ``upto`` then."""
        if self._since is None:
            page = node.archive.before(self._parts, self.upto, size, self._scope)
        elif self._since >= self.upto:
            return Page([])
        else:
            page = node.archive.between(self._parts, self.upto, self._since, size, self._scope)
        if page.entries:
            self.upto = place_of(page.entries)
        return page


def place_of(message: Message) -> Selector:
    """Where a message is."""
    return Selector(message[0].time_ms, message[0].msgid)


def mentions(node: Node, wanted: Sequence[Wanted], listener: Listener, upto: Selector, limit: int) -> Mentions:
    """Find the last messages before a place in which the listener is mentioned, for a thread.

    Of the targets that of which least has been looked at, in time, is next, so that what was looked at is everything
    from one moment on.  Raises OSError, StoreError.
    """
    listener.own.settle(node.accounts)
    streams = [
        _Stream(settled(reading, node.accounts), listener.scope(reading, len(wanted), own=True), since, upto)
        for reading, since in wanted
    ]
    heapify(streams)
    size = max(1, min(CHUNK, MOST_LOOKED_AT // (2 * max(1, len(streams)))))
    found: dict[str, Message] = {}
    edits: dict[str, Message] = {}
    left, whole = max(MOST_LOOKED_AT, 2 * len(streams)), True
    while streams and left > 0:
        stream = streams[0]
        if limit <= sum(place_of(message) >= stream.upto for message in found.values()):
            break
        page = stream.read(node, size)
        looked_at = messages(page.entries)
        found.update((message[0].msgid, message) for message in looked_at if listener.is_mentioned(message))
        edits.update(page.edits)
        left -= max(1, len(looked_at))
        whole = whole and page.whole
        if len(looked_at) == size or (looked_at and not page.whole):
            heapreplace(streams, stream)
        else:
            heappop(streams)
    horizon = streams[0].upto if streams else None
    chosen = sorted((m for m in found.values() if horizon is None or place_of(m) >= horizon), key=place_of)[-limit:]
    entries = [line for message in chosen for line in message]
    kept = {message[0].msgid: edits[message[0].msgid] for message in chosen if message[0].msgid in edits}
    return Mentions(Page(entries, edits=kept), horizon, whole)
