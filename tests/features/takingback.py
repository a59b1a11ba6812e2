"""Clients that take messages back."""

from __future__ import annotations

from chatd.testing import Client

CAPS = "message-tags echo-message draft/message-redaction"


def failure(client: Client, line: str) -> str:
    """The standard reply a line is answered with, without what precedes it."""
    client.take()
    (answer,) = client.sends(line).take()
    return answer.removeprefix(f":{client.node.name} FAIL REDACT ")
