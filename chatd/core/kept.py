"""What is kept of registered channels and of bans from the server, and notes of what is not saved yet; values only.

Must not know where they are kept, nor what is in the document of a channel, which belongs to the features.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from chatd.core.accounts import Json


@dataclass(frozen=True, slots=True)
class KeptChannel:
    """One registered channel as it is written down.

    ``founder`` and ``successor`` are folded names of accounts; "" for no successor.  Times are milliseconds since 1970;
    ``used_ms`` is when somebody was last there.  ``document`` holds topic, modes, lists, access and all else.
    """

    name: str
    folded: str
    founder: str
    registered_ms: int
    successor: str = ""
    used_ms: int = 0
    document: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptBan:
    """One ban from the server as it is written down.

    ``kind`` is "K" (``mask`` is user@host) or "D" (an address or network); ``by`` is the source of who set it.
    ``expires_ms`` is 0 for ever.
    """

    kind: str
    mask: str
    reason: str
    by: str
    set_ms: int
    expires_ms: int


class Note(NamedTuple):
    """The whole of what was not saved yet at some moment under a key of a kind; ``value`` None for nothing."""

    kind: str
    key: str
    value: Json
    at_ms: int = 0
