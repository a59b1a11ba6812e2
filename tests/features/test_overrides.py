"""SAJOIN, SAPART, SAKICK, SATOPIC, SANICK, SAMODE."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def source(client: Client) -> str:
    """What stands before the verb of what the client does."""
    return f":{client.session.user.source}"


def notice(client: Client, text: str) -> str:
    """A notice to operators from the client's own server."""
    return f"{server(client)} NOTICE {client.session.user.nick} :*** {text}"


def operator(stage: Stage) -> Client:
    """An operator with nothing left to read."""
    client = stage.connect("op").sends("OPER root secret")
    client.take()
    return client


def people(stage: Stage) -> tuple[Client, Client, Client]:
    """An operator of the server, who is in no channel; the operator of #a; and somebody outside."""
    op, alice, bob = operator(stage), stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #a").take()
    return op, alice, bob


def test_sajoin_goes_through_every_door(staffed: Stage) -> None:
    """Neither key nor limit nor ban nor invitation matter; the other sees what JOIN shows."""
    op, alice, bob = people(staffed)
    alice.sends("MODE #a +iklb key 1 bob").take()
    op.sends("SAJOIN BOB #A")
    op.sees(notice(op, "op used SAJOIN on bob: #a"))
    bob.sees(
        f"{source(bob)} JOIN #a",
        f"{server(bob)} 353 bob = #a :@alice bob",
        f"{server(bob)} 366 bob #a :End of /NAMES list",
    )
    alice.sees(f"{source(bob)} JOIN #a")


def test_who_is_forced_can_go_on(staffed: Stage) -> None:
    """The next lines of whom it happened to are taken as ever."""
    op, alice, bob = people(staffed)
    op.sends("SAJOIN bob #a", "SANICK bob rob", "SAPART rob #a")
    bob.take()
    bob.sends("PING one", "JOIN #a", "PING two")
    name = bob.node.name
    lines = bob.take()
    assert lines[0] == f":{name} PONG {name} :one" and lines[-1] == f":{name} PONG {name} :two"
    assert len(lines) == 5
    assert not any(session.waiting for node in staffed.nodes for session in node.sessions.values())
    assert alice.node.network.user("rob") is not None


def test_an_override_is_finished_before_the_next_line(staffed: Stage) -> None:
    """A command is finished when its events have come back; only then is that client's next line taken."""
    op, alice, bob = people(staffed)
    op.sends_bytes(b"SAJOIN bob #a\r\nSAKICK #a bob :out\r\nSAJOIN bob #a\r\nSAPART bob #a :bye\r\nSANICK bob rob\r\n")
    assert [line for line in op.take() if " NOTICE " not in line] == []
    old = source(bob).replace("rob!", "bob!")
    alice.sees(
        f"{old} JOIN #a", f"{source(op)} KICK #a bob :out", f"{old} JOIN #a", f"{old} PART #a :bye",
    )  # fmt: skip
    assert all(node.network.user("rob") is not None for node in staffed.nodes)


def test_sajoin_makes_a_channel(staffed: Stage) -> None:
    """The first member of a new channel is its operator, however they came."""
    op, _, bob = people(staffed)
    op.sends("SAJOIN bob #new")
    assert bob.take()[1] == f"{server(bob)} 353 bob = #new :@bob"


def test_sapart(staffed: Stage) -> None:
    """PART to everybody in the channel, with the reason where there is one."""
    op, alice, bob = people(staffed)
    bob.sends("JOIN #a")
    alice.take(), bob.take()
    op.sends("SAPART bob #A :go home")
    for client in (alice, bob):
        client.sees(f"{source(bob)} PART #a :go home")
    op.sees(notice(op, "op used SAPART on bob: #a"))


def test_sakick(staffed: Stage) -> None:
    """KICK from the operator, who need not be in the channel; without a reason its nickname stands there."""
    op, alice, bob = people(staffed)
    bob.sends("JOIN #a").take()
    alice.take()
    op.sends("SAKICK #a alice :bye", "SAKICK #a bob")
    first, second = f"{source(op)} KICK #a alice :bye", f"{source(op)} KICK #a bob :op"
    alice.sees(first)
    bob.sees(first, second)


def test_satopic(staffed: Stage) -> None:
    """TOPIC from the operator, in spite of +t; an empty one unsets it."""
    op, alice, _ = people(staffed)
    op.sends("SATOPIC #A :be kind", "SATOPIC #a :")
    alice.sees(f"{source(op)} TOPIC #a :be kind", f"{source(op)} TOPIC #a :")
    op.sees(notice(op, "op used SATOPIC in #a"), notice(op, "op used SATOPIC in #a"))


