"""Makes logs, their index, and asks it: messages indexed per CPU second, size of the index, time of questions.

    python benchmarks/search.py [--messages 10000000] [--rounds 200] [--folder DIR] [--only KIND]

Words are drawn as in languages (Zipf), from 50,000; every tenth message is Chinese. Half of the files are packed before
questions are asked. Questions are about three of four channels, for 50 messages each, and include reading them. With a
folder the files stay, and are used again.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.starting import starting
from chatd.clock import base36, utc_text
from chatd.core.archive import Part, Selector
from chatd.core.search import Field, Question
from chatd.history.naming import folder_of, segment_name
from chatd.history.packing import Packer
from chatd.index.editions import Editions
from chatd.index.finder import Finder
from chatd.index.indexer import Indexer
from chatd.index.pace import Pace
from chatd.tap import collect_rarely
from chatd.wire.words import Wanted

T0 = 1_700_000_000_000
STEP_MS = 97
CHANNELS = ("#one", "#two", "#three", "#four")
SEGMENT_MESSAGES = 25_000
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
FIELD = Field(tuple(Part(channel) for channel in CHANNELS[:3]))


class Language:
    """Words that are as frequent as words are."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))

    def word(self) -> str:
        return self.words[min(bisect(self._weights, random.random() * self._weights[-1]), len(self.words) - 1)]


WESTERN = Language([base36(number * 7919 % 60_466_176, 3 + number % 6) for number in range(50_000)])
CHINESE = Language([chr(0x4E00 + number * 7 % 6000) + chr(0x4E00 + number * 13 % 6000) for number in range(6_000)])


def text() -> str:
    if random.random() < 0.1:
        return "".join(CHINESE.word() for _ in range(random.randint(3, 10)))
    return " ".join(WESTERN.word() for _ in range(random.randint(3, 15)))


