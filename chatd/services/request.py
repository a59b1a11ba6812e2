"""One command somebody gives to a service: who asks, which service answers, and how it says yes or no."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from chatd.accounts.tokens import TOKEN_ONLY, must_know_more
from chatd.config import Config
from chatd.context import Context
from chatd.core.accounts import Account, NoSuchAccount, StoreError, StoreUnavailable
from chatd.core.refusal import Failed, Refused
from chatd.core.services import USERNAME, Service
from chatd.interfaces import AccountStore
from chatd.lanes import Spawn
from chatd.reports import reporter
from chatd.wire.chunks import clip, pack_words
from chatd.wire.framing import BODY_BYTES

log = reporter(__name__)

T = TypeVar("T")

UNAVAILABLE = "That cannot be done just now; please try again in a few minutes."


class Outcome(NamedTuple):
    """What work gave, or what the store said instead."""

    result: Any
    problem: StoreError | Declined | None


def _outcome(work: Callable[[], Any]) -> Outcome:
    """Do it; an exception that is handed over as a result would be raised for the server to answer."""
    try:
        return Outcome(work(), None)
    except StoreUnavailable:
        raise
    except StoreError as problem:
        return Outcome(None, problem)


def _happened(committed: Callable[[Any], None] | None) -> Callable[[Outcome], None]:
    def happened(outcome: Outcome) -> None:
        if committed is not None and outcome.problem is None:
            committed(outcome.result)

    return happened


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

    def need_more_than_token(self) -> None:
        """Go on only with who has logged in by password or certificate; raises Declined."""
        if must_know_more(self.ctx):
            raise Declined(f"{TOKEN_ONLY}: /msg NickServ IDENTIFY {self.account} <password>")

    def say(self, text: str) -> None:
        """Answer with a NOTICE, or with several for a text that one cannot hold."""
        session = self.ctx.session
        source = source_of(self.ctx, self.service)
        room = BODY_BYTES - len(f":{source} NOTICE {session.shown_nick} :".encode())
        lines = [text] if len(text.encode()) <= room else pack_words(text.split(" "), room)
        for line in lines:
            session.say(source, "NOTICE", session.shown_nick, line)

    def notify_operators(self, text: str) -> None:
        """Tell operators who listen what was done with this command."""
        self.ctx.node.notice(f"{self.ctx.user.nick} used {self.service.name} {self.command}: {text}")

    def wait(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        refused: Callable[[StoreError], str] = lambda problem: "",
        committed: Callable[[T], None] | None = None,
        lane: Spawn | None = None,
    ) -> None:
        """Do slow work in a thread; the asker's next line waits for it.

        When the store said no, ``refused`` gives the sentence for it; "" for what was not to be expected.
        ``committed`` is called before ``then``, and also when the asker is gone by then.
        """
        self.ctx.wait(
            partial(_outcome, work), self._told(then, refused), lane=lane, committed=_happened(committed),
            unavailable=lambda: self.say(UNAVAILABLE),
        )  # fmt: skip

    def write(
        self,
        turn: Hashable,
        prepare: Callable[[], Callable[[], T]],
        then: Callable[[T], None],
        committed: Callable[[T], None],
        refused: Callable[[StoreError], str] = lambda problem: "",
        unavailable: Callable[[], None] | None = None,
    ) -> None:
        """Write down what is to be, when its turn has come; then it happens and is answered; see ``Context``.

        ``prepare`` may raise Declined.  Nothing happens for who has left before the turn came.
        """

        def prepared() -> Callable[[], Outcome]:
            try:
                if self.ctx.session.user is None:
                    raise Declined("")
                return partial(_outcome, prepare())
            except StoreUnavailable:
                raise
            except (StoreError, Declined) as problem:
                return partial(Outcome, None, problem)

        self.ctx.write(
            turn, prepared, then=self._told(then, refused), committed=_happened(committed),
            unavailable=unavailable or (lambda: self.say(UNAVAILABLE)),
        )  # fmt: skip

    def _told(self, then: Callable[[Any], None], refused: Callable[[StoreError], str]) -> Callable[[Outcome], None]:
        def done(outcome: Outcome) -> None:
            with self.answered():
                if isinstance(outcome.problem, Declined):
                    raise outcome.problem
                if outcome.problem is not None:
                    raise Declined(self._sentence_for(outcome.problem, refused))
                then(outcome.result)

        return done

    def _sentence_for(self, problem: StoreError, refused: Callable[[StoreError], str]) -> str:
        sentence = refused(problem)
        if not sentence:
            log.error("{service} {command}: the store said {problem}", service=self.service.name,
                      command=self.command, problem=type(problem).__name__)  # fmt: skip
        return sentence or UNAVAILABLE

    def with_account(
        self,
        act: Callable[[AccountStore, Account], T],
        then: Callable[[T], None],
        *,
        name: str = "",
        refused: Callable[[StoreError], str] = lambda problem: "",
        committed: Callable[[T], None] | None = None,
    ) -> None:
        """Have something done, in a thread, about an account: the asker's own, or the one of ``name``."""
        store, wanted = self.ctx.node.accounts, name or self.account
        folded = self.ctx.network.fold(wanted)

        def work() -> T:
            account = store.find(folded)
            if account is None:
                raise NoSuchAccount
            return act(store, account)

        def said(problem: StoreError) -> str:
            missing = isinstance(problem, NoSuchAccount)
            return f"There is no account {clip(wanted, 60)}." if missing else refused(problem)

        self.wait(work, then, said, committed)

    def answering(self, then: Callable[[T], None]) -> Callable[[T], None]:
        """The same, where refusals are answered in sentences: to be called from elsewhere."""

        def answered(result: T) -> None:
            with self.answered():
                then(result)

        return answered

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
