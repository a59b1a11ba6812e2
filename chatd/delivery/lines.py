"""Lines that several features show: a JOIN in its two forms, and changes that watchers are told of too.

See IRCv3 extended-join and extended-monitor.
"""

from __future__ import annotations

from typing import Protocol

from chatd.core.audience import Audience
from chatd.core.caps import EXTENDED_JOIN, EXTENDED_MONITOR
from chatd.core.events import Event
from chatd.delivery.outgoing import Outgoing


class Entry(Protocol):
    """What an event must carry to be shown as somebody entering a channel; ``account`` is "*" without one."""

    @property
    def account(self) -> str: ...
    @property
    def realname(self) -> str: ...


def joined_lines(
    event: Event,
    who: Entry,
    source: str,
    channel: str,
    *,
    lacks: int = 0,
    to: Audience | None = None,
    extra: bool = False,
) -> list[Outgoing]:
    """``:source JOIN #channel``, and with account and real name for those who negotiated extended-join."""
    body = f":{source} JOIN {channel}"
    extended = f"{body} {who.account} :{who.realname}"
    return [
        Outgoing(event, body, lacks=lacks | EXTENDED_JOIN.bit, to=to, extra=extra, logged=False),
        Outgoing(event, extended, needs=EXTENDED_JOIN.bit, lacks=lacks, to=to, extra=extra, logged=to is None),
    ]


class Watched(Protocol):
    """An event of which those who MONITOR its user are told."""

    watchers: Audience


def told_to_watchers(event: Event, watched: Watched, body: str, needs: int) -> list[Outgoing]:
    """A line for who shares a channel, and for who watches with extended-monitor; both need ``needs``."""
    lines = [Outgoing(event, body, needs=needs)]
    if watched.watchers.groups:
        lines.append(Outgoing(event, body, needs=needs | EXTENDED_MONITOR.bit, to=watched.watchers))
    return lines
