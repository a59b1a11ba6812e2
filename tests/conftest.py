"""The stage every feature test plays on: one node, and two nodes on a bus that hands events back late."""

from __future__ import annotations

import pytest

from chatd.testing import Stage


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def stage(request: pytest.FixtureRequest) -> Stage:
    """A stage; clients are spread over its nodes."""
    return Stage(nodes=request.param)
