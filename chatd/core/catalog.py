"""What a server can do, gathered once at start from the features.

Decorators only mark functions; rows are plain objects at module level.  ``Catalog.collect`` reads both, refuses
duplicates and unknown annotations, and derives arity and look-ups from the signatures.  No global registries.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from chatd.core.bans import Extban
from chatd.core.caps import Capability, Tag
from chatd.core.channel import Channel
from chatd.core.events import Event
from chatd.core.marks import mark, marks_of
from chatd.core.modes import ChannelMode, Guard, ModeTable, Protection, UserMode
from chatd.core.refusal import Refused
from chatd.core.services import Service, ServiceCommand, ServiceMark, ServiceTable
from chatd.core.signatures import signature_of
from chatd.core.user import User
from chatd.wire.numerics import ERR_NEEDMOREPARAMS, ERR_NOSUCHNICK

F = TypeVar("F", bound=Callable[..., Any])
_USUAL_PARAMETERS = 15


class CommandMark:
    """What ``@command`` says of a function; see there."""

    def __init__(
        self, verb: str, usage: str, example: str, before: bool, privilege: str, cost: float, hidden: bool
    ) -> None:
        self.verb = verb
        self.usage = usage
        self.example = example
        self.before = before
        self.privilege = privilege
        self.cost = cost
        self.hidden = hidden


class _Hook:
    """A function bound to a kind of thing: renders, follows, observes, guards, greets, deadline.

    Of those bound to one event the lower ``rank`` comes first, then the one declared first.
    """

    def __init__(self, kind: str, subject: type | None = None, rank: int = 0) -> None:
        self.kind = kind
        self.subject = subject
        self.rank = rank


def command(
    verb: str,
    usage: str = "",
    *,
    example: str = "",
    before: bool = False,
    privilege: str = "",
    cost: float = 1.0,
    hidden: bool = False,
) -> Callable[[F], F]:
    """Make a function answer a verb.

    Its first parameter is the context; the others are the command's parameters: ``str`` and ``str | None``,
    ``User`` and ``Channel`` (looked up, 401 and 403 when missing), ``*rest: str``.  ``usage`` and ``example`` are for
    HELP, with the docstring; ``before`` allows it before registration; ``privilege`` names what an operator needs;
    ``cost`` is what it takes from the flood allowance.
    """
    return lambda function: mark(function, CommandMark(verb, usage, example, before, privilege, cost, hidden))


def renders(event: type, rank: int = 0) -> Callable[[F], F]:
    """Make a pure function show an event: it returns an Outgoing, a list of them, or None.

    ``rank`` is for lines that must come after those another feature shows of the same event.
    """
    return lambda function: mark(function, _Hook("renders", event, rank))


def follows(event: type, rank: int = 0) -> Callable[[F], F]:
    """Call ``function(context, event)`` after delivery, for the session the event came from, on its own node.

    ``rank`` is for what must come before or after what another feature does.
    """
    return lambda function: mark(function, _Hook("follows", event, rank))


def observes(event: type, rank: int = 0) -> Callable[[F], F]:
    """Call ``function(node, event)`` after delivery, on every node; ``rank`` as in ``follows``."""
    return lambda function: mark(function, _Hook("observes", event, rank))


def guards(attempt: type) -> Callable[[F], F]:
    """Put every attempt of this type before the function; it raises Refused or returns."""
    return lambda function: mark(function, _Hook("guards", attempt))


def greets(function: F) -> F:
    """Call ``function(context)`` when a connection opens."""
    return mark(function, _Hook("greets"))


def explains(function: F) -> F:
    """Call ``function(context, refusal)`` when a command of somebody who types by hand was refused."""
    return mark(function, _Hook("explains"))


def losing(function: F) -> F:
    """Call ``function(context, reason)`` when a connection is gone or being closed; the session is still known."""
    return mark(function, _Hook("losing"))


def recovers(event: type) -> Callable[[F], F]:
    """Call ``function(context, event)`` for the session whose event lost a race, before it is told the numeric."""
    return lambda function: mark(function, _Hook("recovers", event))


def adapts(function: F) -> F:
    """Call ``function(context, before)`` when a session's capabilities have changed; ``before`` are the old bits."""
    return mark(function, _Hook("adapts"))


