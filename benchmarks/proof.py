"""Compares log files with what clients know: nothing lost, nothing twice, ids and order as they were shown."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from benchmarks.crowd import Book
from chatd.history.entry import line_key, read_entry
from chatd.history.gap import lost_lines
from chatd.history.lines import events, lines
from chatd.logtools.check import check
from chatd.logtools.output import Output
from chatd.logtools.places import all_logs


def problems(book: Book, history: Path, marked_losses: bool = False) -> list[str]:
    """Compare the log files with what clients know; with ``marked_losses`` what is lost may be, if gaps say so."""
    found: list[str] = []
    places: dict[str, tuple[str, int]] = {}
    ids: dict[str, str] = {}
    for log in all_logs(history):
        found += log_problems(log.name, list(events(log.path)), book, places, ids, marked_losses)
    missing = book.known - places.keys()
    lost = lines_lost(history)
    if marked_losses and lost != len(missing):
        found.append(f"gaps speak of {lost} lines, but {len(missing)} are lost")
    elif missing and not marked_losses:
        found += [f"known to clients but not in the log: {text[:60]}" for text in sorted(missing)[:10]]
    return found + shown_otherwise(book, places, ids)


def log_problems(
    name: str,
    octets: list[bytes],
    book: Book,
    places: dict[str, tuple[str, int]],
    ids: dict[str, str],
    with_holes: bool,
) -> list[str]:
    """Look at one log by itself, and note where each text is."""
    found = []
    key = b""
    known_ids = set(ids.values())
    numbers: dict[str, int] = {}
    for place, line in enumerate(octets):
        own = line_key(line) or b""
        if own < key:
            found.append(f"{name}: a time falls: {line[:60]!r}")
        key = max(key, own)
        entry = read_entry(line)
        if entry.verb != "PRIVMSG":
            continue
        text = entry.params[1]
        if text in places or entry.msgid in known_ids:
            found.append(f"{name}: twice: {text[:60]} {entry.msgid}")
        if book.said.get(text) != name:
            found.append(f"{name}: nobody said that here: {text[:60]}")
        known_ids.add(entry.msgid)
        ids[text] = entry.msgid
        places[text] = (name, place)
        stage, nick, _, number, _ = text.split(" ")
        expected = numbers.get(f"{stage} {nick}", -1) + 1
        if int(number) != expected and not (with_holes and int(number) > expected):
            found.append(f"{name}: a hole or a change of order: {text[:60]}")
        numbers[f"{stage} {nick}"] = int(number)
    return found


def shown_otherwise(book: Book, places: dict[str, tuple[str, int]], ids: dict[str, str]) -> list[str]:
    """Find what was shown under another id, in another order, or twice."""
    found = []
    for (_, nick, log), shown in book.seen.items():
        last = -1
        for text, msgid in shown:
            if text not in places:
                continue
            where, place = places[text]
            if where != log or place <= last or ids[text] != msgid:
                found.append(f"{nick} was shown it otherwise: {text[:60]}")
            last = place
    return found


def check_problems(history: Path) -> list[str]:
    """What `chatd log check` says."""
    collected = BytesIO()
    with Output(collected) as output:
        status = check(all_logs(history), False, output)
    return collected.getvalue().decode().splitlines()[:10] if status else []


def messages_logged(history: Path) -> int:
    """How many messages all logs have."""
    return sum(b" PRIVMSG " in line for log in all_logs(history) for line in events(log.path))


def lines_lost(history: Path) -> int:
    """How many lines the gaps of all logs speak of."""
    return sum(lost_lines(line) for log in all_logs(history) for line in lines(log.path))
