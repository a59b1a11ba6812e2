"""One message looked up in the logs by its id, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chatd.clock import id_moment_ms
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import SAID, Entry, Part, Scope, Selector, is_sure
from chatd.core.names import is_nickname, log_name
from chatd.core.user import User
from chatd.reading.access import Reading, beginning_of, settled


class Found(NamedTuple):
    """A message, the part it is in, and since when there is an account of the name that said it (None: no account)."""

    part: Part
    entry: Entry
    begins: Selector | None


def look_up(ctx: Context, reading: Reading, msgid: str, then: Callable[[Found | None], None]) -> None:
    """Look for a message in a thread; the client's next line waits for ``then``.

    That gets None when there is none that the client may read, or it was taken back.
    """
    node = ctx.node
    moment_ms = id_moment_ms(msgid)
    if moment_ms is None:
        then(None)
        return
    place = Selector(moment_ms, msgid)
    scope = Scope(frozenset(SAID), reading.sees, ranked=reading.ranked, redactions="drop")
    node.history.flush()

    def work() -> Found | None:
        try:
            found = node.archive.find(settled(reading, node.accounts), place, scope)
            if found is None:
                return None
            account = found[1].tags.get("account")
            begins = None if account is None else beginning_of(ctx.network.fold(account), node.accounts)
            return Found(*found, begins)
        except (OSError, StoreError):
            return None

    ctx.wait(work, then, lane=node.lanes.reading)


def is_author(ctx: Context, user: User, found: Found) -> bool:
    """Say whether a logged message is a user's: of the account, not of an earlier one, or under a nickname then."""
    fold, entry = ctx.network.fold, found.entry
    account = entry.tags.get("account")
    if account is not None:
        is_same = found.begins is not None and found.begins.moment_ms <= entry.time_ms
        return is_same and user.account is not None and fold(user.account) == fold(account)
    return was_called(user, log_name(fold(entry.nick), None), entry)


def was_told(ctx: Context, user: User, found: Found) -> bool:
    """Say whether a message of a conversation was said to a user, and not to somebody who had the nickname before."""
    fold, entry = ctx.network.fold, found.entry
    account = entry.tags.get("account")
    author = log_name(fold(entry.nick), fold(account) if account is not None else None)
    one, _, other = found.part.log.partition(" ")
    name = other if one == author else one
    if is_nickname(name):
        return was_called(user, name, entry)
    return user.account is not None and fold(user.account) == name


def was_called(user: User, name: str, entry: Entry) -> bool:
    """Say whether it is sure that logs called a user so when something was said, a nickname's holder."""
    place = (entry.time_ms, entry.msgid)
    return any(
        tenure.name == name
        and tenure.since[:2] <= place
        and (tenure.until is None or place <= tenure.until[:2])
        and all(is_sure(entry, end) for end in (tenure.since, tenure.until) if end is not None)
        for tenure in (user.called, *user.names)
    )
