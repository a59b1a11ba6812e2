"""Makes logs, their index, and asks it: messages indexed per CPU second, size of the index, time of questions.

    python benchmarks/search.py [--messages 10000000] [--rounds 200] [--folder DIR]

Words are drawn as in languages (Zipf), from 50,000; every tenth message is Chinese. Half of the files are packed before
questions are asked. Questions are about three of four channels, for 50 messages each, and include reading them. With a
folder the files stay, and are used again.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from threading import Lock

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.starting import starting
from chatd.clock import base36, utc_text
from chatd.core.archive import Part
from chatd.core.search import Field, Question
from chatd.history.naming import folder_of, segment_name
from chatd.history.packing import Packer
from chatd.index.editions import Editions
from chatd.index.finder import Finder
from chatd.index.indexer import Indexer
from chatd.index.pace import Pace
from chatd.wire.words import Wanted

T0 = 1_700_000_000_000
STEP_MS = 97
CHANNELS = ("#one", "#two", "#three", "#four")
SEGMENT_MESSAGES = 25_000
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


def timed(name: str, finder: Finder, text: Callable[[], str], rounds: int, **more: int) -> None:
    """Print how long a kind of question takes."""
    wall, cpu, found = [], [], 0
    for _ in range(rounds):
        question = Question(Wanted(text()), (FIELD,), limit=50, **more)  # type: ignore[arg-type]
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        found += len(finder.search(question).entries)
        cpu.append((time.process_time() - cpu_s) * 1000)
        wall.append((time.perf_counter() - wall_s) * 1000)
    print(
        f"{name:23} found {found / rounds:4.1f} CPU median {statistics.median(cpu):6.1f} ms, worst {max(cpu):6.1f} ms; "
        f"wall median {statistics.median(wall):6.1f} ms, worst {max(wall):6.1f} ms",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--folder", help="where to make the files, and keep them")
    options = parser.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(options.folder or folder)
        root = place / "data" / "history"
        editions = Editions(place / "data" / "index")
        made = place / f"made-{options.messages}"
        if not made.exists():
            made.write_text(make(root, editions, options.messages))
        print(made.read_text(), flush=True)
        finder = Finder(root, editions, str.lower)
        middle = T0 + options.messages // 2 * STEP_MS
        timed("one word", finder, WESTERN.word, options.rounds)
        timed("two words", finder, lambda: f"{WESTERN.word()} {WESTERN.word()}", options.rounds)
        timed("a word, any as likely", finder, lambda: random.choice(WESTERN.words), options.rounds)
        timed("two, any as likely", finder, lambda: " ".join(random.sample(WESTERN.words, 2)), options.rounds)
        timed("Chinese, two letters", finder, CHINESE.word, options.rounds)
        for letters, name in ((3, "three letters"), (2, "two letters"), (1, "one letter")):
            timed(f"beginning, {name}", finder, lambda many=letters: f"{WESTERN.word()[:many]}*", options.rounds)  # type: ignore[misc]
        timed("packed, before a moment", finder, WESTERN.word, options.rounds, until_ms=middle)
        timed("nothing but a limit", finder, str, options.rounds)
        print(f"a start with all that: {starting(place, CHANNELS[0])}")


if __name__ == "__main__":
    main()
