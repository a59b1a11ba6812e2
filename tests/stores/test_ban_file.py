"""The file that bans from the server survive in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chatd.core.kept import KeptBan
from chatd.stores.bans import BanFile

BANS = [
    KeptBan("K", "*@*.example.org", "späm", "op!~op@192.0.2.1", 1_700_000_000_000, 0),
    KeptBan("D", "192.0.2.0/24", "flood", "op!~op@192.0.2.1", 1_700_000_000_000, 1_700_000_060_000),
]


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """Another store on the same file reads the same bans."""
    BanFile(tmp_path / "bans.json").save(BANS)
    assert BanFile(tmp_path / "bans.json").load() == BANS


def test_no_file_is_no_bans(tmp_path: Path) -> None:
    """A server that never banned anybody starts."""
    assert BanFile(tmp_path / "bans.json").load() == []


def test_a_save_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    """Only the owner may read it, also when a crash left a half-written successor behind."""
    (tmp_path / "bans.json.new").write_text("half")
    (tmp_path / "bans.json.new").chmod(0o644)
    store = BanFile(tmp_path / "bans.json")
    store.save(BANS)
    store.save(BANS[:1])
    assert store.load() == BANS[:1]
    assert [path.name for path in tmp_path.iterdir()] == ["bans.json"]
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("octets", [b"{}", b"[", b'[{"kind": "K"}]', b"\xff"])
def test_a_damaged_file_is_named(tmp_path: Path, octets: bytes) -> None:
    """Bans are never dropped in silence."""
    path = tmp_path / "bans.json"
    path.write_bytes(octets)
    with pytest.raises(ValueError, match=r"bans\.json: not a list of bans"):
        BanFile(path).load()
