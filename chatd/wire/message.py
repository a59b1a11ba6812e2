"""Lines of the protocol as text: parsing what came in, formatting what goes out.

Owns the grammar of Modern IRC "Message Format" and IRCv3 message-tags; knows nothing of bytes, sockets or state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from chatd.wire.chunks import clip

NO_TAGS: Final[Mapping[str, str]] = MappingProxyType({})

Parsed = tuple[Mapping[str, str], str, str, list[str]]
"""Tags (unescaped), source ("" when absent), verb as written, parameters."""

_ESCAPED: Final = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_UNESCAPED: Final = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPE: Final = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPES: Final = str.maketrans(_ESCAPED)


def parse(line: str) -> Parsed:
    """Split one line (without its line ending) into tags, source, verb and parameters.

    Never raises: a line without a verb gives the verb "".  Runs of spaces between words count as one, as
    Modern IRC asks; a ":" opens the last parameter, which may be empty or hold spaces.
    """
    tags = NO_TAGS
    source = ""
    if line < "A":  # so do all that begin with "@", ":" or a space
        line = line.lstrip(" ")
        if line[:1] == "@":
            text, _, line = line[1:].partition(" ")
            tags = parse_tags(text)
            line = line.lstrip(" ")
        if line[:1] == ":":
            source, _, line = line[1:].partition(" ")
    head, colon, last = line.partition(" :")
    verb, _, middle = head.partition(" ")
    if middle and verb and " " not in middle:  # by far the most frequent: a target, perhaps with a text
        return tags, source, verb, [middle, last] if colon else [middle]
    words = [word for word in head.split(" ") if word]
    verb = words.pop(0) if words else ""
    if colon and verb:
        words.append(last)
    return tags, source, verb, words


def parse_tags(text: str) -> Mapping[str, str]:
    """Parse what stands between "@" and the first space; of a repeated key the last value counts."""
    tags = {}
    for tag in text.split(";"):
        key, _, value = tag.partition("=")
        if key:
            tags[key] = unescape(value) if "\\" in value else value
    return tags


def salvaged_tags(line: bytes) -> Mapping[str, str]:
    """The tags of a line that is refused for its length or its bytes, for the label of the refusal.

    Without those that are not UTF-8; none if they are cut.
    """
    text, space, _ = line.lstrip(b" ")[1:].partition(b" ")
    if line.lstrip(b" ")[:1] != b"@" or not space:
        return NO_TAGS
    return parse_tags(";".join(filter(None, map(_decoded, text.split(b";")))))


def _decoded(octets: bytes) -> str:
    """A text; "" for what is none."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return ""


def unescape(value: str) -> str:
    """Undo the escaping of a tag value; a lone backslash before anything else, or at the end, is dropped."""
    return _ESCAPE.sub(_unescape_one, value)


def _unescape_one(match: re.Match[str]) -> str:
    return _UNESCAPED.get(match[1], match[1])


def escape(value: str) -> str:
    """Escape a tag value."""
    return value.translate(_ESCAPES)


def format_tags(tags: Mapping[str, str]) -> str:
    """Write tags as they stand between "@" and the space; an empty value is written as the bare key."""
    return ";".join(f"{key}={escape(value)}" if value else key for key, value in tags.items())


def middle(text: str) -> str:
    """What of a text can stand before the last parameter: its first word, or "*" where that is none."""
    if text and " " not in text and text[0] != ":":
        return text
    word = text.partition(" ")[0]
    return word if word and word[0] != ":" else "*"


def fit(words: list[str], limit_bytes: int) -> str:
    """Join the words of a reply; one that is too long loses letters in its longest middle word, not its last."""
    line = " ".join(words)
    if len(line) * 4 <= limit_bytes:
        return line
    excess = len(line.encode()) - limit_bytes
    if excess > 0 and len(words) > 4:
        sizes = [len(word.encode()) for word in words[3:-1]]
        position = sizes.index(max(sizes))
        words[position + 3] = clip(words[position + 3], max(1, sizes[position] - excess))
        line = " ".join(words)
    return clip(line, limit_bytes)
