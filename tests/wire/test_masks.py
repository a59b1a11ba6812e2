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
    ],
)
def test_networks(mask: str, ip: str, inside: bool) -> None:
    """A host part in CIDR notation matches the addresses of the network."""
    assert compile_mask(mask, str.lower).matches_address("nick!user@", ip) is inside
