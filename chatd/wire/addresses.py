"""What may be an address for e-mail: the plain ASCII form of RFC 5321, without quotes, comments and line ends."""

from __future__ import annotations

import re
from typing import Final

ADDRESS_BYTES: Final = 254

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z"
)


def is_email(text: str) -> bool:
    """Say whether a letter could be sent there; nothing that could be mistaken for a line of SMTP passes."""
    return len(text) <= ADDRESS_BYTES and _ADDRESS.match(text) is not None and text.index("@") <= 64
