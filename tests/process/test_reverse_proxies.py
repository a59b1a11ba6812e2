"""WebSocket clients through nginx and Caddy, configured as docs/operations.md says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running import PATIENCE_S, ROOT, free_port
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from chatd.net.selfsigned import make_self_signed

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("programs")]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```", OPERATIONS, re.DOTALL | re.MULTILINE)
(TRUSTED,) = re.findall(r"^\[websocket\]\nproxies = .*\n", OPERATIONS, re.MULTILINE)
NAME = "irc.example.org"
NGINX = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {name};
        ssl_certificate {directory}/certificate.pem;
        ssl_certificate_key {directory}/key.pem;
        {block}
    }}
}}
"""
CADDY = """
{{
    admin off
    local_certs
    skip_install_trust
    default_bind 127.0.0.1
    http_port {spare_port}
    https_port {port}
}}
{block}
"""


class Client(ClientConnection):
    """A client that notes when it is pinged; the library answers."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        self.pinged = threading.Event()
        super().__init__(*parts, **options)

    def process_event(self, event: Any) -> None:
        super().process_event(event)
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pinged.set()


def anybody() -> ssl.SSLContext:
    """TLS with whoever is there."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def answers(port: int) -> bool:
    """Say whether a proxy answers a request by now; it may take its connections before it has begun."""
    request = f"GET /irc HTTP/1.1\r\nHost: {NAME}:{port}\r\nConnection: close\r\n\r\n".encode()
    try:
        plain = socket.create_connection(("127.0.0.1", port), 5)
        with plain, anybody().wrap_socket(plain, server_hostname=NAME) as secure:
            secure.sendall(request)
            return secure.recv(12).startswith(b"HTTP/1.1 426")
    except OSError:
        return False


