"""What a registered channel's access and settings forbid to those who have a rank in it."""

from __future__ import annotations

from chatd.channels.settings import ON, locked
from chatd.core.attempts import ChangeMode, Rename, SetTopic
from chatd.core.catalog import guards
from chatd.core.flags import RANKS
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_CHANOPRIVSNEEDED


@guards(Rename)
def may_rename(attempt: Rename) -> None:
    """A registered channel is renamed by those with the flag set."""
    registration = attempt.channel.registered
    if registration is not None and "set" not in registration.flags_of_account(registration.account_of(attempt.user)):
        raise refused(attempt, "Renaming a registered channel needs the flag set")


@guards(SetTopic)
def may_set_topic(attempt: SetTopic) -> None:
    """With topiclock only those with the flag topic."""
    registration = attempt.channel.registered
    if registration is None or registration.settings.get("topiclock") != ON:
        return
    if "topic" not in registration.flags_of(attempt.user):
        raise refused(attempt, "The topic is locked; changing it needs the flag topic")


@guards(ChangeMode)
def may_have_rank(attempt: ChangeMode) -> None:
    """With secure, a rank is given to those whose flags allow it."""
    registration = attempt.channel.registered
    needed = RANKS.get(attempt.letter)
    if registration is None or needed is None or not attempt.adding or attempt.overrides or attempt.target is None:
        return
    if registration.settings.get("secure") == ON and not registration.flags_of(attempt.target) & {needed, "founder"}:
        raise refused(attempt, f"{attempt.target.nick} has not got the flag {needed}")


@guards(ChangeMode)
def is_not_locked(attempt: ChangeMode) -> None:
    """What modelock names stays as it is."""
    registration = attempt.channel.registered
    if registration is None or attempt.overrides:
        return
    if locked(registration).get(attempt.letter, attempt.adding) != attempt.adding:
        raise refused(attempt, f"Mode {attempt.letter} is locked")


def refused(attempt: ChangeMode | SetTopic | Rename, text: str) -> Refused:
    """482, saying why."""
    return Refused(ERR_CHANOPRIVSNEEDED._replace(text=text), attempt.channel.name)
