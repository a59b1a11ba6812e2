"""Operators by account: with OPER and without, and what becomes of them when they leave it."""

from __future__ import annotations

import bcrypt
import pytest
from logins import log_in
from talk import told

from chatd.config import Config, Operator
from chatd.core.events import AccountDeleted, AccountRenamed
from chatd.testing import Client, Stage

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()

BLOCKS = Config(
    operators=(
        Operator(name="boss", account="Alice"),
        Operator(name="guide", account="bob", automatic=True, role="moderator"),
        Operator(name="strict", account="carol", password=HASH),
        Operator(name="home", account="dora", automatic=True, networks=("198.51.100.0/24",)),
        Operator(name="key", account="emma", automatic=True, certfp=("ab" * 32,)),
    )
)


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def house(request: pytest.FixtureRequest) -> Stage:
    """A stage with blocks that name accounts, which there are."""
    stage = Stage(BLOCKS, nodes=request.param)
    for name in ("alice", "bob", "carol", "dora", "emma"):
        stage.registers(name, "correct-horse")
    return stage


def privileges(client: Client) -> frozenset[str]:
    """What a client may do, which all nodes know alike."""
    user = client.session.user
    assert user is not None
    (found,) = {frozenset(node.network.users[user.uid].privileges) for node in client.stage.nodes}
    assert bool(found) == ("o" in user.modes)
    return found


def test_oper_without_a_password(house: Stage) -> None:
    """For who is logged in to the account; for all others it is as if there were no such name."""
    alice, other = house.connect("alice", account="alice"), house.connect("other")
    for client, line in ((other, "OPER boss"), (alice, "OPER guide"), (alice, "OPER nobody"), (alice, "OPER strict")):
        client.sends(line).sees(f":{client.node.name} 461 {client.session.shown_nick} OPER :Not enough parameters")
    other.sends("OPER boss guess").sees(f":{other.node.name} 491 other :No O-lines for your host")
    assert privileges(other) == privileges(alice) == frozenset()
    alice.sends("OPER boss")
    assert [line.split(" ")[1] for line in alice.take()] == ["381", "MODE", "NOTICE"]
    assert "die" in privileges(alice)


def test_account_and_password(house: Stage) -> None:
    """A block that has both asks for both."""
    carol, other = house.connect("carol", account="carol"), house.connect("other")
    carol.sends("OPER strict wrong").sees(f":{carol.node.name} 464 carol :Password incorrect")
    other.sends("OPER strict secret").sees(f":{other.node.name} 491 other :No O-lines for your host")
    carol.sends("OPER strict secret")
    assert privileges(carol)


def test_logging_in_is_enough(house: Stage) -> None:
    """Where it says so: after the greeting for who comes logged in, at once for who logs in later."""
    first, second = house.connect("bob", account="bob"), house.connect("second")
    assert privileges(first) == {"kill", "kline", "wallops", "see-addresses"}
    second.sends("NS IDENTIFY bob correct-horse")
    verbs = [line.split(" ")[1] for line in second.take()]
    assert "381" in verbs
    assert privileges(second)
    alice = house.connect("alice", account="alice")
    assert not privileges(alice), "whoever has to say OPER has to say it"


def test_only_from_where_the_block_says(house: Stage) -> None:
    """Address and certificate count for the log-in as for OPER."""
    assert not privileges(house.connect("dora", account="dora"))
    assert privileges(house.connect("dora2", account="dora", ip="198.51.100.7"))
    assert not privileges(house.connect("emma", account="emma", secure=True, certfp="cd" * 32))
    assert privileges(house.connect("emma2", account="emma", secure=True, certfp="ab" * 32))


@pytest.mark.parametrize("way", ["LOGOUT", "IDENTIFY carol correct-horse", "deleted", "renamed"])
def test_leaving_the_account(house: Stage, way: str) -> None:
    """Whatever was had by it is gone with it."""
    alice, bob = house.connect("alice", account="alice"), house.connect("bob", account="bob")
    alice.sends("OPER boss")
    for client in (alice, bob):
        assert privileges(client)
        account = client.session.account
        assert account is not None
        if way == "deleted":
            house.server.emit(AccountDeleted(house.server.origin, account))
        elif way == "renamed":
            house.server.emit(AccountRenamed(house.server.origin, account, f"{account}2"))
        else:
            client.sends(f"NS {way}")
        house.settle()
        client.sends("KILL nobody :x")
        assert client.take()[-1].split(" ")[1] == "481"
        assert privileges(client) == frozenset()


