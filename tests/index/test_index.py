"""What is found: all that was said and may be read, whatever happened to the files, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from indexed import DAY, T0, Indexed, merge

from chatd.core.archive import NEVER, Entry, Page, Part, Selector, Tenure
from chatd.core.search import Field, Question
from chatd.history.lines import segments
from chatd.index.asking import Offers
from chatd.index.book import Book
from chatd.index.finder import Finder
from chatd.index.sheet import Message
from chatd.wire.words import Wanted


def test_words(told: Indexed) -> None:
    """Words are found in the order of time, the newest when there are too many."""
    for number, text in enumerate(["a fast car", "nothing", "Fast food", "it is FAST"]):
        told.tell(text, T0 + number)
    told.update()
    assert told.find("fast") == ["a fast car", "Fast food", "it is FAST"]
    assert told.find("fast", limit=2) == ["Fast food", "it is FAST"]
    assert told.find("fast", limit=2, first=True) == ["a fast car", "Fast food"]
    assert told.find("fast is") == ["it is FAST"]
    assert told.find() == ["a fast car", "nothing", "Fast food", "it is FAST"]
    assert told.find("slow") == []


def test_phrases_and_beginnings(told: Indexed) -> None:
    """The index does not know the order of words; the logs do."""
    for text in ("red car", "car red", "redder cars"):
        told.tell(text)
    told.update()
    assert told.find('"red car"') == ["red car"]
    assert told.find("red*") == ["red car", "car red", "redder cars"]


def test_chinese_japanese_korean(told: Indexed) -> None:
    """Any part of a text that is written without spaces, one letter too."""
    weather, meeting = "\u4eca\u5929\u5929\u6c14\u5f88\u597d", "\ud68c\uc758\ub294"
    tower = "\u6771\u4eac\u30bf\u30ef\u30fc"
    for text in (weather, tower, meeting):
        told.tell(text)
    told.update()
    assert told.find("\u5929\u6c14") == told.find("\u5929\u6c14\u5f88") == told.find("\u597d") == [weather]
    assert told.find("\u4eca\u6c14") == []
    assert told.find("\u30bf\u30ef\u30fc") == [tower]
    assert told.find("\ud68c\uc758") == [meeting]


def test_who_said_it_and_when(told: Indexed) -> None:
    """from, and moments on both sides, which are included."""
    for day in range(4):
        told.tell(f"day {day}", T0 + day * DAY, nick="Alice" if day % 2 else "bob")
    told.update()
    assert told.find("day", nick="alice") == ["day 1", "day 3"]
    assert told.find("day", nick="eve") == []
    assert told.find("day", from_ms=T0 + DAY, until_ms=T0 + 2 * DAY) == ["day 1", "day 2"]


def test_other_logs_are_not_found(told: Indexed) -> None:
    """Only what was handed in as readable, and those parts of it."""
    ids = [told.tell(f"secret {number}", T0 + number, log) for number, log in enumerate(["#chat", "#other", "#chat"])]
    told.update()
    assert told.find("secret") == ["secret 0", "secret 2"]
    assert told.find("secret", "#none") == []
    since = Field((Part("#chat", Selector(T0 + 1)),))
    until = Field((Part("#chat", None, Selector(T0, ids[0])),))
    assert told.ask(Question(Wanted("secret"), (since,))) == ["secret 2"]
    assert told.ask(Question(Wanted("secret"), (until,))) == ["secret 0"]
    assert told.ask(Question(Wanted("secret"), (Field((Part("#chat"),), lambda entry: "0" in entry.params[1]),))) == [
        "secret 0"
    ]


def test_conversations_of_a_name(told: Indexed) -> None:
    """Those of the two people only, and of the time in which somebody had the name."""
    told.tell("mine", T0, "alice bob")
    told.tell("mine too", T0 + 5, "alice carol")
    told.tell("theirs", T0, "bob carol")
    told.update()
    alice = Tenure("alice", Selector(-1))
    assert told.ask(Question(Wanted(""), (), (alice,))) == ["mine", "mine too"]
    assert told.ask(Question(Wanted(""), (), (alice._replace(since=Selector(T0 + 1)),))) == ["mine too"]
    assert told.ask(Question(Wanted(""), (), (alice._replace(until=Selector(T0 + 1)),))) == ["mine"]
    assert told.ask(Question(Wanted(""), (), (Tenure("nobody", Selector(-1)),))) == []


def test_much_that_may_not_be_read(told: Indexed) -> None:
    """How often something was said in what one may not read makes no difference: no answer is given up for it."""
    for number in range(50):
        told.tell("secret", T0 + number)
        told.tell("secret", T0 + number, "alice bob")
    told.update()
    finder = Finder(told.archive.root, told.editions, str.lower, candidates=20)
    since = Selector(T0 + 60)
    for question in (
        Question(Wanted("secret"), (Field((Part("#chat", since),)),)),
        Question(Wanted("secret"), (Field((Part("#chat", since),)),), (Tenure("alice", since), Tenure("x", NEVER))),
        Question(Wanted("secret"), (), (Tenure("alice", NEVER),)),
    ):
        assert finder.search(question) == finder.search(replace(question, wanted=Wanted("never said")))
    told.tell("secret", T0 + 60)
    told.update()
    assert len(finder.search(Question(Wanted("secret"), (Field((Part("#chat", since),)),))).entries) == 1


def test_much_that_is_not_shown(told: Indexed) -> None:
    """Nor does it tell how often something was said that is hidden, was taken back, or has another text by now."""
    told.tell("secret, but shown", T0)
    for number in range(1, 31):
        told.tell("secret", T0 + number, nick="hidden")
        msgid = told.tell("secret", T0 + number)
        told.archive.files.redact("#chat", msgid, f"@msgid=x :bob!n@h REDACT #chat {msgid}\r\n".encode())
        told.edits(told.tell("secret", T0 + number), "harmless", T0 + 100 + number)
    told.archive.files.flush()
    told.update()
    finder = Finder(told.archive.root, told.editions, str.lower, candidates=20)
    field = Field((Part("#chat"),), lambda entry: entry.nick != "hidden")
    page = finder.search(Question(Wanted("secret"), (field,)))
    assert ([entry.params[1] for entry in page.entries], page.whole) == (["secret, but shown"], True)


class Clock:
    """A clock that goes on by a second whenever somebody looks at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return float(self.looks)


