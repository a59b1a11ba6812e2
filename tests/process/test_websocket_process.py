"""WebSocket over TLS against a real server, with the client library `websockets`."""

from __future__ import annotations

import ssl

import pytest
from running import PATIENCE_S
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

pytestmark = pytest.mark.process


def until(client: ClientConnection, part: str) -> list[str]:
    """Read messages up to one with ``part`` in it."""
    seen: list[str] = []
    while not seen or part not in seen[-1]:
        message = client.recv(PATIENCE_S)
        seen.append(message if isinstance(message, str) else message.decode())
    return seen


def join(client: ClientConnection, nick: str) -> None:
    client.send(f"LOGIN {nick}")
    until(client, f"You are {nick} now")
    client.send("JOIN #web")
    until(client, " 366 ")


def test_the_websockets_library_chats_over_tls(serve):
    """Text and binary clients of `websockets`, compressing, and one on a socket, log in, join, and hear each other."""
    server = serve()
    assert any("a web client, wss:" in line for line in server.log)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    where = f"wss://127.0.0.1:{server.web_tls_port}/"
    how = {"ssl": context, "open_timeout": PATIENCE_S}
    with (
        connect(where, subprotocols=["text.ircv3.net", "binary.ircv3.net"], **how) as alice,
        connect(where, subprotocols=["binary.ircv3.net"], compression=None, **how) as bob,
        connect(where, **how) as carol,
    ):
        assert (alice.subprotocol, bob.subprotocol, carol.subprotocol) == ("text.ircv3.net", "binary.ircv3.net", None)
        for client, nick in ((alice, "alice"), (bob, "bob"), (carol, "carol")):
            join(client, nick)
        dave = server.connect("dave")
        dave.send("JOIN #web")
        dave.until(" 366 ")
        alice.send("PRIVMSG #web :grüße " + "x" * 450)
        (long,) = [line for line in dave.until("grüße") if "PRIVMSG" in line]
        bob.send("PRIVMSG #web :binär".encode())
        (short,) = [line for line in dave.until("binär") if "PRIVMSG" in line]
        assert until(alice, "binär")[-1] == short
        assert until(bob, "grüße")[-1] == long
        assert until(carol, "binär")[-2:] == [long, short]
        dave.send("PRIVMSG alice :hello web", "WHOIS alice")
        assert until(alice, "hello web")[-1].endswith(" PRIVMSG alice :hello web")
        assert any(" 671 " in line for line in dave.until(" 318 "))
        bob.send(b"PRIVMSG #web :\xff\xfe")
        assert " FAIL PRIVMSG INVALID_UTF8 :" in until(bob, "INVALID_UTF8")[-1]
        assert server.stop() == 0
        assert until(carol, "ERROR")[-1] == "ERROR :Closing link: 127.0.0.1 (Server is shutting down)"
        with pytest.raises(ConnectionClosed) as closed:
            carol.recv(PATIENCE_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


def test_origins_after_sighup(serve):
    """A web page that was refused may connect once the configuration names it."""
    server = serve()
    where = f"ws://127.0.0.1:{server.web_port}/"
    with pytest.raises(InvalidStatus, match="403"):
        connect(where, open_timeout=PATIENCE_S, origin="https://chat.example.org")
    operator = server.connect("operator")
    server.config.write_text(server.config.read_text() + '[websocket]\norigins = ["https://*.example.org"]\n')
    server.process.send_signal(1)
    for line in server.process.stdout:
        if "rehash" in line:
            assert 'websocket.origins: [] -> ["https://*.example.org"]' in line
            break
    operator.barrier()
    with connect(where, open_timeout=PATIENCE_S, origin="https://chat.example.org") as client:
        join(client, "web")
