"""What people choose for their accounts: every setting with its values, in one table.

A setting that nobody has chosen is what the configuration says, or else ``usual``.  How they are changed is NickServ's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chatd.core.accounts import Json


class Wish(NamedTuple):
    """One setting: what it is about, what each value means; ``usual`` is one of them, "" for the configuration's."""

    summary: str
    values: Mapping[str, str]
    usual: str = ""


KIND: Final = "settings"
"""Under what the account store keeps them."""
ENFORCE: Final = "enforce"
ALWAYS_ON: Final = "always-on"
AUTO_AWAY: Final = "auto-away"
MULTICLIENT: Final = "multiclient"
HIDE_MAIL: Final = "hide-mail"
HIDE_SEEN: Final = "hide-seen"
KEEP_PRIVATE: Final = "keep-private"

WISHES: Final[Mapping[str, Wish]] = {
    ENFORCE: Wish(
        "what becomes of others who connect under your nicknames",
        {"guest": "they get another nickname", "refuse": "they are to ask for another", "off": "anybody may have them"},
    ),
    ALWAYS_ON: Wish(
        "whether you stay in your channels without a connection",
        {"on": "you do, until you are away very long", "off": "you leave with your last connection"},
    ),
    AUTO_AWAY: Wish(
        "whether you are shown as away while you stay without a connection",
        {"on": "you are", "off": "you are not, unless you have said so"},
        "on",
    ),
    MULTICLIENT: Wish(
        "whether several connections of yours may share one nickname",
        {"on": "they do", "off": "the first one has it"},
        "on",
    ),
    HIDE_MAIL: Wish(
        "whether INFO tells others your e-mail address", {"on": "it does not", "off": "it tells everybody"}, "on"
    ),
    HIDE_SEEN: Wish(
        "whether INFO tells others when you logged in last", {"on": "it does not", "off": "it tells everybody"}, "on"
    ),
    KEEP_PRIVATE: Wish(
        "whether the history keeps what you and somebody else say to each other in private",
        {"on": "it does, if the other one has nothing against it", "off": "it does not, from now on"},
    ),
}


def read_wishes(document: Json) -> dict[str, str]:
    """The settings in what was kept, as far as they are known here."""
    kept = document if isinstance(document, dict) else {}
    return {
        name: value
        for name, value in kept.items()
        if isinstance(value, str) and name in WISHES and value in WISHES[name].values
    }
