"""Pages of one log or several, with messages of several lines and such as were taken back, against the naive model."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archive import Archive
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.clock import base36, utc_text
from chatd.core.archive import BEGINNING, Entry, Page, Part, Scope, Selector, Tenure
from chatd.core.search import Field
from chatd.history.library import Library
from chatd.history.packing import Packer
from chatd.history.redactions import days_in
from chatd.memory_history import MemoryHistory

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
LOGS = ("#chat", "#talk")
SAID = frozenset({"PRIVMSG"})


class Step(NamedTuple):
    """One thing that happens to a log; ``lines`` is how many a message has."""

    step_ms: int
    log: str
    what: str
    lines: int
    about: int


STEPS = st.builds(
    Step,
    st.sampled_from([0, 0, 1, 500, 90_000_000]),
    st.sampled_from(LOGS),
    st.sampled_from(
        ["PRIVMSG", "PRIVMSG", "PRIVMSG", "JOIN", "redact", "redact", "edit", "edit", "rotate", "pack", "restart"]
    ),
    st.sampled_from([1, 1, 2, 4]),
    st.integers(0, 30),
)


class Story:
    """The same told to log files and to the model."""

    def __init__(self, root: Path, steps: list[Step]) -> None:
        self.archive = Archive(root)
        self.archive.open(rotate_bytes=1500)
        self.model = MemoryHistory()
        self.said: list[tuple[str, str]] = []
        self.now_ms = T0
        for number, step in enumerate(steps):
            self.now_ms += step.step_ms
            self.tell(number, step)
        self.flush()

    def append(self, log: str, line: str) -> None:
        for history in (self.archive.files, self.model):
            history.append(log, self.now_ms, f"{line}\r\n".encode())

    def flush(self) -> None:
        self.archive.files.flush()
        self.model.flush()

    def tell(self, number: int, step: Step) -> None:
        msgid = base36(self.now_ms, 9) + base36(number, 3) + "zz"
        head = f"@time={utc_text(self.now_ms)};msgid={msgid}"
        if step.what == "redact" and self.said:
            self.redact(head, *self.said[step.about % len(self.said)])
        elif step.what == "edit" and self.said:
            self.edit(head, msgid, step.lines, *self.said[step.about % len(self.said)])
        elif step.what in ("PRIVMSG", "JOIN"):
            self.say(head, msgid, step)
        elif step.what == "restart":
            self.archive.files.close()
            self.archive.open(rotate_bytes=1500)
        elif step.what == "rotate":
            self.archive.files.rotate(self.now_ms, step.log)
        elif step.what == "pack":
            self.flush()
            pack(self.archive)

    def say(self, head: str, msgid: str, step: Step) -> None:
        self.said.append((step.log, msgid))
        if step.lines == 1 or step.what == "JOIN":
            self.append(step.log, f"{head} :bob!b@h {step.what} {step.log}")
            return
        self.append(step.log, f"{head};batch={msgid} :bob!b@h PRIVMSG {step.log} :1")
        for line in range(1, step.lines):
            self.append(
                step.log, f"@time={utc_text(self.now_ms)};batch={msgid} :bob!b@h PRIVMSG {step.log} :{line + 1}"
            )

    def redact(self, head: str, log: str, msgid: str) -> None:
        line = f"{head} :bob!b@h REDACT {log} {msgid}"
        self.append(log, line)
        for history in (self.archive.files, self.model):
            history.redact(log, msgid, f"{line}\r\n".encode())


    def edit(self, head: str, own: str, lines: int, log: str, msgid: str) -> None:
        about = f";draft/target-msgid={msgid}"
        if lines == 1:
            octets = f"{head}{about} :bob!b@h EDIT {log} :new {own}\r\n"
        else:
            more = f"@time={utc_text(self.now_ms)}{about};batch={own}"
            heads = [f"{head}{about};batch={own}", *[more] * (lines - 1)]
            octets = "".join(f"{one} :bob!b@h EDIT {log} :new {own} {n}\r\n" for n, one in enumerate(heads))
        for history in (self.archive.files, self.model):
            history.append(log, self.now_ms, octets.encode())
            history.edit(log, msgid, octets.encode())


def pack(archive: Archive) -> None:
    """Pack all segments but the newest."""
    packer = Packer(archive.files._disk.lock, archive.files._disk.live)
    for log in LOGS:
        for name in archive.names(log)[:-1]:
            if name.endswith(".log"):
                packer.pack_segment(str(archive.folder(log) / name))


def selectors(story: Story) -> st.SearchStrategy[Selector]:
    """Ids and moments of messages, and moments beside."""
    ids = [msgid for _, msgid in story.said] or ["000000000000zz"]
    known = st.sampled_from(ids)
    by_id = st.builds(lambda msgid: Selector(int(msgid[:9], 36), msgid), known)
    by_moment = st.builds(lambda msgid, by: Selector(int(msgid[:9], 36) + by), known, st.sampled_from([-1, 0, 1]))
    return by_id | by_moment


def told(page: Page) -> tuple[list[tuple[str, str]], dict[str, str], dict[str, list[str]]]:
    """A page, shortened: ids and texts, what took them back, and what they were edited to."""
    assert page.whole
    lines = [(entry.msgid or entry.tags["batch"], " ".join(entry.params)) for entry in page.entries]
    edits = {msgid: [entry.params[-1] for entry in edit] for msgid, edit in page.edits.items()}
    return lines, {msgid: redaction.msgid for msgid, redaction in page.redactions.items()}, edits


@settings(max_examples=50)
@given(st.lists(STEPS, max_size=50), st.data())
def test_all_questions(steps: list[Step], data: st.DataObject) -> None:
    """Whatever happened, and however it lies on disk, the archive on files says what the model says."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder), steps)
        library = Library(story.archive.root, story.archive.files.people)
        some = selectors(story)
        part = st.builds(Part, st.sampled_from(LOGS), st.none() | some, st.none() | some)
        parts = st.lists(part, min_size=1, max_size=2, unique_by=lambda part: part.log)
        for _ in range(6):
            redactions = data.draw(st.sampled_from(["ignore", "drop", "show"]))
            scope = Scope(data.draw(st.none() | st.just(SAID)), redactions=redactions)
            asked, one, other = data.draw(parts), data.draw(some), data.draw(some)
            limit, after = data.draw(st.integers(0, 8)), data.draw(st.none() | some)
            for ask in (
                lambda a: a.latest(asked, limit, after, scope),  # noqa: B023
                lambda a: a.before(asked, one, limit, scope),  # noqa: B023
                lambda a: a.after(asked, one, limit, scope),  # noqa: B023
                lambda a: a.around(asked, one, limit, scope),  # noqa: B023
                lambda a: a.between(asked, one, other, limit, scope),  # noqa: B023
            ):
                assert told(ask(library)) == told(ask(story.model))
        story.archive.files.close()


