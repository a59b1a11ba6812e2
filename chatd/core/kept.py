"""What is kept of a registered channel; a value only.

Must not know where it is kept, nor what is in the document, which belongs to the features.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
