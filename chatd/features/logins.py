"""ACCOUNT, 900 and 901: being told who logs in and out, and from which account a line comes.

See IRCv3 account-notify and account-tag.  Who may log in, and how, is not known here.
"""

from __future__ import annotations

from chatd.accounts.login import tell_logged_in
from chatd.context import Node
from chatd.core import caps
from chatd.core.caps import Capability, Tag
from chatd.core.catalog import observes, renders
from chatd.core.events import AccountChanged, AccountDeleted, AccountRenamed
from chatd.delivery.lines import told_to_watchers
from chatd.delivery.outgoing import Outgoing
from chatd.session import Session
from chatd.wire.numerics import RPL_LOGGEDOUT

ACCOUNT_NOTIFY = Capability("account-notify")
ACCOUNT_TAG: Capability = caps.ACCOUNT_TAG
ACCOUNT = Tag("account", ACCOUNT_TAG, lambda event: event.origin.account)


@renders(AccountChanged)
def show_account_changed(event: AccountChanged) -> list[Outgoing]:
    """``:source ACCOUNT name``, or ``*`` for who logged out, to those who negotiated account-notify."""
    return told_to_watchers(event, event, body_of(event), ACCOUNT_NOTIFY.bit)


def body_of(event: AccountChanged) -> str:
    """What others are told."""
    return f":{event.origin.source} ACCOUNT {event.account or '*'}"


@observes(AccountChanged)
def tell_sessions(node: Node, event: AccountChanged) -> None:
    """900 or 901 to everybody who is this user, and then what others are told: SASL is to be answered by 900."""
    user = node.network.users.get(event.origin.uid)
    for session in node.present(user.audience) if user is not None else ():
        session.by_token = event.account is not None and (session.by_token or event.by_token)
        change_account(session, event.account)
        node.show([Outgoing(event, body_of(event), needs=ACCOUNT_NOTIFY.bit)], session)


def change_account(session: Session, account: str | None) -> None:
    """Let a session be logged in to another account, or none, and say so."""
    session.account = account
    if account is not None:
        tell_logged_in(session, account)
    else:
        source = session.user.source if session.user is not None else f"{session.nick or '*'}!*@*"
        session.reply(RPL_LOGGEDOUT, source)


@observes(AccountRenamed)
def follow_name(node: Node, event: AccountRenamed) -> None:
    """Who is logged in to an account that has another name is logged in to it under that."""
    move(node, event.old, event.account)


@observes(AccountDeleted)
def log_out(node: Node, event: AccountDeleted) -> None:
    """Who is logged in to an account that is gone is logged in no longer."""
    move(node, event.account, None)


def move(node: Node, old: str, account: str | None) -> None:
    """Have everybody on this node who is logged in to one account be so to another, or to none."""
    for user in [user for user in node.network.users.values() if user.account == old and user.node == node.name]:
        node.emit(AccountChanged(user.origin("", node.name), account))
    for session in [session for session in node.sessions.values() if session.user is None and session.account == old]:
        change_account(session, account)
