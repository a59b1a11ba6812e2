"""NickServ: TOKEN, for people whose clients know nothing of session tokens."""

from __future__ import annotations

from chatd.accounts.tokens import maker, revoke, valid_tokens
from chatd.core.accounts import SessionToken, StoreError, TooMany
from chatd.credentials.tokens import TokenText
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request


@NICKSERV.command(
    "TOKEN", "NEW [<device>] or LIST or REVOKE <id or ALL>", example="TOKEN NEW my phone", login=True, cost=5
)
def token(request: Request, subcommand: str, *words: str) -> None:
    """Session tokens, with which a device logs in instead of with your password: as the password of SASL PLAIN, of the
    server (PASS), or of IDENTIFY. NEW makes one, which is shown once; a log-in by a token is not enough for it. LIST
    shows what there is of them and when and from where each was used; REVOKE ends one, or ALL."""
    ctx = request.ctx
    now_ms = ctx.now_ms()
    match subcommand.upper():
        case "NEW":
            request.need_more_than_token()
            make(request, " ".join(words) or "unnamed")
        case "LIST":
            request.with_account(
                lambda store, account: valid_tokens(store, account, now_ms), lambda tokens: show(request, tokens)
            )
        case "REVOKE" if words:

            def revoked(count: int) -> None:
                if not count and words[0].upper() != "ALL":
                    raise Declined("You have no token of that id. LIST shows them.")
                request.say(f"{count} token{'s' if count != 1 else ''} revoked. SESSIONS shows who is logged in still.")

            request.with_account(lambda store, account: revoke(store, account, words[0]), revoked)
        case _:
            raise Declined("It is written: TOKEN NEW [<device>], TOKEN LIST or TOKEN REVOKE <id or ALL>.")


def make(request: Request, device: str) -> None:
    """The token is told once, to its owner."""

    def made(result: tuple[TokenText, SessionToken]) -> None:
        text, kept = result
        request.say(f"The token for {kept.device}, shown only now; keep it as you keep a password:")
        request.say(text.text)

    def too_many(problem: StoreError) -> str:
        return "You have as many tokens as you may have; REVOKE one." if isinstance(problem, TooMany) else ""

    request.with_account(maker(request.ctx, device), made, refused=too_many)


def show(request: Request, tokens: list[SessionToken]) -> None:
    """One line for each."""
    text = request.ctx.node.clock_text
    if not tokens:
        request.say("You have no tokens.")
    for each in tokens:
        expires = f"until {text(each.expires_ms)}" if each.expires_ms else "for ever"
        request.say(
            f"{each.token_id} for {each.device}, made {text(each.created_ms)}, good {expires}, last used "
            f"{text(each.used_ms)} from {each.address or 'nowhere'}"
        )
