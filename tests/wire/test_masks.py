"""Wildcards."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.wire.casemap import CASEMAPPINGS
from chatd.wire.masks import compile_mask, glob, normalize


@settings(max_examples=500, deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_mean_what_they_mean_elsewhere(pattern: str, text: str) -> None:
    """* matches any number of any characters, ? exactly one; the standard library agrees."""
    assert glob(pattern, text) == fnmatchcase(text, pattern)


def naive(pattern: str, text: str) -> bool:
    """Wildcards as one would define them; exponential, so for short texts."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return naive(pattern[1:], text) or (bool(text) and naive(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@settings(max_examples=500, deadline=None)
@given(st.text("ab*?\n.", max_size=7), st.text("ab\n.", max_size=7))
def test_wildcards_mean_what_they_are_defined_to_mean(pattern: str, text: str) -> None:
    """The standard library translates to much the same expression as we do; this oracle shares nothing with it."""
    assert glob(pattern, text) == naive(pattern, text)


def test_many_stars_take_no_time() -> None:
    """A hostile mask does not backtrack: this would not end in a lifetime if it did."""
    assert not glob("*a" * 60 + "b", "a" * 400)


def test_only_stars_and_question_marks_are_special() -> None:
    """Brackets, dots and backslashes stand for themselves."""
    assert glob("[a].\\", "[a].\\")
    assert not glob("[a]", "a")
    assert not glob("a.c", "abc")


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("bob", "bob!*@*"),
        ("bob!user", "bob!user@*"),
        ("user@host", "*!user@host"),
        ("a!b@c", "a!b@c"),
        ("*.example.org", "*!*@*.example.org"),
        ("2001:db8::/32", "*!*@2001:db8::/32"),
        ("**!***@*", "*!*@*"),
        ("!@", "*!*@*"),
    ],
)
def test_masks_are_completed(written: str, whole: str) -> None:
    """What was left out matches anything."""
    assert normalize(written) == whole


def test_masks_fold() -> None:
    """Masks ignore case as nicknames do."""
    fold = CASEMAPPINGS["rfc1459"].fold
    assert compile_mask("BOB[]!*@*", fold).matches(fold("bob{}!x@y"))


@pytest.mark.parametrize(
    ("mask", "ip", "inside"),
    [
        ("*!*@192.0.2.0/24", "192.0.2.77", True),
        ("*!*@192.0.2.0/24", "192.0.3.77", False),
        ("*!*@2001:db8::/32", "2001:db8::1", True),
        ("*!other@192.0.2.0/24", "192.0.2.77", False),
        ("*!*@192.0.2.*", "192.0.2.77", True),
        ("*!*@192.0.2.0/24", "not an address", False),
        ("*!*@192.0.2.77/24", "192.0.2.1", True),
        ("*!*@192.0.2.0/24", "2001:db8::1", False),
        ("*!*@192.0.2.0/33", "192.0.2.0", False),
        ("*!*@2001:DB8:0:0::1", "2001:db8::1", True),
        ("*!*@0::1", "::1", True),
        ("*!*@2001:db8::1", "2001:db8::2", False),
        ("*!*@2001:db8:*", "2001:db8::2", True),
        ("other!*@2001:db8:0::1", "2001:db8::1", False),
    ],
)
def test_networks(mask: str, ip: str, inside: bool) -> None:
    """A host part that is a network or an address matches by what it means, however it is spelt."""
    assert compile_mask(mask, str.lower).matches_address("nick!user@", ip) is inside
