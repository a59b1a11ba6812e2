"""Saving users who stay without a connection, when devices were seen last, and metadata: in a thread, one at a time.

A user is saved as it is when its turn comes; until then what concerns it alone is in the journal, and metadata.  A
database that cannot be asked is tried again every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol

from chatd.accounts.choices import STAYING
from chatd.config import Config
from chatd.core.accounts import Json, StoreUnavailable
from chatd.core.archive import Selector
from chatd.core.events import Event
from chatd.core.metadata import KIND as METADATA
from chatd.core.network import Network
from chatd.interfaces import AccountStore
from chatd.journal.unsaved import Unsaved
from chatd.lanes import Lanes
from chatd.presence.document import document_of, restored
from chatd.reports import reporter

log = reporter(__name__)

PRESENCE: Final = "presence"
SEEN: Final = "seen"
RETRY_MS: Final = 5_000
DEVICES: Final = 20
"""Of how many devices of an account it is remembered when they were seen last."""


def last_seen(document: Json) -> dict[str, Selector]:
    """Up to where each device has heard everything, by what is kept under ``SEEN``."""
    found = {}
    for device, place in document.items() if isinstance(document, dict) else ():
        match place:
            case [int() as moment_ms, str() as msgid]:
                found[device] = Selector(moment_ms, msgid)
            case int() as moment_ms:
                found[device] = Selector(moment_ms)
    return found


def nothing() -> None:
    """There is nothing to write."""


class Server(Protocol):
    """What saving needs of the server."""

    name: str
    config: Config
    network: Network
    accounts: AccountStore
    lanes: Lanes
    unsaved: Unsaved

    def emit(self, event: Event) -> None:
        """Let something happen."""

    def notice(self, text: str) -> None:
        """Tell operators."""


class PresenceSaver:
    """``waiting`` are the folded accounts whose users are to be saved; ``seen`` is when devices were, by account.

    ``described`` are those whose metadata is to be saved.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.waiting: dict[str, None] = {}
        self.seen: dict[str, dict[str, Selector]] = {}
        self._being_noted: tuple[str, dict[str, Selector]] = ("", {})
        self.described: dict[str, None] = {}
        self._written: set[str] = set()
        self._metadata: dict[str, Json] = {}
        self._busy = False
        self._failing = False
        self._finishing = False
        self._retry_ms = 0

    def restore(self) -> None:
        """Bring back, before there are connections, what was written down; asks the store at once."""
        server, network = self._server, self._server.network
        network.registry.staying = {folded: wish == "ON" for folded, wish in server.accounts.documents(STAYING)}
        for folded, document in server.accounts.documents(PRESENCE):
            account = network.registry.account(folded, network.fold)
            if account is None:
                continue
            self._written.add(folded)
            try:
                event = restored(
                    document, account, server.name, server.config.presence.absent, server.config.history.off, network
                )  # fmt: skip
            except (KeyError, TypeError, ValueError, AttributeError) as problem:
                log.error("{account} is not brought back: {kind}", account=account, kind=type(problem).__name__)
                continue
            server.emit(event)

    def save(self, folded: str, noting: bool = True) -> None:
        """Have the user of an account saved, or forgotten when nobody is kept for it.

        ``noting`` writes it down at once: for what concerns this user alone.
        """
        if noting:
            self._server.unsaved.note(PRESENCE, folded, self._document(folded))
        self.waiting[folded] = None
        self._go_on()

    def _document(self, folded: str) -> Json:
        user = self._server.network.kept.get(folded)
        return None if user is None else document_of(user)

    def forget_those_gone(self) -> None:
        """Have users forgotten that are kept no longer."""
        for folded in self._written - self._server.network.kept.keys():
            self.save(folded)

    def note_seen(self, folded: str, device: str, place: Selector) -> None:
        """Write down that a device of an account has heard everything up to this place."""
        self.seen.setdefault(folded, {})[device] = place
        self._go_on()

    def noted(self, folded: str) -> dict[str, Selector]:
        """Up to where devices of an account have heard everything, as far as that may not be written down yet."""
        account, devices = self._being_noted
        return {**(devices if account == folded else {}), **self.seen.get(folded, {})}

    def save_metadata(self, folded: str) -> None:
        """Have saved what an account says about itself."""
        values = self._values(folded)
        if folded not in self._metadata or self._metadata[folded] != values:
            self._server.unsaved.note(METADATA, folded, values)
        else:
            self._note_if_held(METADATA, folded, values)
        self.described[folded] = None
        self._go_on()

    def _values(self, folded: str) -> Json:
        return dict(self._server.network.registry.metadata.get(folded, {})) or None

    def _note_if_held(self, kind: str, folded: str, value: Json) -> None:
        """What the store has, or is to have, is not to be undone by an older note."""
        unsaved = self._server.unsaved
        is_noted = unsaved.mark(kind, folded) and unsaved.noted(kind, folded) == value
        if unsaved.holds(kind, folded) and not is_noted:
            unsaved.note(kind, folded, value)

    def renamed(self, old: str, folded: str) -> None:
        """An account has another name; what is not saved yet is kept under that."""
        for kind, waiting in ((PRESENCE, self.waiting), (METADATA, self.described)):
            self._server.unsaved.move(kind, old, folded)
            if old in waiting:
                waiting[folded] = waiting.pop(old)

    def forget(self, folded: str) -> None:
        """An account is gone; nothing of it stays behind."""
        for kind in (PRESENCE, METADATA):
            self._server.unsaved.forget(kind, folded)

    def wrote_metadata(self, folded: str, values: Mapping[str, str]) -> None:
        """This was just written down of an account by somebody else; it is to become so."""
        self._metadata[folded] = dict(values) or None

    def tick(self, now_ms: int) -> None:
        """Try again what could not be saved."""
        if self._failing and not self._busy and now_ms >= self._retry_ms:
            self._retry_ms = now_ms + RETRY_MS
            self._failing = False
            self._go_on()

    def finish(self) -> None:
        """The server stops: try what is left once more, now; what cannot be saved stays in the journal."""
        self._finishing = True
        self._failing = False
        self._go_on()

    def _go_on(self) -> None:
        if self._busy or self._failing:
            return
        if self.waiting:
            folded = next(iter(self.waiting))
            del self.waiting[folded]
            self._write(folded, PRESENCE, self._user, partial(self.waiting.setdefault, folded, None))
        elif self.described:
            folded = next(iter(self.described))
            del self.described[folded]
            self._write(folded, METADATA, self._description, partial(self.described.setdefault, folded, None))
        elif self.seen:
            folded, devices = self._being_noted = self.seen.popitem()
            work = partial(self._put_seen, folded, devices)
            self._write(folded, SEEN, lambda _: work, partial(self._not_seen, folded, devices))

    def _user(self, folded: str) -> Callable[[], None]:
        document = self._document(folded)
        (self._written.discard if document is None else self._written.add)(folded)
        self._note_if_held(PRESENCE, folded, document)
        return partial(self._put, folded, PRESENCE, document)

    def _description(self, folded: str) -> Callable[[], None]:
        values = self._values(folded)
        if folded in self._metadata and self._metadata.pop(folded) == values:
            return nothing
        return partial(self._put, folded, METADATA, values)

    def _put(self, folded: str, kind: str, document: Json) -> None:
        store = self._server.accounts
        account = store.find(folded)
        if account is not None and account.folded == folded:
            store.put_document(account.account_id, kind, document)

    def _put_seen(self, folded: str, devices: dict[str, Selector]) -> None:
        store = self._server.accounts
        account = store.find(folded)
        if account is None or account.folded != folded:
            return
        before = store.document(account.account_id, SEEN)
        moments: dict[str, Json] = dict(before) if isinstance(before, dict) else {}
        for device, place in devices.items():
            moments.pop(device, None)
            moments[device] = [place.moment_ms, place.msgid]
        kept = list(moments.items())[-DEVICES:]
        store.put_document(account.account_id, SEEN, dict(kept))

    def _not_seen(self, folded: str, devices: dict[str, Selector]) -> None:
        self.seen[folded] = devices | self.seen.get(folded, {})

    def _write(
        self, folded: str, kind: str, prepare: Callable[[str], Callable[[], None]], again: Callable[[], object]
    ) -> None:
        self._busy = True
        unsaved, mark = self._server.unsaved, 0

        def ready() -> Callable[[], None]:
            nonlocal mark
            work = prepare(folded)
            mark = unsaved.mark(kind, folded)
            return work

        def done(result: object) -> None:
            self._busy = False
            if isinstance(result, StoreUnavailable):
                again()
                if self._finishing:
                    log.warn("not saved, but with the next start: {names}", names=" ".join(self._left()))
                elif not self._retry_ms:
                    self._server.notice("Who stays without a connection cannot be saved just now; it will be")
                self._failing = True
                self._retry_ms = self._retry_ms or 1
            elif isinstance(result, BaseException):
                log.error("{account} could not be saved: {kind}", account=folded, kind=type(result).__name__)
            else:
                self._retry_ms = 0
                unsaved.saved(kind, folded, mark)
            self._go_on()

        self._server.lanes.storing(ready, done, turn=(folded, kind), patient=True)

    def _left(self) -> list[str]:
        return sorted({*self.waiting, *self.described, *self.seen})
