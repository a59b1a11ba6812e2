"""Each limit of 005 is kept exactly as it is announced: as much goes through, and no more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage

SMALL = {
    "nick": 9, "user": 6, "realname": 12, "topic": 11, "kick": 7, "away": 9, "channel": 8, "channels": 3, "modes": 3,
    "list_entries": 3, "targets": 3, "joins": 4, "monitor": 3, "silence": 2, "accept": 2,
}  # fmt: skip


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """A stage with small limits, none the same as what its name suggests by accident."""
    config = Config()
    return Stage(replace(config, limits=replace(config.limits, **SMALL)), nodes=request.param)


def announced(client: Client, token: str, key: str = "") -> int:
    """The number behind a token of 005, or behind one of its keys."""
    tokens = dict(item.partition("=")[::2] for item in " ".join(client.node.isupport()).split(" "))
    if not key:
        return int(tokens[token])
    return int(dict(item.split(":") for item in tokens[token].split(","))[key])


def answer(client: Client, line: str) -> list[str]:
    """What a line brings."""
    client.take()
    client.sends(line)
    return client.take()


def code(client: Client, line: str) -> str:
    """The verb of the last thing a line brings."""
    return (answer(client, line) or [" "])[-1].split(" ")[1]


def test_topiclen_kicklen_awaylen(stage: Stage) -> None:
    """What is longer is cut to exactly as many bytes."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    for token, line in (("TOPICLEN", "TOPIC #a :"), ("AWAYLEN", "AWAY :"), ("KICKLEN", "KICK #a bob :")):
        limit = announced(alice, token)
        bob.take()
        alice.sends(f"{line}{'x' * limit}y")
        if token == "AWAYLEN":
            bob.sends("PRIVMSG alice :hi")
        assert bob.take()[-1].split(" ")[-1].lstrip(":") == "x" * limit, token


def test_channellen(stage: Stage) -> None:
    """The name with its #; 476 for a longer one."""
    alice = stage.connect("alice")
    limit = announced(alice, "CHANNELLEN")
    assert code(alice, "JOIN #" + "x" * (limit - 1)) == "366"
    assert code(alice, "JOIN #" + "y" * limit) == "476"


def test_chanlimit(stage: Stage) -> None:
    """405 for one more; PART makes room."""
    alice = stage.connect("alice")
    limit = announced(alice, "CHANLIMIT", "#")
    assert [code(alice, f"JOIN #{number}") for number in range(limit + 1)] == ["366"] * limit + ["405"]
    alice.sends("PART #0")
    assert code(alice, "JOIN #x") == "366"


def test_modes(stage: Stage) -> None:
    """As many modes with a parameter in one MODE; those without do not count, more are ignored."""
    alice = stage.connect("alice").sends("JOIN #a")
    limit = announced(alice, "MODES")
    letters, nicks = "b" * (limit + 1), " ".join(f"n{number}" for number in range(limit + 1))
    masks = " ".join(f"n{number}!*@*" for number in range(limit))
    (line,) = answer(alice, f"MODE #a +mi{letters} {nicks}")
    assert line.endswith(f" MODE #a +mi{'b' * limit} {masks}")


@pytest.mark.parametrize("letter", "beI")
def test_maxlist(stage: Stage, letter: str) -> None:
    """478 for one more; every list has its own room."""
    alice = stage.connect("alice").sends("JOIN #a")
    limit = announced(alice, "MAXLIST", letter)
    assert [code(alice, f"MODE #a +{letter} n{number}") for number in range(limit + 1)] == ["MODE"] * limit + ["478"]
    other = "e" if letter == "b" else "b"
    assert code(alice, f"MODE #a +{other} x") == "MODE"
    alice.sends(f"MODE #a -{letter} n0")
    assert code(alice, f"MODE #a +{letter} x") == "MODE"


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE", "TAGMSG"])
def test_targmax_of_messages(stage: Stage, verb: str) -> None:
    """As many targets; 407 names the first left out, but for NOTICE, which is never answered."""
    caps = "message-tags"
    alice = stage.connect("alice", caps=caps)
    limit = announced(alice, "TARGMAX", verb)
    others = [stage.connect(f"n{number}", caps=caps) for number in range(limit + 1)]
    names = ",".join(f"n{number}" for number in range(limit + 1))
    told = answer(alice, f"@+x=1 {verb} {names}" + (" :hi" if verb != "TAGMSG" else ""))
    expected = [] if verb == "NOTICE" else [f":{alice.node.name} 407 alice n{limit} :Too many recipients."]
    assert told == expected
    assert [len(client.take()) for client in others] == [1] * limit + [0]


