"""All that a client may read: the channels it is in, and its conversations, which only the logs know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from chatd.context import Context, Node
from chatd.core.accounts import StoreError
from chatd.core.archive import Tenure
from chatd.reading.access import Reading, begun, names_of, of_channel, of_conversation

CONVERSATIONS: Final = 100
"""How many conversations are looked at together, those with the latest messages."""


def account_of(ctx: Context) -> str:
    """The account that the client is logged in to (folded); "" for none."""
    account = ctx.user.account
    return "" if account is None else ctx.network.fold(account)


def own_channels(ctx: Context) -> list[Reading]:
    """What may be read of the channels that one is in."""
    found = (of_channel(ctx, membership.channel) for membership in ctx.user.channels.values())
    return [reading for reading in found if reading is not None]


def own_conversations(ctx: Context, nicks: Iterable[str]) -> list[Reading]:
    """What may be read of conversations, each once, by whose they are now."""
    found: dict[str, Reading] = {}
    for nick in nicks:
        reading = of_conversation(ctx, nick)
        if reading is not None:
            found.setdefault(ctx.network.fold(reading.name), reading)
    return list(found.values())


def talked_with(
    node: Node, names: tuple[Tenure, ...], account: str, until_ms: int, since_ms: int = -1
) -> list[str]:
    """With whom somebody of these names (and of the account, folded) had a conversation in some time; for a thread.

    Raises OSError, StoreError.
    """
    own = begun(names, account, node.accounts)
    found = node.archive.targets(own, {}, until_ms + 1, since_ms - 1, CONVERSATIONS)
    return [target.name for target in found]


def with_everything(ctx: Context, then: Callable[[list[Reading] | None], None]) -> None:
    """Look for the conversations in a thread; ``then`` gets None when the logs cannot be read."""
    node, now_ms = ctx.node, ctx.now_ms()
    names, account = names_of(ctx.user), account_of(ctx)

    def work() -> list[str] | None:
        try:
            return talked_with(node, names, account, now_ms)
        except (OSError, StoreError):
            return None

    def found(nicks: list[str] | None) -> None:
        then(None if nicks is None else [*own_channels(ctx), *own_conversations(ctx, nicks)])

    ctx.wait(work, found, lane=node.lanes.reading)
