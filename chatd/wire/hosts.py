"""Names of hosts, as far as IRC takes them: labels of letters, digits and hyphens, with at least one dot.

Knows nothing of addresses or of who is where.  See RFC 952 and RFC 1123, section 2.1.
"""

from __future__ import annotations

import re
from typing import Final

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}\.(?:{_LABEL}(?:\.{_LABEL})*\.?)?")


def is_host(text: str) -> bool:
    """Say whether a text can be the name of a host; one without a dot cannot, as it could pass for anything."""
    return _HOST.fullmatch(text) is not None
