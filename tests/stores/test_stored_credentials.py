"""What proves an account, in every store: codes, certificates, session tokens."""

from __future__ import annotations

import pytest
from stored import DAY, FULL, NOW, OTHER, SECRET, Stores, code, register, token

from chatd.core.accounts import (
    CertificateTaken,
    CodeRefused,
    TooMany,
)


def test_codes(stores: Stores) -> None:
    """The right code verifies once; it is of one account and one purpose."""
    alice = register(stores.accounts, pending=code())
    bob = register(stores.accounts, "bob", pending=code())
    assert alice.verified_ms == 0
    with pytest.raises(CodeRefused):
        stores.accounts.confirm(alice.account_id, "email", b"right", NOW)
    confirmed = stores.accounts.confirm(alice.account_id, "register", b"right", NOW + 5)
    assert confirmed.verified_ms == NOW + 5
    assert stores.accounts.find("alice") == confirmed
    assert stores.accounts.find("bob") == bob
    with pytest.raises(CodeRefused):
        stores.accounts.confirm(alice.account_id, "register", b"right", NOW + 5)


def test_a_code_for_an_address_sets_it(stores: Stores) -> None:
    """The address is the old one until then; who was verified stays so since then."""
    alice = register(stores.accounts, email="old@example.org")
    stores.accounts.put_code(alice.account_id, code("email", b"first", email="first@example.org"))
    stores.accounts.put_code(alice.account_id, code("email", email="new@example.org"))
    with pytest.raises(CodeRefused):
        stores.accounts.confirm(alice.account_id, "email", b"first", NOW)
    found = stores.accounts.find("alice")
    assert found is not None
    assert found.email == "old@example.org"
    confirmed = stores.accounts.confirm(alice.account_id, "email", b"right", NOW + 5)
    assert (confirmed.email, confirmed.verified_ms) == ("new@example.org", NOW)


def test_strangers_cannot_use_up_a_code(stores: Stores) -> None:
    """However many wrong ones are given, the right one is good until it expires."""
    alice = register(stores.accounts, pending=code(expires_ms=NOW + 5))
    for guess in range(50):
        with pytest.raises(CodeRefused):
            stores.accounts.confirm(alice.account_id, "register", b"wrong%d" % guess, NOW)
    with pytest.raises(CodeRefused):
        stores.accounts.confirm(alice.account_id, "register", b"right", NOW + 5)
    assert stores.accounts.confirm(alice.account_id, "register", b"right", NOW + 4).verified_ms


def test_a_lost_password_is_replaced_all_at_once(stores: Stores) -> None:
    """Code, password and tokens change together, or none of them."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    accounts.add_token(token(alice), FULL)
    accounts.add_token(token(bob, "bobs"), FULL)
    accounts.put_code(alice.account_id, code("reset"))
    for refused in (b"wrong", b"wronger"):
        with pytest.raises(CodeRefused):
            accounts.reset(alice.account_id, refused, OTHER, NOW)
    assert accounts.look_up("alice") == (alice, SECRET)
    assert len(accounts.tokens(alice.account_id)) == 1
    assert accounts.reset(alice.account_id, b"right", OTHER, NOW) == alice
    assert accounts.look_up("alice") == (alice, OTHER)
    assert accounts.tokens(alice.account_id) == []
    assert accounts.look_up("bob") == (bob, SECRET)
    assert len(accounts.tokens(bob.account_id)) == 1
    with pytest.raises(CodeRefused):
        accounts.reset(alice.account_id, b"right", SECRET, NOW)
    with pytest.raises(CodeRefused):
        accounts.reset(alice.account_id + 5, b"right", SECRET, NOW)


def test_a_certificate_that_is_shown(stores: Stores) -> None:
    """It goes to who shows it, from whoever has it; when that may have no more, all is as it was."""
    alice, bob = register(stores.accounts), register(stores.accounts, "bob")
    stores.accounts.add_certificate(alice.account_id, "aa", NOW, 1)
    stores.accounts.add_certificate(bob.account_id, "bb", NOW, 1)
    with pytest.raises(CertificateTaken):
        stores.accounts.add_certificate(alice.account_id, "aa", NOW, FULL, is_shown=True)
    with pytest.raises(TooMany):
        stores.accounts.add_certificate(bob.account_id, "aa", NOW, 1, is_shown=True)
    assert stores.accounts.by_certificate("aa") == alice
    stores.accounts.add_certificate(bob.account_id, "aa", NOW, 2, is_shown=True)
    assert stores.accounts.by_certificate("aa") == bob
    assert stores.accounts.certificates(alice.account_id) == []


def test_certificates(stores: Stores) -> None:
    """A certificate logs in to one account; an account has at most so many."""
    alice, bob = register(stores.accounts), register(stores.accounts, "bob")
    stores.accounts.add_certificate(alice.account_id, "ff", NOW, 2)
    stores.accounts.add_certificate(alice.account_id, "aa", NOW + 5, 2)
    assert stores.accounts.by_certificate("aa") == alice
    assert stores.accounts.by_certificate("bb") is None
    assert stores.accounts.certificates(alice.account_id) == ["ff", "aa"]
    for account in (alice, bob):
        with pytest.raises(CertificateTaken):
            stores.accounts.add_certificate(account.account_id, "aa", NOW, FULL)
    with pytest.raises(TooMany):
        stores.accounts.add_certificate(alice.account_id, "bb", NOW, 2)
    assert not stores.accounts.remove_certificate(bob.account_id, "aa")
    assert stores.accounts.remove_certificate(alice.account_id, "aa")
    assert not stores.accounts.remove_certificate(alice.account_id, "aa")
    assert stores.accounts.by_certificate("aa") is None


def test_tokens(stores: Stores) -> None:
    """A token is found by its public half with whose it is; its use is noted; its owner alone removes it."""
    accounts = stores.accounts
    alice, bob = register(accounts), register(accounts, "bob")
    first, second = token(alice, "zz", expires_ms=NOW + DAY), token(alice, "aa", created_ms=NOW + 1)
    accounts.add_token(first, FULL)
    accounts.add_token(second, FULL)
    accounts.add_token(token(bob, "bb"), FULL)
    assert accounts.token("zz") == (first, alice)
    assert accounts.token("none") is None
    assert accounts.tokens(alice.account_id) == [first, second]
    accounts.touch_token("zz", NOW + 9, "198.51.100.1")
    accounts.touch_token("none", NOW + 9, "198.51.100.1")
    touched = accounts.token("zz")
    assert touched is not None
    assert (touched[0].used_ms, touched[0].address) == (NOW + 9, "198.51.100.1")
    assert not accounts.remove_token(bob.account_id, "zz")
    assert accounts.remove_token(alice.account_id, "zz")
    assert accounts.token("zz") is None
    assert accounts.remove_tokens(alice.account_id) == 1
    assert accounts.remove_tokens(alice.account_id) == 0
    assert len(accounts.tokens(bob.account_id)) == 1


def test_tokens_are_limited(stores: Stores) -> None:
    """Those that have expired do not count."""
    alice = register(stores.accounts)
    stores.accounts.add_token(token(alice, "old", expires_ms=NOW + 5), 1)
    with pytest.raises(TooMany):
        stores.accounts.add_token(token(alice, "new"), 1)
    stores.accounts.add_token(token(alice, "new", created_ms=NOW + 5), 1)
