"""Settings about how long, how many and how fast."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Count, Seconds, Section, Size


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
