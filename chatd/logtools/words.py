"""A logged line in the three forms that people and programs are given: a sentence, JSON, the line as it stands.

Knows the verbs that logs hold; what it does not know is shown as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from chatd.clock import utc_text
from chatd.core.archive import Entry
from chatd.core.clienttags import TARGET_MSGID
from chatd.history.entry import read_entry
from chatd.history.gap import is_comment
from chatd.wire.formatting import is_action, strip_formatting

Form = Callable[[str, bytes], str]
"""What writes a line of a log, given the log's name."""

_UNPRINTABLE: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")


def clean(text: str) -> str:
    """A text without colours, and without anything that does something to a terminal."""
    return _UNPRINTABLE.sub("\ufffd", strip_formatting(text))


def spoken(entry: Entry) -> str:
    """The text that somebody wrote, of a message, a topic or a reason."""
    if entry.verb in ("QUIT", "NICK"):
        return " ".join(entry.params)
    return " ".join(entry.params[1:])


def sentence(entry: Entry) -> str:
    """Say in words what happened."""
    params = [clean(param) for param in entry.params]
    wording = _WORDINGS.get(entry.verb)
    try:
        if wording is not None:
            return wording(entry, params)
    except IndexError:
        pass
    return clean(" ".join((entry.source, entry.verb, *entry.params)))


def because(params: list[str], place: int) -> str:
    """A reason in brackets, if there is one."""
    return f" ({params[place]})" if len(params) > place and params[place] else ""


def _said(entry: Entry, params: list[str]) -> str:
    nick, target = clean(entry.nick), params[0]
    rank = f" (to {target})" if entry.for_a_rank else ""
    if entry.verb == "NOTICE":
        return f"-{nick}- {params[1]}{rank}"
    if is_action(entry.params[1]):
        return f"* {nick} {clean(entry.params[1][7:].strip(chr(1) + ' '))}{rank}"
    return f"<{nick}> {params[1]}{rank}"


def _reacted(entry: Entry, params: list[str]) -> str:
    about = entry.tags.get("+reply") or entry.tags.get("+draft/reply", "")
    for name, did in (("+draft/react", "reacts with"), ("+draft/unreact", "takes back")):
        if name in entry.tags:
            return f"* {clean(entry.nick)} {did} {clean(entry.tags[name])}{f' to {clean(about)}' if about else ''}"
    tags = " ".join(f"{name}={value}" if value else name for name, value in entry.tags.items() if name[0] == "+")
    return f"* {clean(entry.nick)} sends {clean(tags)}"


_WORDINGS: Final[dict[str, Callable[[Entry, list[str]], str]]] = {
    "PRIVMSG": _said,
    "NOTICE": _said,
    "TAGMSG": _reacted,
    "JOIN": lambda entry, params: f"* {clean(entry.source)} joins",
    "PART": lambda entry, params: f"* {clean(entry.nick)} leaves{because(params, 1)}",
    "QUIT": lambda entry, params: f"* {clean(entry.nick)} quits{because(params, 0)}",
    "KICK": lambda entry, params: f"* {clean(entry.nick)} kicks {params[1]}{because(params, 2)}",
    "NICK": lambda entry, params: f"* {clean(entry.nick)} is now {params[0]}",
    "MODE": lambda entry, params: f"* {clean(entry.nick)} sets mode {' '.join(params[1:])}",
    "TOPIC": lambda entry, params: f"* {clean(entry.nick)} sets the topic: {params[1]}",
    "RENAME": lambda entry, params: f"* {clean(entry.nick)} renames {params[0]} to {params[1]}{because(params, 2)}",
    "EDIT": lambda entry, params: f"* {clean(entry.nick)} edits {clean(entry.tags.get(TARGET_MSGID, ''))}: {params[1]}",
    "REDACT": lambda entry, params: f"* {clean(entry.nick)} takes back {params[1]}{because(params, 2)}",
}


def moment_text(entry: Entry) -> str:
    """The moment (UTC) as a column of fixed width."""
    text = utc_text(entry.time_ms) if entry.time_ms >= 0 else "-"
    return text[:19].replace("T", " ").ljust(19)


def as_text(name: str, line: bytes) -> str:
    """``2026-11-24 02:29:39 <bob> hi``."""
    if is_comment(line):
        return clean(line.decode("utf-8", "replace"))
    entry = read_entry(line)
    return f"{moment_text(entry)} {sentence(entry)}"


def as_irc(name: str, line: bytes) -> str:
    """The line as it stands; bytes that are not UTF-8 come out again as they were."""
    return line.decode("utf-8", "surrogateescape")


def as_json(name: str, line: bytes) -> str:
    """One object: log, time, msgid, source, verb, params, tags; or log and comment."""
    if is_comment(line):
        return json.dumps({"log": name, "comment": line.decode("utf-8", "replace")}, ensure_ascii=False)
    entry = read_entry(line)
    shown = {
        "log": name,
        "time": entry.tags.get("time", ""),
        "msgid": entry.msgid,
        "source": entry.source,
        "verb": entry.verb,
        "params": entry.params,
        "tags": {key: value for key, value in entry.tags.items() if key not in ("time", "msgid")},
    }
    return json.dumps(shown, ensure_ascii=False)


FORMS: Final[dict[str, Form]] = {"text": as_text, "irc": as_irc, "json": as_json}