def test_only_lines_with_certain_bytes(archive: Archive) -> None:
    """``having`` passes over lines before they are parsed, but none that is wanted."""
    ids = [base36(T0, 9) + f"00{n}zz" for n in range(3)]
    heads = [f"@time={utc_text(T0)};msgid={msgid}" for msgid in ids]
    archive.said("#chat", f"{heads[0]} :bob!b@h PRIVMSG #chat :one", f"{heads[1]} :bob!b@h PRIVMSG #chat :two")
    archive.said("#chat", f"{heads[2]};+reply={ids[0]} :bob!b@h PRIVMSG #chat :three")
    library = Library(archive.root, archive.files.people)
    seen: list[str] = []

    def wanted(entry: Entry) -> bool:
        seen.append(entry.msgid)
        return True

    page = library.after([Part("#chat")], Selector(T0, ids[0]), 9, Scope(wanted=wanted, having=b"reply="))
    assert [entry.msgid for entry in page.entries] == seen == ids[2:]


def test_edits(archive: Archive) -> None:
    """The last edit counts, also after a restart; a torn one does not; the truth is there for who asks for it."""
    msgid, edits = base36(T0, 9) + "000zz", [base36(T0 + n, 9) + "000zz" for n in (1, 2)]
    archive.said("#chat", f"@time={utc_text(T0)};msgid={msgid};+reply=x :bob!b@h PRIVMSG #chat :one")
    for number, own in enumerate(edits):
        tags = f"@time={utc_text(T0 + number + 1)};msgid={own};draft/target-msgid={msgid}"
        archive.files.edit("#chat", msgid, f"{tags} :bob!b@h EDIT #chat :edit {number}\r\n".encode())
    archive.files.close()
    with (archive.folder("#chat") / "2026-11-24.redactions").open("ab") as file:
        file.write(f"@msgid=x;draft/target-msgid={msgid} :bob!b@h EDIT #chat :torn".encode())
    archive.open()
    library = Library(archive.root, archive.files.people)
    (entry,) = library.latest([Part("#chat")], 5, None, Scope(redactions="drop")).entries
    assert (entry.msgid, entry.tags["+reply"], entry.params) == (msgid, "x", ["#chat", "edit 1"])
    assert entry.body == ":bob!b@h PRIVMSG #chat :edit 1"
    assert [library.times_edited("#chat", each) for each in (msgid, edits[0])] == [2, 0]
    assert [entry.params for entry in library.latest([Part("#chat")], 5, None, Scope()).entries] == [["#chat", "one"]]


