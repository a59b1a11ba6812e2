"""What must be true of a network whatever happened: every index is what it would be if derived anew."""

from __future__ import annotations

from chatd.core.network import Network
from chatd.core.user import User


def check(network: Network) -> None:
    """Everything that can be derived is what it would be if derived anew."""
    users = network.users
    assert network.kept == {user.kept_as: user for user in users.values() if user.kept_as}
    assert network.nicks == {network.fold(user.nick): user for user in users.values()}
    for user in users.values():
        check_sessions(user)
        assert user.source.partition("!")[0] == user.nick
        assert set(user.audience) == {network.local[sid] for sid in user.sessions if sid in network.local}
        for folded, membership in user.channels.items():
            assert network.channels[folded].members[user.uid] is membership
        for folded in user.invitations:
            assert user.uid in network.channels[folded].invited
    for folded, channel in network.channels.items():
        assert network.fold(channel.name) == folded
        assert channel.members or channel.lasts, "a channel without members that does not last is a ghost"
        assert (channel.registered is not None) == (network.registrations.channels.get(folded) is channel)
        for uid, membership in channel.members.items():
            assert users[uid] is membership.user
            assert membership.user.channels[folded] is membership
        present = {recipient for member in channel.members.values() for recipient in member.user.audience}
        assert set(channel.audience) == present
        check_groups(channel.audience.groups)
        assert all(folded in users[uid].invitations for uid in channel.invited)
    check_counters(network)


def check_sessions(user: User) -> None:
    """A user has sessions, and is what they are together."""
    assert user.sessions or user.kept_as, "a user without sessions is a ghost"
    assert user.secure == (bool(user.sessions) and all(one.secure for one in user.sessions.values()))
    said = [attachment.away for attachment in user.sessions.values()]
    assert (user.away is None) == (None in said)


def check_counters(network: Network) -> None:
    """Counters and audiences by mode."""
    users = network.users.values()
    assert network.empty == sum(not channel.members for channel in network.channels.values())
    check_invitations(network)
    assert network.invisible == sum("i" in user.modes for user in users)
    assert network.operators == {user.uid: user for user in users if "o" in user.modes}
    assert network.attached == sum(session.user is not None for session in network.local.values())
    for letter in network.announced_modes:
        listening = {recipient for user in users if letter in user.modes for recipient in user.audience}
        assert set(network.mode_audience(letter)) == listening


def check_invitations(network: Network) -> None:
    """Invitations of accounts are known from both sides."""
    registrations = network.registrations
    assert registrations.channels.keys() <= network.channels.keys()
    held = {(account, folded) for account, channels in registrations.invited.items() for folded in channels}
    assert held == {
        (account, folded)
        for folded, channel in registrations.channels.items()
        if channel.registered is not None
        for account in channel.registered.invited
    }


def check_groups(groups: dict) -> None:
    """Every recipient stands under the capabilities it has, and no group is empty."""
    for caps, group in groups.items():
        assert group and all(recipient.caps == caps for recipient in group)


def shape(network: Network) -> tuple:
    """What all nodes must have alike."""
    channels = {
        folded: (
            channel.name, dict(channel.modes), sorted(channel.lists.get("b", ())), sorted(channel.invited),
            {uid: member.ranks for uid, member in channel.members.items()},
        )
        for folded, channel in network.channels.items()
    }  # fmt: skip
    users = {
        uid: (user.nick, sorted(user.modes), user.away, [(sid, one.away) for sid, one in user.sessions.items()])
        for uid, user in network.users.items()
    }
    return channels, users
