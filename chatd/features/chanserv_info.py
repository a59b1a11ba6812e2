"""ChanServ: what is told of a registered channel, and to whom."""

from __future__ import annotations

from chatd.channels.rights import find, held
from chatd.core.channel import Channel
from chatd.core.flags import letters, ordered
from chatd.core.registered import FOUNDER, SUCCESSOR, Registration
from chatd.services.names import CHANSERV
from chatd.services.request import Request
from chatd.wire.masks import glob

LISTED_MOST = 100


@CHANSERV.command("INFO", "<channel>", example="INFO #chat")
def info(request: Request, name: str) -> None:
    """Show whose a channel is. Those who may see its lists are told more."""
    channel, registration = find(request, name)
    node = request.ctx.node
    request.say(f"{channel.name} belongs to {shown_account(request, registration.founder)}.")
    request.say(f"Registered: {node.clock_text(registration.registered_ms)}")
    for key in ("description", "url"):
        if value := registration.settings.get(key):
            request.say(f"{key.capitalize()}: {value}")
    if "see" in held(request, channel) or request.ctx.has_privilege("channels"):
        tell_insiders(request, channel, registration)


def tell_insiders(request: Request, channel: Channel, registration: Registration) -> None:
    """What is nobody else's business."""
    if registration.successor:
        request.say(f"Successor: {shown_account(request, registration.successor)}")
    for role, offer in registration.offers.items():
        request.say(f"Offered to {shown_account(request, offer.account)}, to be its {role}")
    request.say(f"Last used: {request.ctx.node.clock_text(registration.used_ms)}")
    if channel.modes:
        request.say(f"Modes: +{''.join(sorted(channel.modes))}")
    for key, value in registration.settings.items():
        if key not in ("description", "url"):
            request.say(f"{key.capitalize()}: {value}")
    counts = f"{len(registration.access)} on the access list, {len(registration.akicks)} on the auto-kick list"
    request.say(f"{counts}, {len(registration.links)} invite links, {len(registration.invited)} invited.")


def shown_account(request: Request, account: str) -> str:
    """An account's name as its owner spells it."""
    return request.ctx.network.registry.owner(account) or account


def offers(request: Request, channel: Channel) -> list[str]:
    """The commands that would accept what the asker is asked for."""
    registration = channel.registered
    if registration is None:
        return []
    account = registration.account_of(request.ctx.user)
    words = {FOUNDER: "TRANSFER", SUCCESSOR: "SUCCESSOR"}
    return [words[role] for role, offer in registration.offers.items() if role in words and offer.account == account]


@CHANSERV.command("CHANNELS", "", example="CHANNELS", login=True, cost=2)
def channels(request: Request) -> None:
    """List the channels on which your account has access, and what it has, and those that are offered to you."""
    for channel in request.ctx.network.registrations.channels.values():
        flags = held(request, channel)
        if "founder" in flags:
            request.say(f"{channel.name}: founder")
        elif flags:
            request.say(f"{channel.name}: {letters(flags)} {' '.join(ordered(flags))}")
        for command in offers(request, channel):
            request.say(f"{channel.name}: offered to you; {command} ACCEPT {channel.name} takes it, REFUSE does not")
    request.say("End of your channels.")


@CHANSERV.command("LIST", "[<mask>]", example="LIST #chat*", privilege="channels", cost=5)
def list_registered(request: Request, mask: str = "*") -> None:
    """List registered channels with their founders, by a mask with * and ?."""
    fold = request.ctx.network.fold
    found = [
        channel for channel in request.ctx.network.registrations.channels.values() if glob(fold(mask), channel.folded)
    ]
    for channel in found[:LISTED_MOST]:
        registration = channel.registered
        assert registration is not None
        used = request.ctx.node.clock_text(registration.used_ms)
        request.say(f"{channel.name} ({shown_account(request, registration.founder)}), last used {used}")
    more = f", of which {LISTED_MOST} are shown" if len(found) > LISTED_MOST else ""
    request.say(f"{len(found)} registered channels match{more}.")
