"""Bans from the whole server: KLINE, DLINE, UNKLINE, UNDLINE, and what they do to those they match.

A ban is in the journal before anybody is told of it, and is saved soon.  See Modern IRC, ERR_YOUREBANNEDCREEP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from chatd.context import Context, Node
from chatd.core.attempts import Register
from chatd.core.catalog import command, follows, guards, observes, ticks
from chatd.core.events import (
    AccountDeleted,
    ServerBanAdded,
    ServerBanRemoved,
    SessionAttached,
    UserArrived,
    UserQuit,
    UserRestored,
)
from chatd.core.refusal import Failed, Refused
from chatd.core.serverbans import KINDS, ServerBan, parse_network, parse_user_mask
from chatd.core.user import User
from chatd.journal.recovery import BAN, ban_note
from chatd.wire.chunks import clip
from chatd.wire.durations import LONGEST_MS, duration_of
from chatd.wire.numerics import ERR_NEEDMOREPARAMS, ERR_YOUREBANNEDCREEP

if TYPE_CHECKING:
    from chatd.session import Session

RETRY_S: Final = 60
"""How often the table is saved again that could not be."""


@command("KLINE", "[<duration>] <user@host> [<reason>]", example="KLINE 1d2h *@*.example.org :spam", privilege="kline")
def kline(ctx: Context, first: str, *rest: str) -> None:
    """Ban users from the server by mask, for so many minutes, a time like 1d2h30m, or for ever."""
    add_ban(ctx, "K", parse_user_mask, [first, *rest])


@command("DLINE", "[<duration>] <address> [<reason>]", example="DLINE 60 192.0.2.0/24 :spam", privilege="dline")
def dline(ctx: Context, first: str, *rest: str) -> None:
    """Ban an address or network from the server, for so many minutes, a time like 1d2h30m, or for ever."""
    add_ban(ctx, "D", parse_network, [first, *rest])


@command("UNKLINE", "<user@host>", example="UNKLINE *@*.example.org", privilege="kline")
def unkline(ctx: Context, text: str) -> None:
    """Lift a ban set by KLINE."""
    lift_ban(ctx, "K", parse_user_mask, text)


@command("UNDLINE", "<address>", example="UNDLINE 192.0.2.0/24", privilege="dline")
def undline(ctx: Context, text: str) -> None:
    """Lift a ban set by DLINE."""
    lift_ban(ctx, "D", parse_network, text)


def add_ban(ctx: Context, kind: str, parse: Callable[[str], str], words: list[str]) -> None:
    """Read ``[duration] mask [reason]`` and set the ban; a ban on the same mask is replaced."""
    duration_ms = duration_of(words[0])
    if duration_ms is not None:
        words = words[1:]
        if duration_ms > LONGEST_MS:
            raise Failed(ctx.verb, "INVALID_DURATION", text="That is too long; leave the duration out for ever")
    if not words or not words[0]:
        raise Refused(ERR_NEEDMOREPARAMS, ctx.verb)
    mask = parsed(ctx, parse, words[0])
    if ctx.network.server_bans.would_match(kind, mask, ctx.user, (ctx.session.ip, ctx.session.peer.ip)):
        raise Failed(ctx.verb, "INVALID_MASK", text="That would match yourself")
    reason = clip(" ".join(words[1:]) or "No reason", ctx.config.limits.quit)
    ctx.emit(ServerBanAdded(ctx.origin, kind, mask, reason, duration_ms or 0))


def lift_ban(ctx: Context, kind: str, parse: Callable[[str], str], text: str) -> None:
    """Lift the ban that is written like this."""
    mask = parsed(ctx, parse, text)
    if ctx.network.server_bans.find(kind, mask, ctx.now_ms()) is None:
        raise Failed(ctx.verb, "NO_SUCH_BAN", text=f"There is no ban on {mask}")
    ctx.need_keeping()
    ctx.emit(ServerBanRemoved(ctx.origin, kind, mask))


def parsed(ctx: Context, parse: Callable[[str], str], text: str) -> str:
    """Spell a mask as the table does; raises Failed with the reason when it is none."""
    try:
        return parse(text)
    except ValueError as problem:
        raise Failed(ctx.verb, "INVALID_MASK", text=str(problem)) from None


@follows(ServerBanAdded)
def tell_added(ctx: Context, event: ServerBanAdded) -> None:
    """Operators learn who was banned, by whom, until when and why."""
    until = f"until {ctx.node.clock_text(event.time_ms + event.duration_ms)}" if event.duration_ms else "for ever"
    if ctx.node.unsaved.is_failing:
        until += ", or the server ends: it cannot be written down"
    ctx.node.notice(f"{ctx.user.nick} set a {event.kind}-line on {event.mask} {until} ({event.reason})")


@follows(ServerBanRemoved)
def tell_removed(ctx: Context, event: ServerBanRemoved) -> None:
    """Operators learn what was lifted, and by whom."""
    ctx.node.notice(f"{ctx.user.nick} lifted the {event.kind}-line on {event.mask}")


@observes(ServerBanAdded)
def enforce(node: Node, event: ServerBanAdded) -> None:
    """Those who match leave at once, each by the node it is connected to; then the table is saved."""
    gone = [user for user in node.network.kept.values() if user.node == node.name and is_out(node, user, event.time_ms)]
    for session in list(node.sessions.values()):
        ban = None if session.closing else ban_on(node, session, event.time_ms)
        if ban is not None:
            put_out(session, ban)
    for user in gone:
        farewell = f"{event.kind}-lined ({event.reason})"
        node.emit(UserQuit(user.origin("", node.name), farewell, farewell))
    note(node, event)
    keep(node)


@observes(UserRestored)
def enforce_after_restart(node: Node, event: UserRestored) -> None:
    """Who was banned just before the server ended is not brought back for good."""
    user = node.network.users.get(event.origin.uid)
    if user is not None and user.node == node.name and is_out(node, user, event.time_ms):
        node.emit(UserQuit(user.origin("", node.name), "Banned", "Banned"))


def is_out(node: Node, user: User, now_ms: int) -> bool:
    """Whether a ban leaves a user who may stay without a connection none: then it does not stay either.

    Who has none already is looked at by where the last one came from.
    """
    bans = node.network.server_bans
    if not user.sessions:
        return bans.of_user(user, now_ms) is not None
    return all(bans.of_user(user, now_ms, whence) is not None for whence in user.sessions.values())


def ban_on(node: Node, session: Session, now_ms: int) -> ServerBan | None:
    """The ban on a connection, registered or not, or on the gateway that it came by."""
    bans, user = node.network.server_bans, session.user
    if user is None:
        return bans.of_address(session.ip, now_ms) or bans.of_address(session.peer.ip, now_ms)
    ban = bans.of_user(user, now_ms, user.sessions.get(session.sid))
    if ban is None and KINDS["D"] not in user.privileges:
        ban = bans.of_address(session.peer.ip, now_ms)
    return ban


@observes(ServerBanRemoved)
def keep_removal(node: Node, event: ServerBanRemoved) -> None:
    """Save the table without it."""
    note(node, event)
    keep(node)


@observes(AccountDeleted)
def keep_without_a_name(node: Node, event: AccountDeleted) -> None:
    """Save the table when somebody who has set bans is erased."""
    if event.banned:
        for ban in node.network.server_bans.kept():
            key = key_of(node, ban.kind, ban.mask)
            if node.unsaved.holds(BAN, key):
                node.unsaved.note(BAN, key, ban_note(ban))
        keep(node)


@guards(Register)
def refuse_banned(attempt: Register) -> None:
    """465 and the end for a newcomer who is banned."""
    ctx = attempt.context
    ban = ctx.network.server_bans.of_user(attempt.user, ctx.now_ms())
    if ban is not None:
        put_out(ctx.session, ban)
        raise Refused(None)


@follows(UserArrived)
@follows(SessionAttached)
def look_again(ctx: Context, event: UserArrived | SessionAttached) -> None:
    """A ban set while the newcomer's arrival was on its way holds as well."""
    ban = ban_on(ctx.node, ctx.session, event.time_ms)
    if ban is not None:
        put_out(ctx.session, ban)


