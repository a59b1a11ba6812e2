"""Two clients who send each other client-only tags."""

from __future__ import annotations

from chatd.testing import Client, Stage


def pair(stage: Stage) -> tuple[Client, Client]:
    """Two clients in #a with message-tags and nothing left to read."""
    alice, bob = (stage.connect(nick, caps="message-tags") for nick in ("alice", "bob"))
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    return alice, bob


def heard(client: Client) -> list[str]:
    """What a client was sent, without ids and sources."""
    lines = []
    for line in client.take():
        tags, _, rest = line.partition(" ")
        kept = ";".join(tag for tag in tags[1:].split(";") if not tag.startswith("msgid="))
        lines.append(f"{kept} {rest.split(' ', 1)[1]}")
    return lines
