"""What may be a nickname, a user name, a channel name.  See Modern IRC, "Clients" and "Channels"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from chatd.wire.masks import glob

CHANTYPES: Final = "#"

_NICK: Final = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]*\Z")
_WITH_DEVICE: Final = re.compile(r"([^/@]+)[/@](?:.*[/@])?([A-Za-z0-9._-]{1,32})\Z", re.DOTALL)
_BAD_IN_CHANNEL: Final = re.compile("[\0-\x20\x7f,:\xa0]")
_BAD_IN_USERNAME: Final = re.compile(r"[^A-Za-z0-9._\[\]\\`^{|}-]")


def is_nick(text: str, limit: int) -> bool:
    """Say whether a text may be a nickname of at most ``limit`` letters."""
    return len(text) <= limit and _NICK.match(text) is not None


def is_channel(text: str, limit_bytes: int) -> bool:
    """Say whether a text may name a channel; control characters, spaces, commas and colons may not."""
    return (
        text[:1] in CHANTYPES
        and len(text) > 1
        and len(text.encode()) <= limit_bytes
        and _BAD_IN_CHANNEL.search(text) is None
    )


def clean_username(text: str, limit: int) -> str:
    """Make a user name safe to show: what could break a source is taken out, "~" says that nobody checked it."""
    return ("~" + (_BAD_IN_USERNAME.sub("", text) or "user"))[:limit]


def log_name(folded: str, account: str | None) -> str:
    """What logs call somebody: by the account (folded), or by the nickname with a "~", as nobody checked it."""
    return account or f"~{folded}"


def account_key(folded: str) -> str:
    """What stands for everybody who is logged in to an account where users are named by uid."""
    return f"account/{folded}"


def account_in(key: str) -> str:
    """The account that such a key stands for; "" when it is the uid of one user."""
    return key.removeprefix("account/") if key.startswith("account/") else ""


def is_nickname(log_name: str) -> bool:
    """Say whether what logs call somebody is a nickname, and not an account."""
    return log_name.startswith("~")


def name_of(log_name: str) -> str:
    """The account or nickname of what logs call somebody."""
    return log_name.removeprefix("~")


def host_of(text: str, limit: int) -> str:
    """Where a connection comes from as a host that may stand in messages: "::1" would read as a last parameter."""
    host = text[:limit]
    return f"0{host}" if host.startswith(":") else host


def split_device(text: str) -> tuple[str, str]:
    """The name and the device of ``alice/phone`` or ``alice@phone``; a text without a device is left whole."""
    found = _WITH_DEVICE.match(text)
    return (found[1], found[2]) if found is not None else (text, "")


def conversation(one: str, other: str) -> str:
    """The name of the log of what two people say to each other, each as logs call them."""
    return f"{one} {other}" if one < other else f"{other} {one}"


def is_matched(name: str, masks: Iterable[str], fold: Callable[[str], str]) -> bool:
    """Say whether one of these masks of channels matches a name."""
    folded = fold(name)
    return any(glob(fold(mask), folded) for mask in masks)
