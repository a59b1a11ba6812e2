"""An archive with an index that is brought up to date when the test says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from indexed import Indexed


@pytest.fixture
def told(tmp_path: Path) -> Indexed:
    return Indexed(tmp_path)
