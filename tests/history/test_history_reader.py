"""Every selector of chathistory against a list, over many segments, plain and packed, changing while they are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from archive import Archive
from hypothesis import given, settings
from hypothesis import strategies as st
from model import Line, Model

from chatd.clock import base36, utc_text
from chatd.core.archive import ALL, Entry, Page, Scope, Selector
from chatd.history.entry import read_entry
from chatd.history.packing import Packer
from chatd.history.reader import Reader
from chatd.history.view import by_moment, by_msgid

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
LOG = "#chat"
VERBS = ("PRIVMSG", "NOTICE", "JOIN", "# gap: 3 lines lost between x and y")


class Said(NamedTuple):
    """One step: some time passes (or the clock was wrong), something is said, something is done to the files."""

    step_ms: int
    verb: str
    letters: int
    then: str


SAID = st.builds(
    Said,
    st.sampled_from([0, 0, 0, 1, 2, 50, 10_000, 90_000_000, -3, -2000]),
    st.sampled_from(VERBS),
    st.sampled_from([1, 30, 400, 5000]),
    st.sampled_from(["", "", "", "", "rotate", "pack", "restart"]),
)


class Story:
    """A log that was written, and the list of what is in it."""

    def __init__(self, root: Path, steps: list[Said]) -> None:
        self.archive = Archive(root)
        self.archive.open(rotate_bytes=3000)
        self.lines: list[Line] = []
        moment_ms, key_ms = T0, -1
        for number, step in enumerate(steps):
            moment_ms += step.step_ms
            key_ms = max(key_ms, moment_ms)
            self._say(number, moment_ms, key_ms, step)
            if step.then == "restart":
                self.archive.files.close()
                self.archive.open(rotate_bytes=3000)
            elif step.then == "rotate":
                self.archive.files.rotate(key_ms, LOG)
            elif step.then == "pack":
                pack_all(self.archive)
        self.newest_ms = max(key_ms, T0)

    def _say(self, number: int, moment_ms: int, key_ms: int, step: Said) -> None:
        if step.verb.startswith("#"):
            self.archive.said(LOG, step.verb, moment_ms=key_ms)
            return
        msgid = base36(moment_ms, 9) + base36(number, 3) + "zz"
        first = "@bot;" if step.letters == 30 else "@"
        text = f"{first}time={utc_text(moment_ms)};msgid={msgid} :bob!b@h {step.verb} {LOG} :{'é' * step.letters}"
        self.archive.said(LOG, text, moment_ms=moment_ms)
        self.lines.append(Line(key_ms, msgid, step.verb))


def pack_all(archive: Archive) -> int:
    """Pack all segments but the newest, however small."""
    packer = Packer(archive.files._disk.lock, archive.files._disk.live)
    for name in archive.names(LOG)[:-1]:
        if name.endswith(".log"):
            packer.pack_segment(str(archive.folder(LOG) / name))
    return packer.packed


def ids(page: Page) -> list[str]:
    assert page.whole
    return [entry.msgid for entry in page.entries]


def selectors(story: Story) -> st.SearchStrategy[Selector]:
    """Ids and moments of lines and of none, a little beside and far away."""
    near = st.sampled_from([line.key_ms for line in story.lines] or [T0])
    beside = st.builds(lambda moment_ms, by: moment_ms + by, near, st.sampled_from([0, 0, -1, 1, -10**6, 10**6]))
    made = st.builds(lambda ms, number: base36(ms, 9) + base36(number, 3) + "zz", beside, st.integers(0, 99))
    known = st.sampled_from([line.msgid for line in story.lines] or ["000000000000zz"])
    return st.one_of(st.builds(by_moment, beside), st.builds(by_msgid, st.one_of(made, known)))


@settings(max_examples=60)
@given(st.lists(SAID, max_size=60), st.data())
def test_all_selectors(steps: list[Said], data: st.DataObject) -> None:
    """Whatever was written and however it lies on disk, answers are those of the list."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder), steps)
        some = selectors(story)
        verbs = data.draw(st.sampled_from([{"PRIVMSG"}, {"PRIVMSG", "NOTICE", "JOIN"}]))
        model = Model(story.lines, verbs)
        reader = Reader(story.archive.root)
        for _ in range(8):
            model.since, model.until = data.draw(st.none() | some), data.draw(st.none() | some)
            scope = Scope(frozenset(verbs), None, model.since, model.until)
            one, other, limit = data.draw(some), data.draw(some), data.draw(st.integers(0, 12))
            after = data.draw(st.none() | some)
            assert ids(reader.latest(LOG, limit, after, scope)) == model.latest(limit, after)
            assert ids(reader.before(LOG, one, limit, scope)) == model.before(one, limit)
            assert ids(reader.after(LOG, one, limit, scope)) == model.after(one, limit)
            assert ids(reader.around(LOG, one, limit, scope)) == model.around(one, limit)
            assert ids(reader.between(LOG, one, other, limit, scope)) == model.between(one, other, limit)
        story.archive.files.close()


