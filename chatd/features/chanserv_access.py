"""ChanServ: the access list, by flags and by templates."""

from __future__ import annotations

from chatd.channels.changing import write_down
from chatd.channels.entries import named
from chatd.channels.rights import find, held, power
from chatd.core.channel import Channel
from chatd.core.events import AccessChanged
from chatd.core.flags import LETTERS, MEANINGS, NONE, OF_MASKS, Flags, change, letters, ordered
from chatd.core.registered import Registration, is_mask
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request


@CHANSERV.command(
    "FLAGS", "<channel> [<account or mask> [<flags>]]", example="FLAGS #chat bob +op +topic", login=True
)  # fmt: skip
def flags(request: Request, name: str, who: str = "", *words: str) -> None:
    """Show or change the access list. Flags are words (op, voice...), letters (+oV) or a template (AOP); - takes away.

    A word without a sign replaces what was there.
    """
    channel, registration = find(request, name)
    if not words:
        show(request, channel, registration, who)
        return
    write_down(request, channel, lambda registration: changed(request, channel, registration, who, words))


def changed(
    request: Request, channel: Channel, registration: Registration, who: str, words: tuple[str, ...]
) -> tuple[AccessChanged, str]:
    """What becomes of somebody's flags."""
    entry = registration.access.get(request.ctx.network.fold(who))
    shown = entry.who if entry is not None else named(request, who)
    entry = registration.access.get(request.ctx.network.fold(shown))
    before = entry.flags if entry is not None else NONE
    try:
        after = change(before, words, registration.all_templates())
    except ValueError as problem:
        raise Declined(f"{problem}. HELP FLAGS and FLAGLIST say more.") from None
    return given(request, channel, registration, shown, after)


@CHANSERV.command("FLAGLIST", "", example="FLAGLIST")
def flag_list(request: Request) -> None:
    """Explain every flag, with its letter."""
    for word, letter in LETTERS.items():
        request.say(f"\x02{word}\x02 ({letter}): {MEANINGS[word]}")


@CHANSERV.command(
    "ACCESS", "<channel> LIST | ADD <account or mask> <template or flags> | DEL <account or mask>",
    example="ACCESS #chat ADD bob AOP", login=True,
)  # fmt: skip
def access(request: Request, name: str, action: str = "LIST", who: str = "", *words: str) -> None:
    """The access list in the words that other servers have: the same as FLAGS."""
    by_action(request, name, action, who, words)


def by_action(request: Request, name: str, action: str, who: str, words: tuple[str, ...]) -> None:
    """LIST, ADD or DEL."""
    match action.upper():
        case "LIST":
            flags(request, name)
        case "ADD" if who and words:
            flags(request, name, who, *words)
        case "DEL" if who:
            flags(request, name, who, "-*")
        case _:
            raise Declined("It is written: LIST, ADD with somebody and what to give, or DEL with somebody.")


def show(request: Request, channel: Channel, registration: Registration, who: str) -> None:
    """The list, or one line of it; one's own line is for everybody."""
    folded = request.ctx.network.fold(who) if who else ""
    own = folded and folded == registration.account_of(request.ctx.user)
    if not own and "see" not in power(request, channel):
        raise Declined(f"You need the flag see on {channel.name}.")
    founder = request.ctx.network.registry.owner(registration.founder) or registration.founder
    if folded in ("", registration.founder):
        request.say(f"{founder}: founder")
    for key, entry in registration.access.items():
        if not folded or key == folded:
            request.say(f"{entry.who}: {described(registration, entry.flags)} (by {entry.by})")
    if not folded:
        request.say(f"End of the access list of {channel.name}.")
    elif folded not in (registration.founder, *registration.access):
        request.say(f"{who} is not on the access list of {channel.name}.")


def described(registration: Registration, held_flags: Flags) -> str:
    """The template of that name if there is one, the letters, and the words."""
    name = next((f"{name} " for name, each in registration.all_templates().items() if each == held_flags), "")
    return f"{name}{letters(held_flags)} {' '.join(ordered(held_flags))}"


