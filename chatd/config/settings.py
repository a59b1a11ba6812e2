"""Every setting of the server: its name, type, default, bounds and meaning, one struct for each section.

These definitions are all there is: the reader, the sample file and the list of changes are derived
from them.  Durations are seconds (``_s``), sizes bytes.  Knows nothing of TOML or of files.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.accounts import Accounts
from chatd.config.mail import Mail
from chatd.config.password import Password
from chatd.config.people import BUILTIN_ROLES, Operator, Privilege, Role, WebIrc
from chatd.config.presence import Presence
from chatd.config.section import Count, Seconds, Section, Size
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


class Listen(Section, frozen=True, kw_only=True):
    """Where the server listens, as Twisted endpoint strings ("tcp:6667", "unix:/run/chatd.sock").

    A colon inside an address is written with two backslashes before it.
    """

    plain: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="Without encryption; by default for this machine only."),
    ] = ("tcp:6667:interface=127.0.0.1", "tcp:6667:interface=\\:\\:1")
    tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="With TLS; a socket on all IPv6 addresses (::) takes IPv4 too."),
    ] = ("tcp:6697:interface=\\:\\:",)
    proxied: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="Without encryption, behind a proxy that sends a PROXY v1 or v2 header first."),
    ] = ()
    proxied_tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="With TLS, behind a proxy that sends a PROXY v1 or v2 header first, then TLS."),
    ] = ()
    websocket: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="HTTP for WebSocket clients (ws:), without encryption: for a reverse proxy."),
    ] = ()
    websocket_tls: Annotated[
        tuple[checks.Endpoint, ...], Meta(description="HTTP for WebSocket clients, with TLS (wss:).")
    ] = ()
    proxied_websocket: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="As websocket, behind a proxy that sends a PROXY v1 or v2 header first."),
    ] = ()
    proxied_websocket_tls: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="As websocket_tls, behind a proxy that sends a PROXY v1 or v2 header first, then TLS."),
    ] = ()

    @property
    def need_certificate(self) -> bool:
        """Whether any of them speaks TLS."""
        return bool(self.tls or self.proxied_tls or self.websocket_tls or self.proxied_websocket_tls)


class Certificate(Section, frozen=True, kw_only=True):
    """One more certificate, shown to clients that ask for one of the names in it (SNI)."""

    certificate: Annotated[
        checks.RequiredPath,
        Meta(description="PEM file with the certificate.", examples=["irc.example.org.crt"]),
    ]
    key: Annotated[
        checks.RequiredPath,
        Meta(description="PEM file with its private key.", examples=["irc.example.org.key"]),
    ]
    chain: Annotated[
        checks.Path,
        Meta(description="PEM file with the intermediate certificates, if the certificate file lacks them."),
    ] = ""


class Tls(Section, frozen=True, kw_only=True):
    """Certificates and rules for encrypted connections; REHASH and SIGHUP read the files again."""

    certificate: Annotated[
        checks.Path,
        Meta(description="PEM file with the certificate; empty: one is made at first start, self-signed."),
    ] = ""
    key: Annotated[checks.Path, Meta(description="PEM file with its private key.")] = ""
    chain: Annotated[
        checks.Path,
        Meta(description="PEM file with the intermediate certificates, if the certificate file lacks them."),
    ] = ""
    minimum: Annotated[Literal["1.2", "1.3"], Meta(description="Oldest version of TLS to accept.")] = "1.2"
    ciphers: Annotated[
        checks.CipherList,
        Meta(description="OpenSSL cipher list for TLS 1.2; empty: Twisted's choice."),
    ] = ""
    handshake_timeout_s: Annotated[
        Seconds,
        Meta(description="Time for the PROXY header, for TLS and for the request of a WebSocket; 0: no limit."),
    ] = 20
    sni: tuple[Certificate, ...] = ()


class Proxy(Section, frozen=True, kw_only=True):
    """Proxies in front of those listeners whose names begin with "proxied"."""

    networks: Annotated[
        tuple[checks.Network, ...],
        Meta(description="Addresses and networks of the proxies; all others are refused on these listeners."),
    ] = ()


class WebSocket(Section, frozen=True, kw_only=True):
    """Clients that come over WebSocket, by the listeners named so; REHASH and SIGHUP change this for new ones."""

    origins: Annotated[
        tuple[checks.Origin, ...],
        Meta(
            description="Web pages that may connect besides those of the very host and port they connect to: "
            '"https://chat.example.org", "https://*.example.org", "*" for all. Others than browsers always may.'
        ),
    ] = ()
    proxies: Annotated[
        tuple[checks.Network, ...],
        Meta(
            description="Addresses and networks of HTTP reverse proxies that are believed when they say for whom "
            'they speak. A Unix socket counts as "127.0.0.1".'
        ),
    ] = ()
    forwarded_header: Annotated[
        Literal["X-Forwarded-For", "Forwarded"],
        Meta(
            description="The header in which they say it; it must be one that they set, or anybody could set it. "
            "With X-Forwarded-For goes X-Forwarded-Proto."
        ),
    ] = "X-Forwarded-For"
    deflate: Annotated[
        bool, Meta(description="Whether long lines are compressed for clients that can take it.")
    ] = True
    ping_interval_s: Annotated[
        Seconds,
        Meta(
            description="Time between two WebSocket pings, which also keep reverse proxies from closing a silent "
            "connection; who says nothing from one to the next is gone. 0: none."
        ),
    ] = 50


class Limits(Section, frozen=True, kw_only=True):
    """How long and how many; clients are told most of these when they connect (ISUPPORT)."""

    nick: Annotated[int, Meta(ge=1, le=64, description="Letters in a nickname.")] = 30
    user: Annotated[int, Meta(ge=1, le=64, description="Letters in a user name.")] = 12
    host: Annotated[int, Meta(ge=32, le=128, description="Letters in a host name.")] = 63
    realname: Annotated[int, Meta(ge=1, le=400, description="Bytes in a real name.")] = 150
    topic: Annotated[int, Meta(ge=1, le=450, description="Bytes in a topic.")] = 390
    kick: Annotated[int, Meta(ge=1, le=450, description="Bytes in the reason of a KICK.")] = 307
    away: Annotated[int, Meta(ge=1, le=450, description="Bytes in an away message.")] = 300
    channel: Annotated[int, Meta(ge=2, le=200, description="Bytes in the name of a channel.")] = 64
    quit: Annotated[int, Meta(ge=1, le=450, description="Bytes in the reason of a QUIT or PART.")] = 300
    key: Annotated[int, Meta(ge=1, le=100, description="Bytes in the key of a channel.")] = 23
    channels: Annotated[int, Meta(ge=1, le=100_000, description="Channels one user may be in.")] = 100
    modes: Annotated[int, Meta(ge=1, le=100, description="Modes with a parameter in one MODE command.")] = 12
    list_entries: Annotated[
        int, Meta(ge=1, le=100_000, description="Entries in each list of a channel (bans, exceptions...).")
    ] = 100
    targets: Annotated[int, Meta(ge=1, le=100, description="Targets of one PRIVMSG, NOTICE or TAGMSG.")] = 8
    joins: Annotated[
        int, Meta(ge=1, le=100, description="Channels in one JOIN, PART, NAMES and the like.")
    ] = 20
    multiline_bytes: Annotated[
        int, Meta(ge=512, le=65_536, description="Bytes in one message of several lines (draft/multiline).")
    ] = 8192
    multiline_lines: Annotated[
        int, Meta(ge=2, le=500, description="Lines in one message of several lines (draft/multiline).")
    ] = 64
    monitor: Annotated[int, Meta(ge=1, le=100_000, description="Nicknames one client may MONITOR.")] = 128
    silence: Annotated[int, Meta(ge=1, le=10_000, description="Masks one user may SILENCE.")] = 32
    accept: Annotated[int, Meta(ge=1, le=10_000, description="Users one user may ACCEPT.")] = 32
    invites: Annotated[int, Meta(ge=1, le=10_000, description="Open invitations of one user.")] = 50
    whowas: Annotated[Count, Meta(description="Users that WHOWAS remembers; 0: none.")] = 2000
    whowas_days: Annotated[
        int, Meta(ge=0, le=36_500, description="Days that WHOWAS remembers them; 0: for ever.")
    ] = 7


class Connections(Section, frozen=True, kw_only=True):
    """Who may connect, and when a connection is given up; 0 switches a limit off."""

    maximum: Annotated[Count, Meta(description="Connections in all.")] = 20_000
    per_address: Annotated[
        Count, Meta(description="Connections from one IPv4 address or one IPv6 /64 network.")
    ] = 64
    exempt: Annotated[
        tuple[checks.Network, ...],
        Meta(description="Addresses and networks without limit by address and without throttle."),
    ] = ("127.0.0.0/8", "::1/128")
    throttle_count: Annotated[
        Count, Meta(description="New connections from one address (or IPv6 /64) within throttle_window_s.")
    ] = 32
    throttle_window_s: Annotated[Seconds, Meta(description="Time in which throttle_count is counted.")] = 10
    registration_timeout_s: Annotated[
        Seconds, Meta(description="Time from connecting to the end of registration.")
    ] = 60
    ping_interval_s: Annotated[Seconds, Meta(description="Silence after which a client is pinged.")] = 90
    ping_timeout_s: Annotated[Seconds, Meta(description="Time that a client has to answer.")] = 60
    sendq_bytes: Annotated[Size, Meta(description="Unsent output at which a slow reader is dropped.")] = (
        1_048_576
    )
    recvq_bytes: Annotated[Size, Meta(description="Unread input at which a client is dropped.")] = 131_072
    stop_timeout_s: Annotated[
        Seconds, Meta(description="Time for the last output when the server stops; 0: no waiting.")
    ] = 5


class Flood(Section, frozen=True, kw_only=True):
    """How much a client may send: over the allowance it has to wait, far over it is dropped."""

    enabled: Annotated[bool, Meta(description="Whether the allowance is kept at all.")] = True
    burst: Annotated[int, Meta(ge=1, le=1_000_000, description="Commands at once, after a silence.")] = 150
    per_second: Annotated[
        float, Meta(ge=0.01, le=1_000_000, description="Commands a second in the long run.")
    ] = 25.0


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


class Retain(Section, frozen=True, kw_only=True):
    """How long channels that match a mask are kept, instead of the retention of all; the first that matches counts."""

    mask: Annotated[
        checks.ChannelMask, Meta(description="A channel, or a mask with * and ?.", examples=["#private*"])
    ]
    days: Annotated[int, Meta(ge=0, le=36_500, description="Days after which files are deleted; 0: for ever.")] = 0
    bytes: Annotated[Size, Meta(description="Size above which the oldest files are deleted; 0: no limit.")] = 0


Access = Literal["join", "registration", "members", "everyone"]


class Readers(Section, frozen=True, kw_only=True):
    """Who reads the history of channels that match a mask, instead of ``access``; the first that matches counts."""

    mask: Annotated[
        checks.ChannelMask, Meta(description="A channel, or a mask with * and ?.", examples=["#public*"])
    ]
    access: Annotated[Access, Meta(description="As history.access.", examples=["everyone"])]


class History(Section, frozen=True, kw_only=True):
    """The log of everything said, one directory for each channel and each conversation."""

    enabled: Annotated[bool, Meta(description="Whether anything is logged.")] = True
    fsync: Annotated[
        Literal["interval", "always", "never"],
        Meta(description="When lines are forced to disk; a crash of the server alone never loses any."),
    ] = "interval"
    fsync_interval_s: Annotated[
        float, Meta(ge=0.01, le=86_400, description='Time between forced writes, with fsync = "interval".')
    ] = 1.0
    rotate_bytes: Annotated[Size, Meta(description="Size at which a new file is begun; 0: any size.")] = (
        8_388_608
    )
    rotate_daily: Annotated[bool, Meta(description="Whether each day (UTC) begins a new file.")] = True
    retention_days: Annotated[
        int, Meta(ge=0, le=36_500, description="Days after which files are deleted; 0: kept for ever.")
    ] = 0
    retention_bytes: Annotated[
        Size, Meta(description="Size of each log above which its oldest files are deleted; 0: no limit.")
    ] = 0
    total_bytes: Annotated[
        Size, Meta(description="Size of all history above which the oldest files are deleted; 0: no limit.")
    ] = 0
    compress_days: Annotated[
        int, Meta(ge=0, le=36_500, description="Days after which finished files are compressed (gzip); 0: never.")
    ] = 7
    retain: tuple[Retain, ...] = ()
    access: Annotated[
        Access,
        Meta(
            description='Who reads what was said in a channel: members what was said since they joined ("join"), since '
            'their account was made ("registration"), or all of it ("members"); or whoever could join ("everyone").'
        ),
    ] = "join"
    readers: tuple[Readers, ...] = ()
    redact_own_s: Annotated[
        Seconds, Meta(description="How long people may take back what they have said; 0: for ever.")
    ] = 86_400.0
    redact_others_s: Annotated[
        Seconds, Meta(description="How long operators of a channel may take back what others said; 0: for ever.")
    ] = 0.0
    page_messages: Annotated[
        int, Meta(ge=1, le=1000, description="Messages that a client is given at once (CHATHISTORY).")
    ] = 100
    search: Annotated[
        bool, Meta(description="Whether what was said can be searched (SEARCH), which takes an index beside the logs.")
    ] = True
    off: Annotated[
        tuple[checks.ChannelMask, ...],
        Meta(description='Channels that are not logged, as names or masks with * and ? ("#private*").'),
    ] = ()
    conversations: Annotated[bool, Meta(description="Whether private messages are logged.")] = True
    open_files: Annotated[int, Meta(ge=1, le=1_000_000, description="Log files held open at once.")] = 2048
    pending_bytes: Annotated[
        int,
        Meta(ge=65536, le=2**60, description="Lines kept in memory while the disk fails; more are dropped."),
    ] = 67_108_864


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
