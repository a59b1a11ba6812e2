"""Operators by account: whoever logs in to one that is named so is an operator at once, and no longer than that."""

from __future__ import annotations

from chatd.accounts.operators import has_account, make_operator, may_use
from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.events import AccountChanged, UserArrived, UserModesChanged
from chatd.core.user import User


@observes(UserArrived, rank=2)
def arrive(node: Node, event: UserArrived) -> None:
    """Somebody has come who is logged in already."""
    user = node.network.users.get(event.origin.uid)
    if user is not None and user.node == node.name:
        promote(node, user, event.origin.sid)


@observes(AccountChanged, rank=2)
def follow_account(node: Node, event: AccountChanged) -> None:
    """A log-in gives what its account has; leaving the account takes what was had by it."""
    user = node.network.users.get(event.origin.uid)
    if user is None or user.node != node.name:
        return
    block = next((block for block in node.config.operators if block.name == user.oper), None)
    if block is not None and block.account and not has_account(node, user, block):
        node.notice(f"{user.nick} is no longer an operator ({block.name}): not logged in to its account")
        node.emit(UserModesChanged(node.origin, user.uid, "", "os"))
    elif not user.oper:
        promote(node, user, event.origin.sid)


def promote(node: Node, user: User, sid: str) -> None:
    """Look for a block that needs nothing but the log-in; ``sid`` is the connection that did it, if one did."""
    here = [each for each in (sid, *user.sessions) if each in node.sessions]
    session = node.sessions[here[0]] if here else None
    for block in node.config.operators:
        if session is not None and block.automatic and may_use(node, session, block):
            make_operator(node, user.origin(session.sid, node.name), user, block)
            return
