"""Who stays without a connection over a restart of the server, and what stays with them (draft/persistence)."""

from __future__ import annotations

import pytest
from consistency import check
from logins import log_in
from stayers import again, staying

from chatd.core.events import AccountDeleted, AccountRenamed
from chatd.testing import Stage


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


@pytest.mark.parametrize("document", ["nonsense", {}, {"nick": "x"}, [], {"nick": 5, "channels": None}])
def test_a_document_that_is_none(document: object) -> None:
    """What cannot be read brings nobody back, and the server starts."""
    stage = Stage()
    account = stage.registers("alice")
    stage.accounts.put_document(account.account_id, "persistence", "ON")
    stage.accounts.put_document(account.account_id, "presence", document)
    assert not again(stage, 1).server.network.users
