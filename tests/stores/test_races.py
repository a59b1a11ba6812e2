"""Many threads, on two stores of one database, want the same thing at one time: as many as may have it get it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from stored import FULL, NOW, Stores, channel, code, invitation, register, token

from chatd.core.accounts import StoreError

THREADS = 10


@pytest.fixture
def both(stores: Stores) -> Iterator[tuple[Stores, Stores]]:
    """Two servers on one database."""
    other = stores.again()
    yield stores, other
    other.accounts.close()


def race(both: tuple[Stores, Stores], attempt: Callable[[Stores, int], object]) -> Counter[str]:
    """What came of it when all start at once: results by name, a problem by its type."""
    line = Barrier(THREADS)

    def run(number: int) -> str:
        line.wait()
        try:
            attempt(both[number % 2], number)
        except StoreError as problem:
            return type(problem).__name__
        return "done"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, range(THREADS)))


def test_one_account(both: tuple[Stores, Stores]) -> None:
    """Exactly one has the name, and it is whose store said so."""
    made = []
    assert race(both, lambda stores, number: made.append(register(stores.accounts, email=str(number)))) == {
        "done": 1, "NameTaken": THREADS - 1
    }  # fmt: skip
    assert both[0].accounts.find("alice") == both[1].accounts.find("alice") == made[0]
    assert both[0].accounts.owners() == [("alice", "Alice")]


def test_many_accounts(both: tuple[Stores, Stores]) -> None:
    """Nobody stands in the way of others."""
    assert race(both, lambda stores, number: register(stores.accounts, f"user{number}")) == {"done": THREADS}
    assert len(both[0].accounts.owners()) == THREADS


def test_one_nickname(both: tuple[Stores, Stores]) -> None:
    """Registered, grouped or taken by renaming: one account has it in the end."""
    accounts = [register(both[0].accounts, f"user{number}") for number in range(THREADS)]

    def attempt(stores: Stores, number: int) -> None:
        account_id = accounts[number].account_id
        if number < 4:
            stores.accounts.group(account_id, "Prize", "prize", FULL)
        elif number < 7:
            stores.accounts.rename(account_id, "Prize", "prize", NOW)
        else:
            register(stores.accounts, "prize")

    assert race(both, attempt) == {"done": 1, "NameTaken": THREADS - 1}
    assert [folded for folded, _ in both[0].accounts.owners()].count("prize") == 1


def test_one_channel(both: tuple[Stores, Stores]) -> None:
    """Exactly one founder."""
    for number in range(THREADS):
        register(both[0].accounts, f"user{number}")
    outcome = race(both, lambda stores, number: stores.channels.register(channel(founder=f"user{number}"), FULL))
    assert outcome == {"done": 1, "NameTaken": THREADS - 1}
    assert len(both[0].channels.load()) == 1


def test_limits(both: tuple[Stores, Stores]) -> None:
    """Nobody gets past a limit by being quick."""
    alice = register(both[0].accounts)
    number_of = alice.account_id
    attempts: list[Callable[[Stores, int], object]] = [
        lambda stores, number: stores.channels.register(channel(f"#{number}"), 3),
        lambda stores, number: stores.accounts.group(number_of, f"nick{number}", f"nick{number}", 3),
        lambda stores, number: stores.accounts.add_certificate(number_of, f"print{number}", NOW, 3),
        lambda stores, number: stores.accounts.add_token(token(alice, str(number)), 3),
        lambda stores, number: stores.accounts.add_invitation(invitation(b"%d" % number, maker_id=number_of), 3),
    ]
    for attempt in attempts:
        assert race(both, attempt) == {"done": 3, "TooMany": THREADS - 3}


def test_the_last_use_of_an_invitation(both: tuple[Stores, Stores]) -> None:
    """As many get in as it says."""
    both[0].accounts.add_invitation(invitation(uses_left=2), FULL)
    outcome = race(both, lambda stores, number: register(stores.accounts, f"u{number}", invitation_hash=b"welcome"))
    assert outcome == {"done": 2, "InvitationRefused": THREADS - 2}
    assert len(both[0].accounts.owners()) == 2


def test_a_code_is_taken_once(both: tuple[Stores, Stores]) -> None:
    """Of many who bring the right one."""
    alice = register(both[0].accounts, pending=code())
    outcome = race(both, lambda stores, _: stores.accounts.confirm(alice.account_id, "register", b"right", NOW))
    assert outcome == {"done": 1, "CodeRefused": THREADS - 1}


def test_the_end_of_an_account(both: tuple[Stores, Stores]) -> None:
    """What comes at the moment of its end is done before, or refused; nothing is left of it."""
    alice = register(both[0].accounts)

    def attempt(stores: Stores, number: int) -> None:
        if number == 5:
            stores.accounts.delete(alice.account_id, NOW)
        elif number % 2:
            stores.channels.register(channel(f"#{number}"), FULL)
        else:
            stores.accounts.put_document(alice.account_id, f"kind{number}", number)

    outcome = race(both, attempt)
    assert outcome["done"] >= 1
    assert set(outcome) <= {"done", "NoSuchAccount"}
    assert both[0].channels.load() == []
    assert both[0].accounts.owners() == []


def test_an_account_ends_once(both: tuple[Stores, Stores]) -> None:
    """And its successor inherits once."""
    alice = register(both[0].accounts)
    register(both[0].accounts, "bob")
    both[0].channels.register(channel(successor="bob"), FULL)
    outcome = race(both, lambda stores, _: stores.accounts.delete(alice.account_id, NOW))
    assert outcome == {"done": 1, "NoSuchAccount": THREADS - 1}
    assert [kept.founder for kept in both[0].channels.load()] == ["bob"]
