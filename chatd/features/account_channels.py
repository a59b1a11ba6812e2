"""What becomes of registered channels when an account has another name, or is gone."""

from __future__ import annotations

from chatd.channels.ranking import chanserv, give_ranks
from chatd.context import Node
from chatd.core.catalog import observes
from chatd.core.events import AccountDeleted, AccountRenamed, Change, ModesChanged
from chatd.core.mentions import names
from chatd.core.modes import PERMANENT


@observes(AccountRenamed)
def keep_renamed(node: Node, event: AccountRenamed) -> None:
    """Lists name the account as it is called now."""
    keep_changed(node, event)


@observes(AccountDeleted)
def tell_handed_over(node: Node, event: AccountDeleted) -> None:
    """Operators learn which channels have another founder, and which none; the store has done it already."""
    if event.origin.node == node.name:
        for folded in event.inherited:
            channel = node.network.channels[folded]
            node.notice(f"{channel.name} has another founder, as the account {event.account} is gone")
            give_ranks(node, channel, channel.members.values())
        for name in event.dropped:
            left = node.network.channel(name)
            node.notice(f"{name} is not registered any more, as the account {event.account} is gone")
            if left is not None and PERMANENT in left.modes:
                node.emit(ModesChanged(chanserv(node), left.folded, (Change(False, PERMANENT),)))
        take_off_lists(node, event.account)
    keep_changed(node, event)


def take_off_lists(node: Node, account: str) -> None:
    """Bans and their like that are for this account alone concern nobody any more."""
    fold = node.network.fold
    for channel in list(node.network.channels.values()):
        gone = tuple(
            Change(False, letter, ban.text)
            for letter, lines in channel.lists.items()
            for ban in lines.values()
            if names(ban.text, fold(account), fold)
        )
        if gone:
            node.emit(ModesChanged(chanserv(node), channel.folded, gone))


def keep_changed(node: Node, event: AccountRenamed | AccountDeleted) -> None:
    """Have every channel saved that the account was named in."""
    for channel in list(node.network.registrations.channels.values()):
        registration = channel.registered
        if registration is not None and registration.dirty:
            if event.origin.node == node.name:
                node.channel_saver.save(channel)
            else:
                node.channel_saver.changed_elsewhere(channel)
