"""Modes as rows: what a letter means, what it guards, how its parameter is written.

A mode is declared once, in its feature; ISUPPORT, 004, MODE parsing and guards derive from the row.
See Modern IRC, "Modes".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from chatd.core.user import User

Guard = Callable[[Any], None]
"""Called with an attempt; raises Refused, or returns."""

VOICE: Final = 1
HALFOP: Final = 2
OP: Final = 4
ADMIN: Final = 8
OWNER: Final = 16
NO_RANK: Final = 0

PERMANENT: Final = "P"
"""The mode with which a channel is there without anybody in it."""


class Kind(Enum):
    """How a channel mode takes its parameter: the four types of CHANMODES, and the prefix modes."""

    LIST = "A"
    KEYED = "B"  # a parameter to set and to unset
    VALUED = "C"  # a parameter to set only
    FLAG = "D"
    RANK = "prefix"


class ChannelMode:
    """One channel mode.

    ``guards`` maps attempt types to guards that apply while the mode is set (for lists: while not empty).
    ``rank`` is the lowest rank bit that may change it.  ``clean`` normalises a parameter (text and configuration)
    or raises ValueError with the reason shown in 696.  Ranks have their ``prefix`` and their ``level`` bit.
    ``summary`` is one sentence for HELP and the documents.
    """

    __slots__ = ("clean", "guards", "kind", "letter", "level", "name", "prefix", "rank", "summary")

    def __init__(
        self,
        letter: str,
        kind: Kind,
        name: str,
        summary: str,
        *,
        guards: Mapping[type, Guard] | None = None,
        rank: int = HALFOP,
        clean: Callable[[str, Any], str] | None = None,
        prefix: str = "",
        level: int = 0,
    ) -> None:
        self.letter = letter
        self.kind = kind
        self.name = name
        self.summary = summary
        self.guards = dict(guards or {})
        self.rank = rank
        self.clean = clean
        self.prefix = prefix
        self.level = level


class UserMode:
    """One user mode.

    ``settable`` says whether MODE may set it (o is only given by OPER), ``privileged`` that only operators may.
    ``guards`` maps attempt types to guards that protect a user who has the mode.
    """

    __slots__ = ("guards", "letter", "name", "privileged", "settable", "summary", "unsettable")

    def __init__(
        self,
        letter: str,
        name: str,
        summary: str,
        *,
        guards: Mapping[type, Guard] | None = None,
        settable: bool = True,
        unsettable: bool = True,
        privileged: bool = False,
    ) -> None:
        self.letter = letter
        self.name = name
        self.summary = summary
        self.guards = dict(guards or {})
        self.settable = settable
        self.unsettable = unsettable
        self.privileged = privileged


class Protection:
    """What guards a user while something else than a mode is so: ``holds`` is asked when the user's lists change.

    ``guards`` maps attempt types to guards, as in ``UserMode``.
    """

    __slots__ = ("guards", "holds")

    def __init__(self, holds: Callable[[User], bool], guards: Mapping[type, Guard]) -> None:
        self.holds = holds
        self.guards = dict(guards)


class ModeTable:
    """All modes of one server, letters unique within each kind of target, and what else protects users."""

    def __init__(
        self,
        channel: Iterable[ChannelMode] = (),
        user: Iterable[UserMode] = (),
        protections: Iterable[Protection] = (),
    ) -> None:
        self.channel = _by_letter(channel)
        self.user = _by_letter(user)
        self.protections = tuple(protections)
        self.ranks = sorted(
            (mode for mode in self.channel.values() if mode.kind is Kind.RANK), key=lambda mode: -mode.level
        )
        self._prefixes = [self._held_prefixes(ranks) for ranks in range(2 * OWNER)]
        self.levels = {mode.prefix: mode.level for mode in self.ranks}

    def _held_prefixes(self, ranks: int) -> str:
        return "".join(mode.prefix for mode in self.ranks if mode.level & ranks)

    def prefixes(self, ranks: int) -> str:
        """The prefixes of a rank set, highest first ("@+"); the first one is what plain clients see."""
        return self._prefixes[ranks]

    def letters(self, ranks: int) -> str:
        """The letters of a rank set, highest first ("ov"), as MODE gives them."""
        return "".join(mode.letter for mode in self.ranks if mode.level & ranks)

    @property
    def chanmodes(self) -> str:
        """The value of CHANMODES."""
        return ",".join(
            "".join(sorted(mode.letter for mode in self.channel.values() if mode.kind is kind))
            for kind in (Kind.LIST, Kind.KEYED, Kind.VALUED, Kind.FLAG)
        )

    @property
    def prefix(self) -> str:
        """The value of PREFIX."""
        letters = "".join(mode.letter for mode in self.ranks)
        return f"({letters}){''.join(mode.prefix for mode in self.ranks)}"


def _by_letter(modes: Iterable[Any]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for mode in modes:
        if mode.letter in table:
            raise ValueError(f"two modes claim the letter {mode.letter!r}: {table[mode.letter].name}, {mode.name}")
        table[mode.letter] = mode
    return table
