"""A registered channel: whose it is, who may do what in it, whom it keeps out and lets in.

Written only by events (``core.events.registered`` and those of channels), which set ``dirty`` so that it is saved.
How it is written down is in ``core.keeping``.  Accounts are folded names; times are ms since 1970, 0 for never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from chatd.core.bans import Matcher
from chatd.core.flags import EVERY, NONE, OF_MASKS, TEMPLATES, Flags
from chatd.core.user import User

USED_STEP_MS: Final = 3_600_000
"""How exactly it is remembered when a channel was used last: so often at most is it saved for that alone."""


FOUNDER: Final = "founder"
SUCCESSOR: Final = "successor"
"""What a channel has of accounts, and what one may be asked to be."""

ERASED: Final = "*"
"""Who has set something, when that is not to be known any more."""


@dataclass(slots=True)
class Entry:
    """A line of the access list.  ``matches`` is None for an account."""

    who: str
    flags: Flags
    by: str
    since_ms: int
    matches: Matcher | None = None


@dataclass(slots=True)
class Akick:
    """A line of the auto-kick list; ``expires_ms`` 0 for ever.  ``matches`` is None for an account."""

    who: str
    reason: str
    by: str
    since_ms: int
    expires_ms: int = 0
    matches: Matcher | None = None

    def holds(self, now_ms: int) -> bool:
        """Say whether it is still in force."""
        return not self.expires_ms or now_ms < self.expires_ms


class Offer(NamedTuple):
    """What an account is asked to accept, since when."""

    account: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class InviteLink:
    """A code that lets people in: its public half, the hash of its secret half, and the account that answers for it.

    ``uses_left`` is -1 without a limit, ``expires_ms`` 0 for ever.
    """

    link_id: str
    secret_hash: str = field(repr=False)
    maker: str
    made_ms: int
    expires_ms: int = 0
    uses_left: int = -1

    def holds(self, now_ms: int) -> bool:
        """Say whether it can still be used."""
        return self.uses_left != 0 and (not self.expires_ms or now_ms < self.expires_ms)


_MASK_SIGNS = frozenset("!@*?:")


def is_mask(who: str) -> bool:
    """Say whether a line of a list is for a mask or an extended ban, not for an account."""
    return not _MASK_SIGNS.isdisjoint(who)


class Registration:
    """What is known of one registered channel beside its topic, modes, lists and metadata.

    Lists are by folded text, in the order of their making.  ``templates`` are those the channel has changed or added.
    ``invited`` maps accounts to when they were invited, ``offers`` what somebody would be ("founder", "successor") to
    who has not accepted it yet.  ``dirty`` says that something was not saved yet.
    """

    __slots__ = (
        "access", "akicks", "dirty", "fold", "founder", "invited", "links", "offers", "registered_ms", "settings",
        "successor", "templates", "used_ms",
    )  # fmt: skip

    def __init__(self, founder: str, registered_ms: int, fold: Callable[[str], str]) -> None:
        self.fold = fold
        self.founder = founder
        self.successor = ""
        self.registered_ms = registered_ms
        self.used_ms = registered_ms
        self.access: dict[str, Entry] = {}
        self.akicks: dict[str, Akick] = {}
        self.templates: dict[str, Flags] = {}
        self.settings: dict[str, str] = {}
        self.invited: dict[str, int] = {}
        self.links: dict[str, InviteLink] = {}
        self.offers: dict[str, Offer] = {}
        self.dirty = False

    def copied(self) -> Registration:
        """A copy to be changed: its lines are the same, as they are replaced when they change."""
        twin = copy(self)
        twin.access, twin.akicks, twin.links = dict(self.access), dict(self.akicks), dict(self.links)
        twin.templates, twin.settings, twin.invited = dict(self.templates), dict(self.settings), dict(self.invited)
        twin.offers = dict(self.offers)
        return twin

    def account_of(self, user: User) -> str:
        """The account of a user, folded; "" without one."""
        return self.fold(user.account) if user.account else ""

    def flags_of_account(self, account: str) -> Flags:
        """What an account (folded) holds by its own name."""
        if not account:
            return NONE
        if account == self.founder:
            return EVERY
        entry = self.access.get(account)
        return entry.flags if entry is not None and entry.matches is None else NONE

    def flags_of(self, user: User) -> Flags:
        """What a user holds by account and by mask together."""
        held = self.flags_of_account(self.account_of(user))
        if held is EVERY:
            return held
        for entry in self.access.values():
            if entry.matches is not None and entry.matches(user):
                held = held | (entry.flags & OF_MASKS)
        return held

    def is_offered_to(self, account: str) -> bool:
        """Say whether an account (folded) is asked to accept something."""
        return any(offer.account == account for offer in self.offers.values())

    def template(self, name: str) -> Flags | None:
        """The flags of a template by its name in capitals; None when there is none."""
        return self.all_templates().get(name)

    def all_templates(self) -> dict[str, Flags]:
        """Every template that can be given here."""
        return {**TEMPLATES, **self.templates}

    def akick_of(self, user: User, now_ms: int) -> Akick | None:
        """What of the auto-kick list keeps a user out, or None; who is exempt is not kept out."""
        if not self.akicks:
            return None
        account = self.account_of(user)
        found = next((akick for key, akick in self._akicks(now_ms) if _concerns(key, akick, user, account)), None)
        return None if found is None or "exempt" in self.flags_of(user) else found

    def _akicks(self, now_ms: int) -> Iterator[tuple[str, Akick]]:
        return ((key, akick) for key, akick in self.akicks.items() if akick.holds(now_ms))

    def invites(self, user: User) -> bool:
        """Say whether a user needs no other invitation: one is remembered for the account, or access says so."""
        return self.account_of(user) in self.invited or "invite" in self.flags_of(user)

    def entered_by(self, user: User, now_ms: int) -> Flags:
        """The flags of somebody who comes; a channel is in use while those come who have access."""
        flags = self.flags_of(user)
        if flags and now_ms - self.used_ms >= USED_STEP_MS:
            self.used_ms = now_ms
            self.dirty = True
        return flags

    def use_link(self, link_id: str, now_ms: int) -> bool:
        """Take one use of an invite link; False when it cannot be used any more."""
        link = self.links.get(link_id)
        if link is None or not link.holds(now_ms):
            return False
        if link.uses_left > 0:
            self.links[link_id] = replace(link, uses_left=link.uses_left - 1)
            self.dirty = True
        return True

    def accounts(self) -> set[str]:
        """The accounts on its lists, those that answer for its links, and those that something is offered to."""
        listed = [key for key, entry in self.access.items() if entry.matches is None]
        kept_out = [key for key, akick in self.akicks.items() if akick.matches is None]
        offered = [offer.account for offer in self.offers.values()]
        return {*listed, *kept_out, *offered, *(link.maker for link in self.links.values())}

    def moments_of(self, account: str) -> list[int]:
        """Since when each line is there that names an account (folded)."""
        listed = [line.get(account) for line in (self.access, self.akicks)]
        found = [line.since_ms for line in listed if line is not None]
        found += [link.made_ms for link in self.links.values() if link.maker == account]
        found += [offer.since_ms for offer in self.offers.values() if offer.account == account]
        return found + [since_ms for each, since_ms in self.invited.items() if each == account]

    def rename_account(self, old: str, new: str, shown: str) -> None:
        """Follow an account to its new name, but for invitations, which ``Registrations`` keeps."""
        if self.founder == old:
            self.founder, self.dirty = new, True
        if self.successor == old:
            self.successor, self.dirty = new, True
        for entries in (self.access, self.akicks):
            entry = entries.get(old)
            if entry is not None and entry.matches is None:
                entry.who = shown
                rekey(entries, old, new)
                self.dirty = True
        self._call_maker(old, shown)
        for link_id, link in list(self.links.items()):
            if link.maker == old:
                self.links[link_id] = replace(link, maker=new)
                self.dirty = True
        for role, offer in list(self.offers.items()):
            if offer.account == old:
                self.offers[role] = offer._replace(account=new)
                self.dirty = True

    def _call_maker(self, account: str, shown: str) -> None:
        """Let lines that an account has made say another name of it."""
        lines: tuple[Entry | Akick, ...] = (*self.access.values(), *self.akicks.values())
        for line in lines:
            if self.fold(line.by) == account:
                line.by, self.dirty = shown, True

    def forget_account(self, account: str) -> bool:
        """Follow a deleted account, but for invitations; returns False when that leaves the channel without founder."""
        for entries in (self.access, self.akicks):
            entry = entries.get(account)
            if entry is not None and entry.matches is None:
                del entries[account]
                self.dirty = True
        self._call_maker(account, ERASED)
        for link_id in [link_id for link_id, link in self.links.items() if link.maker == account]:
            del self.links[link_id]
            self.dirty = True
        for role in [role for role, offer in self.offers.items() if offer.account == account]:
            del self.offers[role]
            self.dirty = True
        if self.successor == account:
            self.successor, self.dirty = "", True
        if self.founder != account:
            return True
        self.founder, self.successor, self.dirty = self.successor, "", True
        self.offers.clear()  # whoever made them is gone
        return bool(self.founder)


def _concerns(key: str, akick: Akick, user: User, account: str) -> bool:
    return akick.matches(user) if akick.matches is not None else key == account


def rekey(entries: dict[str, Any], old: str, new: str) -> None:
    """Give an entry another key, in its place."""
    items = [(new if key == old else key, entry) for key, entry in entries.items()]
    entries.clear()
    entries.update(items)
