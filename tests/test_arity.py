"""Every command with too few parameters, with as many as it takes, and with more; as everybody and as an operator."""

from __future__ import annotations

import bcrypt
import pytest

import chatd.features
from chatd.config import Config, Flood, Operator
from chatd.core.catalog import Catalog
from chatd.testing import Client, Stage

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
CONFIG = Config(operators=(Operator(name="root", password=HASH),), flood=Flood(enabled=False))
CATALOG = Catalog.collect(chatd.features)
CAPS = "batch draft/chathistory draft/message-redaction draft/metadata-2 draft/read-marker message-tags"
LEFT_OUT = {"QUIT", "DIE", "RESTART", "OPER"}
"""What ends the connection, or costs a hash that takes long on purpose."""
ANSWERED_OTHERWISE = {
    "INVITE": "461", "KICK": "461", "LOGIN": "462", "NICK": "431", "NOTICE": "", "PASS": "462", "PING": "461",
    "PRIVMSG": "411", "TAGMSG": "411", "USER": "462", "WHOIS": "431", "WHOWAS": "431",
}  # fmt: skip
"""What a registered client gets for the bare verb where that is not 461."""


def house() -> Stage:
    """A stage with operators, where nobody is held up."""
    return Stage(CONFIG, control=dict.fromkeys(("rehash", "die", "restart"), list))


def person(operator: bool, stage: Stage | None = None) -> Client:
    """Somebody in #chat with every capability that commands ask for."""
    stage = stage or house()
    client = stage.connect("alice", caps=CAPS)
    if operator:
        client.sends("OPER root secret")
    client.sends("JOIN #chat").take()
    return client


def codes(client: Client) -> list[str]:
    """The numerics or verbs of what came."""
    return [line.split(" ")[2 if line[0] == "@" else 1] for line in client.take()]


def test_too_few_parameters() -> None:
    """ERR_NEEDMOREPARAMS, with the command's name, for each number below that which the command needs."""
    client = person(operator=True)
    for verb, command in CATALOG.commands.items():
        for count in range(command.required):
            client.sends(" ".join([verb, *["x"] * count]))
            assert client.take() == [f":chatd.localhost 461 alice {verb} :Not enough parameters"], (verb, count)


@pytest.mark.parametrize("verb", sorted(ANSWERED_OTHERWISE))
def test_nothing_given(verb: str) -> None:
    """Commands with a numeric of their own for that."""
    client = person(operator=False).sends(verb)
    expected = ANSWERED_OTHERWISE[verb]
    if verb in ("LOGIN", "PASS", "USER") and CATALOG.commands[verb].required:
        expected = "461"
    if verb == "INVITE":
        assert codes(client) == ["337"]
    else:
        assert codes(client) == ([expected] if expected else [])


@pytest.mark.parametrize("operator", [False, True], ids=["everybody", "operator"])
@pytest.mark.parametrize("given", ["x", "#chat", "alice", "*", "", "é", "+x", "0"])
def test_any_number_of_parameters(given: str, operator: bool) -> None:
    """Up to more than fit: none makes the server fail (400), and the connection lives, unless one bans oneself."""
    stage = house()
    for verb in sorted(CATALOG.commands.keys() - LEFT_OUT):
        client = person(operator, stage)
        for count in (0, 1, 2, 3, 5, 15):
            client.sends(f"{verb} {' '.join([given] * count)}")
            assert "400" not in codes(client), (verb, count)
            client.sends("PING :still here")
            if client.closed and verb in ("KILL", "KLINE"):
                stage = house()
                break
            assert client.take()[-1].endswith(" PONG chatd.localhost :still here"), (verb, count)
        client.sends("QUIT")


def test_privileges() -> None:
    """ERR_NOPRIVILEGES without the privilege, whatever is given; ERR_NOTREGISTERED before registration."""
    client, stranger = person(operator=False), person(operator=False).stage.open().sends("USER x 0 * :X")
    for verb, command in CATALOG.commands.items():
        line = " ".join([verb, *["x"] * command.required])
        if command.privilege:
            assert codes(client.sends(line)) == ["481"], verb
        if not command.early:
            assert codes(stranger.sends(line)) == ["451"], verb
