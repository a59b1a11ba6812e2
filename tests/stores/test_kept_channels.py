"""The contract of ``interfaces.ChannelStore``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from stored import FULL, NOW, Stores, channel, register

from chatd.core.accounts import NameTaken, NoSuchAccount, NoSuchChannel, TooMany


def test_registered(stores: Stores) -> None:
    """What was registered is loaded, to the letter."""
    register(stores.accounts)
    register(stores.accounts, "bob")
    kept = channel("#Ünï", successor="bob", used_ms=NOW + 5, document={"topic": "hi \x02", "access": {"bob": ["op"]}})
    other = channel("#b", "bob")
    stores.channels.register(kept, FULL)
    stores.channels.register(other, FULL)
    assert sorted(stores.channels.load(), key=lambda each: each.name) == [other, kept]


def test_a_channel_is_registered_once(stores: Stores) -> None:
    """By one founder, who exists, and who has at most so many."""
    register(stores.accounts)
    register(stores.accounts, "bob")
    stores.channels.register(channel(), 1)
    with pytest.raises(NameTaken):
        stores.channels.register(channel("#CHAT", "bob"), FULL)
    with pytest.raises(TooMany):
        stores.channels.register(channel("#other"), 1)
    for stranger in (channel("#other", "carol"), channel("#other", successor="carol")):
        with pytest.raises(NoSuchAccount):
            stores.channels.register(stranger, FULL)
    assert stores.channels.load() == [channel()]


def test_saved(stores: Stores) -> None:
    """Everything but the name is replaced; what is not registered stays so."""
    register(stores.accounts)
    register(stores.accounts, "bob")
    stores.channels.register(channel(document={"topic": "old"}), FULL)
    saved = channel("#CHAT", "bob", successor="alice", used_ms=NOW + 9, document={"modes": "nt"})
    stores.channels.save(saved)
    assert stores.channels.load() == [saved]
    with pytest.raises(NoSuchChannel):
        stores.channels.save(channel("#none"))
    with pytest.raises(NoSuchAccount):
        stores.channels.save(replace(saved, founder="carol"))
    assert stores.channels.load() == [saved]


def test_renamed(stores: Stores) -> None:
    """To a name that is free, or to another spelling."""
    register(stores.accounts)
    stores.channels.register(channel("#a", document={"topic": "a"}), FULL)
    stores.channels.register(channel("#b"), FULL)
    with pytest.raises(NameTaken):
        stores.channels.rename("#a", channel("#B"))
    with pytest.raises(NoSuchChannel):
        stores.channels.rename("#c", channel("#d"))
    stores.channels.rename("#a", channel("#A", document={"topic": "A"}))
    stores.channels.rename("#a", channel("#c", document={"topic": "c"}))
    assert {kept.name: kept.document for kept in stores.channels.load()} == {"#c": {"topic": "c"}, "#b": {}}


def test_dropped(stores: Stores) -> None:
    """It is gone, and may be registered again."""
    register(stores.accounts)
    stores.channels.register(channel(), FULL)
    assert stores.channels.drop("#chat")
    assert not stores.channels.drop("#chat")
    with pytest.raises(NoSuchChannel):
        stores.channels.save(channel())
    assert stores.channels.load() == []
    stores.channels.register(channel(), FULL)
