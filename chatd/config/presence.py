"""Settings about being there: several connections of one person, and staying without any."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Section


class Presence(Section, frozen=True, kw_only=True):
    """One person with several connections, or none."""

    multiclient: Annotated[
        bool,
        Meta(description="Whether who is logged in to the account of a nickname's holder shares it when connecting."),
    ] = True
    always_on: Annotated[
        bool,
        Meta(description="Whether who has an account may stay without a connection (PERSISTENCE), over restarts too."),
    ] = True
    expire_days: Annotated[
        int, Meta(ge=0, le=36_500, description="Days without a connection after which they leave; 0: never.")
    ] = 90
    absent: Annotated[
        checks.OneLine, Meta(description="Away message of who has no connection and has said none.")
    ] = "Not connected"