@pytest.fixture
def long(tmp_path: Path) -> Story:
    """300 lines, two a second, over some twenty segments, the older ones packed."""
    steps = [Said(500, "PRIVMSG", 100, "pack" if number == 200 else "") for number in range(300)]
    return Story(tmp_path, steps)


@pytest.mark.parametrize("step_ms", [500, 0])
def test_scrolling_back_and_forth(tmp_path: Path, step_ms: int) -> None:
    """Page by page backwards and forwards by id gives every line exactly once, also if all are of one millisecond."""
    story = Story(tmp_path, [Said(step_ms, "PRIVMSG", 100, "pack" if number == 200 else "") for number in range(300)])
    assert len(story.archive.names(LOG)) > 10
    reader = Reader(story.archive.root)
    every = [line.msgid for line in story.lines]
    seen = ids(reader.latest(LOG, 7))
    while page := ids(reader.before(LOG, chosen(seen[0]), 7)):
        seen = page + seen
    assert seen == every
    seen = seen[:1]
    while page := ids(reader.after(LOG, chosen(seen[-1]), 7)):
        seen += page
    assert seen == every
    seen = seen[:1]
    while page := ids(reader.between(LOG, chosen(seen[-1]), chosen(every[-1]), 7)):
        seen += page
    assert seen == every[:-1]
    seen = every[-1:]
    while page := ids(reader.between(LOG, chosen(seen[0]), chosen(every[0]), 7)):
        seen = page + seen
    assert seen == every[1:]
    for place, msgid in enumerate(every):
        start = max(0, min(place - 3, len(every) - 7))
        assert ids(reader.around(LOG, chosen(msgid), 7)) == every[start : start + 7]


def chosen(msgid: str) -> Selector:
    selector = by_msgid(msgid)
    assert selector
    return selector


def test_id_of_a_line_that_came_late(tmp_path: Path) -> None:
    """A line of a server whose clock is an hour behind is found by its id, where it was logged."""
    steps = [Said(1000, "PRIVMSG", 9, "") for _ in range(50)]
    steps += [Said(-3_600_000, "PRIVMSG", 9, ""), Said(3_601_000, "PRIVMSG", 9, "")]
    story = Story(tmp_path, steps)
    late = story.lines[50].msgid
    assert ids(Reader(tmp_path).before(LOG, chosen(late), 2)) == [line.msgid for line in story.lines[48:50]]
    assert ids(Reader(tmp_path).after(LOG, chosen(late), 2)) == [story.lines[51].msgid]


def test_an_id_that_somebody_said(archive: Archive) -> None:
    """What looks like an id in the text of a message is not one."""
    first, second = (base36(T0, 9) + f"00{number}zz" for number in (1, 2))
    archive.said(LOG, f"@time={utc_text(T0)};msgid={first} :b PRIVMSG {LOG} :@a;msgid={second};x")
    archive.said(LOG, f"@time={utc_text(T0)};msgid={second} :b PRIVMSG {LOG} :hi")
    assert ids(Reader(archive.root).before(LOG, chosen(second), 5)) == [first]
    assert ids(Reader(archive.root).after(LOG, chosen(second), 5)) == []


def test_what_was_said_to_a_rank_is_asked_for(archive: Archive) -> None:
    """Who does not ask for it, and so does not look at ranks, is not shown it; it does not count for the limit."""
    archive.open()
    for msgid, verb, target in (
        ("a", "PRIVMSG", "#chat"), ("b", "PRIVMSG", "@#chat"), ("c", "NOTICE", "~#chat"), ("d", "TAGMSG", "+#chat"),
        ("e", "TOPIC", "#chat"), ("f", "PRIVMSG", "#chat#"),
    ):  # fmt: skip
        line = f"@time={utc_text(T0)};msgid={msgid} :bob!~bob@host {verb} {target} :hi\r\n"
        archive.files.append(LOG, T0, line.encode())
    archive.files.flush()
    reader = Reader(archive.root)
    assert [entry.msgid for entry in reader.latest(LOG, 3).entries] == ["a", "e", "f"]
    ranked = reader.latest(LOG, 10, scope=Scope(ranked=True)).entries
    assert [entry.msgid for entry in ranked] == ["a", "b", "c", "d", "e", "f"]


