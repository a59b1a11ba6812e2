"""Registering channels, giving them away, dropping them; what survives that nobody is there, and a restart."""

from __future__ import annotations

from typing import Any

from chanserv import answers, asks, founded, log_in, person, registration, restarted
from consistency import check
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.core.accounts import StoreUnavailable
from chatd.core.kept import KeptChannel
from chatd.testing import Stage


def chanserv(client) -> str:
    return f":ChanServ!services@{client.node.name}"


def test_register(stage: Stage) -> None:
    """ChanServ and commands for register, drop, transfer, successor, info; founder."""
    alice = person(stage, "alice", "Alice")
    alice.sends("JOIN #Chat").take()
    alice.sends("CS REGISTER #chat")
    taken = alice.take()
    assert f"{chanserv(alice)} NOTICE alice :#Chat is registered, and you are its founder." in taken
    assert f"{chanserv(alice)} MODE #Chat +q alice" in taken
    assert registration(stage).founder == "alice"
    (kept,) = stage.kept_channels.load()
    assert (kept.name, kept.folded, kept.founder) == ("#Chat", "#chat", "alice")
    bob = person(stage, "bob")
    assert asks(bob, "INFO #chat")[:1] == ["#Chat belongs to Alice."]
    for node in stage.nodes:
        check(node.network)


def test_who_may_not_register(stage: Stage) -> None:
    """Registering needs an account, the rank of an operator, and a channel that nobody has."""
    alice, nobody = founded(stage), stage.connect("nobody")
    alice.sends("MODE #chat +o nobody")
    bob = person(stage, "bob")
    bob.sends("JOIN #chat")
    nobody.sends("JOIN #free").take()
    assert "not logged in" in asks(nobody, "REGISTER #free")[0]
    for name in ("#chat", "#elsewhere"):
        assert asks(bob, f"REGISTER {name}")[0].startswith(f"You are not an operator in {name}. Join it first;")
    assert asks(bob, "REGISTER chat") == ["The name of a channel begins with #."]
    assert asks(alice, "REGISTER #chat") == ["#chat is registered already."]
    assert [kept.folded for kept in stage.kept_channels.load()] == ["#chat"]


def test_limit_per_account() -> None:
    """Limits per account."""
    stage = Stage(replace(Config(), channels=Channels(per_account=1)), nodes=2)
    alice = founded(stage)
    alice.sends("JOIN #more")
    assert asks(alice, "REGISTER #more") == ["You have as many channels as one account may have."]
    assert stage.server.network.channels["#more"].registered is None


def test_closed_registration(stage: Stage) -> None:
    """Registering can be for operators alone."""
    closed = Stage(replace(Config(), channels=Channels(registering=False)), nodes=len(stage.nodes))
    alice = person(closed, "alice")
    alice.sends("JOIN #chat")
    assert asks(alice, "REGISTER #chat") == ["Only operators of this server register channels."]


def test_ten_race_for_one_channel(stage: Stage) -> None:
    """Ten concurrent clients racing for one account or channel: exactly one wins."""
    people = [person(stage, f"p{number}") for number in range(10)]
    people[0].sends("JOIN #chat")
    for each in people[1:]:
        each.sends("JOIN #chat")
        people[0].sends(f"MODE #chat +o {each.session.shown_nick}")
    for each in people:
        each.take()
    for each in people:
        each.session.receive(b"CS REGISTER #chat\r\n")
    stage.settle()
    said = [answers(each) for each in people]
    won = ["#chat is registered, and you are its founder."]
    lost = (["That channel is registered already."], ["#chat is registered already."])
    winners = [each for each, lines in zip(people, said, strict=True) if lines == won]
    assert (len(winners), sum(lines in lost for lines in said)) == (1, 9)
    (kept,) = stage.kept_channels.load()
    assert kept.founder == registration(stage).founder == winners[0].session.user.account


def test_database_gone(stage: Stage) -> None:
    """Database locked, full, or gone: a temporary failure, and nothing is half there."""
    alice = person(stage, "alice")
    alice.sends("JOIN #chat")
    stage.shelf.is_gone = True
    assert asks(alice, "REGISTER #chat") == ["That cannot be done just now; please try again in a few minutes."]
    assert all(node.network.channels["#chat"].registered is None for node in stage.nodes)
    stage.shelf.is_gone = False
    assert asks(alice, "REGISTER #chat") == ["#chat is registered, and you are its founder."]


def test_everybody_leaves_while_it_is_registered() -> None:
    """A channel that has emptied while its registration was written down is there, and registered."""
    stage = Stage(nodes=2)
    alice = person(stage, "alice")
    alice.sends("JOIN #chat", "TOPIC #chat :roses")
    alice.session.receive(b"CS REGISTER #chat\r\n")
    alice.disappears()
    for node in stage.nodes:
        check(node.network)
    kept = [each.folded for each in stage.kept_channels.load()]
    assert [sorted(node.network.registrations.channels) for node in stage.nodes] in ([kept] * 2, [[]] * 2)


