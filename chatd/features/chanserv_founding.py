"""ChanServ: registering a channel, giving it away, ending it.

What is answered with yes is on disk by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from chatd.channels.changing import dropping, make_so, registration_of, row_of, why_not
from chatd.channels.ending import end_registration
from chatd.channels.rights import need, need_flag
from chatd.core.accounts import NameTaken, NoSuchAccount, StoreError, TooMany
from chatd.core.channel import Channel
from chatd.core.events import ChannelRegistered, HeirsChanged
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
    """End the registration of a channel. Asks for a code first, which it tells you; for the founder."""
    channel, registration = need_kept(request, name)
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


def need_kept(request: Request, name: str) -> tuple[Channel, Registration]:
    """A channel that the asker founded, and that is kept under its name by now."""
    channel, registration = need(request, name, "founder")
    if request.ctx.node.channel_saver.is_moving(channel.folded):
        raise Declined(UNAVAILABLE)
    return channel, registration


def code_of(channel: Channel, registration: Registration) -> str:
    """What has to be repeated to drop this registration, and no other: no secret, but nobody writes it by mistake."""
    text = f"{channel.folded} {registration.founder} {registration.registered_ms}"
    return sha256(text.encode()).hexdigest()[:8]


@CHANSERV.command("TRANSFER", "<channel> <account>", example="TRANSFER #chat bob", login=True, cost=5)
def transfer(request: Request, name: str, account: str) -> None:
    """Make another account the founder. You keep nothing, so have yourself put on the access list; for the founder."""
    channel, _ = need_kept(request, name)
    hand_over(request, channel, founder=account)


@CHANSERV.command("SUCCESSOR", "<channel> [<account>]", example="SUCCESSOR #chat bob", login=True, cost=2)
def successor(request: Request, name: str, account: str = "") -> None:
    """Name the account that has the channel when yours is deleted, or nobody; for the founder."""
    channel, _ = need_kept(request, name)
    if not account:
        write_heirs(request, channel, "", "", f"{channel.name} has no successor now.")
        return
    hand_over(request, channel, successor=account)


def hand_over(request: Request, channel: Channel, founder: str = "", successor: str = "") -> None:
    """Write down who has a channel, or will have it."""
    folded = request.ctx.network.fold(founder or successor)
    what = "is the founder" if founder else "succeeds the founder"
    sentence = f"{{account}} {what} of {channel.name} now."
    write_heirs(request, channel, founder and folded, successor and folded, sentence)


def need_heir(request: Request, channel: Channel, founder: str, successor: str) -> None:
    """Say whether somebody may have a channel, or be its successor; raises Declined."""
    network = request.ctx.network
    need_flag(request, channel, "founder", again=True)
    heir = network.fold(network.registry.owner(founder or successor) or founder or successor)
    if heir == registration_of(channel).founder:
        raise Declined("That account is the founder.")
    most = request.config.channels.per_account
    if founder and len(network.registrations.founded(heir)) >= most and not request.ctx.has_privilege("channels"):
        raise Declined(f"{founder} has as many channels as one account may have.")


def write_heirs(request: Request, channel: Channel, founder: str, successor: str, sentence: str) -> None:
    """Save it, and let it happen once it is on disk; accounts are given by any of their nicknames."""
    node, origin, asked = request.ctx.node, request.ctx.origin, founder or successor

    def prepare() -> Callable[[], tuple[KeptChannel, str]]:
        need_heir(request, channel, founder, successor)
        row = row_of(node, channel)

        def work() -> tuple[KeptChannel, str]:
            found = node.accounts.find(asked) if asked else None
            heir = found.folded if found is not None else ""
            if asked and heir in ("", row.founder):
                raise NoSuchAccount
            after = replace(row, founder=heir, successor="") if founder else replace(row, successor=heir)
            node.kept_channels.save(after)
            return after, found.name if found is not None else ""

        return work

    def happened(result: tuple[KeptChannel, str]) -> None:
        after, _ = result
        make_so(node, channel, HeirsChanged(origin, channel.folded, after.founder, after.successor), after)

    def done(result: tuple[KeptChannel, str]) -> None:
        request.say(sentence.format(account=result[1]))

    request.write(channel, prepare, done, happened, lambda problem: why_no_heir(problem, asked))


def why_no_heir(problem: StoreError, asked: str) -> str:
    """What the store says no to."""
    return f"There is no other account {asked}." if isinstance(problem, NoSuchAccount) else ""

