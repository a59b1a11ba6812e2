"""One command: what ``@command`` says of a function, what its signature says, and who may give it."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Collection
from typing import Any

from chatd.core.caps import Capability
from chatd.core.channel import Channel
from chatd.core.refusal import Failed, Refused
from chatd.core.signatures import signature_of
from chatd.core.user import User
from chatd.wire.numerics import ERR_NEEDMOREPARAMS, ERR_NOPRIVILEGES, ERR_NOSUCHNICK, ERR_NOTREGISTERED

Needs = tuple[Capability, ...]
"""Capabilities of which a client must have negotiated one."""
_USUAL_PARAMETERS = 15


def bits_of(needs: Needs) -> int:
    """Their bits together."""
    return sum({capability.bit for capability in needs})


class OtherwiseMark:
    """What ``catalog.otherwise`` says of a function; see there."""

    def __init__(self, verb: str) -> None:
        self.verb = verb


class CommandMark:
    """What ``catalog.command`` says of a function; see there."""

    def __init__(
        self,
        verb: str,
        usage: str,
        example: str,
        before: bool | Needs,
        needs: Needs,
        privilege: str,
        cost: float,
        hidden: bool,
    ) -> None:
        self.verb = verb
        self.usage = usage
        self.example = example
        self.before = before
        self.needs = needs
        self.privilege = privilege
        self.cost = cost
        self.hidden = hidden


class Command:
    """A verb with what the gate needs to know, derived from the function's signature.

    ``plain`` has the numbers of parameters with which ``call`` takes them as they are; ``run`` takes any.
    ``early`` are the bits with one of which it is allowed before registration, -1 for everybody; ``needed`` those of
    ``needs``, and ``otherwise`` stands in for it with who has negotiated none of them.  ``is_checked`` says that not
    everybody who is registered may give it.
    """

    __slots__ = (
        "call", "converters", "cost", "early", "example", "hidden", "is_checked", "maximum", "needed", "needs",
        "otherwise", "plain", "privilege", "required", "summary", "usage", "used", "verb",
    )  # fmt: skip

    def __init__(self, mark: CommandMark, function: Callable[..., Any]) -> None:
        self.verb = mark.verb
        self.usage = mark.usage
        self.example = mark.example
        self.early = bits_of(mark.before) if isinstance(mark.before, tuple) else -1 if mark.before else 0
        self.needs = mark.needs
        self.needed = bits_of(mark.needs)
        self.otherwise: Command | None = None
        self.privilege = mark.privilege
        self.is_checked = bool(mark.privilege or mark.needs)
        self.cost = mark.cost
        self.hidden = mark.hidden
        self.call = function
        self.summary = inspect.getdoc(function) or ""
        self.used = 0  # how often it was carried out since the start, for STATS
        self.required, self.maximum, kinds = signature_of(function)
        self.converters: list[Callable[[Any, str], object]] | None = None
        self.plain: frozenset[int] = frozenset()
        if any(kind not in _PLAIN for kind in kinds):
            self.converters = [self._converter(kind) for kind in kinds]
        else:
            self.plain = frozenset(range(self.required, int(min(self.maximum, _USUAL_PARAMETERS)) + 1))

    def allowed(self, session: Any, is_registered: bool, rights: Collection[str], given: int) -> Command:
        """Give what is to be carried out for a session; raises Refused and Failed when it may not give the command.

        With fewer parameters ``given`` than it has, that is what is to be said.
        """
        if not is_registered and self.early >= 0 and not session.caps & self.early:
            raise Refused(ERR_NOTREGISTERED)
        if self.needed and not session.caps & self.needed and given >= self.required:
            if self.otherwise is not None:
                return self.otherwise
            text = "Negotiate this capability first"
            raise Failed(self.verb, "CAPABILITY_REQUIRED", self.needs[0].name, text=text)
        if is_registered and self.privilege and self.privilege not in rights:
            raise Refused(ERR_NOPRIVILEGES)
        return self

    def answer_otherwise(self, function: Callable[..., Any]) -> None:
        """Let a function stand in for the command with who has negotiated none of ``needs``."""
        self.otherwise = Command(CommandMark(self.verb, "", "", False, (), "", self.cost, True), function)

    def given_by(self, caps: int) -> Capability:
        """The last of ``needs`` that is among these capabilities."""
        return next(capability for capability in reversed(self.needs) if caps & capability.bit)

    def _converter(self, kind: Any) -> Callable[[Any, str], object]:
        converter = _CONVERTERS.get(kind)
        if converter is None:
            raise TypeError(f"{self.call.__module__}.{self.call.__name__}: no converter for {kind}")
        return converter

    def run(self, context: Any, params: list[str]) -> None:
        """Check the arity, look up what the signature asks for, and call; raises Refused."""
        if len(params) < self.required:
            raise Refused(ERR_NEEDMOREPARAMS, self.verb)
        if len(params) > self.maximum:
            params = params[: int(self.maximum)]
        if self.converters is not None:
            looked_up = [convert(context, param) for convert, param in zip(self.converters, params, strict=False)]
            self.call(context, *looked_up, *params[len(looked_up) :])
        else:
            self.call(context, *params)


def _plain(context: Any, text: str) -> str:
    return text


def _channel(context: Any, name: str) -> Channel:
    channel: Channel = context.find_channel(name)
    return channel


def _user(context: Any, nick: str) -> User:
    user: User | None = context.network.user(nick)
    if user is None:
        raise Refused(ERR_NOSUCHNICK, nick or "*")
    return user


_PLAIN = (str, str | None, typing.Optional[str])  # noqa: UP045 - what get_type_hints may make of the one before
_CONVERTERS: dict[Any, Callable[[Any, str], object]] = {
    **dict.fromkeys(_PLAIN, _plain),
    Channel: _channel,
    User: _user,
}
