"""Formatting codes and CTCP: what the channel modes c and C look for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.formatting import has_formatting, is_action, is_ctcp

CODES = {
    "bold": "\x02",
    "colour": "\x03",
    "hex colour": "\x04",
    "reset": "\x0f",
    "monospace": "\x11",
    "reverse": "\x16",
    "italics": "\x1d",
    "strikethrough": "\x1e",
    "underline": "\x1f",
}


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
def test_every_code_is_found_anywhere(code: str) -> None:
    """Modern IRC's "Formatting" lists nine characters."""
    found = [has_formatting(text) for text in (code, f"{code}loud", f"quiet {code}4,12loud", f"ends{code}")]
    assert found == [True, True, True, True]


@given(st.text())
def test_nothing_else_is_formatting(text: str) -> None:
    """CTCP's \\x01, tabs, bells and the characters of any script are not."""
    assert has_formatting(text) == any(code in text for code in CODES.values())


@pytest.mark.parametrize(
    ("text", "ctcp", "action"),
    [
        ("\x01VERSION\x01", True, False),
        ("\x01PING 1473523796 918320\x01", True, False),
        ("\x01VERSION", True, False),
        ("\x01ACTION waves\x01", True, True),
        ("\x01ACTION waves", True, True),
        ("\x01ACTION\x01", True, True),
        ("\x01ACTION \x01", True, True),
        ("\x01ACTIONS\x01", True, False),
        ("ACTION waves", False, False),
        ("see \x01VERSION\x01", False, False),
        ("hello", False, False),
        ("", False, False),
    ],
)
def test_ctcp(text: str, ctcp: bool, action: bool) -> None:
    """The final delimiter "MUST be sent, but parsers SHOULD accept incoming messages which lack it"."""
    assert (is_ctcp(text), is_action(text)) == (ctcp, action)
