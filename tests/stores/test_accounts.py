"""The contract of ``interfaces.AccountStore``: accounts, their names and their passwords."""

from __future__ import annotations

import pytest
from stored import DAY, FULL, NOW, OTHER, SECRET, Stores, channel, code, invitation, register, token

from chatd.core.accounts import (
    NAMES,
    Account,
    Deleted,
    InvitationRefused,
    NameTaken,
    NoSuchAccount,
    Suspension,
    TooMany,
    names_of_account,
)


def test_registered(stores: Stores) -> None:
    """What was registered is found, by its folded name only, with what the password is checked with."""
    account = register(stores.accounts, "Álice", email="a@example.org")
    assert account == Account(account.account_id, "Álice", "álice", NOW, NOW, "a@example.org")
    assert stores.accounts.find("álice") == account
    assert stores.accounts.look_up("álice") == (account, SECRET)
    assert stores.accounts.find("Álice") is None
    assert stores.accounts.look_up("bob") is None
    assert stores.accounts.owners() == [("álice", "Álice")]


def test_registered_without_a_password(stores: Stores) -> None:
    """Such an account is there, but has nothing to check a password with."""
    account = stores.accounts.register("alice", "alice", None, NOW)
    assert stores.accounts.look_up("alice") == (account, None)


def test_a_name_is_taken_once(stores: Stores) -> None:
    """Neither another spelling nor a nickname of somebody else's can be registered."""
    alice = register(stores.accounts)
    stores.accounts.group(alice.account_id, "Ally", "ally", FULL)
    for name in ("ALICE", "aLLy"):
        with pytest.raises(NameTaken):
            register(stores.accounts, name)
    assert stores.accounts.find("alice") == alice


def test_passwords_change(stores: Stores) -> None:
    """A password is replaced, and taken away."""
    alice = register(stores.accounts)
    stores.accounts.set_credentials(alice.account_id, OTHER)
    assert stores.accounts.look_up("alice") == (alice, OTHER)
    stores.accounts.set_credentials(alice.account_id, SECRET, instead_of=SECRET)
    assert stores.accounts.look_up("alice") == (alice, OTHER), "it has been changed meanwhile"
    stores.accounts.set_credentials(alice.account_id, SECRET, instead_of=OTHER)
    assert stores.accounts.look_up("alice") == (alice, SECRET)
    stores.accounts.set_credentials(alice.account_id, None)
    assert stores.accounts.look_up("alice") == (alice, None)


def test_small_changes(stores: Stores) -> None:
    """Address, last log-in and suspension are kept; they change one account alone."""
    alice, bob = register(stores.accounts), register(stores.accounts, "bob")
    stores.accounts.set_email(alice.account_id, "new@example.org")
    stores.accounts.seen(alice.account_id, NOW + 5)
    suspension = Suspension("spam", "oper!o@h", NOW, NOW + DAY)
    stores.accounts.suspend(alice.account_id, suspension)
    found = stores.accounts.find("alice")
    assert found == Account(
        alice.account_id, "Alice", "alice", NOW, NOW, "new@example.org", NOW + 5, suspension
    )
    stores.accounts.suspend(alice.account_id, None)
    found = stores.accounts.find("alice")
    assert found is not None
    assert found.suspension is None
    assert stores.accounts.find("bob") == bob


def test_who_is_not_there_is_not_changed(stores: Stores) -> None:
    """Each change of an account that is gone says so, and leaves nothing behind for the next one."""
    accounts = stores.accounts
    gone = register(accounts)
    accounts.delete(gone.account_id, NOW)
    number = gone.account_id
    for change in (
        lambda: accounts.set_credentials(number, SECRET),
        lambda: accounts.set_email(number, "a@example.org"),
        lambda: accounts.put_code(number, code()),
        lambda: accounts.add_certificate(number, "ab", NOW, FULL),
        lambda: accounts.add_token(token(gone), FULL),
        lambda: accounts.suspend(number, None),
        lambda: accounts.rename(number, "Bob", "bob", NOW),
        lambda: accounts.group(number, "Bob", "bob", FULL),
        lambda: accounts.ungroup(number, "bob"),
        lambda: accounts.nicks(number),
        lambda: accounts.delete(number, NOW),
        lambda: accounts.export(number),
        lambda: accounts.put_document(number, "settings", {}),
        lambda: accounts.add_invitation(invitation(maker_id=number), FULL),
    ):
        with pytest.raises(NoSuchAccount):
            change()
    accounts.seen(number, NOW)
    assert accounts.owners() == []
    assert register(accounts, "bob").account_id != number


