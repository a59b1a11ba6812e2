"""Staying without a connection.  See the draft of IRCv3 persistence."""

from __future__ import annotations

import pytest
from consistency import check
from logins import log_in

from chatd.config import Config, Presence
from chatd.core.events import AccountDeleted, AccountRenamed
from chatd.testing import Client, Stage

DAY_S = 86_400


def staying(stage: Stage, caps: str = "", nick: str = "alice") -> Client:
    """Alice, logged in and staying, in a channel that she runs."""
    if stage.accounts.find("alice") is None:
        stage.registers("alice")
    client = log_in(stage, nick, caps=caps)
    client.sends("PERSISTENCE SET ON", "JOIN #a")
    client.take()
    return client


def again(stage: Stage, nodes: int, config: Config | None = None) -> Stage:
    """The same servers after a restart, with the same stores, an hour later."""
    other = Stage(config, nodes=nodes, accounts=stage.accounts, kept_channels=stage.kept_channels)
    other.now_s = stage.now_s + 3600
    other.settle()
    return other


def status(client: Client, wish: str, effect: str) -> str:
    """What PERSISTENCE STATUS says."""
    return f":{client.node.name} PERSISTENCE STATUS {wish} {effect}"


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


def test_over_a_restart(stage: Stage, nodes: int) -> None:
    """Nickname, channels with rank, key and topic, what others see, metadata and markers are as before."""
    alice = staying(stage, caps="draft/metadata-2 batch draft/read-marker")
    alice.sends(
        "MODE #a +k secret", "TOPIC #a :tea", "METADATA * SET url :https://example.org/", "SETNAME :Alice Liddell",
        "MARKREAD #a timestamp=2020-01-01T00:00:00.000Z", "UMODE +w", "NICK ally",
    )  # fmt: skip
    before = alice.session.user
    since = before.channels["#a"].since
    alice.disappears()
    after = again(stage, nodes)
    for node in after.nodes:
        check(node.network)
        user = node.network.user("ally")
        assert (user.source, user.realname, user.account) == (before.source, "Alice Liddell", "alice")
        assert (user.away, user.modes) == ("Not connected", before.modes)
        assert user.metadata == {"url": "https://example.org/"}
        assert node.network.markers["alice"] == {"#a": "2020-01-01T00:00:00.000Z"}
        channel = node.network.channel("#a")
        assert (channel.modes["k"], channel.topic) == ("secret", "tea")
        assert channel.members[user.uid].since[:2] == since[:2]
        assert channel.members[user.uid].ranks == 4
    bob = after.connect("bob")
    bob.sends("JOIN #a")
    bob.sees(f":{bob.node.name} 475 bob #a :Cannot join channel (+k)")
    assert "JOIN" in [line.split(" ")[1] for line in log_in(after, "ally").take()]


def test_the_last_chance(stage: Stage, nodes: int) -> None:
    """A server that stops tries once more to save what it could not: channels, metadata, when devices were here."""
    alice = staying(stage, caps="draft/metadata-2 batch")
    stage.shelf.is_gone = True
    alice.sends("JOIN #b")
    log_in(stage, "alice", caps="draft/metadata-2 batch", before="METADATA * SET url one")
    stage.shelf.is_gone = False
    for node in stage.nodes:
        node.stop("bye")
    stage.settle()
    after = again(stage, nodes)
    user = after.server.network.user("alice")
    assert (list(user.channels), user.metadata) == (["#a", "#b"], {"url": "one"})
    assert [kept[""][0] for account, kept in stage.accounts.documents("seen")] == [round(stage.now_s * 1000)]


def test_whom_one_does_not_hear_over_a_restart(stage: Stage, nodes: int) -> None:
    """SILENCE as it was; ACCEPT of those who have an account, since others are somebody else when they are back."""
    stage.registers("bob")
    alice, bob, carol = staying(stage), stage.connect("bob", account="bob"), stage.connect("carol")
    alice.sends("SILENCE +*!*@spam.example", "ACCEPT bob,carol", "UMODE +g")
    alice.disappears()
    carol.sends("PRIVMSG alice :hi")
    carol.sees(f":{carol.node.name} 301 carol alice :Not connected")
    after = again(stage, nodes)
    for node in after.nodes:
        user = node.network.user("alice")
        assert (list(user.silenced), list(user.accepted)) == (["*!*@spam.example"], ["account/bob"])
        assert "g" in user.modes
        assert user.silenced["*!*@spam.example"].matches("x!y@spam.example")
    bob, carol = after.connect("robert", account="bob"), after.connect("carol")
    carol.sends("PRIVMSG alice :hi")
    assert carol.take()[0].split(" ")[1] == "716"
    bob.sends("PRIVMSG alice :hi")
    bob.sees(f":{bob.node.name} 301 robert alice :Not connected")
    back = log_in(after, "alice")
    back.take()
    back.sends("ACCEPT *", "SILENCE", "ACCEPT -robert", "ACCEPT *")
    assert [line.split(" ", 3)[1] for line in back.take()] == ["281", "282", "271", "272", "282"]
    assert list(again(after, nodes).server.network.user("alice").accepted) == []


