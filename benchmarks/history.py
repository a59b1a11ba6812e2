"""Times the history store on a log made for it: reading pages, listing conversations, appending, starting a server.

Makes its files in a temporary folder and deletes them, but for those of the channel when a folder is given, which are
used again. CPU time is that of this process, user and system; "cold" drops the pages of the files that are read from
the system's memory before each question.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.paging import paging
from benchmarks.starting import starting
from chatd.clock import Clock, base36, utc_text
from chatd.config import Config
from chatd.config.settings import History
from chatd.core.archive import Page, Scope, Selector, Tenure
from chatd.core.clienttags import TARGET_MSGID
from chatd.history.files import LogFiles
from chatd.history.library import Library
from chatd.history.naming import folder_of, segment_name
from chatd.history.packing import Packer
from chatd.history.reader import Reader
from chatd.history.redactions import DAY_LETTERS, ENDING
from chatd.history.view import by_moment, by_msgid
from chatd.testing import Stage

T0 = 1_700_000_000_000
STEP_MS = 3_137
CHANNEL = "#big"
UNSEARCHED = "\n[history]\nsearch = false\ncompress_days = 0\n"
WORDS = "the quick brown fox jumps over a lazy dog while nobody at all is looking at what it does there"


def moment_of(number: int) -> int:
    return T0 + number * STEP_MS


def id_of(number: int) -> str:
    return base36(moment_of(number), 9) + "000abcde"


def make_channel(root: Path, messages: int, segments: int, packed: int) -> int:
    """Write the channel's segments, and pack the older ones, unless an earlier run did; gives the size of the text."""
    folder = folder_of(root, CHANNEL)
    made = root.parent / f"made-{messages}-{segments}"
    if made.exists():
        return int(made.read_text())
    folder.mkdir(parents=True)
    texts = [" ".join(random.sample(WORDS.split(" "), 9)) for _ in range(1000)]
    size_bytes = 0
    for segment in range(segments):
        first, last = segment * messages // segments, (segment + 1) * messages // segments
        lines = [
            f"@time={utc_text(moment_of(n))};msgid={id_of(n)} :u{n % 97}!~u@host{n % 97} "
            f"PRIVMSG {CHANNEL} :{texts[n % 1000]}\n"
            for n in range(first, last)
        ]
        path = folder / segment_name(moment_of(first))
        size_bytes += path.write_bytes("".join(lines).encode())
        if segment < segments * packed // 100:
            Packer(Lock(), set()).pack_segment(str(path))
        print(f"\rmaking segments: {segment + 1} of {segments}", end="", flush=True)
    print()
    made.write_text(str(size_bytes))
    return size_bytes


