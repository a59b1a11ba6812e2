"""Which logs a tool is to look at: the history folder of a configuration, and the logs that names and masks stand for.

Must not know what a tool does with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from chatd.config import Config, load, override
from chatd.core.names import name_of
from chatd.history.naming import folder_of, log_of_folder
from chatd.history.newest import log_folders
from chatd.wire.casemap import CASEMAPPINGS
from chatd.wire.masks import glob

Fold = Callable[[str], str]


class UnknownLog(Exception):
    """Nothing is there under a name; the message says so."""


class LogFolder(NamedTuple):
    """One log: its name (of a channel, or "alice bob"), and where its files are."""

    name: str
    path: Path

    @property
    def label(self) -> str:
        """The name as people are shown it, and may give it: ``#chat``, ``alice+bob``."""
        return self.name.replace(" ", "+")


class Place(NamedTuple):
    """The history of one server; ``data`` is its data directory."""

    config: Config
    data: Path

    @property
    def root(self) -> Path:
        """The folder with all logs."""
        return self.data / "history"

    @property
    def fold(self) -> Fold:
        """How names are folded there."""
        return CASEMAPPINGS[self.config.server.casemapping].fold


def place_of(config_path: str | None, data: str | None) -> Place:
    """Find the history as the server would; raises ConfigError, and UnknownLog when there is none."""
    config = load(Path(config_path)) if config_path else Config()
    if data:
        config = override(config, {"server.data": data})
    place = Place(config, Path(config.server.data).absolute())
    if not place.root.is_dir():
        raise UnknownLog(f"{place.root}: there is no history here; say where with --config or --data")
    return place


def logs_of(place: Place, names: Sequence[str]) -> list[LogFolder]:
    """Give the logs that names stand for, all for none, in order and each once; raises UnknownLog."""
    every = all_logs(place.root)
    if not names:
        return every
    chosen: dict[LogFolder, None] = {}
    for name in names:
        found = [log for log in every if is_meant(log, name, place.fold)] or by_folder(place, name)
        if not found:
            raise UnknownLog(f"{name}: there is no such log")
        chosen.update(dict.fromkeys(found))
    return list(chosen)


def all_logs(root: Path) -> list[LogFolder]:
    """Give every log below the folder; one whose name was cut goes by that of its folder."""
    folders = map(Path, log_folders(root))
    return sorted(LogFolder(log_of_folder(str(folder)) or folder.name, folder) for folder in folders)


def is_meant(log: LogFolder, name: str, fold: Fold) -> bool:
    """Say whether a name (``#chat``, ``alice+bob``), a mask, or a nickname (all its conversations) means a log."""
    folded = fold(name)
    if folded.startswith("#"):
        return glob(folded, log.name)
    people = log.name.split(" ")
    masks = folded.replace("+", " ").split(" ")
    if log.name.startswith("#") or len(people) != 2:
        return False
    if len(masks) == 1:
        return any(is_person(masks[0], person) for person in people)
    return any(is_person(masks[0], one) and is_person(masks[1], other) for one, other in (people, reversed(people)))


def is_person(mask: str, person: str) -> bool:
    """Say whether a mask means somebody, with or without the "~" of who was not logged in."""
    return glob(mask, person) or glob(mask, name_of(person))


def by_folder(place: Place, name: str) -> list[LogFolder]:
    """Look for a log whose name is too long to be read from its folder."""
    folded = place.fold(name)
    folder = folder_of(place.root, folded)
    return [LogFolder(folded, folder)] if folder.is_dir() else []
