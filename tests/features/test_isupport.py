"""ISUPPORT: which tokens there are, and how they are put in lines.  When it is sent is in test_extended_isupport.py."""

from __future__ import annotations

from msgspec.structs import replace

from chatd.config import Config, Tags
from chatd.testing import Stage


def test_tokens_of_another_configuration(stage: Stage) -> None:
    """What REHASH has changed is in 005 from then on."""
    alice = stage.connect("alice")
    for node in stage.nodes:
        limits = replace(node.config.limits, topic=123)
        node.reconfigure(replace(node.config, limits=limits), node.texts)
    assert any(" TOPICLEN=123 " in line for line in alice.sends("ISUPPORT").take())


def test_long_tokens_are_never_cut() -> None:
    """At most 13 tokens and 512 bytes a line, whatever is configured."""
    config = Config()
    tags = Tags(deny=tuple(f"example.org/{number:080}" for number in range(3)))
    server = replace(config.server, icon="https://example.org/" + "x" * 230, name="a." * 31 + "b")
    stage = Stage(replace(config, server=server, tags=tags))
    alice = stage.connect("a" * 30)
    alice.sends("ISUPPORT")
    lines = alice.take()
    assert all(len(line.encode()) <= 510 and line.endswith(" :are supported by this server") for line in lines)
    assert all(len(line.split(" :")[0].split(" ")) <= 16 for line in lines)
    assert [word for line in lines for word in line.split(" :")[0].split(" ")[3:]] == sorted(
        " ".join(alice.node.isupport()).split(" ")
    )
