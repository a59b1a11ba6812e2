"""Files of redactions and edits, read again and again while they grow, are torn and are replaced."""

from __future__ import annotations

import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.core.clienttags import TARGET_MSGID
from chatd.history.days import Day, Days
from chatd.history.entry import read_entry

IDS = [f"0mwu2tsii000{number}zz" for number in range(3)]
OWN = ("a", "b")


def redact(msgid: str, reason: str) -> str:
    return f"@time=2026-11-24T00:00:00.000Z;msgid=x{reason} :bob!b@h REDACT #chat {msgid} :{reason}\n"


def edit(about: str, own: str, text: str) -> str:
    """The first line of an EDIT of several."""
    return f"@time=2026-11-24T00:00:00.000Z;msgid={own};batch={own};{TARGET_MSGID}={about} :bob!b@h EDIT #c :{text}\n"


def further(about: str, own: str, text: str) -> str:
    return f"@time=2026-11-24T00:00:00.000Z;batch={own};{TARGET_MSGID}={about} :bob!b@h EDIT #c :{text}\n"


NUMBERS = st.integers(0, 99).map(str)
LINES = st.one_of(
    st.builds(redact, st.sampled_from(IDS), NUMBERS),
    st.builds(edit, st.sampled_from(IDS), st.sampled_from(OWN), NUMBERS),
    st.builds(further, st.sampled_from(IDS), st.sampled_from(OWN), NUMBERS),
    st.sampled_from([
        f"@{TARGET_MSGID}={IDS[0]} :bob!b@h EDIT\n", "@msgid=a :bob!b@h EDIT #c :about nothing\n", "\n", "# note\n",
        f"@msgid=z :bob!b@h REDACT #c\n:bob REDACT #c {IDS[1]}\n", f"@a;msgid=q;x :b PRIVMSG #c :REDACT #c {IDS[2]}\n",
    ]),
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(LINES, max_size=30), st.integers(0, 30))
def test_what_it_takes(lines: list[str], before: int) -> None:
    """What was replaced counts no longer, whether it came at once or by and by."""
    octets = [line.encode() for line in "".join(lines).split("\n")]
    day = Day(octets[before:], Day(octets[:before]))
    last = [line for each in day.edits.values() for line in each] + list(day.redactions.values())
    beside_bytes = day.takes_bytes - sum(map(sys.getsizeof, last))
    assert 150 * (len(day.edits) + len(day.redactions)) <= beside_bytes <= 400 * len(last)


def test_what_it_takes_is_memory() -> None:
    """The bound is one of memory: what a thousand edits take is no more than is counted, nor much less."""
    lines = [edit(f"0mwu2tsii{number:03}abcde", str(number), "new " * 20).encode() for number in range(1000)]
    tracemalloc.start()
    try:
        before_bytes, _ = tracemalloc.get_traced_memory()
        copies = [bytes(bytearray(line)) for line in lines]
        day = Day(copies)
        del copies
        taken_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    finally:
        tracemalloc.stop()
    assert len(day.edits) == 1000
    assert 0.7 * day.takes_bytes < taken_bytes < 1.05 * day.takes_bytes


def test_reading_takes_no_more(tmp_path: Path) -> None:
    """However often a message was edited: the file is never in memory as a whole, new or grown."""
    path, days = tmp_path / "2026-11-24.redactions", Days()
    tracemalloc.start()
    try:
        for size in (1, 2):
            with path.open("a") as file:
                file.writelines(edit(IDS[0], "own", "new " * 200) for _ in range(1500))
            tracemalloc.reset_peak()
            before_bytes, _ = tracemalloc.get_traced_memory()
            assert days.read(str(path)).times_edited(IDS[0]) == size * 1500
            assert tracemalloc.get_traced_memory()[1] - before_bytes < 100_000
    finally:
        tracemalloc.stop()


STEPS = st.lists(st.one_of(LINES, st.sampled_from(["read", "tear", "replace"])), max_size=40)


class Naive:
    """What a file says, by parsing each line whole."""

    def __init__(self, text: str) -> None:
        self.redactions: dict[str, str] = {}
        self.edits: dict[str, list[str]] = {}
        self.times: Counter[str] = Counter()
        begun: dict[str, str] = {}
        for line in text.split("\n")[:-1]:
            entry = read_entry(line.encode())
            if entry.verb == "REDACT" and len(entry.params) > 1:
                self.redactions[entry.params[1]] = entry.body
            elif entry.verb == "EDIT" and len(entry.params) > 1 and (about := entry.tags.get(TARGET_MSGID)):
                if entry.msgid:
                    begun[about] = entry.msgid
                    self.times[about] += 1
                    self.edits[about] = [entry.body]
                elif about in begun and begun[about] == entry.goes_on:
                    self.edits[about].append(entry.body)


def same(day: Day, naive: Naive) -> None:
    for msgid in IDS:
        redaction, edited = day.of(msgid), day.edit_of(msgid)
        assert (redaction.body if redaction else None) == naive.redactions.get(msgid)
        assert ([entry.body for entry in edited] if edited else None) == naive.edits.get(msgid)
        assert day.times_edited(msgid) == naive.times[msgid]


@settings(max_examples=150)
@given(STEPS)
def test_whatever_becomes_of_the_file(steps: list[str]) -> None:
    """What was remembered and what came since is together what reading all of it gives."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "2026-11-24.redactions")
        path.touch()
        days, text = Days(), ""
        for step in [*steps, "read"]:
            if step == "read":
                same(days.read(str(path)), Naive(text))
                continue
            if step == "replace":
                path.unlink()
                text = redact(IDS[0], "new") * 3
            elif step == "tear":
                text += "" if not text or not text.endswith("\n") else text.splitlines()[-1][:20]
            else:
                text += ("\n" if text and not text.endswith("\n") else "") + step
            path.write_text(text)


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    """An untouched file costs nothing but a look at it; of one that has grown what is known stays."""
    path = tmp_path / "2026-11-24.redactions"
    assert Days().read(str(path)).of(IDS[0]) is None
    path.write_text(redact(IDS[0], "one"))
    days = Days()
    known = days.read(str(path))
    assert days.read(str(path)) is known
    with path.open("a") as file:
        file.write(redact(IDS[1], "two"))
    grown = days.read(str(path))
    assert grown.redactions[IDS[0]] is known.redactions[IDS[0]]
    assert [grown.of(msgid) is None for msgid in IDS] == [False, False, True]


@pytest.mark.parametrize(("limit_bytes", "is_kept"), [(3000, True), (2000, False), (1000, False)])
def test_memory_is_bounded(tmp_path: Path, limit_bytes: int, is_kept: bool) -> None:
    """Of more than that, what was asked for last is kept, and nothing that is too much by itself."""
    days = Days(limit_bytes)
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_text(redact(IDS[0], "psst"))
    first = days.read(str(paths[0]))
    days.read(str(paths[1]))
    assert (days.read(str(paths[0])) is first) is is_kept
