"""A channel: members, modes, lists and what of it guards what.

Written only by events.  ``guards`` and ``audience`` are kept up to date on change, so that sending reads them only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from chatd.core.archive import Selector, Tenure
from chatd.core.audience import Audience
from chatd.core.bans import Ban
from chatd.core.metadata import NO_METADATA
from chatd.core.modes import PERMANENT, Guard, ModeTable
from chatd.core.recent import IN_A_CHANNEL, Remembered
from chatd.core.registered import Registration
from chatd.core.user import Membership, User

NAMES_KEPT = 8
"""Of how many earlier names of a channel history is found."""


class Channel:
    """One channel.

    ``modes`` maps the letters that are set to their parameter ("" for flags).  ``lists`` maps letters of list modes to
    their entries by canonical text.  ``members`` is by uid.  ``topic`` is "" when unset.  Times in ms since 1970, 0
    for never.  ``registered`` is None for a channel that ends with its last member.
    ``bans_version`` counts changes of the lists, for caches.  ``made`` is where its history begins: nothing that was
    said in another channel of the name is its own.  ``called`` is its log since it has this name, ``names`` are those
    before.
    """

    __slots__ = (
        "audience", "bans_version", "called", "created_ms", "folded", "guards", "invited", "lists", "logged", "made",
        "members", "metadata", "modes", "name", "names", "recent", "registered", "renamed_ms", "topic", "topic_by",
        "topic_ms",
    )  # fmt: skip

    def __init__(self, name: str, folded: str, created_ms: int) -> None:
        self.name = name
        self.folded = folded
        self.created_ms = created_ms
        self.made = Selector(created_ms)
        self.called = Tenure(folded, self.made)
        self.names: tuple[Tenure, ...] = ()
        self.renamed_ms = 0
        self.topic = ""
        self.topic_by = ""
        self.topic_ms = 0
        self.metadata = NO_METADATA
        self.recent: deque[Remembered] = deque(maxlen=IN_A_CHANNEL)
        self.modes: dict[str, str] = {}
        self.lists: dict[str, dict[str, Ban]] = {}
        self.members: dict[str, Membership] = {}
        self.invited: dict[str, None] = {}
        self.audience = Audience()
        self.guards: dict[type, tuple[Guard, ...]] = {}
        self.bans_version = 0
        self.logged = True
        self.registered: Registration | None = None

    @property
    def lasts(self) -> bool:
        """Whether it is there without anybody in it: it is registered, or permanent (+P)."""
        return self.registered is not None or PERMANENT in self.modes

    def touch(self) -> None:
        """Something of it changed that is kept when it is registered."""
        if self.registered is not None:
            self.registered.dirty = True

    def invites(self, user: User) -> bool:
        """Say whether an invitation is at hand for a user."""
        return self.folded in user.invitations or (self.registered is not None and self.registered.invites(user))

    def begin(self, place: Selector) -> None:
        """Let its history begin at some place."""
        self.made = place
        self.called = Tenure(self.folded, place)

    def recall(self, logs: Sequence[Tenure]) -> None:
        """Let its history be in these logs, the oldest first; the last one is that of its name, and goes on."""
        self.made = logs[0].since
        self.names = tuple(logs[:-1])
        self.called = logs[-1]

    def call(self, place: Selector) -> None:
        """Let its log be that of its present name from some place on."""
        self.names = (*self.names[1 - NAMES_KEPT :], self.called._replace(until=place))
        self.called = Tenure(self.folded, place)

    def rebuild_guards(self, table: ModeTable) -> None:
        """Collect the guards of every mode that is set; called when the set of modes changes."""
        collected: dict[type, tuple[Guard, ...]] = {}
        for letter in [*self.modes, *(letter for letter, entries in self.lists.items() if entries)]:
            for attempt, guard in table.channel[letter].guards.items():
                collected[attempt] = (*collected.get(attempt, ()), guard)
        self.guards = collected

    def listed(self, letter: str, user: User, effect: str = "") -> bool:
        """Say whether an entry of this list, of exactly this effect, matches the user."""
        entries = self.lists.get(letter)
        return entries is not None and any(ban.effect == effect and ban.matches(user) for ban in entries.values())

    def is_visible_to(self, user: User | None) -> bool:
        """Say whether the channel may be shown at all to this user: not secret, or a member."""
        return not ("s" in self.modes or "p" in self.modes) or (user is not None and user.uid in self.members)

    def __repr__(self) -> str:
        return f"Channel({self.name!r})"
