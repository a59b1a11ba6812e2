"""Modes R, M and P of channels: for those who are logged in, and a channel that is there without anybody in it."""

from __future__ import annotations

from chatd.core.attempts import ChangeMode, Join, Speak
from chatd.core.catalog import guards
from chatd.core.modes import OWNER, PERMANENT, VOICE, ChannelMode, Kind
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_CANNOTSENDTOCHAN, ERR_CHANOPRIVSNEEDED, ERR_NEEDREGGEDNICK

NOT_LOGGED_IN = f"{ERR_CANNOTSENDTOCHAN.text} (+M): log in first"


def joiner_is_logged_in(attempt: Join) -> None:
    """With +R only who is logged in enters, or who is invited."""
    if not attempt.user.account and not attempt.invited:
        raise Refused(ERR_NEEDREGGEDNICK, attempt.channel.name, "Cannot join channel (+R): log in first")


def speaker_is_logged_in(attempt: Speak) -> None:
    """With +M only who is logged in speaks, or has voice."""
    if not attempt.user.account and attempt.rank < VOICE:
        raise Refused(ERR_CANNOTSENDTOCHAN._replace(text=NOT_LOGGED_IN), attempt.channel.name)


REGISTERED_ONLY = ChannelMode(
    "R", Kind.FLAG, "registered only", "Only who is logged in, or invited, joins.", guards={Join: joiner_is_logged_in}
)
REGISTERED_SPEAK = ChannelMode(
    "M", Kind.FLAG, "registered speak", "Only who is logged in, or has voice, speaks.",
    guards={Speak: speaker_is_logged_in},
)  # fmt: skip
PERMANENCE = ChannelMode(
    PERMANENT, Kind.FLAG, "permanent", "The channel is there, and listed, when nobody is in it.", rank=OWNER
)


@guards(ChangeMode)
def may_change_permanence(attempt: ChangeMode) -> None:
    """+P is for registered channels; server operators set it on any."""
    if attempt.letter == PERMANENT and attempt.channel.registered is None and not attempt.overrides:
        raise Refused(ERR_CHANOPRIVSNEEDED, attempt.channel.name)
