"""INVITE and KNOCK.  See Modern IRC, "INVITE message"; IRCv3 invite-notify; KNOCK as the ratbox family has it."""

from __future__ import annotations

from chatd.context import Context
from chatd.core import attempts
from chatd.core.caps import Capability
from chatd.core.catalog import Isupport, command, follows, guards, renders
from chatd.core.channel import Channel
from chatd.core.events import Invited, Knocked
from chatd.core.modes import HALFOP, NO_RANK
from chatd.core.refusal import Refused
from chatd.delivery.outgoing import Outgoing
from chatd.wire.numerics import (
    ERR_BANNEDFROMCHAN,
    ERR_CANNOTKNOCK,
    ERR_CHANOPEN,
    ERR_CHANOPRIVSNEEDED,
    ERR_KNOCKONCHAN,
    ERR_NEEDMOREPARAMS,
    ERR_NOSUCHNICK,
    ERR_NOTONCHANNEL,
    ERR_USERONCHANNEL,
    RPL_AWAY,
    RPL_ENDOFINVITELIST,
    RPL_INVITELIST,
    RPL_INVITING,
    RPL_KNOCK,
    RPL_KNOCKDLVR,
)

INVITE_NOTIFY = Capability("invite-notify")
KNOCK_TOKEN = Isupport("KNOCK", lambda node: True)


@command("INVITE", "[<nickname> <channel>]", example="INVITE bob #chat", cost=2)
def invite(ctx: Context, nick: str = "", name: str | None = None) -> None:
    """Invite somebody to a channel; alone, it shows the invitations you have."""
    if not nick:
        account = ctx.network.fold(ctx.user.account) if ctx.user.account else ""
        remembered = ctx.network.registrations.invited.get(account, {})
        for folded in {**ctx.user.invitations, **remembered}:
            channel = ctx.network.channels.get(folded)
            ctx.reply(RPL_INVITELIST, channel.name if channel else folded)
        ctx.reply(RPL_ENDOFINVITELIST)
        return
    if name is None:
        raise Refused(ERR_NEEDMOREPARAMS, "INVITE")
    channel = ctx.find_channel(name)
    if ctx.user.uid not in channel.members:
        raise Refused(ERR_NOTONCHANNEL, channel.name)
    target = ctx.network.user(nick)
    if target is None:
        raise Refused(ERR_NOSUCHNICK, nick.split(" ")[0])
    if target.uid in channel.members:
        raise Refused(ERR_USERONCHANNEL, target.nick, channel.name)
    ctx.attempt(attempts.Invite(ctx.user, channel, target))
    if target.account is not None:
        ctx.need_keeping(channel)
    rank = HALFOP if "i" in channel.modes else NO_RANK
    ctx.emit(Invited(ctx.origin, channel.name, target.uid, ctx.config.limits.invites, rank))


@guards(attempts.Invite)
def may_invite(attempt: attempts.Invite) -> None:
    """Into an invite-only channel only its operators invite."""
    if "i" in attempt.channel.modes and attempt.rank < HALFOP:
        raise Refused(ERR_CHANOPRIVSNEEDED, attempt.channel.name)


@renders(Invited)
def show_invited(event: Invited) -> list[Outgoing]:
    """``:source INVITE nick #channel``, to the invited one, and to members who negotiated invite-notify."""
    body = f":{event.origin.source} INVITE {event.nick} {event.channel}"
    return [Outgoing(event, body), Outgoing(event, body, needs=INVITE_NOTIFY.bit, to=event.others)]


@follows(Invited)
def confirm_invite(ctx: Context, event: Invited) -> None:
    """341, and 301 when the invited one is away."""
    ctx.reply(RPL_INVITING, event.nick, event.channel)
    target = ctx.network.users.get(event.uid)
    if target is not None and target.away is not None:
        ctx.reply(RPL_AWAY, target.nick, target.away)


@command("KNOCK", "<channel> [<text>]", example="KNOCK #club :may I come in?", cost=5)
def knock(ctx: Context, channel: Channel, text: str = "") -> None:
    """Ask the operators of a channel that you cannot enter for an invitation."""
    if ctx.user.uid in channel.members:
        raise Refused(ERR_KNOCKONCHAN, channel.name)
    if "p" in channel.modes:
        raise Refused(ERR_CANNOTKNOCK, channel.name, "Cannot KNOCK on a private channel")
    if channel.listed("b", ctx.user) and not channel.listed("e", ctx.user):
        raise Refused(ERR_BANNEDFROMCHAN, channel.name)
    if not channel.modes.keys() & {"i", "k", "l"}:
        raise Refused(ERR_CHANOPEN, channel.name)
    ctx.attempt(attempts.Knock(ctx.user, channel, ctx.now_ms()))
    ctx.emit(Knocked(ctx.origin, channel.folded, text))


@renders(Knocked)
def show_knocked(event: Knocked) -> str:
    """710 to the operators of the channel."""
    head = f":{event.origin.node} {RPL_KNOCK.code} {event.channel} {event.channel} {event.origin.source}"
    text = f"{RPL_KNOCK.text} ({event.text})" if event.text else RPL_KNOCK.text
    return f"{head} :{text}"


@follows(Knocked)
def confirm_knock(ctx: Context, event: Knocked) -> None:
    """711."""
    ctx.reply(RPL_KNOCKDLVR, event.channel)
