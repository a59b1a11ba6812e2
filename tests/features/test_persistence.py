"""Staying without a connection.  See the draft of IRCv3 persistence."""

from __future__ import annotations

from consistency import check
from logins import log_in
from stayers import DAY_S, status, staying

from chatd.config import Config, Presence
from chatd.core.events import AccountChanged, AccountDeleted, UserQuit
from chatd.testing import Stage


def test_asking_and_setting(stage: Stage) -> None:
    """"The server replies with a `PERSISTENCE STATUS` command as specified above": "`DEFAULT`, indicating that the
    client has no preference"; "`ON`, indicating that persistence is in fact enabled"; "where `<client-setting>` takes
    one of the three values specified above".
    """
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
    """"Servers SHOULD NOT allow unauthenticated clients to become persistent"; "Unauthenticated clients attempting to
    issue `GET` or `SET` SHOULD receive: FAIL PERSISTENCE ACCOUNT_REQUIRED :An account is required". "On invalid
    parameters, the server MUST return: FAIL PERSISTENCE INVALID_PARAMETERS :Invalid parameters". "Implementations
    SHOULD ignore unrecognized subcommands, to be compatible with future extensions of this specification."
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
    """"If persistence cannot be accessed or modified due to an error, the `INTERNAL_ERROR` error code SHOULD be
    returned": nothing has changed then.
    """
    stage.registers("alice")
    client = log_in(stage, "alice")
    client.take()
    stage.shelf.is_gone = True
    client.sends("PERSISTENCE SET ON")
    assert client.take()[0].startswith(f":{client.node.name} FAIL PERSISTENCE INTERNAL_ERROR :")
    client.sends("PERSISTENCE GET")
    client.sees(status(client, "DEFAULT", "OFF"))


def test_in_the_greeting(stage: Stage) -> None:
    """"If the client is authenticated and the `draft/persistence` capability is negotiated, servers MUST send a
    `PERSISTENCE STATUS` command to the client as part of the registration burst, after the last `005` numeric but
    before either `376 RPL_ENDOFMOTD` or `422 ERR_NOMOTD`." "If persistence is enabled, the server MUST send a `JOIN`
    line for each channel the client is joined to, subsequent to sending either `376` or `422`."
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
    """"If the `draft/persistence` capability is negotiated and an event occurs asynchronously that changes the
    persistence status (e.g. a server configuration change or `PERSISTENCE SET` from another client connection), servers
    SHOULD send `PERSISTENCE STATUS` to inform the client."
    """
    stage.registers("alice")
    one, two, plain = (log_in(stage, "alice", caps=caps) for caps in ("", "draft/persistence", ""))
    for client in (one, two, plain):
        client.take()
    one.sends("PERSISTENCE SET ON")
    one.sees(status(one, "ON", "ON"))
    two.sees(status(two, "ON", "ON"))
    plain.sees()


def test_logging_in_and_out_is_told(stage: Stage) -> None:
    """"an event occurs asynchronously that changes the persistence status": it is that of the account from the log-in
    to the log-out.
    """
    alice = staying(stage)
    alice.node.emit(UserQuit(alice.session.context.origin, "gone", "gone"))
    stage.settle()
    client, plain = stage.connect("ally", caps="draft/persistence"), stage.connect("alan")
    for each, account, told in (
        (client, "alice", [status(client, "ON", "ON")]),
        (client, None, [status(client, "DEFAULT", "OFF")]),
        (plain, "alice", []),
    ):
        each.take()
        each.node.emit(AccountChanged(each.session.context.origin, account))
        stage.settle()
        assert [line for line in each.take() if "PERSISTENCE" in line] == told


def test_another_configuration_is_told(nodes: int) -> None:
    """"(e.g. a server configuration change": who wishes to stay does so once it is allowed, and no longer once it is
    not.
    """
    forbidden, allowed = (Config(presence=Presence(always_on=value)) for value in (False, True))
    stage = Stage(forbidden, nodes=nodes)
    stage.registers("alice")
    stage.registers("bob")
    plain = log_in(stage, "alice")
    one, two = (log_in(stage, "alice", caps="draft/persistence") for _ in range(2))
    bob = log_in(stage, "bob", "bob", caps="draft/persistence")
    bob.take()
    one.sends("PERSISTENCE SET ON")
    for config, effect in ((allowed, "ON"), (forbidden, "OFF")):
        one.take(), two.take(), plain.take()
        for node in stage.nodes:
            node.reconfigure(config, node.texts)
        stage.settle()
        for client in (one, two):
            client.sees(status(client, "ON", effect))
        bob.sees()
        plain.sees()
    plain.disappears()
    one.disappears()
    two.disappears()
    assert stage.server.network.user("alice") is None


def test_staying(stage: Stage) -> None:
    """"is a client that remains present on the server even if it has no active client-to-server connections": away, and
    found as before.
    """
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
    """"Finally, servers MAY accept the change in client setting while not changing the effective setting." "In this
    event, the server MUST NOT send a `FAIL` response, but MUST send a `PERSISTENCE STATUS` response describing the
    current settings."
    """
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
    """"Servers may implement implementation-defined or configurable conditions for removing persistent clients from the
    server (for example, an inactivity timeout on the order of days or months)": after presence.expire_days without a
    connection.
    """
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
