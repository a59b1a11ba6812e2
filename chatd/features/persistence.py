"""PERSISTENCE: staying on the server and in channels without a connection.

See the draft of IRCv3 persistence.  How such users are saved is the business of another feature.
"""

from __future__ import annotations

from typing import Final

from chatd.config import Config
from chatd.context import Context, Node
from chatd.core.caps import Capability
from chatd.core.catalog import command, observes, reconfigured, welcomes
from chatd.core.events import AccountChanged, StayingChanged, UserQuit
from chatd.core.refusal import Failed
from chatd.core.wishes import ALWAYS_ON
from chatd.presence.wishing import turn_of, writing

PERSISTENCE = Capability("draft/persistence")

_WISHES: Final[dict[str, bool | None]] = {"ON": True, "OFF": False, "DEFAULT": None}


@command("PERSISTENCE", "GET | SET ON|OFF|DEFAULT", example="PERSISTENCE SET ON", cost=2)
def persistence(ctx: Context, subcommand: str = "", setting: str = "", *rest: str) -> None:
    """Say whether you stay in your channels without a connection; needs an account."""
    asked = subcommand.upper()
    if not asked or (asked == "SET" and setting.upper() not in _WISHES):
        raise Failed("PERSISTENCE", "INVALID_PARAMETERS", text="Say GET, or SET and ON, OFF or DEFAULT")
    if asked not in ("GET", "SET"):
        return
    if ctx.user.account is None:
        raise Failed("PERSISTENCE", "ACCOUNT_REQUIRED", text="Log in to an account first")
    if asked == "GET":
        ctx.session.push(status(ctx))
    else:
        wish(ctx, ctx.user.account, setting.upper())


def wish(ctx: Context, account: str, setting: str) -> None:
    """Write the wish down; then it takes effect."""
    folded, value = ctx.network.fold(account), None if setting == "DEFAULT" else setting.lower()
    user, origin = ctx.user, ctx.origin

    def failed() -> None:
        raise Failed("PERSISTENCE", "INTERNAL_ERROR", text="This cannot be written down just now; try again later")

    ctx.write(
        turn_of(folded, ALWAYS_ON),
        lambda: writing(ctx.node, user, folded, ALWAYS_ON, value),
        committed=lambda _: ctx.emit(StayingChanged(origin, account, _WISHES[setting])),
        unavailable=failed,
    )


@observes(StayingChanged)
def tell_status(node: Node, event: StayingChanged) -> None:
    """PERSISTENCE STATUS to who asked, and to the account's other sessions that negotiated it."""
    for user in node.network.logged_in.get(node.network.fold(event.account), {}).values():
        for session in node.present(user.audience):
            if session.sid == event.origin.sid:
                session.push(status(session.context))
            else:
                session.push_to(PERSISTENCE, status(session.context))


def status(ctx: Context) -> str:
    """``:server PERSISTENCE STATUS <wish> <effect>``."""
    asked = ctx.network.registry.staying.get(ctx.network.fold(ctx.user.account or ""))
    setting = "DEFAULT" if asked is None else "ON" if asked else "OFF"
    return f":{ctx.node.name} PERSISTENCE STATUS {setting} {'ON' if ctx.user.kept_as else 'OFF'}"


@welcomes(PERSISTENCE)
def show_in_greeting(ctx: Context) -> None:
    """To who has logged in, after 005 and before the end of the message of the day."""
    if ctx.user.account is not None:
        ctx.session.push(status(ctx))


@observes(AccountChanged)
def tell_of_account(node: Node, event: AccountChanged) -> None:
    """Who stays by the wish of an account stays from the log-in to the log-out."""
    user = node.network.users.get(event.origin.uid)
    for session in node.present(user.audience) if user is not None else ():
        session.push_to(PERSISTENCE, status(session.context))


@reconfigured
def follow_permission(ctx: Context, before: Config) -> None:
    """Who wishes to stay may or may not from now on; who has no connection then stays until the next start."""
    user = ctx.session.user
    if before.presence.always_on == ctx.config.presence.always_on or user is None or user.account is None:
        return
    wish = ctx.network.registry.staying.get(ctx.network.fold(user.account))
    if wish and next(iter(user.sessions)) == ctx.session.sid:
        ctx.emit(StayingChanged(user.origin("", ctx.node.name), user.account, True))  # nobody has asked


@observes(StayingChanged)
@observes(AccountChanged)
def end_those_left(node: Node, event: StayingChanged | AccountChanged) -> None:
    """Who may stay no longer and has no connection quits; the others are saved."""
    node.presence.forget_those_gone()
    user = node.network.users.get(event.origin.uid)
    if user is None or event.origin.node != node.name:
        return
    if user.kept_as:
        node.presence.save(user.kept_as)
    elif not user.sessions:
        node.emit(UserQuit(user.origin("", node.name), "Logged out", "Logged out"))
