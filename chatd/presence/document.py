"""A user who stays without a connection, as a document in the account store, and the event that brings it back.

The true host and address are for bans from the server, and for those who may see them.
"""

from __future__ import annotations

from typing import Any

from chatd.core.accounts import Json
from chatd.core.archive import Selector
from chatd.core.events import KeptMembership, UserRestored
from chatd.core.keeping import lists_of, logs_of, read_logs
from chatd.core.metadata import read_metadata
from chatd.core.names import account_in, account_key, is_matched
from chatd.core.network import Network
from chatd.core.user import Membership, Origin, User
from chatd.core.wishes import AUTO_AWAY


def document_of(user: User) -> dict[str, Json]:
    """What has to be written down to have the user again."""
    return {
        "nick": user.nick,
        "username": user.username,
        "host": user.host,
        "cloak": user.cloak,
        "real_host": user.real_host,
        "ip": user.ip,
        "realname": user.realname,
        "modes": "".join(sorted(user.modes)),
        "away": user.away,
        "signon_ms": user.signon_ms,
        "active_ms": user.active_ms,
        "left_ms": user.left_ms,
        "silenced": [mask.text for mask in user.silenced.values()],
        # Others have another uid after a restart, but the same account.
        "accepted": [key for key in user.accepted if account_in(key)],
        "channels": [_membership(member) for member in user.channels.values()],
    }


def _membership(member: Membership) -> dict[str, Json]:
    channel = member.channel
    return {
        "name": channel.name,
        "ranks": member.ranks,
        "since": list(member.since[:2]),
        "risen": list(member.risen[:2]),
        "created_ms": channel.created_ms,
        "logs": logs_of(channel),
        "modes": dict(channel.modes),
        "topic": [channel.topic, channel.topic_by, channel.topic_ms],
        # A registered channel is kept with its registration.
        "lists": lists_of(channel) if channel.registered is None else {},
        "metadata": dict(channel.metadata) if channel.registered is None else {},
    }


def restored(
    document: Any, account: str, node: str, absent: str, off: tuple[str, ...], network: Network
) -> UserRestored:
    """The event that brings a user back; ``off`` are the channels that are not logged.

    Raises KeyError, TypeError or ValueError for what is no such document.
    """
    auto_away = network.registry.wish(network.fold(account), AUTO_AWAY) == "on"
    nick, username, host, cloak, realname, modes = (
        str(document[key]) for key in ("nick", "username", "host", "cloak", "realname", "modes")
    )
    signon_ms, active_ms, left_ms = (int(document[key]) for key in ("signon_ms", "active_ms", "left_ms"))
    return UserRestored(
        Origin(f"{nick}!{username}@{host}", account_key(network.fold(account)), "", account, node),
        account,
        nick,
        username,
        host,
        cloak,
        realname,
        modes,
        None if document["away"] is None and not auto_away else str(document["away"] or absent),
        signon_ms,
        active_ms,
        left_ms,
        real_host=str(document.get("real_host", "")),
        ip=str(document.get("ip", "")),
        metadata={str(key): str(value) for key, value in document.get("metadata", {}).items()},
        silenced=tuple(map(str, document.get("silenced", ()))),
        accepted=tuple(key for key in map(str, document.get("accepted", ())) if is_known(key, network)),
        memberships=tuple(_kept(row, off, network) for row in document["channels"]),
    )


def is_known(key: str, network: Network) -> bool:
    """Say whether whom somebody accepts is an account still."""
    return network.registry.account(account_in(key), network.fold) is not None


def _kept(row: Any, off: tuple[str, ...], network: Network) -> KeptMembership:
    name = str(row["name"])
    topic, topic_by, topic_ms = row["topic"]
    return KeptMembership(
        name,
        int(row["ranks"]),
        _place(row["since"]),
        _place(row["risen"]),
        int(row["created_ms"]),
        read_logs(row.get("logs"), network.fold(name)),
        {str(letter): str(value) for letter, value in row["modes"].items()},
        str(topic),
        str(topic_by),
        int(topic_ms),
        row.get("lists"),
        tuple(read_metadata(row.get("metadata"))),
        logged=not is_matched(name, off, network.fold),
    )


def _place(row: Any) -> Selector:
    moment_ms, msgid = row
    return Selector(int(moment_ms), str(msgid))
