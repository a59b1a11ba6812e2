"""Where logs live: names on disk are safe, readable, and never shared by two logs."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.clock import utc_text
from chatd.history.naming import escape, folder_of, segment_moment_ms, segment_name

ROOT = Path("/logs")
TRICKY = (
    "aAbBkK#&+%~./\\ \0\r\n-_|*?:=é\u00c9e\u0301\u0327\u0338\u00df\u1e9e\u212a\u0345\u03b1\u1fb3"
    "\u03c2\u03c3\u0130\u0131\uac00\u1100\u1161\U0001f600\u4e2d\u202e\ud800"
)
NAMES = st.text(st.sampled_from(TRICKY), max_size=12) | st.text(max_size=120)


def as_a_mac_sees_it(name: str) -> str:
    """Fold as file systems do that ignore case and normalisation."""
    for _ in range(3):
        name = unicodedata.normalize("NFD", name.casefold())
    return name


@pytest.mark.parametrize(
    ("log", "path"),
    [
        ("#chat", "channels/#chat"),
        ("#c++", "channels/#c++"),
        ("#python-dev.de", "channels/#python-dev.de"),
        ("#中文", "channels/#中文"),
        ("#été", "channels/#été"),
        ("#Été", "channels/#%c3%89té"),
        ("#..", "channels/#.%2e"),
        ("#../../etc/passwd", "channels/#..%2f..%2fetc%2fpasswd"),
        ("..", "channels/%2e%2e"),
        (".hidden", "channels/%2ehidden"),
        ("#a\0b", "channels/#a%00b"),
        ("#Chat", "channels/#%43hat"),
        ("", "channels/%"),
        ("alice bob", "private/alice+bob"),
        ("a|away [bob]", "private/a%7caway+[bob]"),
        ("a+b c", "private/a%2bb+c"),
    ],
)
def test_folder(log: str, path: str) -> None:
    """Ordinary names stay as they are, everything that could do harm is percent-encoded."""
    assert folder_of(ROOT, log) == ROOT / path


@given(NAMES, NAMES)
def test_escape_keeps_names_apart(one: str, other: str) -> None:
    """Two names never share a folder, also where case and normalisation are ignored."""
    same = as_a_mac_sees_it(escape(one)) == as_a_mac_sees_it(escape(other))
    assert same == (one == other)


@given(NAMES)
def test_escape_keeps_variants_apart(name: str) -> None:
    """Names that differ in case or normalisation only are the hardest to keep apart."""
    variants = {name, name.lower(), name.upper(), name.casefold()}
    variants |= {unicodedata.normalize(form, each) for each in variants for form in ("NFC", "NFD")}
    assert len({as_a_mac_sees_it(escape(each)) for each in variants}) == len(variants)


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_conversations_stay_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two conversations never share a folder; nicknames hold no space."""
    one, other = [(a.replace(" ", ""), b.replace(" ", "")) for a, b in (one, other)]
    folders = [folder_of(ROOT, " ".join(pair)) for pair in (one, other)]
    assert (as_a_mac_sees_it(folders[0].name) == as_a_mac_sees_it(folders[1].name)) == (one == other)


@given(NAMES | st.text(min_size=200, max_size=400))
def test_escaped_names_are_safe(name: str) -> None:
    """A name on disk is one component, visible, and short enough for every file system."""
    on_disk = os.fsencode(folder_of(ROOT, name).name)
    assert folder_of(ROOT, name).parent.parent == ROOT
    assert 0 < len(on_disk) <= 240
    assert not on_disk.startswith((b".", b"-")) and not on_disk.endswith(b".")
    assert not set(on_disk) & set(b'\0\r\n\t/\\:*?"<>| ')


def test_long_names_are_cut_and_still_differ() -> None:
    """A long name keeps its beginning, and two that differ at the far end differ on disk."""
    one, other = escape("#" + "é" * 200), escape("#" + "é" * 199 + "è")
    assert one != other
    assert one.startswith("#ééé") and len(one.encode()) <= 240
    assert len(folder_of(ROOT, f"{'a' * 300} {'b' * 300}").name) <= 240


def test_a_cut_name_cannot_be_chosen() -> None:
    """The name that a long one gets on disk stands for another channel when somebody uses it."""
    cut = escape("#" + "x" * 300)
    assert escape(cut) != cut


@given(st.integers(0, 253_402_300_799_999), st.integers(0, 253_402_300_799_999))
def test_segments_sort_as_their_moments(one: int, other: int) -> None:
    """The text order of segment names is the order of their moments, and the moment reads back."""
    assert segment_moment_ms(segment_name(one)) == one
    assert (segment_name(one) < segment_name(other)) == (one < other)


def test_segment_name() -> None:
    """A segment is named by its first moment in UTC."""
    assert segment_name(1_795_479_330_123) == "2026-11-24T00-15-30.123Z.log"
    assert utc_text(1_795_479_330_123) == "2026-11-24T00:15:30.123Z"


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "2026-11-24T00-15-30.123Z.log.bak",
        "2026-13-24T00-15-30.123Z.log",
        "2026-11-24T00-15-30.123Z.log\n",
        "２026-11-24T00-15-30.123Z.log",
        ".2026-11-24T00-15-30.123Z.log",
    ],
)
def test_other_files_are_no_segments(name: str) -> None:
    """Only files named exactly as ours count, and only those are ever deleted."""
    assert segment_moment_ms(name) is None
