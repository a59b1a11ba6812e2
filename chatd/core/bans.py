"""Bans and extended bans: a text an operator wrote, compiled to a question about a user.

A ban matches what others see of a user, or the user's cloak, and the true address only of those who show it, so that
nobody can find out an address by trying bans.  See Modern IRC, "Ban Channel Mode", and ISUPPORT EXTBAN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.core.user import User
from chatd.wire.casemap import Casemapping
from chatd.wire.masks import Mask, compile_mask, normalize

Matcher = Callable[[User], bool]


class Extban:
    """One kind of extended ban, written ``letter:argument``.

    A *matching* kind has ``compile``: it turns its argument into a question.  An *acting* kind (``m:`` mute) has
    none: its argument is any other ban, and its letter says what that ban does instead of keeping people out.
    """

    __slots__ = ("compile", "letter", "name", "summary")

    def __init__(
        self, letter: str, name: str, summary: str, compile: Callable[[str, Casemapping], Matcher] | None = None
    ) -> None:
        self.letter = letter
        self.name = name
        self.summary = summary
        self.compile = compile


class Ban:
    """One entry of a list mode.

    ``text`` is its canonical spelling; ``effect`` is "" (keeps out and mutes) or an acting kind's letter;
    ``by`` and ``set_ms`` say who set it, and when.
    """

    __slots__ = ("by", "effect", "matches", "set_ms", "text")

    def __init__(self, text: str, effect: str, matches: Matcher, by: str = "", set_ms: int = 0) -> None:
        self.text = text
        self.effect = effect
        self.matches = matches
        self.by = by
        self.set_ms = set_ms


def parse_ban(text: str, extbans: Mapping[str, Extban], casemapping: Casemapping) -> Ban:
    """Compile a ban; raises ValueError with a reason when an extended ban has no argument."""
    effect = ""
    shown = ""
    rest = text
    while len(rest) >= 2 and rest[1] == ":" and (kind := extbans.get(rest[0])) is not None:
        argument = rest[2:]
        if not argument:
            raise ValueError(f"{kind.letter}: needs something to match")
        shown += rest[:2]
        if kind.compile is not None:
            return Ban(shown + argument, effect, kind.compile(argument, casemapping))
        effect = kind.letter
        rest = argument
    mask = normalize(rest)
    return Ban(shown + mask, effect, _source_matcher(mask, casemapping))


def _source_matcher(mask: str, casemapping: Casemapping) -> Matcher:
    fold = casemapping.fold
    compiled: Mask | None = None

    def matches(user: User) -> bool:
        nonlocal compiled
        if compiled is None:  # at the first question only: of those that come from a store most are never asked
            compiled = compile_mask(mask, fold)
        who = fold(f"{user.nick}!{user.username}@")
        if compiled.matches(who + fold(user.host)):
            return True
        if user.host == user.real_host and compiled.matches_address(who, user.ip):
            return True
        return bool(user.cloak) and compiled.matches(who + fold(user.cloak))

    return matches
