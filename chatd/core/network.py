"""The network: every user and channel, and the indices over them.

Only events call what changes it.  Every node applies the same events in the same order and so has the same network;
``local`` and the audiences hold this node's sessions only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from chatd.core.archive import Selector
from chatd.core.audience import NOBODY, Audience, Recipient
from chatd.core.bans import Ban, Extban, parse_ban
from chatd.core.channel import Channel
from chatd.core.keeping import restore
from chatd.core.kept import KeptChannel
from chatd.core.modes import ModeTable, Protection, UserMode
from chatd.core.names import account_key
from chatd.core.recent import EditCounts
from chatd.core.registrations import Registrations
from chatd.core.registry import Registry
from chatd.core.serverbans import ServerBans
from chatd.core.user import Attachment, Membership, User
from chatd.wire.casemap import Casemapping


@dataclass(frozen=True, slots=True)
class Whowas:
    """What WHOWAS tells of a nickname's former holder."""

    nick: str
    username: str
    host: str
    real_host: str
    ip: str
    realname: str
    node: str
    left_ms: int


class Network:
    """Users by uid and by folded nickname, channels by folded name.

    ``announced_modes`` are the user modes that have an audience of their own (w, s).  ``attached`` counts this
    node's registered sessions.  ``local`` and ``watchers`` are this node's sessions, by id, and by the folded nickname
    that they MONITOR.  ``kept`` are the users who stay without a connection, by folded account,
    if ``keeps_users``.  ``empty`` counts the channels with nobody in them.  ``whowas_entries`` is how many of those who
    have left are remembered.  ``reserved`` are the folded nicknames that nobody can have: those of services.
    ``logged_in`` are the users of each account (folded), by uid.  ``markers`` say how far people have read (see
    ``owner``).  ``edits`` says how often messages were edited lately.
    """

    announced_modes = ("w", "s")

    def __init__(
        self, casemapping: Casemapping, modes: ModeTable, extbans: Mapping[str, Extban], whowas_entries: int = 2000,
        reserved: Collection[str] = ()
    ) -> None:  # fmt: skip
        self.casemapping = casemapping
        self.fold = casemapping.fold
        self.modes = modes
        self.extbans = extbans
        self.reserved = frozenset(reserved)
        self.users: dict[str, User] = {}
        self.nicks: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.local: dict[str, Any] = {}
        self.watchers: dict[str, dict[Any, None]] = {}
        self.operators: dict[str, User] = {}
        self.kept: dict[str, User] = {}
        self.keeps_users = True
        self.server_bans = ServerBans(self.fold)
        self.registry = Registry()
        self.registrations = Registrations(self.fold)
        self.invisible = 0
        self.most_users = 0
        self.attached = self.most_attached = 0
        self.order = 0
        self.logged_in: dict[str, dict[str, User]] = {}
        self.markers: dict[str, dict[str, str]] = {}
        self.edits = EditCounts()
        self.empty = 0
        self._whowas: dict[str, deque[Whowas]] = {}
        self._whowas_order: deque[str] = deque()
        self.whowas_entries = whowas_entries
        self._mode_audiences = {letter: Audience() for letter in self.announced_modes}

    # --- looking -------------------------------------------------------------------------------------------

    def user(self, nick: str) -> User | None:
        """The user of that nickname, in any spelling."""
        return self.nicks.get(nick) or self.nicks.get(self.fold(nick))

    def is_reserved(self, nick: str) -> bool:
        """Say whether this is a nickname that nobody can have."""
        return self.fold(nick) in self.reserved

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, in any spelling."""
        return self.channels.get(name) or self.channels.get(self.fold(name))

    def parse_ban(self, text: str) -> Ban:
        """Compile a ban or extended ban; raises ValueError with a reason."""
        return parse_ban(text, self.extbans, self.casemapping)

    def whowas(self, nick: str) -> list[Whowas]:
        """Former holders of a nickname, the latest first."""
        return list(self._whowas.get(self.fold(nick), ()))

    def mode_audience(self, letter: str) -> Audience:
        """Everybody with a user mode that is in ``announced_modes``."""
        return self._mode_audiences[letter]

    def neighbours(self, user: User) -> Audience:
        """Everybody who shares a channel with the user, once each, the user's own sessions included."""
        if len(user.channels) == 1:
            (membership,) = user.channels.values()
            return membership.channel.audience
        told = Audience()
        told.update(user.audience)
        for membership in user.channels.values():
            told.update(membership.channel.audience)
        return told

    def others(self, user: User) -> Audience:
        """Everybody who shares a channel with the user, once each, but for the user's own sessions."""
        return self.neighbours(user).without(user.audience)

    def watchers_besides(self, user: User, told: Audience) -> Audience:
        """Who monitors the user without being among those who are told anyway; nobody watches itself."""
        watchers = self.watchers.get(user.folded)
        if not watchers:
            return NOBODY
        return Audience(watcher for watcher in watchers if watcher not in told and watcher not in user.audience)

    @staticmethod
    def ranked(channel: Channel, rank: int) -> Audience:
        """The members of a channel who hold this rank or a higher one."""
        told = Audience()
        for membership in channel.members.values():
            if membership.ranks >= rank:
                told.update(membership.user.audience)
        return told

    # --- changing (events only) ----------------------------------------------------------------------------

    def add_user(self, user: User) -> None:
        """Count a new user in."""
        self.users[user.uid] = user
        self.nicks[user.folded] = user
        self.most_users = max(self.most_users, len(self.users))

    def remove_user(self, user: User) -> None:
        """Take a user out of the network, its channels and every index."""
        for membership in list(user.channels.values()):
            self.leave(user, membership.channel)
        self.set_user_modes(user, frozenset())
        for folded in user.invitations:
            channel = self.channels.get(folded)
            if channel is not None:
                channel.invited.pop(user.uid, None)
        for sid in list(user.sessions):
            self.detach(user, sid)
        if user.kept_as:
            del self.kept[user.kept_as]
        del self.users[user.uid]
        del self.nicks[user.folded]
        self.markers.pop(user.uid, None)
        self.log_out(user, user.called.name)

    def owner(self, user: User) -> str:
        """Whose markers are a user's: the account's (folded), or those of the user alone, by uid."""
        return user.uid if user.account is None else self.fold(user.account)

    def log_in(self, user: User, account: str) -> None:
        """Count a user among those of an account."""
        self.logged_in.setdefault(account, {})[user.uid] = user

    def log_out(self, user: User, account: str) -> None:
        """Count a user no longer among those of an account; with the last one its markers go."""
        users = self.logged_in.get(account)
        if users is not None and users.pop(user.uid, None) is not None and not users:
            del self.logged_in[account]
            self.markers.pop(account, None)

    def rename_account(self, old: str, folded: str) -> tuple[str, ...]:
        """Let the users and the markers of an account be those of its new name; returns as ``accept_instead``."""
        if old in self.logged_in:
            self.logged_in[folded] = self.logged_in.pop(old)
        if old in self.markers:
            self.markers[folded] = self.markers.pop(old)
        return self.accept_instead(old, folded)

    def accept_instead(self, account: str, other: str = "") -> tuple[str, ...]:
        """Let all who accept an account accept another one, or none; returns who of them stays without a connection."""
        changed = [user for user in self.users.values() if account_key(account) in user.accepted]
        for user in changed:
            del user.accepted[account_key(account)]
            if other:
                user.accepted[account_key(other)] = None
        return tuple(user.kept_as for user in changed if user.kept_as)

    def rename_user(self, user: User, nick: str, folded: str) -> None:
        """Give a user another nickname."""
        del self.nicks[user.folded]
        user.nick, user.folded = nick, folded
        self.nicks[folded] = user
        user.refresh()

    def settle_keeping(self, user: User) -> None:
        """Let a user stay without a connection, or not, as its account wishes; one user of each account may."""
        account = self.fold(user.account or "")
        wishes = self.keeps_users and self.registry.staying.get(account, False)
        wanted = account if wishes and self.kept.get(account, user) is user else ""
        if wanted != user.kept_as:
            if user.kept_as:
                del self.kept[user.kept_as]
            user.kept_as = wanted
            if wanted:
                self.kept[wanted] = user

    def attach(self, user: User, sid: str, attachment: Attachment) -> None:
        """A session begins to speak for the user."""
        user.secure = attachment.secure and (user.secure or not user.sessions)
        user.sessions[sid] = attachment
        recipient = self.local.get(sid)
        if recipient is not None:
            recipient.user = user
            recipient.renew_origin()
            self.attached += 1
            self.most_attached = max(self.most_attached, self.attached)
            for audience in self._audiences(user):
                audience.add(recipient)

    def detach(self, user: User, sid: str) -> None:
        """A session no longer speaks for the user."""
        user.sessions.pop(sid, None)
        user.settle_rights()
        user.secure = bool(user.sessions) and all(attachment.secure for attachment in user.sessions.values())
        recipient = next((recipient for recipient in user.audience if recipient.sid == sid), None)
        if recipient is not None:
            self.attached -= 1
            for audience in self._audiences(user):
                audience.remove(recipient)
            recipient.user = None

    def regroup(self, recipient: Recipient, user: User, old_caps: int) -> None:
        """Follow a session's change of capabilities in every audience it is in."""
        for audience in self._audiences(user):
            audience.regroup(recipient, old_caps)

    def _audiences(self, user: User) -> Iterable[Audience]:
        yield user.audience
        for membership in user.channels.values():
            yield membership.channel.audience
        for letter in self.announced_modes:
            if letter in user.modes:
                yield self._mode_audiences[letter]

    def set_user_modes(self, user: User, modes: frozenset[str]) -> None:
        """Replace a user's modes, keeping counters and audiences true."""
        self.invisible += ("i" in modes) - ("i" in user.modes)
        if "o" in modes:
            self.operators[user.uid] = user
        else:
            self.operators.pop(user.uid, None)
        for letter in self.announced_modes:
            audience = self._mode_audiences[letter]
            for recipient in user.audience:
                if letter in modes:
                    audience.add(recipient)
                elif letter in user.modes:
                    audience.remove(recipient)
        user.modes = modes
        self.rebuild_guards(user)

    def rebuild_guards(self, user: User) -> None:
        """Collect what guards a user; called when the user's modes or masks change."""
        user.guards = {}
        rows: list[UserMode | Protection] = [self.modes.user[letter] for letter in sorted(user.modes)]
        rows += [row for row in self.modes.protections if row.holds(user)]
        for row in rows:
            for attempt, guard in row.guards.items():
                user.guards[attempt] = (*user.guards.get(attempt, ()), guard)

    def make_channel(self, name: str, folded: str, created_ms: int, modes: str) -> Channel:
        """Create a channel with these flags set."""
        channel = Channel(name, folded, created_ms)
        channel.modes = dict.fromkeys(modes, "")
        channel.rebuild_guards(self.modes)
        self.channels[folded] = channel
        self.empty += 1
        return channel

    def restore_channel(self, kept: KeptChannel) -> Channel:
        """Make a registered channel as it was written down, with nobody in it."""
        channel = restore(self, kept)
        self.channels[kept.folded] = channel
        self.empty += 1
        assert channel.registered is not None
        self.registrations.add(channel, channel.registered)
        return channel

    def settle_accounts(self, names: Iterable[tuple[str, str, int]]) -> None:
        """Let registered channels name accounts as they are called now, and none that is not there, whatever was saved.

        ``names`` are what accounts were called before, their present names, and when they had the former no more.
        """
        fold, registry = self.fold, self.registry
        for old, now, lost_ms in names:
            shown = registry.account(now, fold)
            if shown is not None and registry.account(old, fold) is None:
                self.registrations.follow_late(old, shown, lost_ms)
        self.registrations.forget_missing(lambda folded: registry.account(folded, fold) is not None)

    def rename_channel(self, channel: Channel, name: str, folded: str) -> None:
        """Give a channel another name; all it has and everybody in it goes along."""
        del self.channels[channel.folded]
        for membership in channel.members.values():
            membership.user.channels[folded] = membership.user.channels.pop(channel.folded)
        for uid in channel.invited:
            invitee = self.users.get(uid)
            if invitee is not None:
                del invitee.invitations[channel.folded]
                invitee.invitations[folded] = None
        before, channel.name, channel.folded = channel.folded, name, folded
        self.channels[folded] = channel
        self.registrations.rename(channel, before)

    def enter(self, user: User, channel: Channel, ranks: int, place: Selector) -> None:
        """Make a user a member from some place in the log on; an invitation is used up."""
        membership = Membership(user, channel, ranks, place)
        self.empty -= not channel.members
        channel.members[user.uid] = membership
        user.channels[channel.folded] = membership
        channel.audience.update(user.audience)
        user.invitations.pop(channel.folded, None)
        channel.invited.pop(user.uid, None)
        if user.account and channel.registered is not None:
            self.registrations.uninvite(channel, self.fold(user.account))

    def leave(self, user: User, channel: Channel) -> None:
        """End a membership; the last one out ends the channel, unless it lasts."""
        del channel.members[user.uid]
        del user.channels[channel.folded]
        for recipient in user.audience:
            channel.audience.remove(recipient)
        if not channel.members:
            self.empty += 1
            self.end_if_empty(channel)

    def end_if_empty(self, channel: Channel) -> None:
        """A channel with nobody in it, and nothing that makes it last, is no more."""
        if not channel.members and not channel.lasts:
            del self.channels[channel.folded]
            self.empty -= 1
            for uid in channel.invited:
                invitee = self.users.get(uid)
                if invitee is not None:
                    invitee.invitations.pop(channel.folded, None)

    def invite(self, target: User, folded: str, limit: int) -> None:
        """Remember an invitation, forgetting the oldest beyond ``limit``."""
        target.invitations.pop(folded, None)
        target.invitations[folded] = None
        channel = self.channels.get(folded)
        if channel is not None:
            channel.invited[target.uid] = None
        while len(target.invitations) > limit:
            oldest = next(iter(target.invitations))
            del target.invitations[oldest]
            if (forgotten := self.channels.get(oldest)) is not None:
                forgotten.invited.pop(target.uid, None)

    def remember(self, user: User, now_ms: int) -> None:
        """Keep for WHOWAS what a nickname's holder was."""
        entry = Whowas(
            user.nick, user.username, user.host, user.real_host, user.ip, user.realname, user.node, now_ms
        )  # fmt: skip
        self._whowas.setdefault(user.folded, deque()).appendleft(entry)
        self._whowas_order.append(user.folded)
        while len(self._whowas_order) > self.whowas_entries:
            folded = self._whowas_order.popleft()
            entries = self._whowas[folded]
            entries.pop()
            if not entries:
                del self._whowas[folded]

    def forget_left(self, nicks: AbstractSet[str]) -> None:
        """Tell nobody any more who had these nicknames (folded)."""
        for folded in nicks & self._whowas.keys():
            del self._whowas[folded]
        self._whowas_order = deque(folded for folded in self._whowas_order if folded not in nicks)
