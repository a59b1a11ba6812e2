"""NickServ: SESSIONS: the connections that are logged in to an account, and ending one of them."""

from __future__ import annotations

from typing import NamedTuple

from chatd.core.events import SessionDismissed
from chatd.core.user import Attachment, User
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

MOST_SHOWN = 50


class Connection(NamedTuple):
    """One connection, with the user that it speaks for."""

    user: User
    sid: str
    attachment: Attachment


@NICKSERV.command("SESSIONS", "[LOGOUT <number or ALL>]", example="SESSIONS LOGOUT 2", login=True, cost=2)
def sessions(request: Request, subcommand: str = "", which: str = "") -> None:
    """List the connections that are logged in to your account, or end one by its number; ALL are all but this one. What
    it logged in with stays good: revoke its token (TOKEN) or change your password as well, if it was not you."""
    found = connections(request)
    match subcommand.upper(), which.upper():
        case ("" | "LIST"), "":
            show(request, found)
        case "LOGOUT", "ALL":
            others = [each for each in found if each.sid != request.ctx.session.sid]
            for each in others:
                end(request, each)
            request.say(f"{len(others)} connection{'s' if len(others) != 1 else ''} ended.")
        case "LOGOUT", number if number.isascii() and number.isdigit() and 0 < int(number[:9]) <= len(found):
            request.say(f"Connection {int(number)} is ended.")
            end(request, found[int(number) - 1])
        case "LOGOUT", _:
            raise Declined("There is no connection of that number. SESSIONS shows them.")
        case _:
            raise Declined("It is written: SESSIONS, or SESSIONS LOGOUT <number or ALL>.")


def connections(request: Request) -> list[Connection]:
    """Those of the asker's account on all nodes, the oldest first."""
    account = request.account
    found = [
        Connection(user, sid, attachment)
        for user in request.ctx.network.users.values()
        if user.account == account
        for sid, attachment in user.sessions.items()
    ]
    return sorted(found, key=lambda each: (each.attachment.since_ms, each.sid))


def show(request: Request, found: list[Connection]) -> None:
    """One line for each: where from, since when, and what its owner calls it."""
    for number, (user, sid, attachment) in enumerate(found[:MOST_SHOWN], 1):
        words = [
            attachment.device or "no device name",
            f"as {user.nick}",
            f"from {attachment.ip}",
            "TLS" if attachment.secure else "without TLS",
            f"since {request.ctx.node.clock_text(attachment.since_ms)}",
            *(["this one"] if sid == request.ctx.session.sid else []),
        ]
        request.say(f"{number}: {', '.join(words)}")
    more = f", the first {MOST_SHOWN} shown" if len(found) > MOST_SHOWN else ""
    request.say(f"{len(found)} connection{'s' if len(found) != 1 else ''}{more}.")


def end(request: Request, connection: Connection) -> None:
    """Its node closes it; others see a quit when it was the user's last."""
    ctx = request.ctx
    text = f"Logged out by {ctx.user.nick} from another connection"
    ctx.emit(SessionDismissed(ctx.origin, connection.user.uid, connection.sid, text))
