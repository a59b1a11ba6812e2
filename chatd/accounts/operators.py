"""Who may use an operator block of the configuration, and becoming an operator by it: by OPER, or by logging in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatd.config import Operator, is_within, networks
from chatd.core.events import OperChanged, UserModesChanged
from chatd.core.user import Origin, User

if TYPE_CHECKING:
    from chatd.context import Node
    from chatd.session import Session


def may_use(node: Node, session: Session, block: Operator) -> bool:
    """Say whether a connection comes from where, shows the certificate, and has the account that a block asks for."""
    user = session.user
    if user is None or (block.certfp and session.peer.certfp not in block.certfp):
        return False
    if block.account and not has_account(node, user, block):
        return False
    return is_within(session.ip, networks(block.networks))


def has_account(node: Node, user: User, block: Operator) -> bool:
    """Say whether a user is logged in to the account of a block."""
    fold = node.network.fold
    return user.account is not None and fold(user.account) == fold(block.account)


def is_operators_account(node: Node, name: str) -> bool:
    """Say whether logging in to an account of this name makes operators, so that not everybody may have it."""
    fold = node.network.fold
    return any(block.account and fold(block.account) == fold(name) for block in node.config.operators)


def make_operator(node: Node, origin: Origin, user: User, block: Operator) -> None:
    """Give a user what a block allows; the other operators are told."""
    node.emit(OperChanged(origin, block.name, tuple(sorted(node.config.privileges_of(block)))))
    node.emit(UserModesChanged(origin, user.uid, "os", ""))
    node.notice(f"{user.nick} is now an operator ({block.name})")
