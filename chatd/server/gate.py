"""The one gate that every command goes through, and what becomes of commands that wait for something slow."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any

from chatd.clock import Clock
from chatd.core.accounts import StoreUnavailable
from chatd.core.catalog import Catalog
from chatd.core.commands import Command
from chatd.core.refusal import Failed, Refused
from chatd.delivery.labels import may_label
from chatd.lanes import Lanes, Spawn
from chatd.reports import reporter
from chatd.session import Session
from chatd.wire.framing import BODY_BYTES, too_long
from chatd.wire.message import parse, salvaged_tags
from chatd.wire.numerics import (
    ERR_INPUTTOOLONG,
    ERR_UNKNOWNCOMMAND,
    ERR_UNKNOWNERROR,
)

log = reporter(__name__)

WENT_WRONG = "Something went wrong here; it has been logged"


class Gate:
    """One for each node."""

    __slots__ = ("_clock", "_commands", "_explanations", "_lanes", "_trimmings")

    def __init__(self, catalog: Catalog, clock: Clock, lanes: Lanes) -> None:
        self._commands = catalog.commands
        self._explanations = catalog.explanations
        self._trimmings = catalog.trimmings
        self._clock = clock
        self._lanes = lanes

    def execute(self, session: Session, lines: Iterable[bytes]) -> int:
        """Carry out lines as far as the session's allowance goes: the only gate every command goes through.

        Gives how many were taken.
        """
        context, commands, taken = session.context, self._commands, 0
        for line in lines:
            if session.allowance < 0 or session.waiting or session.closing:
                break
            taken += 1
            if not line:
                continue
            try:
                if len(line) > BODY_BYTES and too_long(line):
                    session.allowance -= 1
                    self._begin_response(session, salvaged_tags(line))
                    raise Refused(ERR_INPUTTOOLONG)
                tags, _, verb, params = parse(line.decode())
                if (tags or session.collector is not None) and self._is_collected(session, verb, params, tags):
                    continue
                command = commands.get(verb) or self._spelt_otherwise(session, verb)
                session.allowance -= command.cost
                if session.user is None or command.is_checked:
                    command = self._allowed(session, command, len(params))
                context.tags = tags
                context.verb = command.verb
                command.used += 1
                count = len(params)
                if count == 2 and 2 in command.plain:  # by far the most frequent, and cheaper than any number
                    command.call(context, params[0], params[1])
                elif count in command.plain:
                    command.call(context, *params)
                else:
                    self._run(session, command, params)
            except Exception as problem:
                self._answer(session, line, problem)
            session.held = None
            if session.label is not None:
                session.settle_response()
        return taken

    def _run(self, session: Session, command: Command, params: list[str]) -> None:
        """Carry out what is not simply called: parameters are too few, too many, or to be looked up."""
        command.run(session.context, params)
        if session.typed and len(params) > command.maximum and not session.closing:
            for tell in self._trimmings:
                tell(session.context)

    def _answer(self, session: Session, line: bytes, problem: Exception) -> None:
        """Tell a session why a line was not carried out."""
        if isinstance(problem, Refused):
            session.refuse(problem)
            if session.typed or session.user is None:
                for explain in self._explanations:
                    explain(session.context, problem)
        elif isinstance(problem, Failed):
            session.fail(problem)
        elif isinstance(problem, UnicodeDecodeError):
            session.allowance -= 1
            self._refuse_bytes(session, line)
        else:
            log.failure("a command failed: {verb}", verb=session.context.verb)
            session.reply(ERR_UNKNOWNERROR, session.context.verb, WENT_WRONG)

    @staticmethod
    def _allowed(session: Session, command: Command, given: int) -> Command:
        """What is to be carried out; raises Refused or Failed when this session may not give the command at all."""
        user = session.user
        return command.allowed(session, user is not None, user.rights(session.sid) if user is not None else (), given)

    def _is_collected(self, session: Session, verb: str, params: list[str], tags: Mapping[str, str]) -> bool:
        """Offer a line to the client's open batch; what is not taken begins its response."""
        if session.collector is not None and session.collector(verb, params, tags):
            return True
        self._begin_response(session, tags)
        return False

    @staticmethod
    def _begin_response(session: Session, tags: Mapping[str, str]) -> None:
        label = tags.get("label", "")
        if label and session.label is None and may_label(label, session.caps):
            session.begin_response(label)

    def _spelt_otherwise(self, session: Session, verb: str) -> Command:
        """The command of a verb that is not written in capitals; raises Refused (without a numeric for no verb)."""
        shown = verb.upper()
        command = self._commands.get(shown)
        if command is None:
            session.allowance -= bool(verb)
            raise Refused(ERR_UNKNOWNCOMMAND if verb else None, shown)
        return command

    def _refuse_bytes(self, session: Session, line: bytes) -> None:
        """Answer a line that is not UTF-8 (IRCv3 utf8only)."""
        _, _, verb, _ = parse(line.decode("utf-8", "replace"))
        self._begin_response(session, salvaged_tags(line))
        shown = verb.upper() if verb.isascii() and verb.isalnum() else "*"
        text = "Message rejected, it is not valid UTF-8"
        session.fail(Failed(shown, "INVALID_UTF8", text=text))

    def wait(
        self,
        session: Session,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        lane: Spawn | None = None,
        unavailable: Callable[[], None] | None = None,
        committed: Callable[[Any], None] | None = None,
        turn: Hashable = None,
    ) -> None:
        """See ``context.Context``; ``then`` is not called when the session is gone by then."""
        session.waiting += 1

        def done(result: Any) -> None:
            self._clock.moment()
            resumed = session.resume_response()
            if committed is not None and not isinstance(result, BaseException):
                committed(result)
            if not session.closing:
                session.stay_behind()
                self._go_on(session, result, then, unavailable)
            session.held = None
            self.release(session, resumed)

        def late(result: Any) -> None:
            if committed is not None:
                self._clock.moment()
                committed(result)

        (lane or partial(self._lanes.storing, late=late, turn=turn))(work, done)

    @staticmethod
    def _go_on(
        session: Session, result: Any, then: Callable[[Any], None], unavailable: Callable[[], None] | None
    ) -> None:
        """The rest of a command, which may refuse as its beginning may."""
        try:
            if unavailable is not None and isinstance(result, StoreUnavailable):
                unavailable()
            elif isinstance(result, BaseException):
                raise result
            else:
                then(result)
        except Refused as refusal:
            session.refuse(refusal)
        except Failed as failure:
            session.fail(failure)
        except StoreUnavailable:
            text = "This cannot be done just now; try again in a minute"
            session.fail(Failed(session.context.verb, "TEMPORARILY_UNAVAILABLE", text=text))
        except Exception:
            log.failure("slow work failed")
            session.reply(ERR_UNKNOWNERROR, "*", WENT_WRONG)

    @staticmethod
    def release(session: Session, resumed: bool) -> None:
        """Something that a session waited for is over."""
        session.waiting -= 1
        if resumed and session.label is not None:
            session.settle_response()
        if not session.waiting and not session.closing:
            session.drain()
