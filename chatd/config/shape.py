"""Whether tables as TOML gives them have the shape of the settings: known keys, right types, in bounds.

Stops at the first fault.  A fault names its place; finding the line is the reader's work.
"""

from __future__ import annotations

import difflib
from math import isfinite

from msgspec import inspect

from chatd.config.section import Section, bare, element, fields, note, section_of
from chatd.config.settings import Config
from chatd.config.written import Place, alternatives, key_path, quoted, written


class Fault(Exception):
    """Something is wrong with the value at ``place``; ``problem`` continues the sentence after its key."""

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem


def judge_table(section: type[Section], table: dict[str, object], place: Place = ()) -> None:
    """Raise Fault unless ``table`` can become a ``section``."""
    known = fields(section)
    for key, value in table.items():
        if key not in known:
            raise Fault((*place, key), _unknown(key, value, tuple(known), place))
        _judge(known[key].type, value, (*place, key))
    for key, field in known.items():
        if field.required and key not in table:
            raise Fault((*place, key), "is missing")


def near(name: str, names: tuple[str, ...]) -> list[str]:
    """Pick the names that somebody who wrote ``name`` may have meant."""
    return difflib.get_close_matches(name[:100], names, n=2)


def _unknown(key: str, value: object, siblings: tuple[str, ...], place: Place) -> str:
    """Name what may have been meant: a near name here, or the same name in another section."""
    here = [key_path((*place, name)) for name in near(key, siblings)]
    elsewhere = [
        key_path((name, key))
        for name, field in fields(Config).items()
        if (section := section_of(field.type)) and key in fields(section)
    ]
    kind = "section" if isinstance(value, dict) else "setting"
    meant = here + elsewhere
    return f"unknown {kind}" + (f"; did you mean {alternatives(meant)}?" if meant else "")


def _judge(kind: inspect.Type, value: object, place: Place) -> None:
    plain = bare(kind)
    if section := section_of(plain):
        _judge_section(section, value, place)
    elif isinstance(plain, inspect.VarTupleType):
        _judge_list(plain, value, place)
    elif isinstance(plain, inspect.LiteralType):
        _judge_choice(tuple(map(str, plain.values)), value, place)
    elif isinstance(plain, inspect.BoolType):
        if not isinstance(value, bool):
            raise Fault(place, f"must be true or false, not {_sort(value)}")
    elif isinstance(plain, inspect.IntType | inspect.FloatType):
        _judge_number(plain, value, place)
    elif not isinstance(value, str):
        raise Fault(place, f"must be text in quotes, not {_sort(value)}")
    elif callable(check := note(kind, "check")) and (problem := check(value)):
        raise Fault(place, problem)


def _judge_section(section: type[Section], value: object, place: Place) -> None:
    if isinstance(value, dict):
        judge_table(section, value, place)
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        raise Fault(place, f"must be one table: [{key_path(place)}], not [[{key_path(place)}]]")
    else:
        raise Fault(place, f"must be a table, not {_sort(value)}")


def _judge_list(kind: inspect.VarTupleType, value: object, place: Place) -> None:
    if not isinstance(value, list | tuple):
        if element(kind):
            path = key_path(place)
            raise Fault(place, f"must be a list of tables: [[{path}]], not {_sort(value, f'[{path}]')}")
        raise Fault(place, f"must be a list in brackets, not {_sort(value)}")
    for index, item in enumerate(value):
        _judge(kind.item_type, item, (*place, index))


def _judge_choice(choices: tuple[str, ...], value: object, place: Place) -> None:
    if not isinstance(value, str):
        raise Fault(place, f"must be text in quotes, not {_sort(value)}")
    if value not in choices:
        raise Fault(place, f"must be {alternatives(map(quoted, choices))}, not {quoted(value)}")


def _judge_number(kind: inspect.IntType | inspect.FloatType, value: object, place: Place) -> None:
    whole = isinstance(kind, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise Fault(place, f"must be a {'whole ' * whole}number, not {_sort(value)}")
    if isinstance(value, float) and not isfinite(value):
        raise Fault(place, f"must be a finite number, not {value}")
    if kind.ge is not None and value < kind.ge:
        raise Fault(place, f"must be at least {written(kind.ge)}{_contrast(value)}")
    if kind.le is not None and value > kind.le:
        raise Fault(place, f"must be at most {written(kind.le)}{_contrast(value)}")


def _contrast(value: float) -> str:
    """Show the wrong number, unless it is so long that writing it out helps nobody (and may fail)."""
    return "" if isinstance(value, int) and abs(value) >= 10**20 else f", not {written(value)}"


def _sort(value: object, table: str = "a table") -> str:
    """Say in plain words what sort of thing a TOML value is, without showing it."""
    if isinstance(value, bool):
        return written(value)
    sorts = {
        str: "text in quotes",
        int: "a number",
        float: "a number with a point",
        list: "a list",
        dict: table,
    }
    return sorts.get(type(value), "a date or time")
