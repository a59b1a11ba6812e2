"""Logs, their index, and questions to it."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from archive import Archive

from chatd.clock import base36, utc_text
from chatd.core.archive import Part
from chatd.core.search import Field, Question
from chatd.history.lines import segments
from chatd.history.naming import PLAIN
from chatd.history.packing import Packer
from chatd.index.book import Book
from chatd.index.editions import Editions
from chatd.index.finder import Finder
from chatd.index.indexer import Indexer
from chatd.index.pace import Pace
from chatd.wire.words import Wanted

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
DAY = 86_400_000


def merge(book: Book) -> None:
    """Make as few volumes of many as there may be."""
    many = len(book.volumes()) + 1
    while len(book.volumes()) < many:
        many = len(book.volumes())
        for _ in book.merging():
            pass


class Indexed:
    """``tell`` logs a message, ``update`` brings the index up to date, ``find`` asks it."""

    def __init__(self, root: Path) -> None:
        self.archive = Archive(root / "history")
        self.folder = root / "index"
        self.editions = Editions(self.folder)
        self.indexer = self.new_indexer()
        self.finder = Finder(self.archive.root, self.editions, str.lower)
        self._made = 0

    def new_indexer(self) -> Indexer:
        return Indexer(self.archive.root, self.editions, str.lower, pace=Pace(1))

    def tell(self, text: str, moment_ms: int = T0, log: str = "#chat", nick: str = "bob", tags: str = "") -> str:
        """Log a message; gives its id."""
        self._made += 1
        msgid = f"{base36(moment_ms, 9)}{base36(self._made, 3)}abcde"
        target = log if log[0] == "#" else "somebody"
        line = f"@time={utc_text(moment_ms)};msgid={msgid}{tags} :{nick}!n@h PRIVMSG {target} :{text}"
        self.archive.said(log, line, moment_ms=moment_ms)
        return msgid

    def edits(self, msgid: str, text: str, moment_ms: int, log: str = "#chat", nick: str = "bob") -> None:
        """Log that a message was edited."""
        self._made += 1
        own = f"{base36(moment_ms, 9)}{base36(self._made, 3)}abcde"
        tags = f"@time={utc_text(moment_ms)};msgid={own};draft/target-msgid={msgid}"
        line = f"{tags} :{nick}!n@h EDIT {log if log[0] == '#' else 'somebody'} :{text}"
        self.archive.said(log, line, moment_ms=moment_ms)
        self.archive.files.edit(log, msgid, f"{line}\r\n".encode())
        self.archive.files.flush()

    def update(self) -> None:
        self.indexer.step()
        self.indexer.survey()

    def pack(self, log: str = "#chat") -> None:
        for path in segments(self.archive.folder(log)):
            if path.name.endswith(PLAIN):
                Packer(Lock(), set()).pack_segment(str(path))

    def ask(self, question: Question) -> list[str]:
        return [entry.params[1] for entry in self.finder.search(question).entries]

    def find(self, text: str = "", *logs: str, **more: object) -> list[str]:
        fields = (Field(tuple(Part(log) for log in logs or ("#chat",))),)
        return self.ask(Question(Wanted(text), fields, **more))  # type: ignore[arg-type]
