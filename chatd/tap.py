"""What twistd runs: the options, and the composition of everything into one service.

The only file that touches the reactor.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from getpass import getpass
from pathlib import Path
from typing import Any

import bcrypt
from msgspec.structs import replace
from twisted.application.service import Service
from twisted.internet import defer, task
from twisted.python import usage

import chatd.features
from chatd.config import Config, ConfigError, changes, load, override, sample
from chatd.core.accounts import StoreError
from chatd.core.catalog import Catalog
from chatd.credentials.passwords import BCRYPT_BYTES
from chatd.history.files import LogFiles
from chatd.history.library import Library
from chatd.history.sync import system_syncfs
from chatd.index.editions import Editions
from chatd.index.finder import Finder
from chatd.index.indexer import Indexer
from chatd.mail.smtp import SmtpMailer, trust_of
from chatd.mail.texts import read_letters
from chatd.net.certificates import CertificateError, Certificates
from chatd.net.listening import ListenError, Listeners
from chatd.net.tcp import DirectReactor
from chatd.net.turn import Turn
from chatd.net.workers import Workers
from chatd.reports import report_from, reporter
from chatd.server import DEFAULT_TEXTS, ChatServer
from chatd.stores.bans import BanFile
from chatd.stores.directory import DataDirectory, DirectoryTaken
from chatd.stores.journal import JournalFile
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.address import DatabaseRefused
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.opening import open_database
from chatd.wire.casemap import CASEMAPPINGS

log = reporter(__name__)

UNCHANGING = {"server": ("name", "casemapping", "data"), "accounts": ("database",), "history": ("search",)}
"""What of each section stays as it is while the server runs."""
LAST_WORK_S = 30
"""How long a stop waits for work in threads, such as bans that are being saved."""


class Options(usage.Options):
    """The few things people change first; everything else is in the file."""

    synopsis = "twistd [options] chatd [--config FILE] [--data DIR] [--listen ENDPOINT]..."
    longdesc = "A chat server that speaks modern IRC."
    optParameters = [  # noqa: RUF012 - Twisted reads it so
        ["config", "c", None, "Configuration file (TOML)."],
        ["data", "d", None, "Directory for logs and keys."],
        ["name", "n", None, "Name of the server, as in irc.example.org."],
        ["motd", "m", None, "Text file with the message of the day."],
    ]

    def __init__(self) -> None:
        super().__init__()
        self["listen"] = []

    def opt_listen(self, endpoint: str) -> None:
        """Listen without TLS on this Twisted endpoint (tcp:6667) instead of the default; may be repeated."""
        self["listen"].append(endpoint)

    def opt_sample_config(self) -> None:
        """Print a complete configuration file with comments, and exit."""
        sys.stdout.write(sample())
        raise SystemExit(0)

    def opt_hash_password(self) -> None:
        """Read a password (one line), print its hash for the configuration, and exit."""
        password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        if not 0 < len(password.encode()) <= BCRYPT_BYTES:
            raise SystemExit(f"chatd: a password for the configuration has 1 to {BCRYPT_BYTES} bytes")
        sys.stdout.write(f"{bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode()}\n")
        raise SystemExit(0)

    def configuration(self) -> Config:
        """Read the file and put the options over it; raises ConfigError."""
        config = load(Path(self["config"])) if self["config"] else Config()
        given = {"server.data": self["data"], "server.name": self["name"], "server.motd": self["motd"]}
        values: dict[str, object] = {key: value for key, value in given.items() if value is not None}
        if self["listen"]:
            values["listen.plain"] = self["listen"]
        return override(config, values) if values else config


def read_texts(config: Config) -> dict[str, list[str]]:
    """The lines of MOTD and RULES; raises ConfigError when a file cannot be read."""
    texts = dict(DEFAULT_TEXTS)
    for name, path in (("motd", config.server.motd), ("rules", config.server.rules)):
        if path:
            try:
                texts[name] = Path(path).read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as problem:
                why = getattr(problem, "strerror", None) or "it is not UTF-8 text"
                raise ConfigError(path, None, f"server.{name}", f"cannot be read: {why}") from None
    return texts | read_letters(config.mail.texts)


def collect_rarely() -> None:
    """Let the cyclic collector look less often: what a message leaves behind has no cycles, what is there stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    log.info("open files allowed: {count}", count=hard)


def keep_unchanging(before: Config, config: Config) -> tuple[Config, list[str]]:
    """Leave in a new configuration what cannot change while the server runs; say what that is."""
    later: list[str] = []
    for name, keys in UNCHANGING.items():
        old, new = getattr(before, name), getattr(config, name)
        later += [f"{name}.{key}" for key in keys if getattr(old, key) != getattr(new, key)]
        config = replace(config, **{name: replace(new, **{key: getattr(old, key) for key in keys})})
    return config, later


