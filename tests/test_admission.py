"""Who may connect: limits by address, the connect throttle, the maximum."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.admission import Admission
from chatd.config import Connections

ADDRESS, OTHER = "192.0.2.1", "192.0.2.2"
TOO_MANY = "Too many connections from your address"
TOO_FAST = "Connecting too fast, please wait a little"
FULL = "This server is full, please try again later"


def admission(**settings: object) -> Admission:
    """With no limit but those that are named, and nobody exempt."""
    none = Connections(maximum=0, per_address=0, throttle_count=0, exempt=())
    return Admission(replace(none, **settings))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (ADDRESS, ADDRESS, True),
        (ADDRESS, OTHER, False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", ADDRESS, True),
    ],
)
def test_per_address(first: str, second: str, same: bool) -> None:
    """IPv6 counts by /64; who has gone makes room."""
    door = admission(per_address=1)
    assert door.admit(first, 0.0) is None
    assert door.admit(second, 0.0) == (TOO_MANY if same else None)
    door.release(first)
    assert door.admit(first, 0.0) is None


def test_throttle() -> None:
    """So many new ones within the window; those that were refused count for nothing."""
    door = admission(throttle_count=2, throttle_window_s=10)
    for moment, answer in ((0.0, None), (5.0, None), (6.0, TOO_FAST), (9.9, TOO_FAST), (10.1, None), (11.0, TOO_FAST)):
        assert door.admit(ADDRESS, moment) == answer, moment
        assert door.admit(f"198.51.100.{int(moment)}", moment) is None
        door.tick(moment)


def test_maximum() -> None:
    """All together, whoever they are; the refusal is polite."""
    door = admission(maximum=2, exempt=("192.0.2.0/24",))
    assert [door.admit(ip, 0.0) for ip in (ADDRESS, OTHER, ADDRESS)] == [None, None, FULL]
    door.release(OTHER)
    assert door.admit(ADDRESS, 0.0) is None
    assert door.total == 2


def test_exempt() -> None:
    """Networks without limit by address and without throttle; the maximum holds for all."""
    door = admission(per_address=1, throttle_count=1, exempt=("192.0.2.0/24", "2001:db8::/32"))
    for ip in (ADDRESS, "2001:db8::1"):
        assert [door.admit(ip, 0.0) for _ in range(5)] == [None] * 5
    assert [door.admit("198.51.100.1", 0.0) for _ in range(2)] == [None, TOO_MANY]


def test_all_can_be_switched_off() -> None:
    """0 is no limit."""
    door = admission()
    assert all(door.admit(ADDRESS, 0.0) is None for _ in range(1000))


def test_other_settings_hold_at_once() -> None:
    """For whoever comes from then on."""
    door = admission()
    assert [door.admit(ADDRESS, 0.0) for _ in range(3)] == [None] * 3
    door.use(Connections(per_address=3, exempt=()))
    assert door.admit(ADDRESS, 0.0) == TOO_MANY
