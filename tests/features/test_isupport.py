"""ISUPPORT before and after registration.  See IRCv3 extended-isupport and network-icon."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config, Tags
from chatd.testing import Client, Stage


def shown(client: Client) -> list[str]:
    """The lines of 005 as this client is sent them."""
    head = f":{client.node.name} 005 {client.session.shown_nick}"
    return [f"{head} {line} :are supported by this server" for line in client.node.isupport()]


def test_before_registration(stage: Stage) -> None:
    """The server MUST accept ISUPPORT commands before connection registration completes."""
    client = stage.open().sends("USER alice 0 * :Alice")
    client.sends("ISUPPORT")
    client.sees(f":{client.node.name} 451 * :You have not registered")
    client.sends("CAP REQ draft/extended-isupport").take()
    client.sends("ISUPPORT")
    client.sees(*shown(client))


def test_the_command(stage: Stage) -> None:
    """When receiving this command, the server MUST reply with one or more RPL_ISUPPORT messages."""
    alice = stage.connect("alice")
    alice.sends("ISUPPORT")
    alice.sees(*shown(alice))


def test_in_a_batch(stage: Stage) -> None:
    """The server MUST group all RPL_ISUPPORT messages inside a draft/isupport batch when batch and
    draft/extended-isupport are enabled; it MUST NOT contain any other message."""
    client = stage.open()
    client.sends("CAP REQ :batch draft/extended-isupport", "NICK alice", "USER a 0 * :a").take()
    client.sends("ISUPPORT")
    lines = client.take()
    reference = lines[0].split(" ")[2][1:]
    assert lines == [
        f":{client.node.name} BATCH +{reference} draft/isupport",
        *(f"@batch={reference} {line}" for line in shown(client)),
        f":{client.node.name} BATCH -{reference}",
    ]
    client.sends("CAP END")
    assert not [line for line in client.take() if " 005 " in line and not line.startswith("@batch=")]
    client.sends("VERSION")
    assert [line.split(" ")[-1] for line in client.take()][1] == "draft/isupport"


def test_with_one_of_the_two(stage: Stage) -> None:
    """With batch alone, and with draft/extended-isupport alone, there is no batch."""
    for caps in ("batch", "draft/extended-isupport"):
        client = stage.connect(f"n{len(caps)}", caps=caps)
        client.sends("ISUPPORT")
        client.sees(*shown(client))


def test_a_label(stage: Stage) -> None:
    """A response that is one batch is labelled at its beginning."""
    client = stage.connect("alice", caps="batch labeled-response draft/extended-isupport")
    client.sends("@label=x ISUPPORT")
    lines = client.take()
    assert lines[0].startswith("@label=x ") and lines[0].endswith(" draft/isupport")
    assert not [line for line in lines[1:] if "label" in line.split(" ")[0]]


def test_network_icon() -> None:
    """If a server publishes a draft/ICON ISUPPORT token, the value MUST be a URL to an image."""
    config = Config()
    assert "draft/ICON" not in " ".join(Stage().server.isupport())
    stage = Stage(replace(config, server=replace(config.server, icon="https://example.org/icon.svg?a=b")))
    assert r"draft/ICON=https://example.org/icon.svg?a\x3Db" in " ".join(stage.server.isupport()).split(" ")


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


@pytest.mark.parametrize("caps", ["batch draft/extended-isupport", "draft/extended-isupport batch"])
def test_the_order_is_not_significant(stage: Stage, caps: str) -> None:
    """"The order in which the capabilities are enabled is not significant"; "the server MUST send a RPL_ISUPPORT list
    when connection registration completes with entries previously omitted": all of it comes again, in a batch.
    """
    client = stage.open().sends("CAP LS 302", *(f"CAP REQ {name}" for name in caps.split(" ")))
    client.take()
    early = client.sends("ISUPPORT").take()[1:-1]
    lines = client.sends("NICK alice", "USER a 0 * :a", "CAP END").take()
    late = [line for line in lines if " 005 " in line]
    assert all(line.startswith("@batch=") for line in late)
    assert [line.partition(" 005 ")[2].partition(" ")[2] for line in late] == [
        line.partition(" 005 ")[2].partition(" ")[2] for line in early
    ]
    at = lines.index(late[-1])
    assert " BATCH -" in lines[at + 1]
