"""The grammar of lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from speaking import format_line

from chatd.wire.message import escape, fit, format_tags, middle, parse, parse_tags, unescape

ANY = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs",)), max_size=12)
MIDDLES = ANY.filter(lambda text: bool(text) and text[0] != ":" and " " not in text)
VERBS = st.text("ABCXYZ012", min_size=1, max_size=6)
SOURCES = st.just("") | MIDDLES
KEYS = st.text("+abc/.-1", min_size=1, max_size=6)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=10)


@settings(max_examples=200, deadline=None)
@given(SOURCES, VERBS, st.lists(MIDDLES, max_size=5), st.none() | ANY)
def test_what_is_formatted_parses_back(source: str, verb: str, middles: list[str], last: str | None) -> None:
    """A line means the same after being written and read."""
    params = middles if last is None else [*middles, last]
    assert parse(format_line(source, verb, *params)) == ({}, source, verb, params)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_tags_survive_being_written(tags: dict[str, str]) -> None:
    """Any value can be a tag's value, for escaping takes its spaces, semicolons and line ends away."""
    text = format_tags(tags)
    assert not set(text) & set(" \r\n")
    assert parse(f"@{text} PING x") == (tags, "", "PING", ["x"])


@settings(max_examples=300, deadline=None)
@given(ANY)
def test_nothing_makes_the_parser_raise(line: str) -> None:
    """Every line gives something: words without the spaces between them."""
    _, _, verb, params = parse(line)
    assert " " not in verb
    assert all(" " not in param for param in params[:-1])


@pytest.mark.parametrize(
    ("line", "verb", "params"),
    [
        ("PING", "PING", []),
        ("PRIVMSG #a :", "PRIVMSG", ["#a", ""]),
        ("PRIVMSG #a ::-)", "PRIVMSG", ["#a", ":-)"]),
        ("PRIVMSG #a :a :b", "PRIVMSG", ["#a", "a :b"]),
        ("PRIVMSG #a hello", "PRIVMSG", ["#a", "hello"]),
        ("MODE  #a   +b  ", "MODE", ["#a", "+b"]),
        ("JOIN a:b", "JOIN", ["a:b"]),
        ("  PING x", "PING", ["x"]),
        ("", "", []),
        ("   ", "", []),
    ],
)
def test_parameters(line: str, verb: str, params: list[str]) -> None:
    """The last parameter may be empty or hold spaces after its ":"; runs of spaces separate once."""
    assert parse(line) == ({}, "", verb, params)


def test_tags_and_source() -> None:
    """Tags come first, then the source, then the verb."""
    assert parse("@a=1;b;c= :x!y@z PRIVMSG a b") == ({"a": "1", "b": "", "c": ""}, "x!y@z", "PRIVMSG", ["a", "b"])


def test_escapes() -> None:
    """If a lone backslash exists at the end of an escaped value, it is dropped."""
    assert escape("; \\\r\n") == r"\:\s\\\r\n"
    assert unescape(r"\:\s\\\r\n") == "; \\\r\n"
    assert unescape("a\\") == "a"
    assert unescape(r"\b") == "b"


def test_the_last_of_a_repeated_tag_counts() -> None:
    """If a tag key occurs more than once, the last occurrence is used."""
    assert parse_tags("a=1;a=2") == {"a": "2"}


@pytest.mark.parametrize(
    ("text", "shown"), [("#a", "#a"), ("", "*"), ("two words", "two"), (":x", "*"), (" x", "*"), ("a:b", "a:b")]
)
def test_what_stands_before_the_last_parameter(text: str, shown: str) -> None:
    """nospcrlfcl: a middle parameter is not empty, holds no space and does not begin with a colon."""
    assert middle(text) == shown


@pytest.mark.parametrize(
    ("word", "shown"), [("x" * 12, "x" * 12), ("x" * 40, "x" * 14), ("é" * 20, "é" * 7), ("€" * 20, "€" * 4)]
)
def test_a_reply_that_is_too_long_keeps_its_text(word: str, shown: str) -> None:
    """The longest parameter is cut, between characters, so that the last one is whole."""
    line = fit([":s", "401", "al", word, "b", ":No such nick"], 40)
    assert line == f":s 401 al {shown} b :No such nick"
    assert len(line.encode()) <= 40


def test_a_reply_of_nothing_but_text_is_cut_at_its_end() -> None:
    """There is nothing else to cut."""
    assert fit([":s", "371", "al", ":" + "x" * 90], 40) == ":s 371 al :" + "x" * 29