def test_nothing_of_an_edit_is_kept_where_nothing_is_logged(archive: Archive) -> None:
    """Neither for a channel that is off, nor for conversations that are."""
    msgid = base36(T0, 9) + "000zz"
    for log in ("#chat", "alice bob"):
        archive.said(log, f"@time={utc_text(T0)};msgid={msgid} :bob!b@h PRIVMSG #chat :one")
    archive.files.close()
    archive.open(off=("#c*",), conversations="off")
    for log in ("#chat", "alice bob"):
        line = f"@msgid={msgid};draft/target-msgid={msgid} :bob!b@h EDIT #chat :secret\r\n"
        archive.files.edit(log, msgid, line.encode())
        archive.files.flush()
        assert not days_in(path.name for path in archive.folder(log).iterdir())


def test_message_of_several_lines_is_whole(archive: Archive) -> None:
    """It counts once, from whichever side one comes, and what is behind it is not its own rest."""
    head = "@time=2026-11-24T00:00:00.000Z"
    ids = [base36(T0, 9) + f"00{n}zz" for n in range(3)]
    archive.said(
        "#chat",
        f"{head};msgid={ids[0]} :bob!b@h PRIVMSG #chat :first",
        f"{head};msgid={ids[1]};batch={ids[1]} :bob!b@h PRIVMSG #chat :one",
        f"{head};batch={ids[1]} :bob!b@h PRIVMSG #chat :two",
        f"{head};msgid={ids[2]} :bob!b@h PRIVMSG #chat :last",
    )
    library = Library(archive.root, archive.files.people)
    parts, scope = [Part("#chat")], Scope()

    def texts(page: Page) -> list[str]:
        return [entry.params[1] for entry in page.entries]

    assert texts(library.latest(parts, 2, None, scope)) == ["one", "two", "last"]
    assert texts(library.after(parts, Selector(T0, ids[0]), 1, scope)) == ["one", "two"]
    assert texts(library.after(parts, Selector(T0, ids[1]), 5, scope)) == ["last"]
    assert texts(library.before(parts, Selector(T0, ids[2]), 1, scope)) == ["one", "two"]
    assert texts(library.between(parts, Selector(T0, ids[2]), Selector(T0, ids[1]), 5, scope)) == []


