"""LIST and ELIST."""

from __future__ import annotations

import pytest

from chatd.testing import Stage


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", ["#big", "#garden"]),
        ("#BIG", ["#big"]),
        ("#none", []),
        (">1", ["#big"]),
        ("<2", ["#garden"]),
        ("*ard*", ["#garden"]),
        ("!*ard*", ["#big"]),
        (">0,*b*", ["#big"]),
        ("C>5", ["#big"]),
        ("C<5", ["#garden"]),
        ("T<5", ["#garden"]),
        ("T>5", []),
    ],
)
def test_filters(stage: Stage, asked: str, shown: list[str]) -> None:
    """Channels are listed by name, mask, members, age, and the age of their topic; secret ones to members only."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    carol = stage.connect("carol")
    alice.sends("JOIN #big,#hidden,#private", "MODE #hidden +s", "MODE #private +p")
    bob.sends("JOIN #big")
    stage.now_s += 600
    bob.sends("JOIN #garden", "TOPIC #garden :roses are red")
    carol.sends(f"LIST {asked}")
    server = f":{carol.node.name}"
    lines = {"#big": f"{server} 322 carol #big 2 :", "#garden": f"{server} 322 carol #garden 1 :roses are red"}
    carol.sees(
        f"{server} 321 carol Channel :Users  Name",
        *(lines[name] for name in shown),
        f"{server} 323 carol :End of /LIST",
    )


def test_a_filter_that_cannot_be_read(stage: Stage) -> None:
    """521."""
    alice = stage.connect("alice")
    alice.sends("LIST >many")
    alice.sees(f":{alice.node.name} 521 alice :Bad list syntax")