def forget_pages(folder: Path) -> None:
    """Let the system drop what it remembers of the files."""
    for name in os.listdir(folder):
        fd = os.open(folder / name, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def timed(name: str, ask: Callable[[], Page], rounds: int, before: Callable[[], None] = lambda: None) -> None:
    """Print the median and the worst of a question, in CPU and wall time."""
    cpu, wall = [], []
    for _ in range(rounds):
        before()
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        page = ask()
        cpu.append((time.process_time() - cpu_s) * 1000)
        wall.append((time.perf_counter() - wall_s) * 1000)
        assert page.whole
    print(
        f"{name:34} CPU median {statistics.median(cpu):6.2f} ms, worst {max(cpu):6.2f} ms; "
        f"wall median {statistics.median(wall):6.2f} ms, worst {max(wall):6.2f} ms"
    )


def known(number: int) -> Selector:
    selector = by_msgid(id_of(number))
    assert selector
    return selector


def questions(reader: Reader, messages: int) -> Iterator[tuple[str, Callable[[], Page]]]:
    def any_one() -> int:
        return random.randrange(messages)

    yield "LATEST 100", lambda: reader.latest(CHANNEL, 100)
    yield "BEFORE id, 100", lambda: reader.before(CHANNEL, known(any_one()), 100)
    yield "BEFORE moment, 100", lambda: reader.before(CHANNEL, by_moment(moment_of(any_one())), 100)
    yield "AFTER id, 100", lambda: reader.after(CHANNEL, known(any_one()), 100)
    yield "AROUND id, 100", lambda: reader.around(CHANNEL, known(any_one()), 100)
    yield "BETWEEN ids, 100", lambda: reader.between(CHANNEL, known(any_one()), known(any_one()), 100)


def reading(root: Path, messages: int, segments: int, rounds: int) -> None:
    for packed in (0, 99):
        directory = root / f"packed-{packed}"
        place = directory / "data" / "history"
        size_bytes = make_channel(place, messages, segments, packed)
        folder = folder_of(place, CHANNEL)
        on_disk = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{messages} messages in {segments} segments, {packed} % packed: {size_bytes} bytes, {on_disk} on disk")
        before_bytes = resident_bytes()
        for name, ask in questions(Reader(place), messages):
            ask()
            timed(name, ask, rounds)
            timed(f"{name}, cold", ask, max(3, rounds // 10), lambda folder=folder: forget_pages(folder))  # type: ignore[misc]
        commanding(place, messages, rounds)
        paging(directory, CHANNEL, T0, commands(messages), rounds)
        print(f"memory: {before_bytes / 1e6:.1f} MB before all that, {resident_bytes() / 1e6:.1f} MB after")
        with tempfile.TemporaryDirectory() as empty:
            print(f"a start without history: {starting(Path(empty), CHANNEL, UNSEARCHED)}")
        print(f"a start with it: {starting(directory, CHANNEL, UNSEARCHED)}", flush=True)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def commanding(place: Path, messages: int, rounds: int) -> None:
    """CHATHISTORY from the line that comes in to the bytes that go out, in one thread."""
    stage = Stage(Config(history=History(access="members")))
    stage.now_s = moment_of(messages) / 1000
    stage.server.archive = Library(place, stage.server.archive)  # type: ignore[arg-type]
    client = stage.connect("alice", caps="draft/chathistory batch server-time message-tags")
    client.session.allowance = 1e9
    client.sends(f"JOIN {CHANNEL}")
    stage.server.network.channels[CHANNEL].begin(Selector(0))
    for name, line in commands(messages).items():
        cpu = []
        for _ in range(rounds):
            client.take()
            asked = line()
            cpu_s = time.process_time()
            client.sends(asked)
            cpu.append((time.process_time() - cpu_s) * 1000)
            assert len(client.take()) > 2
        print(f"command {name:26} CPU median {statistics.median(cpu):6.2f} ms, worst {max(cpu):6.2f} ms")


def commands(messages: int) -> dict[str, Callable[[], str]]:
    """Questions as clients ask them."""

    def any_one() -> str:
        return f"msgid={id_of(random.randrange(messages - 100))}"

    return {
        "LATEST 100": lambda: f"CHATHISTORY LATEST {CHANNEL} * 100",
        "BEFORE id, 100": lambda: f"CHATHISTORY BEFORE {CHANNEL} {any_one()} 100",
        "AFTER id, 100": lambda: f"CHATHISTORY AFTER {CHANNEL} {any_one()} 100",
        "AROUND id, 100": lambda: f"CHATHISTORY AROUND {CHANNEL} {any_one()} 100",
        "BETWEEN ids, 100": lambda: f"CHATHISTORY BETWEEN {CHANNEL} {any_one()} {any_one()} 100",
    }


def editing(root: Path, rounds: int) -> None:
    """Read messages of a day on which 1,000 were edited, those on the page all."""
    folder = folder_of(root, CHANNEL)
    folder.mkdir(parents=True)
    said, edited = [], []
    for number in range(1000):
        moment_ms = T0 + number
        msgid, source = f"{base36(moment_ms, 9)}000abcde", f"u{number % 97}!~u@host{number % 97}"
        time_tag = f"@time={utc_text(moment_ms)}"
        said.append(f"{time_tag};msgid={msgid} :{source} PRIVMSG {CHANNEL} :{WORDS[:50]}\n")
        edited.append(f"{time_tag};msgid={msgid}x;{TARGET_MSGID}={msgid} :{source} EDIT {CHANNEL} :{WORDS[:60]}\n")
    (folder / segment_name(T0)).write_text("".join(said))
    (folder / f"{utc_text(T0)[:DAY_LETTERS]}{ENDING}").write_text("".join(edited))
    os.utime(folder, (1, 1))
    scope = Scope(frozenset(("PRIVMSG", "NOTICE")), redactions="show")
    reader = Reader(root)
    assert len(reader.latest(CHANNEL, 100, scope=scope).edits) == 100
    timed("LATEST 100, all edited", lambda: reader.latest(CHANNEL, 100, scope=scope), rounds)
    timed("the same for the first time", lambda: Reader(root).latest(CHANNEL, 100, scope=scope), rounds)


def appending(root: Path, lines: int, logs: int) -> None:
    """Append to many logs, a flush for every hundred lines, as busy turns of the reactor have it."""
    files = LogFiles(root / "append", History(), print, lambda job: None, str.lower)
    clock = Clock(time.time)
    names = [f"#c{number}" for number in range(logs)]
    tags = f"@time={clock.text};msgid={clock.next_id()}"
    line = f"{tags} :bob!~bob@host PRIVMSG #chat :{WORDS[:60]}\r\n".encode()
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    for number in range(lines):
        files.append(names[number * 7 % logs], clock.moment(), line)
        if number % 100 == 99:
            files.flush()
    files.flush()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    print(f"append over {logs} logs: {lines / cpu_s:,.0f} events per CPU second, {lines / wall_s:,.0f} per second")
    files.close()


def listing(root: Path, conversations: int) -> None:
    """TARGETS of one who has many conversations, among as many of others."""
    files = LogFiles(root, History(), print, lambda job: job(), str.lower)
    for number in range(conversations):
        moment_ms = moment_of(number)
        line = f"@time={utc_text(moment_ms)};msgid={id_of(number)} :alice!a@h PRIVMSG user{number} :hi\n".encode()
        files.append(f"alice user{number}", moment_ms, line)
        files.append(f"other{number} user{number}", moment_ms, line)
        files.flush()
    files.close()
    files = LogFiles(root, History(), print, lambda job: job(), str.lower)
    cpu: dict[str, list[float]] = defaultdict(list)
    for name in ("the first time ever", *["then"] * 9, *["after a restart"] * 9):
        if name == "after a restart":
            files = LogFiles(root, History(), print, lambda job: job(), str.lower)
        library = Library(root, files.people)
        cpu_s = time.process_time()
        found = library.targets([Tenure("alice", Selector(T0 - 1))], {}, moment_of(conversations), 0, 100)
        cpu[name].append((time.process_time() - cpu_s) * 1000)
        assert len(found) == 100
    for name, each in cpu.items():
        print(f"TARGETS of {conversations} conversations, {name}: CPU median {statistics.median(each):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--segments", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--appends", type=int, default=500_000)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--folder", help="where to make the files of the channel, and keep them")
    options = parser.parse_args()
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for logs in (1, 1000):
            appending(root / str(logs), options.appends, logs)
        listing(root / "conversations", options.conversations)
        editing(root / "edited", options.rounds)
        kept = Path(options.folder) if options.folder else root
        reading(kept, options.messages, options.segments, options.rounds)


if __name__ == "__main__":
    main()
