"""Talking to NickServ, for the tests of its commands."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from chatd.testing import Client, Stage


def told(client: Client, line: str) -> list[str]:
    """What NickServ says to a line; other lines that come with it are left out."""
    client.take()
    client.sends(line)
    return answers(client)


def answers(client: Client) -> list[str]:
    """What NickServ has said since the last look."""
    pattern = rf"(?:@\S+ )?:NickServ!services@{re.escape(client.node.name)} NOTICE \S+ :(.*)"
    return [found[1] for found in (re.fullmatch(pattern, line) for line in client.take()) if found]


def with_settings(stage: Stage, **sections: dict[str, Any]) -> None:
    """Let all nodes take other settings, given by section, as after a REHASH."""
    for node in stage.nodes:
        changed = {name: msgspec.structs.replace(getattr(node.config, name), **values)
                   for name, values in sections.items()}  # fmt: skip
        node.reconfigure(msgspec.structs.replace(node.config, **changed), node.texts)


def account_of(client: Client) -> str | None:
    """The account a client is logged in to, as everybody sees it."""
    user = client.session.user
    assert user is not None
    assert client.session.account == user.account
    return user.account


def with_mail(stage: Stage, **settings: Any) -> None:
    """Let letters be sent."""
    with_settings(stage, mail={"host": "mail.example.org", "sender": "chat@example.org", **settings})


def code_in(stage: Stage) -> str:
    """The code in the last letter."""
    (code,) = re.findall(r"\b[A-Z2-9]{12}\b", stage.mailer.letters[-1].text)
    return str(code)


