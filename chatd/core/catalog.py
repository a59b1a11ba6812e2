"""What a server can do, gathered once at start from the features.

Decorators only mark functions; rows are plain objects at module level.  ``Catalog.collect`` reads both, refuses
duplicates and unknown annotations, and derives arity and look-ups from the signatures.  No global registries.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from functools import partial, wraps
from types import ModuleType
from typing import Any, TypeVar

from chatd.core.bans import Extban
from chatd.core.caps import Capability, Tag
from chatd.core.channel import Channel
from chatd.core.commands import Command, CommandMark, Needs, OtherwiseMark, bits_of
from chatd.core.events import Event
from chatd.core.marks import mark, marks_of
from chatd.core.modes import ChannelMode, Guard, ModeTable, Protection, UserMode
from chatd.core.refusal import Refused
from chatd.core.services import Service, ServiceCommand, ServiceMark, ServiceTable

F = TypeVar("F", bound=Callable[..., Any])
class _Hook:
    """A function bound to a kind of thing: renders, follows, observes, guards, greets, deadline.

    Of those bound to one event the lower ``rank`` comes first, then the one declared first.  It is called for sessions
    that have any of ``needs``, if there are some, and none of ``lacks``.
    """

    def __init__(
        self,
        kind: str,
        subject: type | None = None,
        rank: int = 0,
        needs: Needs = (),
        lacks: Needs = (),
    ) -> None:
        self.kind = kind
        self.subject = subject
        self.rank = rank
        self.needs = bits_of(needs)
        self.lacks = bits_of(lacks)

    def conditional(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, as it is to be called."""
        if not (self.needs or self.lacks):
            return function

        @wraps(function)
        def if_negotiated(context: Any, *rest: Any) -> None:
            caps = context.session.caps
            if (caps & self.needs or not self.needs) and not caps & self.lacks:
                function(context, *rest)

        return if_negotiated

    def when_lost(self, function: Callable[[Any], None]) -> Callable[[Any, int], None]:
        """The function, as it is to be called after a change of capabilities, given those of before."""

        @wraps(function)
        def if_given_up(context: Any, before: int) -> None:
            if before & ~context.session.caps & self.lacks:
                function(context)

        return if_given_up


def command(
    verb: str,
    usage: str = "",
    *,
    example: str = "",
    before: bool | Needs = False,
    needs: Needs = (),
    privilege: str = "",
    cost: float = 1.0,
    hidden: bool = False,
) -> Callable[[F], F]:
    """Make a function answer a verb.

    Its first parameter is the context; the others are the command's parameters: ``str`` and ``str | None``,
    ``User`` and ``Channel`` (looked up, 401 and 403 when missing), ``*rest: str``.  ``usage`` and ``example`` are for
    HELP, with the docstring; ``before`` allows it before registration, to all or to who has negotiated any of these
    capabilities; who has none of ``needs`` is answered by FAIL with CAPABILITY_REQUIRED, or as ``otherwise`` says;
    ``privilege`` names what an operator needs; ``cost`` is what it takes from the flood allowance.
    """
    made = CommandMark(verb, usage, example, before, needs, privilege, cost, hidden)
    return lambda function: mark(function, made)


def otherwise(verb: str) -> Callable[[F], F]:
    """Make a function answer a command of who has negotiated none of the capabilities that the command needs."""
    return lambda function: mark(function, OtherwiseMark(verb))


def renders(event: type, rank: int = 0) -> Callable[[F], F]:
    """Make a pure function show an event: it returns an Outgoing, a list of them, or None.

    ``rank`` is for lines that must come after those another feature shows of the same event.
    """
    return lambda function: mark(function, _Hook("renders", event, rank))


def follows(event: type, rank: int = 0, lacks: Needs = ()) -> Callable[[F], F]:
    """Call ``function(context, event)`` after delivery, for the session the event came from, on its own node.

    ``rank`` is for what must come before or after what another feature does; with ``lacks`` only if it has negotiated
    none of these.
    """
    return lambda function: mark(function, _Hook("follows", event, rank, lacks=lacks))


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


def trims(function: F) -> F:
    """Call ``function(context)`` when a command of somebody who types by hand was given more parameters than it takes.

    It was carried out without these; ``context.verb`` says which.
    """
    return mark(function, _Hook("trims"))


def losing(function: F) -> F:
    """Call ``function(context, reason)`` when a connection is gone or being closed; the session is still known."""
    return mark(function, _Hook("losing"))


def recovers(event: type) -> Callable[[F], F]:
    """Call ``function(context, event)`` for the session whose event lost a race, before it is told the numeric."""
    return lambda function: mark(function, _Hook("recovers", event))


def loses(*given_up: Capability) -> Callable[[F], F]:
    """Call ``function(context)`` when a session has given up any of these capabilities."""
    return lambda function: mark(function, _Hook("loses", lacks=given_up))


def welcomes(*needs: Capability) -> Callable[[F], F]:
    """Call ``function(context)`` in the greeting of a new user, after 005 and before the message of the day.

    With ``needs`` only if it has negotiated one of these.
    """
    return lambda function: mark(function, _Hook("welcomes", needs=needs))


def sights(*needs: Capability) -> Callable[[F], F]:
    """Call ``function(context, user)`` when MONITOR has told a session that somebody is here (730)."""
    return lambda function: mark(function, _Hook("sights", needs=needs))


def introduces(rank: int = 0, needs: Needs = (), lacks: Needs = ()) -> Callable[[F], F]:
    """Call ``function(context, channel)`` for each session that was just shown that its user joined a channel.

    It joined, another session of its user did, it has become one of its user's, or the channel was renamed.
    """
    return lambda function: mark(function, _Hook("introduces", None, rank, needs, lacks))


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
        self.trimmings: list[Callable[[Any], None]] = []
        self.losses: list[Callable[[Any, str], None]] = []
        self.reconfigurations: list[Callable[[Any, Any], None]] = []
        self.forgettings: list[Callable[[Any, int], None]] = []
        self.welcomes: list[Callable[[Any], None]] = []
        self.sightings: list[Callable[[Any, Any], None]] = []
        self.ticks: list[Callable[[Any], None]] = []
        self.introductions: list[Callable[[Any, Channel], None]] = []
        self.claims: list[Callable[[Any], bool]] = []
        self._occasions: dict[str, list[Any]] = {
            "greets": self.greetings, "deadline": self.deadlines, "completing": self.completions,
            "explains": self.explanations, "losing": self.losses, "loses": self.forgettings, "welcomes": self.welcomes,
            "sights": self.sightings, "trims": self.trimmings,
            "reconfigured": self.reconfigurations, "ticks": self.ticks, "introduces": self.introductions,
            "claims": self.claims,
        }  # fmt: skip
        self._others: list[tuple[OtherwiseMark, Callable[..., Any]]] = []
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
        for made, function in catalog._others:
            catalog.commands[made.verb].answer_otherwise(function)
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
        elif isinstance(made, OtherwiseMark):
            self._others.append((made, function))
        elif isinstance(made, ServiceMark):
            table = self.services.setdefault(made.service.folded, ServiceTable(made.service))
            table.add(ServiceCommand(made, function))
        elif isinstance(made, _Hook):
            if made.subject is None:
                functions = self._occasions[made.kind]
                functions.append(made.when_lost(function) if made.kind == "loses" else made.conditional(function))
                functions.sort(key=partial(_rank, made))
            else:
                if made.kind == "guards":
                    self.guards[made.subject] = (*self.guards.get(made.subject, ()), function)
                else:
                    reactions = self.reactions[made.subject]
                    bound = (*getattr(reactions, made.kind), made.conditional(function))
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
