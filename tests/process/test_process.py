"""`twistd chatd` as a process: starting, stopping, what is on disk when it dies, TLS."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import bcrypt
import pytest
from running import PATIENCE_S

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
TWISTD = [sys.executable, str(Path(sys.executable).with_name("twistd"))]


def run(
    *arguments: str, cwd: Path, foreground: tuple[str, ...] = ("-n", "--pidfile=")
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*TWISTD, *foreground, "chatd", *arguments], cwd=cwd, env=environment, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def test_first_start(serve):
    """The start-up lines say where the data is and how to connect; the private key made for that has mode 0600."""
    server = serve()
    log = "".join(server.log)
    assert "data directory: /" in log
    assert "connect without TLS" in log
    assert "connect with TLS" in log
    assert (server.data / "key.pem").stat().st_mode & 0o777 == 0o600


def test_start_lines_say_what_needs_a_proxy(serve):
    """The start-up lines say, in words, how to connect: to a listener that wants a PROXY header not by netcat alone."""
    server = serve('proxied = ["tcp:0:interface=127.0.0.1"]\n[proxy]\nnetworks = ["127.0.0.1"]\n')
    lines = [line for line in server.log if "connect without TLS (netcat" in line]
    assert len(lines) == 2
    assert "proxy" not in lines[0]
    assert "(netcat, telnet or an IRC client by a proxy that sends a PROXY header first)" in lines[1]


def test_sigterm_tells_clients_and_exits_with_0(serve):
    """SIGTERM tells every client ERROR with a reason and exits 0."""
    server = serve()
    alice = server.connect("alice")
    assert server.stop() == 0
    assert alice.rest() == ["ERROR :Closing link: 127.0.0.1 (Server is shutting down)"]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("[limits]\ntopc = 3\n", "chatd.toml:2: limits.topc: unknown setting"),
        ("[limits]\ntopic = 'x'\n", "chatd.toml:2: limits.topic:"),
    ],
)
def test_bad_setting_is_one_line(tmp_path, setting, expected):
    """A bad setting: one clear line saying what and where, exit status 1, no traceback."""
    (tmp_path / "chatd.toml").write_text(setting)
    ended = run("--config", "chatd.toml", cwd=tmp_path)
    assert ended.returncode == 1
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_port_in_use_is_one_line(tmp_path):
    """A port in use: one clear line, exit status 1, no traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "chatd.toml").write_text(f'[listen]\nplain = ["tcp:{port}:interface=127.0.0.1"]\ntls = []\n')
        ended = run("--config", "chatd.toml", cwd=tmp_path)
    assert ended.returncode == 1
    assert f"cannot listen on tcp:{port}:interface=127.0.0.1: Address already in use" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_a_start_in_the_background_that_fails(tmp_path):
    """Who started it is told, and has exit status 1; nobody waits for ever."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (tmp_path / "chatd.toml").write_text(f'[listen]\nplain = ["tcp:{port}:interface=127.0.0.1"]\ntls = []\n')
        ended = run("--config", "chatd.toml", cwd=tmp_path, foreground=())
    assert ended.returncode == 1
    assert f"cannot listen on tcp:{port}:interface=127.0.0.1: Address already in use" in ended.stderr
    assert "Traceback" not in (tmp_path / "twistd.log").read_text()


def test_one_server_on_a_data_directory(serve, tmp_path):
    """A second server on the same directory: one clear line, exit status 1; after SIGKILL the directory is free."""
    server = serve()
    (tmp_path / "other.toml").write_text(f'[server]\ndata = "{server.data}"\n[listen]\nplain = []\ntls = []\n')
    ended = run("--config", "other.toml", cwd=tmp_path)
    assert ended.returncode == 1
    who = f"process {server.process.pid} on {os.uname().nodename}"
    assert f"chatd: {server.data}: another server is running on this data directory ({who})\n" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    server.stop(signal.SIGKILL)
    server.process = server.start()
    assert server.connect("alice").barrier() == []


def test_restart(serve):
    """RESTART: clients are told, and the server is there again, with its directory."""
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    server = serve(f'[[operators]]\nname = "root"\npassword = "{hashed}"\n')
    op = server.connect("op")
    op.send("OPER root secret")
    op.until(" 381 ")
    op.send("RESTART")
    assert op.rest()[-1] == "ERROR :Closing link: 127.0.0.1 (Server is restarting)"
    for line in server.process.stdout:
        if "certificate fingerprint" in line:
            break
    assert server.connect("alice").barrier() == []
    assert server.stop() == 0


def test_unreadable_certificate_is_one_line(tmp_path):
    """A certificate that is not there: one clear line, exit status 1."""
    (tmp_path / "chatd.toml").write_text('[tls]\ncertificate = "none.crt"\nkey = "none.key"\n')
    ended = run("--config", "chatd.toml", cwd=tmp_path)
    assert ended.returncode == 1
    assert "none.crt: cannot be read (No such file or directory)" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_tls_and_plain_talk_to_each_other(serve):
    """A client on TLS and one without share a channel."""
    server = serve()
    alice, bob = server.connect("alice", tls=True), server.connect("bob")
    alice.send("JOIN #x")
    alice.until(" 366 ")
    bob.send("JOIN #x")
    bob.until(" 366 ")
    bob.send("PRIVMSG #x :over both")
    assert alice.until("PRIVMSG")[-1].endswith(" PRIVMSG #x :over both")
    assert alice.socket.version() in ("TLSv1.2", "TLSv1.3")


def test_old_tls_is_refused(serve):
    """TLS 1.2 is the minimum."""
    server = serve()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", server.tls_port), PATIENCE_S) as plain, pytest.raises(OSError):
        context.wrap_socket(plain)


def test_what_was_received_is_in_the_log_after_sigkill(serve):
    """Kill the process with SIGKILL under load: every message that any client had received is in the log."""
    server = serve("[flood]\nenabled = false\n")
    reader = server.connect("reader")
    reader.send("JOIN #load")
    reader.until(" 366 ")
    writers = [server.connect(f"writer{number}") for number in range(4)]
    for writer in writers:
        writer.send("JOIN #load")
        writer.until(" 366 ")

    def write(number: int) -> None:
        for count in range(5000):
            try:
                writers[number].send(f"PRIVMSG #load :message {number}-{count}")
            except OSError:
                return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    received = []
    while len(received) < 2000:
        line = reader.line()
        if " PRIVMSG #load :" in line:
            received.append(line)
    server.process.kill()
    try:
        while line := reader.line():
            received.append(line)
    except OSError:
        pass
    for thread in threads:
        thread.join()
    server.process.wait(PATIENCE_S)
    files = sorted((server.data / "history" / "channels").glob("*/*.log"))
    logged = [line.split(" ", 1)[1] for file in files for line in file.read_text().splitlines() if " " in line]
    whole = [line for line in received if " PRIVMSG #load :message " in line]
    assert len(whole) >= 2000
    wanted = set(whole[:-1])  # the last line may be torn on the reader's side
    in_log = [line for line in logged if line in wanted]
    assert len(in_log) == len(wanted)
    assert in_log == whole[: len(in_log)]


def test_sighup_rereads_the_configuration(serve):
    """SIGHUP applies changed settings and drops nobody."""
    server = serve()
    alice = server.connect("alice")
    server.config.write_text(server.config.read_text() + "[limits]\ntopic = 7\n")
    server.process.send_signal(signal.SIGHUP)
    for line in server.process.stdout:
        if "rehash" in line:
            assert "limits.topic: 390 -> 7" in line
            break
    alice.send("JOIN #x", "TOPIC #x :0123456789")
    assert alice.until(" TOPIC ")[-1].endswith(" TOPIC #x :0123456")


def test_sighup_opens_and_closes_listeners(serve):
    """A listener added to the configuration is opened, one removed is closed, and who came by it stays."""
    server = serve()
    alice = server.connect("alice")
    old, server.port = server.port, server.spare_port
    server.config.write_text(server.config.read_text().replace(f"tcp:{old}:", f"tcp:{server.port}:"))
    server.process.send_signal(signal.SIGHUP)
    for line in server.process.stdout:
        if f"rehash: listening on tcp:{server.port}:interface=127.0.0.1" in line:
            break
    bob = server.connect("bob")
    bob.send("PRIVMSG alice :by the new door")
    assert alice.until("PRIVMSG")[-1].endswith(" PRIVMSG alice :by the new door")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", old), 10)


def test_wheel_has_every_package_and_the_plugin(tmp_path):
    """A built wheel holds the plugin, every sub-package and py.typed, and no __init__ in twisted/."""
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "chatd").rglob("*.py")}
    assert sources <= names
    assert {"twisted/plugins/chatd_plugin.py", "chatd/py.typed"} <= names
    assert not {"twisted/__init__.py", "twisted/plugins/__init__.py"} & names
