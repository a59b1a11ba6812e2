"""The line of every key, table and list element of a TOML document."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.config.places import lines_of
from chatd.config.written import Place, written


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", {}),
        ("# a = 1\n\na = 1 # b = 2\nc = 2", {("a",): 3, ("c",): 4}),
        ("a.b = 1\na.c = 2", {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
        ("\n[a]\n\n[a.b]\nc = 1", {("a",): 2, ("a", "b"): 4, ("a", "b", "c"): 5}),
        (' [ a . "b.c" ] # d\n', {("a",): 1, ("a", "b.c"): 1}),
        ("\"a\\u0062\" = 1\n'a\\b' = 1", {("ab",): 1, ("a\\b",): 2}),
        ("[[a]]\nb = 1\n[[a]]\nb = 1",
         {("a",): 1, ("a", 0): 1, ("a", 0, "b"): 2, ("a", 1): 3, ("a", 1, "b"): 4}),
        ("[[a]]\n[[a.b]]\n[a.c]\n[[a]]\n[[a.b]]\n[[a.b]]",
         {("a",): 1, ("a", 0): 1, ("a", 0, "b"): 2, ("a", 0, "b", 0): 2, ("a", 0, "c"): 3,
          ("a", 1): 4, ("a", 1, "b"): 5, ("a", 1, "b", 0): 5, ("a", 1, "b", 1): 6}),
        ("a = [\n  1, # ]\n  'x]',\n\n  [2,\n3],\n]\nb = []",
         {("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 2): 5, ("a", 2, 0): 5, ("a", 2, 1): 6, ("b",): 8}),
        ("a = [{b = 1, c.d = 2},\n {}, {e = [3]}]",
         {("a",): 1, ("a", 0): 1, ("a", 0, "b"): 1, ("a", 0, "c"): 1, ("a", 0, "c", "d"): 1,
          ("a", 1): 2, ("a", 2): 2, ("a", 2, "e"): 2, ("a", 2, "e", 0): 2}),
        ('a = """\n[b]\nc = 1 \\\n"" \\""" """\nd = 1', {("a",): 1, ("d",): 5}),
        ("a = '''\n[b]\n'' \\'''\nd = 1", {("a",): 1, ("d",): 4}),
        ('a = """x"""""\nb = ""\nc = """"""\nd = \'\'\'\'\'\'\'\'\ne = 1979-05-27 07:32:00',
         {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4, ("e",): 5}),
    ],
)  # fmt: skip
def test_lines(source: str, lines: dict[Place, int]) -> None:
    """Strings, comments and nesting of every kind do not confuse the scan."""
    tomllib.loads(source)
    assert lines_of(source) == lines


def test_a_document_that_is_not_toml() -> None:
    """The scan is for what the parser accepted; it does not guess about the rest."""
    with pytest.raises(ValueError, match="not valid TOML at character 6"):
        lines_of("a = 1\n= 2")


def places_in(value: Any, place: Place = ()) -> set[Place]:
    """Every place in what tomllib made of a document."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return {place}.union(*(places_in(child, (*place, key)) for key, child in children)) - {()}


WORDS = [
    *"ab.=[]{},#\"' \\\n1", "[[", "]]", '"#"', '"""', "'''", '"""\n', "'''\n",
    "a = 1\n", "[a]\n", "[[a]]\n", "[a.b]\n", "[[b.a]]\n", "b = ", "[1,\n",
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=20).map("".join))
def test_the_scan_finds_what_the_parser_finds(source: str) -> None:
    """In every valid document each key and element has a line."""
    try:
        tables = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return
    found = lines_of(source)
    assert set(found) == places_in(tables)
    assert all(1 <= line <= source.count("\n") + 1 for line in found.values())


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS)
def test_text_is_written_as_toml_reads_it(text: str) -> None:
    """Whatever the text, what is written is one printable line that reads back the same."""
    line = written(text)
    assert line.isprintable()
    assert tomllib.loads(f"a = {line}") == {"a": text}


VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def spread(value: Any) -> str:
    """Write a value with every element of a list on a line of its own."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)} = {spread(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[ # [\n" + "".join(f"{spread(inner)},\n" for inner in value) + "]"
    return written(value)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_nested_values_are_found_on_their_lines(tables: dict[str, Any]) -> None:
    """Keys of any spelling, and lists and inline tables within each other."""
    source = "".join(f"{written(key)} = {spread(value)}\n" for key, value in tables.items())
    assert tomllib.loads(source) == tables
    found = lines_of(source)
    assert set(found) == places_in(tables)
    rows = source.split("\n")
    assert all(rows[found[(key,)] - 1].startswith(f"{written(key)} = ") for key in tables)
