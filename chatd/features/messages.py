"""PRIVMSG, NOTICE, TAGMSG: saying something to channels and users.  See Modern IRC, "Sending Messages"."""

from __future__ import annotations

from collections.abc import Mapping

from chatd.context import Context
from chatd.core.attempts import Speak, Whisper
from chatd.core.caps import LOG_ONLY, MESSAGE_TAGS, MULTILINE
from chatd.core.catalog import Isupport, command, otherwise, renders
from chatd.core.clienttags import TYPING, TypingPace, relayed
from chatd.core.events import Broadcast, Said, Unheard, Whispered
from chatd.core.modes import VOICE, ChannelMode, Kind
from chatd.core.names import CHANTYPES
from chatd.core.refusal import Ignored, Refused
from chatd.delivery.outgoing import Outgoing
from chatd.services.answering import service_of, tell_service
from chatd.wire.formatting import has_formatting, is_action, is_ctcp
from chatd.wire.masks import glob
from chatd.wire.message import NO_TAGS
from chatd.wire.numerics import (
    ERR_CANNOTSENDTOCHAN,
    ERR_NORECIPIENT,
    ERR_NOSUCHCHANNEL,
    ERR_NOSUCHNICK,
    ERR_NOTEXTTOSEND,
    ERR_TOOMANYTARGETS,
    RPL_AWAY,
)

CONCAT = "draft/multiline-concat"

CLIENTTAGDENY = Isupport("CLIENTTAGDENY", lambda node: ",".join(node.config.tags.deny) or None)
STATUSMSG = Isupport("STATUSMSG", lambda node: "".join(node.network.modes.levels))
TARGMAX = Isupport(
    "TARGMAX",
    lambda node: ",".join(
        [
            *(f"{verb}:{node.config.limits.joins}" for verb in ("JOIN", "KICK", "NAMES", "PART")),
            *(f"{verb}:{node.config.limits.targets}" for verb in ("NOTICE", "PRIVMSG", "TAGMSG")),
            "WHOIS:1",
        ]
    ),
)


def speaker_is_member(attempt: Speak) -> None:
    """With +n only members speak."""
    if attempt.user.uid not in attempt.channel.members:
        raise Refused(ERR_CANNOTSENDTOCHAN, attempt.channel.name)


def speaker_has_voice(attempt: Speak) -> None:
    """With +m only those with voice or more speak."""
    if attempt.rank < VOICE:
        raise Refused(ERR_CANNOTSENDTOCHAN, attempt.channel.name)


def text_is_no_ctcp(attempt: Speak) -> None:
    """With +C nobody sends CTCP, but for actions."""
    if attempt.text and is_ctcp(attempt.text) and not is_action(attempt.text):
        raise Refused(ERR_CANNOTSENDTOCHAN, attempt.channel.name)


def text_is_plain(attempt: Speak) -> None:
    """With +c nobody sends colours."""
    if attempt.text and has_formatting(attempt.text):
        raise Refused(ERR_CANNOTSENDTOCHAN, attempt.channel.name)


NO_OUTSIDE = ChannelMode(
    "n", Kind.FLAG, "no messages from outside", "Only members speak.", guards={Speak: speaker_is_member}
)
MODERATED = ChannelMode(
    "m", Kind.FLAG, "moderated", "Only members with voice or a higher rank speak.", guards={Speak: speaker_has_voice}
)
NO_CTCP = ChannelMode(
    "C", Kind.FLAG, "no CTCP", "CTCP queries are refused; actions are not.", guards={Speak: text_is_no_ctcp}
)
NO_COLOURS = ChannelMode(
    "c", Kind.FLAG, "no colours", "Texts with colours or other formatting are refused.", guards={Speak: text_is_plain}
)


