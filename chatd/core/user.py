"""A user (one nickname) and its membership in channels.

A user has one or more sessions, on any node; only those of this node are in its audience.  Nothing here may
assume one connection per nickname.  Written only by events.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from chatd.core.archive import NEVER, Selector, Tenure
from chatd.core.audience import Audience
from chatd.core.metadata import NO_METADATA
from chatd.core.names import account_key, log_name
from chatd.core.recent import Remembered

if TYPE_CHECKING:
    from chatd.core.channel import Channel
    from chatd.core.modes import Guard
    from chatd.wire.masks import Mask


NAMES_KEPT = 5
"""Of how many earlier names of a user conversations are found."""


class Origin:
    """Who causes an event: immutable, shared by all events of one session until the source changes.

    ``uid`` and ``sid`` are "" for the server itself.  ``source`` is what clients see before the verb.
    ``by`` is the session whose command it is: ``sid`` itself, but for what an operator does in another's name.
    ``modes`` are the user's at that moment.  ``User.origin`` makes those of users.
    """

    __slots__ = ("account", "by", "modes", "node", "sid", "source", "uid")

    def __init__(
        self,
        source: str,
        uid: str = "",
        sid: str = "",
        account: str | None = None,
        node: str = "",
        by: str | None = None,
        modes: frozenset[str] = frozenset(),
    ) -> None:
        self.source = source
        self.uid = uid
        self.sid = sid
        self.account = account
        self.node = node
        self.by = sid if by is None else by
        self.modes = modes

    def __repr__(self) -> str:
        return f"Origin({self.source!r}, {self.uid!r}, {self.sid!r})"


BACKGROUND: Final = "*"
"""The away message of a connection behind which nobody is, as if it were not there (IRCv3 pre-away)."""


class Attachment:
    """One connection that speaks for a user, as every node knows it.

    ``host`` and ``ip`` are where it comes from.  ``away`` is what was said by it, None when it is present.  ``device``
    is the name its owner gave it, or "", ``gateway`` the web gateway it came by, or "".  ``oper`` names the operator
    block it uses, "" for none; what that allows (``privileges``) is for this connection alone.
    """

    __slots__ = ("away", "device", "gateway", "host", "ip", "node", "oper", "privileges", "secure", "since_ms")

    def __init__(
        self, node: str, host: str, ip: str, secure: bool, since_ms: int, device: str, away: str | None,
        gateway: str = "",
    ) -> None:  # fmt: skip
        self.node = node
        self.gateway = gateway
        self.host = host
        self.ip = ip
        self.secure = secure
        self.since_ms = since_ms
        self.device = device
        self.away = away
        self.oper = ""
        self.privileges: frozenset[str] = frozenset()


class User:
    """One nickname's holder.

    ``host`` is what others may see; ``real_host`` and ``ip`` only those with the privilege.  ``cloak`` is the host
    shown while user mode x is set ("" without cloaking).  ``sessions`` are its connections on all nodes, by id.
    ``away`` is what they say together, None when present; ``secure`` says that all of them are.
    ``real_host`` and ``ip`` are those of the first connection, or of the last while there is none.
    ``kept_as`` is the folded account for which the user stays without any, or ""; ``left_ms`` when the last one ended.
    ``silenced`` and ``accepted`` map masks, and uids or ``names.account_key``, as SILENCE and ACCEPT keep them.
    ``oper`` names the operator block in use, the latest of its connections', "" for ordinary users; ``privileges`` are
    those of all connections together.  Times are milliseconds since 1970.
    ``guards`` are those of the modes that are set, by attempt type.  ``arrived`` is where the user came,
    ``called`` what logs call the user and since when, ``names`` the names before that.  ``called_ms`` is when the user
    was told last of somebody whom mode g keeps out.
    """

    __slots__ = (
        "accepted", "account", "active_ms", "arrived", "audience", "away", "called", "called_ms", "certfp", "channels",
        "cipher", "cloak", "folded", "guards", "host",
        "identity", "invitations", "ip", "kept_as", "left_ms", "metadata", "modes", "names", "nick", "node", "oper",
        "privileges",
        "real_host", "realname", "recent", "secure", "sessions", "signon_ms", "silenced", "source", "uid", "username",
    )  # fmt: skip

    def __init__(self, uid: str, nick: str, folded: str, username: str, host: str) -> None:
        self.uid = uid
        self.nick = nick
        self.folded = folded
        self.username = username
        self.host = host
        self.real_host = host
        self.cloak = ""
        self.ip = ""
        self.realname = ""
        self.account: str | None = None
        self.node = ""
        self.certfp: str | None = None
        self.cipher: str | None = None
        self.secure = False
        self.signon_ms = 0
        self.active_ms = 0
        self.called_ms = -(1 << 62)
        self.away: str | None = None
        self.modes: frozenset[str] = frozenset()
        self.guards: dict[type, tuple[Guard, ...]] = {}
        self.oper = ""
        self.metadata = NO_METADATA
        self.recent: deque[Remembered] | None = None
        self.privileges: frozenset[str] = frozenset()
        self.channels: dict[str, Membership] = {}
        self.invitations: dict[str, None] = {}
        self.silenced: dict[str, Mask] = {}
        self.accepted: dict[str, None] = {}
        self.sessions: dict[str, Attachment] = {}
        self.kept_as = ""
        self.left_ms = 0
        self.audience = Audience()
        self.arrived = NEVER
        self.called = Tenure(log_name(folded, None), NEVER)
        self.names: tuple[Tenure, ...] = ()
        self.source = ""
        self.identity = 0
        self.refresh()

    def settle_away(self, absent: str | None) -> None:
        """Make ``away`` what the connections say: away when all are, with the latest message that says something.

        While nobody is there at all, what was said last holds, or else ``absent`` (None: present).
        """
        said = [attachment.away for attachment in self.sessions.values() if attachment.away != BACKGROUND]
        if None in said:
            self.away = None
        elif said:
            self.away = said[-1]
        elif self.away is None or self.away == BACKGROUND:
            self.away = BACKGROUND if self.sessions else absent

    def rights(self, sid: str) -> frozenset[str]:
        """What one of the user's connections may do as an operator."""
        attachment = self.sessions.get(sid)
        return attachment.privileges if attachment is not None else frozenset()

    def settle_rights(self) -> None:
        """Make ``oper`` and ``privileges`` what the connections have."""
        blocks = [attachment.oper for attachment in self.sessions.values() if attachment.oper]
        self.oper = blocks[-1] if blocks else ""
        self.privileges = frozenset().union(*(attachment.privileges for attachment in self.sessions.values()))

    def accepted_as(self, other: User) -> list[str]:
        """By which keys this user accepts another: as who that is now, or by its account."""
        keys = [other.uid] if other.account is None else [other.uid, account_key(other.called.name)]
        return [key for key in dict.fromkeys(keys) if key in self.accepted]

    def expects(self, other: User) -> bool:
        """Say whether another may write to this user whatever its modes are: accepted, or written to a moment ago."""
        if other is self or self.accepted_as(other):
            return True
        return any(uid == other.uid and has_text for _, uid, _, has_text in self.recent or ())

    def origin(self, sid: str, node: str, by: str | None = None) -> Origin:
        """Where an event of this user comes from, as the user is now."""
        return Origin(self.source, self.uid, sid, self.account, node, by, self.modes)

    def call(self, name: str, place: Selector) -> None:
        """Let logs call the user so from some place on."""
        before = self.called
        if name == before.name and self.arrived != NEVER:
            return
        if self.arrived == NEVER:
            self.arrived = place
        else:
            self.names = (*self.names[1 - NAMES_KEPT :], before._replace(until=place))
        self.called = Tenure(name, place)

    def refresh(self) -> None:
        """Rebuild what derives from nickname, user name and host; ``identity`` counts the changes.

        Also called when the account or a mode shown in tags changes: ``source`` is a new object each time, by which
        whoever keeps an Origin sees that it is out of date.
        """
        self.source = f"{self.nick}!{self.username}@{self.host}"
        self.identity += 1
        for recipient in self.audience:
            recipient.renew_origin()

    def __repr__(self) -> str:
        return f"User({self.source!r})"


class Membership:
    """One user in one channel.

    ``since`` is where logs have the JOIN, ``risen`` where the present rank was given.
    ``ranks`` is a bit set of the prefix modes held (see ``core.modes``).  ``ban_verdict`` caches whether the
    channel's bans match, for the identity and ban list named in ``ban_checked``.
    """

    __slots__ = ("ban_checked", "ban_verdict", "channel", "ranks", "risen", "since", "user")

    def __init__(self, user: User, channel: Channel, ranks: int, since: Selector) -> None:
        self.user = user
        self.channel = channel
        self.ranks = ranks
        self.since = self.risen = since
        self.ban_checked = (-1, -1)
        self.ban_verdict = False