def test_nicknames(stores: Stores) -> None:
    """Grouped nicknames find the account; an account has at most so many, and nobody else's."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    accounts.group(alice.account_id, "Zoe", "zoe", 2)
    accounts.group(alice.account_id, "Ally", "ally", 2)
    accounts.group(alice.account_id, "zoe", "zoe", 2)
    accounts.group(alice.account_id, "alice", "alice", 2)
    assert accounts.find("ally") == alice
    assert accounts.look_up("ally") == (alice, SECRET)
    assert accounts.nicks(alice.account_id) == ["Ally", "Zoe"]
    assert sorted(accounts.owners()) == [("alice", "Alice"), ("ally", "Alice"), ("bob", "bob"), ("zoe", "Alice")]
    with pytest.raises(TooMany):
        accounts.group(alice.account_id, "Al", "al", 2)
    with pytest.raises(NameTaken):
        accounts.group(bob.account_id, "Zoe", "zoe", 2)
    assert not accounts.ungroup(bob.account_id, "zoe")
    assert not accounts.ungroup(alice.account_id, "alice")
    assert accounts.ungroup(alice.account_id, "zoe")
    assert not accounts.ungroup(alice.account_id, "zoe")
    accounts.group(bob.account_id, "Zoe", "zoe", 2)


def test_renaming(stores: Stores) -> None:
    """An account takes a free name, or one of its own; the old one is free, and its channels go with it."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    accounts.group(alice.account_id, "Ally", "ally", FULL)
    stores.channels.register(channel(founder="alice", successor="bob"), FULL)
    with pytest.raises(NameTaken):
        accounts.rename(alice.account_id, "Bob", "bob", NOW)
    assert accounts.rename(alice.account_id, "ALICE", "alice", NOW).name == "ALICE"
    renamed = accounts.rename(alice.account_id, "Ally", "ally", NOW)
    assert (renamed.account_id, renamed.name, renamed.folded) == (alice.account_id, "Ally", "ally")
    assert accounts.find("alice") is None
    assert accounts.nicks(alice.account_id) == []
    accounts.rename(bob.account_id, "Alice", "alice", NOW)
    (kept,) = stores.channels.load()
    assert (kept.founder, kept.successor) == ("ally", "alice")