def given(
    request: Request, channel: Channel, registration: Registration, who: str, after: Flags
) -> tuple[AccessChanged, str]:
    """Put somebody on the list with these flags, or off it; raises Declined for what the asker may not."""
    folded = request.ctx.network.fold(who)
    entry = registration.access.get(folded)
    before = entry.flags if entry is not None else NONE
    if folded == registration.founder:
        raise Declined("The founder has every flag; TRANSFER makes somebody else the founder.")
    own = folded == registration.account_of(request.ctx.user)
    if not (own and after < before):
        need_power(request, channel, before, after)
    if is_mask(who) and not after <= OF_MASKS:
        raise Declined(f"A mask can have these alone: {' '.join(ordered(OF_MASKS))}.")
    if after == before:
        raise Declined(f"{who} has exactly that already." if before else f"{who} is not on the access list.")
    if entry is None and len(registration.access) >= request.config.channels.access_entries:
        raise Declined("The access list is full.")
    sentence = f"{who} is no longer on the access list of {channel.name}."
    if after:
        sentence = f"{who} has {described(registration, after)} on {channel.name} now."
    return AccessChanged(request.ctx.origin, channel.folded, who, tuple(ordered(after))), sentence


def need_power(request: Request, channel: Channel, before: Flags, after: Flags) -> None:
    """Nobody gives or takes what they have not, nor from somebody who has more."""
    mine = power(request, channel)
    if "access" not in mine:
        raise Declined(f"You need the flag access on {channel.name}.")
    if missing := (before | after) - mine:
        raise Declined(f"You have not got {' '.join(ordered(missing))} yourself.")
    if "access" not in held(request, channel):
        request.notify_operators(channel.name)


@CHANSERV.command("SOP", "<channel> LIST | ADD <account> | DEL <account>", example="SOP #chat ADD bob", login=True)
def sop(request: Request, name: str, action: str = "LIST", who: str = "") -> None:
    """Who has the template SOP: admins, who may change settings and access."""
    alias(request, name, action, who)


@CHANSERV.command("AOP", "<channel> LIST | ADD <account> | DEL <account>", example="AOP #chat ADD bob", login=True)
def aop(request: Request, name: str, action: str = "LIST", who: str = "") -> None:
    """Who has the template AOP: operators."""
    alias(request, name, action, who)


@CHANSERV.command("HOP", "<channel> LIST | ADD <account> | DEL <account>", example="HOP #chat ADD bob", login=True)
def hop(request: Request, name: str, action: str = "LIST", who: str = "") -> None:
    """Who has the template HOP: half-operators."""
    alias(request, name, action, who)


@CHANSERV.command("VOP", "<channel> LIST | ADD <account> | DEL <account>", example="VOP #chat ADD bob", login=True)
def vop(request: Request, name: str, action: str = "LIST", who: str = "") -> None:
    """Who has the template VOP: voice."""
    alias(request, name, action, who)


def alias(request: Request, name: str, action: str, who: str) -> None:
    """A list of those who have exactly what a template gives; the command's name is the template's."""
    channel, registration = find(request, name)
    wanted = registration.all_templates()[request.command]
    folded = request.ctx.network.fold(who)
    entry = registration.access.get(folded)
    if action.upper() == "LIST":
        if "see" not in power(request, channel):
            raise Declined(f"You need the flag see on {channel.name}.")
        found = [each.who for each in registration.access.values() if each.flags == wanted]
        request.say(f"{request.command} of {channel.name}: {' '.join(found) or 'nobody'}")
    elif action.upper() == "DEL" and (entry is None or entry.flags != wanted):
        raise Declined(f"{who or 'Nobody'} is not {request.command} of {channel.name}.")
    else:
        by_action(request, name, action, who, (request.command,))
