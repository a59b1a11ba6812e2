"""What files a log has, asked again and again while files come and go; what is remembered is bounded."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.history.listing import NOTHING, SETTLED_NS, Listing, Listings
from chatd.history.naming import segment_name
from chatd.history.remembered import Remembered

T0 = 1_764_000_000_000
NAMES = [segment_name(T0 + number) for number in range(3)]
NAMES += [f"{NAMES[0]}.gz", "2026-11-24.redactions", "2026-11-25.redactions", "note.txt"]


def truly(folder: Path) -> Listing:
    return Listings().read(str(folder))


@settings(max_examples=100)
@given(st.lists(st.one_of(st.sampled_from(NAMES), st.just("ask"), st.just("wait")), max_size=30))
def test_whatever_files_come_and_go(steps: list[str]) -> None:
    """What is answered is what is there, also when a file came in the same moment of the file system's clock."""
    late_ns = 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        listings = Listings(now_ns=lambda: os.stat(folder).st_mtime_ns + late_ns)
        for step in [*steps, "ask"]:
            if step == "ask":
                assert listings.read(name) == truly(folder)
            elif step == "wait":
                late_ns = SETTLED_NS + 1
            else:
                status = os.stat(folder)
                path = folder / step
                path.unlink() if path.exists() else path.touch()
                if late_ns:
                    late_ns = 0
                else:
                    os.utime(folder, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_is_not_read_again(tmp_path: Path) -> None:
    """A folder in which nothing has changed costs nothing but a look at it; one that is gone, or none, is empty."""
    os.utime(tmp_path, (1, 1))
    for name in NAMES:
        (tmp_path / name).touch()
    os.utime(tmp_path, (1, 1))
    listings = Listings()
    known = listings.read(str(tmp_path))
    assert known == Listing(tuple(name[:24] for name in NAMES[:3]), frozenset({"2026-11-24", "2026-11-25"}))
    assert listings.read(str(tmp_path)) is known
    assert listings.read(str(tmp_path / "gone")) is NOTHING
    assert listings.read(str(tmp_path / NAMES[0])) is NOTHING


def test_another_folder_of_that_name(tmp_path: Path) -> None:
    """A folder that takes the place of another one is another one, however old it says it is."""
    for name, file in (("one", NAMES[0]), ("two", NAMES[1])):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
        os.utime(tmp_path / name, (1, 1))
    listings = Listings()
    first = listings.read(str(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "former")
    (tmp_path / "two").rename(tmp_path / "one")
    assert first.stems == (NAMES[0][:24],)
    assert listings.read(str(tmp_path / "one")).stems == (NAMES[1][:24],)


def test_names_are_bounded(tmp_path: Path) -> None:
    """However many folders are asked for, no more than so many names are remembered."""
    listings = Listings(most_names=8)
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name in NAMES[: 3 if number else 0]:
            (folder / name).touch()
        os.utime(folder, (1, 1))
    found = [listings.read(str(tmp_path / str(number))) for number in range(10)]
    again = [listings.read(str(tmp_path / str(number))) for number in reversed(range(10))]
    assert [one is other for one, other in zip(found, reversed(again), strict=True)] == [False] * 8 + [True] * 2


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 12)), max_size=40))
def test_remembered_against_a_list(steps: list[tuple[str, int]]) -> None:
    """What was used last stays, as much as there is room for; what takes 0 here is a question."""
    remembered: Remembered[int] = Remembered(10)
    model: list[tuple[str, int, int]] = []
    for number, (path, takes) in enumerate(steps):
        before = next((each for each in model if each[0] == path), None)
        if takes == 0:
            assert remembered.get(path) == (before[1] if before else None)
            if before:
                model.remove(before)
                model.append(before)
            continue
        remembered.keep(path, number, takes)
        model = [each for each in model if each[0] != path]
        if takes <= 10:
            model.append((path, number, takes))
        while sum(each[2] for each in model) > 10:
            model.pop(0)
    remembered.drop("a")
    kept = {each[0]: each[1] for each in model}
    assert [remembered.get(path) for path in "abcde"] == [None, *map(kept.get, "bcde")]


@pytest.mark.parametrize("octets", [b"", b"x"])
def test_a_file_in_the_place_of_a_folder(tmp_path: Path, octets: bytes) -> None:
    """It has no files."""
    (tmp_path / "one").write_bytes(octets)
    assert Listings().read(str(tmp_path / "one")) == NOTHING
