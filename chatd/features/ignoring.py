"""SILENCE, ACCEPT and user mode g: whom one does not want to hear.  Numerics of ircu and the ratbox family."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.attempts import Whisper
from chatd.core.catalog import Isupport, command, follows, renders
from chatd.core.events import AcceptChanged, CallerHeld, SilenceChanged
from chatd.core.events.messages import is_told_callers
from chatd.core.modes import Protection, UserMode
from chatd.core.names import account_in, account_key
from chatd.core.refusal import Ignored, Refused
from chatd.core.user import User
from chatd.delivery.outgoing import Outgoing
from chatd.wire.masks import normalize
from chatd.wire.numerics import (
    ERR_ACCEPTEXIST,
    ERR_ACCEPTFULL,
    ERR_ACCEPTNOT,
    ERR_NOSUCHNICK,
    ERR_SILELISTFULL,
    RPL_ACCEPTLIST,
    RPL_ENDOFACCEPT,
    RPL_ENDOFSILELIST,
    RPL_SILELIST,
    RPL_TARGNOTIFY,
    RPL_TARGUMODEG,
    RPL_UMODEGMSG,
)

SILENCE = Isupport("SILENCE", lambda node: node.config.limits.silence)
CALLERID = Isupport("CALLERID", lambda node: "g")
ACCEPT = Isupport("ACCEPT", lambda node: node.config.limits.accept)


def sender_is_accepted(attempt: Whisper) -> None:
    """Who has +g hears only whom they accepted, and who answers them; others are told so, but for notices."""
    target = attempt.target
    if target.expects(attempt.user) or "o" in attempt.user.modes:
        return
    numeric = RPL_TARGUMODEG if attempt.verb == "PRIVMSG" else None
    raise Refused(numeric, target.nick, then=lambda ctx: call(ctx, attempt))


def call(ctx: Context, attempt: Whisper) -> None:
    """Tell who has +g that somebody has written, unless that one is silenced, or somebody was told of a moment ago."""
    target = attempt.target
    if (
        attempt.verb in ("PRIVMSG", "NOTICE")
        and is_told_callers(target, ctx.now_ms())
        and not is_silenced(target, attempt.user)
    ):
        ctx.emit(CallerHeld(ctx.origin, attempt.verb, target.uid))


@renders(CallerHeld)
def show_caller_held(event: CallerHeld) -> Outgoing:
    """718 to who has +g, with the caller's tags, as IRCv3 account-tag and bot-mode want them on what users cause."""
    nick, _, address = event.origin.source.partition("!")
    head = f":{event.origin.node} {RPL_UMODEGMSG.code} {event.target} {nick} {address}"
    return Outgoing(event, f"{head} :{RPL_UMODEGMSG.text}", logged=False)


@follows(CallerHeld)
def confirm_call(ctx: Context, event: CallerHeld) -> None:
    """717 to the caller; who sent a NOTICE is told nothing."""
    if event.verb == "PRIVMSG":
        ctx.reply(RPL_TARGNOTIFY, event.target)


CALLER_ID = UserMode(
    "g", "caller-id", "Only people you ACCEPT can write to you, or answer you.", guards={Whisper: sender_is_accepted}
)


def receiver_listens(attempt: Whisper) -> None:
    """What somebody silenced never arrives; the sender is not told."""
    if is_silenced(attempt.target, attempt.user):
        raise Ignored


def is_silenced(target: User, user: User) -> bool:
    """Say whether somebody has silenced a user."""
    sources = {user.source, f"{user.nick}!{user.username}@{user.cloak or user.host}"}
    return any(mask.matches(mask.fold(source)) for mask in target.silenced.values() for source in sources)


SILENCED = Protection(lambda user: bool(user.silenced), guards={Whisper: receiver_listens})


@command("SILENCE", "[+|-<mask>]", example="SILENCE +*!*@spam.example")
def silence(ctx: Context, text: str = "") -> None:
    """Never hear from whom a mask matches; alone, it shows your masks."""
    user = ctx.user
    if not text or ctx.network.user(text) is user:
        for silenced in user.silenced.values():
            ctx.reply(RPL_SILELIST, user.nick, silenced.text)
        ctx.reply(RPL_ENDOFSILELIST, user.nick)
        return
    adding = text[0] != "-"
    bare = text[1:] if text[0] in "+-" else text
    mask = normalize(bare.split(" ")[0])
    if adding and ctx.network.fold(mask) not in user.silenced and len(user.silenced) >= ctx.config.limits.silence:
        raise Refused(ERR_SILELISTFULL, mask)
    if user.kept_as:
        ctx.need_keeping()
    ctx.emit(SilenceChanged(ctx.origin, adding, mask))


@renders(SilenceChanged)
def show_silence_changed(event: SilenceChanged) -> str:
    """``:source SILENCE +mask``, to oneself."""
    return f":{event.origin.source} SILENCE {'+' if event.adding else '-'}{event.mask}"


@command("ACCEPT", "<nickname>{,-<nickname>} | *", example="ACCEPT bob,-carol")
def accept(ctx: Context, text: str) -> None:
    """Let somebody write to you although you have mode g; * shows whom you let. It is the account that counts of those
    who have one."""
    user = ctx.user
    if text == "*":
        for shown in filter(None, dict.fromkeys(shown_as(ctx, key) for key in user.accepted)):
            ctx.reply(RPL_ACCEPTLIST, shown)
        ctx.reply(RPL_ENDOFACCEPT)
        return
    if user.kept_as:
        ctx.need_keeping()
    for word in filter(None, text.split(",")):
        nick = word.removeprefix("-")
        target = ctx.network.user(nick)
        if target is None:
            ctx.reply(ERR_NOSUCHNICK, nick.split(" ")[0] or "*")
        elif word[0] == "-" and not user.accepted_as(target):
            ctx.reply(ERR_ACCEPTNOT, target.nick)
        elif word[0] == "-":
            for key in user.accepted_as(target):
                ctx.emit(AcceptChanged(ctx.origin, False, key))
        elif user.accepted_as(target):
            ctx.reply(ERR_ACCEPTEXIST, target.nick)
        elif len([key for key in user.accepted if shown_as(ctx, key)]) >= ctx.config.limits.accept:
            raise Refused(ERR_ACCEPTFULL)
        else:
            key = target.uid if target.account is None else account_key(ctx.network.fold(target.account))
            ctx.emit(AcceptChanged(ctx.origin, True, key))


def shown_as(ctx: Context, key: str) -> str:
    """The nickname of who is accepted, or the account of those who are not here; "" for who is no more."""
    network, account = ctx.network, account_in(key)
    holder = network.users.get(key) or next(iter(network.logged_in.get(account, {}).values()), None)
    return holder.nick if holder is not None else network.registry.account(account, network.fold) or ""
