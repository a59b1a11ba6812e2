"""Nothing is lost: servers killed at random moments, with a clock that is stepped, with a disk that fills up.

A few rounds of `benchmarks/kill.py`, which runs a hundred; the seed is printed, and shown when something is wrong.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from benchmarks.kill import full_disk_round, kill_rounds

pytestmark = pytest.mark.process


@pytest.fixture
def seed() -> int:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    return seed


def may_mount(folder: Path) -> bool:
    """Whether this is somebody who may mount file systems."""
    folder.mkdir()
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "chatd-test", str(folder)], capture_output=True)
    if mounting.returncode == 0:
        subprocess.run(["umount", str(folder)], check=True)
    return mounting.returncode == 0


def test_killed_at_random_moments(tmp_path: Path, seed: int) -> None:
    """What anybody received or was told is said is in the log once, in order; the next start is clean."""
    results = list(kill_rounds(tmp_path, 4, seed))
    assert [result.problems for result in results] == [[]] * 5
    assert results[-2].acknowledged > 0


def test_killed_while_the_clock_is_stepped(tmp_path: Path, seed: int) -> None:
    """A clock that goes back an hour, or forward a day, breaks neither order nor ids, nor does a restart then."""
    results = list(kill_rounds(tmp_path, 3, seed, clock=True))
    assert [result.problems for result in results] == [[]] * 4


@pytest.mark.parametrize("pending_bytes", [1 << 26, 65_536])
def test_the_disk_fills_up(tmp_path: Path, seed: int, pending_bytes: int) -> None:
    """Chat goes on; when there is room again all is written, or a gap says exactly how much was lost."""
    if not may_mount(tmp_path / "probe"):
        pytest.skip("needs the right to mount a small file system")
    result = full_disk_round(tmp_path, seed, pending_bytes)
    assert result.problems == []
    assert (result.lost > 0) == (pending_bytes < 1 << 26)
