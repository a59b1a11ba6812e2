"""From a TOML file to a ``Config``, or to one line that says what is wrong and where.

The only reader of the configuration.  Certificates, texts and other files it names are not opened here.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from chatd.config.agreement import disagreements
from chatd.config.places import lines_of
from chatd.config.settings import Config
from chatd.config.shape import Fault, judge_table
from chatd.config.written import Place, key_path, written

_SYNTAX = {
    "Invalid value": "Invalid value (text needs quotes)",
    "Cannot overwrite a value": "This key is already set above",
}


class ConfigError(Exception):
    """The configuration cannot be used; ``str`` is one line for the person who wrote it.

    ``source`` is the file as it was named, ``line`` counts from 1 (None: of no line in particular),
    ``key`` is the full path of the setting ("" if it is not about one).
    """

    def __init__(self, source: str, line: int | None, key: str, problem: str) -> None:
        self.source = source
        self.line = line
        self.key = key
        self.problem = problem
        where = written(source)[1:-1] + (f":{line}" if line else "")
        super().__init__(": ".join(part for part in (where, key, problem) if part))


def load(path: str | os.PathLike[str]) -> Config:
    """Read the configuration file at ``path``; what it does not set keeps its default.

    Raises ConfigError for the first thing that is wrong: the file, its syntax, a key, a value.
    """
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigError(name, None, "", f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigError(name, None, "", "cannot be read: not the name of a file") from None
    source = _decoded(content, name)
    tables = _parsed(source, name)
    try:
        return _configured(tables)
    except Fault as fault:
        line = _line_of(fault.place, source)
        raise ConfigError(name, line, key_path(fault.place), fault.problem) from None


def override(config: Config, values: Mapping[str, object], source: str = "command line") -> Config:
    """Return ``config`` with some settings replaced: ``{"server.name": "irc.example.org"}``.

    Raises ConfigError, which names ``source``, if a value is not valid or there is no such setting.
    """
    tables: dict[str, Any] = msgspec.to_builtins(config)
    for key, value in values.items():
        section, _, name = key.partition(".")
        if not isinstance(tables.get(section), dict):
            raise ConfigError(source, None, key, "unknown setting")
        tables[section][name] = value
    try:
        return _configured(tables)
    except Fault as fault:
        raise ConfigError(source, None, key_path(fault.place), fault.problem) from None


def _decoded(content: bytes, name: str) -> str:
    try:
        source = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(name, line, "", f"is not UTF-8 text (byte 0x{content[error.start]:02x})") from None
    return source.removeprefix("\ufeff").replace("\r\n", "\n")


def _parsed(source: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        match = re.match(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", str(error), re.DOTALL)
        text, line, column = match.groups() if match else (str(error), None, None)
        place = f" (column {column})" if column else " (at the end of the file)"
        problem = f"not valid TOML: {_SYNTAX.get(text, text)}{place}"
        at = int(line) if line else source.count("\n") + (not source.endswith("\n"))
        raise ConfigError(name, at, "", written(problem)[1:-1].replace('\\"', '"')) from None
    except RecursionError:
        raise ConfigError(name, None, "", "not valid TOML: nested too deeply") from None
    except ValueError:
        raise ConfigError(name, None, "", "not valid TOML: a number or date is out of range") from None


def _configured(tables: dict[str, object]) -> Config:
    """Turn parsed tables into a configuration; raises Fault."""
    judge_table(Config, tables)
    config = msgspec.convert(tables, Config)
    fault = next(disagreements(config), None)
    if fault:
        raise fault
    return config


def _line_of(place: Place, source: str) -> int | None:
    """Find the line of a setting, or of the innermost table around it that is written down."""
    try:
        lines = lines_of(source)
    except RecursionError:  # tomllib may be able to follow deeper nesting than the scan
        return None
    return next((lines[place[:depth]] for depth in range(len(place), 0, -1) if place[:depth] in lines), None)
