"""Services: names that answer commands (NickServ), and the tables of what each can do.

A service is no user of the network and has no state; nobody can have its nickname.  How it is asked and how it
answers is chatd.services'.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from chatd.core.marks import mark
from chatd.core.signatures import signature_of

F = TypeVar("F", bound=Callable[..., Any])

USERNAME: Final = "services"


class Service:
    """One row: a service's nickname, and what it is for, as the end of a sentence that begins with the name."""

    __slots__ = ("folded", "name", "purpose")

    def __init__(self, name: str, purpose: str) -> None:
        self.name = name
        self.folded = name.lower()  # ASCII letters only, which every casemapping folds alike
        self.purpose = purpose

    @property
    def realname(self) -> str:
        """What WHOIS shows of it."""
        return self.purpose[:1].upper() + self.purpose[1:]

    def command(
        self,
        name: str,
        usage: str = "",
        *,
        example: str = "",
        login: bool = False,
        privilege: str = "",
        secret: bool = False,
        cost: float = 1.0,
        hidden: bool = False,
        topics: Mapping[str, str] | None = None,
    ) -> Callable[[F], F]:
        """Make a function answer a command to this service.

        Its first parameter is the request; the others, ``str`` all of them, are the command's words, fewer by those
        with a default; ``*words: str`` takes any number.  ``usage`` and ``example`` are for HELP, with the docstring.
        ``login`` asks for an account, ``privilege`` for an operator who has it.  ``secret`` says that the words are
        passwords or codes: they are not repeated to anybody, not even to who sent them.  ``cost`` is what it takes
        from the flood allowance.  ``hidden`` keeps it out of HELP: another name for a command.  ``topics`` are words
        that may come first (in capitals), and what HELP says of each.
        """
        made = ServiceMark(self, name, usage, example, login, privilege, secret, cost, hidden, topics or {})
        return lambda function: mark(function, made)


class ServiceMark:
    """What ``Service.command`` says of a function; see there."""

    def __init__(
        self,
        service: Service,
        name: str,
        usage: str,
        example: str,
        login: bool,
        privilege: str,
        secret: bool,
        cost: float,
        hidden: bool,
        topics: Mapping[str, str],
    ) -> None:
        self.service = service
        self.name = name
        self.usage = usage
        self.example = example
        self.login = login
        self.privilege = privilege
        self.secret = secret
        self.cost = cost
        self.hidden = hidden
        self.topics = topics


class ServiceCommand:
    """A command of a service; ``required`` and ``maximum`` words come from the function's signature."""

    __slots__ = (
        "call", "cost", "example", "hidden", "login", "maximum", "name", "privilege", "required", "secret", "summary",
        "topics", "usage",
    )  # fmt: skip

    def __init__(self, made: ServiceMark, function: Callable[..., Any]) -> None:
        self.name = made.name
        self.usage = made.usage
        self.example = made.example
        self.login = made.login
        self.privilege = made.privilege
        self.secret = made.secret
        self.cost = made.cost
        self.hidden = made.hidden
        self.topics = made.topics
        self.call = function
        self.summary = inspect.getdoc(function) or ""
        self.required, self.maximum, _ = signature_of(function)

    @property
    def syntax(self) -> str:
        """How it is written."""
        return f"{self.name} {self.usage}".rstrip()


class ServiceTable:
    """A service with all its commands, by name in capitals."""

    __slots__ = ("commands", "service")

    def __init__(self, service: Service) -> None:
        self.service = service
        self.commands: dict[str, ServiceCommand] = {}

    def add(self, command: ServiceCommand) -> None:
        """One more command; raises ValueError for a name that is taken."""
        if command.name in self.commands:
            raise ValueError(f"two features answer {self.service.name} {command.name}")
        self.commands[command.name] = command
