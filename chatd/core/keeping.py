"""How a registered channel is written down, and made again from that.

Reading is lenient: what an older or newer version wrote and this one does not know is left out, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatd.core.accounts import Json
from chatd.core.archive import NEVER, Selector, Tenure
from chatd.core.bans import Ban, Matcher
from chatd.core.channel import Channel
from chatd.core.flags import GIVEN, ordered
from chatd.core.kept import KeptChannel
from chatd.core.metadata import NO_METADATA
from chatd.core.modes import Kind
from chatd.core.registered import Akick, Entry, InviteLink, Offer, Registration, is_mask


def kept(channel: Channel, registration: Registration) -> KeptChannel:
    """All there is to keep of a channel, with this registration."""
    return KeptChannel(
        channel.name,
        channel.folded,
        registration.founder,
        registration.registered_ms,
        registration.successor,
        registration.used_ms,
        {**_state_of(channel), **_rules_of(registration)},
    )


def _state_of(channel: Channel) -> dict[str, Json]:
    return {
        "created": channel.created_ms,
        "renamed": channel.renamed_ms,
        "logs": logs_of(channel),
        "topic": {"text": channel.topic, "by": channel.topic_by, "at": channel.topic_ms},
        "modes": dict(channel.modes),
        "lists": lists_of(channel),
        "metadata": dict(channel.metadata),
    }


def lists_of(channel: Channel) -> dict[str, Json]:
    """The entries of every list mode, by its letter."""
    return {
        letter: [{"mask": ban.text, "by": ban.by, "at": ban.set_ms} for ban in entries.values()]
        for letter, entries in channel.lists.items()
        if entries
    }


def read_lists(value: object, network: Any) -> dict[str, dict[str, Ban]]:
    """The lists that were written down, without what is none here."""
    lists = {}
    for letter, entries in _Reader(value).lists():
        mode = network.modes.channel.get(letter)
        if mode is not None and mode.kind is Kind.LIST:
            lists[letter] = dict(_bans(network, entries))
    return lists


def logs_of(channel: Channel) -> list[Json]:
    """The logs that the channel's history is in, the oldest first, with their ends."""
    return [
        {"name": log.name, "since": list(log.since[:2]), "until": list(log.until[:2]) if log.until else None}
        for log in (*channel.names, channel.called)
    ]


def read_logs(value: object, folded: str) -> tuple[Tenure, ...]:
    """The logs that were written down; () when there are none, or the last is not that of the name ``folded``."""
    lines = _Reader({"logs": value}).all("logs")
    logs = tuple(Tenure(line.text("name"), line.place("since") or NEVER, line.place("until")) for line in lines)
    return logs if logs and logs[-1].name == folded and logs[-1].until is None else ()


def _rules_of(registration: Registration) -> dict[str, Json]:
    return {
        "access": [
            {"who": entry.who, "flags": list[Json](ordered(entry.flags)), "by": entry.by, "at": entry.since_ms}
            for entry in registration.access.values()
        ],
        "akicks": [
            {
                "who": akick.who, "reason": akick.reason, "by": akick.by, "at": akick.since_ms,
                "expires": akick.expires_ms,
            }
            for akick in registration.akicks.values()
        ],
        "templates": {name: list[Json](ordered(flags)) for name, flags in registration.templates.items()},
        "settings": dict(registration.settings),
        "invited": dict(registration.invited),
        "offers": {role: list[Json](offer) for role, offer in registration.offers.items()},
        "links": [
            {
                "id": link.link_id, "hash": link.secret_hash, "maker": link.maker, "at": link.made_ms,
                "expires": link.expires_ms, "uses": link.uses_left,
            }
            for link in registration.links.values()
        ],
    }  # fmt: skip


def restore(network: Any, row: KeptChannel) -> Channel:
    """Make the channel that was written down, without members; the network is told by the caller."""
    document = _Reader(row.document)
    channel = Channel(row.name, row.folded, document.number("created") or row.registered_ms)
    channel.renamed_ms = document.number("renamed")
    logs = read_logs(row.document.get("logs"), row.folded)
    # Without them, others may have had a channel of its present name before it was renamed.
    channel.recall(logs or [Tenure(row.folded, Selector(max(channel.created_ms, channel.renamed_ms)))])
    topic = document.inside("topic")
    channel.topic, channel.topic_by, channel.topic_ms = topic.text("text"), topic.text("by"), topic.number("at")
    for letter, value in document.inside("modes").texts():
        mode = network.modes.channel.get(letter)
        if mode is not None and mode.kind not in (Kind.LIST, Kind.RANK):
            channel.modes[letter] = value
    channel.lists = read_lists(row.document.get("lists"), network)
    channel.metadata = dict(document.inside("metadata").texts()) or NO_METADATA
    channel.rebuild_guards(network.modes)
    channel.registered = rules_of(network, row)
    return channel