def put_out(session: Session, ban: ServerBan) -> None:
    """Tell a client why (465), and close."""
    ban.hits += 1
    session.reply(ERR_YOUREBANNEDCREEP._replace(text=f"You are banned from this server: {ban.kept.reason}"))
    session.close(ban.farewell)


def note(node: Node, event: ServerBanAdded | ServerBanRemoved) -> None:
    """Write down what has changed, until the table is saved."""
    ban = node.network.server_bans.find(event.kind, event.mask, event.time_ms)
    node.unsaved.note(BAN, key_of(node, event.kind, event.mask), ban_note(ban.kept) if ban is not None else None)


def key_of(node: Node, kind: str, mask: str) -> str:
    """Under what a ban is written down."""
    return f"{kind} {node.network.fold(mask)}"


@ticks
def keep_again(node: Node) -> None:
    """Try again what could not be saved."""
    if node.now_ms() // 1000 % RETRY_S == 0 and node.unsaved.marks(BAN):
        keep(node)


def keep(node: Node) -> None:
    """Have the table saved in a thread, one save at a time, the last one with the latest state."""
    keeper = node.keeper
    if keeper is None:
        return
    bans = node.network.server_bans
    if bans.saving:
        bans.unsaved = True
        return
    bans.saving = True
    rows, marks = bans.kept(), node.unsaved.marks(BAN)

    def saved(result: Any) -> None:
        bans.saving = False
        if isinstance(result, BaseException):
            node.notice(f"The server's bans could not be saved: {result}")
        else:
            for key, mark in marks.items():
                node.unsaved.saved(BAN, key, mark)
        if bans.unsaved:
            bans.unsaved = False
            keep(node)

    node.spawn(lambda: keeper.save(rows), saved)