def test_sanick(staffed: Stage) -> None:
    """NICK to everybody who shares a channel; the case alone may change, and the same nickname changes nothing."""
    op, alice, bob = people(staffed)
    bob.sends("JOIN #a").take()
    alice.take()
    old = source(bob)
    op.sends("SANICK bob Bob", "SANICK bob Bob", "SANICK bob guest")
    second = f"{old} NICK Bob", f"{old.replace('bob', 'Bob', 1)} NICK guest"
    alice.sees(*second)
    bob.sees(*second)


def test_samode(staffed: Stage) -> None:
    """MODE from the operator, in spite of any rank."""
    op, alice, _ = people(staffed)
    op.sends("SAMODE #a +q-o alice alice", "SAMODE #A +k secret")
    alice.sees(f"{source(op)} MODE #a +q-o alice alice", f"{source(op)} MODE #a +k secret")
    op.sees(
        notice(op, "op used SAMODE in #a: +q-o alice alice"),
        notice(op, "op used SAMODE in #a: +k secret"),
    )


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("SAJOIN bob", "461 op SAJOIN :Not enough parameters"),
        ("SAJOIN nobody #a", "401 op nobody :No such nick/channel"),
        ("SAJOIN bob chat", "476 op chat :Bad Channel Mask"),
        ("SAJOIN bob 0", "476 op 0 :Bad Channel Mask"),
        (f"SAJOIN bob #{'x' * 64}", f"476 op #{'x' * 64} :Bad Channel Mask"),
        ("SAJOIN alice #A", "443 op alice #a :is already on channel"),
        ("SAPART alice", "461 op SAPART :Not enough parameters"),
        ("SAPART nobody #a", "401 op nobody :No such nick/channel"),
        ("SAPART bob #none", "403 op #none :No such channel"),
        ("SAPART bob #a", "441 op bob #a :They aren't on that channel"),
        ("SAKICK #a", "461 op SAKICK :Not enough parameters"),
        ("SAKICK #none alice", "403 op #none :No such channel"),
        ("SAKICK #a nobody", "401 op nobody :No such nick/channel"),
        ("SAKICK #a bob", "441 op bob #a :They aren't on that channel"),
        ("SATOPIC #a", "461 op SATOPIC :Not enough parameters"),
        ("SATOPIC #none :x", "403 op #none :No such channel"),
        ("SANICK bob", "461 op SANICK :Not enough parameters"),
        ("SANICK nobody x", "401 op nobody :No such nick/channel"),
        ("SANICK bob 1x", "432 op 1x :Erroneus nickname"),
        ("SANICK bob :", "432 op * :Erroneus nickname"),
        ("SANICK bob ALICE", "433 op ALICE :Nickname is already in use"),
        ("SAMODE #a", "461 op SAMODE :Not enough parameters"),
        ("SAMODE #none +m", "403 op #none :No such channel"),
        ("SAMODE #a +?", "472 op ? :is unknown mode char to me"),
        ("SAMODE #a +o bob", "441 op bob #a :They aren't on that channel"),
        ("SAMODE #a +o nobody", "401 op nobody :No such nick/channel"),
        ("SAMODE #a +k a,b", "525 op #a :Key is not well-formed"),
        ("SAMODE #a +l x", "696 op #a l x :The limit must be a number above zero"),
    ],
)
def test_errors(staffed: Stage, line: str, answer: str) -> None:
    """Each refusal has its numeric; nobody else is told anything."""
    op, alice, bob = people(staffed)
    op.sends(line)
    assert [seen for seen in op.take() if " NOTICE " not in seen] == [f"{server(op)} {answer}"]
    alice.sees()
    bob.sees()


def test_a_lost_race_is_told_to_the_operator(staffed: Stage) -> None:
    """Who is renamed has asked for nothing: 433 goes to the operator."""
    stage = Stage(staffed.server.config, nodes=len(staffed.nodes), late=True)
    op, alice, bob = people(stage)
    alice.session.receive(b"NICK wanted\r\n")
    op.session.receive(b"SANICK bob wanted\r\n")
    stage.settle()
    assert f"{server(op)} 433 op wanted :Nickname is already in use" in op.take()
    bob.sees()
    assert all(node.network.user("wanted").uid == alice.session.uid for node in stage.nodes)