def test_a_question_takes_no_longer_than_it_may(told: Indexed) -> None:
    """Reading messages counts; the answer has what was found until then, and says that it is not all."""
    for number in range(30):
        told.tell(f"word {number}", T0 + number)
    told.update()
    clock = Clock()
    finder = Finder(told.archive.root, told.editions, str.lower, clock=clock)
    question = Question(Wanted("word"), (Field((Part("#chat"),)),), limit=30, wait_s=1000)
    assert finder.search(question) == told.finder.search(question)
    page = finder.search(replace(question, wait_s=clock.looks - 15))
    found = [entry.params[1] for entry in page.entries]
    assert not page.whole
    assert 0 < len(found) < 30
    assert found == [f"word {number}" for number in range(30 - len(found), 30)]


def test_the_database_takes_no_longer_than_it_may(told: Indexed) -> None:
    """However long it would work for one beginning of words; the next question of the same thread is answered."""
    for number in range(3000):
        told.tell(" ".join(f"a{number * 7 + place}" for place in range(7)), T0 + number)
    told.update()
    clock = Clock()
    finder = Finder(told.archive.root, told.editions, str.lower, clock=clock)
    question = Question(Wanted("a*"), (Field((Part("#chat"),)),), limit=5, wait_s=2)
    assert finder.search(question) == Page([], False)
    assert clock.looks < 10
    assert len(finder.search(replace(question, wait_s=100_000)).entries) == 5


def test_volumes(told: Indexed) -> None:
    """Messages are in volumes, which grow, whatever order they come in; nothing shows that."""
    book = Book(told.editions.current(), writing=True, volume_messages=40)
    moments = [*range(100, 300), *range(90, 150), *range(280, 330)]
    for place in range(0, len(moments), 3):
        piece = moments[place : place + 3]
        messages = [Message(moment, place, "bob", ["word"]) for moment in piece]
        book.add("#chat", "stem", place + 1, messages)
        if place % 2:
            book.save()
            merge(book)
    book.save()
    volumes = book.volumes()
    assert sum(volume.messages for volume in volumes) == len(moments)
    assert len(volumes) < 30
    assert 20 <= max(volume.messages for volume in volumes) <= 40
    for low, high in ((0, 1000), (95, 115), (110, 110), (0, 89), (310, 400)):
        expected = sorted(moment for moment in moments if low <= moment <= high)
        for first in (True, False):
            question = Question(Wanted("word"), (Field((Part("#chat"),)),), from_ms=low, until_ms=high, first=first)
            found = [offer.moment_ms for offer in Offers(book, question, lambda: False)]
            assert found == (expected if first else expected[::-1])
    book.close()


