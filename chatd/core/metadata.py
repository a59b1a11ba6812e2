"""Keys and values that describe users and channels, and what one session wants to know of them.

Holds the syntax and the limits of IRCv3 draft/metadata-2 and -3; knows no command and no reply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from chatd.core.caps import BATCH, Capability
from chatd.wire.framing import BODY_BYTES
from chatd.wire.masks import glob

NO_METADATA: Final[Mapping[str, str]] = MappingProxyType({})
KIND: Final = "metadata"
"""Under what the account store keeps that of an account."""
KEY_BYTES: Final = 64
SERVER_BYTES: Final = 63
"""The longest name of a server; that of the node that tells a value is not known where it is set."""
EVERYBODY: Final = "*"
OPERATORS: Final = "operators"
"""The visibility of keys that are for operators with the privilege ``metadata`` alone."""

_KEY: Final = re.compile(rf"[a-z0-9_./-]{{1,{KEY_BYTES}}}")


def is_key(text: str) -> bool:
    """Say whether a text may be a key."""
    return _KEY.fullmatch(text) is not None


def value_bytes(config: Any) -> int:
    """The longest value that may be set: what is configured, but never more than fits a line with the longest names."""
    limits = config.limits
    names = limits.nick + limits.user + limits.host + max(limits.nick, limits.channel) + KEY_BYTES
    numeric = SERVER_BYTES + limits.nick + max(limits.nick, limits.channel) + KEY_BYTES
    room = BODY_BYTES - max(names, numeric) - len(": METADATA !@   operators :")
    return int(max(1, min(config.metadata.max_value_bytes, room)))


def _tokens(config: Any) -> str:
    limits = config.metadata
    return (
        f"before-connect,max-subs={limits.max_subs},max-keys={limits.max_keys},max-key-bytes={KEY_BYTES}"
        f",max-value-bytes={value_bytes(config)}"
    )


METADATA_2 = Capability("draft/metadata-2", _tokens, requires=(BATCH,))
METADATA_3 = Capability("draft/metadata-3", _tokens, requires=(BATCH,), excludes=(METADATA_2,))
AWARE: Final = METADATA_2.bit | METADATA_3.bit


def visibility(key: str, hidden: Iterable[str]) -> str:
    """Who may see a key, given the masks of those that are hidden."""
    return OPERATORS if any(glob(mask, key) for mask in hidden) else EVERYBODY


def read_metadata(document: object) -> list[tuple[str, str]]:
    """Keys and values in what was kept of an account, as far as they are any."""
    kept = document if isinstance(document, dict) else {}
    return [(key, value) for key, value in kept.items() if isinstance(value, str) and is_key(key)]


def changed(values: Mapping[str, str], changes: Iterable[tuple[str, str | None]]) -> Mapping[str, str]:
    """The values after these changes; None takes a key away."""
    after = dict(values)
    for key, value in changes:
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after or NO_METADATA


class Subscriber:
    """What one session has said about metadata.

    ``keys`` are those it is subscribed to.  ``early`` is what it set of itself before it was registered.  ``left`` is
    how many changes it may still make, as of ``counted_ms``; ``synced_ms`` is when it last asked for very much.
    """

    __slots__ = ("counted_ms", "early", "keys", "left", "synced_ms")

    def __init__(self, left: float, now_ms: int) -> None:
        self.keys: dict[str, None] = {}
        self.early: Mapping[str, str] = NO_METADATA
        self.left = left
        self.counted_ms = now_ms
        self.synced_ms = 0

    def take_change(self, now_ms: int, burst: int, per_minute: float) -> int:
        """Count one change; returns 0, or the seconds after which it can be tried again."""
        self.left = min(burst, self.left + (now_ms - self.counted_ms) * per_minute / 60_000)
        self.counted_ms = now_ms
        if self.left < 1:
            return int((1 - self.left) * 60 / per_minute) + 1
        self.left -= 1
        return 0

    def wanted(self, values: Mapping[str, str], keys: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
        """Those of the values it is subscribed to, or those of ``keys``."""
        for key in self.keys if keys is None else keys:
            value = values.get(key)
            if value is not None:
                yield key, value
