"""MARKREAD: how far somebody has read, told to all of one's own sessions.  See IRCv3 read-marker.

All who are logged in to an account share its markers, which are kept with it; others' last as long as their user.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from chatd.accounts.following import account_since
from chatd.context import Context, Node
from chatd.core.accounts import Json
from chatd.core.caps import Capability
from chatd.core.catalog import command, follows, introduces, losing, observes, ticks
from chatd.core.channel import Channel
from chatd.core.events import (
    AccountChanged,
    AccountDeleted,
    AccountRenamed,
    MarkerMoved,
    MarkersLoaded,
    UserArrived,
    UserRestored,
)
from chatd.core.names import is_channel, is_nick
from chatd.core.refusal import Failed
from chatd.reading.markers import KIND, names_read, read, read_until
from chatd.reports import reporter
from chatd.session import Session

READ_MARKER = Capability("draft/read-marker")
MARKERS: Final = 1000
"""How many conversations a user has markers of."""

SAVE_S: Final = 5
"""How long what has moved may wait to be saved."""
TRIES: Final = 3
log = reporter(__name__)

_TIMESTAMP: Final = re.compile(r"timestamp=([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)")


@command("MARKREAD", "<channel or nickname> [timestamp=<time>]", example="MARKREAD #chat", needs=(READ_MARKER,))
def markread(ctx: Context, target: str = "", timestamp: str | None = None) -> None:
    """Show or say how far you have read; clients do this on their own."""
    if not target:
        raise Failed("MARKREAD", "NEED_MORE_PARAMS", text="Missing parameters")
    limits = ctx.config.limits
    if not (is_channel(target, limits.channel) or is_nick(target, limits.nick)):
        raise Failed("MARKREAD", "INVALID_PARAMS", target, text="That is neither a channel nor a nickname")
    if timestamp is None:
        show_marker(ctx.session, target, stored(ctx, target))
    else:
        if ctx.user.account is not None:
            ctx.need_keeping(None, "INTERNAL_ERROR", target)
        ctx.emit(MarkerMoved(ctx.origin, target, ctx.network.fold(target), moment_of(timestamp), MARKERS))


def moment_of(timestamp: str) -> str:
    """The server-time text in a timestamp parameter; raises Failed."""
    found = _TIMESTAMP.fullmatch(timestamp)
    try:
        if found is None:
            raise ValueError
        datetime.fromisoformat(found[1].replace(":60.", ":59."))  # a leap second is a moment
    except ValueError:
        raise Failed("MARKREAD", "INVALID_PARAMS", timestamp, text="That is no timestamp") from None
    return found[1]


def stored(ctx: Context, target: str) -> str:
    """The marker of a conversation; "" for none."""
    network = ctx.network
    markers = network.markers.get(network.owner(ctx.user), {})
    return read_until(names_read(network, ctx.user, network.fold(target)), markers)


def show_marker(session: Session, target: str, read_until: str) -> None:
    """``:server MARKREAD target timestamp=...``, or ``*``, for who negotiated it."""
    shown = f"timestamp={read_until}" if read_until else "*"
    session.push_to(READ_MARKER, f":{session.owner.name} MARKREAD {target} {shown}")


@observes(MarkerMoved)
def tell_own_sessions(node: Node, event: MarkerMoved) -> None:
    """Every session of the user is told of a marker that moved, and the one that asked in any case."""
    network = node.network
    user = network.users[event.origin.uid]
    markers = network.markers.get(network.owner(user), {})
    for each in list(network.logged_in.get(network.owner(user), {user.uid: user}).values()):
        moment = read_until(names_read(network, each, event.folded), markers)
        for session in node.present(each.audience):
            if event.moved or session.sid == event.origin.sid:
                show_marker(session, event.target, moment)


@introduces(rank=-1, needs=(READ_MARKER,))
def show_on_join(ctx: Context, channel: Channel) -> None:
    """The marker of a channel comes after JOIN and before 366."""
    show_marker(ctx.session, channel.name, stored(ctx, channel.name))


# --- keeping them for accounts -------------------------------------------------------------------------------


@follows(MarkerMoved)
def note(ctx: Context, event: MarkerMoved) -> None:
    """What has moved is in the journal before it is shown, and is saved in a while."""
    account = ctx.network.fold(ctx.user.account or "")
    if event.moved and account:
        unsaved = ctx.node.unsaved
        unsaved.note(KIND, account, {**(unsaved.noted(KIND, account) or {}), event.folded: event.moment})


@ticks
def keep_all(node: Node) -> None:
    """Save what has moved, with what has moved until then."""
    if node.now_ms() // 1000 % SAVE_S == 0:
        for account in list(node.unsaved.marks(KIND)):
            save(node, account)


@observes(AccountChanged, rank=-1)
def keep_those_left(node: Node, event: AccountChanged) -> None:
    """With the last who is logged in to an account its markers go from the network, but not for good."""
    if event.origin.account and event.origin.node == node.name:
        save(node, node.network.fold(event.origin.account))


@losing
def keep_at_last(ctx: Context, _reason: str) -> None:
    """What was not saved yet is saved when the connection ends."""
    if ctx.session.user is not None and ctx.session.user.account is not None:
        save(ctx.node, ctx.network.fold(ctx.session.user.account))


@observes(AccountRenamed, rank=-1)
def follow_account(node: Node, event: AccountRenamed) -> None:
    """What is not saved yet is of the account under its new name."""
    node.unsaved.move(KIND, node.network.fold(event.old), node.network.fold(event.account))


@observes(AccountDeleted)
def forget(node: Node, event: AccountDeleted) -> None:
    """Nothing stays behind of who is gone."""
    node.unsaved.forget(KIND, node.network.fold(event.account))


def save(node: Node, account: str) -> None:
    """Write down in a thread what has moved, none of it older than what is there; what fails is tried again."""
    store, unsaved = node.accounts, node.unsaved
    markers, mark, asked_ms = unsaved.noted(KIND, account), unsaved.mark(KIND, account), node.now_ms()
    if not markers or (KIND, account) in unsaved.underway:
        return
    unsaved.underway.add((KIND, account))

    def work() -> None:
        found = account_since(store, account, asked_ms)
        if found is not None:
            kept = read(store.document(found.account_id, KIND))
            merged: dict[str, Json] = {folded: moment for folded, moment in kept.items() if folded not in markers}
            for folded, moment in markers.items():
                merged[folded] = max(moment, kept.get(folded, ""))
            while len(merged) > MARKERS:
                del merged[next(iter(merged))]
            store.put_document(found.account_id, KIND, merged)

    def done(result: object) -> None:
        unsaved.underway.discard((KIND, account))
        if isinstance(result, BaseException):
            log.warn("markers of {account} are not saved yet: {kind}", account=account, kind=type(result).__name__)
        else:
            unsaved.saved(KIND, account, mark)

    node.lanes.storing(lambda: work, done, turn=(account, KIND))


@observes(UserArrived)
@observes(UserRestored)
@observes(AccountChanged)
def load(node: Node, event: UserArrived | UserRestored | AccountChanged) -> None:
    """Who logs in to an account that nobody else is logged in to gets its markers back."""
    network, uid = node.network, event.origin.uid
    account = network.fold(event.account) if event.account else ""
    if event.origin.node != node.name or len(network.logged_in.get(account, {})) != 1:
        return

    def work() -> dict[str, str]:
        found = node.accounts.find(account)
        return {} if found is None else read(node.accounts.document(found.account_id, KIND))

    def done(result: object) -> None:
        if isinstance(result, BaseException):
            log.warn("markers of {account} were not read: {kind}", account=account, kind=type(result).__name__)
        elif isinstance(result, dict) and (markers := {**result, **(node.unsaved.noted(KIND, account) or {})}):
            node.emit(MarkersLoaded(node.origin, account, uid, tuple(markers.items())))

    node.lanes.storing(work, done, tries=TRIES)


@observes(MarkersLoaded)
def show_loaded(node: Node, event: MarkersLoaded) -> None:
    """Who was in channels before the markers were there is told of those now."""
    network, user = node.network, node.network.users.get(event.uid)
    if user is None:
        return
    for session in node.present(user.audience):
        for folded, membership in user.channels.items():
            if moment := read_until(names_read(network, user, folded), network.markers[event.account]):
                show_marker(session, membership.channel.name, moment)
