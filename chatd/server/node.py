"""ChatServer: one node, which owns the network, the catalog, the sessions and their deadlines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from secrets import randbelow
from typing import Any

from chatd import __version__
from chatd.accounts.letters import LetterDesk
from chatd.accounts.login import LoginDesk
from chatd.accounts.purging import Purge
from chatd.accounts.registrar import Registrar
from chatd.accounts.server_password import ServerPassword
from chatd.admission import Admission
from chatd.channels.saving import ChannelSaver
from chatd.clock import Clock, base36
from chatd.config import Config
from chatd.context import Context
from chatd.core.accounts import NAMES, earlier_names
from chatd.core.audience import Recipient
from chatd.core.catalog import Catalog
from chatd.core.events import Noticed
from chatd.core.metadata import KIND as METADATA
from chatd.core.metadata import read_metadata
from chatd.core.names import is_matched
from chatd.core.network import Network
from chatd.core.user import Origin
from chatd.core.wishes import KIND as SETTINGS
from chatd.core.wishes import read_wishes
from chatd.delivery.deliver import Flusher
from chatd.delivery.outgoing import TagTable
from chatd.delivery.run import Run
from chatd.interfaces import AccountStore, Archive, ChannelStore, History, Index, Journal, Mailer, Peer, Writer
from chatd.journal.recovery import recover
from chatd.journal.unsaved import MemoryJournal, Unsaved
from chatd.lanes import Lanes, Spawn
from chatd.presence.saving import PresenceSaver
from chatd.reports import reporter
from chatd.server.gate import Gate
from chatd.server.saying import DEFAULT_TEXTS, isupport_lines, moment_text
from chatd.server.spine import Spine
from chatd.session import Session
from chatd.wire.casemap import CASEMAPPINGS

log = reporter(__name__)

UNLIMITED = 1e18

@dataclass(slots=True)
class SessionLimits:
    """The bounds every session is held to."""

    sendq_bytes: int
    recvq_bytes: int
    burst: float
    per_second: float

    @classmethod
    def of(cls, config: Config) -> SessionLimits:
        """Read them from the configuration."""
        burst = config.flood.burst if config.flood.enabled else UNLIMITED
        connections = config.connections
        return cls(connections.sendq_bytes, connections.recvq_bytes, burst, config.flood.per_second)


class NoThreads:
    """Does slow work at once; for tests and for a server without a reactor."""

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        done(work())


class ChatServer:
    """One node.

    ``call_soon`` runs a callable at the end of the turn, ``spawn(work, done)`` runs work in a thread and hands its
    result (or the exception it raised) to ``done`` on the reactor's thread; ``spawn_hashing`` does so for passwords.
    """

    def __init__(
        self,
        config: Config,
        catalog: Catalog,
        *,
        now_s: Callable[[], float],
        call_soon: Callable[[Callable[[], None]], object],
        history: History,
        archive: Archive,
        index: Index,
        accounts: AccountStore,
        kept_channels: ChannelStore,
        spawn: Spawn | None = None,
        spawn_hashing: Spawn | None = None,
        bus: Any = None,
        control: Mapping[str, Callable[[], list[str]]] | None = None,
        keeper: Any = None,
        journal: Journal | None = None,
        cloak_secret: str = "",
        mailer: Mailer | None = None,
        texts: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.config = config
        self.catalog = catalog
        self.name = config.server.name
        self.origin = Origin(self.name, node=self.name)
        self.history, self.archive, self.index = history, archive, index
        self.accounts = accounts
        self.kept_channels = kept_channels
        self.control, self.keeper = control or {}, keeper
        self.cloak_secret = cloak_secret
        self.texts: Mapping[str, list[str]] = {**DEFAULT_TEXTS, **(texts or {})}
        if journal is not None:
            recover(journal, accounts, kept_channels, keeper, CASEMAPPINGS[config.server.casemapping].fold)
        self.unsaved = Unsaved(self, journal or MemoryJournal())
        self._open_network(Clock(now_s, base36(randbelow(36**5), 5), history.newest_ms()))
        self._make_spine(call_soon, bus)
        spawn = spawn or NoThreads()
        self._make_desks(spawn, spawn_hashing or spawn, mailer)
        self._bring_back()

    def _open_network(self, clock: Clock) -> None:
        """The network as data, with what of it is kept outside, and who may come to it."""
        config, catalog = self.config, self.catalog
        self.clock = clock
        self.started_ms = clock.ms
        self.network = Network(
            CASEMAPPINGS[config.server.casemapping], catalog.modes, catalog.extbans, config.limits.whowas,
            catalog.services,
        )  # fmt: skip
        self.network.registry.load(self.accounts.owners())
        self.network.registry.wishes = {name: read_wishes(each) for name, each in self.accounts.documents(SETTINGS)}
        for name, each in self.accounts.documents(METADATA):
            self.network.registry.describe(name, read_metadata(each))
        if self.keeper is not None:
            self.network.server_bans.restore(self.keeper.load(), clock.ms)
        self.sessions: dict[str, Session] = self.network.local
        self.watchers: dict[str, dict[Session, None]] = self.network.watchers
        self.limits = SessionLimits.of(config)
        self.admission = Admission(config.connections)
        self.version = f"chatd-{__version__}"
        self.created_text = moment_text(self.started_ms)
        self.most_sessions = self._made = 0
        self.stopping = ""
        self._isupport: tuple[Config | None, Sequence[str]] = (None, ())
        self._delayed: dict[Session, None] = {}
        self._deadlines: dict[int, dict[Session, None]] = {}
        self._ticked_s = clock.ms // 1000

    def _make_spine(self, call_soon: Callable[[Callable[[], None]], object], bus: Any) -> None:
        """The way of events, to the network and out of it."""
        self.tags = TagTable(self.catalog.tags)
        self.flusher = Flusher(call_soon, self.history, Run(self.tags, self.sessions, self.history))
        self.spine = Spine(self, self.catalog.reactions, self.clock, self.flusher, bus)
        self.emit = self.spine.emit
        self.show = self.spine.show

    def _make_desks(self, spawn: Spawn, spawn_hashing: Spawn, mailer: Mailer | None) -> None:
        """The gate for commands, and all who do slow work for them."""
        self.spawn = spawn
        self.lanes = Lanes(spawn, spawn_hashing, self.now_ms, self.config.accounts, self.flusher.log_all)
        gate = Gate(self.catalog, self.clock, self.lanes)
        self.execute = gate.execute
        self.wait = gate.wait
        self.letters = LetterDesk(self, mailer)
        self.channel_saver = ChannelSaver(self)
        self.presence = PresenceSaver(self)
        self.desk = LoginDesk(self)
        self._purge = Purge(self)
        self.registrar = Registrar(self)
        self.server_password = ServerPassword(self)

    def _bring_back(self) -> None:
        """The channels that are registered, and the users who stay."""
        for kept in self.kept_channels.load():
            channel = self.network.restore_channel(kept)
            channel.logged = not is_matched(channel.name, self.config.history.off, self.network.fold)
        named = self.accounts.documents(NAMES)
        self.network.settle_accounts([each for folded, kept in named for each in earlier_names(kept, folded)])
        for channel in self.network.registrations.channels.values():
            self.channel_saver.save(channel)
        self.network.keeps_users = self.config.presence.always_on
        self.network.registry.keeps_private = self.config.history.conversations
        self.presence.restore()
        self.unsaved.tick()

    # --- connections ---------------------------------------------------------------------------------------

    def admit(self, ip: str) -> str | None:
        """See ``interfaces.Gate``."""
        now_ms = self.clock.moment()
        refusal = self.stopping or self.network.server_bans.refusal(ip, now_ms)
        return refusal or self.admission.admit(ip, now_ms / 1000)

    def abandon(self, ip: str) -> None:
        """See ``interfaces.Gate``."""
        self.admission.release(ip)

    def connect(self, writer: Writer, peer: Peer) -> Session:
        """See ``interfaces.Gate``."""
        self._made += 1
        session = Session(self, f"{self.name}/{self._made}", writer, peer)
        session.context = Context(self, session)
        self.sessions[session.sid] = session
        self.most_sessions = max(self.most_sessions, len(self.sessions))
        for greet in self.catalog.greetings:
            greet(session.context)
        return session

    def lose(self, session: Session, reason: str) -> None:
        """A connection is gone, or is being closed: its user quits."""
        if self.sessions.get(session.sid) is not session:
            return
        self.clock.moment()
        self.admission.release(session.peer.ip)
        self._delayed.pop(session, None)
        for lose in self.catalog.losses:
            lose(session.context, reason)
        del self.sessions[session.sid]

    def present(self, recipients: Iterable[Recipient]) -> list[Session]:
        """See ``context.Node``."""
        return [self.sessions[each.sid] for each in recipients if each.sid in self.sessions]

    def schedule(self, session: Session, delay_s: float) -> None:
        """Look at a session again after this many seconds, or earlier if that was asked for before."""
        second = self.clock.ms // 1000 + max(1, round(delay_s))
        if session.due_s and session.due_s <= second:
            return  # whoever looks then asks again for what is not due yet
        session.due_s = second
        bucket = self._deadlines.get(second)
        if bucket is None:
            self._deadlines[second] = {session: None}
        else:
            bucket[session] = None

    def delay(self, session: Session) -> None:
        """Take a session's held lines on the next tick."""
        self._delayed[session] = None

    def notice(self, text: str) -> None:
        """Tell operators who asked for server notices."""
        self.clock.moment()
        self.emit(Noticed(self.origin, text))

    # --- time ----------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """Milliseconds since 1970, never going back."""
        return self.clock.moment()

    def time_text(self) -> str:
        """The present moment as server-time text."""
        self.clock.moment()
        return self.clock.text

    def next_id(self) -> str:
        """A new message id."""
        self.clock.moment()
        return self.clock.next_id()

    @staticmethod
    def clock_text(moment_ms: int) -> str:
        """See ``context.Node``."""
        return moment_text(moment_ms)

    def tick(self) -> None:
        """Once a second: held lines, deadlines, history's own work."""
        now_ms = self.clock.moment()
        delayed, self._delayed = self._delayed, {}
        for session in delayed:
            session.drain()
        now_s = now_ms // 1000
        for second in range(self._ticked_s + 1, now_s + 1):
            for session in self._deadlines.pop(second, ()):
                if session.due_s == second and not session.closing:
                    session.due_s = 0
                    for look in self.catalog.deadlines:
                        look(session.context)
        self._ticked_s = now_s
        self.admission.tick(now_s)
        self.lanes.tick()
        self._purge.tick(now_ms)
        self.history.tick(now_ms)
        self.channel_saver.tick(now_ms)
        self.presence.tick(now_ms)
        self.unsaved.tick()
        for look_after in self.catalog.ticks:
            try:
                look_after(self)
            except Exception:
                log.failure("what is done once a second failed: {name}", name=look_after.__qualname__)

    def reconfigure(self, config: Config, texts: Mapping[str, list[str]]) -> None:
        """Take another configuration; what cannot change while running stays as it is until a restart."""
        before, self.config = self.config, config
        self.texts = {**DEFAULT_TEXTS, **texts}
        self.limits = SessionLimits.of(config)
        self.admission.use(config.connections)
        self.lanes.use(config.accounts)
        self.desk.use(config.accounts)
        self.letters.use()
        self.registrar.use()
        self.server_password.use(config)
        self.network.whowas_entries = config.limits.whowas
        self.network.keeps_users = config.presence.always_on
        self.network.registry.keeps_private = config.history.conversations
        for session in self.sessions.values():
            session.context.config = config
            for follow in self.catalog.reconfigurations:
                follow(session.context, before)

    def stop(self, reason: str) -> None:
        """Tell every client why, and close; the transports still have to send what is queued."""
        self.stopping = reason
        for session in list(self.sessions.values()):
            session.close(reason)
        self.channel_saver.finish()
        self.presence.finish()
        self.flusher.flush()

    # --- what it says of itself ----------------------------------------------------------------------------

    def isupport(self) -> Sequence[str]:
        """The tokens of 005, at most 13 and as many as fit a line, as each line's parameters."""
        config, lines = self._isupport
        if config is not self.config:  # what they say follows from nothing else that changes
            lines = isupport_lines(self)
            self._isupport = (self.config, lines)
        return lines

    def counts(self) -> dict[str, int]:
        """What STATS shows."""
        return {
            "users": len(self.network.users),
            "channels": len(self.network.channels) - self.network.empty,
            "registered channels": len(self.network.registrations.channels),
            "operators": len(self.network.operators),
            "connections": len(self.sessions),
            "most connections": self.most_sessions,
        }

