"""ChanServ: registering a channel, ending that.

What is answered with yes is on disk by then.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from chatd.channels.changing import dropping, registration_of, why_not
from chatd.channels.ending import end_registration
from chatd.channels.rights import need_flag, need_kept
from chatd.core.accounts import NameTaken, StoreError, TooMany
from chatd.core.channel import Channel
from chatd.core.events import ChannelRegistered
from chatd.core.keeping import kept
from chatd.core.kept import KeptChannel
from chatd.core.modes import OP
from chatd.core.names import is_channel
from chatd.core.registered import Registration
from chatd.interfaces import ChannelStore
from chatd.services.names import CHANSERV
from chatd.services.request import UNAVAILABLE, Declined, Request

NO_LIMIT = 10**9


@CHANSERV.command("REGISTER", "<channel>", example="REGISTER #chat", login=True, cost=5)
def register(request: Request, name: str) -> None:
    """Make a channel yours. It keeps its topic, modes and lists when nobody is in it, and you are its founder."""
    ctx = request.ctx
    managing = ctx.has_privilege("channels")
    if not (ctx.config.channels.registering or managing):
        raise Declined("Only operators of this server register channels.")
    if not is_channel(name, ctx.config.limits.channel):
        raise Declined("The name of a channel begins with #.")
    channel = ctx.network.channel(name)
    member = channel.members.get(ctx.user.uid) if channel is not None else None
    if channel is None or member is None or member.ranks < OP:
        raise Declined(f"You are not an operator in {name}. Join it first; who makes a channel is its operator.")
    if channel.registered is not None:
        raise Declined(f"{channel.name} is registered already.")
    if ctx.node.channel_saver.has_still(channel.folded):
        raise Declined(UNAVAILABLE)
    made = Registration(ctx.network.fold(request.account), ctx.now_ms(), ctx.network.fold)
    row = kept(channel, made)
    limit = NO_LIMIT if managing else ctx.config.channels.per_account
    origin = ctx.origin

    def done(there: KeptChannel) -> None:
        if there.founder != row.founder:
            raise Declined("That channel is registered already.")
        request.say(f"{row.name} is registered, and you are its founder.")

    request.wait(
        lambda: written(ctx.node.kept_channels, row, limit),
        done,
        why_not_registered,
        lambda there: ctx.node.emit(ChannelRegistered(origin, there)),
    )


def written(store: ChannelStore, row: KeptChannel, limit: int) -> KeptChannel:
    """Write a channel down; gives the one that is there already, which some node has not heard of yet.

    That is so for a moment while another is being registered, and when a store took longer than it was waited for.
    """
    try:
        store.register(row, limit)
    except NameTaken:
        there = next((each for each in store.load() if each.folded == row.folded), None)
        if there is None:
            raise
        return there
    return row


def why_not_registered(problem: StoreError) -> str:
    """What the store says no to."""
    match problem:
        case NameTaken():
            return "That channel is registered already."
        case TooMany():
            return "You have as many channels as one account may have."
        case _:
            return ""


@CHANSERV.command("DROP", "<channel> [<code>]", example="DROP #chat", login=True, cost=5)
def drop(request: Request, name: str, code: str = "") -> None:
    """End the registration of a channel. Asks for a code first, which it tells you. For the founder; a log-in by a
    session token is not enough for it."""
    channel, registration = need_kept(request, name)
    request.need_more_than_token()
    expected = code_of(channel, registration)
    if code != expected:
        request.say(f"This ends everything about {channel.name}: access, lists, invite links. It cannot be undone.")
        request.say(f"If you are sure: DROP {channel.name} {expected}")
        return
    node, origin = request.ctx.node, request.ctx.origin
    reason = f"dropped by {request.ctx.user.nick}"

    def prepare() -> Callable[[], bool]:
        need_flag(request, channel, "founder", again=True)
        if code != code_of(channel, registration_of(channel)):
            raise Declined("That is not registered any more.")
        return dropping(node, channel)

    request.write(
        channel,
        prepare,
        lambda _was_there: request.say(f"{channel.name} is not registered any more."),
        lambda _was_there: end_registration(node, origin, channel.folded, reason),
        why_not,
    )


def code_of(channel: Channel, registration: Registration) -> str:
    """What has to be repeated to drop this registration, and no other: no secret, but nobody writes it by mistake."""
    text = f"{channel.folded} {registration.founder} {registration.registered_ms}"
    return sha256(text.encode()).hexdigest()[:8]