def welcomes(function: F) -> F:
    """Call ``function(context)`` in the greeting of a new user, after 005 and before the message of the day."""
    return mark(function, _Hook("welcomes"))


def sights(function: F) -> F:
    """Call ``function(context, user)`` when MONITOR has told a session that somebody is here (730)."""
    return mark(function, _Hook("sights"))


def introduces(rank: int = 0) -> Callable[[F], F]:
    """Call ``function(context, channel)`` for each session that was just shown that its user joined a channel.

    It joined, another session of its user did, it has become one of its user's, or the channel was renamed.
    """
    return lambda function: mark(function, _Hook("introduces", None, rank))


def claims(function: F) -> F:
    """Call ``function(context)`` for a connection that may be registered; True when it is not to be a new user."""
    return mark(function, _Hook("claims"))


def completing(function: F) -> F:
    """Call ``function(context)`` when something that held back registration has ended."""
    return mark(function, _Hook("completing"))


def deadline(function: F) -> F:
    """Call ``function(context)`` when a session's deadline has come."""
    return mark(function, _Hook("deadline"))


def ticks(function: F) -> F:
    """Call ``function(node)`` once a second, on every node."""
    return mark(function, _Hook("ticks"))


def _rank(hook: _Hook, function: Callable[..., Any]) -> int:
    """The rank of a function among those bound to the same thing as ``hook``."""
    return next(
        made.rank
        for made in marks_of(function)
        if isinstance(made, _Hook) and (made.kind, made.subject) == (hook.kind, hook.subject)
    )


def reconfigured(function: F) -> F:
    """Call ``function(context, before)`` for each session after the configuration was read again; before: the old."""
    return mark(function, _Hook("reconfigured"))


