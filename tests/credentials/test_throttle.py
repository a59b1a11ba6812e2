"""How often log-ins may fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.credentials import throttle
from chatd.credentials.throttle import Throttle, address_key


def strict() -> Throttle:
    """Three failures for each account, five for each address, one forgotten every ten seconds."""
    return Throttle(account_burst=3, address_burst=5, refill_s=10)


def test_an_account_is_held_up_wherever_the_attempts_come_from():
    """The fourth waits until the first is forgotten; others go on."""
    held = strict()
    assert [held.begin("alice", f"192.0.2.{number}", 100) for number in range(4)] == [0, 0, 0, 10]
    assert held.begin("bob", "192.0.2.9", 100) == 0
    assert held.begin("alice", "192.0.2.4", 109) == 1
    assert held.begin("alice", "192.0.2.4", 110) == 0
    assert held.begin("alice", "192.0.2.5", 110) == 10


def test_an_address_is_held_up_whatever_it_tries():
    """Also for accounts that do not exist, and when the account is not known yet."""
    held = strict()
    assert [held.begin(name, "192.0.2.1", 0) for name in ("a", "b", "", "", "c", "d")] == [0, 0, 0, 0, 0, 10]
    assert held.begin("d", "192.0.2.2", 0) == 0


def test_refused_attempts_are_not_charged():
    """Whoever keeps trying is not held up for longer."""
    held = strict()
    for _ in range(50):
        held.begin("alice", "192.0.2.1", 0)
    assert held.begin("alice", "192.0.2.1", 10) == 0


def test_attempts_are_charged_when_they_begin():
    """A storm of attempts at once, none of which has failed yet, gets no further than one after another."""
    held = strict()
    assert sum(held.begin("alice", "192.0.2.1", 0) == 0 for _ in range(1000)) == 3


def test_right_attempts_cost_nothing():
    """However often somebody logs in."""
    held = strict()
    for _ in range(100):
        assert held.begin("alice", "192.0.2.1", 0) == 0
        held.succeeded("alice", "192.0.2.1")


def test_attempts_that_told_nothing_are_given_back():
    """The database was away, say."""
    held = strict()
    for _ in range(100):
        assert held.begin("alice", "192.0.2.1", 0) == 0
        held.give_back("alice", "192.0.2.1")


def test_strangers_lock_nobody_out():
    """The owner's address is held up by the owner's failures only."""
    held = strict()
    held.begin("alice", "192.0.2.1", 0)
    held.succeeded("alice", "192.0.2.1")
    for number in range(9):
        held.begin("alice", f"198.51.100.{number}", 0)
    assert held.begin("alice", "198.51.100.99", 0) == 10
    assert [held.begin("alice", "192.0.2.1", 0) for _ in range(6)] == [0, 0, 0, 0, 0, 10]


def test_forgetting_an_account_lets_it_be_held_up_again():
    """After a change of password, an address that knew the old one is a stranger's."""
    held = strict()
    held.begin("alice", "192.0.2.1", 0)
    held.succeeded("alice", "192.0.2.1")
    held.forget("alice")
    assert [held.begin("alice", "192.0.2.1", 0) for _ in range(4)] == [0, 0, 0, 10]


@pytest.mark.parametrize(
    ("ip", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002::/64"),
        ("2001:db8:1:2::", "20010db800010002::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("no address", "no address"),
    ],
)
def test_one_customer_is_one_address(ip: str, key: str):
    """IPv6 customers have a whole /64 to try from."""
    assert address_key(ip) == key


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A million names and addresses are forgotten in the order they came; the recent ones still count."""
    monkeypatch.setattr(throttle, "TRACKED", 10)
    held = strict()
    for number in range(1000):
        held.begin(f"name{number}", f"2001:db8:{number:x}::1", 0)
        held.succeeded(f"name{number}", f"2001:db8:{number:x}::1")
    assert held.tracked <= 30
    for _ in range(3):
        held.begin("alice", "192.0.2.1", 0)
    assert held.begin("alice", "192.0.2.1", 0) == 10


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.floats(0, 30), st.booleans())))
def test_never_more_than_the_allowance(attempts: list[tuple[str, str, float, bool]]):
    """Whatever is tried, what an address may fail in a span of time is its burst and what came back in it."""
    held = strict()
    now_s = 0.0
    failed: dict[str, int] = {"1": 0, "2": 0}
    for name, ip, pause_s, is_right in attempts:
        now_s += pause_s
        if held.begin(name, ip, now_s) == 0:
            if is_right:
                held.succeeded(name, ip)
            else:
                failed[ip] += 1
    assert all(count <= 5 + now_s / 10 + 1e-6 for count in failed.values())