class ChatService(Service):
    """The server with its listeners, its clock and its signals."""

    def __init__(self, config: Config, options: Options, reactor: Any) -> None:
        self._config = config
        self._options = options
        self._reactor = reactor
        self._restarting = False
        self._workers = Workers(reactor)
        self._turn = Turn(reactor)
        report_from(config.log.level)
        self._data = Path(config.server.data).absolute()
        texts = read_texts(config)
        self._directory = DataDirectory(self._data)
        self._certificates: Certificates | None = None
        if config.listen.need_certificate:
            self._certificates = Certificates(config.tls, config.server.name, self._data)
        self._mailer = SmtpMailer(reactor, config.mail, config.server.name)
        self._database = open_database(
            config.accounts.database, self._data, config.server.casemapping,
            lambda text: reactor.callFromThread(self._report, text), alone=True,
        )  # fmt: skip
        self.server = self._make_server(config, texts)
        # What was asked at start has opened it; nothing open may go along when twistd goes into the background.
        self._database.rest()
        self._listeners = Listeners(
            DirectReactor(reactor, self._turn), self.server, self._certificates,
            lambda text: log.warn("{text}", text=text),
        )  # fmt: skip
        self._ticking = task.LoopingCall(self._tick)
        self._ticking.clock = reactor

    def _make_server(self, config: Config, texts: dict[str, list[str]]) -> ChatServer:
        """The server on its logs, its index and its stores."""
        reactor, logs = self._reactor, self._data / "history"
        fold = CASEMAPPINGS[config.server.casemapping].fold
        self.history = LogFiles(logs, config.history, self._report, reactor.callInThread, fold, syncfs=system_syncfs())
        words = Editions(self._data / "index")
        self._indexer = Indexer(logs, words, fold)
        self.history.told = self._indexer.wrote
        self._journal = JournalFile(self._data / "journal", reactor.callInThread)
        return ChatServer(
            config,
            Catalog.collect(chatd.features),
            now_s=time.time,
            call_soon=self._turn.at_end,
            history=self.history,
            archive=Library(logs, self.history.people, self.history.ledger.waiting),
            index=Finder(logs, words, fold, waiting=self.history.ledger.waiting),
            accounts=SqlAccounts(self._database),
            kept_channels=SqlChannels(self._database),
            spawn=self._workers.spawn,
            spawn_hashing=self._workers.hash,
            control={
                "rehash": self.rehash, "die": self._die, "restart": self._restart, "ports": self._ports,
                "file": self._file,
            },
            cloak_secret=config.cloak.secret or self._directory.secret("cloak.secret"),
            mailer=self._mailer,
            texts=texts,
            keeper=BanFile(self._data / "serverbans.json"),
            journal=self._journal,
        )

    def _report(self, text: str) -> None:
        log.error("{text}", text=text)
        self.server.notice(text)

    def _tick(self) -> None:
        try:
            self.server.tick()
            self._listeners.tick()
        except Exception:
            log.failure("the clock's tick failed")

    def startService(self) -> None:
        """Open the listeners, say how to connect, and begin to tick; one clear line and status 1 on failure."""
        super().startService()
        try:
            self._directory.sign()
            self._database.sign()
        except StoreError as problem:
            self._tell_foreground(f"chatd: {self._database}: {problem}")
            raise SystemExit(f"chatd: {self._database}: {problem}") from None
        raise_file_limit()
        collect_rarely()
        self._workers.start()
        log.info("data directory: {path}", path=str(self._data))
        log.info("accounts are kept in {database}", database=str(self._database))
        if self._config.history.search:
            self._indexer.start()
        try:
            self._listeners.open(self._config)
        except ListenError as problem:
            self._tell_foreground(f"chatd: {problem}")
            raise SystemExit(f"chatd: {problem}") from None
        self._say_how_to_connect()
        self._ticking.start(1.0, now=False)
        self._reactor.callWhenRunning(self._take_signals)

    def _tell_foreground(self, line: str) -> None:
        """When twistd goes into the background, a process in front of it waits to be told how the start went."""
        parent = self._options.parent
        pipe: Any = None if parent is None else parent.get("statusPipe")
        if pipe is not None:
            os.write(pipe, f"1 {line}".encode()[:100])
            os.close(pipe)

    def _ports(self) -> list[str]:
        return [
            f"{text}, {'PROXY header, ' if sort.proxied else ''}{'WebSocket, ' if sort.web else ''}"
            f"{'TLS' if sort.secure else 'without TLS'}"
            for text, sort, _ in self._listeners.ports
        ]

    def _say_how_to_connect(self) -> None:
        for text, sort, port in self._listeners.ports:
            address = port.getHost()
            where = text
            if hasattr(address, "port"):
                host = "any address of this machine," if address.host in ("::", "0.0.0.0") else address.host
                where = f"{host} port {address.port}"
            who = "an IRC client" if sort.secure else "netcat, telnet or an IRC client"
            if sort.web:
                who = f"a web client, {'wss' if sort.secure else 'ws'}:"
            if sort.proxied:
                who += " by a proxy that sends a PROXY header first"
            how = f"{'with' if sort.secure else 'without'} TLS ({who})"
            log.info("connect {how}: {where}", how=how, where=where)
        if self._certificates is not None:
            log.info("certificate fingerprint (SHA-256): {print}", print=self._certificates.fingerprint)

    def _take_signals(self) -> None:
        # Ours replace the reactor's: a stop that was asked for is a success, exit status 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._reactor.callFromThread(self._die))
        signal.signal(signal.SIGHUP, lambda *_: self._reactor.callFromThread(self._rehash_and_log))

    def _file(self) -> list[str]:
        path = self._options["config"]
        return [Path(path).name] if path else []

    def _die(self) -> list[str]:
        if self._reactor.running:
            self._reactor.callLater(0, self._stop_reactor)
        return ["Stopping"]

    def _stop_reactor(self) -> None:
        if self._reactor.running and self.running:
            self._reactor.stop()

    def _restart(self) -> list[str]:
        self._restarting = True
        return self._die()

    def _rehash_and_log(self) -> None:
        done, troubles = self._reread()
        for line in done:
            log.info("rehash: {line}", line=line)
        for line in troubles:
            log.warn("rehash: {line}", line=line)

    def rehash(self) -> list[str]:
        """Read the configuration and the certificates again; returns what changed, and what could not be done.

        The server's name, its casemapping and its directory stay as they are until a restart.
        """
        done, troubles = self._reread()
        return done + troubles

    def _reread(self) -> tuple[list[str], list[str]]:
        try:
            config = self._options.configuration()
            texts = read_texts(config)
            secret = config.cloak.secret or self._directory.secret("cloak.secret")
            trust_of(config.mail)
            self._read_certificates(config)
        except (ConfigError, CertificateError, ValueError) as problem:
            return [], [f"Nothing was changed: {problem}"]
        except OSError as problem:
            return [], [f"Nothing was changed: {problem.filename}: {problem.strerror}"]
        lines = changes(self._config, config)
        config, later = keep_unchanging(self._config, config)
        lines += [f"{key} changes with the next restart" for key in later]
        self._config = config
        report_from(config.log.level)
        self.history.configure(config.history)
        self._mailer.configure(config.mail)
        done, troubles = self._listeners.configure(config)
        self.server.cloak_secret = secret
        self.server.reconfigure(config, texts)
        return lines + done or ["No setting has changed; certificates were read again"], troubles

    def _read_certificates(self, config: Config) -> None:
        if self._certificates is not None:
            self._certificates.reload(config.tls)
        elif config.listen.need_certificate:
            self._certificates = Certificates(config.tls, self._config.server.name, self._data)
            self._listeners.certificates = self._certificates

    def stopService(self) -> defer.Deferred[None]:
        """Stop listening, tell every client, wait (bounded) until they have read it, close the logs."""
        super().stopService()
        stopped = defer.ensureDeferred(self._stop())
        stopped.addErrback(lambda failure: log.failure("stopping failed", failure=failure))
        return stopped

    async def _wait_while(self, busy: Callable[[], int], timeout_s: float) -> None:
        deadline = self._reactor.seconds() + timeout_s
        while busy() and self._reactor.seconds() < deadline:
            await task.deferLater(self._reactor, 0.05)

    async def _stop(self) -> None:
        if self._ticking.running:
            self._ticking.stop()
        for closing in self._listeners.close():
            if closing is not None:
                await closing
        self.server.stop("Server is restarting" if self._restarting else "Server is shutting down")
        timeout_s = self._config.connections.stop_timeout_s
        await self._wait_while(lambda: self._listeners.connected + self._mailer.running, timeout_s)
        self._mailer.stop()
        # A save under way is followed by another one when something has changed since it began.
        await self._wait_while(lambda: self._workers.busy, LAST_WORK_S)
        if self._workers.busy:
            log.error("stopping though some work was not finished after {seconds} seconds", seconds=LAST_WORK_S)
        self.server.unsaved.tick()
        self._journal.close()
        self.history.close()
        self._indexer.stop()
        self.server.accounts.close()
        self._database.release()
        self._directory.release()
        if self._restarting:
            self._reactor.addSystemEventTrigger("after", "shutdown", self._execute_again)

    @staticmethod
    def _execute_again() -> None:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def makeService(options: Options) -> ChatService:
    """Compose the server; a bad setting or file is one clear line and status 1."""
    from twisted.internet import reactor

    try:
        return ChatService(options.configuration(), options, reactor)
    except (ConfigError, CertificateError, DatabaseRefused, DirectoryTaken, StoreError, ValueError) as problem:
        raise SystemExit(f"chatd: {problem}") from None
    except OSError as problem:
        raise SystemExit(f"chatd: {problem.filename}: {problem.strerror}") from None

