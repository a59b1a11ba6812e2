"""All that a feature may touch: the network to read, the session, the configuration; reply, attempt, emit.

One context lives as long as its session.  Features import this and nothing of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from chatd.config import Config
from chatd.core.attempts import Attempt
from chatd.core.audience import Recipient
from chatd.core.caps import BATCH, MESSAGE_TAGS, MULTI_PREFIX, Capability
from chatd.core.catalog import Catalog
from chatd.core.channel import Channel
from chatd.core.clienttags import client_only
from chatd.core.events import Event, Line
from chatd.core.network import Network
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin, User
from chatd.delivery.outgoing import TagTable
from chatd.interfaces import AccountStore, Archive, ChannelStore, History, Index
from chatd.journal.unsaved import Unsaved
from chatd.lanes import Lanes, Spawn
from chatd.wire.chunks import pack_words
from chatd.wire.framing import BODY_BYTES
from chatd.wire.masks import glob
from chatd.wire.message import NO_TAGS
from chatd.wire.numerics import ERR_NOSUCHCHANNEL, ERR_NOSUCHSERVER, Numeric

if TYPE_CHECKING:
    from chatd.accounts.letters import LetterDesk
    from chatd.accounts.login import LoginDesk
    from chatd.accounts.registrar import Registrar
    from chatd.accounts.server_password import ServerPassword
    from chatd.channels.saving import ChannelSaver
    from chatd.delivery.outgoing import Outgoing
    from chatd.presence.saving import PresenceSaver
    from chatd.session import Session

T = TypeVar("T")

_KNOWING = frozenset({"see-secret", "override", "relay", "channels"})
"""Privileges of operators who may do something in secret channels."""


def nothing(_result: object) -> None:
    """There is nothing left to do."""


class Node(Protocol):
    """This server, as features see it."""

    name: str
    network: Network
    config: Config
    catalog: Catalog
    sessions: dict[str, Session]
    presence: PresenceSaver
    watchers: dict[str, dict[Session, None]]
    origin: Origin
    started_ms: int
    most_sessions: int
    control: Mapping[str, Callable[[], list[str]]]
    keeper: Any
    history: History
    archive: Archive
    index: Index
    tags: TagTable
    accounts: AccountStore
    kept_channels: ChannelStore
    channel_saver: ChannelSaver
    unsaved: Unsaved
    spawn: Callable[[Callable[[], Any], Callable[[Any], None]], None]
    lanes: Lanes
    desk: LoginDesk
    registrar: Registrar
    server_password: ServerPassword
    cloak_secret: str
    letters: LetterDesk
    version: str
    created_text: str
    texts: Mapping[str, list[str]]

    def now_ms(self) -> int:
        """Milliseconds since 1970, never going back."""

    def clock_text(self, moment_ms: int) -> str:
        """A moment in words a person reads, in UTC."""

    def emit(self, event: Event) -> None:
        """Let something happen."""

    def show(self, lines: Iterable[Outgoing], session: Session) -> None:
        """Queue lines about an event for one session alone, as far as they are for its capabilities."""

    def present(self, recipients: Iterable[Recipient]) -> list[Session]:
        """Those of them that are here: the news that one is gone may come later than it went."""

    def schedule(self, session: Session, delay_s: float) -> None:
        """Have ``@deadline`` look at a session after this time, or earlier; what is not due then asks again."""

    def wait(
        self,
        session: Session,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        lane: Spawn | None,
        unavailable: Callable[[], None] | None,
        committed: Callable[[Any], None] | None,
        turn: Hashable = None,
    ) -> None:
        """Do slow work in a thread; the session's next line waits until ``then`` has had the result."""

    def isupport(self) -> Sequence[str]:
        """The parameters of each 005 line."""

    def counts(self) -> dict[str, int]:
        """What STATS shows: names and numbers."""

    def notice(self, text: str) -> None:
        """Tell operators (user mode s)."""


