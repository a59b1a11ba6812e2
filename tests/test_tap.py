"""The service as a whole, on a reactor in memory: what it reads again, and how it stops."""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import capturedLogs
from twisted.python.failure import Failure

from chatd.core.accounts import StoreUnavailable
from chatd.core.events import ServerBanAdded
from chatd.reports import report_from, reporter
from chatd.tap import ChatService, Options


class Machine(MemoryReactorClock):
    """A reactor whose threads work when they are told to."""

    def __init__(self) -> None:
        super().__init__()
        self.running = True
        self.stopped = 0
        self.work: deque[Callable[[], None]] = deque()

    def getThreadPool(self) -> Machine:
        return self

    def callInThread(self, work: Callable[[], None]) -> None:
        self.work.append(work)

    def callInThreadWithCallback(self, told: Callable[[bool, Any], None], work: Callable[[], Any]) -> None:
        def run() -> None:
            try:
                result = work()
            except Exception:
                told(False, Failure())
            else:
                told(True, result)

        self.work.append(run)

    def callFromThread(self, function: Callable[..., None], *arguments: Any, **more: Any) -> None:
        self.callLater(0, function, *arguments, **more)

    def stop(self) -> None:
        self.stopped += 1


class Run:
    """A service with its configuration file; nothing listens."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "some.toml"
        self.data = directory / "data"
        self.machine = Machine()
        self.write("")
        options = Options()
        options["config"] = str(self.path)
        self.service = ChatService(options.configuration(), options, self.machine)

    def write(self, text: str, listen: str = "plain = []\ntls = []") -> None:
        self.path.write_text(f'[server]\ndata = "{self.data}"\n[listen]\n{listen}\n{text}')


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A service that is let go at the end."""
    made = Run(tmp_path)
    yield made
    made.service._directory.release()
    report_from("info")


def test_level_of_what_is_reported(run: Run) -> None:
    """``log.level`` holds from the start, and REHASH changes it."""
    log = reporter("chatd.somewhere")
    with capturedLogs() as events:
        log.info("one")
        run.write('[log]\nlevel = "error"')
        assert run.service.rehash() == ['log.level: "info" -> "error"']
        log.info("two")
        log.error("three")
    assert [event["log_format"] for event in events] == ["one", "three"]


def test_what_cannot_change_while_running(run: Run) -> None:
    """Name, casemapping and directory stay, in everything that is said of them, and every REHASH says so."""
    expected = ['server.name: "chatd.localhost" -> "irc.example.org"', "server.name changes with the next restart"]
    text = run.path.read_text()
    run.path.write_text(text.replace("[server]", '[server]\nname = "irc.example.org"'))
    assert run.service.rehash() == expected
    assert run.service.rehash() == expected
    assert run.service.server.config.server.name == run.service.server.name == "chatd.localhost"


def test_the_database_stays(run: Run) -> None:
    """Another database is for the next start; its address, which may hold a password, is not shown."""
    run.write('[accounts]\ndatabase = "postgresql://u:secret@db/chatd"')
    expected = ["accounts.database: (changed)", "accounts.database changes with the next restart"]
    assert run.service.rehash() == expected
    assert run.service.rehash() == expected
    assert run.service.server.config.accounts.database == ""


def test_nothing_is_open_before_the_start(run: Run) -> None:
    """When twistd forks, no connection to the database goes along; what was made in the file stays."""
    path = run.data / "chatd.db"
    assert path.stat().st_mode & 0o777 == 0o600
    found = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    assert str(run.data / "lock") in found
    assert not [name for name in found if name.startswith(str(path))]


def test_trouble_with_the_database_is_told(run: Run) -> None:
    """In the log and to operators, from whichever thread it was seen in."""
    server = run.service.server
    noticed: list[str] = []
    server.notice = noticed.append  # type: ignore[method-assign]
    (run.data / "chatd.db").rename(run.data / "away.db")
    with capturedLogs() as events:
        with pytest.raises(StoreUnavailable):
            server.accounts.find("alice")
        assert noticed == []
        run.machine.advance(0)
        (run.data / "away.db").rename(run.data / "chatd.db")
        assert server.accounts.find("alice") is None
        run.machine.advance(0)
    assert noticed == [
        f"accounts: the database cannot be read: {run.data}/chatd.db: No such file or directory",
        "accounts: the database can be read again",
    ]
    assert [event["text"] for event in events if "text" in event] == noticed


