"""Lengths of time as people write them: 90 (minutes), 1d2h30m."""

from __future__ import annotations

import re
from typing import Final

LONGEST_MS: Final = 100 * 365 * 86_400_000
"""More than this is no length of time that somebody means."""

_DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"
)
_UNITS_MS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1000)


def duration_of(text: str) -> int | None:
    """Milliseconds that "90" (minutes) or "1d2h30m" means, None when it is no duration."""
    found = _DURATION.fullmatch(f"{text}m" if text.isdecimal() else text)
    if found is None:
        return None
    return sum(int(count or 0) * unit_ms for count, unit_ms in zip(found.groups(), _UNITS_MS, strict=True))
