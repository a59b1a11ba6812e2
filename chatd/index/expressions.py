"""What somebody looks for, in the language of the index (SQLite FTS5), which does not know the order of words."""

from __future__ import annotations

from collections.abc import Iterator

from chatd.wire.words import Wanted, pairs


def expression_of(wanted: Wanted) -> Iterator[str]:
    """The words that must all be there; a quoted string has no other meaning than itself."""
    for term in wanted.terms:
        last = len(term.runs) - 1
        for place, run in enumerate(term.runs):
            if not run.paired:
                yield f'"{run.letters}"' + ("*" if term.open and place == last else "")
            elif len(run.letters) == 1:
                yield f'"{run.letters}"*'
            else:
                # The last letter alone is only there where the text ends with it.
                *both, _ = pairs(run.letters)
                yield from (f'"{pair}"' for pair in both)
