"""Bans, exceptions and invitation masks of a channel, and the extended bans.  See Modern IRC, "Channel Modes"."""

from __future__ import annotations

from chatd.core.attempts import ChangeNick, Join, Speak
from chatd.core.bans import Extban, Matcher
from chatd.core.catalog import Isupport
from chatd.core.channel import Channel
from chatd.core.modes import VOICE, ChannelMode, Kind
from chatd.core.refusal import Refused
from chatd.core.user import User
from chatd.wire.casemap import Casemapping
from chatd.wire.masks import compile_mask
from chatd.wire.numerics import ERR_BANNEDFROMCHAN, ERR_BANNICKCHANGE, ERR_CANNOTSENDTOCHAN

EXCEPTS = Isupport("EXCEPTS", lambda node: "e")
INVEX = Isupport("INVEX", lambda node: "I")
EXTBAN = Isupport("EXTBAN", lambda node: "," + "".join(sorted(node.catalog.extbans)))


def match_realname(argument: str, casemapping: Casemapping) -> Matcher:
    """``r:mask``: the real name matches; "_" stands for any one character, since a mask holds no spaces."""
    mask = compile_mask(argument.replace("_", "?"), casemapping.fold)
    return lambda user: mask.matches(casemapping.fold(user.realname))


MUTE = Extban("m", "mute", "Whoever matches may join but not speak.")
REALNAME = Extban("r", "realname", "Matches real names.", match_realname)


def not_banned(attempt: Join) -> None:
    """Whom a ban matches and no exception does cannot join; an invitation does not help against a ban."""
    if attempt.channel.listed("b", attempt.user) and not attempt.channel.listed("e", attempt.user):
        raise Refused(ERR_BANNEDFROMCHAN, attempt.channel.name)


def is_muted(channel: Channel, user: User) -> bool:
    """Say whether a ban keeps somebody from speaking; remembered per member until either changes."""
    member = channel.members.get(user.uid)
    if member is not None:
        if member.ranks >= VOICE:
            return False
        checked = (user.identity, channel.bans_version)
        if member.ban_checked == checked:
            return member.ban_verdict
    muted = (channel.listed("b", user) or channel.listed("b", user, "m")) and not (
        channel.listed("e", user) or channel.listed("e", user, "m")
    )
    if member is not None:
        member.ban_checked, member.ban_verdict = checked, muted
    return muted


def speaker_not_muted(attempt: Speak) -> None:
    """Whom a ban or a mute matches does not speak, unless with voice."""
    if is_muted(attempt.channel, attempt.user):
        raise Refused(ERR_CANNOTSENDTOCHAN, attempt.channel.name)


def nick_not_banned(attempt: ChangeNick) -> None:
    """Whom a ban matches cannot slip out of it by another nickname."""
    if is_muted(attempt.channel, attempt.user):
        raise Refused(ERR_BANNICKCHANGE, attempt.nick, attempt.channel.name)


BAN = ChannelMode(
    "b", Kind.LIST, "ban", "Keeps out and mutes whom the mask matches.",
    guards={Join: not_banned, Speak: speaker_not_muted, ChangeNick: nick_not_banned},
)  # fmt: skip
EXCEPTION = ChannelMode("e", Kind.LIST, "ban exception", "Whom the mask matches is not banned.")
INVITATION = ChannelMode("I", Kind.LIST, "invitation mask", "Whom the mask matches needs no invitation.")
