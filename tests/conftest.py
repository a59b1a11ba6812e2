"""The stages every feature test plays on: one node, and two nodes on a bus that hands events back late."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import bcrypt
import pytest
from hypothesis import settings
from twisted.logger import formatEvent, globalLogPublisher

from chatd.config import Config, Operator
from chatd.testing import Stage

# How long an example takes depends on what else the machine does; it says nothing of the server.
settings.register_profile("chatd", deadline=None)
settings.load_profile("chatd")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None (all cores) for folders; 0 for who names files, and would wait longer for workers than for tests."""
    return 0 if all(".py" in argument for argument in config.args) else None


HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
STAFF = Config(
    operators=(
        Operator(name="root", password=HASH),
        Operator(name="mod", password=HASH, role="moderator"),
        Operator(name="none", password=HASH, privileges=("wallops",)),
        Operator(name="home", password=HASH, networks=("198.51.100.0/24",)),
        Operator(name="key", certfp=("ab" * 32,)),
        Operator(name="both", password=HASH, certfp=("ab" * 32,)),
    )
)


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def nodes(request: pytest.FixtureRequest) -> int:
    """How many nodes a stage with a configuration of its own should have."""
    count: int = request.param
    return count


@pytest.fixture(autouse=True)
def nothing_fails_unnoticed(request: pytest.FixtureRequest) -> Iterator[None]:
    """What fails inside is logged, and all goes on: a test in which that happens is to say so (``fails_inside``)."""
    failures: list[str] = []

    def hear(event: dict[str, object]) -> None:
        if "log_failure" in event and str(event.get("log_namespace", "")).startswith("chatd."):
            failures.append(formatEvent(event) + "\n" + event["log_failure"].getTraceback())  # type: ignore[attr-defined]

    globalLogPublisher.addObserver(hear)
    yield
    globalLogPublisher.removeObserver(hear)
    if request.node.get_closest_marker("fails_inside") is None:
        assert not failures, failures[0]


@pytest.fixture(autouse=True)
def no_logs_stay_open() -> Iterator[None]:
    """What a test has opened with ``archive`` is closed after it."""
    yield
    archive = sys.modules.get("archive")
    if archive is not None:
        archive.close_all()


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """A stage; clients are spread over its nodes."""
    return Stage(nodes=request.param)


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def staffed(request: pytest.FixtureRequest) -> Stage:
    """A stage with blocks for operators: root (all), mod (moderator), none (wallops only), home, key, both."""
    return Stage(STAFF, nodes=request.param)
