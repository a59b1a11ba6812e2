"""The contract suite's stores: every test that takes ``stores`` is played on each implementation."""

from __future__ import annotations

import pytest
from stored import Stores

from chatd.stores.memory import MemoryAccounts
from chatd.stores.memory_channels import MemoryChannels
from chatd.stores.shelf import Shelf


def in_memory() -> Stores:
    """Two stores on one shelf."""
    shelf = Shelf()
    return Stores(MemoryAccounts(shelf), MemoryChannels(shelf))


@pytest.fixture(params=["memory"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Empty stores."""
    return in_memory()
