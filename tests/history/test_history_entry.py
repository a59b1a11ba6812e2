"""Lines read back: the quick way for what is most frequent gives what the grammar gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.clock import read_moment
from chatd.core.archive import Entry
from chatd.history.entry import read_entry, read_said
from chatd.wire.message import parse


def by_the_grammar(line: bytes) -> Entry:
    """What a line says, without a short way for any."""
    text = line.decode("utf-8", "replace")
    tags, source, verb, params = parse(text)
    tags = {name: value for name, value in tags.items() if name != "logged"}
    time_ms = read_moment(tags.get("time", ""))
    body = text.partition(" ")[2] if text[:1] == "@" else text
    return Entry(-1 if time_ms is None else time_ms, tags.get("msgid", ""), tags, source, verb, params, body)


PIECES = st.sampled_from([
    "@time=2026-11-24T02:29:39.354Z;msgid=0mwu2tsii0006jq1x", "@time=2026-13-24T02:29:39.354Z;msgid=a", ";msgid=b",
    "@time=2026-11-24T02:29:60.354Z;msgid=a", "@msgid=a;time=2026-11-24T02:29:39.354Z", ";account=bob", ";account=",
    ";account=b\\\\b", ";+x=1", ";+x", ";+=1", ";+x=a=b", ";draft/target-msgid=0mw", ";batch=b", ";time=x", ";bot", ";",
    "@logged=2026-11-24T02:29:39.354Z;time=2026-11-24T02:29:39.354Z;msgid=0mw", " ", "  ", " :bob!b@h", " :", ":bob",
    " PRIVMSG", " NOTICE", " EDIT", " REDACT", " JOIN", " privmsg", " #chat", " @#chat", " bob", " :hi there",
    " :", "é", " : :-) ", "\\", "\r", "\x00", "٣",
])  # fmt: skip
USUAL = st.tuples(
    st.just("@time=2026-11-24T02:29:39.354Z;msgid=0mwu2tsii0006jq1x"), PIECES, PIECES, st.just(" :bob!b@h"), PIECES,
    PIECES, PIECES, PIECES,
).map("".join)  # fmt: skip


@settings(max_examples=1000)
@given(st.one_of(st.lists(PIECES, max_size=10).map("".join), USUAL).map(str.encode))
def test_any_line(line: bytes) -> None:
    """Whichever way a line is read, it is the same."""
    assert read_entry(line) == by_the_grammar(line)


HEAD = "@time=2026-11-24T02:29:39.354Z;msgid=0mwu2tsii0006jq1x"


@pytest.mark.parametrize(
    "line",
    [
        f"{HEAD} :bob!b@h PRIVMSG #chat :hi",
        f"{HEAD};account=bob :bob!b@h NOTICE alice ::-) : é",
        f"{HEAD};account=bob;+reply=0mwu;+draft/react=x;batch=0mwu2tsii0006jq1x :bob!b@h PRIVMSG #chat :",
        f"{HEAD};draft/target-msgid=0mwu2tsii0005jq1x :bob!b@h EDIT #chat :better",
    ],
)
def test_usual_lines(line: str) -> None:
    """What people say is read the quick way."""
    assert read_said(line.encode()) == by_the_grammar(line.encode())


@pytest.mark.parametrize(
    "line",
    [
        f"{HEAD} :bob!b@h JOIN #chat",
        f"{HEAD};+x=\\s :bob!b@h PRIVMSG #chat :hi",
        "@time=2026-02-30T02:29:39.354Z;msgid=a :bob!b@h PRIVMSG #chat :hi",
        "# gap: 12 lines lost",
    ],
)
def test_unusual_lines(line: str) -> None:
    """Everything else is not."""
    assert read_said(line.encode()) is None
