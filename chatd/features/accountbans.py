"""Bans by account, and hearing only from accounts (user mode R).  See IRCv3 account-extban."""

from __future__ import annotations

from chatd.core.attempts import Whisper
from chatd.core.bans import Extban, Matcher
from chatd.core.catalog import Isupport
from chatd.core.modes import UserMode
from chatd.core.refusal import Refused
from chatd.wire.casemap import Casemapping
from chatd.wire.masks import compile_mask
from chatd.wire.numerics import ERR_NEEDREGGEDNICK


def match_account(argument: str, casemapping: Casemapping) -> Matcher:
    """``a:account``: who is logged in to it; a mask with * and ? matches several, but never who is not logged in."""
    mask = compile_mask(argument, casemapping.fold)
    return lambda user: user.account is not None and mask.matches(casemapping.fold(user.account))


ACCOUNT = Extban("a", "account", "Matches who is logged in to an account.", match_account)
ACCOUNTEXTBAN = Isupport("ACCOUNTEXTBAN", lambda node: ACCOUNT.letter)


def sender_is_logged_in(attempt: Whisper) -> None:
    """Who has +R hears only from those who are logged in, whom they accepted or have just written to, and operators."""
    user, target = attempt.user, attempt.target
    if user.account is None and not target.expects(user) and "o" not in user.modes:
        raise Refused(ERR_NEEDREGGEDNICK, target.nick, "Hears only from who is logged in (user mode R): log in first")


REGISTERED_ONLY = UserMode(
    "R", "registered only", "Only people who are logged in, or whom you ACCEPT, can write to you, or answer you.",
    guards={Whisper: sender_is_logged_in},
)  # fmt: skip