def test_redaction_survives_and_goes_with_its_day(archive: Archive) -> None:
    """A redaction holds after a restart, and its file goes when the segments of its day have gone."""
    msgid = base36(T0, 9) + "000zz"
    line = f"@time={utc_text(T0)};msgid={msgid} :bob!b@h PRIVMSG #chat :psst"
    archive.said("#chat", line)
    archive.files.redact("#chat", msgid, f"@time={utc_text(T0 + 1)} :bob!b@h REDACT #chat {msgid}\r\n".encode())
    archive.files.close()
    archive.open(retention_days=1)
    library = Library(archive.root, archive.files.people)
    assert library.latest([Part("#chat")], 5, None, Scope(redactions="drop")).entries == []
    assert [entry.params for entry in library.latest([Part("#chat")], 5, None, Scope()).entries] == [["#chat", "psst"]]
    names = [path.name for path in archive.folder("#chat").iterdir()]
    assert days_in(names) == {"2026-11-24"}
    archive.files.tick(T0 + 400 * 86_400_000)
    assert not archive.folder("#chat").exists()


def test_refused_redaction_is_tried_again(archive: Archive) -> None:
    """What the disk does not take is kept, told to operators, and written when it can be; it holds meanwhile."""
    msgid = base36(T0, 9) + "000zz"
    archive.said("#chat", f"@time={utc_text(T0)};msgid={msgid} :bob!b@h PRIVMSG #chat :psst")
    obstacle = archive.folder("#chat") / "2026-11-24.redactions"
    obstacle.mkdir()
    archive.files.redact("#chat", msgid, f"@time={utc_text(T0)} :bob!b@h REDACT #chat {msgid}\r\n".encode())
    archive.files.flush()
    archive.files.tick(T0)
    assert archive.reports == ["Redactions cannot be written: Is a directory. They are tried again."]
    meanwhile = Library(archive.root, archive.files.people, archive.files.ledger.waiting)
    page = meanwhile.latest([Part("#chat")], 5, None, Scope(redactions="show"))
    assert [entry.params for entry in page.redactions.values()] == [["#chat", msgid]]
    assert meanwhile.latest([Part("#chat")], 5, None, Scope(redactions="drop")).entries == []
    assert not archive.files.ledger.waiting(str(archive.folder("#other"))).redactions
    obstacle.rmdir()
    archive.files.tick(T0 + 1000)
    assert not archive.files.ledger.waiting(str(archive.folder("#chat"))).redactions
    library = Library(archive.root, archive.files.people)
    assert library.latest([Part("#chat")], 5, None, Scope(redactions="drop")).entries == []


def test_targets(archive: Archive) -> None:
    """Conversations under every name somebody had while having it, and channels by their last message."""

    def say(log: str, moment_ms: int, verb: str = "PRIVMSG") -> None:
        line = f"@time={utc_text(moment_ms)};msgid={base36(moment_ms, 9)}000zz :x!x@h {verb} y :z"
        archive.said(log, line, moment_ms=moment_ms)

    for log, after_ms in (("alice bob", 10), ("alice ~bob", 20), ("carol ~al", 30), ("dan ~al", 50), ("#chat", 60)):
        say(log, T0 + after_ms)
    say("#chat", T0 + 70, "JOIN")
    library = Library(archive.root, archive.files.people)
    mine = [Tenure("alice", BEGINNING), Tenure("~al", Selector(T0 + 25), Selector(T0 + 40))]
    channels = {"#chat": Field((Part("#chat"),)), "#none": Field((Part("#none"),))}
    found = library.targets(mine, channels, T0, T0 + 1000, 10)
    assert found == [("bob", T0 + 20), ("carol", T0 + 30), ("#chat", T0 + 60)]
    assert library.targets(mine, channels, T0 + 1000, T0 + 20, 1) == [("#chat", T0 + 60)]