def test_accounts_accepted_come_and_go(stage: Stage) -> None:
    """They follow their names, are shown when nobody is here with them, and end with the account."""
    stage.registers("bob")
    alice, bob = staying(stage), stage.connect("bobby", account="bob")
    alice.sends("ACCEPT bobby")
    bob.sends("QUIT")
    alice.take()
    alice.sends("ACCEPT *")
    assert alice.take()[0] == f":{alice.node.name} 281 alice bob"
    stage.server.emit(AccountRenamed(stage.server.origin, "bob", "Robert"))
    stage.settle()
    alice.sends("ACCEPT *")
    assert alice.take()[0] == f":{alice.node.name} 281 alice Robert"
    assert accepted(stage) == ["account/robert"]
    stage.server.emit(AccountDeleted(stage.server.origin, "Robert"))
    stage.settle()
    alice.sends("ACCEPT *")
    alice.sees(f":{alice.node.name} 282 alice :End of /ACCEPT list")
    assert accepted(stage) == []


def accepted(stage: Stage) -> object:
    """Whom Alice accepts, as it is written down."""
    ((_, document),) = stage.accounts.documents("presence")
    assert isinstance(document, dict)
    return document["accepted"]


def test_who_is_accepted_and_gone(stage: Stage, nodes: int) -> None:
    """An account that ended while that could not be saved is not accepted any more, whoever has its name then."""
    made = stage.registers("bob")
    alice = staying(stage)
    stage.connect("bob", account="bob").sends("QUIT")
    bob = stage.connect("bob", account="bob")
    alice.sends("ACCEPT bob")
    bob.disappears()
    alice.disappears()
    stage.accounts.delete(made.account_id, 0)
    assert list(again(stage, nodes).server.network.user("alice").accepted) == []


def test_a_channel_of_nobody_over_a_restart(stage: Stage, nodes: int) -> None:
    """A channel is there as long as a member is: with modes, topic, lists and metadata, though nobody registered it."""
    alice = staying(stage, caps="draft/metadata-2 batch")
    alice.sends(
        "MODE #a +bk spammer!*@* secret", "MODE #a +e a:bob", "MODE #a +I *!*@friends.example", "TOPIC #a :tea",
        "METADATA #a SET url :https://example.org/",
    )  # fmt: skip
    before = alice.session.user.channels["#a"].channel
    alice.disappears()
    after = again(stage, nodes)
    for node in after.nodes:
        check(node.network)
        channel = node.network.channels["#a"]
        assert (channel.modes, channel.topic, channel.metadata) == (before.modes, "tea", before.metadata)
        assert {letter: [(ban.text, ban.by, ban.set_ms) for ban in lines.values()]
                for letter, lines in channel.lists.items()} == {
            letter: [(ban.text, ban.by, ban.set_ms) for ban in lines.values()]
            for letter, lines in before.lists.items()
        }  # fmt: skip
    spammer = after.connect("spammer")
    spammer.sends("JOIN #a secret")
    assert spammer.take()[0].split(" ")[1] == "474"
    back = log_in(after, "alice")
    back.take()
    back.sends("MODE #a +b", "PART #a")
    assert back.take()[0].split(" ")[:5] == [f":{back.node.name}", "367", "alice", "#a", "spammer!*@*"]
    assert all("#a" not in node.network.channels for node in after.nodes)


def test_what_is_registered_is_kept_once(stage: Stage, nodes: int) -> None:
    """With the registration, until that ends."""
    alice = staying(stage)
    alice.sends("CS REGISTER #a", "MODE #a +b *!*@spam.example").take()

    def lists() -> object:
        ((_, document),) = stage.accounts.documents("presence")
        return document["channels"][0]["lists"]

    assert lists() == {}
    alice.sends("CS DROP #a")
    code = alice.take()[-1].rsplit(" ", 1)[-1].rstrip(".")
    alice.sends(f"CS DROP #a {code}")
    assert list(lists()) == ["b"], alice.take()
    assert list(again(stage, nodes).server.network.channels["#a"].lists["b"]) == ["*!*@spam.example"]


def test_what_is_over_does_not_come_back(staffed: Stage, nodes: int) -> None:
    """Neither who left for good, nor who was killed, nor what one has parted from."""
    alice = staying(staffed)
    alice.sends("JOIN #b", "PART #a").take()
    first = again(staffed, nodes)
    assert list(first.server.network.user("alice").channels) == ["#b"]
    root = staffed.connect("root")
    root.sends("OPER root secret", "KILL alice :enough")
    assert not again(staffed, nodes).server.network.users
    alice = staying(staffed)
    alice.sends("PERSISTENCE SET OFF", "QUIT")
    assert not again(staffed, nodes).server.network.users


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


@pytest.mark.parametrize("document", ["nonsense", {}, {"nick": "x"}, [], {"nick": 5, "channels": None}])
def test_a_document_that_is_none(document: object) -> None:
    """What cannot be read brings nobody back, and the server starts."""
    stage = Stage()
    account = stage.registers("alice")
    stage.accounts.put_document(account.account_id, "persistence", "ON")
    stage.accounts.put_document(account.account_id, "presence", document)
    assert not again(stage, 1).server.network.users


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
