"""The base of every section of the configuration, and what its definitions say about its fields.

Knows nothing of any particular section.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

import msgspec
from msgspec import Meta, inspect

Count = Annotated[int, Meta(ge=0, le=2_000_000_000)]
Size = Annotated[int, Meta(ge=0, le=2**60)]
Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all sections share: secrets never show in ``repr``, so they never reach a log."""

    def __repr__(self) -> str:
        hidden = secrets(type(self))
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (
            f"{name}=(secret)" if value and name in hidden else f"{name}={value!r}" for name, value in values
        )
        return f"{type(self).__name__}({', '.join(shown)})"


@cache
def fields(section: type[Section]) -> dict[str, inspect.Field]:
    """Return the fields of a section by name, in the order of their definition."""
    described = inspect.type_info(section)
    assert isinstance(described, inspect.StructType)
    return {field.name: field for field in described.fields}


@cache
def secrets(section: type[Section]) -> frozenset[str]:
    """Name the fields of a section that must never be shown."""
    return frozenset(name for name, field in fields(section).items() if note(field.type, "secret"))


def bare(kind: inspect.Type) -> inspect.Type:
    """Take the notes off a type."""
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def note(kind: inspect.Type, name: str) -> object:
    """Look up one of the ``extra`` notes of a type (``check``, ``secret``); None if it has none."""
    return (kind.extra or {}).get(name) if isinstance(kind, inspect.Metadata) else None


def element(kind: inspect.Type) -> type[Section] | None:
    """Return the section that this type is a list of, as in ``[[operators]]``; None for all else."""
    kind = bare(kind)
    if isinstance(kind, inspect.VarTupleType):
        return section_of(kind.item_type)
    return None


def section_of(kind: inspect.Type) -> type[Section] | None:
    """Return the section that this type is, as in ``[server]``; None for all else."""
    kind = bare(kind)
    if isinstance(kind, inspect.StructType) and issubclass(kind.cls, Section):
        return kind.cls
    return None
