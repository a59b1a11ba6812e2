"""Masks with ``*`` and ``?``: of sources, hosts, channels and servers.

Knows nothing of who is matched.  See Modern IRC, "Wildcard Expressions".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network


def normalize(mask: str) -> str:
    """Complete a mask to nick!user@host: a bare word is a nickname (a host when it holds "." or ":")."""
    nick, bang, rest = mask.partition("!")
    if bang:
        user, _, host = rest.rpartition("@") if "@" in rest else (rest, "", "")
    elif "@" in mask:
        nick = ""
        user, _, host = mask.rpartition("@")
    elif "." in mask or ":" in mask or "/" in mask:
        nick, user, host = "", "", mask
    else:
        user = host = ""
    return re.sub(r"\*{2,}", "*", f"{nick or '*'}!{user or '*'}@{host or '*'}")


def _pattern(mask: str) -> re.Pattern[str]:
    """Translate to a regular expression that never backtracks over more than one star.

    Each piece between stars is matched as early as possible and for good (an atomic group), which is right for
    wildcards and linear in the text.
    """
    first, *pieces = re.sub(r"\*+", "*", mask).split("*")
    if not pieces:
        return re.compile(_piece(mask), re.DOTALL)
    last = pieces.pop()
    middle = "".join(f"(?>.*?{_piece(piece)})" for piece in pieces)
    return re.compile(f"{_piece(first)}{middle}.*{_piece(last)}", re.DOTALL)


def _piece(text: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in text)


class Mask:
    """A compiled mask; ``text`` is its spelling as given, ``fold`` how a text is folded to be compared with it."""

    __slots__ = ("_match", "_network", "_who", "fold", "text")

    def __init__(self, text: str, fold: Callable[[str], str]) -> None:
        folded = fold(text)
        self.fold = fold
        self.text = text
        self._match = _pattern(folded).fullmatch
        who, _, host = folded.rpartition("@")
        self._network = None
        self._who = self._match
        if "/" in host or ":" in host:  # an IPv6 address has many spellings, so it is compared as an address too
            try:
                self._network = ip_network(host, strict=False)
            except ValueError:
                return
            self._who = _pattern(f"{who}@").fullmatch

    def matches(self, folded: str) -> bool:
        """Say whether a folded text matches as a whole."""
        return self._match(folded) is not None

    def matches_address(self, who: str, ip: str) -> bool:
        """Say whether the host part is ``ip`` or a network holding it, and the rest matches ``who`` ("nick!user@")."""
        if self._network is None:
            return self._match(who + ip) is not None
        try:
            inside = ip_address(ip) in self._network
        except ValueError:
            return False
        return inside and self._who(who) is not None


@lru_cache(maxsize=4096)
def compile_mask(mask: str, fold: Callable[[str], str]) -> Mask:
    """Compile a mask, folding it first."""
    return Mask(mask, fold)


@lru_cache(maxsize=1024)
def _compiled_glob(pattern: str) -> Callable[[str], object]:
    return _pattern(pattern).fullmatch


def glob(pattern: str, text: str) -> bool:
    """Say whether a text matches a wildcard pattern; fold both before."""
    return _compiled_glob(pattern)(text) is not None
