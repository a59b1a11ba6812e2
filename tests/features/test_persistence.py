"""Staying without a connection.  See the draft of IRCv3 persistence."""

from __future__ import annotations

from consistency import check
from logins import log_in
from stayers import DAY_S, status, staying

from chatd.config import Config, Presence
from chatd.core.events import AccountDeleted
from chatd.testing import Stage


def test_asking_and_setting(stage: Stage) -> None:
    """The server replies with a PERSISTENCE STATUS command."""
    stage.registers("alice")
    client = log_in(stage, "alice")
    client.take()
    client.sends("PERSISTENCE GET", "PERSISTENCE SET on", "PERSISTENCE GET", "PERSISTENCE SET OFF", "persistence get")
    client.sees(
        status(client, "DEFAULT", "OFF"), status(client, "ON", "ON"), status(client, "ON", "ON"),
        status(client, "OFF", "OFF"), status(client, "OFF", "OFF"),
    )  # fmt: skip
    client.sends("PERSISTENCE SET DEFAULT")
    client.sees(status(client, "DEFAULT", "OFF"))


def test_errors(stage: Stage) -> None:
    """Unauthenticated clients MUST receive ACCOUNT_REQUIRED; on invalid parameters INVALID_PARAMETERS.

    Implementations SHOULD ignore unrecognized subcommands.
    """
    bob = stage.connect("bob")
    for line in ("PERSISTENCE GET", "PERSISTENCE SET ON"):
        bob.sends(line)
        assert bob.take()[0].startswith(f":{bob.node.name} FAIL PERSISTENCE ACCOUNT_REQUIRED :")
    for line in ("PERSISTENCE", "PERSISTENCE SET", "PERSISTENCE SET MAYBE"):
        bob.sends(line)
        assert bob.take()[0].startswith(f":{bob.node.name} FAIL PERSISTENCE INVALID_PARAMETERS :")
    bob.sends("PERSISTENCE PROFILE x")
    bob.sees()


def test_when_it_cannot_be_written_down(stage: Stage) -> None:
    """If persistence cannot be modified due to an error, INTERNAL_ERROR; nothing has changed then."""
    stage.registers("alice")
    client = log_in(stage, "alice")
    client.take()
    stage.shelf.is_gone = True
    client.sends("PERSISTENCE SET ON")
    assert client.take()[0].startswith(f":{client.node.name} FAIL PERSISTENCE INTERNAL_ERROR :")
    client.sends("PERSISTENCE GET")
    client.sees(status(client, "DEFAULT", "OFF"))


def test_in_the_greeting(stage: Stage) -> None:
    """Servers MUST send it after the last 005 numeric but before either 376 or 422, if the capability is negotiated.

    The server MUST send a JOIN line for each channel subsequent to sending either 376 or 422.
    """
    staying(stage)
    client = log_in(stage, "alice", caps="draft/persistence")
    lines = client.take()
    verbs = [line.split(" ")[1] for line in lines]
    position = lines.index(status(client, "ON", "ON"))
    assert max(number for number, verb in enumerate(verbs) if verb == "005") < position < verbs.index("376")
    assert verbs.index("376") < verbs.index("JOIN")
    assert not [line for line in log_in(stage, "alice").take() if "PERSISTENCE" in line]


def test_others_of_the_user_are_told(stage: Stage) -> None:
    """PERSISTENCE SET from another client connection: servers SHOULD send it to inform the client."""
    stage.registers("alice")
    one, two, plain = (log_in(stage, "alice", caps=caps) for caps in ("", "draft/persistence", ""))
    for client in (one, two, plain):
        client.take()
    one.sends("PERSISTENCE SET ON")
    one.sees(status(one, "ON", "ON"))
    two.sees(status(two, "ON", "ON"))
    plain.sees()


def test_staying(stage: Stage) -> None:
    """Who stays does not quit with the last connection, but is away, and is found as before."""
    alice = staying(stage)
    bob = stage.connect("bob", caps="away-notify")
    bob.sends("JOIN #a").take()
    source = alice.session.user.source
    alice.sends("QUIT :later")
    bob.sees(f":{source} AWAY :Not connected")
    bob.sends("NAMES #a", "PRIVMSG alice :there?", "WHOIS alice", "WHO alice")
    lines = bob.take()
    name = f":{bob.node.name}"
    assert f"{name} 353 bob = #a :@alice bob" in lines
    assert lines.count(f"{name} 301 bob alice :Not connected") == 2
    assert [line.split(" ")[8] for line in lines if " 352 " in line] == ["G@"]
    for node in stage.nodes:
        check(node.network)
        assert node.network.user("alice").kept_as == "alice"
    bob.sends("LUSERS")
    lusers = bob.take()
    assert [line.split(" ")[3:5] for line in lusers if " 266 " in line] == [["2", "2"]]
    clients = sum(session.user is not None for session in bob.node.sessions.values())
    assert [line.split(" :")[1] for line in lusers if " 255 " in line] == [f"I have {clients} clients and 0 servers"]


