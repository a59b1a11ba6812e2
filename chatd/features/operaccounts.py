"""Operators by account: whoever logs in to one that is named so is an operator at once, and no longer than that.

Rights are of the connection that has got them: another one of the same user may have come from anywhere.
"""

from __future__ import annotations

from chatd.accounts.operators import has_account, make_operator, may_use
from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.events import AccountChanged, SessionAttached, SessionDetached, UserArrived, UserModesChanged
from chatd.core.user import User


@observes(UserArrived, rank=2)
@observes(SessionAttached, rank=2)
def arrive(node: Node, event: UserArrived | SessionAttached) -> None:
    """A connection has come that is logged in already."""
    user = node.network.users.get(event.origin.uid)
    if user is not None and event.origin.node == node.name:
        promote(node, user, event.origin.sid)


@observes(AccountChanged, rank=2)
def follow_account(node: Node, event: AccountChanged) -> None:
    """A log-in gives what its account has; leaving the account takes what was had by it."""
    user = node.network.users.get(event.origin.uid)
    if user is None:
        return
    block = next((block for block in node.config.operators if block.name == user.oper), None)
    if block is None or not block.account or has_account(node, user, block):
        for sid, attachment in list(user.sessions.items()):
            if attachment.node == node.name and not attachment.oper:
                promote(node, user, sid)
    elif user.node == node.name:
        node.notice(f"{user.nick} is no longer an operator ({block.name}): not logged in to its account")
        node.emit(UserModesChanged(node.origin, user.uid, "", "os"))


@observes(SessionDetached)
def lay_down(node: Node, event: SessionDetached) -> None:
    """With the last connection that was an operator's the user is none any more."""
    user = node.network.users.get(event.origin.uid)
    if user is not None and event.origin.node == node.name and "o" in user.modes and not user.oper:
        node.emit(UserModesChanged(node.origin, user.uid, "", "os"))


def promote(node: Node, user: User, sid: str) -> None:
    """Look for a block that needs nothing but the log-in, and is for this connection."""
    session = node.sessions.get(sid)
    for block in node.config.operators:
        if session is not None and block.automatic and may_use(node, session, block):
            make_operator(node, user.origin(session.sid, node.name), user, block)
            return
