"""ChanServ: TRANSFER, SUCCESSOR: who has a channel, now or after its founder.

A channel is a duty, and counts for how many one may have: so who gets it has to accept.  Operators can do without.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chatd.channels.changing import registration_of, write_down
from chatd.channels.ranking import chanserv
from chatd.channels.rights import find, need_flag, need_kept
from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.channel import Channel
from chatd.core.events import HeirOffered, HeirsChanged, RegistrationChanged
from chatd.core.registered import FOUNDER, SUCCESSOR, Registration
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request


class Role(NamedTuple):
    """What an account can be of a channel: the command for it, and how it is said."""

    command: str
    is_it: str
    you_are: str
    want: str


ROLES: Final = {
    FOUNDER: Role("TRANSFER", "is the founder", "You are the founder", "be its founder"),
    SUCCESSOR: Role(
        "SUCCESSOR", "succeeds the founder", "You succeed the founder", "have it when its founder's account is deleted"
    ),
}


@CHANSERV.command(
    "TRANSFER", "<channel> [<account>] or ACCEPT <channel> or REFUSE <channel>", example="TRANSFER #chat bob",
    login=True, cost=5,
)  # fmt: skip
def transfer(request: Request, name: str, account: str = "") -> None:
    """Offer your channel to another account, which is its founder when it accepts; without an account, take that back.
    You keep nothing then, so have yourself put on the access list. For the founder; operators need nobody's consent."""
    heirs(request, FOUNDER, name, account)


@CHANSERV.command(
    "SUCCESSOR", "<channel> [<account>] or ACCEPT <channel> or REFUSE <channel>", example="SUCCESSOR #chat bob",
    login=True, cost=5,
)  # fmt: skip
def successor(request: Request, name: str, account: str = "") -> None:
    """Ask another account to have the channel when yours is deleted, which it has to accept; without an account, nobody
    will. For the founder; operators need nobody's consent."""
    heirs(request, SUCCESSOR, name, account)


def heirs(request: Request, role: str, name: str, account: str) -> None:
    """Tell apart what is written."""
    answer = name.upper()
    if answer in ("ACCEPT", "REFUSE"):
        if not account:
            raise Declined(f"The channel is missing. It is written: {ROLES[role].command} {answer} <channel>.")
        channel, _ = find(request, account)
        (accept if answer == "ACCEPT" else refuse)(request, channel, role)
        return
    channel, _ = need_kept(request, name)
    request.need_more_than_token()
    if not account:
        withdraw(request, channel, role)
    elif request.ctx.has_privilege("channels"):
        appoint(request, channel, role, account)
    else:
        offer(request, channel, role, account)


def heir_named(request: Request, channel: Channel, name: str) -> str:
    """The account, folded, that a name or nickname stands for; raises Declined for none, and for the founder's."""
    need_flag(request, channel, "founder", again=True)
    network = request.ctx.network
    owner = network.registry.owner(network.fold(name))
    if owner is None:
        raise Declined(f"There is no other account {name}.")
    if network.fold(owner) == registration_of(channel).founder:
        raise Declined("That account is the founder.")
    return network.fold(owner)


def change_of(request: Request, channel: Channel, now: Registration, role: str, heir: str) -> HeirsChanged:
    """A channel has another founder, who names a successor again, or another successor."""
    origin = request.ctx.origin
    if role == FOUNDER:
        return HeirsChanged(origin, channel.folded, heir, "")
    return HeirsChanged(origin, channel.folded, now.founder, heir)


def appoint(request: Request, channel: Channel, role: str, account: str) -> None:
    """What operators decide, whether or not it is wanted."""

    def decide(now: Registration) -> tuple[RegistrationChanged, str]:
        heir = heir_named(request, channel, account)
        shown = request.ctx.network.registry.owner(heir)
        return change_of(request, channel, now, role, heir), f"{shown} {ROLES[role].is_it} of {channel.name} now."

    write_down(request, channel, decide)


def offer(request: Request, channel: Channel, role: str, account: str) -> None:
    """Ask somebody, who may be asked for this in place of somebody else."""

    def decide(now: Registration) -> tuple[RegistrationChanged, str]:
        heir = heir_named(request, channel, account)
        shown, before = request.ctx.network.registry.owner(heir), now.offers.get(role)
        if (before is not None and before.account == heir) or (role == SUCCESSOR and now.successor == heir):
            raise Declined(f"{shown} has been asked already.")
        sentence = f"{shown} {ROLES[role].is_it} of {channel.name} after {ROLES[role].command} ACCEPT {channel.name}."
        return HeirOffered(request.ctx.origin, channel.folded, role, heir), sentence

    write_down(request, channel, decide)


def withdraw(request: Request, channel: Channel, role: str) -> None:
    """Nobody is asked any more; nor is there a successor."""

    def decide(now: Registration) -> tuple[RegistrationChanged, str]:
        need_flag(request, channel, "founder", again=True)
        if role == SUCCESSOR:
            return change_of(request, channel, now, role, ""), f"{channel.name} has no successor now."
        if role not in now.offers:
            raise Declined(f"{channel.name} is offered to nobody. TRANSFER {channel.name} <account> does that.")
        return HeirOffered(request.ctx.origin, channel.folded, role, ""), f"{channel.name} is offered to nobody now."

    write_down(request, channel, decide)


def need_offer(request: Request, now: Registration, channel: Channel, role: str) -> str:
    """The asker's account, folded, if it was asked for this; raises Declined."""
    account = request.ctx.network.fold(request.account)
    offered = now.offers.get(role)
    if offered is None or offered.account != account:
        raise Declined(f"Nobody asks you to {ROLES[role].want}: {channel.name}.")
    return account


def accept(request: Request, channel: Channel, role: str) -> None:
    """Who was asked is it now."""

    def decide(now: Registration) -> tuple[RegistrationChanged, str]:
        heir = need_offer(request, now, channel, role)
        most = request.config.channels.per_account
        has = len(request.ctx.network.registrations.founded(heir))
        if role == FOUNDER and has >= most and not request.ctx.has_privilege("channels"):
            raise Declined("You have as many channels as one account may have.")
        return change_of(request, channel, now, role, heir), f"{ROLES[role].you_are} of {channel.name} now."

    write_down(request, channel, decide)


def refuse(request: Request, channel: Channel, role: str) -> None:
    """Who was asked does not want it."""

    def decide(now: Registration) -> tuple[RegistrationChanged, str]:
        need_offer(request, now, channel, role)
        sentence = f"{channel.name} is offered to you no more."
        return HeirOffered(request.ctx.origin, channel.folded, role, ""), sentence

    write_down(request, channel, decide)


@observes(HeirOffered)
def ask(node: Node, event: HeirOffered) -> None:
    """Everybody here who is logged in to the account is asked; others find it in CHANNELS."""
    role, channel = ROLES[event.role], node.network.channels[event.folded]
    nick = event.origin.source.partition("!")[0]
    text = (f"{nick} offers you {channel.name}. If you want to {role.want}: "
            f"/msg ChanServ {role.command} ACCEPT {channel.name}")  # fmt: skip
    for user in node.network.logged_in.get(event.account, {}).values():
        for session in node.present(user.audience):
            session.say(chanserv(node).source, "NOTICE", session.shown_nick, text)
