"""What is asked of the logs, and what they answer: values only, shared by who reads, who asks and who shows.

Knows nothing of files, nor of who may see what: that is handed in as parts and a scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from chatd.wire.chunks import clip
from chatd.wire.framing import BODY_BYTES

ID_ORDER: Final = 12
"""How much of an id says when it was made; the rest says where."""
CONCAT: Final = "draft/multiline-concat"
"""What a line of a message of several has that goes on where the one before ends."""
_OF_LINES: Final = frozenset({"batch", CONCAT})
"""Tags of the lines of a message of several."""
SAID: Final = ("PRIVMSG", "NOTICE", "TAGMSG")
"""The verbs of what people say to each other."""


class Entry(NamedTuple):
    """One event of a log; ``time_ms`` is -1 and ``msgid`` "" when the line does not say.

    ``tags`` are all but ``logged``, as clients with every capability were sent them; ``body`` is the line without them.
    """

    time_ms: int
    msgid: str
    tags: Mapping[str, str]
    source: str
    verb: str
    params: list[str]
    body: str = ""

    @property
    def nick(self) -> str:
        """Who it came from: the source up to "!"."""
        return self.source.partition("!")[0]

    @property
    def for_a_rank(self) -> bool:
        """Whether it was said to a rank of the channel only (``@#chat``); no nickname has a "#" in it."""
        target = self.params[0] if self.params and self.verb in SAID else ""
        return "#" in target and target[0] != "#"

    @property
    def goes_on(self) -> str:
        """The id of the message of several lines that this is a further line of; "" for what begins by itself."""
        return "" if self.msgid else self.tags.get("batch", "")


class Selector(NamedTuple):
    """A line by its id, or a moment (``msgid`` "").

    ``order`` counts what happened in this network, the same on every node, where it is known: ids of one millisecond
    say nothing of the order if different nodes made them.
    """

    moment_ms: int
    msgid: str = ""
    order: int = 0


BEGINNING: Final = Selector(-1)
NEVER: Final = Selector(1 << 62)


def later(one: Selector, other: Selector) -> Selector:
    """The one that came later."""
    if one.order and other.order:
        return one if one.order >= other.order else other
    return max(one, other)


def is_sure(entry: Entry, end: Selector) -> bool:
    """Say whether it is known on which side of an end something was said: not in the same millisecond elsewhere."""
    return entry.time_ms != end.moment_ms or entry.msgid[ID_ORDER:] == end.msgid[ID_ORDER:]


class Tenure(NamedTuple):
    """A name in logs that somebody, or a channel, had for a while; what selects its ends belongs to it.

    ``until`` is None while it lasts.
    """

    name: str
    since: Selector
    until: Selector | None = None


def name_at(place: Selector, now: Tenure, before: tuple[Tenure, ...]) -> str:
    """The name at some place in the logs, of somebody or of a channel."""
    for name in before:
        if name.until is not None and name.since <= place <= name.until:
            return name.name
    return now.name


LEFT_KEPT: Final = 500
"""Of how many channels it is remembered where a session left them."""


CLEARED_KEPT: Final = 500
"""Of how many logs it is remembered up to where they were cleared."""


class Left:
    """Where somebody left channels, by folded name; what was forgotten counts as left where it was at the latest."""

    __slots__ = ("_earlier", "_places")

    def __init__(self) -> None:
        self._places: dict[str, Selector] = {}
        self._earlier: Selector | None = None

    def note(self, folded: str, place: Selector) -> None:
        """A channel was left."""
        self._places.pop(folded, None)
        self._places[folded] = place
        if len(self._places) > LEFT_KEPT:
            self._earlier = self._places.pop(next(iter(self._places)))

    def place(self, folded: str) -> Selector | None:
        """Where a channel was left; None for one that never was."""
        return self._places.get(folded, self._earlier)

    def rename(self, before: str, folded: str) -> None:
        """A channel has another name."""
        if before in self._places:
            self._places[folded] = self._places.pop(before)


class Cleared:
    """Up to where somebody has cleared logs, by their names, which no renaming changes; of many the last are known."""

    __slots__ = ("_all", "_places")

    def __init__(self) -> None:
        self._all = BEGINNING
        self._places: dict[str, Selector] = {}

    def note_all(self, place: Selector) -> None:
        """Everything was cleared."""
        self._all = place
        self._places.clear()

    def note(self, log: str, place: Selector) -> None:
        """A log was cleared."""
        self._places.pop(log, None)
        self._places[log] = place
        if len(self._places) > CLEARED_KEPT:
            del self._places[next(iter(self._places))]

    def rest(self, part: Part) -> Part:
        """What of a part was not cleared."""
        place = max(self._all, self._places.get(part.log, BEGINNING))
        return part if place == BEGINNING else part._replace(since=max(place, part.since or BEGINNING))


class Part(NamedTuple):
    """A log, and from where to where of it somebody may read, both ends included; None: as far as it goes."""

    log: str
    since: Selector | None = None
    until: Selector | None = None


Redactions = Literal["ignore", "drop", "show"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a log counts: for the limit and for the answer.

    ``verbs`` (None: all) is looked at first and is cheap, ``wanted`` sees the parsed line. Nothing before ``since`` nor
    behind ``until`` is read at all; what they select is included.  ``ranked`` lets in what was said to a rank only; who
    asks for that has to see that nobody below the rank is shown it.  ``redactions`` says what becomes of messages that
    were taken back: nothing ("ignore"), they are left out ("drop"), or the answer says of which that is so ("show"),
    without TAGMSGs, of which nothing is left.
    Those that were edited have their present text, but for "ignore".  Lines without ``having``, which is cheap to
    find, cannot be ``wanted``.  No more than ``scan_bytes`` of a log are looked through (0: than the archive allows).
    """

    verbs: frozenset[str] | None = None
    wanted: Callable[[Entry], bool] | None = None
    since: Selector | None = None
    until: Selector | None = None
    ranked: bool = False
    redactions: Redactions = "ignore"
    having: bytes = b""
    scan_bytes: int = 0


SCAN_BYTES: Final = 33_554_432
"""How much of all logs together one question about many looks through, and how much of one log any question does."""


def share_of(logs: int) -> int:
    """How much of each of so many logs one question looks through."""
    return max(65_536, SCAN_BYTES // max(1, logs))


ALL: Final = Scope()
NONE_REDACTED: Final[Mapping[str, Entry]] = MappingProxyType({})
NONE_EDITED: Final[Mapping[str, list[Entry]]] = MappingProxyType({})


class Page(NamedTuple):
    """The answer, oldest first; ``whole`` is False when the search was given up, as too much was to be looked through.

    A message of several lines counts once and is whole.  ``redactions`` are the REDACTs of messages in it, by id,
    ``edits`` the lines of the last EDITs.
    """

    entries: list[Entry]
    whole: bool = True
    redactions: Mapping[str, Entry] = NONE_REDACTED
    edits: Mapping[str, list[Entry]] = NONE_EDITED


class Target(NamedTuple):
    """Somebody, or a channel, and the moment of the last line."""

    name: str
    moment_ms: int


def messages(entries: list[Entry]) -> list[list[Entry]]:
    """Put the lines of each message together."""
    found: list[list[Entry]] = []
    for entry in entries:
        if not entry.msgid and found and entry.goes_on == found[-1][0].msgid != "":
            found[-1].append(entry)
        else:
            found.append([entry])
    return found


def text_of(message: list[Entry]) -> str:
    """Give what one reads: the lines, each on a line of its own but where it goes on with the one before."""
    further = (f"{'' if CONCAT in line.tags else chr(10)}{line.params[-1]}" for line in message[1:])
    return "".join([message[0].params[-1], *further])


def edited(message: list[Entry], edit: list[Entry]) -> list[Entry]:
    """Give a message the text of an EDIT; everything else is as it was said."""
    first = message[0]
    tags = first.tags
    if not _OF_LINES.isdisjoint(tags):
        tags = {name: value for name, value in tags.items() if name not in _OF_LINES}
    further = tags
    if len(edit) > 1:
        tags = {**tags, "batch": first.msgid}
        further = {name: value for name, value in tags.items() if name != "msgid" and name[0] != "+"}
    lines = []
    for number, line in enumerate(edit):
        text = line.params[-1]
        body = clip(f":{first.source} {first.verb} {first.params[0]} :{text}", BODY_BYTES)
        msgid, own = ("", further) if number else (first.msgid, tags)
        lines.append(Entry(first.time_ms, msgid, own, first.source, first.verb, [first.params[0], text], body))
    return lines


def with_edits(entries: list[Entry], edits: Mapping[str, list[Entry]]) -> list[Entry]:
    """Give messages their present texts."""
    if not edits:
        return entries
    return [
        line
        for message in messages(entries)
        for line in (edited(message, edits[message[0].msgid]) if message[0].msgid in edits else message)
    ]


def place_of(event: Any, network: Any) -> Selector:
    """The place of an event in the logs it belongs to, or would belong to; for ``apply``."""
    network.order += 1
    return Selector(event.time_ms, event.msgid, network.order)