def test_few_files_are_open(told: Indexed) -> None:
    """However many files and conversations have the words: what a search has open, nobody else can open."""
    for number in range(60):
        told.tell(f"rare {number}", T0 + number * DAY)
        told.tell(f"rare {number}", T0 + number * DAY, f"alice bob{number}")
    told.update()
    told.archive.files.close()
    before, most = len(os.listdir("/proc/self/fd")), 0

    def sees(entry: Entry) -> bool:
        nonlocal most
        most = max(most, len(os.listdir("/proc/self/fd")) - before)
        return True

    question = Question(
        Wanted("rare"), (Field((Part("#chat"),), sees),), (Tenure("alice", Selector(-1)),), limit=200
    )  # fmt: skip
    assert len(told.ask(question)) == 120
    assert 0 < most < 25
    assert len(os.listdir("/proc/self/fd")) <= before + 3


def test_what_is_said_to_a_rank(told: Indexed) -> None:
    """Only for those who may read it."""
    told.archive.said("#chat", f"@time=2026-11-24T00:00:00.000Z;msgid={'0' * 17} :bob!b@h PRIVMSG @#chat :ops only")
    told.update()
    assert told.find("ops") == []
    assert told.ask(Question(Wanted("ops"), (Field((Part("#chat"),), ranked=True),))) == ["ops only"]


def test_several_lines_are_one_message(told: Indexed) -> None:
    """A message of several lines is found as a whole, by words of any line."""
    msgid = told.tell("first", tags=";batch=b1")
    folder = told.archive.folder("#chat")
    (path,) = segments(folder)
    text = path.read_text().replace("batch=b1", f"batch={msgid}")
    told.archive.files.close()
    path.write_text(f"{text}@time=2026-11-24T00:00:00.000Z;batch={msgid} :bob!n@h PRIVMSG #chat :second\n")
    told.update()
    assert told.find("second first") == ["first", "second"]


def test_redaction(told: Indexed) -> None:
    """What was taken back is not found, without the index being made anew."""
    msgid = told.tell("wrong window")
    told.update()
    assert told.find("wrong") == ["wrong window"]
    told.archive.files.redact("#chat", msgid, f":bob!n@h REDACT #chat {msgid}\r\n".encode())
    told.archive.files.flush()
    assert told.find("wrong") == []


def test_redaction_that_the_disk_refuses(told: Indexed) -> None:
    """It holds all the same."""
    msgid = told.tell("wrong window")
    told.update()
    (told.archive.folder("#chat") / "2026-11-24.redactions").mkdir()
    told.archive.files.redact("#chat", msgid, f":bob!b@h REDACT #chat {msgid}\r\n".encode())
    told.archive.files.flush()
    waiting = told.archive.files.ledger.waiting
    told.finder = Finder(told.archive.root, told.editions, str.lower, waiting=waiting)
    assert told.find("wrong") == []


def test_edits(told: Indexed) -> None:
    """By the text it has now, at its own place in time, once, and never by a former text."""
    ids = [told.tell(text, T0 + DAY * day) for day, text in enumerate(["first word", "second word", "third word"])]
    told.edits(ids[0], "corrected word", T0 + 3 * DAY)
    told.tell("later word", T0 + 3 * DAY + 1)
    told.update()
    assert told.find("first") == []
    assert told.find("corrected") == ["corrected word"]
    assert told.find("word") == ["corrected word", "second word", "third word", "later word"]
    assert told.find("word", limit=2) == ["third word", "later word"]
    assert told.find("word", until_ms=T0) == ["corrected word"]
    assert told.find("corrected", from_ms=T0 + 1) == []
    told.edits(ids[0], "final", T0 + 4 * DAY)
    assert told.find("corrected") == told.find("first") == []
    told.update()
    assert told.find("corrected") == []
    assert told.find("final") == told.find("", until_ms=T0) == ["final"]
    told.archive.files.redact("#chat", ids[0], f":bob!n@h REDACT #chat {ids[0]}\r\n".encode())
    told.archive.files.flush()
    assert told.find("final") == []


def test_edits_under_another_nickname(told: Indexed) -> None:
    """from= means who a message was said by, whatever its author was called when it was edited."""
    one = told.tell("first word", T0, nick="Bob")
    told.tell("another word", T0 + 1, nick="eve")
    told.edits(one, "new word", T0 + DAY, nick="robert")
    told.edits(told.tell("hers", T0 + 2, nick="eve"), "new as well", T0 + DAY + 1, nick="eve")
    told.update()
    assert told.find("new", nick="bob") == told.find("word", nick="bob") == told.find("", nick="bob") == ["new word"]
    assert told.find("new", nick="eve") == ["new as well"]
    assert told.find("new", nick="robert") == []


