"""With whom somebody talked, and when last: what TARGETS asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.clock import utc_text
from chatd.core.archive import Target
from chatd.history.files import IDLE_MS
from chatd.history.retention import PAUSE_MS

if TYPE_CHECKING:
    from archive import Archive

T0 = 1_795_478_400_000  # 2026-11-24T00:00:00.000Z
LATER = T0 + 10**9


def talk(archive: Archive, one: str, other: str, moment_ms: int) -> None:
    log = " ".join(sorted((one, other)))
    archive.said(log, f"@time={utc_text(moment_ms)};msgid=x :{one}!u@h PRIVMSG {other} :hi", moment_ms=moment_ms)


def targets(archive: Archive, name: str) -> list[tuple[str, int]]:
    return [(target.name, target.moment_ms - T0) for target in archive.files.people.targets(name, 0, LATER, 100)]


def test_order_and_bounds(archive: Archive) -> None:
    """Conversations with a last line between two moments, bounds left out, oldest first, counted from the first."""
    for seconds, other in enumerate(("bob", "carol", "dave", "erin")):
        talk(archive, "alice", other, T0 + seconds * 1000)
    talk(archive, "dave", "bob", T0 + 9000)
    people = archive.files.people
    assert people.targets("alice", T0, T0 + 3000, 9) == [Target("carol", T0 + 1000), Target("dave", T0 + 2000)]
    assert people.targets("alice", T0 + 3000, T0, 9) == [Target("carol", T0 + 1000), Target("dave", T0 + 2000)]
    assert [target.name for target in people.targets("alice", 0, LATER, 2)] == ["bob", "carol"]
    assert [target.name for target in people.targets("alice", LATER, 0, 2)] == ["dave", "erin"]
    assert people.targets("alice", 0, LATER, 0) == []
    assert people.targets("nobody", 0, LATER, 9) == []


def test_channels_beside(archive: Archive) -> None:
    """Channels that the asker may see are listed with the conversations."""
    talk(archive, "alice", "bob", T0 + 5000)
    found = archive.files.people.targets("alice", 0, LATER, 2, {"#a": T0 + 4000, "#b": T0 + 6000})
    assert found == [Target("#a", T0 + 4000), Target("bob", T0 + 5000)]


def test_with_oneself(archive: Archive) -> None:
    """A conversation with oneself is one."""
    talk(archive, "alice", "alice", T0)
    assert targets(archive, "alice") == [("alice", 0)]


def test_last_line_counts_not_its_own_time(archive: Archive) -> None:
    """A line that came late counts by when it was logged, as in the other questions."""
    talk(archive, "alice", "bob", T0 + 5000)
    talk(archive, "alice", "bob", T0 + 2000)
    assert targets(archive, "alice") == [("bob", 5000)]


def test_names_are_escaped(archive: Archive) -> None:
    """Names that no file system takes, and such as are cut there, are found when they are noted."""
    targets(archive, "../x")
    for seconds, other in enumerate(("a/b", "+", "..", "x" * 64)):
        talk(archive, "../x", other, T0 + seconds)
    assert targets(archive, "../x") == [("a/b", 0), ("+", 1), ("..", 2), ("x" * 64, 3)]
    assert sorted(path.name for path in (archive.root / "people").iterdir()) == ["%2e.%2fx"]


def test_nothing_is_noted_for_who_never_asks(archive: Archive) -> None:
    """Files are made when somebody asks first."""
    talk(archive, "alice", "bob", T0)
    archive.files.close()
    assert not (archive.root / "people").exists()
    archive.open()
    assert targets(archive, "alice") == [("bob", 0)]
    talk(archive, "alice", "carol", T0 + 2000)
    assert [path.name for path in (archive.root / "people").iterdir()] == ["alice"]


def test_file_says_it_in_words(archive: Archive) -> None:
    """The file can be read by a person."""
    talk(archive, "alice", "bob", T0)
    archive.files.close()
    archive.open()
    targets(archive, "alice")
    talk(archive, "alice", "bob", T0 + 2000)
    archive.files.tick(T0 + 2000 + 2 * IDLE_MS)
    assert (archive.root / "people" / "alice").read_text().splitlines() == [
        "# conversations of alice",
        "2026-11-24T00:00:00.000Z bob",
        "- bob",
        "2026-11-24T00:00:02.000Z bob",
    ]


def test_rest_is_noted_late(archive: Archive) -> None:
    """When a conversation goes on before it was noted that it rests, that note is not made."""
    targets(archive, "alice")
    talk(archive, "alice", "bob", T0)
    archive.later = True
    archive.files.tick(T0 + 2 * IDLE_MS)
    talk(archive, "alice", "bob", T0 + 5000)
    archive.run_jobs()
    archive.later = False
    archive.open()
    assert targets(archive, "alice") == [("bob", 5000)]


def test_deleted_conversation(archive: Archive) -> None:
    """A conversation whose past was deleted is none."""
    archive.open(retention_days=1)
    targets(archive, "alice")
    talk(archive, "alice", "bob", T0)
    (path,) = archive.folder("alice bob").iterdir()
    archive.files.tick(T0 + 2 * IDLE_MS)
    path.touch()
    assert targets(archive, "alice") == [("bob", 0)]
    archive.files.tick(int(path.stat().st_mtime * 1000) + 2 * 86_400_000 + PAUSE_MS)
    assert not path.exists()
    assert targets(archive, "alice") == []


@pytest.mark.parametrize("damage", ["", "# conversations of alice\nx", "# conversations of alice\nbob\n", "nonsense\n"])
def test_damaged_file(archive: Archive, damage: str) -> None:
    """A file that is not whole is made anew."""
    talk(archive, "alice", "bob", T0)
    targets(archive, "alice")
    (archive.root / "people" / "alice").write_text(damage)
    assert targets(archive, "alice") == [("bob", 0)]


def test_file_does_not_grow(archive: Archive) -> None:
    """Notes that are out of date are thrown away when there are many."""
    targets(archive, "alice")
    for hour in range(600):
        talk(archive, "alice", "bob", T0 + hour * 3_600_000)
        archive.files.tick(T0 + hour * 3_600_000 + 2 * IDLE_MS)
    assert len((archive.root / "people" / "alice").read_bytes().splitlines()) > 1000
    archive.files.people.targets("alice", 0, LATER, 1)
    assert len((archive.root / "people" / "alice").read_bytes().splitlines()) == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["talk", "talk", "talk", "ask", "close", "crash", "idle"]),
        st.sampled_from(["alice", "bob", "carol"]),
        st.sampled_from(["alice", "bob", "dave"]),
        st.integers(0, 2000),
    ),
    max_size=40,
)


@settings(max_examples=60)
@given(STEPS)
def test_against_a_table(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str, int]]
) -> None:
    """Whoever talks, asks, and whenever the server ends or crashes between: the answers are right."""
    from archive import Archive

    archive = Archive(tmp_path_factory.mktemp("people"))
    last: dict[frozenset[str], int] = {}
    now_ms = T0
    for act, one, other, pause_ms in steps:
        now_ms += pause_ms
        if act == "talk":
            talk(archive, one, other, now_ms)
            last[frozenset((one, other))] = now_ms
        elif act == "idle":
            archive.files.tick(now_ms)
            archive.files.tick(now_ms + 2 * IDLE_MS)
        elif act != "ask":
            if act == "close":
                archive.files.close()
            now_ms = max(now_ms, archive.open().newest_ms() + 1)
        expected = {
            (min(pair - {one}, default=one), moment_ms - T0) for pair, moment_ms in last.items() if one in pair
        }
        if act in ("ask", "crash", "close"):
            assert set(targets(archive, one)) == {(name, ms) for name, ms in expected if T0 + ms < LATER}