class Isupport:
    """One ISUPPORT token; ``value`` is given the node: True for a bare token, None or False to leave it out."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Callable[[Any], str | int | bool | None]) -> None:
        self.name = name
        self.value = value


class Command:
    """A verb with what the gate needs to know, derived from the function's signature.

    ``plain`` has the numbers of parameters with which ``call`` takes them as they are; ``run`` takes any.
    """

    __slots__ = (
        "before", "call", "converters", "cost", "example", "hidden", "maximum", "plain", "privilege", "required",
        "summary", "usage", "used", "verb",
    )  # fmt: skip

    def __init__(self, mark: CommandMark, function: Callable[..., Any]) -> None:
        self.verb = mark.verb
        self.usage = mark.usage
        self.example = mark.example
        self.before = mark.before
        self.privilege = mark.privilege
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


class Reactions:
    """What the features do about one type of event, in the order they declare it, and what the type says of itself."""

    __slots__ = ("follows", "moves_nobody", "observes", "recovers", "renders")

    def __init__(self, event: type[Event]) -> None:
        self.moves_nobody = event.moves_nobody
        self.renders: tuple[Callable[..., Any], ...] = ()
        self.follows: tuple[Callable[..., None], ...] = ()
        self.observes: tuple[Callable[..., None], ...] = ()
        self.recovers: tuple[Callable[..., None], ...] = ()


class ReactionTable(dict[type[Event], Reactions]):
    """Reactions by type of event."""

    def __missing__(self, event: type[Event]) -> Reactions:
        reactions = self[event] = Reactions(event)
        return reactions


class Catalog:
    """Everything the features declare, by kind."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.services: dict[str, ServiceTable] = {}
        self.capabilities: dict[str, Capability] = {}
        self.tags: list[Tag] = []
        self.tokens: list[Isupport] = []
        self.extbans: dict[str, Extban] = {}
        self.reactions = ReactionTable()
        self.guards: dict[type, tuple[Guard, ...]] = {}
        self.greetings: list[Callable[[Any], None]] = []
        self.deadlines: list[Callable[[Any], None]] = []
        self.completions: list[Callable[[Any], None]] = []
        self.explanations: list[Callable[[Any, Refused], None]] = []
        self.losses: list[Callable[[Any, str], None]] = []
        self.reconfigurations: list[Callable[[Any, Any], None]] = []
        self.adaptations: list[Callable[[Any, int], None]] = []
        self.welcomes: list[Callable[[Any], None]] = []
        self.sightings: list[Callable[[Any, Any], None]] = []
        self.ticks: list[Callable[[Any], None]] = []
        self.introductions: list[Callable[[Any, Channel], None]] = []
        self.claims: list[Callable[[Any], bool]] = []
        self._occasions: dict[str, list[Any]] = {
            "greets": self.greetings, "deadline": self.deadlines, "completing": self.completions,
            "explains": self.explanations, "losing": self.losses, "adapts": self.adaptations, "welcomes": self.welcomes,
            "sights": self.sightings,
            "reconfigured": self.reconfigurations, "ticks": self.ticks, "introduces": self.introductions,
            "claims": self.claims,
        }  # fmt: skip
        self._channel_modes: list[ChannelMode] = []
        self._user_modes: list[UserMode] = []
        self._protections: list[Protection] = []
        self._seen: set[int] = set()
        self.modes = ModeTable()

    @classmethod
    def collect(cls, *packages: ModuleType) -> Catalog:
        """Read every module of these packages; raises ValueError on a duplicate, TypeError on a bad signature."""
        catalog = cls()
        for package in packages:
            for module in _modules(package):
                catalog._read(module)
        catalog.modes = ModeTable(catalog._channel_modes, catalog._user_modes, catalog._protections)
        return catalog

    def _read(self, module: ModuleType) -> None:
        for thing in list(vars(module).values()):
            if inspect.isfunction(thing) and thing.__module__ == module.__name__:
                for made in marks_of(thing):
                    self._take_mark(made, thing)
            elif id(thing) not in self._seen:
                self._take_row(thing)

    def _take_mark(self, made: object, function: Callable[..., Any]) -> None:
        if isinstance(made, CommandMark):
            if made.verb in self.commands:
                raise ValueError(f"two features answer {made.verb}")
            self.commands[made.verb] = Command(made, function)
        elif isinstance(made, ServiceMark):
            table = self.services.setdefault(made.service.folded, ServiceTable(made.service))
            table.add(ServiceCommand(made, function))
        elif isinstance(made, _Hook):
            if made.subject is None:
                functions = self._occasions[made.kind]
                functions.append(function)
                functions.sort(key=partial(_rank, made))
            else:
                if made.kind == "guards":
                    self.guards[made.subject] = (*self.guards.get(made.subject, ()), function)
                else:
                    reactions = self.reactions[made.subject]
                    bound = (*getattr(reactions, made.kind), function)
                    setattr(reactions, made.kind, tuple(sorted(bound, key=partial(_rank, made))))

    def _take_row(self, thing: object) -> None:
        self._seen.add(id(thing))
        match thing:
            case Capability():
                self.capabilities[thing.name] = thing
            case Tag():
                self.tags.append(thing)
            case Isupport():
                self.tokens.append(thing)
            case Extban():
                if thing.letter in self.extbans:
                    raise ValueError(f"two features claim the extended ban {thing.letter}:")
                self.extbans[thing.letter] = thing
            case ChannelMode():
                self._channel_modes.append(thing)
            case UserMode():
                self._user_modes.append(thing)
            case Service():
                self.services.setdefault(thing.folded, ServiceTable(thing))
            case Protection():
                self._protections.append(thing)
            case _:
                pass


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)
