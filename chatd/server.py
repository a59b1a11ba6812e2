"""ChatServer: connections in, commands through one gate, events out; owns the network and the catalog.

Knows no reactor: time, threads and the end of the turn are handed in.  The way of one line is in docs/architecture.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
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
from chatd.core.accounts import StoreUnavailable
from chatd.core.audience import Audience
from chatd.core.catalog import Catalog, Command, Reactions
from chatd.core.events import Event, Lost, Noticed
from chatd.core.metadata import KIND as METADATA
from chatd.core.metadata import read_metadata
from chatd.core.names import is_matched
from chatd.core.network import Network
from chatd.core.refusal import Failed, Refused
from chatd.core.user import Origin
from chatd.core.wishes import KIND as SETTINGS
from chatd.core.wishes import read_wishes
from chatd.delivery.deliver import Delivery, Flusher
from chatd.delivery.labels import may_label
from chatd.delivery.outgoing import Outgoing, TagTable
from chatd.delivery.run import Run
from chatd.interfaces import AccountStore, Archive, ChannelStore, History, Index, Mailer, Peer, Writer
from chatd.lanes import Lanes, Spawn
from chatd.presence.saving import PresenceSaver
from chatd.reports import reporter
from chatd.session import Session
from chatd.wire.casemap import CASEMAPPINGS
from chatd.wire.chunks import pack_words
from chatd.wire.framing import BODY_BYTES, too_long
from chatd.wire.message import parse, salvaged_tags
from chatd.wire.numerics import (
    ERR_INPUTTOOLONG,
    ERR_NOPRIVILEGES,
    ERR_NOTREGISTERED,
    ERR_UNKNOWNCOMMAND,
    ERR_UNKNOWNERROR,
    RPL_ISUPPORT,
)

log = reporter(__name__)

UNLIMITED = 1e18

DEFAULT_TEXTS: Mapping[str, list[str]] = {
    "motd": ["Welcome. JOIN #chat to meet people, LIST to see channels, HELP for everything else."],
    "rules": ["Be kind.", "Do not flood, and do not pretend to be somebody else."],
}


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
    result (or the exception it raised) to ``done`` on the reactor's thread.
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
        bus: Any = None,
        control: Mapping[str, Callable[[], list[str]]] | None = None,
        keeper: Any = None,
        cloak_secret: str = "",
        mailer: Mailer | None = None,
        texts: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.config = config
        self.catalog = catalog
        self.name = config.server.name
        self.origin = Origin(self.name, node=self.name)
        self.network = Network(
            CASEMAPPINGS[config.server.casemapping], catalog.modes, catalog.extbans, config.limits.whowas,
            catalog.services,
        )  # fmt: skip
        self.network.registry.load(accounts.owners())
        self.network.registry.wishes = {name: read_wishes(each) for name, each in accounts.documents(SETTINGS)}
        for name, each in accounts.documents(METADATA):
            self.network.registry.describe(name, read_metadata(each))
        self.clock = Clock(now_s, base36(randbelow(36**5), 5), history.newest_ms())
        self.started_ms = self.clock.ms
        if keeper is not None:
            self.network.server_bans.restore(keeper.load(), self.clock.ms)
        self.sessions: dict[str, Session] = self.network.local
        self.watchers: dict[str, dict[Session, None]] = self.network.watchers
        self.limits = SessionLimits.of(config)
        self.admission = Admission(config.connections)
        self.control = control or {}
        self.keeper = keeper
        self.cloak_secret = cloak_secret
        self.texts = texts or DEFAULT_TEXTS
        self.letters = LetterDesk(self, mailer)
        self.version = f"chatd-{__version__}"
        self.created_text = self.clock_text(self.started_ms)
        self.most_sessions = 0
        self._isupport: tuple[Config | None, Sequence[str]] = (None, ())
        self.history = history
        self.archive = archive
        self.index = index
        self.accounts = accounts
        self.kept_channels = kept_channels
        self.channel_saver = ChannelSaver(self)
        self.presence = PresenceSaver(self)
        self.tags = TagTable(catalog.tags)
        self._run = Run(self.tags, self.network.local, history)
        self.flusher = Flusher(call_soon, history, self._run)
        self._delivery = Delivery(self.flusher)
        self._reactions = catalog.reactions
        self._commands = catalog.commands
        self.spawn: Spawn = spawn or NoThreads()
        self.lanes = Lanes(self.spawn, self.now_ms, config.accounts)
        self.desk = LoginDesk(self)
        self._purge = Purge(self)
        self.registrar = Registrar(self)
        self.server_password = ServerPassword(self)
        # A server that is alone is its own bus: an event comes back at once.
        self._publish: Callable[[Event], None] = self.happened
        self._bus = bus
        if bus is not None:
            bus.join(self._returned)
            self._publish = self._publish_late
        for kept in kept_channels.load():
            channel = self.network.restore_channel(kept)
            channel.logged = not is_matched(channel.name, config.history.off, self.network.fold)
        self.network.forget_missing_accounts()
        for channel in self.network.registrations.channels.values():
            self.channel_saver.save(channel)
        self._made = 0
        self._delayed: dict[Session, None] = {}
        self._deadlines: dict[int, dict[Session, None]] = {}
        self._ticked_s = self.clock.ms // 1000
        self.stopping = ""
        self.network.keeps_users = config.presence.always_on
        self.presence.restore()

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

    # --- commands ------------------------------------------------------------------------------------------

    def execute(self, session: Session, line: bytes) -> None:
        """Carry out one line: the only gate every command goes through."""
        context = session.context
        try:
            if len(line) > 510 and too_long(line):
                session.allowance -= 1
                self._begin_response(session, salvaged_tags(line))
                raise Refused(ERR_INPUTTOOLONG)
            tags, _, verb, params = parse(line.decode())
            if (tags or session.collector is not None) and self._is_collected(session, verb, params, tags):
                return
            command = self._commands.get(verb) or self._spelt_otherwise(session, verb)
            session.allowance -= command.cost
            if session.user is None or command.privilege:
                self._check_right(session, command)
            context.tags = tags
            context.verb = command.verb
            command.used += 1
            if len(params) in command.plain:
                command.call(context, *params)
            else:
                command.run(context, params)
        except Refused as refusal:
            session.refuse(refusal)
        except Failed as failure:
            session.fail(failure)
        except UnicodeDecodeError:
            session.allowance -= 1
            self._refuse_bytes(session, line)
        except Exception:
            log.failure("a command failed: {verb}", verb=context.verb)
            session.reply(ERR_UNKNOWNERROR, context.verb, "Something went wrong here; it has been logged")
        session.held = None
        if session.label is not None:
            session.settle_response()

    @staticmethod
    def _check_right(session: Session, command: Command) -> None:
        """Raise Refused when this session may not give the command at all."""
        if session.user is None:
            if not command.before:
                raise Refused(ERR_NOTREGISTERED)
        elif command.privilege and command.privilege not in session.user.privileges:
            raise Refused(ERR_NOPRIVILEGES)

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
        tags, _, verb, _ = parse(line.decode("utf-8", "replace"))
        self._begin_response(session, tags)
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
    ) -> None:
        """See ``context.Context``; ``then`` is not called when the session is gone by then."""
        session.waiting += 1

        def done(result: Any) -> None:
            self.clock.moment()
            if committed is not None and not isinstance(result, BaseException):
                committed(result)
            resumed = session.resume_response()
            if not session.closing:
                session.stay_behind()
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
                    session.reply(ERR_UNKNOWNERROR, "*", "Something went wrong here; it has been logged")
            session.held = None
            self._release(session, resumed)

        def late(result: Any) -> None:
            if committed is not None:
                self.clock.moment()
                committed(result)

        (lane or partial(self.lanes.storing, late=late))(work, done)

    @staticmethod
    def _release(session: Session, resumed: bool) -> None:
        session.waiting -= 1
        if resumed and session.label is not None:
            session.settle_response()
        if not session.waiting and not session.closing:
            session.drain()

    # --- events --------------------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Stamp an event and hand it to the bus; it takes effect when the bus gives it back.

        The moment is the one the clock was last asked for: time stands still while one read is carried out.
        """
        self.clock.stamp(event)
        self._publish(event)

    def show(self, lines: Iterable[Outgoing], session: Session) -> None:
        """See ``context.Node``."""
        self._delivery.show(lines, Audience([session]))

    def _publish_late(self, event: Event) -> None:
        """Hand an event to a bus that gives it back later: until then its session's next line is not taken."""
        session = self.sessions.get(event.origin.by)
        if session is not None:
            session.waiting += 1
            session.put_behind()
        self._bus.publish(event)

    def _returned(self, event: Event) -> None:
        """An event has come back from a bus; what its session is sent now belongs to the command it waits for."""
        session = self.sessions.get(event.origin.by)
        resumed = session is not None and session.resume_response()
        self.happened(event)
        if session is not None:
            session.held = None
            session.say_held()
            self._release(session, resumed)

    def happened(self, event: Event) -> None:
        """An event has its turn: apply it, deliver it, tell everybody else who follows."""
        reactions = self._reactions[type(event)]
        if not reactions.moves_nobody:
            self._run.end()
        try:
            audience = event.apply(self.network)
        except Lost:
            return
        except (Refused, Failed) as refusal:
            self._tell_lost_race(event, reactions, refusal)
            return
        self._delivery.deliver(event, audience, reactions)
        if reactions.follows and (session := self.sessions.get(event.origin.sid)) is not None:
            self._call_all(reactions.follows, session.context, event)
        if reactions.observes:
            self._call_all(reactions.observes, self, event)

    def _tell_lost_race(self, event: Event, reactions: Reactions, refusal: Refused | Failed) -> None:
        session = self.sessions.get(event.origin.by)
        if session is not None:
            self._call_all(reactions.recovers, session.context, event)
            if isinstance(refusal, Failed):
                session.fail(refusal)
            else:
                session.refuse(refusal)

    @staticmethod
    def _call_all(functions: Iterable[Callable[..., None]], subject: object, event: Event) -> None:
        """One follower that fails is logged and never stops the next."""
        for function in functions:
            try:
                function(subject, event)
            except Exception:
                log.failure("a follower of an event failed: {name}", name=function.__qualname__)

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

    @staticmethod
    def clock_text(moment_ms: int) -> str:
        """A moment in words a person reads, in UTC."""
        return f"{datetime.fromtimestamp(moment_ms / 1000, UTC):%a %b %d %Y %H:%M:%S} UTC"

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
        for look_after in self.catalog.ticks:
            try:
                look_after(self)
            except Exception:
                log.failure("what is done once a second failed: {name}", name=look_after.__qualname__)

    def reconfigure(self, config: Config, texts: Mapping[str, list[str]]) -> None:
        """Take another configuration; what cannot change while running stays as it is until a restart."""
        before, self.config = self.config, config
        self.texts = texts
        self.limits = SessionLimits.of(config)
        self.admission.use(config.connections)
        self.lanes.use(config.accounts)
        self.desk.use(config.accounts)
        self.letters.use()
        self.registrar.use()
        self.server_password.use(config)
        self.network.whowas_entries = config.limits.whowas
        self.network.keeps_users = config.presence.always_on
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
        self.flusher.flush()

    # --- what it says of itself ----------------------------------------------------------------------------

    def isupport(self) -> Sequence[str]:
        """The tokens of 005, at most 13 and as many as fit a line, as each line's parameters."""
        config, lines = self._isupport
        if config is not self.config:  # what they say follows from nothing else that changes
            lines = self._isupport_lines()
            self._isupport = (self.config, lines)
        return lines

    def _isupport_lines(self) -> Sequence[str]:
        tokens = []
        for token in self.catalog.tokens:
            value = token.value(self)
            if value is True:
                tokens.append(token.name)
            elif value is not None and value is not False:
                tokens.append(f"{token.name}={value}")
        tokens.sort()
        room = BODY_BYTES - len(f":{self.name} 005  :{RPL_ISUPPORT.text}") - self.config.limits.nick
        return tuple(pack_words(tokens, room, most=13))

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

