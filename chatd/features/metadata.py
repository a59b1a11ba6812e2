"""METADATA: keys and values that users and channels have, and being told when they change.

Who may see what, how it is worded and what is told unasked is in ``chatd.metadata``.  See IRCv3 metadata
(draft/metadata-2 and -3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chatd.context import Context, Node
from chatd.core import metadata as keys_and_values
from chatd.core.audience import Audience
from chatd.core.caps import Capability
from chatd.core.catalog import command, follows, introduces, loses, observes, sights, welcomes
from chatd.core.channel import Channel
from chatd.core.events import AccountChanged, Joined, MetadataChanged, SessionAttached
from chatd.core.metadata import AWARE, NO_METADATA, changed, is_key, value_bytes
from chatd.core.refusal import Failed
from chatd.core.user import User
from chatd.metadata.syncing import (
    EVERYTHING,
    SYNC_WAIT_S,
    catch_up,
    is_large,
    monitored,
    must_wait,
    show_all,
    show_held,
    show_news,
    sync_channel,
)
from chatd.metadata.targets import Target, find, may_change, may_set, need_oneself
from chatd.metadata.wording import is_aware, seen_by, subscriber, wording
from chatd.metadata.writing import make_so
from chatd.wire.chunks import pack_words
from chatd.wire.numerics import (
    RPL_KEYNOTSET,
    RPL_KEYVALUE,
    RPL_METADATASUBOK,
    RPL_METADATASUBS,
    RPL_METADATAUNSUBOK,
    Numeric,
)

METADATA_2: Capability = keys_and_values.METADATA_2
METADATA_3: Capability = keys_and_values.METADATA_3


@command(
    "METADATA", "<target> GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [<parameters>]",
    example="METADATA * SET url :https://example.org/", before=(METADATA_3, METADATA_2), needs=(METADATA_3, METADATA_2),
    cost=2,
)  # fmt: skip
def metadata(ctx: Context, target: str = "", subcommand: str = "", *params: str) -> None:
    """Show or set what a user or channel says about itself; clients do this on their own."""
    if not subcommand:
        wording(ctx).misshapen(ctx, "*", missing=True)
    found = _SUBCOMMANDS.get(subcommand.upper())
    if found is None:
        wording(ctx).unknown(ctx, subcommand)
        return
    act, at_least, at_most = found
    if len(params) < at_least or len(params) > at_most:
        wording(ctx).misshapen(ctx, subcommand.upper(), missing=len(params) < at_least)
    act(ctx, target, params[:at_most])


def get(ctx: Context, given: str, keys: tuple[str, ...]) -> None:
    """Show some keys of a target, in order."""
    target, words = find(ctx, given), wording(ctx)
    with ctx.batch("metadata", target.name):
        for key in keys:
            value = words.value(target.values.get(key))
            if not is_key(key):
                words.invalid_key(ctx, key, goes_on=True)
            elif (visible_to := seen_by(ctx, key)) is None:
                words.forbidden(ctx, given, key, "WARN")
            elif value is None:
                ctx.reply(RPL_KEYNOTSET, target.name, key)
            else:
                ctx.reply(RPL_KEYVALUE, target.name, key, visible_to, value)


def list_all(ctx: Context, given: str, _params: tuple[str, ...]) -> None:
    """Show all keys of a target."""
    target, words = find(ctx, given), wording(ctx)
    with ctx.batch("metadata", target.name):
        for key, value in target.values.items():
            visible_to = seen_by(ctx, key)
            if visible_to is not None and words.value(value) is not None:
                ctx.reply(RPL_KEYVALUE, target.name, key, visible_to, value)


# --- changing --------------------------------------------------------------------------------------------------


def set_one(ctx: Context, given: str, params: tuple[str, ...]) -> None:
    """Set one key of a target, or take it away."""
    target, words = find(ctx, given), wording(ctx)
    key, value = params[0], words.value(params[1]) if len(params) > 1 else None
    limit = ctx.config.metadata.max_keys
    if not is_key(key):
        words.invalid_key(ctx, key, goes_on=False)
    elif not (may_change(ctx, target) and may_set(ctx, key)):
        words.forbidden(ctx, given, key)
    elif value is None and key not in target.values:
        words.nothing_to_remove(ctx, given, target.name, key)
    elif value is not None and len(value.encode()) > value_bytes(ctx.config):
        words.invalid_value(ctx, key)
    elif value is not None and key not in target.values and len(target.values) >= limit:
        words.full(ctx, given, limit)
    elif target.values.get(key) == value:
        show_set(ctx, target.name, key, value)
    elif wait_s := take_change(ctx):
        words.too_fast(ctx, wait_s, given, "SET", *params)
    else:
        change(ctx, target, ((key, value),))


def clear(ctx: Context, given: str, _params: tuple[str, ...]) -> None:
    """Take away all keys of a target that this client may set."""
    target, words = find(ctx, given), wording(ctx)
    keys = [key for key in target.values if may_set(ctx, key)]
    if not may_change(ctx, target):
        words.forbidden(ctx, given, "*")
    elif keys and (wait_s := take_change(ctx)):
        words.too_fast(ctx, wait_s, given, "CLEAR")
    elif keys:
        change(ctx, target, tuple((key, None) for key in keys), cleared=True)
    else:
        show_cleared(ctx, target.name, ())


def take_change(ctx: Context) -> int:
    """Count one change; returns the seconds to wait when there were too many."""
    rules = ctx.config.metadata
    return subscriber(ctx).take_change(ctx.now_ms(), rules.changes, rules.changes_per_minute)


def change(ctx: Context, target: Target, changes: tuple[tuple[str, str | None], ...], cleared: bool = False) -> None:
    """Let it happen; before registration nobody else is concerned."""
    if ctx.session.user is not None:
        uid = target.user.uid if target.user is not None else ""
        folded = target.channel.folded if target.channel is not None else ""
        make_so(ctx, MetadataChanged(ctx.origin, uid, folded, changes, cleared))
        return
    subscriber(ctx).early = changed(target.values, changes)
    if cleared:
        show_cleared(ctx, target.name, changes)
    else:
        show_set(ctx, target.name, *changes[0])


@follows(MetadataChanged)
def confirm(ctx: Context, event: MetadataChanged) -> None:
    """Whoever changed it is answered with what it is now."""
    if event.cleared:
        show_cleared(ctx, event.target, event.changes)
    else:
        show_set(ctx, event.target, *event.changes[0])


def show_set(ctx: Context, name: str, key: str, value: str | None) -> None:
    """761 or 766."""
    if value is None:
        ctx.reply(RPL_KEYNOTSET, name, key)
    else:
        ctx.reply(RPL_KEYVALUE, name, key, seen_by(ctx, key) or "*", value)


def show_cleared(ctx: Context, name: str, changes: tuple[tuple[str, str | None], ...]) -> None:
    """A batch that names each key that is gone."""
    with ctx.batch("metadata", name):
        for key, _ in changes:
            wording(ctx).removed(ctx, name, key)


# --- subscribing -----------------------------------------------------------------------------------------------


def subscribe(ctx: Context, given: str, keys: tuple[str, ...]) -> None:
    """Be told when these keys change, of whomever one shares a channel with or monitors."""
    need_oneself(ctx, given)
    mine, words = subscriber(ctx).keys, wording(ctx)
    limit = ctx.config.metadata.max_subs
    accepted: dict[str, None] = {}
    invalid, unseen, new, left_over = [], [], [], None
    for key in keys:
        if not is_key(key):
            invalid.append(key)
        elif key not in mine and len(mine) >= limit:
            left_over = key
            break
        else:
            if key not in mine:
                new.append(key)
            if seen_by(ctx, key) is None:
                unseen.append(key)
            accepted[key] = mine[key] = None
    show_keys(ctx, RPL_METADATASUBOK, accepted)
    for key in unseen:
        words.forbidden(ctx, given, key, "NOTE")
    for key in invalid:
        words.invalid_key(ctx, key, goes_on=True)
    if left_over is not None:
        words.fully_subscribed(ctx, left_over, limit)
    if new and ctx.session.user is not None:
        catch_up(ctx, new)


def unsubscribe(ctx: Context, given: str, keys: tuple[str, ...]) -> None:
    """Be told of these keys no longer."""
    need_oneself(ctx, given)
    mine = subscriber(ctx).keys
    for key in keys:
        mine.pop(key, None)
    show_keys(ctx, RPL_METADATAUNSUBOK, dict.fromkeys(key for key in keys if is_key(key)))
    for key in keys:
        if not is_key(key):
            wording(ctx).invalid_key(ctx, key, goes_on=True)


def show_subscriptions(ctx: Context, given: str, _params: tuple[str, ...]) -> None:
    """Show what one is subscribed to."""
    need_oneself(ctx, given)
    with ctx.batch("metadata-subs"):
        show_keys(ctx, RPL_METADATASUBS, subscriber(ctx).keys)


def show_keys(ctx: Context, numeric: Numeric, keys: Mapping[str, None]) -> None:
    """Name keys over as many lines as it takes."""
    for line in pack_words(keys, 400):
        ctx.reply(numeric, *line.split(" "))


# --- synchronization -------------------------------------------------------------------------------------------


def sync(ctx: Context, given: str, _params: tuple[str, ...]) -> None:
    """Show all one is subscribed to, of a user, of a channel and those in it, or (-3) of everything."""
    if given == EVERYTHING and wording(ctx).knows_everything and ctx.session.user is not None:
        channels = [membership.channel for membership in ctx.user.channels.values()]
        if not must_wait(ctx, given, sum(len(channel.members) for channel in channels)):
            with ctx.batch("metadata", given):
                show_all(ctx, channels, [ctx.user, *monitored(ctx)])
        return
    target = find(ctx, given)
    if target.channel is None:
        with ctx.batch("metadata", target.name):
            show_held(ctx, target.name, target.values)
    elif ctx.user.uid not in target.channel.members:
        raise Failed("METADATA", "INVALID_TARGET", given, text="You are not in that channel")
    elif not must_wait(ctx, target.name, len(target.channel.members)):
        sync_channel(ctx, target.channel)


@introduces(rank=1, needs=(METADATA_2, METADATA_3))
def sync_on_join(ctx: Context, channel: Channel) -> None:
    """Who joins is told of the channel and those in it, after the names; in -2 only with subscriptions."""
    if not (subscriber(ctx).keys or wording(ctx).tells_of_nothing):
        return
    if is_large(ctx, len(channel.members)):
        wording(ctx).later(ctx, channel.name, SYNC_WAIT_S)
    else:
        sync_channel(ctx, channel)


@sights(METADATA_2, METADATA_3)
def sync_on_sight(ctx: Context, user: User) -> None:
    """Who monitors somebody is told of them with each 730; in -2 only when there is something to tell."""
    if wording(ctx).tells_of_nothing or any(True for _ in subscriber(ctx).wanted(user.metadata)):
        with ctx.batch("metadata", user.nick):
            show_held(ctx, user.nick, user.metadata)


@welcomes(METADATA_2, METADATA_3)
def show_own(ctx: Context) -> None:
    """A new user is told of all it has, subscribed or not."""
    subscriber(ctx).early = NO_METADATA
    with ctx.batch("metadata", ctx.user.nick):
        show_held(ctx, ctx.user.nick, ctx.user.metadata, ctx.user.metadata)


@loses(METADATA_2, METADATA_3)
def forget_subscriptions(ctx: Context) -> None:
    """Who gives up the capability, or batches, is subscribed to nothing."""
    if ctx.session.metadata is not None:
        ctx.session.metadata.keys.clear()


# --- being told ------------------------------------------------------------------------------------------------


@observes(MetadataChanged)
def tell_change(node: Node, event: MetadataChanged) -> None:
    """Members of the channel, or all who share one with the user or monitor it, are told as they subscribed."""
    if event.folded:
        told = aware(node, node.network.channels[event.folded].audience)
    else:
        told = concerned(node, node.network.users[event.uid])
    told.pop(event.origin.sid, None)
    tell(told, event)


@observes(SessionAttached)
@observes(AccountChanged)
def tell_what_came_along(node: Node, event: SessionAttached | AccountChanged) -> None:
    """The same of what a log-in, or one more connection, has changed; that one is told in its greeting."""
    user = node.network.users.get(event.origin.uid)
    if event.changes and user is not None:
        told = concerned(node, user)
        if isinstance(event, SessionAttached):
            told.pop(event.origin.sid, None)
        tell(told, event)


def concerned(node: Node, user: User) -> dict[str, Context]:
    """Whom it concerns what a user says about itself."""
    told = aware(node, user.audience) | aware(node, node.network.neighbours(user))
    return told | {session.sid: session.context for session in node.watchers.get(user.folded, ())}


def tell(told: dict[str, Context], event: MetadataChanged | SessionAttached | AccountChanged) -> None:
    """Say what has changed, to each as it is subscribed."""
    for ctx in told.values():
        if ctx.session.metadata is not None and is_aware(ctx):
            keys = ctx.session.metadata.keys
            wanted = [change for change in event.changes if change[0] in keys]
            show_news(ctx, event.origin.source, event.target, wanted, keep_unset=True)


@observes(Joined)
def tell_of_newcomer(node: Node, event: Joined) -> None:
    """Members learn what a newcomer says about itself, unless the channel is large: then they ask."""
    user, channel = node.network.users[event.origin.uid], node.network.channels[event.folded]
    if user.metadata and len(channel.members) <= node.config.metadata.sync_members:
        for ctx in aware(node, channel.audience).values():
            if ctx.session.user is not user and ctx.session.metadata is not None:
                show_held(ctx, user.nick, user.metadata)


def aware(node: Node, audience: Audience) -> dict[str, Context]:
    """Those of an audience who have negotiated metadata."""
    return {session.sid: session.context for session in node.present(audience.having(AWARE))}


_Act = Callable[[Context, str, tuple[str, ...]], None]
_MANY = 10_000
_SUBCOMMANDS: dict[str, tuple[_Act, int, int]] = {
    "GET": (get, 1, _MANY),
    "LIST": (list_all, 0, 0),
    "SET": (set_one, 1, 2),
    "CLEAR": (clear, 0, 0),
    "SUB": (subscribe, 1, _MANY),
    "UNSUB": (unsubscribe, 1, _MANY),
    "SUBS": (show_subscriptions, 0, 0),
    "SYNC": (sync, 0, 0),
}