@command("PRIVMSG", "<target>{,<target>} :<text>", example="PRIVMSG #chat :hello everybody")
def privmsg(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something to a channel or to somebody."""
    if not targets:
        raise Refused(ERR_NORECIPIENT, "No recipient given (PRIVMSG)")
    if not text:
        raise Refused(ERR_NOTEXTTOSEND)
    if "," in targets:
        say_to_all(ctx, "PRIVMSG", targets, text)
    else:
        say(ctx, "PRIVMSG", targets, text)


@command("NOTICE", "<target>{,<target>} :<text>", example="NOTICE bob :back in a minute")
def notice(ctx: Context, targets: str = "", text: str = "") -> None:
    """Say something that no program answers; errors are not answered either."""
    if targets and text:
        for target in split_targets(ctx, targets):
            try:
                say(ctx, "NOTICE", target, text)
            except Refused as refusal:
                if refusal.then is not None:
                    refusal.then(ctx)


@command("TAGMSG", "<target>{,<target>}", example="@+typing=active TAGMSG #chat", needs=(MESSAGE_TAGS,))
def tagmsg(ctx: Context, targets: str = "") -> None:
    """Send client-only tags without a text (message-tags)."""
    say_to_all(ctx, "TAGMSG", targets, None)


@otherwise("TAGMSG")
def send_nothing(ctx: Context, targets: str = "") -> None:
    """Tags that are not relayed are all that there would be to send."""
    if not targets:
        raise Refused(ERR_NORECIPIENT, "No recipient given (TAGMSG)")


def split_targets(ctx: Context, targets: str) -> list[str]:
    """The targets, each once; what is beyond TARGMAX is refused with 407 (a NOTICE is never answered)."""
    wanted = list(dict.fromkeys(target for target in targets.split(",") if target))
    limit = ctx.config.limits.targets
    if len(wanted) > limit and ctx.verb != "NOTICE":
        ctx.reply(ERR_TOOMANYTARGETS, wanted[limit])
    return wanted[:limit]


def say_to_all(ctx: Context, verb: str, targets: str, text: str | None) -> None:
    """Say something to each target, answering for each that refuses."""
    wanted = split_targets(ctx, targets)
    if not wanted:
        raise Refused(ERR_NORECIPIENT, f"No recipient given ({verb})")
    for target in wanted:
        try:
            say(ctx, verb, target, text)
        except Refused as refusal:
            ctx.session.refuse(refusal)


def tags_to_relay(ctx: Context, target: str, text: str | None) -> Mapping[str, str] | None:
    """The client-only tags to go with a message; None when a TAGMSG has lost all it had."""
    given = ctx.client_tags
    tags = relayed(given, ctx.config.tags.deny)
    if text is None:
        if TYPING in tags and is_typing_too_often(ctx, target, tags[TYPING]):
            tags = {key: value for key, value in tags.items() if key != TYPING}
        if given and not tags:
            return None
    return tags


def is_typing_too_often(ctx: Context, target: str, state: str) -> bool:
    """Say whether this target was told the same a moment ago."""
    pace = ctx.session.typing_pace
    if pace is None:
        pace = ctx.session.typing_pace = TypingPace()
    return pace.is_too_soon(ctx.network.fold(target), state, ctx.now_ms(), ctx.config.tags.typing_interval_s * 1000)


def say(ctx: Context, verb: str, target: str, text: str | None) -> None:
    """Say something to one target."""
    tags = NO_TAGS
    if ctx.tags:
        kept = tags_to_relay(ctx, target, text)
        if kept is None:
            return
        tags = kept
    if target[0] == "#":
        say_to_channel(ctx, verb, target, "", text, tags)
        return
    receiver = ctx.network.user(target)
    if receiver is None:
        say_elsewhere(ctx, verb, target, text, tags)
        return
    if Whisper in receiver.guards or Whisper in ctx.catalog.guards:
        try:
            ctx.attempt(Whisper(ctx.user, receiver, verb, text))
        except Ignored:
            ctx.emit(Unheard(ctx.origin, verb, receiver.nick, text, tags, ctx.lines))
            return
    ctx.emit(Whispered(ctx.session.origin, verb, receiver.uid, receiver.nick, text, tags, ctx.lines))
    if receiver.away is not None and verb == "PRIVMSG":
        ctx.reply(RPL_AWAY, receiver.nick, receiver.away)


def say_elsewhere(ctx: Context, verb: str, target: str, text: str | None, tags: Mapping[str, str]) -> None:
    """What is neither a channel nor a nickname: a service, a rank of a channel, or everybody (operators)."""
    service = service_of(ctx, target)
    if service is not None:
        tell_service(ctx, verb, service, target, text, tags)
        return
    levels = ctx.network.modes.levels
    name = target.lstrip("".join(levels))
    if name != target and name[:1] in CHANTYPES and name:
        say_to_channel(ctx, verb, name, target[: len(target) - len(name)], text, tags)
    elif target[0] == "$" and len(target) > 1 and text is not None and ctx.has_privilege("broadcast"):
        broadcast(ctx, verb, target, text)
    else:
        raise Refused(ERR_NOSUCHNICK, target.split(" ")[0] or "*")


def say_to_channel(
    ctx: Context, verb: str, name: str, prefix: str, text: str | None, tags: Mapping[str, str]
) -> None:
    """Say something to a channel, or to those of a rank in it (``prefix``)."""
    channel = ctx.network.channel(name)
    if channel is None:
        raise Refused(ERR_NOSUCHCHANNEL if len(name) > 1 else ERR_NOSUCHNICK, name.split(" ")[0])
    user = ctx.session.user
    assert user is not None
    try:
        ctx.attempt(Speak(user, channel, verb, text))
    except Refused:
        ctx.find_channel(name)  # who must not know of the channel is told that there is none
        raise
    rank = min(ctx.network.modes.levels[sign] for sign in prefix) if prefix else 0
    shown = ctx.network.modes.prefixes(rank) + channel.name if rank else channel.name
    ctx.emit(Said(ctx.session.origin, verb, shown, channel.folded, text, tags, rank, ctx.lines))


def broadcast(ctx: Context, verb: str, target: str, text: str) -> None:
    """``$$server`` and ``$#host`` masks, for operators."""
    if target[1] == "#":
        mask = ctx.network.fold(target[2:])
        uids = tuple(u.uid for u in ctx.network.users.values() if glob(mask, ctx.network.fold(u.real_host)))
    else:
        mask = target[1:].lstrip("$").lower()
        uids = tuple(u.uid for u in ctx.network.users.values() if glob(mask, u.node.lower()))
    ctx.emit(Broadcast(ctx.origin, verb, target, text, uids))


@renders(Said)
@renders(Whispered)
@renders(Unheard)
def show_message(event: Said | Whispered | Unheard) -> str | list[Outgoing]:
    """``:source PRIVMSG target :text``."""
    if event.text is not None and not event.tags and not event.lines:
        return f":{event.origin.source} {event.verb} {event.target} :{event.text}"
    return show_lines(event) if event.lines else [show_with_tags(event)]


def show_with_tags(event: Said | Whispered | Unheard) -> Outgoing:
    """A message with client-only tags, or nothing but those."""
    if event.text is None:
        body = f":{event.origin.source} TAGMSG {event.target}"
        return Outgoing(event, body, needs=MESSAGE_TAGS.bit, tags=event.tags, logged=True)
    return Outgoing(event, f":{event.origin.source} {event.verb} {event.target} :{event.text}", tags=event.tags)


def show_lines(event: Said | Whispered | Unheard) -> list[Outgoing]:
    """A message of several lines: a batch for those who know it, its lines that are not blank for the others.

    The log has every line by itself, with the batch it belongs to.
    """
    head = f":{event.origin.source}"
    batch = event.msgid
    shown = [
        Outgoing(event, f"{head} BATCH +{batch} {MULTILINE.name} {event.target}", MULTILINE.bit, tags=event.tags)
    ]
    extra = False
    for number, line in enumerate(event.lines):
        body = f"{head} {event.verb} {event.target} :{line.text}"
        tags = {"batch": batch, CONCAT: ""} if line.joined else {"batch": batch}
        shown.append(Outgoing(event, body, MULTILINE.bit, tags=tags, bare=True))
        tags = tags if number else {**tags, **event.tags}
        shown.append(Outgoing(event, body, LOG_ONLY, tags=tags, extra=number > 0, logged=True))
        if line.text:
            shown.append(Outgoing(event, body, lacks=MULTILINE.bit, tags=event.tags, extra=extra, logged=False))
            extra = True
    shown.append(Outgoing(event, f"{head} BATCH -{batch}", MULTILINE.bit, bare=True))
    return shown


@renders(Broadcast)
def show_broadcast(event: Broadcast) -> str:
    """``:source PRIVMSG $$mask :text``."""
    return f":{event.origin.source} {event.verb} {event.target} :{event.text}"
