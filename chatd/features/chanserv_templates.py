"""ChanServ: templates, names for sets of flags."""

from __future__ import annotations

import re

from chatd.channels.changing import write_down
from chatd.channels.rights import find, need_flag, power
from chatd.core.channel import Channel
from chatd.core.events import TemplateChanged
from chatd.core.flags import NONE, TEMPLATES, change, letters, ordered
from chatd.core.registered import Registration
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request

TEMPLATES_MOST = 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,15}\Z")


@CHANSERV.command("TEMPLATE", "<channel> [<name> [<flags>]]", example="TEMPLATE #chat HELPER +op +topic", login=True)
def template(request: Request, name: str, called: str = "", *words: str) -> None:
    """Show or change the templates of a channel; - takes one away. Those who have one have what it is changed to."""
    channel, registration = find(request, name)
    known = registration.all_templates()
    called = called.upper()
    if not words:
        for each, flags in known.items():
            if called in ("", each):
                request.say(f"{each}: {letters(flags)} {' '.join(ordered(flags))}")
        if called and called not in known:
            raise Declined(f"There is no template {called}.")
        return
    need_flag(request, channel, "access")
    write_down(request, channel, lambda now: decided(request, channel, now, called, words))


def decided(
    request: Request, channel: Channel, registration: Registration, called: str, words: tuple[str, ...]
) -> tuple[TemplateChanged, str]:
    """What becomes of a template; raises Declined."""
    need_flag(request, channel, "access", again=True)
    known = registration.all_templates()
    before = known.get(called, NONE)
    after = TEMPLATES.get(called, NONE) if words == ("-",) else changed(called, before, words)
    if not before and not _NAME.match(called):
        raise Declined("The name of a template is letters, digits, - and _, at most 16.")
    if not before and len(known) >= TEMPLATES_MOST:
        raise Declined("There are as many templates as a channel may have.")
    if missing := (before | after) - power(request, channel):
        raise Declined(f"You have not got {' '.join(ordered(missing))} yourself.")
    if words == ("-",) and called not in registration.templates:
        raise Declined(f"{called} is as it always was.")
    stands_for = None if words == ("-",) else tuple(ordered(after))
    event = TemplateChanged(request.ctx.origin, channel.folded, called, stands_for)
    sentence = f"{called} is {letters(after)} {' '.join(ordered(after))} now." if after else f"{called} is no more."
    return event, sentence


def changed(called: str, before: frozenset[str], words: tuple[str, ...]) -> frozenset[str]:
    """The flags of a template after a change; raises Declined."""
    try:
        after = change(before, words, {})
    except ValueError as problem:
        raise Declined(f"{problem}. FLAGLIST explains the flags.") from None
    if not after:
        raise Declined(f"{called} would be nothing; TEMPLATE with - takes it away.")
    return after
