"""Whatever happens to logs while they are indexed, in any order: found is what a look at every message finds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st
from indexed import T0, Indexed

from chatd.clock import base36, utc_text
from chatd.core.archive import Entry, Part, Selector, Tenure, messages
from chatd.core.search import END_MS, Field, Question
from chatd.history.lines import segments
from chatd.wire.words import Wanted

LOGS = ("#chat", "#Old", "alice bob", "alice carol")
WORDS = [
    "red", "Red", "re", "r", "cars", "car", "caf\u00e9", "CAFE", "\u4eca\u5929", "\u5929\u6c14", "\u5929",
    "\u5929a\u6c14",
    "\ud68c\uc758", "\u30ab\u3099", "\u30ac", "x_y", "x", "!", "...", "\u00bd", "\u0130i", "\u00df", "SS",
    "\x02bold\x02er",
    "\ue001alice", "a\u0301\u0301", "batch=", "\U00020000\U00020001", "0", "\u0e01\u0e33", "\u200d",
    "\u05d0\u05d1", "\u3000",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=5).flatmap(
    lambda words: st.sampled_from([" ", "", "-", "  "]).map(lambda space: space.join(words))
)
NICKS = ("bob", "Alice", "\u00e9ve")


@dataclass
class Told:
    """A message as it is now."""

    log: str
    time_ms: int
    msgid: str
    nick: str
    lines: list[str]
    path: str
    gone: bool = False


def target_of(log: str) -> str:
    """Give what lines of a log name: its channel or somebody of a conversation, never both names of that."""
    return log if log[0] == "#" else "somebody"


@dataclass
class World:
    told: Indexed
    now_ms: int = T0
    messages: list[Told] = field(default_factory=list)

    def say(self, log: str, nick: str, lines: list[str], step_ms: int, late_ms: int) -> None:
        """Log a message, of several lines perhaps, and perhaps as one that came late."""
        self.now_ms += step_ms
        time_ms = self.now_ms - late_ms
        while any(message.time_ms == time_ms for message in self.messages):
            time_ms += 1
        self.now_ms = max(self.now_ms, time_ms)
        msgid = f"{base36(time_ms, 9)}{base36(len(self.messages), 3)}abcde"
        logged = f"logged={utc_text(self.now_ms)};" if time_ms < self.now_ms else ""
        self.write(log, f"@{logged}time={utc_text(time_ms)};msgid={msgid}", nick, "PRIVMSG", lines, msgid)
        path = str(segments(self.told.archive.folder(log))[-1])
        self.messages.append(Told(log, time_ms, msgid, nick, lines, path))

    def write(self, log: str, head: str, nick: str, verb: str, lines: list[str], msgid: str) -> str:
        target = target_of(log)
        batch = f";batch={msgid}" if len(lines) > 1 else ""
        keys = ";".join(tag for tag in head[1:].split(";") if not tag.startswith("msgid="))
        heads = [f"{head}{batch}", *[f"@{keys}{batch}"] * (len(lines) - 1)]
        said = [f"{one} :{nick}!n@h {verb} {target} :{text}" for one, text in zip(heads, lines, strict=True)]
        octets = "".join(f"{line}\r\n" for line in said).encode()
        self.told.archive.files.append(log, self.now_ms, octets)
        self.told.archive.files.flush()
        return octets.decode()

    def chosen(self, number: int) -> Told | None:
        return self.messages[number % len(self.messages)] if self.messages else None

    def edit(self, number: int, lines: list[str], nick: str) -> None:
        message = self.chosen(number)
        if message is not None and not message.gone:
            self.now_ms += 1
            own = f"{base36(self.now_ms, 9)}zzzabcde"
            head = f"@time={utc_text(self.now_ms)};msgid={own};draft/target-msgid={message.msgid}"
            text = self.write(message.log, head, nick, "EDIT", lines, own)
            self.told.archive.files.edit(message.log, message.msgid, text.encode())
            self.told.archive.files.flush()
            message.lines = lines

    def redact(self, number: int) -> None:
        message = self.chosen(number)
        if message is not None:
            line = f":bob!n@h REDACT {target_of(message.log)} {message.msgid}\r\n".encode()
            self.told.archive.files.redact(message.log, message.msgid, line)
            self.told.archive.files.flush()
            message.gone = True

    def rotate(self) -> None:
        self.told.archive.files.close()
        self.told.archive.open()
        self.now_ms += 2 * 86_400_000

    def pack(self, log: str) -> None:
        self.rotate()
        self.told.pack(log)

    def prune(self, log: str) -> None:
        self.rotate()
        for path in segments(self.told.archive.folder(log))[:1]:
            stem = path.name.partition(".log")[0]
            os.unlink(path)
            for message in self.messages:
                if message.log == log and os.path.basename(message.path).partition(".log")[0] == stem:
                    message.gone = True

    def erase(self, log: str) -> None:
        self.told.archive.files.erase(log, self.now_ms + 1)
        for _ in range(3):
            self.now_ms += 1000
            self.told.archive.files.tick(self.now_ms)
        for message in self.messages:
            message.gone |= message.log == log

    def restart(self) -> None:
        self.told.indexer.close()
        self.told.indexer = self.told.new_indexer()
        self.told.indexer.prepare()

    def delete_index(self) -> None:
        self.told.editions.current()
        for path in list(self.told.folder.iterdir()):
            path.unlink()

    def answer(self, question: Question) -> list[str]:
        def may(message: Told) -> bool:
            entry = Entry(message.time_ms, message.msgid, {}, f"{message.nick}!n@h", "PRIVMSG", ["x", ""])
            return question.may_read(message.log, entry)

        found = [
            message
            for message in self.messages
            if not message.gone
            and may(message)
            and question.from_ms <= message.time_ms <= question.until_ms
            and question.nick in ("", message.nick.lower())
            and question.wanted.is_in("\n".join(message.lines))
        ]
        found.sort(key=lambda message: message.time_ms)
        some = found[: question.limit] if question.first else found[-question.limit :]
        return [message.msgid for message in some]


LINES = st.lists(TEXTS, min_size=1, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from(LOGS), st.sampled_from(NICKS), LINES,
                  st.integers(1, 5), st.sampled_from([0, 0, 0, 3, 20])),
        st.tuples(st.just("say"), st.sampled_from(LOGS[:2]), st.sampled_from(NICKS), LINES, st.integers(1, 5),
                  st.just(0)),
        st.tuples(st.just("edit"), st.integers(0, 30), st.lists(TEXTS, min_size=1, max_size=2), st.sampled_from(NICKS)),
        st.tuples(st.just("redact"), st.integers(0, 30)),
        st.tuples(st.just("pack"), st.sampled_from(LOGS)),
        st.tuples(st.sampled_from(["prune", "erase"]), st.sampled_from(LOGS)),
        st.tuples(st.sampled_from(["rotate", "restart", "delete_index", "step", "step", "step", "survey"])),
    ),
    max_size=30,
)  # fmt: skip
ENDS = st.one_of(st.none(), st.integers(0, 60).map(lambda ms: Selector(T0 + ms)))
PARTS = st.lists(st.builds(Part, st.sampled_from(LOGS[:2]), ENDS, ENDS), max_size=3).map(tuple)
NAMES = st.lists(
    st.builds(Tenure, st.sampled_from(["alice", "bob", "carol"]), ENDS.map(lambda end: end or Selector(-1)), ENDS),
    max_size=2,
).map(tuple)
QUESTIONS = st.builds(
    lambda text, parts, names, nick, ends, limit, first: Question(
        Wanted(text), (Field(parts),), names, nick, *ends, limit=limit, first=first
    ),
    st.one_of(TEXTS, TEXTS.map('"{}"'.format), TEXTS.map("{}*".format), st.just("")),
    st.one_of(PARTS, st.just((Part("#chat"), Part("#Old")))),
    NAMES,
    st.sampled_from(["", "", "bob", "alice", "\u00e9ve", "bob\nalice"]),
    st.sampled_from([(0, END_MS), (0, END_MS), (T0 + 5, END_MS), (0, T0 + 20), (T0 + 3, T0 + 30), (T0 + 9, T0 + 8)]),
    st.integers(0, 8),
    st.booleans(),
)  # fmt: skip


TAKEN_BACK_BETWEEN_TWO = [("say", "alice bob", "bob", [""], 1, 0), ("redact", 0)]
BY_ALICE = Question(Wanted(""), (Field(()),), (Tenure("alice", Selector(-1), None),), "", 0, END_MS, limit=1)


@settings(max_examples=25, deadline=None)
@example(steps=TAKEN_BACK_BETWEEN_TWO, questions=[BY_ALICE])
@given(steps=STEPS, questions=st.lists(QUESTIONS, min_size=1, max_size=8))
def test_whatever_happens(steps: list[tuple[str, ...]], questions: list[Question]) -> None:
    """Once the index is up to date."""
    with TemporaryDirectory() as folder:
        world = World(Indexed(Path(folder)))
        for name, *with_what in steps:
            if name in ("step", "survey"):
                getattr(world.told.indexer, name)()
            else:
                getattr(world, name)(*with_what)
        world.told.update()
        for question in questions:
            found = [entry.msgid for entry in world.told.finder.search(question).entries if entry.msgid]
            assert found == (world.answer(question) if question.limit else [])
        world.told.indexer.close()
        world.told.archive.files.close()


def found(told: Indexed, text: str = "", **more: object) -> list[list[str]]:
    """The messages that are found, each with its lines."""
    question = Question(Wanted(text), (Field((Part("#chat"),)),), **more)  # type: ignore[arg-type]
    return [[entry.params[1] for entry in message] for message in messages(told.finder.search(question).entries)]


def test_what_came_late(told: Indexed) -> None:
    """It is where its time is: pages from the newest back, each up to the oldest time of the one before, have it."""
    for number in range(4):
        told.tell(f"word {number}", T0 + number * 10)
    tags = f"@logged={utc_text(T0 + 30)};time={utc_text(T0 + 15)};msgid={base36(T0 + 15, 9)}zzzabcde"
    told.archive.said("#chat", f"{tags} :eve!n@h PRIVMSG #chat :late", moment_ms=T0 + 30)
    told.update()
    assert told.find(limit=2) == ["word 2", "word 3"]
    assert told.find(limit=2, until_ms=T0 + 20) == ["late", "word 2"]
    assert told.find("late", until_ms=T0 + 15) == told.find("late", from_ms=T0 + 15) == ["late"]
    assert told.find(from_ms=T0 + 16, first=True) == ["word 2", "word 3"]


def test_lines_that_come_one_by_one(told: Indexed) -> None:
    """As when the disk is full: what is indexed before it is whole is found as one message all the same."""
    msgid = f"{base36(T0, 9)}001abcde"
    for number, text in enumerate(["before", "first", "second", "third"]):
        tags = f";batch={msgid}" if number else ""
        own = f";msgid={msgid}" if number == 1 else f";msgid={base36(T0, 9)}000abcde" if not number else ""
        told.archive.said("#chat", f"@time={utc_text(T0)}{own}{tags} :bob!n@h PRIVMSG #chat :{text}")
        told.update()
    whole = ["first", "second", "third"]
    assert found(told, "first third") == found(told, "third") == found(told, "third second") == [whole]
    assert found(told) == [["before"], whole]


def test_a_word_on_two_lines(told: Indexed) -> None:
    """A line that goes on with the one before may begin in the middle of a word."""
    msgid = f"{base36(T0, 9)}001abcde"
    head = f"@time={utc_text(T0)};"
    told.archive.said(
        "#chat",
        f"{head}msgid={msgid};batch={msgid} :bob!n@h PRIVMSG #chat :good unfor",
        f"{head}batch={msgid};draft/multiline-concat :bob!n@h PRIVMSG #chat :gett",
        f"{head}batch={msgid};draft/multiline-concat :bob!n@h PRIVMSG #chat :able day",
        f"{head}batch={msgid} :bob!n@h PRIVMSG #chat :s",
    )
    told.update()
    assert len(found(told, "good unforgettable day")) == len(found(told, '"unforgettable day s"')) == 1
    assert found(told, "unfor") == found(told, "able") == found(told, "days") == []


def test_packed_while_there_was_no_index(told: Indexed) -> None:
    """A server without search wrote to a file, and packed it: what the index does not have of it is indexed."""
    told.tell(f"early {'x ' * 5000}")
    told.update()
    told.indexer.close()
    told.tell(f"late {'x ' * 5000}", T0 + 1)
    told.archive.files.close()
    told.pack()
    told.indexer = told.new_indexer()
    told.update()
    assert [text[:5] for text in told.find("x")] == ["early", "late "]


def test_what_no_server_wrote(told: Indexed) -> None:
    """A folder whose name is no text, and an id that is none, do not keep others from being indexed."""
    strange = told.archive.root / "channels" / "#%ed%a0%80"
    strange.mkdir(parents=True)
    (strange / "2026-11-24T00-00-00.000Z.log").write_text(f"@time={utc_text(T0)} :bob!n@h PRIVMSG #x :hi\n")
    told.edits("zzzz", "strange", T0)
    (path,) = segments(told.archive.folder("#chat"))
    told.archive.files.close()
    path.write_bytes(path.read_bytes().replace(b"zzzz", b"\xff"))
    told.tell("ordinary", T0 + 1)
    told.update()
    assert told.find() == ["ordinary"]
