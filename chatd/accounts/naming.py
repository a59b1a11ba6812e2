"""What may be the name of an account and what may be its password, said in the words of whoever objects."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple

from chatd.accounts.nicknames import is_guest
from chatd.accounts.operators import is_operators_account
from chatd.config import Config
from chatd.core.names import is_nick
from chatd.credentials.preparing import PasswordRefused, prepare
from chatd.credentials.tokens import read_token
from chatd.wire.addresses import is_email
from chatd.wire.masks import glob

if TYPE_CHECKING:
    from chatd.context import Context, Node

PASSWORD_BYTES: Final = 300
"""The longest password; it must fit into a message to NickServ."""


class Objection(NamedTuple):
    """Why something about an account is not done: a code for programs, a sentence without a full stop for people."""

    code: str
    text: str


def address_objection(config: Config, address: str) -> Objection | None:
    """Whether an account may have this e-mail address."""
    if not is_email(address):
        return Objection("INVALID_EMAIL", "That is no e-mail address")
    if any(glob(mask.lower(), address.lower()) for mask in config.mail.refused):
        return Objection("UNACCEPTABLE_EMAIL", "That address is not taken here; use another one")
    return None


def name_objection(ctx: Context, name: str) -> Objection | None:
    """Whether a new account may have this name: no account has it, and nobody else is here under it."""
    node = ctx.node
    if not is_nick(name, node.config.limits.nick):
        return Objection("BAD_ACCOUNT_NAME", "That cannot be a nickname, and so not the name of an account")
    if node.network.registry.owner(node.network.fold(name)) is not None:
        return Objection("ACCOUNT_EXISTS", "That name is taken")
    if node.network.is_reserved(name) or is_guest(node, name) or is_operators_account(node, name):
        return Objection("BAD_ACCOUNT_NAME", "That name is kept by the server")
    holder = node.network.user(name)
    if holder is not None and holder is not ctx.session.user:
        return Objection("BAD_ACCOUNT_NAME", "Somebody else is here under that name")
    return None


def password_objection(node: Node, name: str, password: str) -> Objection | None:
    """Whether this may be the password of an account of that name."""
    try:
        prepare(password)
    except PasswordRefused:
        return Objection("UNACCEPTABLE_PASSWORD", "There is nothing in that password")
    if len(password.encode()) > PASSWORD_BYTES:
        return Objection("UNACCEPTABLE_PASSWORD", f"A password has at most {PASSWORD_BYTES} bytes")
    if read_token(password) is not None:
        return Objection("UNACCEPTABLE_PASSWORD", "That is a session token, and no password")
    least = node.config.accounts.password_letters
    if len(password) < least:
        return Objection("WEAK_PASSWORD", f"A password has at least {least} letters")
    if node.network.fold(password) == node.network.fold(name):
        return Objection("WEAK_PASSWORD", "The name of the account is no password for it")
    return None


def wait_words(wait_s: float) -> str:
    """When to try again."""
    seconds = ceil(wait_s)
    return f"try again in {seconds} second{'s' if seconds > 1 else ''}"
