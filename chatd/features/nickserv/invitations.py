"""NickServ: INVITE: codes with which others may register where that takes one."""

from __future__ import annotations

from chatd.core.accounts import Invitation, StoreError, TooMany
from chatd.credentials.tokens import hash_code, new_code
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request
from chatd.wire.durations import duration_of

USUAL_MS = 7 * 86_400_000
MOST_USES = 1000
ID_LETTERS = 8


@NICKSERV.command(
    "INVITE", "NEW [<uses>] [<duration>] or LIST or DEL <id>", example="INVITE NEW 1 7d", login=True, cost=5
)
def invite(request: Request, subcommand: str, *words: str) -> None:
    """Codes that let others register. One works once and for seven days unless you say otherwise. LIST shows yours by
    an id, as the codes themselves are not kept; DEL takes one back."""
    if request.config.accounts.registration != "invitation":
        raise Declined("Nobody needs a code to register here.")
    if request.config.accounts.invitations_by == "operators" and not request.ctx.has_privilege("accounts"):
        raise Declined("Here only operators make codes.")
    match subcommand.upper(), words:
        case "NEW", [*given] if len(given) <= 2:
            make(request, *given)
        case "LIST", ():
            request.with_account(
                lambda store, account: store.invitations(account.account_id), lambda found: show(request, found)
            )
        case "DEL", (which,):
            take_back(request, which)
        case _:
            raise Declined("It is written: INVITE NEW [<uses>] [<duration>], INVITE LIST or INVITE DEL <id>.")


def make(request: Request, uses: str = "1", duration: str = "") -> None:
    """The code is told once."""
    lasting_ms = duration_of(duration) if duration else USUAL_MS
    if not (uses.isascii() and uses.isdigit() and 1 <= int(uses[:9]) <= MOST_USES):
        raise Declined(f"A code works 1 to {MOST_USES} times.")
    if not lasting_ms:
        raise Declined("A duration is like 7d or 1d12h.")
    code, limit = new_code(), request.config.accounts.invitations_per_account
    expires_ms = request.ctx.now_ms() + lasting_ms
    may_have = 10**9 if request.ctx.has_privilege("accounts") else limit
    request.with_account(
        lambda store, account: store.add_invitation(
            Invitation(hash_code(code), int(uses), expires_ms, account.account_id), may_have
        ),
        lambda _: request.say(
            f"{code} lets {'one person' if int(uses) == 1 else f'{int(uses)} people'} register until "
            f"{request.ctx.node.clock_text(expires_ms)}: REGISTER <password> {code}"
        ),
        refused=too_many,
    )


def too_many(problem: StoreError) -> str:
    """The store bounds how many there are."""
    return "You have as many codes as you may have; DEL one." if isinstance(problem, TooMany) else ""


def id_of(invitation: Invitation) -> str:
    """What a code is called, since nobody knows it any more."""
    return invitation.code_hash.hex()[:ID_LETTERS]


def show(request: Request, found: list[Invitation]) -> None:
    """One line for each that is good still."""
    now_ms = request.ctx.now_ms()
    good = [each for each in found if each.uses_left and not 0 < each.expires_ms <= now_ms]
    for each in good:
        until = request.ctx.node.clock_text(each.expires_ms) if each.expires_ms else "it is taken back"
        request.say(f"{id_of(each)}: {each.uses_left} left, until {until}")
    request.say(f"{len(good)} code{'s' if len(good) != 1 else ''}.")


def take_back(request: Request, which: str) -> None:
    """A code is good no longer."""

    def done(was_there: bool) -> None:
        if not was_there:
            raise Declined("You have no code of that id. LIST shows them.")
        request.say(f"The code {which} is good no longer.")

    request.with_account(
        lambda store, account: any(
            store.remove_invitation(account.account_id, each.code_hash)
            for each in store.invitations(account.account_id)
            if id_of(each) == which.lower()
        ),
        done,
    )
