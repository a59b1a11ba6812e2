"""All the ranks of a member.  Quotes are from IRCv3 multi-prefix."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


@pytest.fixture
def members(staffed: Stage) -> list[Client]:
    """Who asked for all prefixes and who did not, both in #a, where barmand has all five ranks."""
    root, barmand = staffed.connect("root").sends("OPER root secret"), staffed.connect("barmand")
    asked, plain = staffed.connect("asked", caps="multi-prefix"), staffed.connect("plain")
    for client in (root, barmand, asked, plain):
        client.sends("JOIN #a")
    root.sends("SAMODE #a +vhoaq barmand barmand barmand barmand barmand")
    asked.take(), plain.take()
    return [asked, plain]


@pytest.mark.parametrize(
    ("line", "numeric", "place", "shown"),
    [
        ("NAMES #a", "353", "{}barmand", ("~&@%+", "~")),
        ("WHO barmand", "352", "H{}", ("~&@%+", "~")),
        ("WHO barmand %nf", "354", "H{}", ("~&@%+", "~")),
        ("WHOIS barmand", "319", "{}#a", ("~&@%+", "~")),
    ],
)
def test_all_prefixes(members: list[Client], line: str, numeric: str, place: str, shown: tuple[str, str]) -> None:
    """"the multi-prefix client capability will cause the IRC server to send all possible prefixes which apply to a user
    in NAMES, WHO and WHOIS output. These prefixes MUST be in order of 'rank', from highest to lowest."
    """
    for client, prefixes in zip(members, shown, strict=True):
        words = [
            word.removeprefix(":")
            for told in client.sends(line).take()
            if told.split(" ")[1] == numeric
            for word in told.split(" ")
        ]
        assert place.format(prefixes) in words, words


def test_after_joining(members: list[Client]) -> None:
    """"When requested": the NAMES that come by themselves are shown alike, from the next line on."""
    asked, plain = members
    asked.sends("CAP REQ -multi-prefix", "PART #a", "JOIN #a")
    plain.sends("CAP REQ multi-prefix", "PART #a", "JOIN #a")
    for client, shown in ((asked, "~barmand"), (plain, "~&@%+barmand")):
        (names,) = [line for line in client.take() if " 353 " in line]
        assert shown in names.split(" :")[1].split(" ")
