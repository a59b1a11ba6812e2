"""Several connections of one person, who share the nickname, the channels and what is said.

Who has logged in to the account of a nickname's holder joins that user instead of being refused the nickname.
"""

from __future__ import annotations

from chatd.accounts.nicknames import is_shared
from chatd.context import Context, Node
from chatd.core import caps
from chatd.core.caps import Capability
from chatd.core.catalog import claims, follows, observes, recovers
from chatd.core.events import (
    AccountChanged,
    SessionAttached,
    SessionDetached,
    SessionDismissed,
    StayingChanged,
    UserModesChanged,
    UserQuit,
)
from chatd.core.names import host_of
from chatd.core.refusal import Failed, Refused
from chatd.delivery.lines import joined_lines
from chatd.metadata.targets import said_before

SELF_MESSAGE: Capability = caps.SELF_MESSAGE


@claims
def attach(ctx: Context) -> bool:
    """Become one more connection of whom the nickname belongs to, if that is oneself."""
    session = ctx.session
    account = ctx.network.fold(session.account or "")
    holder = ctx.network.kept.get(account) or ctx.network.user(session.nick)
    if holder is None or session.account is None or not is_shared(ctx.node, holder, session.account):
        return False
    session.uid = holder.uid
    ctx.emit(
        SessionAttached(
            holder.origin(session.sid, ctx.node.name), session.account, host_of(session.host, ctx.config.limits.host),
            session.ip, session.peer.secure, session.device, session.away, said_before(ctx, holder.metadata),
            session.gateway,
        )
    )  # fmt: skip
    return True


@recovers(SessionAttached)
def register_instead(ctx: Context, event: SessionAttached) -> None:
    """The user has gone meanwhile: the connection makes a new one."""
    ctx.session.uid = ""
    try:
        for complete in ctx.catalog.completions:
            complete(ctx)
    except Refused as refusal:
        ctx.session.refuse(refusal)
    except Failed as failure:
        ctx.session.fail(failure)


@follows(SessionAttached, rank=1)
def show_channels(ctx: Context, event: SessionAttached) -> None:
    """After the greeting: each channel as if the user had just joined it."""
    for membership in list(ctx.user.channels.values()):
        channel = membership.channel
        ctx.show(joined_lines(event, event, event.origin.source, channel.name, extra=True))
        ctx.introduce(channel)


@observes(SessionAttached)
@observes(StayingChanged)
@observes(AccountChanged)
def let_go_of_lost(node: Node, event: SessionAttached | StayingChanged | AccountChanged) -> None:
    """Connections of this node that were lost while that was on its way to all nodes are none of the user's."""
    user = node.network.users.get(event.origin.uid)
    if user is None:
        return
    for sid, attachment in list(user.sessions.items()):
        if attachment.node == node.name and sid not in node.sessions:
            reason = "Connection closed"
            node.emit(SessionDetached(user.origin(sid, node.name), reason, reason, node.config.presence.absent))


@observes(SessionDetached)
def quit_after_last(node: Node, event: SessionDetached) -> None:
    """It was the last one after all: now the user quits."""
    user, origin = node.network.users.get(event.origin.uid), event.origin
    if user is None:
        return
    if origin.node == node.name and not user.sessions and not user.kept_as:
        node.emit(UserQuit(origin, event.reason, event.farewell, sid=origin.sid))


@observes(SessionAttached)
@observes(SessionDetached)
def follow_security(node: Node, event: SessionAttached | SessionDetached) -> None:
    """Mode Z says that all connections are secure; the node of the one that changes that says so."""
    user = node.network.users.get(event.origin.uid)
    if user is None or event.origin.node != node.name or ("Z" in user.modes) == user.secure:
        return
    added, removed = ("Z", "") if user.secure else ("", "Z")
    node.emit(UserModesChanged(user.origin("", node.name), user.uid, added, removed))


@observes(SessionDismissed)
def dismiss(node: Node, event: SessionDismissed) -> None:
    """The node that has the connection ends it."""
    session = node.sessions.get(event.sid)
    if session is not None and not session.closing:
        session.close(event.farewell)
