"""What logging in and out is told as, and what becomes of those who are logged in to an account that changes."""

from __future__ import annotations

from chatd.core.events import AccountChanged, AccountDeleted, AccountRenamed, NickGrouped, NickUngrouped
from chatd.testing import Client, Stage


def log_in(client: Client, account: str | None) -> None:
    """A user logs in, or out (None)."""
    client.node.emit(AccountChanged(client.session.context.origin, account))
    client.stage.settle()


def test_whois(stage: Stage) -> None:
    """330 names the account."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    log_in(bob, "hax0r")
    alice.sends("WHOIS bob")
    assert f":{alice.node.name} 330 alice bob hax0r :is logged in as" in alice.take()


def test_numerics(stage: Stage) -> None:
    """IRCv3 sasl-3.1: "`900` aka `RPL_LOGGEDIN` is sent when the user's account name is set (whether by SASL or
    otherwise)"; "`901` aka `RPL_LOGGEDOUT` is sent when the user's account name is unset (whether by SASL or
    otherwise)".
    """
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    log_in(alice, "hax0r")
    log_in(alice, None)
    name, source = alice.node.name, alice.session.user.source
    alice.sees(
        f":{name} 900 alice {source} hax0r :You are now logged in as hax0r",
        f":{name} 901 alice {source} :You are now logged out",
    )
    bob.sees()


def test_renaming_and_deleting_accounts(stage: Stage) -> None:
    """Who is logged in to an account follows what becomes of it, on every node."""
    stage.registers("alice")
    alice, bob = stage.connect("a", caps="account-notify"), stage.connect("b", caps="account-notify")
    for client in (alice, bob):
        client.sends("JOIN #a")
    for client in (alice, bob):
        stage.logs_in(client, "alice")
    alice.take(), bob.take()
    server = stage.server
    server.emit(AccountRenamed(server.origin, "alice", "liddell"))
    stage.settle()
    for client in (alice, bob):
        assert [line.split(" ", 1)[1] for line in client.take() if " ACCOUNT " in line] == ["ACCOUNT liddell"] * 2
    server.emit(AccountDeleted(server.origin, "liddell"))
    stage.settle()
    for client in (alice, bob):
        assert [line.split(" ", 1)[1] for line in client.take() if " ACCOUNT " in line] == ["ACCOUNT *"] * 2
        assert client.session.account is None
    assert [node.network.registry.owners for node in stage.nodes] == [{}] * len(stage.nodes)


def test_the_registry(stage: Stage) -> None:
    """Every node knows whose the nicknames are, whatever happens to accounts."""
    origin = stage.server.origin
    stage.registers("Alice")
    for event in (
        NickGrouped(origin, "Alice", "Ally"), NickGrouped(origin, "Alice", "Al"), NickUngrouped(origin, "Alice", "Al"),
        NickUngrouped(origin, "bob", "Ally"), AccountRenamed(origin, "Alice", "Liddell"),
        AccountRenamed(origin, "Alice", "Nobody"),
    ):  # fmt: skip
        stage.server.emit(event)
    stage.settle()
    for node in stage.nodes:
        registry, fold = node.network.registry, node.network.fold
        assert registry.owners == {"liddell": "Liddell", "ally": "Liddell"}
        assert registry.account("liddell", fold) == "Liddell"
        assert (registry.account("ally", fold), registry.account("alice", fold)) == (None, None)


def test_the_registry_is_there_from_the_start() -> None:
    """A server that starts knows the nicknames that its store has."""
    before = Stage()
    account = before.registers("Alice")
    before.accounts.group(account.account_id, "Ally", "ally", 5)
    after = Stage(accounts=before.accounts)
    assert after.server.network.registry.owners == {"alice": "Alice", "ally": "Alice"}
