"""Every section of the configuration: its settings with type, default, bounds and meaning, here or in files beside.

These definitions are all there is: the reader, the sample file and the list of changes are derived
from them.  Durations are seconds (``_s``), sizes bytes.  Knows nothing of TOML or of files.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.accounts import Accounts
from chatd.config.history import History
from chatd.config.limits import Connections, Flood, Limits
from chatd.config.listening import Listen, Proxy, Tls, WebSocket
from chatd.config.mail import Mail
from chatd.config.password import Password
from chatd.config.people import BUILTIN_ROLES, Operator, Privilege, Role, WebIrc
from chatd.config.presence import Presence
from chatd.config.section import Seconds, Section
from chatd.config.sts import Sts


class Server(Section, frozen=True, kw_only=True):
    """The server: its name, its texts and where it keeps its files."""

    name: Annotated[checks.ServerName, Meta(description="Name of this server, as clients see it.")] = (
        "chatd.localhost"
    )
    network: Annotated[checks.Label, Meta(description="Name of the network, one word.")] = "chatd"
    description: Annotated[checks.OneLine, Meta(description="One line about this server.")] = "A chatd server"
    motd: Annotated[
        checks.Path,
        Meta(description="Text file shown to everybody who connects (MOTD); empty: a built-in text."),
    ] = ""
    rules: Annotated[checks.Path, Meta(description="Text file that RULES shows; empty: a built-in text.")] = (
        ""
    )
    data: Annotated[
        checks.RequiredPath,
        Meta(description="Directory for logs, keys and everything else the server keeps."),
    ] = "chatd-data"
    casemapping: Annotated[
        Literal["ascii", "rfc1459"],
        Meta(description='Which names count as the same: "rfc1459" also pairs []\\^ with {}|~.'),
    ] = "ascii"
    icon: Annotated[
        checks.Url, Meta(description="Address of a picture of the network, for clients to show; empty: none.")
    ] = ""
    admin_name: Annotated[checks.OneLine, Meta(description="Who runs this server, for ADMIN.")] = ""
    admin_location: Annotated[checks.OneLine, Meta(description="Where the server is, for ADMIN.")] = ""
    admin_email: Annotated[checks.OneLine, Meta(description="How to reach who runs it, for ADMIN.")] = ""


class Channels(Section, frozen=True, kw_only=True):
    """What new channels are like, how often a channel may be renamed, and how many are registered for how long."""

    default_modes: Annotated[
        checks.ChannelFlags,
        Meta(description=f'Modes of a new channel, any of "{checks.CHANNEL_FLAGS}".'),
    ] = "nt"
    relay: Annotated[
        bool, Meta(description="Whether operators of a channel may quote people elsewhere (RELAYMSG).")
    ] = True
    rename_interval_s: Annotated[
        Seconds, Meta(description="Time after which a channel may be renamed again; 0: at once.")
    ] = 60
    registering: Annotated[
        bool, Meta(description='Whether everybody may register channels, or only operators (privilege "channels").')
    ] = True
    per_account: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Channels that one account may have registered.")
    ] = 20
    access_entries: Annotated[
        int, Meta(ge=1, le=100_000, description="Entries in the access list of a channel, and in its auto-kick list.")
    ] = 200
    invite_links: Annotated[
        int, Meta(ge=0, le=1000, description="Invite links that one channel may have at a time.")
    ] = 20
    expire_days: Annotated[
        int,
        Meta(
            ge=0, le=36_500,
            description="Days after which a registration ends when nobody with access has been there; 0: never.",
        ),
    ] = 365  # fmt: skip


class Users(Section, frozen=True, kw_only=True):
    """What new users are like."""

    default_modes: Annotated[
        checks.UserFlags,
        Meta(description=f'Modes of a new user, any of "{checks.USER_FLAGS}"; x needs cloak.enabled.'),
    ] = "ix"
    rejoin_on_host_change: Annotated[
        bool,
        Meta(description="Whether clients without chghost see who changes host leave and come back."),
    ] = True


class Tags(Section, frozen=True, kw_only=True):
    """Client-only tags (their names begin with +), which clients attach to what they send."""

    deny: Annotated[
        tuple[checks.TagName, ...],
        Meta(description='Tags that are not relayed, without their +; "*" first: all but those with a "-".'),
    ] = ()
    typing_interval_s: Annotated[
        Seconds, Meta(description="Time in which +typing is relayed once to each target; 0: always.")
    ] = 2


class Metadata(Section, frozen=True, kw_only=True):
    """What users and channels say about themselves in keys and values (METADATA)."""

    max_subs: Annotated[int, Meta(ge=1, le=1000, description="Keys one client may subscribe to.")] = 50
    max_keys: Annotated[int, Meta(ge=1, le=1000, description="Keys one user or channel may have.")] = 25
    max_value_bytes: Annotated[
        int, Meta(ge=1, le=400, description="Bytes in a value; less if it would not fit a line with long names.")
    ] = 240
    changes: Annotated[int, Meta(ge=1, le=10_000, description="Changes one client may make at once.")] = 30
    changes_per_minute: Annotated[
        float, Meta(ge=0.1, le=100_000, description="Changes one client may make in the long run.")
    ] = 30.0
    sync_members: Annotated[
        int,
        Meta(ge=0, le=1_000_000, description="Members of a channel above which clients ask for metadata later."),
    ] = 500
    reserved: Annotated[
        tuple[checks.OneLine, ...],
        Meta(description='Keys, as masks with * and ? ("net.*"), that only operators may set.'),
    ] = ()
    hidden: Annotated[
        tuple[checks.OneLine, ...],
        Meta(description="Keys, as masks with * and ?, that only operators may see and set."),
    ] = ()


class Cloak(Section, frozen=True, kw_only=True):
    """Cloaks stand in for the hosts of users, so that no ordinary user sees where others are."""

    enabled: Annotated[bool, Meta(description="Whether hosts can be cloaked (user mode x).")] = True
    secret: Annotated[
        checks.Secret,
        Meta(description="Key of the cloaks; empty: made at first start and kept in the data directory."),
    ] = ""
    suffix: Annotated[checks.HostSuffix, Meta(description="How cloaked hosts end; may be empty.")] = (
        "users.chatd"
    )


class Log(Section, frozen=True, kw_only=True):
    """What the server reports about itself."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"], Meta(description="The least important that is reported.")
    ] = "info"


class Config(Section, frozen=True, kw_only=True):
    """The whole configuration; ``Config()`` is a complete one with every default."""

    server: Server = Server()
    listen: Listen = Listen()
    tls: Tls = Tls()
    sts: Sts = Sts()
    proxy: Proxy = Proxy()
    websocket: WebSocket = WebSocket()
    password: Password = Password()
    webirc: tuple[WebIrc, ...] = ()
    limits: Limits = Limits()
    connections: Connections = Connections()
    flood: Flood = Flood()
    channels: Channels = Channels()
    users: Users = Users()
    accounts: Accounts = Accounts()
    tags: Tags = Tags()
    metadata: Metadata = Metadata()
    presence: Presence = Presence()
    cloak: Cloak = Cloak()
    history: History = History()
    mail: Mail = Mail()
    operators: tuple[Operator, ...] = ()
    roles: tuple[Role, ...] = ()
    log: Log = Log()

    def privileges_of(self, operator: Operator) -> frozenset[Privilege]:
        """Say what an operator of this configuration may do."""
        if operator.privileges:
            return frozenset(operator.privileges)
        roles = BUILTIN_ROLES | {role.name: role.privileges for role in self.roles}
        return frozenset(roles[operator.role])
