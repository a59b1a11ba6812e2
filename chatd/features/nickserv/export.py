"""NickServ: EXPORT: everything stored about one account, for its owner and for operators."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chatd.core.accounts import Account, Json
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

MOST_LINES = 2000


@NICKSERV.command("EXPORT", "[<account>]", example="EXPORT", login=True, cost=50)
def export(request: Request, account: str = "") -> None:
    """Show everything that is stored about your account, one thing a line, in the form of JSON; passwords and tokens
    are not, as only hashes of them are kept. What was said in channels and conversations is not in it. Operators with
    the privilege accounts may name another account."""
    fold = request.ctx.network.fold
    other = bool(account) and fold(account) != fold(request.account)
    if other and not request.ctx.has_privilege("accounts"):
        raise Declined("EXPORT of another account is for server operators with the privilege accounts.")

    def act(store: AccountStore, found: Account) -> tuple[str, list[str]]:
        return found.name, [f"{name}: {value}" for name, value in leaves("", store.export(found.account_id))]

    def show(result: tuple[str, list[str]]) -> None:
        name, lines = result
        if other:
            request.notify_operators(name)
        with request.ctx.batch("chatd/export", name):
            for line in lines[:MOST_LINES]:
                request.say(line)
            more = len(lines) - MOST_LINES
            request.say(f"{len(lines)} lines" + (f", {more} of them not shown." if more > 0 else "."))

    request.with_account(act, show, name=account)


def leaves(path: str, value: Json) -> Iterator[tuple[str, str]]:
    """Every single value with where it stands."""
    match value:
        case dict() if value:
            for key, inner in value.items():
                yield from leaves(f"{path}.{key}" if path else key, inner)
        case list() if value:
            for place, inner in enumerate(value, 1):
                yield from leaves(f"{path}[{place}]", inner)
        case _:
            yield path, json.dumps(value, ensure_ascii=False)
