"""ChanServ: SET, and what the settings of a channel do."""

from __future__ import annotations

from chatd.channels.acting import need_to_act
from chatd.channels.changing import settle, write_down
from chatd.channels.ranking import chanserv
from chatd.channels.rights import find, held, need_flag, power
from chatd.channels.settings import SETTINGS, locked
from chatd.context import Context, Node
from chatd.core.catalog import follows, observes
from chatd.core.channel import Channel
from chatd.core.events import Change, Joined, ModesChanged, SettingChanged, TopicChanged
from chatd.core.registered import Registration
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request
from chatd.wire.chunks import clip


@CHANSERV.command("SET", "<channel> [<setting> [<value>]]", example="SET #chat topiclock on", login=True)
def set_(request: Request, name: str, setting: str = "", *words: str) -> None:
    """Show or change the settings of a channel; - unsets one. They are description, url, entrymsg, topiclock, secure,
    modelock and noexpire."""
    channel, registration = find(request, name)
    row = SETTINGS.get(setting.lower())
    if not setting:
        show_settings(request, channel, registration)
        return
    if row is None:
        raise Declined(f"There is no setting {setting[:40]}. They are {', '.join(SETTINGS)}.")
    if not words:
        value = registration.settings.get(setting.lower(), "")
        request.say(f"{setting.lower()}: {value or 'not set'} ({row.summary})")
        return
    if row.privilege and not request.ctx.has_privilege(row.privilege):
        raise Declined(f"That is for server operators with the privilege {row.privilege}.")
    need_flag(request, channel, "set")
    value = "" if words == ("-",) else row.clean(request, " ".join(words))

    def decide(_now: Registration) -> tuple[SettingChanged, str]:
        need_flag(request, channel, "set", again=True)
        event = SettingChanged(request.ctx.origin, channel.folded, setting.lower(), value or None)
        return event, f"{setting.lower()} of {channel.name} is {value or 'not set'} now."

    write_down(request, channel, decide)


def show_settings(request: Request, channel: Channel, registration: Registration) -> None:
    """All settings, for those with access."""
    if not held(request, channel) and not power(request, channel):
        raise Declined(f"The settings of {channel.name} are shown to those on its access list.")
    for name, row in SETTINGS.items():
        request.say(f"{name}: {registration.settings.get(name) or 'not set'} ({row.summary})")


@CHANSERV.command("TOPIC", "<channel> [<topic>]", example="TOPIC #chat roses and thyme")
def topic(request: Request, name: str, *words: str) -> None:
    """Set the topic of a channel, or unset it, whatever rank you have. Needs the flag topic."""
    channel, _ = need_to_act(request, name, "topic")
    text = clip(" ".join(words), request.config.limits.topic)
    request.ctx.emit(TopicChanged(request.ctx.origin, channel.folded, text))
    settle(request, channel, f"The topic of {channel.name} is {text or 'unset'} now.")


@observes(SettingChanged)
def enforce_lock(node: Node, event: SettingChanged) -> None:
    """Modes that are locked are set so at once."""
    channel = node.network.channels[event.folded]
    registration = channel.registered
    if event.name != "modelock" or registration is None or event.origin.node != node.name:
        return
    wrong = [Change(on, letter) for letter, on in locked(registration).items() if (letter in channel.modes) != on]
    if wrong:
        node.emit(ModesChanged(chanserv(node), channel.folded, tuple(wrong)))


@follows(Joined, rank=3)
def greet(ctx: Context, event: Joined) -> None:
    """Who joins is told what the channel has for everybody, after names and metadata."""
    channel = ctx.network.channels.get(event.folded)
    if channel is not None and channel.registered is not None:
        greeting = channel.registered.settings.get("entrymsg")
        if greeting:
            text = f"[{channel.name}] {greeting}"
            ctx.session.say(chanserv(ctx.node).source, "NOTICE", ctx.session.shown_nick, text)
