"""The auto-kick list: ChanServ AKICK, and keeping those out whom it names."""

from __future__ import annotations

from chatd.channels.changing import write_down
from chatd.channels.entries import named
from chatd.channels.ranking import chanserv
from chatd.channels.rights import find, need_flag, power
from chatd.context import Node
from chatd.core.attempts import Join, Knock
from chatd.core.catalog import guards, observes
from chatd.core.channel import Channel
from chatd.core.events import AccountChanged, AkickChanged, Kicked, NickChanged
from chatd.core.flags import automatic_ranks
from chatd.core.refusal import Refused
from chatd.core.registered import Registration
from chatd.core.user import Membership
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request
from chatd.wire.chunks import clip
from chatd.wire.durations import LONGEST_MS, duration_of
from chatd.wire.numerics import ERR_BANNEDFROMCHAN


@CHANSERV.command(
    "AKICK", "<channel> LIST | ADD <account or mask> [<duration>] [<reason>] | DEL <account or mask>",
    example="AKICK #chat ADD *!*@bad.example 7d spam", login=True,
)  # fmt: skip
def akick(request: Request, name: str, action: str = "LIST", who: str = "", *words: str) -> None:
    """Keep somebody out of a channel, for good or for a time like 7d or 1d12h. DEL lets in again."""
    channel, registration = find(request, name)
    match action.upper():
        case "LIST":
            show_akicks(request, channel, registration)
        case "ADD" if who:
            need_flag(request, channel, "kick")
            write_down(request, channel, lambda now: added(request, channel, now, who, list(words)))
        case "DEL" if who:
            need_flag(request, channel, "kick")
            write_down(request, channel, lambda now: removed(request, channel, now, who))
        case _:
            raise Declined("It is written: LIST, ADD with somebody and a reason, or DEL with somebody.")


def show_akicks(request: Request, channel: Channel, registration: Registration) -> None:
    """The list, for those who may see it."""
    if "see" not in power(request, channel):
        raise Declined(f"You need the flag see on {channel.name}.")
    now_ms, node = request.ctx.now_ms(), request.ctx.node
    for line in registration.akicks.values():
        if line.holds(now_ms):
            until = f", until {node.clock_text(line.expires_ms)}" if line.expires_ms else ""
            request.say(f"{line.who}: {line.reason} (by {line.by}{until})")
    request.say(f"End of the auto-kick list of {channel.name}.")


def added(
    request: Request, channel: Channel, registration: Registration, who: str, words: list[str]
) -> tuple[AkickChanged, str]:
    """Put somebody on the list; nobody is put there who has a rank by access that the asker has not."""
    need_flag(request, channel, "kick", again=True)
    shown = named(request, who)
    folded = request.ctx.network.fold(shown)
    duration_ms = duration_of(words[0]) if words else None
    if duration_ms is not None:
        words = words[1:]
        if duration_ms > LONGEST_MS:
            raise Declined("That is too long; leave the duration out to keep somebody out for good.")
    theirs = automatic_ranks(registration.flags_of_account(folded))
    if theirs > automatic_ranks(power(request, channel)) or folded == registration.founder:
        raise Declined(f"{shown} has a higher rank than you in {channel.name}.")
    held = [key for key, line in registration.akicks.items() if line.holds(request.ctx.now_ms())]
    if folded not in held and len(held) >= request.config.channels.access_entries:
        raise Declined("The auto-kick list is full.")
    reason = clip(" ".join(words) or "No reason", request.config.limits.kick)
    event = AkickChanged(request.ctx.origin, channel.folded, shown, reason, duration_ms or 0)
    return event, f"{shown} is kept out of {channel.name}."


def removed(
    request: Request, channel: Channel, registration: Registration, who: str
) -> tuple[AkickChanged, str]:
    """Take somebody off the list."""
    need_flag(request, channel, "kick", again=True)
    fold = request.ctx.network.fold
    line = registration.akicks.get(fold(who)) or registration.akicks.get(fold(named(request, who)))
    if line is None:
        raise Declined(f"{who} is not on the auto-kick list.")
    event = AkickChanged(request.ctx.origin, channel.folded, line.who, None)
    return event, f"{line.who} is not kept out of {channel.name} any more."


@guards(Join)
@guards(Knock)
def not_on_the_list(attempt: Join | Knock) -> None:
    """474 with the reason; an invitation does not help."""
    registration = attempt.channel.registered
    line = registration.akick_of(attempt.user, attempt.now_ms) if registration is not None else None
    if line is not None:
        text = f"{ERR_BANNEDFROMCHAN.text}: {line.reason}"
        raise Refused(ERR_BANNEDFROMCHAN._replace(text=text), attempt.channel.name)


@observes(AkickChanged)
def put_out(node: Node, event: AkickChanged) -> None:
    """Who is there already goes."""
    channel = node.network.channels[event.folded]
    if event.reason is not None and event.origin.node == node.name:
        for member in list(channel.members.values()):
            put_out_if_named(node, member, event.time_ms)


@observes(AccountChanged)
@observes(NickChanged)
def look_again(node: Node, event: AccountChanged | NickChanged) -> None:
    """Who has another account or nickname now may be on a list."""
    if event.origin.node == node.name:
        for member in list(node.network.users[event.origin.uid].channels.values()):
            put_out_if_named(node, member, event.time_ms)


def put_out_if_named(node: Node, member: Membership, now_ms: int) -> None:
    """KICK by ChanServ, with the reason."""
    registration = member.channel.registered
    line = registration.akick_of(member.user, now_ms) if registration is not None else None
    if line is not None:
        node.emit(Kicked(chanserv(node), member.channel.folded, member.user.uid, line.reason))
