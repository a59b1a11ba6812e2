"""What may be an address for e-mail."""

from __future__ import annotations

import pytest

from chatd.wire.addresses import is_email


@pytest.mark.parametrize("text", ["a@b.c", "alice+irc@mail.example.org", "a.b-c_d'e@x-y.example", f"{'a' * 64}@b.c"])
def test_addresses(text: str) -> None:
    """The usual ones, and unusual ones that occur."""
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "alice", "@example.org", "alice@", "alice@localhost", "a@b@c.d", "a b@c.d", "a@b.c\r\nDATA", "a@b.c\n",
        "<a@b.c>", "a@b..c", ".a@b.c", "a.@b.c", "a@-b.c", "a@b-.c", "ä@b.c", "a@ä.c", '"a b"@c.d', "a@[127.0.0.1]",
        "a,b@c.d", "a@b.c\0", f"{'a' * 65}@b.c", f"a@{'b.' * 130}c",
    ],
)  # fmt: skip
def test_no_addresses(text: str) -> None:
    """Nothing that a mail server would read as more than an address, and nothing that is none."""
    assert not is_email(text)