def test_another_secret(run: Run) -> None:
    """The key of the cloaks is the one of the configuration, or else the one in the data directory."""
    server = run.service.server
    kept = server.cloak_secret
    run.write('[cloak]\nsecret = "0123456789abcdef"')
    assert run.service.rehash() == ["cloak.secret: (changed)"]
    assert server.cloak_secret == "0123456789abcdef"
    run.write("")
    run.service.rehash()
    assert server.cloak_secret == kept


def test_whowas_remembers_fewer(run: Run) -> None:
    """``limits.whowas`` holds after REHASH."""
    run.write("[limits]\nwhowas = 5")
    run.service.rehash()
    assert run.service.server.network.whowas_entries == 5


def test_certificate_for_a_first_tls_listener(run: Run) -> None:
    """A server that had no TLS makes its certificate when the first such listener is added; 382 names the file."""
    assert not (run.data / "certificate.pem").exists()
    run.write("", 'plain = []\ntls = ["tcp:0:interface=127.0.0.1"]')
    assert run.service.rehash()[1:] == ["listening on tcp:0:interface=127.0.0.1"]
    assert (run.data / "certificate.pem").exists()
    for port in run.service._listeners.ports:
        port.port.connectionLost(Failure(ConnectionDone()))


def test_the_file_that_is_read(run: Run) -> None:
    """382 names the file without its directory, so that nobody learns more of the machine."""
    assert run.service.server.control["file"]() == ["some.toml"]


def test_a_stop_waits_for_what_is_being_saved(run: Run) -> None:
    """A change made while a save is running is saved before the server is gone."""
    server, machine = run.service.server, run.machine
    for mask in ("192.0.2.1", "192.0.2.2"):
        server.emit(ServerBanAdded(server.origin, "D", mask, "x", 0))
    ended: list[object] = []
    run.service.stopService().addCallback(ended.append)
    while not ended:
        machine.work.popleft()()
        machine.pump([0.05] * 3)
    assert ended == [None]
    assert [row["mask"] for row in json.loads((run.data / "serverbans.json").read_text())] == ["192.0.2.1", "192.0.2.2"]


def test_a_stop_does_not_wait_for_ever(run: Run) -> None:
    """Work that never ends is given up, and said so."""
    ended: list[object] = []
    run.service._workers.spawn(list, lambda result: None)
    run.service.stopService().addCallback(ended.append)
    with capturedLogs() as events:
        run.machine.pump([0.05] * 599)
        assert ended == []
        run.machine.pump([0.05] * 3)
    assert ended == [None]
    assert [event["log_format"] for event in events] == [
        "stopping though some work was not finished after {seconds} seconds"
    ]


@pytest.mark.parametrize("password", ["correct horse", "x" * 72])
def test_a_password_for_the_configuration(password: str, monkeypatch: Any, capsys: Any) -> None:
    """What --hash-password prints is a hash that the configuration takes, of exactly that line."""
    monkeypatch.setattr("sys.stdin", StringIO(f"{password}\r\nmore\n"))
    with pytest.raises(SystemExit) as stopped:
        Options().parseOptions(["--hash-password"])
    assert stopped.value.code == 0
    printed = capsys.readouterr().out.rstrip("\n")
    assert bcrypt.checkpw(password.encode(), printed.encode())
    assert re.fullmatch(r"\$2b\$12\$[./A-Za-z0-9]{53}", printed)


@pytest.mark.parametrize("password", ["", "x" * 73])
def test_no_password_for_the_configuration(password: str, monkeypatch: Any) -> None:
    """bcrypt looks at 72 bytes: a longer one would be good by its beginning."""
    monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))
    with pytest.raises(SystemExit, match="a password for the configuration has 1 to 72 bytes"):
        Options().parseOptions(["--hash-password"])
