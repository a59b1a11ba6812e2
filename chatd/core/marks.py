"""What decorators leave on a function for the catalog to find: any number of marks, in the order they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__chatd_marks__"


def mark(function: F, made: object) -> F:
    """Leave one more mark."""
    marks: list[object] = function.__dict__.setdefault(_MARK, [])
    marks.append(made)
    return function


def marks_of(function: Callable[..., Any]) -> Iterable[Any]:
    """The marks of a function, none for most."""
    marks: list[object] = function.__dict__.get(_MARK, [])
    return marks
