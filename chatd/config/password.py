"""Settings about the password of the server itself."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Section


class Password(Section, frozen=True, kw_only=True):
    """A password that everybody gives who connects (PASS, or the second word of LOGIN); not that of an account."""

    hash: Annotated[
        checks.OptionalHash,
        Meta(description="bcrypt hash of it, made by twistd chatd --hash-password; empty: nobody is asked."),
    ] = ""
    accounts_suffice: Annotated[
        bool, Meta(description="Whether those who log in to an account while connecting need not give it.")
    ] = False
    free_networks: Annotated[
        tuple[checks.Network, ...], Meta(description="Addresses and networks that are not asked for it.")
    ] = ()
    free_listeners: Annotated[
        tuple[checks.Endpoint, ...],
        Meta(description="Listeners that do not ask for it, written as in [listen]."),
    ] = ()