def test_oper_by_another_block_stays(house: Stage) -> None:
    """Who is operator by a password alone does not need the account for it."""
    stage = Stage(Config(operators=(Operator(name="root", password=HASH), *BLOCKS.operators)))
    stage.registers("bob")
    client = stage.connect("x").sends("OPER root secret")
    stage.logs_in(client, "bob")
    assert "die" in privileges(client)
    stage.logs_in(client, None)
    assert "die" in privileges(client)


def test_nobody_takes_the_name_of_such_an_account() -> None:
    """By registering, by a further nickname, or by a new name: it would make an operator."""
    stage = Stage(BLOCKS)
    stage.registers("zoe", "correct-horse")
    assert told(stage.connect("BOB"), "NS REGISTER correct-horse") == ["That name is kept by the server."]
    client = stage.connect("alice", account="zoe")
    assert told(client, "NS GROUP") == ["That name is kept by the server."]


def test_guessing_is_throttled(house: Stage) -> None:
    """From one address, as log-ins are; being right costs nothing."""
    alice = house.connect("alice", account="alice")
    for _ in range(20):
        alice.session.allowance = 100
        alice.sends("OPER boss")
    alice.take()
    codes = []
    for _ in range(17):
        alice.session.allowance = 100
        alice.sends("OPER strict wrong")
        codes += [line.split(" ")[1] for line in alice.take() if " NOTICE " not in line]
    assert codes == ["464"] * 16 + ["263"]


def test_stats_tells_what_is_asked_for(house: Stage) -> None:
    """STATS o names the account as a condition, not whose it is."""
    alice = house.connect("alice", account="alice").sends("OPER boss")
    alice.take()
    alice.sends("STATS o")
    lines = alice.take()
    assert any(line.endswith("243 alice O * * boss :admin, account") for line in lines)


# --- several connections of one operator -------------------------------------------------------------------


def both(house: Stage, account: str, **second: str) -> tuple[Client, Client]:
    """Two connections of one user."""
    one, two = log_in(house, account, account), log_in(house, account, account, **second)
    assert one.session.user.nick == two.session.user.nick
    return one, two


def may_kill(client: Client) -> bool:
    """Whether a connection is let do what takes a privilege."""
    client.take()
    client.sends("KILL nobody :x")
    (line,) = client.take()
    assert line.split(" ")[1] in ("401", "481")
    return line.split(" ")[1] == "401"


def test_rights_are_of_the_connection_that_got_them(house: Stage) -> None:
    """Whoever has stolen another device of an operator is none by that; others see one operator."""
    one, two = both(house, "carol")
    watcher = house.connect("watcher")
    assert not may_kill(one)
    one.sends("OPER strict secret")
    assert (may_kill(one), may_kill(two)) == (True, False)
    watcher.sends("WHOIS carol", "USERHOST carol")
    lines = watcher.take()
    assert any(" 313 watcher carol " in line for line in lines)
    assert lines[-1].split(":")[-1].startswith("carol*=")
    watcher.sends("OPER strict guess")
    assert [line for line in one.take() if " :*** " in line]
    assert not [line for line in two.take() if " :*** " in line], "notices may hold addresses"
    two.sends("STATS o")
    assert two.take()[0].split(" ")[1] == "481"


def test_rights_end_with_their_connection(house: Stage) -> None:
    """The user is an operator as long as one of the connections is; who stays without any is none."""
    one, two = both(house, "carol")
    two.sends("PERSISTENCE SET ON").take()
    for client in (one, two):
        client.sends("OPER strict secret").take()
    one.disappears()
    assert may_kill(two)
    two.sends("UMODE")
    assert "o" in two.take()[0].split(" ")[-1]
    two.disappears()
    for node in house.nodes:
        user = node.network.user("carol")
        assert (user.oper, user.privileges, "o" in user.modes, "s" in user.modes) == ("", frozenset(), False, False)
    back = log_in(house, "carol", "carol")
    assert not may_kill(back)


def test_giving_up_is_for_all(house: Stage) -> None:
    """MODE -o, from any of them."""
    one, two = both(house, "carol")
    for client in (one, two):
        client.sends("OPER strict secret").take()
    one.sends("MODE carol -o").take()
    assert (may_kill(one), may_kill(two)) == (False, False)


@pytest.mark.parametrize(("second", "has"), [("198.51.100.7", True), ("192.0.2.9", False)])
def test_each_connection_is_looked_at_by_itself(house: Stage, second: str, has: bool) -> None:
    """What the log-in gives at once it gives to each connection that the block is for."""
    one, two = log_in(house, "dora", "dora", ip="198.51.100.1"), log_in(house, "dora", "dora", ip=second)
    assert (may_kill(one), may_kill(two)) == (True, has)
