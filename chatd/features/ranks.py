"""The ranks of channel members: owner, admin, operator, half-operator, voice.  See Modern IRC, "Channel Membership"."""

from __future__ import annotations

from chatd.core.caps import MULTI_PREFIX as _MULTI_PREFIX
from chatd.core.caps import Capability
from chatd.core.modes import ADMIN, HALFOP, OP, OWNER, VOICE, ChannelMode, Kind

MULTI_PREFIX: Capability = _MULTI_PREFIX

OWNER_MODE = ChannelMode("q", Kind.RANK, "owner", "Owns the channel.", prefix="~", level=OWNER, rank=OWNER)
ADMIN_MODE = ChannelMode("a", Kind.RANK, "admin", "Protected operator.", prefix="&", level=ADMIN, rank=OWNER)
OP_MODE = ChannelMode("o", Kind.RANK, "operator", "Runs the channel.", prefix="@", level=OP, rank=OP)
HALFOP_MODE = ChannelMode("h", Kind.RANK, "half-operator", "Helps the operators.", prefix="%", level=HALFOP, rank=OP)
VOICE_MODE = ChannelMode("v", Kind.RANK, "voice", "Speaks when it is moderated.", prefix="+", level=VOICE, rank=HALFOP)
