"""One message looked up in the logs by its id, and whose it is."""

from __future__ import annotations

from collections.abc import Callable

from chatd.clock import id_moment_ms
from chatd.context import Context
from chatd.core.accounts import StoreError
from chatd.core.archive import SAID, Entry, Part, Scope, Selector, is_sure
from chatd.core.names import is_nickname, log_name
from chatd.core.user import User
from chatd.reading.access import Reading, settled

Found = tuple[Part, Entry] | None
"""A message and the part it is in; None when there is none that the client may read, or it was taken back."""


def look_up(ctx: Context, reading: Reading, msgid: str, then: Callable[[Found], None]) -> None:
    """Look for a message in a thread; the client's next line waits for ``then``."""
    node = ctx.node
    moment_ms = id_moment_ms(msgid)
    if moment_ms is None:
        then(None)
        return
    place = Selector(moment_ms, msgid)
    scope = Scope(frozenset(SAID), reading.sees, ranked=reading.ranked, redactions="drop")
    node.history.flush()

    def work() -> Found:
        try:
            return node.archive.find(settled(reading, node.accounts), place, scope)
        except (OSError, StoreError):
            return None

    ctx.wait(work, then, lane=node.lanes.reading)


def is_author(ctx: Context, user: User, entry: Entry) -> bool:
    """Say whether a logged message is a user's: of the account, or under a nickname it had then."""
    fold = ctx.network.fold
    account = entry.tags.get("account")
    if account is not None:
        return user.account is not None and fold(user.account) == fold(account)
    name = log_name(fold(entry.nick), None)
    place = (entry.time_ms, entry.msgid)
    return any(
        tenure.name == name
        and tenure.since[:2] <= place
        and (tenure.until is None or place <= tenure.until[:2])
        and all(is_sure(entry, end) for end in (tenure.since, tenure.until) if end is not None)
        for tenure in (user.called, *user.names)
        if is_nickname(tenure.name)
    )
