"""One message looked up in the logs by its id, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from chatd.clock import id_moment_ms
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import SAID, Entry, Part, Scope, Selector, Tenure, is_sure
from chatd.core.names import is_nickname, log_name
from chatd.core.search import is_within
from chatd.core.user import User
from chatd.interfaces import AccountStore
from chatd.reading.access import Reading, settled, tenures_of


class Found(NamedTuple):
    """A message, the part it is in, and what names the accounts (folded) have had whose message it may be.

    ``edits`` is how often it was edited, ``readable`` whether it is in what was asked for besides.
    """

    part: Part
    entry: Entry
    names: Mapping[str, tuple[Tenure, ...]]
    edits: int
    readable: bool


def look_up(
    ctx: Context,
    reading: Reading,
    msgid: str,
    then: Callable[[Found | None], None],
    other: User | None = None,
    readable: Reading | None = None,
) -> None:
    """Look for a message in a thread; the client's next line waits for ``then``.

    That gets None when there is none in ``reading``, or it was taken back.  ``other`` is to whom it may have been said.
    Whether the message is in ``readable`` as well is said of it.
    """
    node, fold = ctx.node, ctx.network.fold
    moment_ms = id_moment_ms(msgid)
    if moment_ms is None:
        then(None)
        return
    place = Selector(moment_ms, msgid)
    scope = Scope(frozenset(SAID), reading.sees, ranked=reading.ranked, redactions="drop")
    accounts = {fold(user.account) for user in (ctx.user, other) if user is not None and user.account is not None}

    def work() -> Found | None:
        try:
            found = node.archive.find(settled(reading, node.accounts), place, scope)
            if found is None:
                return None
            names = {account: tenures_of(account, node.accounts) for account in accounts}
            is_readable = readable is not None and is_in(found[1], found[0].log, readable, node.accounts)
            return Found(*found, names, node.archive.times_edited(found[0].log, msgid), is_readable)
        except (OSError, StoreError):
            return None

    ctx.wait(work, then, lane=node.lanes.reading)


def is_in(entry: Entry, log: str, reading: Reading, accounts: AccountStore) -> bool:
    """Say whether a message of a log is in what may be read, for a thread.  Raises StoreError."""
    parts = settled(reading, accounts)
    return any(part.log == log and is_within(entry, part.since, part.until) for part in parts) and (
        reading.sees is None or reading.sees(entry)
    )


def is_author(ctx: Context, user: User, found: Found) -> bool:
    """Say whether a logged message is a user's: of the account, not of an earlier one, or under a nickname then."""
    fold, entry = ctx.network.fold, found.entry
    account = entry.tags.get("account")
    return was_called(ctx, user, log_name(fold(entry.nick), fold(account) if account is not None else None), found)


def was_told(ctx: Context, user: User, found: Found) -> bool:
    """Say whether a message of a conversation was said to a user, and not to somebody who had the name before."""
    fold, entry = ctx.network.fold, found.entry
    account = entry.tags.get("account")
    author = log_name(fold(entry.nick), fold(account) if account is not None else None)
    one, _, other = found.part.log.partition(" ")
    return was_called(ctx, user, other if one == author else one, found)


def was_called(ctx: Context, user: User, name: str, found: Found) -> bool:
    """Say whether it is sure that logs called a user so when something was said."""
    entry = found.entry
    if is_nickname(name):
        tenures: tuple[Tenure, ...] = (user.called, *user.names)
    else:
        tenures = found.names.get(ctx.network.fold(user.account), ()) if user.account is not None else ()
    return any(
        tenure.name == name
        and is_within(entry, tenure.since, tenure.until)
        and all(is_sure(entry, end) for end in (tenure.since, tenure.until) if end is not None and end.msgid)
        for tenure in tenures
    )