def test_the_names_an_account_has_had(stores: Stores) -> None:
    """They are kept with the renaming or not at all, with their moments; another way to write a name is none."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")

    def names() -> list[tuple[str, int]]:
        return names_of_account(accounts.document(alice.account_id, NAMES), alice)

    assert names() == [("alice", NOW)]
    accounts.rename(alice.account_id, "ALICE", "alice", NOW + 1)
    with pytest.raises(NameTaken):
        accounts.rename(alice.account_id, "Bob", "bob", NOW + 2)
    assert names() == [("alice", NOW)]
    accounts.rename(alice.account_id, "Ally", "ally", NOW + 3)
    accounts.rename(alice.account_id, "Al", "al", NOW + 4)
    accounts.rename(alice.account_id, "Alice", "alice", NOW + 5)
    assert names() == [("alice", NOW), ("ally", NOW + 3), ("al", NOW + 4), ("alice", NOW + 5)]
    assert accounts.document(bob.account_id, NAMES) is None
    accounts.delete(alice.account_id, NOW + 6)
    assert accounts.documents(NAMES) == []


def test_deleting(stores: Stores) -> None:
    """Nothing is left of an account; what its channels are now is said."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    number = alice.account_id
    accounts.group(number, "Ally", "ally", FULL)
    accounts.add_certificate(number, "aa", NOW, FULL)
    accounts.add_token(token(alice), FULL)
    accounts.put_code(number, code("reset"))
    accounts.put_document(number, "settings", {"a": 1})
    accounts.add_invitation(invitation(maker_id=number), FULL)
    for name, successor in (("#b", "bob"), ("#a", "bob"), ("#lonely", "")):
        stores.channels.register(channel(name, successor=successor), FULL)
    stores.channels.register(channel("#bobs", "bob", successor="alice"), FULL)
    assert accounts.delete(number, NOW) == Deleted(alice, ("#a", "#b"), ("#lonely",))
    assert {(kept.name, kept.founder, kept.successor) for kept in stores.channels.load()} == {
        ("#a", "bob", ""), ("#b", "bob", ""), ("#bobs", "bob", "")
    }  # fmt: skip
    assert accounts.owners() == [("bob", "bob")]
    assert accounts.by_certificate("aa") is None
    assert accounts.token("one") is None
    assert accounts.documents("settings") == []
    with pytest.raises(InvitationRefused):
        register(accounts, "carol", invitation_hash=b"welcome")
    again = register(accounts)
    assert again.account_id not in (number, bob.account_id)
    assert accounts.nicks(again.account_id) == []
    assert accounts.document(again.account_id, "settings") is None


def test_names_are_reserved(stores: Stores) -> None:
    """Nobody takes the names of an account that is gone before it is time, in any way."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    accounts.group(alice.account_id, "Ally", "ally", FULL)
    accounts.delete(alice.account_id, NOW, reserve_until_ms=NOW + DAY)
    for when in (NOW, NOW + DAY - 1):
        accounts.purge(when)
        with pytest.raises(NameTaken):
            register(accounts)
        with pytest.raises(NameTaken):
            accounts.group(bob.account_id, "Ally", "ally", FULL)
        with pytest.raises(NameTaken):
            accounts.rename(bob.account_id, "Alice", "alice", NOW)
    accounts.purge(NOW + DAY)
    register(accounts)


def test_invitations(stores: Stores) -> None:
    """An invitation lets in as many as it says, until it expires."""
    accounts = stores.accounts
    accounts.add_invitation(invitation(uses_left=2, expires_ms=NOW + 5), FULL)
    accounts.add_invitation(invitation(b"late", expires_ms=NOW), FULL)
    register(accounts, "a", invitation_hash=b"welcome")
    with pytest.raises(NameTaken):
        register(accounts, "a", invitation_hash=b"welcome")
    register(accounts, "b", invitation_hash=b"welcome")
    for word in (b"welcome", b"late", b"unknown"):
        with pytest.raises(InvitationRefused):
            register(accounts, "c", invitation_hash=word)
    assert accounts.find("c") is None


def test_invitations_have_makers(stores: Stores) -> None:
    """Each maker has so many of them, and sees and removes its own."""
    accounts = stores.accounts
    alice = register(accounts)
    mine, ours = invitation(b"mine", maker_id=alice.account_id), invitation(b"ours")
    accounts.add_invitation(mine, 1)
    accounts.add_invitation(ours, 1)
    for more in (invitation(b"more", maker_id=alice.account_id), invitation(b"more")):
        with pytest.raises(TooMany):
            accounts.add_invitation(more, 1)
    assert accounts.invitations(alice.account_id) == [mine]
    assert accounts.invitations(None) == [ours]
    assert not accounts.remove_invitation(alice.account_id, b"ours")
    assert not accounts.remove_invitation(None, b"mine")
    assert accounts.remove_invitation(alice.account_id, b"mine")
    assert not accounts.remove_invitation(alice.account_id, b"mine")


def test_documents(stores: Stores) -> None:
    """Any JSON comes back as it was; each kind is by itself; None takes it away."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "Bob")
    document = {"ä": [1, 2.5, True, None, "x\U0001f600"], "deep": {"": {}}}
    accounts.put_document(alice.account_id, "settings", {"old": 1})
    accounts.put_document(alice.account_id, "settings", document)
    accounts.put_document(alice.account_id, "markers", [])
    accounts.put_document(bob.account_id, "settings", 0)
    assert accounts.document(alice.account_id, "settings") == document
    assert accounts.document(alice.account_id, "presence") is None
    assert sorted(accounts.documents("settings"), key=str) == [("alice", document), ("bob", 0)]
    accounts.put_document(alice.account_id, "settings", None)
    accounts.put_document(alice.account_id, "settings", None)
    assert accounts.documents("settings") == [("bob", 0)]
    assert accounts.documents("markers") == [("alice", [])]