def test_wanted_is_asked(long: Story) -> None:
    """A filter sees parsed lines, and only those it wants count for the limit."""

    def even(entry: Entry) -> bool:
        return entry.time_ms % 1000 == 0 and entry.nick == "bob"

    page = Reader(long.archive.root).latest(LOG, 3, scope=Scope(wanted=even))
    assert [entry.time_ms for entry in page.entries] == [T0 + 148_000, T0 + 149_000, T0 + 150_000]


def test_nothing_there(tmp_path: Path) -> None:
    """A log that does not exist has no lines."""
    reader = Reader(tmp_path)
    assert reader.latest("#nowhere", 5) == Page([])
    assert reader.around("alice bob", by_moment(T0), 5) == Page([])


def test_torn_line_is_not_there(archive: Archive) -> None:
    """A last line without its LF is left out, also when it is longer than what is read at once."""
    archive.said(LOG, f"@time={utc_text(T0)};msgid=one :b PRIVMSG {LOG} :hi")
    (path,) = archive.folder(LOG).iterdir()
    for torn in ("@", f"@time={utc_text(T0 + 1)};msgid=two :b PRIVMSG {LOG} :hi", "@time=" + "x" * 100_000):
        whole = path.read_bytes()
        path.write_bytes(whole + torn.encode())
        reader = Reader(archive.root)
        assert ids(reader.latest(LOG, 5)) == ["one"]
        assert ids(reader.after(LOG, by_moment(0), 5)) == ["one"]
        assert ids(reader.around(LOG, by_moment(T0 + 1), 5)) == ["one"]
        path.write_bytes(whole)


def test_line_of_a_log_that_is_damaged(archive: Archive) -> None:
    """Empty lines, nonsense and bytes that are not UTF-8 break nothing."""
    archive.said(LOG, f"@time={utc_text(T0)};msgid=one :b PRIVMSG {LOG} :hi")
    (path,) = archive.folder(LOG).iterdir()
    with path.open("ab") as file:
        file.write(b"\n\n@time=yesterday\n@\n:\n@time=2026-11-24T00:00:09.000Z;msgid=two :b PRIVMSG #chat :\xff\n")
    page = Reader(archive.root).latest(LOG, 9, scope=Scope(frozenset({"PRIVMSG"})))
    assert [(entry.msgid, entry.params[-1]) for entry in page.entries] == [("one", "hi"), ("two", "\ufffd")]


def test_search_is_given_up(long: Story) -> None:
    """A question for what is hardly there reads a bounded amount, and says that it did."""
    scope = Scope(frozenset({"TOPIC"}))
    reader = Reader(long.archive.root, scan_bytes=10_000)
    assert reader.latest(LOG, 5, scope=scope) == Page([], False)
    assert Reader(long.archive.root).latest(LOG, 5, scope=scope) == Page([], True)


class Reads:
    """os.pread that counts, and does something before each read."""

    def __init__(self, before: Callable[[], object] = lambda: None) -> None:
        self.sizes: list[int] = []
        self._before = before

    def __call__(self, fd: int, size: int, offset: int) -> bytes:
        self._before()
        octets = os.pread(fd, size, offset)
        self.sizes.append(len(octets))
        return octets


@pytest.mark.parametrize("packed", [False, True])
def test_few_bytes_are_read(tmp_path: Path, packed: bool) -> None:
    """Of 60 segments of 200 kB, a question for ten lines reads less than one, whatever it asks."""
    archive = Archive(tmp_path)
    archive.open(rotate_bytes=200_000)
    number = 0
    for _ in range(600):
        for _ in range(200):
            number += 1
            msgid = base36(T0 + number, 9) + "000zz"
            archive.say(LOG, f"@time={utc_text(T0 + number)};msgid={msgid} :b PRIVMSG {LOG} :{'x' * 20}", T0 + number)
        archive.files.flush()
    assert len(archive.names(LOG)) > 50
    assert pack_all(archive) > 50 or not packed
    reads = Reads()
    reader = Reader(tmp_path, pread=reads)
    for near in (T0 + 1, T0 + 12_345, T0 + 77_777, T0 + number):
        for ask in questions(reader, near):
            reads.sizes.clear()
            assert len(ids(ask())) in (0, 1, 9, 10)
            assert sum(reads.sizes) < 200_000
            assert len(reads.sizes) < 60


