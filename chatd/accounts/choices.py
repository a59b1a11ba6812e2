"""What somebody has chosen for an account (``core.wishes``): whether it may be so here, how it is kept, what is so now.

What asks the store belongs in a thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatd.core.accounts import Account, Json
from chatd.core.events import Event, StayingChanged, WishChanged
from chatd.core.user import Origin
from chatd.core.wishes import ALWAYS_ON, ENFORCE, KEEP_PRIVATE, KIND, MULTICLIENT, WISHES, read_wishes

if TYPE_CHECKING:
    from chatd.context import Node
    from chatd.interfaces import AccountStore

STAYING: Final = "persistence"
"""Under what the account store keeps whether somebody stays without a connection: "ON" or "OFF"."""


def objection(node: Node, name: str, value: str) -> str:
    """Why something cannot be chosen on this server, in a sentence; "" when it can."""
    config = node.config
    if name == ENFORCE and not config.accounts.enforcement_by_account:
        return "This server decides that for all nicknames alike."
    if name == ALWAYS_ON and value == "on" and not config.presence.always_on:
        return "This server keeps nobody without a connection."
    if name == MULTICLIENT and value == "on" and not config.presence.multiclient:
        return "On this server a nickname is for one connection."
    history = config.history
    if name == KEEP_PRIVATE and value == "on" and not (history.enabled and history.conversations != "off"):
        return "This server keeps no private messages."
    return ""


def keep(store: AccountStore, account: Account, name: str, value: str | None) -> None:
    """Write down what was chosen, None for nothing; in a thread."""
    if name == ALWAYS_ON:
        store.put_document(account.account_id, STAYING, value.upper() if value else None)
        return
    chosen: dict[str, Json] = dict(read_wishes(store.document(account.account_id, KIND)))
    chosen.pop(name, None)
    if value is not None:
        chosen[name] = value
    store.put_document(account.account_id, KIND, chosen or None)


def event_of(origin: Origin, account: str, name: str, value: str | None) -> Event:
    """What happens by it, when it is written down."""
    if name == ALWAYS_ON:
        return StayingChanged(origin, account, None if value is None else value == "on")
    return WishChanged(origin, account, name, value)


def chosen(node: Node, account: str, name: str) -> str:
    """What an account (folded) has chosen; "" for nothing."""
    registry = node.network.registry
    if name == ALWAYS_ON:
        wish = registry.staying.get(account)
        return "" if wish is None else "on" if wish else "off"
    return registry.wishes.get(account, {}).get(name, "")


def usual(node: Node, name: str) -> str:
    """What holds for who has chosen nothing."""
    if name == ENFORCE:
        return str(node.config.accounts.nick_enforcement)
    if name == MULTICLIENT and not node.config.presence.multiclient:
        return "off"
    if name == KEEP_PRIVATE:
        return "on" if node.config.history.enabled and node.config.history.conversations == "on" else "off"
    return WISHES[name].usual or "off"


def holds(node: Node, account: str, name: str) -> tuple[str, str]:
    """What is so for an account (folded), and why, where that is not what it has chosen."""
    value = chosen(node, account, name)
    if not value:
        return usual(node, name), "as usual here"
    why_not = objection(node, name, value)
    return (usual(node, name), f"though you have chosen {value}: {why_not}") if why_not else (value, "")


def described(node: Node, account: str) -> list[str]:
    """Every setting of an account (folded), one a line."""
    lines = []
    for name, wish in WISHES.items():
        value, note = holds(node, account, name)
        lines.append(f"{name.upper()} {value}: {wish.summary}{note and f' ({note})'}")
    return lines


def in_short(node: Node, account: str) -> list[str]:
    """Every setting of an account (folded), in a few words."""
    return [f"{name} {holds(node, account, name)[0]}" for name in WISHES]
