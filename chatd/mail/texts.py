"""The texts of letters that the operator has written: one file for each purpose, subject first."""

from __future__ import annotations

from pathlib import Path

from chatd.accounts.letters import TEXTS


def read_letters(directory: str) -> dict[str, list[str]]:
    """The lines of each file there is, by "letter <purpose>"; raises ValueError, OSError."""
    found = {}
    for purpose in TEXTS if directory else ():
        path = Path(directory) / f"{purpose}.txt"
        if path.exists():
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except UnicodeDecodeError:
                raise ValueError(f"{path}: it is not UTF-8 text") from None
            if len(lines) < 3 or lines[1] or not lines[0]:
                raise ValueError(f"{path}: it must begin with the subject and an empty line")
            if not any("{code}" in line for line in lines[2:]):
                raise ValueError(f"{path}: there is no {{code}} in it")
            found[f"letter {purpose}"] = lines
    return found
