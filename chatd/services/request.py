"""One command somebody gives to a service: who asks, which service answers, and how it says yes or no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chatd.config import Config
from chatd.context import Context
from chatd.core.accounts import StoreError, StoreUnavailable
from chatd.core.refusal import Failed, Refused
from chatd.core.services import USERNAME, Service
from chatd.reports import reporter
from chatd.wire.chunks import clip, pack_words
from chatd.wire.framing import BODY_BYTES

log = reporter(__name__)

T = TypeVar("T")

UNAVAILABLE = "That cannot be done just now; please try again in a few minutes."


class Declined(Exception):
    """A service does not do what it was asked; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Request:
    """What is asked of a service; ``command`` is its name in capitals."""

    __slots__ = ("command", "ctx", "service")

    def __init__(self, ctx: Context, service: Service, command: str) -> None:
        self.ctx = ctx
        self.service = service
        self.command = command

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.ctx.config

    @property
    def account(self) -> str:
        """The account the asker is logged in to; for commands that need a log-in."""
        account = self.ctx.user.account
        if account is None:
            raise Declined("You are not logged in.")
        return account

    def say(self, text: str) -> None:
        """Answer with a NOTICE, or with several for a text that one cannot hold."""
        session = self.ctx.session
        head = f":{source_of(self.ctx, self.service)} NOTICE {session.shown_nick} :"
        room = BODY_BYTES - len(head.encode())
        if len(text.encode()) <= room:
            session.push(head + text)
        else:
            for line in pack_words(text.split(" "), room):
                session.push(head + clip(line, room))

    def notify_operators(self, text: str) -> None:
        """Tell operators who listen what was done with this command."""
        self.ctx.node.notice(f"{self.ctx.user.nick} used {self.service.name} {self.command}: {text}")

    def wait(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        refused: Callable[[StoreError], str] = lambda problem: "",
        committed: Callable[[T], None] | None = None,
    ) -> None:
        """Do slow work in a thread; the asker's next line waits for it.

        When the store said no, ``refused`` gives the sentence for it; "" for what was not to be expected.
        ``committed`` is called before ``then``, and also when the asker is gone by then.
        """

        # An exception that is handed over as a result would be raised for the server to answer.
        def guarded() -> tuple[bool, Callable[[], T]]:
            try:
                result = work()
            except StoreError as problem:
                said = problem

                def refuse() -> T:
                    raise Declined(self._sentence_for(said, refused))

                return False, refuse
            return True, lambda: result

        def happened(outcome: tuple[bool, Callable[[], T]]) -> None:
            if committed is not None and outcome[0]:
                committed(outcome[1]())

        def done(outcome: tuple[bool, Callable[[], T]]) -> None:
            with self.answered():
                then(outcome[1]())

        self.ctx.wait(guarded, done, committed=happened)

    def _sentence_for(self, problem: StoreError, refused: Callable[[StoreError], str]) -> str:
        sentence = refused(problem)
        if not sentence and not isinstance(problem, StoreUnavailable):
            log.error("{service} {command}: the store said {problem}", service=self.service.name,
                      command=self.command, problem=type(problem).__name__)  # fmt: skip
        return sentence or UNAVAILABLE

    def answered(self) -> _Answered:
        """Whatever says no inside the block is said in a sentence."""
        return _Answered(self)


class _Answered:
    """Turns refusals into answers, as old clients show nothing but what a service says."""

    __slots__ = ("_request",)

    def __init__(self, request: Request) -> None:
        self._request = request

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        request = self._request
        match problem:
            case Declined():
                request.say(problem.sentence)
            case Failed():
                request.say(problem.text)
            case Refused():
                if problem.numeric is not None:
                    request.say(" ".join(filter(None, [*problem.params, problem.numeric.text])))
            case _:
                return False
        return True


def source_of(ctx: Context, service: Service) -> str:
    """What an answer comes from."""
    return f"{service.name}!{USERNAME}@{ctx.node.name}"
