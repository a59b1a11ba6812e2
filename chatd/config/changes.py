"""What differs between two configurations, for whoever reads a file again (REHASH)."""

from __future__ import annotations

from collections.abc import Iterator

from chatd.config.section import Section, element, fields, secrets
from chatd.config.settings import Config
from chatd.config.written import key_path, quoted, written


def changes(old: Config, new: Config) -> list[str]:
    """Say each difference in a line, as in ``limits.topic: 390 -> 500``; secrets are not shown.

    Operators, roles and the like are told apart by name: ``operators["somebody"]: added``.
    """
    return list(_in_section(old, new, ""))


def _in_section(old: Section, new: Section, path: str) -> Iterator[str]:
    for name, field in fields(type(old)).items():
        before, after = getattr(old, name), getattr(new, name)
        key = f"{path}.{key_path((name,))}".removeprefix(".")
        if before == after:
            continue
        if isinstance(before, Section):
            yield from _in_section(before, after, key)
        elif block := element(field.type):
            yield from _in_blocks(_by_name(block, before), _by_name(block, after), key)
        elif name in secrets(type(old)):
            yield f"{key}: (changed)"
        else:
            yield f"{key}: {written(before)} -> {written(after)}"


def _by_name(block: type[Section], items: tuple[Section, ...]) -> dict[str, Section]:
    """Index blocks by their first setting, which names them."""
    naming = next(iter(fields(block)))
    return {getattr(item, naming): item for item in items}


def _in_blocks(old: dict[str, Section], new: dict[str, Section], path: str) -> Iterator[str]:
    for name in old | new:
        key = f"{path}[{quoted(name)}]"
        if name not in new:
            yield f"{key}: removed"
        elif name not in old:
            yield f"{key}: added"
        else:
            yield from _in_section(old[name], new[name], key)
