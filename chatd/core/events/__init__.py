"""Everything that can happen on the network; an event is the only thing that changes it.

``apply`` is deterministic, checks its own invariants again, and returns the audience.  Events name users by uid and
channels by name, never by object, so that they can travel to another node.
"""

from chatd.core.events.accounts import (
    AccountDeleted,
    AccountRegistered,
    AccountRenamed,
    NickGrouped,
    NickUngrouped,
    WishChanged,
)
from chatd.core.events.bans import ServerBanAdded, ServerBanRemoved
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import (
    Change,
    ChannelRenamed,
    Invited,
    Joined,
    Kicked,
    Knocked,
    ModesChanged,
    Parted,
    TopicChanged,
)
from chatd.core.events.editing import Edited, WhisperEdited
from chatd.core.events.markers import MarkerMoved, MarkersLoaded
from chatd.core.events.messages import (
    Broadcast,
    CallerHeld,
    Line,
    Noticed,
    Relayed,
    Said,
    Unheard,
    Wallopsed,
    Whispered,
)
from chatd.core.events.metadata import MetadataChanged
from chatd.core.events.presence import (
    AcceptChanged,
    AccountChanged,
    AwayChanged,
    HostChanged,
    NickChanged,
    OperChanged,
    RealnameChanged,
    SilenceChanged,
    UserArrived,
    UserModesChanged,
    UserQuit,
)
from chatd.core.events.redaction import Redacted, WhisperRedacted
from chatd.core.events.registered import (
    AccessChanged,
    AccountInvited,
    AkickChanged,
    ChannelDropped,
    ChannelRegistered,
    ChannelUsed,
    HeirsChanged,
    InviteLinkMade,
    InviteLinkRevoked,
    RegistrationChanged,
    SettingChanged,
    TemplateChanged,
)
from chatd.core.events.sessions import SessionAttached, SessionDetached, SessionDismissed, SessionNamed
from chatd.core.events.staying import KeptMembership, StayingChanged, UserRestored

__all__ = [
    "AcceptChanged",
    "AccessChanged",
    "AccountChanged",
    "AccountDeleted",
    "AccountInvited",
    "AccountRegistered",
    "AccountRenamed",
    "AkickChanged",
    "AwayChanged",
    "Broadcast",
    "CallerHeld",
    "Change",
    "ChannelDropped",
    "ChannelRegistered",
    "ChannelRenamed",
    "ChannelUsed",
    "Edited",
    "Event",
    "HeirsChanged",
    "HostChanged",
    "InviteLinkMade",
    "InviteLinkRevoked",
    "Invited",
    "Joined",
    "KeptMembership",
    "Kicked",
    "Knocked",
    "Line",
    "Lost",
    "MarkerMoved",
    "MarkersLoaded",
    "MetadataChanged",
    "ModesChanged",
    "NickChanged",
    "NickGrouped",
    "NickUngrouped",
    "Noticed",
    "OperChanged",
    "Parted",
    "RealnameChanged",
    "Redacted",
    "RegistrationChanged",
    "Relayed",
    "Said",
    "ServerBanAdded",
    "ServerBanRemoved",
    "SessionAttached",
    "SessionDetached",
    "SessionDismissed",
    "SessionNamed",
    "SettingChanged",
    "SilenceChanged",
    "StayingChanged",
    "TemplateChanged",
    "TopicChanged",
    "Unheard",
    "UserArrived",
    "UserModesChanged",
    "UserQuit",
    "UserRestored",
    "Wallopsed",
    "WhisperEdited",
    "WhisperRedacted",
    "Whispered",
    "WishChanged",
]
