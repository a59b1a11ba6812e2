"""What is asked of the index of everything said: values only.  Who may read what is handed in with the question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chatd.core.archive import Entry, Part, Tenure
from chatd.wire.words import Wanted


@dataclass(frozen=True, slots=True)
class Field:
    """Logs that may be looked through; ``sees`` and ``ranked`` are as in a ``Scope``."""

    parts: tuple[Part, ...]
    sees: Callable[[Entry], bool] | None = None
    ranked: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Messages that have all of ``wanted``, said by ``nick`` (folded; "": anybody), of some moments, both included.

    They are looked for in ``fields`` and in all conversations of ``names``. At most ``limit`` are given, the last of
    them, or with ``first`` the first.
    """

    wanted: Wanted
    fields: tuple[Field, ...]
    names: tuple[Tenure, ...] = ()
    nick: str = ""
    from_ms: int = 0
    until_ms: int = 1 << 52
    limit: int = 100
    first: bool = False