def test_state_survives_emptiness(stage: Stage) -> None:
    """A registered channel's state survives emptiness; the first one in is not given operator."""
    alice, bob = founded(stage), person(stage, "bob")
    alice.sends("TOPIC #chat :roses", "MODE #chat +kls-t key 9", "MODE #chat +b bad!*@*", "MODE #chat +e good!*@*")
    alice.sends("MODE #chat +I friend!*@*", "PART #chat").take()
    bob.sends("JOIN #chat")
    bob.sees(f":{bob.node.name} 475 bob #chat :Cannot join channel (+k)")
    bob.sends("JOIN #chat key")
    lines = bob.take()
    assert lines[0] == f":{bob.session.user.source} JOIN #chat"
    assert f":{bob.node.name} 332 bob #chat :roses" in lines
    assert any(line.startswith(f":{bob.node.name} 333 bob #chat alice!") for line in lines)
    assert f":{bob.node.name} 353 bob @ #chat :bob" in lines
    bob.sends("MODE #chat", "MODE #chat +b")
    lines = bob.take()
    assert lines[0] == f":{bob.node.name} 324 bob #chat +klns key 9"
    assert any(" 367 bob #chat bad!*@* alice!" in line for line in lines)
    alice.sends("JOIN #chat key")
    assert f"{chanserv(alice)} MODE #chat +qo alice alice" in alice.take()
    bob.sees(f":{alice.session.user.source} JOIN #chat", f"{chanserv(alice)} MODE #chat +qo alice alice")


def test_state_survives_a_restart(stage: Stage) -> None:
    """Persistent topic, modes, lists, metadata."""
    alice = founded(stage)
    alice.sends("CAP REQ :batch draft/metadata-2", "TOPIC #chat :roses", "MODE #chat +kl-n key 9")
    alice.sends("MODE #chat +b bad!*@*", "MODE #chat +e good!*@*", "MODE #chat +I friend!*@*", "METADATA #chat SET url :https://chat.example/")
    before = stage.server.network.channels["#chat"]
    again = restarted(stage)
    for node in again.nodes:
        check(node.network)
        channel = node.network.channels["#chat"]
        assert (channel.topic, channel.topic_by) == ("roses", alice.session.user.source)
        assert channel.topic_ms == before.topic_ms
        assert channel.modes == {"k": "key", "l": "9", "t": ""}
        assert {letter: list(entries) for letter, entries in channel.lists.items()} == {
            "b": ["bad!*@*"], "e": ["good!*@*"], "I": ["friend!*@*"],
        }  # fmt: skip
        assert channel.lists["b"]["bad!*@*"].by == alice.session.user.source
        assert channel.metadata == {"url": "https://chat.example/"}
        assert (channel.created_ms, channel.members) == (before.created_ms, {})
    bad, alice = again.connect("bad"), person(again, "alice")
    bad.sends("JOIN #chat key")
    bad.sees(f":{bad.node.name} 474 bad #chat :Cannot join channel (+b)")
    alice.sends("JOIN #chat key")
    assert f"{chanserv(alice)} MODE #chat +qo alice alice" in alice.take()


def test_what_changes_is_saved_once_the_database_is_back(stage: Stage) -> None:
    """Database gone: chat goes on, operators are told, and nothing is lost once it is back."""
    alice = founded(stage)
    stage.shelf.is_gone = True
    alice.sends("TOPIC #chat :one", "TOPIC #chat :two", "MODE #chat +m")
    stage.passes(20)
    stage.shelf.is_gone = False
    assert stage.kept_channels.load()[0].document["topic"]["text"] == ""
    stage.passes(6)
    document = stage.kept_channels.load()[0].document
    assert document["topic"]["text"] == "two" and "m" in document["modes"]


def test_the_last_chance(stage: Stage) -> None:
    """A server that stops tries once more to save what it could not."""
    alice = founded(stage)
    stage.shelf.is_gone = True
    alice.sends("TOPIC #chat :roses")
    stage.shelf.is_gone = False
    for node in stage.nodes:
        node.stop("bye")
    stage.settle()
    assert stage.kept_channels.load()[0].document["topic"]["text"] == "roses"


class CountingStore:
    """Counts how often a channel is saved; all else is the other's."""

    def __init__(self, stage: Stage) -> None:
        self.store = stage.kept_channels
        self.saved = 0

    def save(self, channel: KeptChannel) -> None:
        self.saved += 1
        self.store.save(channel)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_channel_that_changes_all_the_time(stage: Stage) -> None:
    """It is saved so often in a second and no more, but then as it is in the end."""
    alice = founded(stage)
    store = CountingStore(stage)
    for node in stage.nodes:
        node.kept_channels = store
    for number in range(40):
        alice.sends(f"TOPIC #chat :{number}")
    assert store.saved == 5
    stage.passes(1)
    assert (store.saved, stage.kept_channels.load()[0].document["topic"]["text"]) == (6, "39")


