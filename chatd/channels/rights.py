"""Who may do what with a registered channel, asked anew for each command, by account."""

from __future__ import annotations

from chatd.core.channel import Channel
from chatd.core.flags import EVERY, Flags
from chatd.core.names import is_channel
from chatd.core.registered import Registration
from chatd.services.request import UNAVAILABLE, Declined, Request

NOT_REGISTERED = "is not registered."


def find(request: Request, name: str) -> tuple[Channel, Registration]:
    """A registered channel that somebody names; raises Declined, also for one that is not to be known of."""
    channel = request.ctx.network.channel(name)
    if channel is None or channel.registered is None or not may_know(request, channel):
        shown = name if is_channel(name, request.config.limits.channel) else "That"
        raise Declined(f"{shown} {NOT_REGISTERED}")
    return channel, channel.registered


def may_know(request: Request, channel: Channel) -> bool:
    """Say whether the asker may be told that a channel exists: who may see it, has access, was offered it, or is
    an operator."""
    ctx = request.ctx
    return (ctx.may_see(channel) or bool(held(request, channel)) or ctx.has_privilege("channels")
            or is_offered(request, channel))  # fmt: skip


def is_offered(request: Request, channel: Channel) -> bool:
    """Say whether the asker's account was asked to be the founder or the successor."""
    registration = channel.registered
    return registration is not None and registration.is_offered_to(registration.account_of(request.ctx.user))


def held(request: Request, channel: Channel) -> Flags:
    """The flags the asker has by the account; nobody is asked for a host here."""
    registration = channel.registered
    if registration is None:
        return frozenset()
    return registration.flags_of_account(registration.account_of(request.ctx.user))


def held_or_masked(request: Request, channel: Channel) -> Flags:
    """The flags the asker has by account or by mask: for what changes nothing of the registration."""
    registration = channel.registered
    return frozenset() if registration is None else registration.flags_of(request.ctx.user)


def need(request: Request, name: str, flag: str) -> tuple[Channel, Registration]:
    """A registered channel on which the asker has a flag, by the account or as a server operator; raises Declined."""
    channel, registration = find(request, name)
    need_flag(request, channel, flag)
    return channel, registration


def need_flag(request: Request, channel: Channel, flag: str, again: bool = False) -> None:
    """The same of a channel that was found; ``again`` when that was asked before and may not be so any more."""
    if flag not in held(request, channel):
        if not request.ctx.has_privilege("channels"):
            raise Declined(f"You need the flag {flag} on {channel.name}.")
        if not again:
            request.notify_operators(channel.name)


def need_kept(request: Request, name: str) -> tuple[Channel, Registration]:
    """A channel that the asker founded, and that is kept under its name by now."""
    channel, registration = need(request, name, "founder")
    if request.ctx.node.channel_saver.is_moving(channel.folded):
        raise Declined(UNAVAILABLE)
    return channel, registration


def power(request: Request, channel: Channel) -> Flags:
    """What the asker can give and take: the own flags, every one for server operators."""
    return EVERY if request.ctx.has_privilege("channels") else held(request, channel)
