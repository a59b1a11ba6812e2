"""Settings about accounts: how they are made, how one logs in, and whose nicknames are."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Seconds, Section

Mechanism = Literal["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "EXTERNAL", "IRCV3BEARER", "PLAIN"]


class Accounts(Section, frozen=True, kw_only=True):
    """Accounts: how they are made, how people log in to them, and who may have their nicknames."""

    database: Annotated[
        checks.DatabaseUrl,
        Meta(
            description="Where accounts and registered channels are kept: sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/NAME; empty: chatd.db in the data directory."
        ),
    ] = ""
    registration: Annotated[
        Literal["open", "invitation", "closed"],
        Meta(description="Who may make an account: anybody, who has an invitation code, or nobody."),
    ] = "open"
    email_required: Annotated[
        bool,
        Meta(description="Whether registering takes an e-mail address, confirmed by a code; needs mail.host."),
    ] = False
    password_letters: Annotated[int, Meta(ge=1, le=100, description="Letters that a password must have.")] = 6
    registrations_per_address: Annotated[
        int,
        Meta(
            ge=1,
            le=10_000,
            description="Accounts that one address or IPv6 /64 network may make at once; those in connections.exempt "
            "make any number.",
        ),
    ] = 3
    registration_forgotten_s: Annotated[
        Seconds, Meta(description="Time after which one more may be made from there.")
    ] = 1200
    register_before_connect: Annotated[
        bool, Meta(description="Whether clients may register an account before they have completed the connection.")
    ] = True
    custom_names: Annotated[
        bool, Meta(description="Whether an account may have another name than the nickname it is registered under.")
    ] = True
    required: Annotated[
        bool, Meta(description="Whether only people who are logged in to an account may connect.")
    ] = False
    token_days: Annotated[
        int, Meta(ge=0, le=36_500, description="Days after which a session token expires; 0: never.")
    ] = 90
    tokens: Annotated[int, Meta(ge=1, le=10_000, description="Session tokens one account may have.")] = 50
    invitations_by: Annotated[
        Literal["members", "operators"],
        Meta(description="Who makes invitation codes: everybody with an account, or operators only."),
    ] = "members"
    invitations_per_account: Annotated[
        int, Meta(ge=1, le=10_000, description="Invitation codes of one account that are not used up.")
    ] = 5
    nicks_per_account: Annotated[
        int, Meta(ge=0, le=1000, description="Further nicknames of one account (NickServ GROUP).")
    ] = 5
    certificates_per_account: Annotated[
        int, Meta(ge=1, le=1000, description="TLS client certificates that log in to one account.")
    ] = 10
    reserved_days: Annotated[
        int,
        Meta(ge=0, le=36_500, description="Days that nobody can register the names of a deleted account; 0: at once."),
    ] = 30
    nick_enforcement: Annotated[
        Literal["guest", "refuse", "off"],
        Meta(
            description="What becomes of who connects under a nickname that is an account's without logging in to it: "
            '"guest" gives another nickname, "refuse" asks for another (433); "off" lets anybody have it.'
        ),
    ] = "guest"
    enforcement_by_account: Annotated[
        bool, Meta(description="Whether each account may choose that for its own nicknames (NickServ SET ENFORCE).")
    ] = True
    guest_nick: Annotated[
        checks.NickBeginning, Meta(description="How the nicknames of guests begin; digits follow.")
    ] = "Guest"
    sasl_mechanisms: Annotated[
        tuple[Mechanism, ...],
        Meta(description="SASL mechanisms that are offered where they can work; none: no SASL."),
    ] = ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "EXTERNAL", "IRCV3BEARER", "PLAIN")
    passwords_need_tls: Annotated[
        bool,
        Meta(
            description="Whether passwords and tokens are taken over TLS only; SCRAM and this machine's own "
            "connections always may."
        ),
    ] = False
    bcrypt_cost: Annotated[
        int, Meta(ge=4, le=20, description="How long a password takes to check; one more doubles it.")
    ] = 12
    scram_iterations: Annotated[
        int, Meta(ge=4096, le=10_000_000, description="What a client has to compute for SCRAM.")
    ] = 65_536
    hashing_threads: Annotated[int, Meta(ge=1, le=64, description="Passwords that are checked at once.")] = 2
    attempts_per_account: Annotated[
        int, Meta(ge=1, le=10_000, description="Log-ins to one account that may fail in a row.")
    ] = 8
    attempts_per_address: Annotated[
        int, Meta(ge=1, le=10_000, description="Log-ins that may fail from one address or IPv6 /64 network.")
    ] = 16
    attempt_forgotten_s: Annotated[
        Seconds, Meta(description="Time in which one failed log-in is forgotten.")
    ] = 30
    wait_s: Annotated[
        float,
        Meta(ge=1, le=600, description="How long a database may take before a log-in is told to try again later."),
    ] = 15