def test_coming_back(stage: Stage) -> None:
    """Whatever nickname is asked for, it is one's own, with the channels; others are told only that one is back."""
    alice = staying(stage)
    bob = stage.connect("bob", caps="away-notify")
    bob.sends("JOIN #a")
    source = alice.session.user.source
    alice.disappears()
    bob.take()
    alice = log_in(stage, "ally")
    lines = alice.take()
    assert [line.split(" ")[2] for line in lines if " 001 " in line] == ["alice"]
    assert lines[-3:] == [
        f":{source} JOIN #a",
        f":{alice.node.name} 353 alice = #a :@alice bob",
        f":{alice.node.name} 366 alice #a :End of /NAMES list",
    ]
    bob.sees(f":{source} AWAY")


def test_a_message_said_before_leaving_holds(stage: Stage) -> None:
    """Who said why they are away is away for that reason."""
    alice = staying(stage)
    bob = stage.connect("bob")
    alice.sends("AWAY :asleep", "QUIT")
    bob.sends("PRIVMSG alice :hi")
    bob.sees(f":{bob.node.name} 301 bob alice :asleep")


def test_not_when_switched_off(nodes: int) -> None:
    """Servers MAY accept the change in client setting while not changing the effective setting."""
    stage = Stage(Config(presence=Presence(always_on=False)), nodes=nodes)
    stage.registers("alice")
    alice = log_in(stage, "alice")
    alice.take()
    alice.sends("PERSISTENCE SET ON")
    alice.sees(status(alice, "ON", "OFF"))
    alice.disappears()
    assert not stage.server.network.users


def test_an_account_that_is_gone_takes_its_user_along(stage: Stage) -> None:
    """Nobody is left behind without an account and without a connection."""
    alice = staying(stage)
    alice.disappears()
    user = stage.server.network.user("alice")
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    stage.settle()
    for node in stage.nodes:
        check(node.network)
        assert user.nick not in node.network.nicks


def test_long_unused_ones_leave(nodes: int) -> None:
    """After presence.expire_days without a connection."""
    stage = Stage(Config(presence=Presence(expire_days=2)), nodes=nodes)
    alice = staying(stage)
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    alice.disappears()
    bob.take()
    stage.now_s += DAY_S
    stage.passes(1200)
    assert bob.node.network.user("alice") is not None
    stage.now_s += DAY_S
    stage.passes(1200)
    assert bob.node.network.user("alice") is None


def test_a_store_that_is_gone_for_a_while(stage: Stage) -> None:
    """What cannot be saved is saved later."""
    alice = staying(stage)
    stage.shelf.is_gone = True
    alice.sends("JOIN #b")
    stage.passes(7)
    stage.shelf.is_gone = False
    stage.passes(7)
    ((_, document),) = stage.accounts.documents("presence")
    assert [row["name"] for row in document["channels"]] == ["#a", "#b"]


def test_devices_are_remembered(stage: Stage) -> None:
    """When a device was here last is written down for whoever plays back what it has missed."""
    stage.registers("alice")
    client = stage.open()
    client.sends("CAP REQ :cap-notify")
    client.session.account = "alice"
    client.sends("NICK alice", "USER alice/phone 0 * :alice", "CAP END")
    stage.passes(5)
    client.disappears()
    ((folded, seen),) = stage.accounts.documents("seen")
    assert (folded, list(seen)) == ("alice", ["phone"])
    assert abs(seen["phone"][0] - stage.now_s * 1000) < 1000


def test_losing_the_connection_while_it_begins_to_stay(stage: Stage) -> None:
    """A session that is gone is let go of, whatever is on the way."""
    stage.registers("alice")
    alice = log_in(stage, "alice")
    alice.session.receive(b"PERSISTENCE SET ON\r\n")
    while stage.work:
        stage.work.popleft()()
    alice.session.lost("gone")
    stage.settle()
    for node in stage.nodes:
        check(node.network)
        user = node.network.user("alice")
        assert user is None or not user.sessions
