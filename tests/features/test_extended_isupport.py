"""ISUPPORT before and after registration.  See IRCv3 extended-isupport."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def shown(client: Client) -> list[str]:
    """The lines of 005 as this client is sent them."""
    head = f":{client.node.name} 005 {client.session.shown_nick}"
    return [f"{head} {line} :are supported by this server" for line in client.node.isupport()]


def test_before_registration(stage: Stage) -> None:
    """"When the `draft/extended-isupport` capability is enabled by the client, the server MUST accept `ISUPPORT`
    commands before connection registration completes (ie, before the client sends `CAP END`, and before the server
    sends `RPL_WELCOME`)."
    """
    client = stage.open().sends("USER alice 0 * :Alice")
    client.sends("ISUPPORT")
    client.sees(f":{client.node.name} 451 * :You have not registered")
    client.sends("CAP REQ draft/extended-isupport").take()
    client.sends("ISUPPORT")
    client.sees(*shown(client))


def test_the_command(stage: Stage) -> None:
    """"A new `ISUPPORT` command is introduced to request the full `RPL_ISUPPORT` list. When receiving this command, the
    server MUST reply with one or more `RPL_ISUPPORT` messages".
    """
    alice = stage.connect("alice")
    alice.sends("ISUPPORT")
    alice.sees(*shown(alice))


def test_in_a_batch(stage: Stage) -> None:
    """"The server MUST group all `RPL_ISUPPORT` messages inside a `draft/isupport` batch when the `batch` and
    `draft/extended-isupport` capabilities are enabled. The server MUST NOT send any unbatched `RPL_ISUPPORT` message
    while both of these capabilities are enabled." "The batch MUST only contain one or more `RPL_ISUPPORT` messages, it
    MUST NOT contain any other message": so from the first to the last, on ISUPPORT, in the greeting and on VERSION.
    """
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
    for question in ("CAP END", "VERSION"):
        lines = client.sends(question).take()
        (begin,) = (number for number, line in enumerate(lines) if line.endswith(" draft/isupport"))
        reference = lines[begin].split(" ")[2][1:]
        end = lines.index(f":{client.node.name} BATCH -{reference}")
        assert lines[begin + 1 : end] == [f"@batch={reference} {line}" for line in shown(client)]
        assert not any(" 005 " in line for line in lines[:begin] + lines[end:])


def test_with_one_of_the_two(stage: Stage) -> None:
    """"grouped inside a `draft/isupport` batch if the `batch` and `draft/extended-isupport` capabilities are enabled":
    with one of them there is no batch.
    """
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


@pytest.mark.parametrize("caps", ["batch draft/extended-isupport", "draft/extended-isupport batch"])
def test_the_order_is_not_significant(stage: Stage, caps: str) -> None:
    """"The order in which the capabilities are enabled is not significant." "Before connection registration, the server
    MAY send only a subset of the full `RPL_ISUPPORT` list. In that case, the server MUST send a `RPL_ISUPPORT` list
    when connection registration completes with entries previously omitted." "The server MAY skip the `RPL_ISUPPORT`
    replies usually sent when connection registration completes, if it already sent all information." All of it comes
    before, and once more after, in a batch.
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
