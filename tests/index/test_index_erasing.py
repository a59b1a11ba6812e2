"""What is gone from the logs leaves the index, down to the last byte."""

from __future__ import annotations

import os

import pytest
from indexed import DAY, T0, Indexed

from chatd.history.lines import segments
from chatd.index.book import Book


def index_bytes(told: Indexed) -> bytes:
    return b"".join(path.read_bytes() for path in told.folder.iterdir())


def test_words_of_what_is_gone_leave_the_index(told: Indexed) -> None:
    """At the next look at all files; those of other messages stay."""
    for day in range(3):
        told.tell(f"day{day} unforgettable{day}", T0 + day * DAY)
    told.update()
    told.archive.files.close()
    assert b"unforgettable0" in index_bytes(told)
    os.unlink(segments(told.archive.folder("#chat"))[0])
    told.update()
    assert told.find("day1 unforgettable1") == ["day1 unforgettable1"]
    assert b"unforgettable1" in index_bytes(told)
    assert b"unforgettable0" not in index_bytes(told)


@pytest.mark.parametrize("log", ["#Attic", "dorothea theodor"])
def test_what_is_erased_leaves_the_index(told: Indexed, log: str) -> None:
    """Within seconds, beside a server: words, who said them, and the name of the log; nobody else's."""
    for number in range(300):
        told.tell(f"unforgettable{number} word", T0 + number, log, nick=f"nickname{number}")
        told.tell(f"ordinary{number} word", T0 + number)
        if number % 50 == 0:
            told.update()
    told.archive.files.told = told.indexer.wrote
    for moment_ms in (T0 + 400, T0 + 2000, T0 + 4000):  # what was written is forced to disk, and told no more
        told.archive.files.tick(moment_ms)
    told.indexer.step()
    names = [log.encode(), *log.encode().split()]
    before = index_bytes(told)
    assert min(before.count(b"unforgettable"), before.count(b"nickname")) >= 300
    assert all(name in before for name in names)
    told.archive.files.erase(log, T0 + 5000)
    told.archive.files.tick(T0 + 6000)
    told.archive.files.tick(T0 + 7000)
    told.indexer.step()
    after = index_bytes(told)
    for erased in (b"unforgettable", b"nickname", *names):
        assert erased not in after
    assert after.count(b"ordinary") >= 300
    assert len(told.find("word", "#chat", limit=1000)) == 300


def test_a_reader_in_the_middle(told: Indexed) -> None:
    """Somebody who asks meanwhile keeps an earlier state beside the file, for as long as that takes."""
    told.tell("unforgettable", T0)
    told.tell("ordinary", T0, "#other")
    told.update()
    reader = Book(told.editions.current())
    with reader.reading(lambda: False):
        assert reader.volumes()
        told.archive.files.close()
        os.unlink(segments(told.archive.folder("#chat"))[0])
        told.update()
        assert told.find("unforgettable") == []
        assert b"unforgettable" in index_bytes(told)
    told.indexer.step()
    assert b"unforgettable" not in index_bytes(told)
    reader.close()


def test_a_file_that_was_made_shorter(told: Indexed) -> None:
    """It is another file, and read anew: so does what somebody took out of it by hand leave the index."""
    told.tell("unforgettable")
    told.tell("ordinary", T0 + 1)
    told.update()
    told.archive.files.close()
    (path,) = segments(told.archive.folder("#chat"))
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if b"unforgettable" not in line))
    told.indexer.close()
    told.indexer = told.new_indexer()
    told.update()
    assert told.find() == ["ordinary"]
    assert b"unforgettable" not in index_bytes(told)