def test_edits_of_what_may_not_be_read(told: Indexed) -> None:
    """Whoever may not read a message does not find it by an edit, whenever that was."""
    msgid = told.tell("draft", T0)
    told.edits(msgid, "secret", T0 + DAY)
    told.update()
    assert told.ask(Question(Wanted("secret"), (Field((Part("#chat", Selector(T0 + 1)),)),))) == []
    assert told.ask(Question(Wanted("secret"), (Field((Part("#other"),)),))) == []


def test_edit_of_what_is_gone(told: Indexed) -> None:
    """The edit alone is no message."""
    msgid = told.tell(f"draft {'x ' * 5000}", T0)
    told.edits(msgid, "corrected", T0 + DAY)
    told.update()
    told.archive.files.close()
    os.unlink(segments(told.archive.folder("#chat"))[0])
    assert told.find("corrected") == []


def test_what_was_just_written(told: Indexed) -> None:
    """The writer says what it wrote; only that is looked at, from where the index ends."""
    told.tell("one")
    told.update()
    told.tell("two", T0 + 1)
    (path,) = segments(told.archive.folder("#chat"))
    told.indexer.wrote([str(path)])
    told.indexer.step()
    assert told.find() == ["one", "two"]


def test_a_torn_line(told: Indexed) -> None:
    """What has no end yet is left for later, and then found once."""
    told.tell("one")
    (path,) = segments(told.archive.folder("#chat"))
    whole = path.read_bytes()
    later = whole.replace(b":one", b":twofold").replace(b"abcde ", b"fghij ")
    path.write_bytes(whole + later[:-4])
    told.update()
    assert told.find() == ["one"]
    path.write_bytes(whole + later)
    told.update()
    assert told.find() == ["one", "twofold"]


def test_packing_and_pruning(told: Indexed) -> None:
    """A packed file is read where it is; what is deleted is found no more."""
    for day in range(3):
        told.tell(f"day {day} {'x ' * 5000}", T0 + day * DAY)
    told.update()
    told.archive.files.close()
    told.pack()
    assert len(told.find("day")) == 3
    told.update()
    assert len(told.find("day")) == 3
    os.unlink(segments(told.archive.folder("#chat"))[0])
    assert [text[:5] for text in told.find("day")] == ["day 1", "day 2"]
    told.update()
    assert [text[:5] for text in told.find("day")] == ["day 1", "day 2"]


def test_a_line_without_a_moment(told: Indexed) -> None:
    """What is no time in a damaged line does not keep the others from being found."""
    told.tell("one")
    (path,) = segments(told.archive.folder("#chat"))
    told.archive.files.close()
    spoilt = path.read_bytes()
    path.write_bytes(spoilt.replace(b"time=2026-11-24T00:00:00", b"time=2026-11-24T00:0x:0y") + spoilt)
    told.update()
    assert told.find("one") == ["one"]


def test_a_restart_goes_on(told: Indexed) -> None:
    """What is indexed is not indexed again."""
    told.tell("one")
    told.update()
    told.indexer.close()
    told.tell("two", T0 + 1)
    told.indexer = told.new_indexer()
    told.update()
    assert told.find() == ["one", "two"]


WORDS = ["red", "Red", "car", "cars", "\u4eca\u5929", "\u5929\u6c14", "\u5929", "caf\u00e9", "re-d", "!", " "]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(said=st.lists(st.tuples(TEXTS, st.sampled_from(["#chat", "#other"]), st.integers(0, 3)), max_size=25),
       wanted=TEXTS, limit=st.integers(1, 6), first=st.booleans())  # fmt: skip
def test_as_if_all_was_looked_through(
    said: list[tuple[str, str, int]], wanted: str, limit: int, first: bool
) -> None:
    """The answer is what looking through the logs gives."""
    with TemporaryDirectory() as folder:
        told = Indexed(Path(folder))
        moment_ms = T0
        expected = []
        for text, log, step in said:
            moment_ms += step
            told.tell(text, moment_ms, log)
            if log == "#chat" and Wanted(wanted).is_in(text):
                expected.append(text)
        told.update()
        found = told.find(wanted, "#chat", limit=limit, first=first)
        assert found == (expected[:limit] if first else expected[-limit:])
        told.indexer.close()
