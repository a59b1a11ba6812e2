"""The complete sample file, made from the definitions; every setting in it is there with its default.

Prose is ``# text``; a setting is ``#key = value``, so taking one ``#`` away switches it on.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from inspect import cleandoc

from msgspec import NODEFAULT, inspect

from chatd.config.section import Section, bare, element, fields, section_of
from chatd.config.settings import Config
from chatd.config.written import alternatives, written

_WIDTH = 104

_HEAD = """Configuration of chatd. This sample is complete: every setting is here, with its default.
Take away the # in front of a setting to change it. A block in [[double brackets]] is an example, and
may be there any number of times.
Durations (_s) are seconds and may have a fraction; sizes (_bytes) are bytes. Paths are taken from the
directory in which the server was started."""


def sample() -> str:
    """Return the text of a configuration file that says everything and changes nothing."""
    lines = list(_prose(_HEAD))
    for name, field in fields(Config).items():
        if section := section_of(field.type):
            lines += ["", "", *_prose(section.__doc__), f"[{name}]", *_settings(section, name)]
        elif section := element(field.type):
            lines += ["", *_block(section, name)]
    return "\n".join(lines) + "\n"


def _settings(section: type[Section], name: str) -> Iterator[str]:
    blocks: list[str] = []
    for key, field in fields(section).items():
        if inner := element(field.type):
            blocks += _block(inner, f"{name}.{key}")
        else:
            yield ""
            yield from _setting(key, field)
    yield from blocks


def _block(section: type[Section], name: str) -> Iterator[str]:
    """A table that may be there several times, as an example that is commented out."""
    yield ""
    yield from _prose(section.__doc__)
    yield f"#[[{name}]]"
    for key, field in fields(section).items():
        yield from _setting(key, field)


def _setting(key: str, field: inspect.Field) -> Iterator[str]:
    schema = (field.type.extra_json_schema or {}) if isinstance(field.type, inspect.Metadata) else {}
    text = str(schema.get("description", ""))
    bounds = _bounds(bare(field.type))
    yield from _prose(f"{text} {bounds}".strip())
    examples = schema.get("examples")
    value = examples[0] if examples else field.default
    assert value is not NODEFAULT, f"{key} has neither a default nor an example"
    yield f"#{key} = {written(value)}"


def _bounds(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.LiteralType):
        return f"({alternatives(map(written, kind.values))})"
    if isinstance(kind, inspect.IntType) and kind.le is not None and kind.le < 1_000_000:
        return f"({kind.ge} to {kind.le})"
    return ""


def _prose(text: str | None) -> Iterator[str]:
    """Write text as comment lines; none under ``python -OO``, which drops docstrings."""
    for paragraph in cleandoc(text or "").splitlines():
        yield from (f"# {line}" for line in textwrap.wrap(paragraph, _WIDTH - 2, break_long_words=False))
