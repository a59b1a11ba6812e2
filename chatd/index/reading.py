"""Messages out of log files, for the index: quickly, since every line that was ever logged passes here.

Knows nothing of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from chatd.clock import id_moment_ms, read_moment
from chatd.history.search import forwards
from chatd.history.text import Text, open_text
from chatd.index.sheet import Message
from chatd.wire.words import indexed

STEP_MESSAGES: Final = 250
_SAID: Final = frozenset({b"PRIVMSG", b"NOTICE", b"EDIT"})
_KEY: Final = re.compile(rb"[@;](?:logged|time)=([^;]*)")
_BATCH: Final = re.compile(rb"[@;]batch=([^;]*)")
_EDITED: Final = re.compile(rb"[@;]draft/target-msgid=([^;]*)")
_MINUTE: Final = 16


class Moments:
    """Reads the times of lines; most are of the same minute as the one before."""

    __slots__ = ("_minute", "_minute_ms")

    def __init__(self) -> None:
        self._minute = b""
        self._minute_ms = 0

    def read(self, key: bytes) -> int:
        """Read a time; 0 for what is none."""
        try:
            if key[:_MINUTE] != self._minute:
                self._minute_ms = read_moment(f"{key[:_MINUTE].decode()}:00.000Z") or 0
                self._minute = key[:_MINUTE]
            return self._minute_ms + int(key[17:19] + key[20:23])
        except ValueError:
            return 0


def _key(tags: bytes) -> bytes | None:
    """When a line was logged, which nearly every line begins with."""
    if tags.startswith(b"@time="):
        return tags[6:29] + b"Z"
    found = _KEY.search(tags)
    return None if found is None else found[1]


def messages_of(
    folder: str, stem: str, start: int, fold: Callable[[str], str]
) -> Iterator[tuple[int, list[Message]]]:
    """Yield messages of a segment from an offset on, some hundred at a time, with the offset where they end.

    The lines of a message of several are one message; one that is still being written is left for later. An EDIT is at
    the moment of what it edits, as the text that this has then.
    """
    with closing(open_text(folder, stem)) as text:
        yield from _pieces(text, start, fold)


def _pieces(text: Text, start: int, fold: Callable[[str], str]) -> Iterator[tuple[int, list[Message]]]:
    moments = Moments()
    nicks: dict[bytes, str] = {}
    found: list[Message] = []
    place = start
    batch = b""
    for lines in forwards(text, start, text.size_bytes):
        for line in lines:
            parts = line.split(b" ", 4)
            if len(parts) == 5 and parts[2] in _SAID and line[:1] == b"@":
                tags, source, _, _, words = parts
                mark = _BATCH.search(tags) if b"batch=" in tags else None
                if mark is not None and mark[1] == batch and found:
                    last = found[-1]
                    found[-1] = last._replace(words=last.words + indexed(words))
                else:
                    batch = mark[1] if mark is not None else b""
                    if len(found) >= STEP_MESSAGES:
                        yield place, found
                        found = []
                    key = _key(tags)
                    who = nicks.get(source)
                    if who is None:
                        nick = source[1:].partition(b"!")[0]
                        who = nicks[source] = fold(nick.decode("utf-8", "replace"))
                    if key is not None:
                        about = _EDITED.search(tags) if b"target-msgid=" in tags else None
                        moment_ms = moments.read(key) if about is None else id_moment_ms(about[1].decode()) or 0
                        said_words = indexed(words)
                        found.append(Message(moment_ms, place, who, said_words, about is not None))
            place += len(line) + 1
    yield place, found
