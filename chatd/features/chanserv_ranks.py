"""ChanServ: giving and taking ranks by access instead of by rank."""

from __future__ import annotations

from chatd.channels.acting import change_modes, members_named, need_not_below, need_to_act
from chatd.channels.ranking import give_ranks
from chatd.core.events import Change
from chatd.core.flags import RANKS
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request


def set_rank(request: Request, name: str, nicks: tuple[str, ...], letter: str, adding: bool) -> None:
    """Give or take one rank; taking one's own needs nothing."""
    own = not adding and not [nick for nick in nicks if request.ctx.network.user(nick) is not request.ctx.user]
    if own:
        channel = request.ctx.network.channel(name)
        if channel is None or request.ctx.user.uid not in channel.members:
            raise Declined(f"You are not in {name}.")
    else:
        channel, _ = need_to_act(request, name, RANKS[letter])
    limit = request.config.limits.modes
    level = request.ctx.network.modes.channel[letter].level
    changes = []
    for member in members_named(request, channel, nicks[:limit]):
        if not adding:
            need_not_below(request, channel, member.user)
        if bool(member.ranks & level) != adding:
            changes.append(Change(adding, letter, member.user.nick, member.user.uid))
    if not change_modes(request, channel, changes):
        raise Declined("There is nothing to change.")


@CHANSERV.command("OWNER", "<channel> [<nickname>{ <nickname>}]", example="OWNER #chat bob")
def owner(request: Request, name: str, *nicks: str) -> None:
    """Make somebody owner (~) in a channel, yourself without a nickname."""
    set_rank(request, name, nicks, "q", adding=True)


@CHANSERV.command("DEOWNER", "<channel> [<nickname>{ <nickname>}]", example="DEOWNER #chat bob")
def deowner(request: Request, name: str, *nicks: str) -> None:
    """Take owner (~) from somebody."""
    set_rank(request, name, nicks, "q", adding=False)


@CHANSERV.command("ADMIN", "<channel> [<nickname>{ <nickname>}]", example="ADMIN #chat bob")
def admin(request: Request, name: str, *nicks: str) -> None:
    """Make somebody admin (&) in a channel, yourself without a nickname."""
    set_rank(request, name, nicks, "a", adding=True)


@CHANSERV.command("DEADMIN", "<channel> [<nickname>{ <nickname>}]", example="DEADMIN #chat bob")
def deadmin(request: Request, name: str, *nicks: str) -> None:
    """Take admin (&) from somebody."""
    set_rank(request, name, nicks, "a", adding=False)


@CHANSERV.command("OP", "<channel> [<nickname>{ <nickname>}]", example="OP #chat bob")
def op(request: Request, name: str, *nicks: str) -> None:
    """Make somebody operator (@) in a channel, yourself without a nickname."""
    set_rank(request, name, nicks, "o", adding=True)


@CHANSERV.command("DEOP", "<channel> [<nickname>{ <nickname>}]", example="DEOP #chat bob")
def deop(request: Request, name: str, *nicks: str) -> None:
    """Take operator (@) from somebody."""
    set_rank(request, name, nicks, "o", adding=False)


@CHANSERV.command("HALFOP", "<channel> [<nickname>{ <nickname>}]", example="HALFOP #chat bob")
def halfop(request: Request, name: str, *nicks: str) -> None:
    """Make somebody half-operator (%) in a channel, yourself without a nickname."""
    set_rank(request, name, nicks, "h", adding=True)


@CHANSERV.command("DEHALFOP", "<channel> [<nickname>{ <nickname>}]", example="DEHALFOP #chat bob")
def dehalfop(request: Request, name: str, *nicks: str) -> None:
    """Take half-operator (%) from somebody."""
    set_rank(request, name, nicks, "h", adding=False)


@CHANSERV.command("VOICE", "<channel> [<nickname>{ <nickname>}]", example="VOICE #chat bob")
def voice(request: Request, name: str, *nicks: str) -> None:
    """Give somebody voice (+) in a channel, yourself without a nickname."""
    set_rank(request, name, nicks, "v", adding=True)


@CHANSERV.command("DEVOICE", "<channel> [<nickname>{ <nickname>}]", example="DEVOICE #chat bob")
def devoice(request: Request, name: str, *nicks: str) -> None:
    """Take voice (+) from somebody."""
    set_rank(request, name, nicks, "v", adding=False)


@CHANSERV.command("UP", "<channel>", example="UP #chat")
def up(request: Request, name: str) -> None:
    """Give yourself the rank that your access has for you."""
    channel, _ = need_to_act(request, name, "founder", "auto-op", "auto-halfop", "auto-voice")
    give_ranks(request.ctx.node, channel, members_named(request, channel, ()))
    request.say(f"You have in {channel.name} what your access gives you.")


@CHANSERV.command("DOWN", "<channel>", example="DOWN #chat")
def down(request: Request, name: str) -> None:
    """Give up your rank in a channel until you join again."""
    network = request.ctx.network
    channel = network.channel(name)
    member = channel.members.get(request.ctx.user.uid) if channel is not None else None
    if channel is None or member is None:
        raise Declined(f"You are not in {name}.")
    nick, uid = member.user.nick, member.user.uid
    change_modes(request, channel, [Change(False, each, nick, uid) for each in network.modes.letters(member.ranks)])
    request.say(f"You have no rank in {channel.name} now.")
