"""MODE for oneself: invisible, operator, wallops, notices, no CTCP, hidden channels, cloak, TLS."""

from __future__ import annotations

from chatd.context import Context, Node
from chatd.core.attempts import Whisper
from chatd.core.catalog import command, follows, observes, renders
from chatd.core.events import HostChanged, UserModesChanged
from chatd.core.modes import UserMode
from chatd.core.refusal import Refused
from chatd.wire.formatting import is_action, is_ctcp
from chatd.wire.numerics import (
    ERR_CANTSENDTOUSER,
    ERR_NOPRIVILEGES,
    ERR_UMODEUNKNOWNFLAG,
    RPL_UMODEIS,
    RPL_VISIBLEHOST,
)


def text_is_no_ctcp(attempt: Whisper) -> None:
    """Who has +T gets no CTCP, but for actions."""
    if attempt.text and is_ctcp(attempt.text) and not is_action(attempt.text):
        raise Refused(ERR_CANTSENDTOUSER, attempt.target.nick, "takes no CTCP (user mode T)")


INVISIBLE = UserMode("i", "invisible", "Not shown to who shares no channel with you.")
OPERATOR = UserMode("o", "operator", "Server operator; given by OPER.", settable=False)
WALLOPS = UserMode("w", "wallops", "Gets announcements of operators.")
NOTICES = UserMode("s", "server notices", "Gets notices of the server.", privileged=True)
NO_CTCP = UserMode("T", "no CTCP", "Private CTCP is refused, but for actions.", guards={Whisper: text_is_no_ctcp})
HIDDEN_CHANNELS = UserMode("p", "hidden channels", "WHOIS does not show your channels to others.")
CLOAKED = UserMode("x", "cloak", "Hides your address behind a cloak.")
SECURE = UserMode("Z", "secure", "Connected over TLS.", settable=False, unsettable=False)


@command("UMODE", "[<modes>]", example="UMODE +i")
def umode(ctx: Context, letters: str = "") -> None:
    """Show or change your own modes."""
    user = ctx.user
    if not letters:
        ctx.reply(RPL_UMODEIS, "+" + "".join(sorted(user.modes)))
        return
    wanted = set(user.modes)
    adding = True
    unknown = False
    for letter in letters:
        if letter in "+-":
            adding = letter == "+"
            continue
        row = ctx.catalog.modes.user.get(letter)
        if row is None:
            unknown = True
        elif adding and row.privileged and "o" not in user.modes:
            ctx.reply(ERR_NOPRIVILEGES)
        elif adding and row.settable and not (letter == "x" and not user.cloak):
            wanted.add(letter)
        elif not adding and row.unsettable:
            wanted.discard(letter)
    if "o" not in wanted:
        wanted -= {letter for letter in wanted if ctx.catalog.modes.user[letter].privileged}
    if unknown:
        ctx.reply(ERR_UMODEUNKNOWNFLAG)
    added = "".join(sorted(wanted - user.modes))
    removed = "".join(sorted(user.modes - wanted))
    if added or removed:
        ctx.emit(UserModesChanged(ctx.origin, user.uid, added, removed))


@renders(UserModesChanged)
def show_user_modes_changed(event: UserModesChanged) -> str:
    """``:source MODE nick +i-w``."""
    changes = (f"+{event.added}" if event.added else "") + (f"-{event.removed}" if event.removed else "")
    return f":{event.origin.source} MODE {event.nick} :{changes}"


@follows(UserModesChanged)
def change_host(ctx: Context, event: UserModesChanged) -> None:
    """The cloak was put on or taken off: the shown host follows."""
    if "x" in event.added + event.removed and event.uid == ctx.user.uid:
        user = ctx.user
        host = user.cloak if "x" in user.modes else user.real_host
        ctx.emit(HostChanged(ctx.origin, host, ctx.config.users.rejoin_on_host_change))


@observes(HostChanged)
def tell_host(node: Node, event: HostChanged) -> None:
    """396: what others see from now on."""
    for session in node.present(node.network.users[event.origin.uid].audience):
        session.reply(RPL_VISIBLEHOST, event.host)
