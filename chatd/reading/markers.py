"""How far somebody has read: what is kept of it with an account, and as a place in logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chatd.clock import read_moment
from chatd.core.accounts import Json
from chatd.core.archive import Selector

KIND: Final = "markers"
"""Under this kind an account keeps them: server-time text by folded channel or nickname."""


def read(document: Json) -> dict[str, str]:
    """The markers in what was kept."""
    kept = document if isinstance(document, dict) else {}
    return {folded: moment for folded, moment in kept.items() if isinstance(moment, str)}


def place_read(folded: str, *markers: Mapping[str, str]) -> Selector | None:
    """Up to where a conversation was read, by whichever of these says most; None if none says anything."""
    moments = [moment for each in markers if (moment := read_moment(each.get(folded, ""))) is not None]
    return Selector(max(moments)) if moments else None