def _bans(network: Any, entries: list[_Reader]) -> Iterator[tuple[str, Ban]]:
    for entry in entries:
        try:
            ban = network.parse_ban(entry.text("mask"))
        except ValueError:
            continue
        ban.by, ban.set_ms = entry.text("by"), entry.number("at")
        yield network.fold(ban.text), ban


def rules_of(network: Any, row: KeptChannel) -> Registration:
    """The registration that was written down, without what is the channel's own."""
    document = _Reader(row.document)
    made = Registration(row.founder, row.registered_ms, network.fold)
    made.successor, made.used_ms = row.successor, row.used_ms or row.registered_ms
    for line in document.all("access"):
        entry = Entry(line.text("who"), line.words("flags") & GIVEN, line.text("by"), line.number("at"))
        entry.matches = matcher(network, entry.who)
        made.access[network.fold(entry.who)] = entry
    for line in document.all("akicks"):
        akick = Akick(
            line.text("who"), line.text("reason"), line.text("by"), line.number("at"), line.number("expires")
        )  # fmt: skip
        akick.matches = matcher(network, akick.who)
        made.akicks[network.fold(akick.who)] = akick
    for link in document.all("links"):
        link_id = link.text("id")
        made.links[link_id] = InviteLink(
            link_id, link.text("hash"), link.text("maker"), link.number("at"), link.number("expires"),
            link.number("uses"),
        )  # fmt: skip
    templates = document.inside("templates")
    made.templates = {name: templates.words(name) & GIVEN for name, _ in templates.items()}
    made.settings = dict(document.inside("settings").texts())
    made.offers = dict(_offers(row.document.get("offers")))
    invited = document.inside("invited")
    made.invited = {account: invited.number(account) for account, _ in invited.items()}
    return made


def _offers(value: object) -> Iterator[tuple[str, Offer]]:
    for role, offer in _Reader(value).items():
        match offer:
            case [str(account), int(since_ms)]:
                yield role, Offer(account, since_ms)


def matcher(network: Any, who: str) -> Matcher | None:
    """What a line of a list asks of a user; None for an account.  A mask that cannot be read matches nobody."""
    if not is_mask(who):
        return None
    try:
        found: Matcher = network.parse_ban(who).matches
    except ValueError:
        return _matches_nobody
    return found


def _matches_nobody(_user: object) -> bool:
    return False


class _Reader:
    """A JSON object that is asked for values of a kind, and has an empty one where there is none."""

    def __init__(self, value: object) -> None:
        self._value = value if isinstance(value, dict) else {}

    def items(self) -> Iterator[tuple[str, object]]:
        """All there is."""
        yield from self._value.items()

    def text(self, key: str) -> str:
        """A text, or ""."""
        value = self._value.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A whole number, or 0."""
        value = self._value.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def place(self, key: str) -> Selector | None:
        """A moment and an id, or None."""
        match self._value.get(key):
            case [int(moment_ms), str(msgid)]:
                return Selector(moment_ms, msgid)
        return None

    def words(self, key: str) -> frozenset[str]:
        """The texts of a list."""
        value = self._value.get(key)
        return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else frozenset()

    def inside(self, key: str) -> _Reader:
        """An object."""
        return _Reader(self._value.get(key))

    def all(self, key: str) -> list[_Reader]:
        """The objects of a list."""
        value = self._value.get(key)
        return [_Reader(each) for each in value if isinstance(each, dict)] if isinstance(value, list) else []

    def texts(self) -> Iterator[tuple[str, str]]:
        """The values that are texts."""
        return ((key, value) for key, value in self._value.items() if isinstance(value, str))

    def lists(self) -> Iterator[tuple[str, list[_Reader]]]:
        """The values that are lists of objects."""
        return ((key, self.all(key)) for key in self._value)