class Context:
    """One session's view of the server.

    ``tags`` and ``verb`` are those of the command being carried out; ``lines`` is what a message of several lines
    (draft/multiline) is made of, () for any other.
    """

    __slots__ = ("catalog", "config", "emit", "lines", "network", "node", "session", "tags", "verb")

    def __init__(self, node: Node, session: Session) -> None:
        self.node = node
        self.emit = node.emit
        self.session = session
        self.network = node.network
        self.config = node.config
        self.catalog = node.catalog
        self.tags: Mapping[str, str] = NO_TAGS
        self.verb = ""
        self.lines: tuple[Line, ...] = ()

    @property
    def user(self) -> User:
        """The registered user; only for commands that need registration."""
        user = self.session.user
        assert user is not None
        return user

    @property
    def origin(self) -> Origin:
        """Who an event of this session comes from."""
        return self.session.origin

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.node.now_ms()

    def reply(self, numeric: Numeric, *params: str) -> None:
        """Send a numeric to this session."""
        self.session.reply(numeric, *params)

    def reply_words(self, numeric: Numeric, *params: str, words: Iterable[str]) -> None:
        """Send words in the last parameter of a numeric, over as many lines as they take, but one at least."""
        head = " ".join([f":{self.node.name}", numeric.code, self.session.shown_nick, *params, ":"])
        for line in list(pack_words(words, BODY_BYTES - len(head.encode()))) or [""]:
            self.session.push(head + line)

    def note(self, text: str) -> None:
        """Send a NOTICE from the server to this session."""
        self.session.say(self.node.name, "NOTICE", self.session.shown_nick, text)

    def fail(self, code: str, *context: str, text: str) -> None:
        """Send a standard reply about the present command."""
        self.session.fail(Failed(self.verb, code, *context, text=text))

    @contextmanager
    def batch(self, kind: str, *params: str, needs: Capability = BATCH) -> Iterator[None]:
        """Put what is sent to this session inside the block into a batch, if the client knows batches of this kind."""
        start = len(self.session.saying)
        yield
        self.session.enclose(start, kind, *params, needs=needs)

    def attempt(self, attempt: Attempt) -> None:
        """Put an attempt before its guards; raises Refused or Failed."""
        kind = type(attempt)
        for guard in self.catalog.guards.get(kind, ()):
            guard(attempt)
        if attempt.channel is not None:
            for guard in attempt.channel.guards.get(kind, ()):
                guard(attempt)
        if attempt.target is not None and attempt.target.guards:
            for guard in attempt.target.guards.get(kind, ()):
                guard(attempt)

    def show(self, lines: Iterable[Outgoing]) -> None:
        """Send this session lines about an event, as far as they are for its capabilities."""
        self.node.show(lines, self.session)

    def introduce(self, channel: Channel) -> None:
        """Tell this session what one is told of a channel after a JOIN."""
        for introduce in self.catalog.introductions:
            introduce(self, channel)

    def hold(self, what: str) -> None:
        """Keep the session from registering until ``release``."""
        self.session.holds |= {what}

    def release(self, what: str) -> None:
        """End a hold; the user is registered when it was the last thing missing."""
        self.session.holds -= {what}
        self.complete()

    def complete(self) -> None:
        """Register the user if nothing is missing any more."""
        for complete in self.catalog.completions:
            complete(self)

    @property
    def rights(self) -> frozenset[str]:
        """The privileges of this connection; others of the same user have their own."""
        user = self.session.user
        return user.rights(self.session.sid) if user is not None else frozenset()

    def has_privilege(self, privilege: str) -> bool:
        """Say whether this connection is an operator's with this privilege."""
        return privilege in self.rights

    @property
    def client_tags(self) -> Mapping[str, str]:
        """The client-only tags of the command, which only those send who have negotiated message-tags."""
        return client_only(self.tags) if self.tags and self.session.caps & MESSAGE_TAGS.bit else NO_TAGS

    def prefixes(self, ranks: int) -> str:
        """The signs of ranks as this session is shown them: the highest, or with multi-prefix all."""
        signs = self.network.modes.prefixes(ranks) if ranks else ""
        return signs if self.session.caps & MULTI_PREFIX.bit else signs[:1]

    def may_see(self, channel: Channel) -> bool:
        """Say whether this user may be shown that a channel exists: a member, a public one, or by privilege."""
        return channel.is_visible_to(self.session.user) or self.has_privilege("see-secret")

    def knows_of(self, channel: Channel) -> bool:
        """Say whether this user is told that a channel exists when it is named: all but outsiders of a secret one.

        A private channel (p) is in no list, but answers who knows its name (RFC 2811, 4.2.6).
        """
        user = self.user
        return "s" not in channel.modes or user.uid in channel.members or not _KNOWING.isdisjoint(self.rights)

    def given_by(self) -> Capability:
        """Give the capability that lets the session give its command: of several it has negotiated the last."""
        return self.catalog.commands[self.verb].given_by(self.session.caps)

    def find_channel(self, name: str) -> Channel:
        """The channel of this name; raises Refused, alike where there is none and where it is none of the user's."""
        channel = self.network.channel(name)
        if channel is None or not self.knows_of(channel):
            raise Refused(ERR_NOSUCHCHANNEL, name.split(" ")[0] or "*")
        return channel

    def need_keeping(
        self, channel: Channel | None = None, code: str = "TEMPORARILY_UNAVAILABLE", *about: str
    ) -> None:
        """Refuse what is to be kept while nothing can be; of a channel that is not registered nothing is."""
        if self.node.unsaved.is_failing and (channel is None or channel.registered is not None):
            text = "This cannot be done just now; try again in a minute"
            raise Failed(self.verb, code, *about, text=text)

    def need_this_server(self, target: str) -> None:
        """Refuse a question to another server; masks mean this one when they match it, nicknames always."""
        if target and self.network.user(target) is None and not glob(target.lower(), self.node.name.lower()):
            raise Refused(ERR_NOSUCHSERVER, target)

    def wait(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        *,
        lane: Spawn | None = None,
        unavailable: Callable[[], None] | None = None,
        committed: Callable[[T], None] | None = None,
    ) -> None:
        """Do slow work off the reactor thread; this client's next line waits for it, others go on.

        ``lane`` is the node's for stores unless said otherwise.  ``unavailable`` is called instead of ``then`` when a
        store cannot be asked; without it the client gets FAIL with TEMPORARILY_UNAVAILABLE.  ``committed`` is called
        before ``then``, and also when the client is gone or was told to try again by then: for events about what a
        store has done.
        """
        self.node.wait(self.session, work, then, lane, unavailable, committed)

    def write(
        self,
        turn: Hashable,
        prepare: Callable[[], Callable[[], T]],
        *,
        committed: Callable[[T], None],
        then: Callable[[T], None] = nothing,
        unavailable: Callable[[], None] | None = None,
    ) -> None:
        """Write down what is to be; when it is on disk, ``committed`` makes it so.

        What has the same ``turn`` is written one after another.  ``prepare`` is called on this thread when the turn
        has come, to see what there is then, and gives what a thread is to do.
        """
        self.node.wait(self.session, prepare, then, None, unavailable, committed, turn)