@dataclass
class Proxied:
    """A server, and the port of the proxy in front of it."""

    server: Any
    port: int

    def connect(self, address: str = "127.0.0.2", subprotocol: str = "text.ircv3.net", **options: Any) -> Client:
        """A client that comes from this address of the loopback network."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S, (address, 0))
        where = f"wss://{NAME}:{self.port}/irc"
        client = connect(
            where, sock=plain, ssl=anybody(), open_timeout=PATIENCE_S, subprotocols=[subprotocol],
            create_connection=Client, **options,
        )  # fmt: skip
        assert isinstance(client, Client)
        return client


def block_of(beginning: str, port: int) -> str:
    """The block of the document that begins so, with another port in place of the one there."""
    (block,) = [block for block in BLOCKS if block.startswith(beginning)]
    assert "127.0.0.1:8067" in block
    return block.replace("127.0.0.1:8067", f"127.0.0.1:{port}")


def command_for(kind: str, directory: Path, web_port: int, port: int) -> tuple[list[str], list[str]]:
    """How to start the proxy, and what it reports, in any order, before it can be connected to."""
    if kind == "nginx":
        make_self_signed(NAME, directory / "certificate.pem", directory / "key.pem")
        config = NGINX.format(directory=directory, port=port, name=NAME, block=block_of("location /irc", web_port))
        (directory / "nginx.conf").write_text(config)
        return ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"], ["event method"]
    (directory / "Caddyfile").write_text(
        CADDY.format(port=port, spare_port=free_port(), block=block_of(NAME, web_port))
    )
    ready = ["serving initial configuration", "certificate obtained successfully"]
    return ["caddy", "run", "--config", str(directory / "Caddyfile")], ready


@pytest.fixture(params=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest, serve: Any, tmp_path: Path) -> Iterator[Proxied]:
    """A server behind each of the proxies that is installed here."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    if request.param == "caddy" and "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("on a busy machine Caddy stops answering, and ending, now and then: name this file to run these")
    server, port = serve(f"{TRUSTED}ping_interval_s = 4\n"), free_port()
    directory = tmp_path / request.param
    directory.mkdir()
    command, ready = command_for(request.param, directory, server.web_port, port)
    home = {"HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
    path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    with subprocess.Popen(command, env={**path, **home}, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        seen: list[str] = []
        while any(report not in "".join(seen) for report in ready):
            seen.append(process.stderr.readline())
            assert seen[-1], seen
        # A pipe that nobody reads would fill up, and stop the proxy.
        reader = threading.Thread(target=lambda: seen.extend(process.stderr or ()))
        reader.start()
        try:
            assert any(answers(port) for _ in range(12)), seen
            yield Proxied(server, port)
        finally:
            process.terminate()
            reader.join(20)
            process.kill()
            reader.join()


def until(client: ClientConnection, part: str) -> list[str]:
    """Read messages up to one with ``part`` in it."""
    seen: list[str] = []
    while not seen or part not in seen[-1]:
        message = client.recv(PATIENCE_S)
        assert isinstance(message, bytes) is (client.subprotocol == "binary.ircv3.net")
        seen.append(message if isinstance(message, str) else message.decode())
    return seen


def log_in(client: ClientConnection, nick: str) -> None:
    client.send(f"LOGIN {nick}")
    until(client, f"You are {nick} now")


def test_chat_through_a_proxy(proxied):
    """Clients agree on subprotocol and compression with the server, hear each other, one in text messages and one in
    binary ones, and pings go both ways.
    """
    with proxied.connect() as alice, proxied.connect(subprotocol="binary.ircv3.net", compression=None) as bob:
        assert (alice.subprotocol, bob.subprotocol) == ("text.ircv3.net", "binary.ircv3.net")
        assert [extension.name for extension in alice.protocol.extensions] == ["permessage-deflate"]
        for client, nick in ((alice, "alice"), (bob, "bob")):
            log_in(client, nick)
            client.send("JOIN #web")
            until(client, " 366 ")
        alice.send("PRIVMSG #web :" + "grüße " * 40)
        assert until(bob, "grüße")[-1].count("grüße") == 40
        bob.send(b"PRIVMSG #web :\xff")
        until(bob, " FAIL PRIVMSG INVALID_UTF8 ")
        bob.send(b"PRIVMSG #web :back")
        assert until(alice, "back")[-1].endswith(" PRIVMSG #web :back")
        for client in (alice, bob):
            assert client.ping().wait(PATIENCE_S)
            assert client.pinged.wait(PATIENCE_S)
        assert proxied.server.stop() == 0
        assert until(alice, "ERROR")[-1] == "ERROR :Closing link: 127.0.0.2 (Server is shutting down)"
        with pytest.raises(ConnectionClosed) as closed:
            alice.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def test_whom_a_proxy_speaks_for(proxied):
    """The address is the one that the proxy saw, whatever the client says of itself, and TLS to the proxy is secure."""
    lies = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.8", "X-Real-IP": "198.51.100.9"}
    with proxied.connect("127.0.0.2", additional_headers=lies) as alice:
        log_in(alice, "alice")
        alice.send("WHOIS alice")
        lines = until(alice, " 318 ")
        assert any(re.search(r" 338 alice alice ~alice@127\.0\.0\.2 127\.0\.0\.2 :", line) for line in lines), lines
        assert any(" 671 alice alice :" in line for line in lines)
        assert "198.51.100." not in "".join(lines)


def test_origins_through_a_proxy(proxied):
    """Pages of the very host and port may connect, those of others may not."""
    with proxied.connect(origin=f"https://{NAME}:{proxied.port}") as alice:
        log_in(alice, "alice")
    with pytest.raises(InvalidStatus, match="403"):
        proxied.connect(origin="https://elsewhere.example.org")


def test_nobody_else_is_believed(proxied):
    """Who connects past the proxy, from another address than its own, speaks for nobody but itself."""
    plain = socket.create_connection(("127.0.0.1", proxied.server.web_port), 20, ("127.0.0.3", 0))
    lies = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}
    with connect("ws://127.0.0.1/irc", sock=plain, additional_headers=lies) as mallory:
        log_in(mallory, "mallory")
        mallory.send("WHOIS mallory")
        lines = until(mallory, " 318 ")
        assert any(" 338 mallory mallory ~mallory@127.0.0.3 127.0.0.3 :" in line for line in lines), lines
        assert not any(" 671 " in line for line in lines)
