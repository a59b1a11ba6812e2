"""Settings about the log of everything said: what is kept, for how long, and who reads it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Seconds, Section, Size

Access = Literal["join", "registration", "members", "everyone"]


class Retain(Section, frozen=True, kw_only=True):
    """How long channels that match a mask are kept, instead of the retention of all; the first that matches counts."""

    mask: Annotated[
        checks.ChannelMask, Meta(description="A channel, or a mask with * and ?.", examples=["#private*"])
    ]
    days: Annotated[int, Meta(ge=0, le=36_500, description="Days after which files are deleted; 0: for ever.")] = 0
    bytes: Annotated[Size, Meta(description="Size above which the oldest files are deleted; 0: no limit.")] = 0


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
    dropped: Annotated[
        Literal["archive", "erase"],
        Meta(
            description="What becomes of the log of a registered channel that is dropped, or ends as nobody uses it: "
            "it stays for the tools (nobody else reads it), or it is deleted.",
        ),
    ] = "archive"
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
    edit_own_s: Annotated[
        Seconds, Meta(description="How long people may edit what they have said; 0: for ever.")
    ] = 3600.0
    edits_most: Annotated[
        int, Meta(ge=0, le=1_000_000, description="How often one message may be edited; 0: any number of times.")
    ] = 50
    page_messages: Annotated[
        int, Meta(ge=1, le=1000, description="Messages that a client is given at once (CHATHISTORY).")
    ] = 100
    replay_messages: Annotated[
        int,
        Meta(
            ge=0, le=1000,
            description="Messages of each channel or conversation, of those they have missed, that clients without "
            "CHATHISTORY are shown unasked when they join or come back; 0: none.",
        ),
    ] = 50
    search: Annotated[
        bool, Meta(description="Whether what was said can be searched (SEARCH), which takes an index beside the logs.")
    ] = True
    search_s: Annotated[
        float, Meta(ge=0.1, le=60, description="How long one search may take before it ends with what it has found.")
    ] = 2.0
    off: Annotated[
        tuple[checks.ChannelMask, ...],
        Meta(description='Channels that are not logged, as names or masks with * and ? ("#private*").'),
    ] = ()
    conversations: Annotated[
        Literal["on", "asked", "off"],
        Meta(
            description='Whether private messages are logged: unless one of the two has chosen otherwise ("on"), only '
            'where both have asked for it ("asked"; NickServ SET KEEP-PRIVATE), or never ("off").'
        ),
    ] = "on"
    open_files: Annotated[int, Meta(ge=1, le=1_000_000, description="Log files held open at once.")] = 2048
    pending_bytes: Annotated[
        int,
        Meta(ge=65536, le=2**60, description="Lines kept in memory while the disk fails; more are dropped."),
    ] = 67_108_864
