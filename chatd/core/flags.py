"""What access to a registered channel is made of: named flags, their letters, and templates of them.

The letters are those that people know from elsewhere.  Who holds what is in ``core.registered``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from chatd.core.modes import ADMIN, HALFOP, OP, OWNER, VOICE

Flags = frozenset[str]

LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "founder": "F", "owner": "q", "admin": "a", "op": "o", "auto-op": "O", "halfop": "h", "auto-halfop": "H",
        "voice": "v", "auto-voice": "V", "topic": "t", "invite": "i", "kick": "r", "exempt": "e", "set": "s",
        "access": "f", "see": "A", "recover": "R",
    }
)  # fmt: skip
"""Every flag with its letter, in the order in which they are shown."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "founder": "all of it: there is one, changed by TRANSFER",
        "owner": "with auto-op: owner (~)",
        "admin": "with auto-op: admin (&)",
        "op": "may take and give operator",
        "auto-op": "is operator on joining",
        "halfop": "may take and give half-operator",
        "auto-halfop": "is half-operator on joining",
        "voice": "may take and give voice",
        "auto-voice": "has voice on joining",
        "topic": "may set the topic",
        "invite": "needs no invitation, may invite and make invite links",
        "kick": "may kick, ban, and change the auto-kick list",
        "exempt": "is not kicked by the auto-kick list",
        "set": "may change settings, and rename the channel",
        "access": "may change the access list, up to what one has oneself",
        "see": "may see the lists",
        "recover": "may take the channel back: UNBAN, CLEAR, RECOVER",
    }
)

NONE: Final[Flags] = frozenset()
GIVEN: Final[Flags] = frozenset(LETTERS) - {"founder"}
"""Every flag an entry may have; founder belongs to the registration itself."""
EVERY: Final[Flags] = frozenset(LETTERS)
OF_MASKS: Final[Flags] = frozenset(
    {"op", "auto-op", "halfop", "auto-halfop", "voice", "auto-voice", "topic", "invite", "exempt"}
)
"""What a mask may have: a host proves less than an account, so nothing that changes the registration."""

_VOICED: Final[Flags] = frozenset({"voice", "auto-voice", "see"})
_HALF: Final[Flags] = frozenset({"halfop", "auto-halfop", "voice", "topic", "invite", "kick", "see"})
_OPS: Final[Flags] = frozenset({"op", "auto-op", "halfop", "voice", "topic", "invite", "kick", "exempt", "see"})
TEMPLATES: Final[Mapping[str, Flags]] = MappingProxyType(
    {"VOP": _VOICED, "HOP": _HALF, "AOP": _OPS, "SOP": _OPS | {"admin", "set", "access", "recover"}}
)
"""What every channel has by name; a channel may change these and add others."""

_WORDS: Final = {letter: word for word, letter in LETTERS.items()}
_AUTOMATIC: Final = (
    ({"founder"}, OWNER | OP), ({"auto-op", "owner"}, OWNER | OP), ({"auto-op", "admin"}, ADMIN | OP),
    ({"auto-op"}, OP), ({"auto-halfop"}, HALFOP), ({"auto-voice"}, VOICE),
)  # fmt: skip
RANKS: Final[Mapping[str, str]] = MappingProxyType(
    {"q": "owner", "a": "admin", "o": "op", "h": "halfop", "v": "voice"}
)
"""The flag that lets one take and give each rank, by the letter of its mode."""


def automatic_ranks(flags: Flags) -> int:
    """The rank bits that these flags give on joining: the highest alone, with operator above it."""
    return next((ranks for needed, ranks in _AUTOMATIC if needed <= flags), 0)


def ordered(flags: Iterable[str]) -> list[str]:
    """Flags in the order in which they are shown; words that are none are left out."""
    held = set(flags)
    return [word for word in LETTERS if word in held]


def letters(flags: Iterable[str]) -> str:
    """``+AFRe``: flags as letters, sorted."""
    return "+" + "".join(sorted(LETTERS[word] for word in flags))


def change(current: Flags, words: Iterable[str], templates: Mapping[str, Flags]) -> Flags:
    """The flags after a change as somebody wrote it; raises ValueError naming what cannot be understood.

    A word is a flag, a template or letters, with "+" or "-" before it; without a sign the first one replaces what there
    was.  Words are tried before templates, those before letters; ``*`` is every flag.
    """
    result = current
    for position, word in enumerate(filter(None, words)):
        signed = word[0] in "+-"
        if not signed and position == 0:
            result = NONE
        named = _named(word[1:] if signed else word, templates)
        if named is not None:
            result = result - named if word[0] == "-" else result | named
        else:
            result = _by_letters(result, word)
    return result


def _named(word: str, templates: Mapping[str, Flags]) -> Flags | None:
    if word == "*":
        return GIVEN
    if word in GIVEN:
        return frozenset({word})
    return templates.get(word.upper())


def _by_letters(flags: Flags, text: str) -> Flags:
    adding = True
    for letter in text:
        if letter in "+-":
            adding = letter == "+"
        elif letter == "*":
            flags = flags | GIVEN if adding else NONE
        elif (word := _WORDS.get(letter)) in GIVEN and word is not None:
            flags = flags | {word} if adding else flags - {word}
        else:
            raise ValueError(f"{text}: there is no such flag or template")
    return flags
