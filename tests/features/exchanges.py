"""Exchanges of AUTHENTICATE: what clients send, and how they see that they succeeded or failed."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from scramside import ScramClient

from chatd.testing import Client, Stage

ALL = "SCRAM-SHA-256,IRCV3BEARER,PLAIN"
CERTIFICATE = {"secure": True, "certfp": "ab" * 32}
BOUND = {"secure": True, "bindings": {"tls-exporter": b"exported", "tls-server-end-point": b"certificate"}}


def encoded(*fields: str | bytes) -> str:
    """Fields with NUL between them, in base64."""
    return b64encode(b"\0".join(field.encode() if isinstance(field, str) else field for field in fields)).decode()


def prefix(client: Client) -> str:
    """Who the client's server says it is."""
    return f":{client.node.name}"


def ready(stage: Stage, **peer: Any) -> Client:
    """A client that has negotiated sasl, and nothing else yet."""
    client = stage.open(**peer).sends("CAP REQ :sasl")
    client.sees(f"{prefix(client)} CAP * ACK :sasl")
    return client


def answer(client: Client) -> str:
    """What stands in the one AUTHENTICATE line that came."""
    (line,) = client.take()
    start, _, text = line.partition("AUTHENTICATE ")
    assert start == f"{prefix(client)} "
    return text


def succeeded(client: Client, account: str, source: str = "*!*@*", nick: str = "*") -> None:
    """Exactly 900 and 903 came, in this order."""
    client.sees(
        f"{prefix(client)} 900 {nick} {source} {account} :You are now logged in as {account}",
        f"{prefix(client)} 903 {nick} :SASL authentication successful",
    )
    assert client.session.account == account


def failed(client: Client, why: str = "The account or the password is wrong", nick: str = "*") -> None:
    """Exactly a 904 came; nobody is logged in."""
    client.sees(f"{prefix(client)} 904 {nick} :SASL authentication failed: {why}")
    assert client.session.account is None


def prove(client: Client, scram: ScramClient, mechanism: str = "SCRAM-SHA-256") -> None:
    """A SCRAM exchange up to the client's proof."""
    client.sends(f"AUTHENTICATE {mechanism}")
    assert answer(client) == "+"
    client.sends(f"AUTHENTICATE {scram.first()}")
    client.sends(f"AUTHENTICATE {scram.final(answer(client))}")


def answer_after(client: Client) -> list[str]:
    """The numerics that came after the first line, which is a challenge."""
    return [line.split(" ")[1] for line in client.take()][1:]
