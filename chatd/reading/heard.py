"""Up to where somebody has heard what was said: by when a device of theirs was here last, and by read markers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chatd.context import Context, Node
from chatd.core.accounts import StoreError
from chatd.core.archive import BEGINNING, Selector, Tenure, later
from chatd.presence.saving import SEEN, last_seen
from chatd.reading.markers import KIND, place_read, read


class Memory(NamedTuple):
    """What the network knows of it: for a device of an account (folded, "" for none).

    ``alone`` says that it has just come, and the user has no other; ``left_ms`` is when the last one ended, 0: never.
    """

    account: str
    device: str
    alone: bool
    left_ms: int
    noted: Mapping[str, Selector]
    marked: Mapping[str, str]


class Heard(NamedTuple):
    """The same with what was written down; ``all`` is up to where the device has heard everything."""

    all: Selector | None
    marked: tuple[Mapping[str, str], ...]

    def of(self, names: tuple[Tenure, ...], besides: Selector | None) -> Selector | None:
        """Up to where what has had these names (``names_read``) was heard; None for not at all."""
        places = [place for place in (self.all, besides, place_read(names, *self.marked)) if place is not None]
        found = None
        for place in places:
            found = place if found is None else later(found, place)
        return found


def memory_of(ctx: Context, *, coming: bool = False) -> Memory:
    """What there is of the session's device and user, to be taken along to a thread; ``coming``: it has just come."""
    network, user = ctx.network, ctx.user
    account = network.fold(user.account) if user.account is not None else ""
    noted = ctx.node.presence.noted(account) if account else {}
    marked = dict(network.markers.get(network.owner(user), {}))
    return Memory(account, ctx.session.device, coming and len(user.sessions) == 1, user.left_ms, noted, marked)


def heard(node: Node, memory: Memory) -> Heard:
    """Ask the store as well, in a thread; without it what the network knows has to do.

    A device that was never here has missed what all others have, if there is none.
    """
    seen = dict(memory.noted)
    marked: tuple[Mapping[str, str], ...] = (memory.marked,)
    try:
        account = node.accounts.find(memory.account) if memory.account else None
        if account is not None and account.folded == memory.account:
            for device, place in last_seen(node.accounts.document(account.account_id, SEEN)).items():
                seen[device] = later(place, seen.get(device, BEGINNING))
            marked = (memory.marked, read(node.accounts.document(account.account_id, KIND)))
    except StoreError:
        pass
    found = seen.get(memory.device)
    if found is None and memory.alone and memory.left_ms:
        found = max(seen.values(), default=Selector(memory.left_ms))
    return Heard(found, marked)
