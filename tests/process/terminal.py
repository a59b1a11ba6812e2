"""irssi, WeeChat and netcat as people use them: typed at in a terminal, read by what they show.

irssi and WeeChat write what they show in each window to a log of their own; waiting is always for such a line.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DEADLINE_S = 60
LOOK_EVERY_S = 0.02
CONTROL = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])")

IRSSI = """
servers = ({servers});
chatnets = {{ {networks} }};
settings = {{
  core = {{ real_name = "Irene"; user_name = "irene"; nick = "irene"; }};
  "fe-common/core" = {{
    autolog = "yes";
    autolog_path = "{logs}/$0.log";
    autolog_level = "all";
    autocreate_own_query = "yes";
  }};
  "irc/core" = {{ cmd_queue_speed = "0"; }};
}};
"""

WEECHAT = (
    '/set logger.file.path "{logs}"',
    '/set logger.mask.irc "$channel.log"',
    '/set logger.file.flush_delay "0"',
    '/set weechat.history.display_default "0"',
    '/set weechat.look.paste_max_lines "-1"',
    '/server add chatd 127.0.0.1/{port}',
    # Some options have another name in version 4 than before; WeeChat complains of the wrong one, and goes on.
    '/set irc.server.chatd.tls "{tls}"',
    '/set irc.server.chatd.ssl "{tls}"',
    '/set irc.server.chatd.tls_verify "off"',
    '/set irc.server.chatd.ssl_verify "off"',
    '/set irc.server.chatd.anti_flood "0"',
    '/set irc.server.chatd.anti_flood_prio_high "0"',
    '/set irc.server.chatd.anti_flood_prio_low "0"',
    '/set irc.server.chatd.nicks "wendy"',
)  # fmt: skip


def need(*programs: str) -> None:
    """Skip the test where a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


class Terminal:
    """A program in a terminal of its own; ``logs`` holds what it shows, one file for each window."""

    def __init__(self, command: list[str], home: Path) -> None:
        self.logs = home / "logs"
        self.screen = bytearray()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=home, env=environment, start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # that is how the end of a terminal is read
            while octets := os.read(self._master, 65536):
                self.screen += octets

    def types(self, *lines: str) -> None:
        """Type lines, each with Enter."""
        for line in lines:
            os.write(self._master, f"{line}\r".encode())

    def shown(self, window: str) -> list[str]:
        """What has been shown in a window up to now."""
        files = sorted(self.logs.rglob(f"{window}.log"))
        return [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]

    def shows(self, window: str, *pattern: str) -> str:
        """Wait until a line matches each regular expression, in any order; returns the last match."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            lines = self.shown(window)
            found = [next((line for line in lines if re.search(wanted, line)), None) for wanted in pattern]
            if None not in found:
                return found[-1] or ""
            if time.monotonic() > deadline:
                raise AssertionError(f"no {pattern} in {window}: {lines}; on the screen: {self.drawn()[-2000:]}")
            time.sleep(LOOK_EVERY_S)

    def drawn(self) -> str:
        """All that has been drawn, colours and cursor movements apart."""
        return CONTROL.sub(b"", bytes(self.screen)).decode(errors="replace")

    def draws(self, text: str) -> None:
        """Wait until a text has been drawn."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.drawn():
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} is not on the screen: {self.drawn()[-2000:]}")
            time.sleep(LOOK_EVERY_S)

    def ends(self) -> int:
        """Wait for the end of the program; its exit status."""
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        os.close(self._master)


@contextlib.contextmanager
def irssi(home: Path, port: int, tls: bool, **sasl: str) -> Iterator[Terminal]:
    """irssi as irene, connected; ``sasl`` are what it calls mechanism, username, password, and cert of TLS."""
    (home / "logs").mkdir(parents=True)
    cert = sasl.pop("cert", "")
    server = f'address = "127.0.0.1"; chatnet = "net"; port = "{port}"; use_tls = "yes"; tls_verify = "no";'
    server += f' tls_cert = "{cert}";' if cert else ""
    network = "".join(f' sasl_{name} = "{value}";' for name, value in sasl.items())
    config = IRSSI.format(
        logs=home / "logs", servers=f"{{ {server} }}" if sasl else "", networks=f'net = {{ type = "IRC";{network} }};'
    )
    (home / "config").write_text(config, encoding="utf-8")
    program = Terminal(["irssi", f"--home={home}", "--noconnect"], home)
    try:
        program.draws("[(status)]")
        program.types("/connect net" if sasl else f"/connect {'-tls -notls_verify ' if tls else ''}127.0.0.1 {port}")
        program.draws("End of /MOTD")
        yield program
    finally:
        program.close()


@contextlib.contextmanager
def weechat(home: Path, port: int, tls: bool, **options: str) -> Iterator[Terminal]:
    """WeeChat as wendy, connected; ``options`` are more of those of its server."""
    (home / "logs").mkdir(parents=True)
    lines = [line.format(logs=home / "logs", port=port, tls="on" if tls else "off") for line in WEECHAT]
    lines += [f'/set irc.server.chatd.{name} "{value}"' for name, value in options.items()]
    commands = [word for line in [*lines, "/connect chatd"] for word in ("--run-command", line)]
    program = Terminal(["weechat", "--dir", str(home), *commands], home)
    try:
        yield program
    finally:
        program.close()


class Netcat:
    """A person with netcat: a line in, lines out."""

    def __init__(self, port: int) -> None:
        self.process = subprocess.Popen(
            ["nc", "127.0.0.1", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._timer = threading.Timer(2 * DEADLINE_S, self.process.kill)
        self._timer.start()

    def types(self, *lines: str) -> None:
        """Type lines, each with Enter, which is a bare LF."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def shows(self, pattern: str) -> str:
        """The next line that matches a regular expression; those before it are not seen again."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line.rstrip("\r\n"))
            if re.search(pattern, seen[-1]):
                return seen[-1]
        raise AssertionError(f"no {pattern!r} before the end: {seen}")

    def close(self) -> None:
        """End it, whatever it does."""
        self._timer.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def netcat(port: int) -> Iterator[Netcat]:
    """netcat, connected."""
    program = Netcat(port)
    try:
        yield program
    finally:
        program.close()
