"""NAMES."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def end(client: Client, name: str) -> str:
    """366."""
    return f"{server(client)} 366 {client.session.shown_nick} {name} :End of /NAMES list"


def members(stage: Stage, *nicks: str) -> list[Client]:
    """Clients in #a, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick) for nick in nicks]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def test_each_channel_has_its_names_and_its_end(stage: Stage) -> None:
    """The channel names are evaluated one-by-one; the spelling is the channel's own."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("JOIN #b").take()
    alice.sends("MODE #a +v bob", "MODE bob -i").take()
    bob.sends("MODE bob -i").take()
    alice.sends("NAMES #A,#b")
    alice.sees(
        f"{server(alice)} 353 alice = #a :@alice +bob",
        end(alice, "#a"),
        f"{server(alice)} 353 alice = #b :@bob",
        end(alice, "#b"),
    )


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("NAMES #none", "#none"),
        ("NAMES nonsense", "nonsense"),
        ("NAMES", "*"),
        ("NAMES :", "*"),
        ("NAMES ,", "*"),
        ("NAMES ::x", "*"),
        ("NAMES :#a b", "#a"),
    ],
)
def test_what_is_no_channel_has_its_end_too(stage: Stage, asked: str, named: str) -> None:
    """If the channel name is invalid or the channel does not exist, one RPL_ENDOFNAMES should be returned."""
    alice = stage.connect("alice")
    alice.sends(asked)
    alice.sees(end(alice, named))


def test_a_secret_channel_shows_nothing_to_outsiders(stage: Stage) -> None:
    """One RPL_ENDOFNAMES is returned, with the name as it was asked for; members see it marked with @."""
    alice, _ = members(stage, "alice", "bob")
    alice.sends("MODE #a +s", "MODE alice -i").take()
    carol = stage.connect("carol")
    carol.sends("NAMES #A")
    carol.sees(end(carol, "#A"))
    alice.sends("NAMES #a")
    alice.sees(f"{server(alice)} 353 alice @ #a :@alice bob", end(alice, "#a"))


def test_a_private_channel_is_marked(stage: Stage) -> None:
    """* for private channels."""
    (alice,) = members(stage, "alice")
    alice.sends("MODE #a +p").take()
    alice.sends("NAMES #a")
    alice.sees(f"{server(alice)} 353 alice * #a :@alice", end(alice, "#a"))


def test_invisible_members_are_shown_to_members_only(stage: Stage) -> None:
    """Users with mode i are not shown unless the requesting client is also joined to that channel."""
    _, bob = members(stage, "alice", "bob")
    bob.sends("MODE bob -i").take()
    carol = stage.connect("carol")
    carol.sends("NAMES #a")
    carol.sees(f"{server(carol)} 353 carol = #a :bob", end(carol, "#a"))
    bob.sends("MODE bob +i").take()
    carol.sends("NAMES #a")
    carol.sees(end(carol, "#a"))
    carol.sends("JOIN #a").take()
    carol.sends("NAMES #a")
    carol.sees(f"{server(carol)} 353 carol = #a :@alice bob carol", end(carol, "#a"))


def test_operators_with_the_privilege_see_all(staffed: Stage) -> None:
    """see-secret: see secret channels and invisible users; without it an operator sees what others see."""
    alice, op = members(staffed, "alice")[0], staffed.connect("op")
    alice.sends("MODE #a +s").take()
    op.sends("OPER mod secret").take()
    op.sends("NAMES #a")
    op.sees(end(op, "#a"))
    op.sends("OPER root secret").take()
    op.sends("NAMES #a")
    op.sees(f"{server(op)} 353 op @ #a :@alice", end(op, "#a"))


def test_many_names_take_several_lines(stage: Stage) -> None:
    """No line is longer than 512 bytes, and nobody is missing or there twice."""
    clients = members(stage, *[f"n{number:02}{'x' * 27}" for number in range(24)])
    clients[0].sends("NAMES #a")
    lines = clients[0].take()
    assert lines.pop() == end(clients[0], "#a")
    assert len(lines) > 1 and all(len(line.encode()) <= 510 for line in lines)
    named = [nick.lstrip("@") for line in lines for nick in line.split(" :")[1].split(" ")]
    assert named == [client.session.user.nick for client in clients]


def test_as_many_channels_as_announced(stage: Stage) -> None:
    """TARGMAX says how many; the first beyond is named in 407. A channel asked for twice is answered once."""
    alice = stage.connect("alice")
    targets = " ".join(alice.node.isupport()).split("TARGMAX=")[1].split(" ")[0]
    limit = int(dict(item.split(":") for item in targets.split(","))["NAMES"])
    alice.sends("NAMES " + ",".join(f"#{number}" for number in range(limit)) + ",#0")
    alice.sees(*(end(alice, f"#{number}") for number in range(limit)))
    alice.sends("NAMES " + ",".join(f"#{number}" for number in range(limit + 1)))
    alice.sees(
        *(end(alice, f"#{number}") for number in range(limit)),
        f"{server(alice)} 407 alice #{limit} :Too many recipients.",
    )