def questions(reader: Reader, near_ms: int) -> Iterator[Callable[[], Page]]:
    """All kinds of questions about one moment."""
    known = chosen(base36(near_ms, 9) + "000zz")
    far = by_moment(near_ms - 50_000)
    yield lambda: reader.latest(LOG, 10)
    for selector in (known, by_moment(near_ms)):
        yield lambda selector=selector: reader.latest(LOG, 10, selector)  # type: ignore[misc]
        yield lambda selector=selector: reader.before(LOG, selector, 10)  # type: ignore[misc]
        yield lambda selector=selector: reader.after(LOG, selector, 10)  # type: ignore[misc]
        yield lambda selector=selector: reader.around(LOG, selector, 10)  # type: ignore[misc]
        yield lambda selector=selector: reader.between(LOG, selector, far, 10)  # type: ignore[misc]


@pytest.mark.parametrize("act", ["rotate", "pack", "write"])
@pytest.mark.parametrize("nth", [0, 1, 3, 9])
def test_files_change_while_they_are_read(long: Story, act: str, nth: int) -> None:
    """Before any read of a question, files are rotated, packed or written: the answer is that of before or after."""
    archive = long.archive
    number = len(long.lines)

    def change() -> None:
        nonlocal nth
        nth -= 1
        if nth == -1 and act == "rotate":
            archive.files.rotate(long.newest_ms, LOG)
        if nth == -1 and act == "pack":
            assert pack_all(archive)
        if nth == -1:
            now_ms = long.newest_ms
            archive.said(LOG, f"@time={utc_text(now_ms)};msgid=new :b PRIVMSG {LOG} :x", moment_ms=now_ms)

    page = Reader(archive.root, pread=Reads(change)).around(LOG, by_moment(T0 + 130_000), 200)
    every = [line.msgid for line in long.lines]
    model = Model(long.lines, {"PRIVMSG"}).around(by_moment(T0 + 130_000), 200)
    assert ids(page) in (model, [*every[-199:], "new"])
    assert number == 300


def test_segments_are_deleted_while_they_are_read(long: Story) -> None:
    """What is deleted after it was listed is missing, and nothing else."""
    names = archive_names(long)

    def delete() -> None:
        for name in names[:3]:
            (long.archive.folder(LOG) / name).unlink(missing_ok=True)

    page = Reader(long.archive.root, pread=Reads(delete)).latest(LOG, 1000, scope=ALL)
    every = [line.msgid for line in long.lines]
    assert 100 < len(ids(page)) < 300
    assert every[-len(ids(page)) :] == ids(page)


def archive_names(story: Story) -> list[str]:
    return story.archive.names(LOG)


def test_entry_of_a_line() -> None:
    """A line falls into its parts; the mark of a late line is not one of its tags."""
    tags = b"@logged=2026-11-24T00:00:05.000Z;time=2026-11-24T00:00:03.250Z;msgid=a;+x=\\s"
    assert read_entry(tags + b" :bob!b@h PRIVMSG #chat :hi there") == Entry(
        T0 + 3250,
        "a",
        {"time": "2026-11-24T00:00:03.250Z", "msgid": "a", "+x": " "},
        "bob!b@h",
        "PRIVMSG",
        ["#chat", "hi there"],
        ":bob!b@h PRIVMSG #chat :hi there",
    )


def test_few_files_are_open(archive: Archive) -> None:
    """However many segments are looked through: what a question has open, the server cannot open."""
    for day in range(60):
        moment_ms = T0 + day * 86_400_000
        msgid = f"{base36(moment_ms, 9)}{base36(day, 3)}abcde"
        line = f"@time={utc_text(moment_ms)};msgid={msgid} :bob!b@h PRIVMSG #chat :day {day}"
        archive.said(LOG, line, moment_ms=moment_ms)
    archive.files.close()
    before, most = len(os.listdir("/proc/self/fd")), 0

    def wanted(entry: Entry) -> bool:
        nonlocal most
        most = max(most, len(os.listdir("/proc/self/fd")) - before)
        return entry.params[1] == "day 0"

    reader, scope = Reader(archive.root), Scope(wanted=wanted)
    pages = reader.latest(LOG, 5, None, scope), reader.after(LOG, Selector(T0 - 1), 5, scope)
    assert [[entry.params[1] for entry in page.entries] for page in pages] == [["day 0"]] * 2
    assert 0 < most < 15
    assert len(os.listdir("/proc/self/fd")) <= before
