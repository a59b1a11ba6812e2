"""Saving registered channels after they have changed: in a thread, one at a time, each as it is when its turn comes.

Until then it is in the journal.  What a service has written down before it happened is not saved again.

A database that cannot be asked is tried again every few seconds; operators are told when that begins and when it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from chatd.core.accounts import NoSuchChannel, StoreUnavailable
from chatd.core.channel import Channel
from chatd.core.keeping import kept
from chatd.core.kept import KeptChannel
from chatd.core.network import Network
from chatd.interfaces import ChannelStore
from chatd.journal.recovery import CHANNEL, channel_note
from chatd.journal.unsaved import Unsaved
from chatd.lanes import Lanes
from chatd.reports import reporter

log = reporter(__name__)

RETRY_MS = 5_000
AT_ONCE = 5
"""How often one channel is saved in a second: what changes more often waits for the next."""


def nothing() -> None:
    """There is nothing to write."""


class Server(Protocol):
    """What saving needs of the server."""

    network: Network
    kept_channels: ChannelStore
    lanes: Lanes
    unsaved: Unsaved

    def notice(self, text: str) -> None:
        """Tell operators."""


class ChannelSaver:
    """``waiting`` maps the folded names of channels that are to be saved to the names under which they are kept."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.waiting: dict[str, str] = {}
        self._busy = False
        self._failing = False
        self._finishing = False
        self._retry_ms = 0
        self._saved: dict[str, int] = {}
        self._saved_before: dict[str, int] = {}
        self._writing = ("", "")
        self._written: dict[str, KeptChannel] = {}

    def wrote(self, row: KeptChannel) -> None:
        """This was just written down for a channel by somebody else; it is to become so."""
        self._written[row.folded] = row

    def has_still(self, folded: str) -> bool:
        """Say whether a channel that was renamed is still kept under this name, or something is just being written."""
        return folded == self._writing[0] or any(name == folded != now for now, name in self.waiting.items())

    def is_moving(self, folded: str) -> bool:
        """Say whether the channel that has this name now is still kept under another."""
        kept_as, written = self._writing
        return self.waiting.get(folded, folded) != folded or (written == folded != kept_as)

    def save(self, channel: Channel) -> None:
        """Have a channel saved, if it is registered and has changed."""
        registration = channel.registered
        if registration is not None and registration.dirty:
            registration.dirty = False
            kept_as = self.waiting.setdefault(channel.folded, channel.folded)
            row = kept(channel, registration)
            if row != self._written.get(channel.folded):
                self._server.unsaved.note(CHANNEL, channel.folded, channel_note(row, kept_as))
            else:
                self._note_if_held(row, kept_as)
            self._go_on()

    def changed_elsewhere(self, channel: Channel) -> None:
        """Another node has changed a channel, and saved it.

        What this one has saved in this second or the one before may have been written after that, and without it: then
        it is saved once more.
        """
        registration = channel.registered
        if registration is None:
            return
        self._written.pop(channel.folded, None)
        registration.dirty = channel.folded in self._saved or channel.folded in self._saved_before
        self.save(channel)

    def _note_if_held(self, row: KeptChannel, kept_as: str) -> None:
        """What the store has, or is to have, is not to be undone by an older note."""
        if self._server.unsaved.holds(CHANNEL, row.folded):
            self._server.unsaved.note(CHANNEL, row.folded, channel_note(row, kept_as))

    def renamed(self, old: str, folded: str) -> None:
        """A channel that is kept under one name has another now."""
        self.waiting[folded] = self.waiting.pop(old, old)
        self._server.unsaved.forget(CHANNEL, old)

    def forget(self, folded: str) -> None:
        """A channel is no longer registered."""
        self.waiting.pop(folded, None)
        self._written.pop(folded, None)
        self._server.unsaved.forget(CHANNEL, folded)

    def tick(self, now_ms: int) -> None:
        """Once a second: save what has changed too often, try again what could not be saved."""
        self._saved_before, self._saved = self._saved, {}
        self._go_on()
        if self._failing and not self._busy and now_ms >= self._retry_ms:
            self._retry_ms = now_ms + RETRY_MS
            self._failing = False
            self._go_on(again=True)

    def finish(self) -> None:
        """The server stops: try what is left once more, now; what cannot be saved stays in the journal."""
        self._finishing = True
        self._failing = False
        self._go_on()

    def _next(self) -> str | None:
        """The channel whose turn it is."""
        if self._busy or self._failing:
            return None
        return next((each for each in self.waiting if self._finishing or self._saved.get(each, 0) < AT_ONCE), None)

    def _go_on(self, again: bool = False) -> None:
        while (folded := self._next()) is not None:
            kept_as = self.waiting.pop(folded)
            self._saved[folded] = self._saved.get(folded, 0) + 1
            channel = self._server.network.channels.get(folded)
            if channel is not None and channel.registered is not None:
                self._write(channel, folded, kept_as, again)
            else:
                self.forget(folded)

    def _write(self, channel: Channel, folded: str, kept_as: str, again: bool) -> None:
        self._busy, self._writing = True, (kept_as, folded)
        unsaved, mark = self._server.unsaved, 0

        def prepare() -> Callable[[], None]:
            nonlocal mark
            registration = channel.registered
            if registration is None:
                return nothing
            if channel.folded != folded:  # it has yet another name, and waits for being kept under that
                self.waiting[channel.folded] = kept_as
                return nothing
            row = kept(channel, registration)
            if registration.dirty:
                registration.dirty = False
                self._note_if_held(row, kept_as)
            mark = unsaved.mark(CHANNEL, folded)
            return partial(self._save, row, kept_as) if row != self._written.pop(folded, None) else nothing

        def done(result: Any) -> None:
            self._busy, self._writing = False, ("", "")
            if isinstance(result, StoreUnavailable):
                self._failing = True
                self.waiting.setdefault(folded, kept_as)
                if self._finishing:
                    log.warn("not saved, but with the next start: {names}", names=" ".join(self.waiting))
                elif not again:
                    self._server.notice("Registered channels cannot be saved just now; they will be")
            elif isinstance(result, BaseException):
                self._report(folded, result)
            else:
                unsaved.saved(CHANNEL, folded, mark)
                if again:
                    self._server.notice("Registered channels are saved again")
            self._go_on()

        self._server.lanes.storing(prepare, done, turn=channel, patient=True)

    def _save(self, row: KeptChannel, kept_as: str) -> None:
        """In a thread."""
        if kept_as == row.folded:
            self._server.kept_channels.save(row)
        else:
            self._server.kept_channels.rename(kept_as, row)

    def _report(self, folded: str, problem: BaseException) -> None:
        channel = self._server.network.channels.get(folded)
        if isinstance(problem, NoSuchChannel) and (channel is None or channel.registered is None):
            return  # it was dropped meanwhile
        log.error("{channel} could not be saved: {problem}", channel=folded, problem=type(problem).__name__)
        self._server.notice(f"{folded} could not be saved ({type(problem).__name__})")
