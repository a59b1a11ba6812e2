"""Things said on a stage at moments that differ."""

from __future__ import annotations

from chatd.testing import Client


def says(client: Client, target: str, *texts: str) -> None:
    """Say something, a second between."""
    for text in texts:
        client.sends(f"PRIVMSG {target} :{text}")
        client.stage.passes(1)
