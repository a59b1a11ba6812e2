"""How far somebody has read: what is kept of it with an account, and as a place in logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from chatd.clock import read_moment
from chatd.core.accounts import Json
from chatd.core.archive import BEGINNING, Selector, Tenure
from chatd.core.names import name_of
from chatd.core.network import Network
from chatd.core.user import User

KIND: Final = "markers"
"""Under this kind an account keeps them: server-time text by folded channel or nickname."""


def read(document: Json) -> dict[str, str]:
    """The markers in what was kept."""
    kept = document if isinstance(document, dict) else {}
    return {folded: moment for folded, moment in kept.items() if isinstance(moment, str)}


def names_read(network: Network, reader: User, folded: str) -> tuple[Tenure, ...]:
    """By what names ``reader`` may have read a channel or somebody: that now, and those before, with their ends.

    What a channel was called is for its members: a marker set under a name would tell others which channel has had it.
    """
    channel, user = network.channels.get(folded), network.user(folded)
    before: tuple[Tenure, ...] = user.names if user is not None else ()
    if channel is not None:
        before = channel.names if reader.uid in channel.members else ()
    return (Tenure(folded, BEGINNING), *(Tenure(name_of(each.name), each.since, each.until) for each in before))


def read_until(names: Iterable[Tenure], *markers: Mapping[str, str]) -> str:
    """Up to which moment (server-time text) what has these names was read, by whichever marker says most; "" for none.

    A marker from after a name was given up is of who has it since.
    """
    found = ""
    for name in names:
        for each in markers:
            moment = each.get(name.name, "")
            if moment > found and (name.until is None or (read_moment(moment) or 0) <= name.until.moment_ms):
                found = moment
    return found


def place_read(names: Iterable[Tenure], *markers: Mapping[str, str]) -> Selector | None:
    """The same as a place in logs; None for nothing."""
    return place_of(read_until(names, *markers))


def place_of(moment: str) -> Selector | None:
    """A moment (server-time text) as a place in logs; None for ""."""
    moment_ms = read_moment(moment)
    return None if moment_ms is None else Selector(moment_ms)
