"""Client capabilities as bits.

A capability's bit is its name interned: the same name has the same bit in the whole process, whoever declares it.
Which capabilities a server offers is the catalog's business.  See IRCv3 capability negotiation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatd.interfaces import Peer

_bits: dict[str, int] = {}


class Capability:
    """One capability: its name on the wire, its bit, and the value shown in ``CAP LS 302``.

    ``value`` is None, a text, or a callable given the configuration.  ``requires`` are those without which it has no
    effect, whatever was negotiated; ``excludes`` those that must not be negotiated together with it.
    """

    __slots__ = ("bit", "excludes", "name", "requires", "value")

    def __init__(
        self,
        name: str,
        value: str | Callable[[Any], str | None] | None = None,
        requires: tuple[Capability, ...] = (),
        excludes: tuple[Capability, ...] = (),
    ) -> None:
        self.name = name
        self.value = value
        self.requires = requires
        self.excludes = excludes
        self.bit = _bits.setdefault(name, 1 << len(_bits))

    def offered(self, config: Any, peer: Peer, version: int) -> str | None:
        """How it is offered to this peer in ``CAP LS``, with its value from version 302 on; None if it is not."""
        value = self.value(config) if callable(self.value) else self.value
        return f"{self.name}={value}" if value and version >= 302 else self.name

    def __repr__(self) -> str:
        return f"Capability({self.name!r})"


class Policy(Capability):
    """What clients are told by CAP and cannot ask for; nothing without its value, and never taken back.

    ``told`` is given the configuration and the peer, and returns the value for it, or None.
    """

    __slots__ = ("told",)

    def __init__(self, name: str, told: Callable[[Any, Peer], str | None]) -> None:
        super().__init__(name)
        self.told = told

    def offered(self, config: Any, peer: Peer, version: int) -> str | None:
        """See ``Capability``."""
        value = self.told(config, peer) if version >= 302 else None
        return value and f"{self.name}={value}"


def effective(negotiated: int, capabilities: Iterable[Capability]) -> int:
    """What of the negotiated bits has an effect: all but those that lack something they require."""
    for capability in capabilities:
        if negotiated & capability.bit and any(not negotiated & needed.bit for needed in capability.requires):
            negotiated &= ~capability.bit
    return negotiated


def contradicts(negotiated: int, capabilities: Iterable[Capability]) -> bool:
    """Say whether two of the negotiated bits exclude each other."""
    return any(
        negotiated & capability.bit and any(negotiated & other.bit for other in capability.excludes)
        for capability in capabilities
    )


class Tag:
    """One tag the server adds to what it sends, and the capability a client needs to be shown it.

    ``value`` is given the event and returns the raw value ("" for a bare key) or None to leave the tag out.
    """

    __slots__ = ("name", "needs", "value")

    def __init__(self, name: str, needs: Capability, value: Callable[[Any], str | None]) -> None:
        self.name = name
        self.needs = needs
        self.value = value


MESSAGE_TAGS = Capability("message-tags")
SERVER_TIME = Capability("server-time")
ECHO_MESSAGE = Capability("echo-message")
SELF_MESSAGE = Capability("znc.in/self-message")
MULTI_PREFIX = Capability("multi-prefix")
USERHOST_IN_NAMES = Capability("userhost-in-names")
CAP_NOTIFY = Capability("cap-notify")
BATCH = Capability("batch")
LABELED_RESPONSE = Capability("labeled-response", requires=(BATCH,))
MULTILINE = Capability(
    "draft/multiline",
    lambda config: f"max-bytes={config.limits.multiline_bytes},max-lines={config.limits.multiline_lines}",
    requires=(BATCH,),
)
ACCOUNT_TAG = Capability("account-tag")
STANDARD_REPLIES = Capability("standard-replies")
CHATHISTORY = Capability("draft/chathistory")
ZNC_PLAYBACK = Capability("znc.in/playback")
EVENT_PLAYBACK = Capability("draft/event-playback", requires=(BATCH,))
MESSAGE_EDIT = Capability("draft/message-edit", requires=(MESSAGE_TAGS,))
MESSAGE_REDACTION = Capability("draft/message-redaction", requires=(MESSAGE_TAGS,))
AWAY_NOTIFY = Capability("away-notify")
CHANNEL_RENAME = Capability("draft/channel-rename")
CHGHOST = Capability("chghost")
EXTENDED_JOIN = Capability("extended-join")
EXTENDED_MONITOR = Capability("extended-monitor")
NO_IMPLICIT_NAMES = Capability("no-implicit-names")
LOG_ONLY = Capability("*").bit
"""Needed by lines that are for the log alone: no client can ask for it."""
