"""Whom a line of a list is about: an account, or a mask."""

from __future__ import annotations

from chatd.core.bans import parse_ban
from chatd.core.registered import is_mask
from chatd.services.request import Declined, Request

MASK_BYTES = 200


def named(request: Request, who: str) -> str:
    """An account's name as its owner spells it, or a mask as it is kept; raises Declined for what is neither."""
    if is_mask(who):
        return mask_of(request, who)
    owner = request.ctx.network.registry.owner(request.ctx.network.fold(who))
    if owner is None:
        raise Declined(f"There is no account {who}. A mask is written like *!*@host.example.")
    return owner


def mask_of(request: Request, text: str) -> str:
    """A mask or an extended ban that says who, as it is kept."""
    network = request.ctx.network
    if len(text.encode()) > MASK_BYTES or text.startswith(":"):
        raise Declined("That mask is not well-formed.")
    try:
        ban = parse_ban(text, network.extbans, network.casemapping)
    except ValueError as problem:
        raise Declined(f"That mask is not well-formed: {problem}.") from None
    if ban.effect:
        raise Declined("That says what happens to somebody, not who it is.")
    return ban.text
