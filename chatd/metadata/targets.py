"""What METADATA can be about, and what of it a client may see and change.  See IRCv3 metadata."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.context import Context
from chatd.core.channel import Channel
from chatd.core.modes import OP
from chatd.core.names import CHANTYPES
from chatd.core.refusal import Failed
from chatd.core.user import User
from chatd.metadata.wording import subscriber
from chatd.wire.masks import glob


class Target:
    """What a command is about: a user, a channel, or oneself before registration (neither).

    ``given`` is how the client wrote it, ``name`` how the server shows it.
    """

    __slots__ = ("channel", "given", "name", "user", "values")

    def __init__(
        self, given: str, name: str, values: Mapping[str, str], user: User | None = None, channel: Channel | None = None
    ) -> None:
        self.given = given
        self.name = name
        self.values = values
        self.user = user
        self.channel = channel


def find(ctx: Context, given: str) -> Target:
    """Look up a target; raises Failed for what is none, or what this client may not look at."""
    own = ctx.session.user
    if own is None:
        if given == "*":
            return Target(given, given, subscriber(ctx).early)
    elif given == "*":
        return Target(given, own.nick, own.metadata, own)
    elif given[:1] in CHANTYPES and given:
        channel = ctx.network.channel(given)
        if channel is not None and may_look(ctx, channel):
            return Target(given, channel.name, channel.metadata, channel=channel)
    elif (user := ctx.network.user(given)) is not None:
        return Target(given, user.nick, user.metadata, user)
    raise Failed("METADATA", "INVALID_TARGET", given, text="There is no such user or channel")


def said_before(ctx: Context, held: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a client has set of itself before it was registered, as far as there is room beside what it has already."""
    early = ctx.session.metadata.early if ctx.session.metadata is not None else {}
    changes = [(key, value) for key, value in early.items() if key in held and held[key] != value]
    new = [(key, value) for key, value in early.items() if key not in held]
    return (*changes, *new[: max(0, ctx.config.metadata.max_keys - len(held))])


def may_look(ctx: Context, channel: Channel) -> bool:
    """Say whether this client may know what a channel says about itself: members, and all where everybody may enter."""
    if ctx.user.uid in channel.members or ctx.has_privilege("see-secret") or ctx.has_privilege("metadata"):
        return True
    return channel.is_visible_to(ctx.user) and not ("i" in channel.modes or "k" in channel.modes)


def may_change(ctx: Context, target: Target) -> bool:
    """Say whether this client administers a target."""
    if target.channel is None:
        return target.user is ctx.session.user or ctx.has_privilege("metadata")
    member = target.channel.members.get(ctx.user.uid)
    return (member is not None and member.ranks >= OP) or ctx.has_privilege("metadata")


def may_set(ctx: Context, key: str) -> bool:
    """Say whether this client may set a key at all."""
    rules = ctx.config.metadata
    if not (rules.reserved or rules.hidden) or ctx.has_privilege("metadata"):
        return True
    return not any(glob(mask, key) for mask in (*rules.reserved, *rules.hidden))


def need_oneself(ctx: Context, given: str) -> None:
    """Subscriptions are one's own."""
    if find(ctx, given).user is not ctx.session.user or given[:1] in CHANTYPES:
        raise Failed("METADATA", "INVALID_TARGET", given, text="Subscriptions are your own: use *")
