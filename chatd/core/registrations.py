"""All registered channels, and which accounts are invited to them.

Loaded once at start, then changed by events only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatd.core.channel import Channel
from chatd.core.registered import Registration, rekey

INVITED_MOST: Final = 200
"""The accounts whose invitations one channel remembers."""


class Registrations:
    """``channels`` are by folded name; ``invited`` maps accounts (folded) to the channels they are invited to."""

    __slots__ = ("channels", "fold", "invited")

    def __init__(self, fold: Callable[[str], str]) -> None:
        self.fold = fold
        self.channels: dict[str, Channel] = {}
        self.invited: dict[str, dict[str, None]] = {}

    def add(self, channel: Channel, registration: Registration) -> None:
        """A channel is registered from now on."""
        channel.registered = registration
        self.channels[channel.folded] = channel
        for account in registration.invited:
            self.invited.setdefault(account, {})[channel.folded] = None

    def remove(self, channel: Channel) -> None:
        """A channel is no longer registered."""
        if channel.registered is not None:
            for account in list(channel.registered.invited):
                self.uninvite(channel, account)
            del self.channels[channel.folded]
            channel.registered = None

    def rename(self, channel: Channel, old: str) -> None:
        """A registered channel has another name."""
        if channel.registered is None:
            return
        channel.registered.dirty = True
        del self.channels[old]
        self.channels[channel.folded] = channel
        for account in channel.registered.invited:
            rekey(self.invited[account], old, channel.folded)

    def founded(self, account: str) -> list[Channel]:
        """The channels of a founder."""
        return [
            channel
            for channel in self.channels.values()
            if channel.registered is not None and channel.registered.founder == account
        ]

    def invite(self, channel: Channel, account: str, now_ms: int) -> None:
        """Hold an invitation until it is used, forgetting the channel's oldest beyond the bound."""
        registration = channel.registered
        if registration is None:
            return
        registration.invited.pop(account, None)
        registration.invited[account] = now_ms
        registration.dirty = True
        self.invited.setdefault(account, {})[channel.folded] = None
        if len(registration.invited) > INVITED_MOST:
            self.uninvite(channel, next(iter(registration.invited)))

    def uninvite(self, channel: Channel, account: str) -> bool:
        """An invitation is used up or taken back; says whether there was one."""
        registration = channel.registered
        if registration is None or registration.invited.pop(account, None) is None:
            return False
        registration.dirty = True
        channels = self.invited[account]
        del channels[channel.folded]
        if not channels:
            del self.invited[account]
        return True

    def rename_account(self, old: str, new: str) -> None:
        """Follow an account to its new name (as it is shown)."""
        before, after = self.fold(old), self.fold(new)
        for channel in self.channels.values():
            if channel.registered is not None:
                channel.registered.rename_account(before, after, new)
                if before != after and before in channel.registered.invited:
                    rekey(channel.registered.invited, before, after)
                    channel.registered.dirty = True
        if before != after and before in self.invited:
            self.invited[after] = self.invited.pop(before)

    def forget_account(self, account: str) -> list[Channel]:
        """Follow a deleted account (folded): its channels go to their successors; returns those without one."""
        for folded in list(self.invited.get(account, ())):
            self.uninvite(self.channels[folded], account)
        return [
            channel
            for channel in self.channels.values()
            if channel.registered is not None and not channel.registered.forget_account(account)
        ]

    def follow_late(self, old: str, shown: str, lost_ms: int) -> None:
        """Follow an account (folded) that was renamed just before the server stopped, without this being saved.

        It had lost its old name at ``lost_ms``; what names that later is about somebody else.
        """
        new = self.fold(shown)
        for channel in self.channels.values():
            registration = channel.registered
            if registration is not None and max(registration.moments_of(old), default=lost_ms + 1) <= lost_ms:
                if old in registration.invited:
                    since_ms = registration.invited[old]
                    self.uninvite(channel, old)
                    self.invite(channel, new, since_ms)
                registration.rename_account(old, new, shown)

    def forget_missing(self, is_account: Callable[[str], bool]) -> None:
        """Follow accounts that were deleted or renamed just before the server stopped, without this being saved."""
        named = set(self.invited)
        for channel in self.channels.values():
            if channel.registered is not None:
                named |= channel.registered.accounts()
        for account in named:
            if not is_account(account):
                self.forget_account(account)
