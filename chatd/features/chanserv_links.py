"""ChanServ INVITELINK: codes that let people in, given as the key of JOIN."""

from __future__ import annotations

from chatd.channels.changing import write_down
from chatd.channels.links import new_code, shown_uses
from chatd.channels.rights import find, held, power
from chatd.core.channel import Channel
from chatd.core.events import InviteLinkMade, InviteLinkRevoked
from chatd.core.registered import InviteLink, Registration
from chatd.services.names import CHANSERV
from chatd.services.request import Declined, Request
from chatd.wire.durations import LONGEST_MS, duration_of

USUAL_MS = 7 * 86_400_000
USES_MOST = 1_000_000


@CHANSERV.command(
    "INVITELINK", "<channel> LIST | MAKE [<uses or *>] [<duration or *>] | REVOKE <link>",
    example="INVITELINK #chat MAKE 10 7d", login=True, cost=2,
)  # fmt: skip
def invitelink(request: Request, name: str, action: str = "LIST", first: str = "", second: str = "") -> None:
    """Make a code with which others join: JOIN #chat <code>. It lets past +i, +k, +l and +R, but not past a ban.

    It works once and for 7 days unless you say otherwise, and no longer than you may invite yourself.
    """
    channel, registration = find(request, name)
    match action.upper():
        case "LIST":
            show_links(request, channel, registration)
        case "MAKE":
            write_down(request, channel, lambda now: made(request, channel, now, first, second))
        case "REVOKE" if first:
            write_down(request, channel, lambda now: revoked(request, channel, now, first))
        case _:
            raise Declined("It is written: LIST, MAKE with how often and how long, or REVOKE with a link.")


def made(
    request: Request, channel: Channel, registration: Registration, uses: str, duration: str
) -> tuple[InviteLinkMade, str]:
    """Make a link, and show its code this once."""
    if "invite" not in held(request, channel):
        raise Declined(f"You need the flag invite on {channel.name}.")
    now_ms = request.ctx.now_ms()
    if sum(link.holds(now_ms) for link in registration.links.values()) >= request.config.channels.invite_links:
        raise Declined("There are as many links as a channel may have; REVOKE one.")
    lasting_ms = lasting(duration)
    text, link_id, secret_hash = new_code()
    link = InviteLink(
        link_id, secret_hash, registration.account_of(request.ctx.user), now_ms,
        now_ms + lasting_ms if lasting_ms else 0, counted(uses),
    )  # fmt: skip
    until = f"until {request.ctx.node.clock_text(link.expires_ms)}" if link.expires_ms else "for ever"
    sentence = f"Link {link_id}, {shown_uses(link)}, {until}: JOIN {channel.name} {text}"
    return InviteLinkMade(request.ctx.origin, channel.folded, link), sentence


def counted(uses: str) -> int:
    """How often a link works; "*" without a limit."""
    if uses == "*":
        return -1
    if uses and not (uses.isascii() and uses.isdigit() and 0 < int(uses[:9]) <= USES_MOST):
        raise Declined("How often a link works is a number above zero, or *.")
    return int(uses or 1)


def lasting(duration: str) -> int:
    """How long a link works; 0 ("*") without an end."""
    if duration in ("", "*"):
        return 0 if duration else USUAL_MS
    found = duration_of(duration)
    if not found or found > LONGEST_MS:
        raise Declined("How long a link works is a time like 7d or 1h30m, or *.")
    return found


def show_links(request: Request, channel: Channel, registration: Registration) -> None:
    """The links that still work: one's own, or all of them for those who may see the lists."""
    own, node = registration.account_of(request.ctx.user), request.ctx.node
    sees_all = "see" in power(request, channel)
    for link in registration.links.values():
        if link.holds(request.ctx.now_ms()) and (sees_all or link.maker == own):
            until = f", until {node.clock_text(link.expires_ms)}" if link.expires_ms else ""
            request.say(f"{link.link_id}: {shown_uses(link)}{until}, by {link.maker}")
    request.say(f"End of the invite links of {channel.name}.")


def revoked(
    request: Request, channel: Channel, registration: Registration, link_id: str
) -> tuple[InviteLinkRevoked, str]:
    """End a link: one's own, or anybody's for those who may change access."""
    link = registration.links.get(link_id)
    own = registration.account_of(request.ctx.user)
    if link is None or not (link.maker == own or "access" in power(request, channel)):
        raise Declined(f"There is no link {link_id[:20]} that you may revoke.")
    event = InviteLinkRevoked(request.ctx.origin, channel.folded, link_id)
    return event, f"Link {link_id} lets nobody in any more."
