"""HELP and HELPOP."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def asked(client: Client, line: str) -> list[str]:
    """The lines of an answer."""
    client.take()
    client.sends(line)
    return client.take()


@pytest.mark.parametrize("verb", ["HELP", "HELPOP"])
def test_the_overview(stage: Stage, verb: str) -> None:
    """Reply with a single 704, then arbitrarily many 705, then a single 706; the first 705 SHOULD be empty."""
    alice = stage.connect("alice")
    lines = asked(alice, verb)
    words = [line.split(" ", 4) for line in lines]
    assert [word[1] for word in words] == ["704", *["705"] * (len(lines) - 2), "706"]
    assert {word[3] for word in words} == {"*"}
    assert words[1][4] == ":"
    assert all(len(line.encode()) <= 510 for line in lines)


def test_the_overview_names_every_command_one_may_use(stage: Stage) -> None:
    """Those of operators are for operators to read."""
    alice = stage.connect("alice")
    named = {word for line in asked(alice, "HELP") for word in line.split(" :", 1)[1].replace(",", " ").split()}
    rows = [row for row in stage.catalog.commands.values() if not row.hidden]
    assert {row.verb for row in rows if not row.privilege} <= named
    assert not {row.verb for row in rows if row.privilege} & named


@pytest.mark.parametrize("subject", ["JOIN", "join", ":JOIN"])
def test_one_command(stage: Stage, subject: str) -> None:
    """Usage, what it does and an example, each line with the subject."""
    alice = stage.connect("alice")
    lines = asked(alice, f"HELP {subject}")
    words = [line.split(" ", 4) for line in lines]
    assert [word[1] for word in words] == ["704", *["705"] * (len(lines) - 2), "706"]
    assert {word[3] for word in words} == {"JOIN"}
    assert words[1][4] == ":"
    text = "\n".join(word[4] for word in words)
    assert "JOIN <channel>{,<channel>} [<key>{,<key>}]" in text
    assert "JOIN #chat" in text


def test_an_operators_command_says_what_it_needs(stage: Stage) -> None:
    """Who may not use it learns why."""
    alice = stage.connect("alice")
    assert "privilege kill" in "\n".join(asked(alice, "HELP KILL"))


@pytest.mark.parametrize(("subject", "shown"), [("nonsense", "nonsense"), (":two words", "*"), ("ERROR", "ERROR")])
def test_what_is_not_known(stage: Stage, subject: str, shown: str) -> None:
    """A single ERR_HELPNOTFOUND; a subject that is no single word is not put where a parameter stands."""
    alice = stage.connect("alice")
    assert asked(alice, f"HELP {subject}") == [
        f"{server(alice)} 524 alice {shown} :No help available on this topic"
    ]


def test_an_empty_subject_is_none(stage: Stage) -> None:
    """HELP with an empty parameter is HELP."""
    alice = stage.connect("alice")
    assert asked(alice, "HELP :") == asked(alice, "HELP")


def test_not_before_registration(stage: Stage) -> None:
    """451."""
    client = stage.open().sends("USER alice 0 * :Alice")
    assert asked(client, "HELP") == [f"{server(client)} 451 * :You have not registered"]
