"""Where a registered channel names an account: to know all that is stored of it, and to have it erased.

Beside its own name, which lists hold, an account is named by its nicknames as who set a topic or a line of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from chatd.core.accounts import Json
from chatd.core.channel import Channel
from chatd.core.registered import ERASED

Fold = Callable[[str], str]

_OF_ACCOUNT: Final = re.compile(r"(?:[A-Za-z]:)*a:(.+)")


def mentions(document: Mapping[str, Any], account: str, nicks: Collection[str], fold: Fold) -> dict[str, Json]:
    """What a document of ``core.keeping`` says of an account (folded, as its nicknames are); {} for nothing."""
    lists = document.get("lists", {})
    topic = document.get("topic", {})
    found: dict[str, Json] = {
        "access": _of(document, "access", account, fold, "flags", "at"),
        "kept_out": _of(document, "akicks", account, fold, "reason", "at", "expires"),
        "invited_ms": document.get("invited", {}).get(account),
        "offered": [
            {"to_be": role, "since_ms": offer[1]}
            for role, offer in document.get("offers", {}).items()
            if offer[0] == account
        ],
        "links": [
            {"id": link["id"], "made_ms": link["at"], "expires_ms": link["expires"], "uses_left": link["uses"]}
            for link in document.get("links", ())
            if link["maker"] == account
        ],
        "listed": [f"+{letter} {line['mask']}" for letter, line in _lines(lists) if names(line["mask"], account, fold)],
        "set_by_you": [
            *(f"access {line['who']}" for line in document.get("access", ()) if fold(line["by"]) == account),
            *(f"akick {line['who']}" for line in document.get("akicks", ()) if fold(line["by"]) == account),
            *(f"+{letter} {line['mask']}" for letter, line in _lines(lists) if is_by(line["by"], nicks, fold)),
            *([f"topic {topic['text']}"] if topic and is_by(topic["by"], nicks, fold) else []),
        ],
    }
    return {key: value for key, value in found.items() if value}


def _of(document: Mapping[str, Any], kind: str, account: str, fold: Fold, *keys: str) -> Json:
    line = next((line for line in document.get(kind, ()) if fold(line["who"]) == account), None)
    return None if line is None else {key: line[key] for key in keys}


def _lines(lists: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((letter, line) for letter, lines in lists.items() for line in lines)


def names(mask: str, account: str, fold: Fold) -> bool:
    """Say whether a line of a list is for this account, and no other."""
    found = _OF_ACCOUNT.fullmatch(mask)
    return found is not None and fold(found[1]) == account


def is_by(source: str, nicks: Collection[str], fold: Fold) -> bool:
    """Say whether a source has one of these nicknames (folded)."""
    return fold(source.partition("!")[0]) in nicks


def anonymize(channel: Channel, nicks: Collection[str], fold: Fold) -> None:
    """Forget who has set topic and lines of lists under one of these nicknames."""
    before = channel.topic_by
    if before and is_by(before, nicks, fold):
        channel.topic_by = ERASED
    theirs = [ban for lines in channel.lists.values() for ban in lines.values() if is_by(ban.by, nicks, fold)]
    for ban in theirs:
        ban.by = ERASED
    if theirs or channel.topic_by != before:
        channel.touch()
