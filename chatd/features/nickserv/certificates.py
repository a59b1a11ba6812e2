"""NickServ: CERT: TLS client certificates that log in to an account."""

from __future__ import annotations

import re

from chatd.core.accounts import CertificateTaken, StoreError, TooMany
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")


@NICKSERV.command("CERT", "ADD [<fingerprint>] or DEL <fingerprint> or LIST", example="CERT ADD", login=True, cost=5)
def cert(request: Request, subcommand: str, given: str = "") -> None:
    """TLS client certificates, with which you log in without a password (SASL EXTERNAL). ADD without a fingerprint
    takes the one you are connected with, also from an account that has it; a fingerprint is the SHA-256 of the
    certificate. ADD and DEL are not for who has logged in by a session token only."""
    match subcommand.upper():
        case "ADD":
            request.need_more_than_token()
            add(request, fingerprint(given) if given else shown(request))
        case "DEL" if given:
            request.need_more_than_token()
            remove(request, fingerprint(given))
        case "LIST":
            request.with_account(
                lambda store, account: store.certificates(account.account_id), lambda found: show(request, found)
            )
        case _:
            raise Declined("It is written: CERT ADD [<fingerprint>], CERT DEL <fingerprint> or CERT LIST.")


def fingerprint(text: str) -> str:
    """A fingerprint however it is written: with colons, in capitals."""
    plain = text.replace(":", "").lower()
    if not _FINGERPRINT.match(plain):
        raise Declined("A fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits.")
    return plain


def shown(request: Request) -> str:
    """The certificate of this connection."""
    certfp = request.ctx.session.peer.certfp
    if certfp is None:
        raise Declined("You are not connected with a TLS client certificate. You can give a fingerprint: CERT ADD <it>")
    return certfp


def add(request: Request, certfp: str) -> None:
    """A certificate logs in to one account; a fingerprint is no secret, so who has its key says to which."""
    now_ms, limit = request.ctx.now_ms(), request.config.accounts.certificates_per_account
    is_shown = certfp == request.ctx.session.peer.certfp
    request.with_account(
        lambda store, account: store.add_certificate(account.account_id, certfp, now_ms, limit, is_shown),
        lambda _: request.say(f"The certificate {certfp} logs in to your account now."),
        refused=why_not,
    )


def why_not(problem: StoreError) -> str:
    """What the store says no to."""
    match problem:
        case CertificateTaken():
            return "That certificate logs in to an account already."
        case TooMany():
            return "Your account has as many certificates as it may have; DEL one."
        case _:
            return ""


def remove(request: Request, certfp: str) -> None:
    """It logs in no longer."""

    def done(was_there: bool) -> None:
        if not was_there:
            raise Declined("Your account has no such certificate. LIST shows them.")
        request.say(f"The certificate {certfp} does not log in any more.")

    request.with_account(lambda store, account: store.remove_certificate(account.account_id, certfp), done)


def show(request: Request, found: list[str]) -> None:
    """One line for each."""
    for certfp in found:
        mine = " (this connection)" if certfp == request.ctx.session.peer.certfp else ""
        request.say(f"{certfp}{mine}")
    request.say(f"{len(found)} certificate{'s' if len(found) != 1 else ''}.")
