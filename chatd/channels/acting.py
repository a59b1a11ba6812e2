"""What ChanServ does in a channel for somebody who may."""

from __future__ import annotations

from collections.abc import Iterable

from chatd.channels.ranking import chanserv
from chatd.channels.rights import find, held_or_masked
from chatd.core.channel import Channel
from chatd.core.events import Change, ModesChanged
from chatd.core.flags import automatic_ranks
from chatd.core.registered import Registration
from chatd.core.user import Membership, User
from chatd.services.request import UNAVAILABLE, Declined, Request


def need_to_act(request: Request, name: str, *flags: str) -> tuple[Channel, Registration]:
    """A registered channel on which the asker has one of these flags, by account, mask or as a server operator."""
    channel, registration = find(request, name)
    need_one(request, channel, *flags)
    if request.ctx.node.unsaved.is_failing:
        raise Declined(UNAVAILABLE)
    return channel, registration


def need_one(request: Request, channel: Channel, *flags: str, again: bool = False) -> None:
    """The same of a channel that was found; ``again`` when that was asked before and may not be so any more."""
    if not held_or_masked(request, channel).intersection(flags):
        if not request.ctx.has_privilege("channels"):
            raise Declined(f"You need the flag {' or '.join(flags)} on {channel.name}.")
        if not again:
            request.notify_operators(channel.name)


def members_named(request: Request, channel: Channel, nicks: Iterable[str]) -> list[Membership]:
    """Those of a channel who are named, the asker when nobody is; raises Declined for who is not in it."""
    found = []
    for nick in nicks or (request.ctx.user.nick,):
        user = request.ctx.network.user(nick)
        member = channel.members.get(user.uid) if user is not None else None
        if member is None:
            raise Declined(f"{nick} is not in {channel.name}.")
        found.append(member)
    return found


def need_not_below(request: Request, channel: Channel, user: User) -> None:
    """Nobody acts against who has a higher rank by access; server operators do."""
    registration = channel.registered
    if registration is None or user is request.ctx.user or request.ctx.has_privilege("channels"):
        return
    mine = automatic_ranks(held_or_masked(request, channel))
    if automatic_ranks(registration.flags_of(user)) > mine:
        raise Declined(f"{user.nick} has a higher rank than you in {channel.name}.")


def change_modes(request: Request, channel: Channel, changes: Iterable[Change]) -> bool:
    """Let ChanServ change modes; says whether there was anything to change."""
    wanted = tuple(changes)
    if wanted:
        request.ctx.emit(ModesChanged(chanserv(request.ctx.node), channel.folded, wanted))
    return bool(wanted)
