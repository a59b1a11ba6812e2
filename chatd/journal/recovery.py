"""What was written down and not saved when the server ended goes to its stores, before they are asked anything.

Founders and successors are the store's business alone, and those of a channel that is no longer registered nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from chatd.accounts.following import account_since
from chatd.core.accounts import Account, Json, StoreUnavailable
from chatd.core.kept import KeptBan, KeptChannel, Note
from chatd.interfaces import AccountStore, ChannelStore, Journal, ServerBanStore
from chatd.reading.markers import KIND as MARKERS
from chatd.reading.markers import read
from chatd.reports import reporter

log = reporter(__name__)

CHANNEL: Final = "channel"
BAN: Final = "ban"


def channel_note(row: KeptChannel, kept_as: str) -> Json:
    """What is written down of a registered channel, which the store still has under the name ``kept_as``."""
    return {
        "kept_as": kept_as, "name": row.name, "folded": row.folded, "registered_ms": row.registered_ms,
        "used_ms": row.used_ms, "document": row.document,
    }  # fmt: skip


def ban_note(ban: KeptBan) -> Json:
    """What is written down of a ban from the server."""
    return [ban.kind, ban.mask, ban.reason, ban.by, ban.set_ms, ban.expires_ms]


def recover(
    journal: Journal,
    accounts: AccountStore,
    channels: ChannelStore,
    bans: ServerBanStore | None,
    fold: Callable[[str], str],
) -> None:
    """Save what was left; raises StoreUnavailable and OSError, and then it is left still."""
    notes = journal.load()
    if not notes:
        if journal.size:  # of what another version has left: it is not to win over newer things later
            journal.replace(())
        return
    _recover_channels(channels, [note for note in notes if note.kind == CHANNEL])
    if bans is not None:
        _recover_bans(bans, [note for note in notes if note.kind == BAN], fold)
    _recover_documents(accounts, [note for note in notes if note.kind not in (CHANNEL, BAN)])
    journal.replace(())
    log.info("changes that were not saved when the server ended: {count}, now they are", count=len(notes))


def _attempt(what: str, work: Callable[[], object]) -> None:
    """One that cannot be saved does not keep the others from it."""
    try:
        work()
    except (StoreUnavailable, OSError):
        raise
    except Exception as problem:
        log.error("what was left of {what} is not saved: {kind}", what=what, kind=type(problem).__name__)


def _recover_channels(store: ChannelStore, notes: list[Note]) -> None:
    rows = {row.folded: row for row in store.load()}
    for note in notes:
        _attempt(note.key, lambda note=note: _recover_channel(store, rows, note.value))  # type: ignore[misc]


def _recover_channel(store: ChannelStore, rows: dict[str, KeptChannel], value: Any) -> None:
    names = [value["kept_as"], value["folded"], *rows]
    there = next((rows[name] for name in names if _is_same(rows.get(name), value)), None)
    if there is None:
        return  # it was dropped
    row = replace(
        there, name=value["name"], folded=value["folded"], used_ms=max(value["used_ms"], there.used_ms),
        document=value["document"],
    )  # fmt: skip
    store.rename(there.folded, row)
    del rows[there.folded]
    rows[row.folded] = row


def _is_same(row: KeptChannel | None, value: Any) -> bool:
    return row is not None and row.registered_ms == value["registered_ms"]


def _recover_bans(store: ServerBanStore, notes: list[Note], fold: Callable[[str], str]) -> None:
    if not notes:
        return
    bans = {f"{ban.kind} {fold(ban.mask)}": ban for ban in store.load()}
    for note in notes:
        bans.pop(note.key, None)
        if isinstance(note.value, list):
            _attempt("a ban", lambda note=note: bans.update({note.key: KeptBan(*note.value)}))  # type: ignore[misc]
    store.save(list(bans.values()))


def _recover_documents(store: AccountStore, notes: list[Note]) -> None:
    """What belongs to accounts, as they are called by now."""
    for note in notes:
        found = account_since(store, note.key, note.at_ms)
        if found is not None:
            _attempt(found.name, lambda note=note, found=found: _put(store, found, note))  # type: ignore[misc]


def _put(store: AccountStore, account: Account, note: Note) -> None:
    value = note.value
    if note.kind == MARKERS:
        kept = read(store.document(account.account_id, MARKERS))
        moved = {folded: max(moment, kept.get(folded, "")) for folded, moment in read(value).items()}
        value = {**{folded: moment for folded, moment in kept.items() if folded not in moved}, **moved}
    store.put_document(account.account_id, note.kind, value)
