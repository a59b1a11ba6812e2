"""Settings about letters: how the server sends e-mail with codes to those who register or have lost a password."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatd.config import checks
from chatd.config.section import Seconds, Section


class Mail(Section, frozen=True, kw_only=True):
    """How e-mail is sent: through one mail server (SMTP), which takes it from there. Without a host there is none."""

    host: Annotated[
        checks.Path,  # one line; whether it is there shows when a letter is sent
        Meta(description="Name or address of the mail server; empty: no e-mail is sent."),
    ] = ""
    port: Annotated[int, Meta(ge=1, le=65_535, description="Its port.")] = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Meta(
            description='How the way there is encrypted: "starttls" (port 587) and "tls" (port 465) with a certificate '
            'that is checked, "none" for a mail server on this machine.'
        ),
    ] = "starttls"
    authorities: Annotated[
        checks.Path,
        Meta(description="PEM file with who may have signed that certificate; empty: those the system trusts."),
    ] = ""
    username: Annotated[checks.OneLine, Meta(description="User name for the mail server; empty: no log-in.")] = ""
    password: Annotated[checks.PlainSecret, Meta(description="Its password.")] = ""
    sender: Annotated[
        checks.EmailAddress,
        Meta(description='Address that letters come from, such as "chat@example.org".'),
    ] = ""
    texts: Annotated[
        checks.Path,
        Meta(
            description="Directory with texts of your own: register.txt, email.txt, reset.txt; empty: built-in texts. "
            "Each begins with its subject and an empty line; {account}, {code}, {network}, {server} and {hours} are "
            "filled in."
        ),
    ] = ""
    refused: Annotated[
        tuple[checks.OneLine, ...],
        Meta(description='Addresses that no account may have, as masks with * and ? ("*@throwaway.example").'),
    ] = ()
    timeout_s: Annotated[
        float, Meta(ge=1, le=600, description="How long the mail server may take to answer.")
    ] = 30
    retries: Annotated[
        int, Meta(ge=0, le=10, description="How often a letter is tried again when the mail server is away or busy.")
    ] = 3
    retry_s: Annotated[Seconds, Meta(description="Time before that; it doubles with each try.")] = 60
    code_lifetime_s: Annotated[
        float, Meta(ge=60, le=31_536_000, description="How long a code for a new account or address is good.")
    ] = 86_400
    reset_lifetime_s: Annotated[
        float, Meta(ge=60, le=31_536_000, description="How long a code for a new password is good.")
    ] = 3600
    per_recipient: Annotated[
        int, Meta(ge=1, le=1000, description="Letters to one address in an hour, whoever asks for them.")
    ] = 3
    per_address: Annotated[
        int, Meta(ge=1, le=10_000, description="Letters that clients from one address may ask for in an hour.")
    ] = 10
    per_hour: Annotated[int, Meta(ge=1, le=1_000_000, description="Letters in an hour, in all.")] = 300
