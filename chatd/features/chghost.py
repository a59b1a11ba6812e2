"""CHGHOST: being told that somebody's host has changed.  See IRCv3 chghost.

Who did not negotiate it is shown a quit and a return instead, unless the configuration says no.
"""

from __future__ import annotations

from chatd.core import caps
from chatd.core.caps import AWAY_NOTIFY, Capability
from chatd.core.catalog import renders
from chatd.core.events import HostChanged
from chatd.delivery.lines import joined_lines, told_to_watchers
from chatd.delivery.outgoing import Outgoing

CHGHOST: Capability = caps.CHGHOST


@renders(HostChanged)
def show_host_changed(event: HostChanged) -> list[Outgoing]:
    """``:source CHGHOST user host``, from the source as it was before."""
    body = f":{event.origin.source} CHGHOST {event.username} {event.host}"
    return told_to_watchers(event, event, body, CHGHOST.bit) + show_return(event)


def show_return(event: HostChanged) -> list[Outgoing]:
    """QUIT under the old host, then JOIN and MODE in each channel (and AWAY), to others without chghost."""
    if not event.presences or all(group & CHGHOST.bit for group in event.others.groups):
        return []
    nick = event.origin.source.partition("!")[0]
    source = f"{nick}!{event.username}@{event.host}"
    by_server = event.by_server()
    lines = [Outgoing(event, f":{event.origin.source} QUIT :Changing host", lacks=CHGHOST.bit, to=event.others)]
    for channel, letters, others in event.presences:
        lines += joined_lines(event, event, source, channel, lacks=CHGHOST.bit, to=others, extra=True)
        if letters:
            body = f":{by_server.origin.source} MODE {channel} +{letters} {' '.join([nick] * len(letters))}"
            lines.append(Outgoing(by_server, body, lacks=CHGHOST.bit, to=others, extra=True))
    if event.away is not None:
        body = f":{source} AWAY :{event.away}"
        lines.append(
            Outgoing(event, body, needs=AWAY_NOTIFY.bit, lacks=CHGHOST.bit, to=event.others, extra=True)
        )
    return lines
