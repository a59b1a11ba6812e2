"""What becomes of channels when accounts are renamed or deleted, and when nobody uses them."""

from __future__ import annotations

from chanserv import asks, founded, person, register_account, registration, restarted, succeeds
from consistency import check
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.core.events import AccountDeleted, AccountRenamed
from chatd.testing import Stage

DAY_S = 86_400


def delete(stage: Stage, account: str) -> None:
    """What deleting an account is: the store first, then everybody is told."""
    found = stage.accounts.find(account)
    assert found is not None
    stage.accounts.delete(found.account_id, 0)
    stage.server.emit(AccountDeleted(stage.server.origin, found.name))
    stage.settle()


def test_account_rename_follows(stage: Stage) -> None:
    """Access, founder, successor, invitations and links follow an account to its new name."""
    alice = founded(stage)
    register_account(stage, "bob")
    succeeds(stage, "bob", alice)
    for line in ("AOP #chat ADD bob", "TRANSFER #chat bob", "INVITE #chat bob", "AKICK #chat ADD bob"):
        asks(alice, line)
    asks(alice, "INVITELINK #chat MAKE")
    for old, new in (("alice", "Alicia"), ("bob", "Robert")):
        found = stage.accounts.find(old)
        assert found is not None
        stage.accounts.rename(found.account_id, new, new.lower(), stage.server.now_ms())
        stage.server.emit(AccountRenamed(stage.server.origin, old, new))
        stage.settle()
    for each in (registration(stage), registration(restarted(stage))):
        assert (each.founder, each.successor) == ("alicia", "robert")
        assert list(each.access) == list(each.invited) == ["robert"]
        assert each.access["robert"].who == "Robert" and list(each.akicks) == ["robert"]
        assert each.offers["founder"].account == "robert"
        assert [link.maker for link in each.links.values()] == ["alicia"]
    for node in stage.nodes:
        check(node.network)


def test_the_successor_has_it(stage: Stage) -> None:
    """Account deletion hands channels to successors."""
    alice, bob = founded(stage), person(stage, "bob")
    alice.sends("JOIN #two", "CS REGISTER #two")
    succeeds(stage, "bob", alice)
    asks(alice, "FLAGS #two bob op")
    asks(alice, "INVITELINK #chat MAKE")
    bob.sends("JOIN #chat", "JOIN #two").take()
    alice.sends("JOIN 0")
    bob.take()
    delete(stage, "alice")
    assert f":ChanServ!services@{stage.server.name} MODE #chat +qo bob bob" in bob.take()
    each = registration(stage)
    assert (each.founder, each.successor, each.links) == ("bob", "", {})
    assert [kept.folded for kept in stage.kept_channels.load()] == ["#chat"]
    assert all(node.network.channels["#two"].registered is None for node in stage.nodes)
    assert registration(restarted(stage)).founder == "bob"
    bob.sends("PART #two")
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.channels) == ["#chat"]


def test_access_ends_with_the_account(stage: Stage) -> None:
    """Whoever takes the name later has nothing of it."""
    alice = founded(stage)
    register_account(stage, "bob")
    asks(alice, "AOP #chat ADD bob")
    asks(alice, "INVITE #chat bob")
    succeeds(stage, "bob", alice)
    asks(alice, "TRANSFER #chat bob")
    delete(stage, "bob")
    for each in (registration(stage), registration(restarted(stage))):
        assert (each.access, each.invited, each.successor, each.offers) == ({}, {}, "", {})


def test_a_permanent_channel_of_nobody(stage: Stage) -> None:
    """What is not registered any more is not permanent either."""
    alice, bob = founded(stage), stage.connect("bob")
    bob.sends("JOIN #chat").take()
    alice.sends("MODE #chat +P", "PART #chat")
    bob.take()
    delete(stage, "alice")
    bob.sees(f":ChanServ!services@{stage.server.name} MODE #chat -P")
    bob.sends("PART #chat")
    for node in stage.nodes:
        check(node.network)
        assert not node.network.channels


def expiring(stage: Stage) -> Stage:
    """A stage on which registrations end after two days."""
    return Stage(replace(Config(), channels=Channels(expire_days=2)), nodes=len(stage.nodes))


def sleep(stage: Stage, days: int) -> None:
    """Let days pass, of which the server sees the last quarter of an hour; nobody is pinged meanwhile."""
    for node in stage.nodes:
        for session in node.sessions.values():
            session.due_s = 2**40
    stage.now_s += days * DAY_S - 900
    stage.passes(900)


def test_unused_registrations_end(stage: Stage) -> None:
    """Expiry of unused registrations."""
    stage = expiring(stage)
    alice = founded(stage)
    alice.sends("JOIN #kept", "CS REGISTER #kept", "JOIN 0").take()
    sleep(stage, 1)
    assert len(stage.kept_channels.load()) == 2
    alice = person(stage, "again", "alice")
    alice.sends("JOIN #kept", "PART #kept")
    stage.now_s += 900
    sleep(stage, 1)
    assert [kept.folded for kept in stage.kept_channels.load()] == ["#kept"]
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.channels) == ["#kept"]


def test_who_stays_uses_it(stage: Stage) -> None:
    """A channel is in use while somebody with access is in it; others do not count."""
    stage = expiring(stage)
    alice = founded(stage, channel="#away")
    alice.sends("JOIN #chat", "CS REGISTER #chat", "PART #away").take()
    network = stage.server.network
    stranger = stage.connect("stranger")
    stranger.sends("JOIN #away")
    sleep(stage, 3)
    assert list(network.registrations.channels) == ["#chat"]
    assert registration(stage).used_ms > stage.now_s * 1000 - 900_000


def test_what_does_not_end(staffed: Stage) -> None:
    """Server operators keep a registration for good; operators are told of what ends."""
    config = replace(staffed.server.config, channels=Channels(expire_days=2))
    stage = Stage(config, nodes=len(staffed.nodes))
    founded(stage).sends("PART #chat")
    root = person(stage, "root")
    root.sends("OPER root secret").take()
    assert asks(root, "SET #chat noexpire on") == ["noexpire of #chat is on now."]
    sleep(stage, 3)
    assert list(stage.server.network.registrations.channels) == ["#chat"]
    asks(root, "SET #chat noexpire off")
    root.take()
    sleep(stage, 1)
    assert any("#chat is not registered any more (not used for too long)" in line for line in root.take())
