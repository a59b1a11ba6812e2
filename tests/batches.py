"""Batches as a client sees them."""

from __future__ import annotations

import re

from chatd.wire.message import parse


def batches_are_whole(lines: list[str], ended: bool) -> None:
    """IRCv3 batch: "For every started batch, server MUST end that batch"; "Reference tag MUST contain only ASCII
    letters, numbers, and/or hyphen"; "Messages before start and after end of a batch (including start and end messages
    of that batch) MUST NOT refer to that batch"; of one in another, start and end "MUST refer to the same batch".
    """
    outer: dict[str, str | None] = {}
    for line in lines:
        tags, _, verb, params = parse(line)
        reference = tags.get("batch")
        assert reference is None or reference in outer, line
        if verb == "BATCH" and params[0][0] == "+":
            assert re.fullmatch(r"[A-Za-z0-9-]+", params[0][1:]) and params[0][1:] not in outer, line
            outer[params[0][1:]] = reference
        elif verb == "BATCH":
            assert outer.pop(params[0][1:]) == reference, line
    assert ended or not outer, lines
