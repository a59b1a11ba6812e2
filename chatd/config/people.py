"""Settings about those who are trusted more than others: operators, their roles, web gateways.

Holds the privileges there are; what each one opens is the business of the features.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Section

Privilege = Literal[
    "kill", "kline", "dline", "rehash", "restart", "die", "wallops",
    "see-addresses", "see-secret", "override", "broadcast", "stats", "metadata", "relay", "channels", "accounts",
]  # fmt: skip

PRIVILEGES: dict[Privilege, str] = {
    "kill": "disconnect a user (KILL)",
    "kline": "ban users from the server by mask (KLINE, UNKLINE)",
    "dline": "ban addresses and networks from the server (DLINE, UNDLINE)",
    "rehash": "read the configuration again (REHASH), let new log files begin (ROTATE)",
    "restart": "restart the server (RESTART)",
    "die": "stop the server (DIE)",
    "wallops": "write to all who asked for operators' announcements (WALLOPS)",
    "see-addresses": "see the real host and address of users",
    "see-secret": "see secret channels and invisible users",
    "override": "act on any channel without being its operator (SAJOIN, SAMODE and the like)",
    "broadcast": "write to everybody at once ($$mask)",
    "stats": "see what the server counts (STATS)",
    "metadata": "set metadata of anybody and any channel, see and set hidden and reserved keys",
    "relay": "quote people elsewhere in any channel (RELAYMSG)",
    "accounts": "see, suspend, rename and erase accounts, list them, give out invitations (NickServ)",
    "channels": "manage registered channels as their founders do, list and keep them (ChanServ)",
}
"""Every privilege an operator can have, with what it allows."""

BUILTIN_ROLES: dict[str, tuple[Privilege, ...]] = {
    "admin": tuple(PRIVILEGES),
    "moderator": ("kill", "kline", "wallops", "see-addresses"),
}

EXAMPLE_HASH = "$2b$12$ReplaceThisByTheHashOfYourOwnPassword.Nobody.Knows.It"


class WebIrc(Section, frozen=True, kw_only=True):
    """A web gateway that may say for whom it speaks (the WEBIRC command)."""

    name: Annotated[checks.Label, Meta(description="The gateway, for operators in WHOIS.", examples=["gateway"])]
    password: Annotated[
        checks.BcryptHash,
        Meta(description="bcrypt hash of the gateway's password.", examples=[EXAMPLE_HASH]),
    ]
    networks: Annotated[
        tuple[checks.Network, ...],
        Meta(description="Addresses and networks it connects from.", examples=[["192.0.2.10/32"]]),
    ]


class Role(Section, frozen=True, kw_only=True):
    """A named set of privileges; "admin" (all) and "moderator" are built in and can be redefined."""

    name: Annotated[checks.Label, Meta(description="Name of the role.", examples=["guide"])]
    privileges: Annotated[
        tuple[Privilege, ...],
        Meta(
            description="\n".join(
                ["What it allows:", *(f"{name}: {text}" for name, text in PRIVILEGES.items())]
            ),
            examples=[["kill", "wallops"]],
        ),
    ]


class Operator(Section, frozen=True, kw_only=True):
    """Somebody who may become a server operator with OPER; needs a password, a certfp, an account, or several of these.

    A hash is made by: twistd chatd --hash-password
    """

    name: Annotated[checks.Label, Meta(description="Name given to OPER.", examples=["somebody"])]
    password: Annotated[
        checks.OptionalHash,
        Meta(description="bcrypt hash of the password; empty: none.", examples=[EXAMPLE_HASH]),
    ] = ""
    certfp: Annotated[
        tuple[checks.Fingerprint, ...],
        Meta(
            description="SHA-256 of TLS client certificates, one of which must be shown; empty: none needed."
        ),
    ] = ()
    account: Annotated[
        checks.OptionalLabel,
        Meta(
            description="Account that one must be logged in to, which must exist already: nobody can register the name "
            "once it stands here. Empty: none needed."
        ),
    ] = ""
    automatic: Annotated[
        bool,
        Meta(description="Whether logging in to the account is enough, without OPER; not with a password."),
    ] = False
    networks: Annotated[
        tuple[checks.Network, ...],
        Meta(description='Addresses and networks to come from; "*": from anywhere.'),
    ] = ("*",)
    role: Annotated[checks.Label, Meta(description="Role, built in or from [[roles]].")] = "admin"
    privileges: Annotated[
        tuple[Privilege, ...],
        Meta(description="Exactly these privileges, instead of those of a role."),
    ] = ()