@pytest.mark.parametrize("verb", ["JOIN", "PART", "NAMES"])
def test_targmax_of_channels(stage: Stage, verb: str) -> None:
    """The first left out is named in 407."""
    alice = stage.connect("alice")
    limit = announced(alice, "TARGMAX", verb)
    names = ",".join(f"#{number}" for number in range(limit + 1))
    told = answer(alice, f"{verb} {names}")
    refused = f":{alice.node.name} 407 alice #{limit} :Too many recipients."
    assert told.count(refused) == 1
    for number in range(limit + 1):
        assert any(f" #{number}" in line for line in told if line != refused) is (number < limit), number


def test_targmax_of_kick(stage: Stage) -> None:
    """As many members, and no more."""
    alice = stage.connect("alice").sends("JOIN #a")
    limit = announced(alice, "TARGMAX", "KICK")
    nicks = [f"n{number}" for number in range(limit + 1)]
    for nick in nicks:
        stage.connect(nick).sends("JOIN #a")
    told = answer(alice, f"KICK #a {','.join(nicks)} :x")
    assert [line.split(" ")[3] for line in told if " KICK " in line] == nicks[:limit]
    assert f":{alice.node.name} 407 alice n{limit} :Too many recipients." in told


def test_silence_and_accept(stage: Stage) -> None:
    """511 and 456 for one more; taking one off makes room."""
    alice = stage.connect("alice")
    limit = announced(alice, "SILENCE")
    assert [code(alice, f"SILENCE +n{number}") for number in range(limit + 1)] == ["SILENCE"] * limit + ["511"]
    alice.sends("SILENCE -n0")
    assert code(alice, "SILENCE +x") == "SILENCE"
    limit = announced(alice, "ACCEPT")
    for number in range(limit + 1):
        stage.connect(f"n{number}")
    assert [answer(alice, f"ACCEPT n{number}") for number in range(limit)] == [[]] * limit
    assert code(alice, f"ACCEPT n{limit}") == "456"
    alice.sends("ACCEPT -n0")
    assert answer(alice, f"ACCEPT n{limit}") == []


def test_userlen_and_namelen(stage: Stage) -> None:
    """The user name with its ~ is cut; a real name is cut at USER and refused at SETNAME."""
    client = stage.open().sends("NICK eve", f"USER {'u' * 20} 0 * :{'r' * 40}")
    user = client.session.user
    assert len(user.username) == announced(client, "USERLEN")
    assert len(user.realname) == (limit := announced(client, "NAMELEN"))
    assert answer(client, f"SETNAME :{'s' * limit}") == []
    assert code(client, f"SETNAME :{'s' * (limit + 1)}") == "FAIL"


def test_hostlen() -> None:
    """No host that is shown is longer, cloaked or not."""
    config = Config()
    stage = Stage(replace(config, limits=replace(config.limits, host=32)))
    for number, ip in enumerate(["192.0.2.1", "2001:db8:1111:2222:3333:4444:5555:6666"]):
        client = stage.connect(f"n{number}", ip=ip)
        limit = announced(client, "HOSTLEN")
        assert len(client.session.user.host) <= limit
        client.sends(f"MODE n{number} -x")
        assert len(client.session.user.host) <= limit
