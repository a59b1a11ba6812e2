"""What a command's function says of its parameters: how many words it takes, and of what kind."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from functools import cache
from math import inf
from typing import Any, NamedTuple


class Signature(NamedTuple):
    """``required`` to ``maximum`` words; ``kinds`` are the annotations of those that have a name of their own."""

    required: int
    maximum: float
    kinds: tuple[Any, ...]


@cache
def signature_of(function: Callable[..., Any]) -> Signature:
    """Read all parameters but the first, which is the context; kept, as every catalog asks the same again."""
    hints = typing.get_type_hints(function)
    _, *parameters = inspect.signature(function).parameters.values()
    named = [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_POSITIONAL]
    required = sum(parameter.default is inspect.Parameter.empty for parameter in named)
    maximum = len(named) if len(named) == len(parameters) else inf
    return Signature(required, maximum, tuple(hints[parameter.name] for parameter in named))
