"""From when to when: moments as people type them, in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_AGO: Final = re.compile(r"(\d{1,6})([smhdw])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class Period(NamedTuple):
    """From a moment on, and before another; None is no bound."""

    from_ms: int | None = None
    until_ms: int | None = None


def moment(text: str, now: datetime, *, ending: bool = False) -> int:
    """Read a moment: 2026-11-24, 2026-11-24T02:29[:39[.354]][Z], 3d (ago), today, yesterday; raises ValueError.

    A day stands for its beginning or, with ``ending``, for its end.
    """
    found = _AGO.fullmatch(text)
    if found:
        return _to_ms(now - timedelta(**{_UNITS[found[2]]: int(found[1])}))
    day = {"today": now, "yesterday": now - timedelta(days=1)}.get(text)
    if day is not None:
        text = f"{day:%Y-%m-%d}"
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no moment, like 2026-11-24, 2026-11-24T02:29, 3d (ago), yesterday") from None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    if ending and _DAY.fullmatch(text):
        then += timedelta(days=1)
    return _to_ms(then)


def period(since: str | None, until: str | None, now: datetime) -> Period:
    """Read both ends, the second one included as far as it goes; raises ValueError."""
    return Period(
        None if since is None else moment(since, now),
        None if until is None else moment(until, now, ending=True),
    )


def _to_ms(then: datetime) -> int:
    return (then - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