def test_ranks_alone_are_not_saved(stage: Stage) -> None:
    """What is not kept is no reason to save."""
    alice, _ = founded(stage), stage.connect("bob").sends("JOIN #chat")
    stage.shelf.channels.clear()
    alice.sends("MODE #chat +v bob", "PRIVMSG #chat :hello", "KICK #chat bob")
    assert all(not node.channel_saver.waiting for node in stage.nodes)
    assert registration(stage).dirty is False


def test_drop(stage: Stage) -> None:
    """DROP asks for a code first; afterwards the channel ends like any other."""
    alice, bob = founded(stage), person(stage, "bob")
    bob.sends("JOIN #chat")
    assert asks(bob, "DROP #chat") == ["You need the flag founder on #chat."]
    warning, how = asks(alice, "DROP #chat")
    assert "cannot be undone" in warning
    code = how.rpartition(" ")[2]
    assert asks(alice, "DROP #chat wrong") == [warning, how]
    assert asks(bob, f"DROP #chat {code}") == ["You need the flag founder on #chat."]
    assert asks(alice, f"DROP #chat {code}") == ["#chat is not registered any more."]
    assert stage.kept_channels.load() == []
    assert asks(alice, "INFO #chat") == ["#chat is not registered."]
    alice.sends("PART #chat")
    bob.sends("PART #chat")
    for node in stage.nodes:
        check(node.network)
        assert not node.network.channels


def test_the_code_of_another_registration(stage: Stage) -> None:
    """The code for one registration does not drop the next one of that name."""
    alice = founded(stage)
    code = asks(alice, "DROP #chat")[1].rpartition(" ")[2]
    asks(alice, f"DROP #chat {code}")
    stage.passes(1)
    asks(alice, "REGISTER #chat")
    assert len(asks(alice, f"DROP #chat {code}")) == 2
    assert registration(stage).founder == "alice"


def test_info_is_for_who_may_know(stage: Stage) -> None:
    """A secret channel is nobody's business but of those in it and with access."""
    alice, bob = founded(stage), person(stage, "bob")
    assert len(asks(bob, "INFO #chat")) == 2
    assert len(asks(alice, "INFO #chat")) > 3
    alice.sends("MODE #chat +s")
    assert asks(bob, "INFO #chat") == ["#chat is not registered."]
    assert asks(bob, "DROP #chat") == ["#chat is not registered."]
    assert asks(bob, "INFO #nothing") == ["#nothing is not registered."]
    alice.sends("PART #chat")
    assert len(asks(alice, "INFO #chat")) > 3


def test_logging_in_gives_ranks(stage: Stage) -> None:
    """Automatic ranks on join and on log-in."""
    alice = founded(stage)
    again, bob = stage.connect("again"), stage.connect("bob")
    again.sends("JOIN #chat").take()
    bob.sends("JOIN #chat").take()
    log_in(again, "alice")
    bob.sees(f"{chanserv(again)} MODE #chat +qo again again")
    alice.take()


class SlowStore:
    """A store that has done what it was asked, but too late to say so, once; what is not asked of it is the other's."""

    def __init__(self, stage: Stage) -> None:
        self.store = stage.kept_channels
        self.is_slow = True

    def register(self, channel: KeptChannel, limit: int) -> None:
        self.store.register(channel, limit)
        if self.is_slow:
            self.is_slow = False
            raise StoreUnavailable("it took too long")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_a_store_that_answers_too_late(stage: Stage) -> None:
    """What was written down though nobody heard of it is found when somebody asks again."""
    slow = SlowStore(stage)
    for node in stage.nodes:
        node.kept_channels = slow
    alice, bob = person(stage, "alice"), person(stage, "bob")
    alice.sends("JOIN #chat")
    bob.sends("JOIN #chat")
    alice.sends("MODE #chat +o bob", "TOPIC #chat :before")
    assert asks(alice, "REGISTER #chat") == ["That cannot be done just now; please try again in a few minutes."]
    alice.sends("TOPIC #chat :after")
    assert asks(bob, "REGISTER #chat") == ["That channel is registered already."]
    assert registration(stage).founder == "alice"
    assert stage.kept_channels.load()[0].document["topic"]["text"] == "after"
    assert asks(alice, "REGISTER #chat") == ["#chat is registered already."]


def test_who_leaves_while_it_is_written_down(stage: Stage) -> None:
    """What is on disk is known to everybody, also when who asked for it is gone."""
    alice, bob = person(stage, "alice"), stage.connect("bob")
    alice.sends("JOIN #chat")
    bob.sends("JOIN #chat").take()
    alice.session.receive(b"CS REGISTER #chat\r\n")
    alice.session.lost("gone")
    stage.settle()
    (kept,) = stage.kept_channels.load()
    assert registration(stage).founder == kept.founder == "alice"


def test_channels_of_an_account(stage: Stage) -> None:
    """CHANNELS lists where one has access, and nothing else."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(alice, "CHANNELS") == ["#chat: founder", "End of your channels."]
    assert asks(bob, "CHANNELS") == ["End of your channels."]
    asks(alice, "VOP #chat ADD bob")
    assert asks(bob, "CHANNELS") == ["#chat: +AVv voice auto-voice see", "End of your channels."]
