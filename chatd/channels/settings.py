"""The settings of a registered channel: what there is, and how a value is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from chatd.core.registered import Registration
from chatd.services.request import Declined, Request
from chatd.wire.chunks import clip

TEXT_BYTES = 300
ON: Final = "on"


class Setting(NamedTuple):
    """One setting: ``clean`` gives a value as it is kept, "" for what it is by default; raises Declined."""

    summary: str
    clean: Callable[[Request, str], str]
    privilege: str = ""


def text(_request: Request, value: str) -> str:
    """Any text."""
    return clip(value, TEXT_BYTES)


def switch(_request: Request, value: str) -> str:
    """on or off."""
    if value.lower() not in ("on", "off", ""):
        raise Declined("That is either on or off.")
    return ON if value.lower() == ON else ""


def mode_lock(request: Request, value: str) -> str:
    """Modes without a parameter that stay on or off: +nt-i."""
    modes = request.ctx.network.modes.channel
    kept: dict[str, str] = {}
    sign = "+"
    for letter in value:
        if letter in "+-":
            sign = letter
        elif letter not in modes or modes[letter].kind.value != "D" or letter == "P":
            raise Declined(f"{letter} cannot be locked: only modes without a parameter, and not P.")
        else:
            kept[letter] = sign
    on = "".join(letter for letter, sign in kept.items() if sign == "+")
    off = "".join(letter for letter, sign in kept.items() if sign == "-")
    return (f"+{on}" if on else "") + (f"-{off}" if off else "")


SETTINGS: Final[Mapping[str, Setting]] = {
    "description": Setting("what the channel is about, for INFO", text),
    "url": Setting("where to read more, for INFO", text),
    "entrymsg": Setting("what ChanServ tells everybody who joins", text),
    "topiclock": Setting("only those with the flag topic change the topic", switch),
    "secure": Setting("ranks are only for those whose flags allow them", switch),
    "modelock": Setting("modes without a parameter that nobody changes, like +nt-i", mode_lock),
    "noexpire": Setting("the registration does not end when it is not used", switch, "channels"),
}


def locked(registration: Registration) -> dict[str, bool]:
    """The letters that are locked, and whether they are on."""
    found: dict[str, bool] = {}
    adding = True
    for letter in registration.settings.get("modelock", ""):
        if letter in "+-":
            adding = letter == "+"
        else:
            found[letter] = adding
    return found
