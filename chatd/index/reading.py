"""Messages out of log files, for the index: quickly, since every line that was ever logged passes here.

Knows nothing of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from chatd.clock import id_moment_ms, read_moment
from chatd.core.archive import CONCAT
from chatd.history.search import forwards
from chatd.history.text import Text, open_text
from chatd.index.sheet import Message
from chatd.wire.words import indexed

LINE_BYTES: Final = 1_024
MESSAGE_BYTES: Final = 131_072
"""How far back the beginning of a message is looked for."""
STEP_MESSAGES: Final = 250
_SAID: Final = frozenset({b"PRIVMSG", b"NOTICE", b"EDIT"})
_TIME: Final = re.compile(rb"[@;]time=([^;]*)")
_BATCH: Final = re.compile(rb"[@;]batch=([^;]*)")
_ID: Final = re.compile(rb"[@;]msgid=([^;]+)")
_EDITED: Final = re.compile(rb"[@;]draft/target-msgid=([^;]*)")
_CONCAT: Final = CONCAT.encode()
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


def _time(tags: bytes) -> bytes | None:
    """When it was said, which nearly every line begins with; not when a line that came late was logged."""
    if tags.startswith(b"@time="):
        return tags[6:29] + b"Z"
    found = _TIME.search(tags)
    return None if found is None else found[1]


def messages_of(
    folder: str, stem: str, start: int, fold: Callable[[str], str]
) -> Iterator[tuple[int, list[Message]]]:
    """Yield messages of a segment from an offset on, some hundred at a time, with the offset where they end.

    The lines of a message of several are one message, which is yielded again when only the first of them were there
    the last time. An EDIT is at the moment of what it edits, as the text that this has then.
    """
    with closing(open_text(folder, stem)) as text:
        yield from _pieces(text, _beginning(text, start) if start else 0, fold)


def _beginning(text: Text, start: int) -> int:
    """Where a message begins that goes on at an offset; the offset when none does."""
    batch = _goes_on(text.read(start, start + LINE_BYTES))
    if not batch:
        return start
    place, low = start, max(0, start - MESSAGE_BYTES)
    for line in reversed(text.read(low, start).split(b"\n")[1 if low else 0 : -1]):
        place -= len(line) + 1
        if _goes_on(line) != batch:
            begins = _ID.search(line.partition(b" ")[0])
            return place if begins and begins[1] == batch else start
    return start


def _goes_on(line: bytes) -> bytes:
    """The id of the message of several lines that this is a further line of."""
    tags = line.partition(b" ")[0] if line[:1] == b"@" else b""
    batch = _BATCH.search(tags)
    return batch[1] if batch is not None and not _ID.search(tags) else b""


def _edited_ms(msgid: bytes) -> int:
    return id_moment_ms(msgid.decode("utf-8", "replace")) or 0


def _pieces(text: Text, start: int, fold: Callable[[str], str]) -> Iterator[tuple[int, list[Message]]]:
    moments = Moments()
    nicks: dict[bytes, str] = {}
    found: list[Message] = []
    place = start
    batch = paragraph = b""
    for lines in forwards(text, start, text.size_bytes):
        for line in lines:
            parts = line.split(b" ", 4)
            if len(parts) == 5 and parts[2] in _SAID and line[:1] == b"@":
                tags, source, _, _, words = parts
                mark = _BATCH.search(tags) if b"batch=" in tags else None
                if mark is not None and mark[1] == batch and found:
                    paragraph = paragraph + words.removeprefix(b":") if _CONCAT in tags else words
                    found[-1] = found[-1]._replace(words=found[-1].words + indexed(paragraph))
                else:
                    batch, paragraph = mark[1] if mark is not None else b"", words
                    if len(found) >= STEP_MESSAGES:
                        yield place, found
                        found = []
                    time = _time(tags)
                    who = nicks.get(source)
                    if who is None:
                        nick = source[1:].partition(b"!")[0]
                        who = nicks[source] = fold(nick.decode("utf-8", "replace"))
                    if time is not None:
                        about = _EDITED.search(tags) if b"target-msgid=" in tags else None
                        moment_ms = moments.read(time) if about is None else _edited_ms(about[1])
                        said_words = indexed(words)
                        found.append(Message(moment_ms, place, who, said_words, about is not None))
            place += len(line) + 1
    yield place, found
