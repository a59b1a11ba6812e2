"""What a page of messages was answered with, added up: reactions as they stand now, and replies.

Knows nothing of who may read what: it is given what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from chatd.core.archive import Entry
from chatd.core.clienttags import REACT, UNREACT, about

MOST_KINDS: Final = 50
"""How many different reactions to one message are told, those that came first."""
MOST_BYTES: Final = 100
"""How long a reaction may be to be told."""
_NAMES_BYTES: Final = 200

Person = tuple[bool, str]
"""Who it was: by the account, or else by the nickname; folded."""


class Tally:
    """What was answered to one message: who reacts with what, with the nicknames they had; and the replies."""

    __slots__ = ("last_reply", "reactions", "repliers", "replies")

    def __init__(self) -> None:
        self.reactions: dict[str, dict[Person, str]] = {}
        self.repliers: dict[Person, str] = {}
        self.replies = 0
        self.last_reply = ""

    def take(self, entry: Entry, who: Person) -> None:
        """Count one answer, or take one back."""
        reaction, former = entry.tags.get(REACT), entry.tags.get(UNREACT)
        if former is not None:
            self.reactions.get(former, {}).pop(who, None)
        if reaction and len(reaction.encode()) <= MOST_BYTES:
            self.reactions.setdefault(reaction, {})[who] = entry.nick
        if reaction is None and former is None:
            self.replies += 1
            self.repliers[who] = entry.nick
            self.last_reply = entry.msgid

    def lines(self, head: str) -> Iterator[str]:
        """Tell it, each in one line; ``head`` is told the verb's place by ``{}``."""
        standing = [(reaction, people) for reaction, people in self.reactions.items() if people]
        for reaction, people in standing[:MOST_KINDS]:
            yield f"{head.format('REACTIONS')} {len(people)} {names(people.values())} :{reaction}"
        if self.replies:
            yield f"{head.format('REPLIES')} {self.replies} {names(self.repliers.values())} :{self.last_reply}"


def tallies(ids: Iterable[str], answers: Iterable[Entry], fold: Callable[[str], str]) -> dict[str, Tally]:
    """Add up what was answered to messages, in the order of these; ``answers`` come oldest first."""
    found = {msgid: Tally() for msgid in ids}
    for entry in answers:
        tally = found.get(about(entry.tags))
        if tally is not None:
            account = entry.tags.get("account")
            who = (False, fold(entry.nick)) if account is None else (True, fold(account))
            tally.take(entry, who)
    return found


def names(nicks: Iterable[str]) -> str:
    """Nicknames with commas between, as many as there is room for."""
    shown = ""
    for nick in nicks:
        longer = f"{shown},{nick}" if shown else nick
        if len(longer) > _NAMES_BYTES:
            break
        shown = longer
    return shown or "*"
