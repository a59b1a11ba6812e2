"""What the index offers for a question, against a look at every message, while volumes are made, merged and cleared."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from indexed import Indexed, merge

from chatd.core.archive import NEVER, Part, Selector, Tenure
from chatd.core.search import Field, Question
from chatd.index.asking import Offers
from chatd.index.book import Book
from chatd.index.editions import Editions
from chatd.index.sheet import Message
from chatd.wire.words import Wanted

LOGS = ("#a", "#b", "#c", "ann bob", "ann eve")
WORDS = [f"{letter}{number}" for letter in "abcd" for number in range(12)]
WEIGHTS = [1 / (rank + 1) for rank in range(len(WORDS))]
STEP = 50
END = object()


class Said(NamedTuple):
    log: str
    stem: str
    message: Message


def filled(path: Path, volume_messages: int, many: int) -> tuple[Book, list[Said]]:
    """A book with messages that came nearly in order, in volumes of several sizes, and what is in it.

    Volumes become larger while messages are added.
    """
    book, said = Book(path, writing=True, volume_messages=volume_messages), []
    places: dict[tuple[str, str], int] = {}
    merging = book.merging()
    for number in range(0, many, STEP):
        log, stem = random.choice(LOGS), str(number // (many // 4))
        piece = []
        for moment in range(number, number + random.randrange(1, STEP)):
            place = places[log, stem] = places.get((log, stem), 0) + 1
            words = random.choices(WORDS, WEIGHTS, k=random.randrange(6))
            shift = random.choice([0, 0, 0, -1, -3 * STEP, -many]) if random.random() < 0.1 else 0
            piece.append(Message(max(0, moment + shift), place, random.choice("uvw"), words, shift < -1))
        piece.sort(key=lambda message: message.place)
        said += [Said(log, stem, message) for message in piece]
        book.add(log, stem, places[log, stem], piece)
        if random.random() < 0.5:
            book.save()
            for _ in islice(merging, random.randrange(20)):
                pass
            if next(merging, END) is END:
                merging = book.merging()
    book.save()
    return book, said


def asked(many: int) -> Question:
    """Some question, of words, beginnings, somebody, moments, and places that one may read."""
    words = [word[: random.randrange(1, 4)] + random.choice(["", "*"]) for word in random.choices(WORDS, WEIGHTS, k=3)]
    moments = sorted(random.choices([0, many // 3, many // 2, many, many * 2], k=4))
    parts = tuple(
        Part(log, random.choice([None, Selector(moments[0])]), random.choice([None, Selector(moments[3])]))
        for log in random.sample([*LOGS[:3], "#none"], random.randrange(4))
    )
    ends = [None, Selector(moments[2]), NEVER]
    names = [Tenure(name, Selector(moments[1]), random.choice(ends)) for name in ("ann", "eve", "x")]
    return Question(
        Wanted(" ".join(words[: random.randrange(4)])),
        (Field(parts),),
        tuple(random.sample(names, random.randrange(3))),
        random.choice(["", "", "", "u", "nobody"]),
        random.choice([0, moments[1]]),
        random.choice([many * 3, moments[2]]),
        first=random.random() < 0.5,
    )


def is_meant(question: Question, log: str, message: Message) -> bool:
    """What the index knows of it; who said what is edited it does not."""
    folk = log.split(" ") if " " in log else []
    reads = [(part.log == log, part.since, part.until) for field in question.fields for part in field.parts]
    reads += [(tenure.name in folk, tenure.since, tenure.until) for tenure in question.names]
    return (
        question.from_ms <= message.moment_ms <= question.until_ms
        and (question.nick in ("", message.nick) or message.is_edit)
        and question.wanted.is_in(" ".join(message.words))
        and any(
            here
            and (since is None or since.moment_ms <= message.moment_ms)
            and (until is None or message.moment_ms <= until.moment_ms)
            for here, since, until in reads
        )
    )


def check(book: Book, said: list[Said], questions: list[Question]) -> None:
    """Every message that is meant is offered once, in order, and nothing else."""
    for question in questions:
        offered = list(Offers(book, question, lambda: False))
        moments = [offer.moment_ms for offer in offered]
        assert moments == sorted(moments, reverse=not question.first)
        found = {(offer.log, offer.stem, offer.place) for offer in offered}
        assert len(found) == len(offered)
        assert found == {(log, stem, m.place) for log, stem, m in said if is_meant(question, log, m)}


@pytest.mark.parametrize(("volume_messages", "many"), [(64, 1000), (300, 3000), (65_536, 8000)])
def test_as_a_look_at_everything(tmp_path: Path, volume_messages: int, many: int) -> None:
    """Words, beginnings, who said it, when, and where somebody may read."""
    random.seed(volume_messages)
    book, said = filled(Editions(tmp_path).current(), volume_messages, many)
    assert sum(volume.messages for volume in book.volumes()) == len(said)
    assert max(volume.messages for volume in book.volumes()) <= volume_messages
    check(book, said, [asked(many) for _ in range(150)])
    gone = {(log, stem) for log, stem, _ in said if log == "#b" or (log == "#a" and stem == "1")}
    for _ in book.remove(gone):
        pass
    said = [each for each in said if (each.log, each.stem) not in gone]
    assert sum(volume.messages for volume in book.volumes()) == len(said)
    check(book, said, [asked(many) for _ in range(150)])
    merge(book)
    check(book, said, [asked(many) for _ in range(50)])
    book.close()


def test_no_more_than_is_asked_for(told: Indexed) -> None:
    """Volumes before those that have the answer are not looked at, however many there are."""
    book = Book(told.editions.current(), writing=True, volume_messages=10)
    for moment in range(200):
        book.add("#a", "stem", moment + 1, [Message(moment, moment, "u", ["word"])])
    book.save()
    assert len(book.volumes()) == 20
    looked = 0

    def look() -> bool:
        nonlocal looked
        looked += 1
        return False

    offers = iter(Offers(book, Question(Wanted("word"), (Field((Part("#a"),)),)), look))
    assert [next(offers).moment_ms for _ in range(10)] == list(range(199, 189, -1))
    assert looked == 1
    book.close()