def test_purging(stores: Stores) -> None:
    """What has expired goes, and nothing else."""
    accounts = stores.accounts
    register(accounts, "late", pending=code(expires_ms=NOW + 5))
    waiting = register(accounts, "waiting", pending=code())
    alice = register(accounts)
    accounts.put_code(alice.account_id, code("reset", expires_ms=NOW + 5))
    accounts.add_token(token(alice, "old", expires_ms=NOW + 5), FULL)
    accounts.add_token(token(alice, "new", expires_ms=NOW + 6), FULL)
    accounts.add_token(token(alice, "ever"), FULL)
    accounts.add_invitation(invitation(b"old", expires_ms=NOW + 5), FULL)
    accounts.add_invitation(invitation(b"new", expires_ms=NOW + 6), FULL)
    accounts.add_invitation(invitation(b"used", uses_left=0), FULL)
    accounts.add_invitation(invitation(b"ever"), FULL)
    assert accounts.purge(NOW + 4) == []
    assert [gone.name for gone in accounts.purge(NOW + 5)] == ["late"]
    assert {folded for folded, _ in accounts.owners()} == {"waiting", "alice"}
    assert {each.token_id for each in accounts.tokens(alice.account_id)} == {"new", "ever"}
    assert {each.code_hash for each in accounts.invitations(None)} == {b"new", b"ever"}
    assert accounts.confirm(waiting.account_id, "register", b"right", NOW + 5).verified_ms
    assert accounts.purge(NOW + 2 * DAY) == []
    register(accounts, "late")


def test_export(stores: Stores) -> None:
    """All that is stored is there, and nothing that logs anybody in."""
    accounts = stores.accounts
    alice = register(accounts, email="a@example.org")
    number = alice.account_id
    register(accounts, "bob")
    accounts.group(number, "Ally", "ally", FULL)
    accounts.add_certificate(number, "aa", NOW, FULL)
    accounts.add_token(token(alice), FULL)
    accounts.put_code(number, code("email", email="new@example.org"))
    accounts.put_document(number, "settings", {"a": 1})
    accounts.add_invitation(invitation(maker_id=number), FULL)
    accounts.suspend(number, Suspension("spam", "oper!o@h", NOW))
    stores.channels.register(channel("#Mine"), FULL)
    stores.channels.register(channel("#Bobs", "bob", successor="alice"), FULL)
    assert accounts.export(number) == {
        "account": "Alice", "created_ms": NOW, "verified_ms": NOW, "email": "a@example.org", "seen_ms": 0,
        "suspension": {"reason": "spam", "since_ms": NOW, "expires_ms": 0},
        "has_password": True,
        "nicknames": ["Ally"],
        "certificates": [{"sha256": "aa", "added_ms": NOW}],
        "tokens": [
            {"id": "one", "device": "phone", "address": "192.0.2.1", "created_ms": NOW, "used_ms": NOW, "expires_ms": 0}
        ],
        "pending": [{"purpose": "email", "email": "new@example.org", "expires_ms": NOW + DAY}],
        "invitations": [{"uses_left": 1, "expires_ms": 0}],
        "channels_founded": ["#Mine"],
        "channels_to_inherit": ["#Bobs"],
        "documents": {"settings": {"a": 1}},
    }  # fmt: skip
