"""TOPIC and mode t."""

from __future__ import annotations

from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Stage


def test_topic_is_set_shown_and_unset(stage: Stage) -> None:
    """If the topic is an empty string, the topic for that channel will be cleared."""
    alice = stage.connect("alice")
    server, source = f":{alice.node.name}", f":{alice.session.user.source}"
    alice.sends("JOIN #a").take()
    alice.sends("TOPIC #a", "TOPIC #A :Today: gardening", "TOPIC #a", "TOPIC #a :", "TOPIC #a")
    alice.sees(
        f"{server} 331 alice #a :No topic is set",
        f"{source} TOPIC #a :Today: gardening",
        f"{server} 332 alice #a :Today: gardening",
        f"{server} 333 alice #a {source[1:]} 1700000000",
        f"{source} TOPIC #a :",
        f"{server} 331 alice #a :No topic is set",
    )


def test_errors(stage: Stage) -> None:
    """461, 403, 442, 482."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    server = f":{bob.node.name}"
    alice.sends("JOIN #a")
    bob.sends("TOPIC", "TOPIC #none", "TOPIC #a :x", "JOIN #a")
    assert bob.take()[:3] == [
        f"{server} 461 bob TOPIC :Not enough parameters",
        f"{server} 403 bob #none :No such channel",
        f"{server} 442 bob #a :You're not on that channel",
    ]
    bob.sends("TOPIC #a :x")
    bob.sees(f"{server} 482 bob #a :You're not channel operator")


def test_without_the_lock_members_set_topics(stage: Stage) -> None:
    """If this mode is not set, anyone in the channel may set the topic."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a -t")
    bob.sends("JOIN #a")
    alice.take()
    bob.sends("TOPIC #a :mine")
    alice.sees(f":{bob.session.user.source} TOPIC #a :mine")


def test_a_secret_channel_hides_its_topic(stage: Stage) -> None:
    """To who is outside, a secret channel does not exist."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a +s", "TOPIC #a :hidden")
    bob.sends("TOPIC #a")
    bob.sees(f":{bob.node.name} 403 bob #a :No such channel")


def test_topics_are_cut_between_characters() -> None:
    """TOPICLEN counts bytes; no character is halved."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, topic=5)))
    alice = stage.connect("alice")
    alice.sends("JOIN #a").take()
    alice.sends("TOPIC #a :éééé")
    alice.sees(f":{alice.session.user.source} TOPIC #a :éé")
