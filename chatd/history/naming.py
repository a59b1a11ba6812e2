"""Where a log lives: the folder of a channel or conversation, and the file names of its segments.

Owns the escaping of names, which is injective also on file systems that ignore case or Unicode normalisation,
and the order of segments by name. Knows nothing of what is in the files.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from chatd.clock import utc_text

CHANNELS: Final = "channels"
PRIVATE: Final = "private"
PEOPLE: Final = "people"
PLAIN: Final = ".log"
PACKED: Final = ".log.gz"

_PLAIN: Final = frozenset("+#_-.^~[]{}=,@!abcdefghijklmnopqrstuvwxyz0123456789")
_UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs"))
STEM_LETTERS: Final = 24
_NAME_BYTES: Final = 240
_DIGEST: Final = "%~"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEGMENT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)\.(\d{3})Z\.log(?:\.gz)?", re.ASCII)

_STEMS: Final = re.compile(
    r"(?:\A|(?<=/))(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)\.log(?:\.gz)?(?=/|\Z)", re.ASCII
)


def is_conversation(log: str) -> bool:
    """Say whether ``log`` names two people (by one space) and not a channel."""
    return " " in log


def folder_of(root: Path, log: str) -> Path:
    """Give the folder of a log's segments: ``channels/#chat`` or ``private/alice+bob`` below ``root``."""
    if is_conversation(log):
        one, _, other = log.partition(" ")
        half = (_NAME_BYTES - 1) // 2
        names = [escape(name, half, _PLAIN - {"+"}) for name in (one, other)]
        return root / PRIVATE / _on_disk("+".join(names))
    return root / CHANNELS / _on_disk(escape(log))


def _on_disk(name: str) -> str:
    # The bytes on disk are UTF-8 whatever the locale, so that a change of locale does not lose the past.
    return os.fsdecode(name.encode())


def escape(name: str, limit_bytes: int = _NAME_BYTES, plain: frozenset[str] = _PLAIN) -> str:
    """Turn any name into a file name of at most ``limit_bytes`` (80 or more) bytes of UTF-8.

    Different names give names that differ also after case folding and normalisation (NFC or NFD). Ordinary
    names stay as they are; the rest is percent-encoded by UTF-8 byte, in lower case. A name that gets too
    long is cut and ends in "%~" and its SHA-256. ``plain`` are the ASCII characters that stay.
    """
    pieces = _pieces(name, lambda letter: letter in plain or (letter >= "\x80" and _readable(letter)))
    if not unicodedata.is_normalized("NFC", "".join(pieces)):
        pieces = _pieces(name, plain.__contains__)
    escaped = "".join(pieces) or "%"
    return escaped if len(escaped.encode()) <= limit_bytes else _shorten(name, pieces, limit_bytes)


def _pieces(name: str, readable: Callable[[str], bool]) -> list[str]:
    pieces = [letter if readable(letter) else _percent(letter) for letter in name]
    # No hidden files, no options to tools, nothing that some systems strip.
    if name.startswith((".", "-")):
        pieces[0] = _percent(name[0])
    if name.endswith("."):
        pieces[-1] = _percent(name[-1])
    return pieces


def _readable(letter: str) -> bool:
    # Letters that this Python's Unicode does not know yet stay, so that a newer one finds the same folder.
    return unicodedata.category(letter) not in _UNSEEN and letter.casefold() == letter


def _percent(letter: str) -> str:
    return "".join(f"%{octet:02x}" for octet in letter.encode("utf-8", "surrogatepass"))


def unescape(file_name: str) -> str | None:
    """Turn the file name of a channel or person back into the name; None when it was cut."""
    if _DIGEST in file_name:
        return None
    return unquote(os.fsencode(file_name).decode("utf-8", "replace"), errors="surrogatepass")


def log_of_folder(folder: str) -> str | None:
    """Give the log whose folder this is, the inverse of ``folder_of``; None when its name was cut."""
    kind, name = os.path.split(folder)
    if os.path.basename(kind) == CHANNELS:
        return unescape(name)
    one, _, other = name.partition("+")
    names = unescape(one), unescape(other)
    return None if None in names else f"{names[0]} {names[1]}"


def _shorten(name: str, pieces: list[str], limit_bytes: int) -> str:
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    room = limit_bytes - len(_DIGEST) - len(digest)
    kept: list[str] = []
    for piece in pieces:
        room -= len(piece.encode())
        if room < 0:
            break
        kept.append(piece)
    return f"{''.join(kept)}{_DIGEST}{digest}"


def segment_name(moment_ms: int) -> str:
    """Name the segment whose first line happened at ``moment_ms``; names sort as their moments do."""
    return f"{utc_text(moment_ms).replace(':', '-')}{PLAIN}"


def segment_moment_ms(name: str) -> int | None:
    """Read the moment in the name of a segment, plain or packed; None for any file that is not one."""
    found = _SEGMENT.fullmatch(name)
    if found is None:
        return None
    year, month, day, hour, minute, second, milli = map(int, found.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=UTC)
    except ValueError:
        return None
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def stem_of(name: str) -> str | None:
    """Give a segment's name without ending, which sorts as its moment does; None for any file that is not a segment."""
    return name[:STEM_LETTERS] if _SEGMENT.fullmatch(name) else None


def stems_of(names: list[str]) -> list[str]:
    """Pick the segments out of all names of a folder: their names without ending, each once, in order."""
    return sorted(set(_STEMS.findall("/".join(names))))
