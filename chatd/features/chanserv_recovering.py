"""ChanServ: INVITE, UNBAN, CLEAR, RECOVER: getting in, and getting a channel back."""

from __future__ import annotations

from collections.abc import Iterator

from chatd.channels.acting import change_modes, members_named, need_not_below, need_one, need_to_act
from chatd.channels.changing import settle, write_down
from chatd.channels.ranking import chanserv, give_ranks
from chatd.core.channel import Channel
from chatd.core.events import AccountInvited, Change, Invited, Kicked
from chatd.core.modes import HALFOP, NO_RANK, Kind
from chatd.core.registered import Registration
from chatd.core.user import User
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request
from chatd.wire.chunks import clip


@CHANSERV.command("INVITE", "<channel> [<nickname or account>]", example="INVITE #chat bob", cost=2)
def invite(request: Request, name: str, who: str = "") -> None:
    """Invite somebody, also who is not here, or yourself. What an account is invited to holds until it is used."""
    channel, _ = need_to_act(request, name, "invite")
    ctx = request.ctx
    user = ctx.network.user(who) if who else ctx.user
    if user is None:
        invite_account(request, channel, who)
        return
    if user.uid in channel.members:
        raise Declined(f"{user.nick} is in {channel.name}.")
    rank = HALFOP if "i" in channel.modes else NO_RANK
    ctx.emit(Invited(chanserv(ctx.node), channel.name, user.uid, ctx.config.limits.invites, rank))
    settle(request, channel, f"{user.nick} is invited to {channel.name}.")


def invite_account(request: Request, channel: Channel, who: str) -> None:
    """Invite somebody who is not here under that name."""
    folded = request.ctx.network.fold(who)
    account = request.ctx.network.registry.owner(folded)
    if account is None:
        raise Declined(f"There is nobody here and no account with the name {who}.")

    def decide(_now: Registration) -> tuple[AccountInvited, str]:
        need_one(request, channel, "invite", again=True)
        event = AccountInvited(request.ctx.origin, channel.folded, request.ctx.network.fold(account))
        return event, f"{account} is invited to {channel.name}, and comes in when back."

    write_down(request, channel, decide)


@CHANSERV.command("UNINVITE", "<channel> [<account>]", example="UNINVITE #chat bob", cost=2)
def uninvite(request: Request, name: str, account: str = "") -> None:
    """Take back an invitation that is remembered for an account; without one, list them."""
    channel, registration = need_to_act(request, name, "invite")
    if not account:
        request.say(f"Invited to {channel.name}: {' '.join(registration.invited) or 'nobody'}")
        return
    folded = request.ctx.network.fold(account)

    def decide(now: Registration) -> tuple[AccountInvited, str]:
        need_one(request, channel, "invite", again=True)
        if folded not in now.invited:
            raise Declined(f"{account} is not invited to {channel.name}.")
        event = AccountInvited(request.ctx.origin, channel.folded, folded, adding=False)
        return event, f"{account} is not invited to {channel.name} any more."

    write_down(request, channel, decide)


@CHANSERV.command("UNBAN", "<channel> [<nickname>]", example="UNBAN #chat")
def unban(request: Request, name: str, nick: str = "") -> None:
    """Lift the bans that match somebody, or you."""
    channel, _ = need_to_act(request, name, "kick", "recover")
    user = request.ctx.network.user(nick) if nick else request.ctx.user
    if user is None:
        raise Declined(f"There is nobody here with the name {nick}.")
    if not change_modes(request, channel, bans_on(channel, user)):
        raise Declined(f"No ban in {channel.name} matches {user.nick}.")
    settle(request, channel, f"No ban in {channel.name} matches {user.nick} any more.")


def bans_on(channel: Channel, user: User | None = None) -> Iterator[Change]:
    """The lifting of bans, of those that match somebody or of all."""
    for ban in channel.lists.get("b", {}).values():
        if user is None or ban.matches(user):
            yield Change(False, "b", ban.text)


@CHANSERV.command("CLEAR", "<channel> BANS | MODES | RANKS | USERS", example="CLEAR #chat BANS", cost=3)
def clear(request: Request, name: str, what: str) -> None:
    """Take everything of a kind away: bans, modes, ranks of those without access, or those people themselves."""
    channel, registration = need_to_act(request, name, "recover")
    match what.upper():
        case "BANS":
            changes = list(bans_on(channel))
        case "MODES":
            changes = list(flags_off(request, channel))
        case "RANKS" | "OPS":
            changes = list(ranks_off(request, channel, registration))
        case "USERS":
            put_out(request, channel, registration)
            return
        case _:
            raise Declined("What can be cleared is BANS, MODES, RANKS or USERS.")
    if not change_modes(request, channel, changes):
        raise Declined("There is nothing to clear.")
    settle(request, channel, f"Cleared in {channel.name}: {what.upper()}")


def flags_off(request: Request, channel: Channel, letters: str = "") -> Iterator[Change]:
    """The taking off of modes, of these or of all that an operator may set."""
    table = request.ctx.network.modes.channel
    for letter in channel.modes:
        if letter in letters or (not letters and letter != "P"):
            yield Change(False, letter, "*" if table[letter].kind is Kind.KEYED else "")


def ranks_off(request: Request, channel: Channel, registration: Registration) -> Iterator[Change]:
    """The taking of ranks from those who have no access."""
    for member in channel.members.values():
        if member.user is not request.ctx.user and not registration.flags_of(member.user):
            for letter in request.ctx.network.modes.letters(member.ranks):
                yield Change(False, letter, member.user.nick, member.user.uid)


def put_out(request: Request, channel: Channel, registration: Registration) -> None:
    """Put everybody out who has no access."""
    found = [member.user.uid for member in channel.members.values() if not registration.flags_of(member.user)]
    for uid in found:
        if uid != request.ctx.user.uid:
            reason = f"{request.ctx.user.nick} clears the channel"
            request.ctx.emit(Kicked(chanserv(request.ctx.node), channel.folded, uid, reason))
    request.say(f"Put out of {channel.name}: {len(found)}")


@CHANSERV.command("KICK", "<channel> <nickname> [<reason>]", example="KICK #chat bob behave")
def kick(request: Request, name: str, nick: str, *reason: str) -> None:
    """Put somebody out of a channel."""
    channel, _ = need_to_act(request, name, "kick")
    (member,) = members_named(request, channel, [nick])
    need_not_below(request, channel, member.user)
    text = f"{request.ctx.user.nick}: {' '.join(reason)}" if reason else request.ctx.user.nick
    text = clip(text, request.config.limits.kick)
    request.ctx.emit(Kicked(chanserv(request.ctx.node), channel.folded, member.user.uid, text))


@CHANSERV.command("RECOVER", "<channel>", example="RECOVER #chat", cost=3)
def recover(request: Request, name: str) -> None:
    """Take a channel back: ranks go from those without access, and nothing keeps you out any more."""
    channel, registration = need_to_act(request, name, "recover")
    ctx, user = request.ctx, request.ctx.user
    changes = [*ranks_off(request, channel, registration), *bans_on(channel, user), *flags_off(request, channel, "ikl")]
    change_modes(request, channel, changes)
    member = channel.members.get(user.uid)
    if member is not None:
        give_ranks(ctx.node, channel, [member])
    else:
        ctx.emit(Invited(chanserv(ctx.node), channel.name, user.uid, ctx.config.limits.invites, HALFOP))
    settle(request, channel, f"{channel.name} is yours again." if member is not None else f"JOIN {channel.name} now.")
