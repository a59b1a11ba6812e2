"""Settings about Strict Transport Security; what is told to whom is the business of the feature."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Count, Section


class StsHost(Section, frozen=True, kw_only=True):
    """A name of this server to which clients must come by TLS only, as they are told when they came so by that name."""

    name: Annotated[
        checks.ServerName,
        Meta(description="The name, as clients connect to it (SNI).", examples=["irc.example.org"]),
    ]
    duration_s: Annotated[
        Count,
        Meta(
            description="How long a client holds to it after it was last told; 0 releases clients from what they "
            "were told before."
        ),
    ] = 0
    preload: Annotated[bool, Meta(description="Whether the name may be put in lists that clients ship with.")] = (
        False
    )


class Sts(Section, frozen=True, kw_only=True):
    """Strict Transport Security: clients that know it leave connections without TLS, and do not come back to them.

    Switch it on only with a certificate that clients accept. To switch it off, set port and each duration_s to 0,
    and leave the names there until the longest duration has passed.
    """

    port: Annotated[
        int,
        Meta(
            ge=0,
            le=65_535,
            description="Port for TLS to which clients without it are sent at once; 0: they are not.",
        ),
    ] = 0
    hosts: tuple[StsHost, ...] = ()
