"""NickServ: EXPORT: everything stored about one account, for its owner and for operators."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chatd.core.accounts import Account, Json
from chatd.core.mentions import mentions
from chatd.interfaces import AccountStore
from chatd.services.names import NICKSERV
from chatd.services.request import Declined, Request

MOST_LINES = 2000


@NICKSERV.command("EXPORT", "[<account>] [<line>]", example="EXPORT", login=True, cost=50)
def export(request: Request, account: str = "", first: str = "1") -> None:
    """Show everything that is stored about your account, one thing a line, in the form of JSON; passwords and tokens
    are not, as only hashes of them are kept. What was said in channels and conversations is not in it. It shows 2000
    lines, or those from a number on. Operators with the privilege accounts may name another account."""
    fold = request.ctx.network.fold
    if account.isdecimal() and first == "1":
        account, first = request.account, account
    other = bool(account) and fold(account) != fold(request.account)
    if other and not request.ctx.has_privilege("accounts"):
        raise Declined("EXPORT of another account is for server operators with the privilege accounts.")
    if not first.isdecimal() or int(first[:9]) < 1:
        raise Declined("A line is a number from 1 on.")
    channels = request.ctx.node.kept_channels

    def act(store: AccountStore, found: Account) -> tuple[Account, dict[str, Json]]:
        nicks = {fold(nick) for nick in (found.name, *store.nicks(found.account_id))}
        named = [
            {"channel": each.name, **what}
            for each in channels.load()
            if (what := mentions(each.document, found.folded, nicks, fold))
        ]
        return found, {**store.export(found.account_id), "channels_naming_it": list[Json](named)}

    def show(result: tuple[Account, dict[str, Json]]) -> None:
        found, document = result
        if other:
            request.notify_operators(found.name)
        lines = list(leaves("", {**document, "connections": connections(request, found)}))
        show_lines(request, found.name, lines, int(first[:9]))

    request.with_account(act, show, name=account)


def connections(request: Request, account: Account) -> Json:
    """Who is logged in to it just now, which is known without being stored."""
    return [
        {
            "nick": user.nick, "device": attachment.device, "address": attachment.ip, "since_ms": attachment.since_ms,
            "secure": attachment.secure,
        }
        for user in request.ctx.network.logged_in.get(account.folded, {}).values()
        for attachment in user.sessions.values()
    ]  # fmt: skip


def show_lines(request: Request, name: str, lines: list[tuple[str, str]], first: int) -> None:
    """As many as may be at once, and where it goes on."""
    with request.ctx.batch("chatd/export", name):
        shown = lines[first - 1 : first - 1 + MOST_LINES]
        for path, value in shown:
            request.say(f"{path}: {value}")
        after = first + len(shown)
        more = f"; EXPORT {name} {after} shows the next ones." if after <= len(lines) else "."
        request.say(f"{len(lines)} lines{more}")


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