def make_logs(root: Path, messages: int) -> int:
    """Write files of four channels that take turns; gives their size."""
    texts = [text() for _ in range(100_000)]
    size_bytes = 0
    for number in range(0, messages, SEGMENT_MESSAGES):
        channel = CHANNELS[number // SEGMENT_MESSAGES % len(CHANNELS)]
        folder = folder_of(root, channel)
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for place in range(number, min(number + SEGMENT_MESSAGES, messages)):
            moment_ms = T0 + place * STEP_MS
            said = texts[random.randrange(len(texts))]
            lines.append(
                f"@time={utc_text(moment_ms)};msgid={base36(moment_ms, 9)}000abcde "
                f":u{place % 97}!~u@host{place % 97} PRIVMSG {channel} :{said}\n"
            )
        size_bytes += (folder / segment_name(T0 + number * STEP_MS)).write_bytes("".join(lines).encode())
        print(f"\rmaking logs: {number + len(lines)} messages", end="", flush=True)
    print()
    return size_bytes


def make(root: Path, editions: Editions, messages: int) -> str:
    """Write the logs and make their index, and pack half of the files; gives what that took in words."""
    size_bytes = make_logs(root, messages)
    indexer = Indexer(root, editions, str.lower, pace=Pace(1))
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    indexer.survey()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    indexer.close()
    index_bytes = sum(file.stat().st_size for file in editions.current().parent.iterdir())
    files = sorted(root.rglob("*.log"))
    for file in files[: len(files) // 2]:
        Packer(Lock(), set()).pack_segment(str(file))
    return (
        f"indexed per CPU second: {messages / cpu_s:,.0f} messages (wall {wall_s:.0f} s)\n"
        f"logs {size_bytes / 1e6:,.0f} MB, index {index_bytes / 1e6:,.0f} MB, "
        f"{index_bytes / messages:.0f} bytes a message"
    )


def timed(name: str, finder: Finder, rounds: int, ask: Callable[[], Question]) -> None:
    """Print how long a kind of question takes."""
    wall, cpu, found = [], [], 0
    for _ in range(rounds):
        question = ask()
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        found += len(finder.search(question).entries)
        cpu.append((time.process_time() - cpu_s) * 1000)
        wall.append((time.perf_counter() - wall_s) * 1000)
    print(
        f"{name:44} found {found / rounds:4.1f} CPU median {statistics.median(cpu):6.1f} ms, worst {max(cpu):6.1f} ms; "
        f"wall median {statistics.median(wall):6.1f} ms, worst {max(wall):6.1f} ms",
        flush=True,
    )


def asking(text: Callable[[], str], field: Field = FIELD, **more: Any) -> Callable[[], Question]:
    """Questions with some text, of the same kind otherwise."""
    return lambda: Question(Wanted(text()), (field,), limit=50, **more)


def rare() -> str:
    """A word that some thousand messages of ten million have."""
    return random.choice(WESTERN.words[20_000:])


def kinds(messages: int) -> dict[str, Callable[[], Question]]:
    """What is asked, by its name."""
    western, chinese, choice = WESTERN.word, CHINESE.word, random.choice
    frequent = WESTERN.words[:10]
    begins, ends = Selector(T0 + messages // 3 * STEP_MS), Selector(T0 + (messages // 3 + 1000) * STEP_MS)
    few = Field((Part("#nobody"), *(Part(channel, begins, ends) for channel in CHANNELS)))
    old = {"until_ms": T0 + messages // 100 * STEP_MS}
    return {
        "one word": asking(western),
        "two words": asking(lambda: f"{western()} {western()}"),
        "three words": asking(lambda: f"{western()} {western()} {western()}"),
        "a word, any as likely": asking(lambda: choice(WESTERN.words)),
        "two words, any as likely": asking(lambda: " ".join(random.sample(WESTERN.words, 2))),
        "two words in order": asking(lambda: f'"{western()} {western()}"'),
        "a word that nobody said": asking(lambda: f"no{western()}no"),
        "two frequent words, never together": asking(lambda: f"{choice(frequent)} {choice(CHINESE.words[:9])}"),
        "Chinese, two letters": asking(chinese),
        "Chinese, one letter": asking(lambda: chinese()[0]),
        "first three letters of a word": asking(lambda: f"{western()[:3]}*"),
        "first two": asking(lambda: f"{western()[:2]}*"),
        "first one": asking(lambda: f"{western()[:1]}*"),
        "first one, each as likely": asking(lambda: f"{choice(LETTERS)}*"),
        "a rare word, and the first letter of another": asking(lambda: f"{rare()} {choice(LETTERS)}*"),
        "from somebody": asking(str, nick="u7"),
        "a word, from somebody": asking(western, nick="u7"),
        "a rare word, from somebody": asking(rare, nick="u7"),
        "frequent words, from who said nothing": asking(lambda: choice(frequent), nick="nobody"),
        "a word, where one may read little": asking(western, few),
        "a frequent word, where one may read little": asking(lambda: choice(frequent), few),
        "a word, before an old moment": asking(western, **old),
        "a word, after an old moment, first": asking(western, from_ms=old["until_ms"], first=True),
        "a word, in compressed files": asking(western, until_ms=T0 + messages // 2 * STEP_MS),
        "nothing but a limit": asking(str),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--folder", help="where to make the files, and keep them")
    parser.add_argument("--only", default="", help="kinds of questions with this in their name (a regular expression)")
    options = parser.parse_args()
    random.seed(1)
    collect_rarely()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(options.folder or folder)
        root = place / "data" / "history"
        editions = Editions(place / "data" / "index")
        made = place / f"made-{options.messages}"
        if not made.exists():
            made.write_text(make(root, editions, options.messages))
        print(made.read_text(), flush=True)
        finder = Finder(root, editions, str.lower)
        for name, ask in kinds(options.messages).items():
            if re.search(options.only, name):
                timed(name, finder, options.rounds, ask)
        if options.only:
            return
        print(f"a start with all that: {starting(place, CHANNELS[0])}")


if __name__ == "__main__":
    main()
