"""Telling a session what is set already: on JOIN, MONITOR, SUB and SYNC, at once or later.  See IRCv3 metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chatd.context import Context
from chatd.core.channel import Channel
from chatd.core.user import User
from chatd.metadata.wording import seen_by, subscriber, wording

EVERYTHING = "*ALL"
"""In -3 the target that stands for all that a client is told about."""
SYNC_WAIT_S = 5
"""The time between two answers to SYNC that tell of more users than ``metadata.sync_members``."""
Values = Iterable[tuple[str, str | None]]


def show_news(ctx: Context, source: str, target: str, values: Values, keep_unset: bool = False) -> None:
    """Tell values that were not asked for one by one, as far as they are visible to this client."""
    words = wording(ctx)
    for key, value in values:
        if keep_unset or words.value(value) is not None:
            visible_to = seen_by(ctx, key)
            if visible_to is not None:
                words.news(ctx, source, target, key, visible_to, value)


def show_held(ctx: Context, name: str, held: Mapping[str, str], keys: Iterable[str] | None = None) -> None:
    """Tell what a session wants to know (or ``keys``) of what a user or channel has."""
    if held:
        show_news(ctx, ctx.node.name, name, subscriber(ctx).wanted(held, keys))


def show_all(
    ctx: Context, channels: Iterable[Channel], others: Iterable[User] = (), keys: Iterable[str] | None = None
) -> None:
    """The same of channels, everybody in them and some others, of each user once."""
    users = {user.uid: user for user in others}
    for channel in channels:
        show_held(ctx, channel.name, channel.metadata, keys)
        users.update((uid, member.user) for uid, member in channel.members.items() if member.user.metadata)
    for user in users.values():
        show_held(ctx, user.nick, user.metadata, keys)


def sync_channel(ctx: Context, channel: Channel) -> None:
    """A batch with what one is subscribed to of a channel and those in it."""
    with ctx.batch("metadata", channel.name):
        show_all(ctx, [channel])


def is_large(ctx: Context, members: int) -> bool:
    """Say whether so many users are not told of without being asked."""
    return members > ctx.config.metadata.sync_members


def must_wait(ctx: Context, name: str, members: int) -> bool:
    """774 when this client has just been told of very many users, and asks for many again."""
    state, now_ms = subscriber(ctx), ctx.now_ms()
    left_ms = state.synced_ms + SYNC_WAIT_S * 1000 - now_ms
    if not is_large(ctx, members):
        return False
    if left_ms > 0:
        wording(ctx).later(ctx, name, -(-left_ms // 1000))
        return True
    state.synced_ms = now_ms
    return False


def catch_up(ctx: Context, keys: list[str]) -> None:
    """What new subscriptions are about as of now: told at once in -2, to be asked for in -3."""
    if wording(ctx).knows_everything:
        wording(ctx).later(ctx, EVERYTHING, 0)
        return
    small = []
    for membership in ctx.user.channels.values():
        if is_large(ctx, len(membership.channel.members)):
            wording(ctx).later(ctx, membership.channel.name, SYNC_WAIT_S)
        else:
            small.append(membership.channel)
    show_all(ctx, small, [ctx.user, *monitored(ctx)], keys)


def monitored(ctx: Context) -> list[User]:
    """Those whom the session monitors and who are here."""
    return [user for user in map(ctx.network.user, ctx.session.monitored or ()) if user is not None]
