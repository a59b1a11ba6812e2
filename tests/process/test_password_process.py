"""The server's own password, against a real server: on a plain socket, over WebSocket, and where nobody is asked."""

from __future__ import annotations

import bcrypt
import pytest
from running import PATIENCE_S
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

pytestmark = pytest.mark.process

HASH = bcrypt.hashpw(b"sesame", bcrypt.gensalt(4)).decode()
WHY = "(This server asks for a password: PASS <password> before NICK and USER)"


def test_plain_sockets(serve):
    """With it one is welcomed, without it one reads 464 and ERROR; LOGIN takes it as well."""
    server = serve(f'[password]\nhash = "{HASH}"\n')
    asked = server.connect()
    asked.send("NICK alice", "USER alice 0 * :Alice")
    assert asked.rest()[-2:] == [
        ":chatd.localhost 464 alice :Password incorrect",
        f"ERROR :Closing link: 127.0.0.1 {WHY}",
    ]
    for lines in (["PASS sesame", "NICK alice", "USER alice 0 * :Alice"], ["LOGIN bob sesame"]):
        client = server.connect()
        client.send(*lines)
        client.until(" 001 ")
    assert not any("sesame" in line for line in server.log)


def test_web_sockets(serve):
    """The same, one line a message."""
    server = serve(f'[password]\nhash = "{HASH}"\n')
    where = f"ws://127.0.0.1:{server.web_port}/"
    with connect(where, open_timeout=PATIENCE_S) as client:
        for line in ("PASS sesame", "NICK alice", "USER alice 0 * :Alice"):
            client.send(line)
        while " 001 " not in client.recv(PATIENCE_S):
            pass
        client.send("PING all")  # with the rest of the welcome unread it would not see that its leaving is answered
        while " PONG " not in client.recv(PATIENCE_S):
            pass
    with connect(where, open_timeout=PATIENCE_S) as client:
        client.send("LOGIN alice wrong")
        seen = []
        with pytest.raises(ConnectionClosed):
            while True:
                seen.append(client.recv(PATIENCE_S))
    assert seen[-1] == "ERROR :Closing link: 127.0.0.1 (That is not the password of this server)"


def test_a_listener_that_does_not_ask(serve):
    """Who comes by it is welcomed without; who comes by another is not."""
    server = serve(f'[password]\nhash = "{HASH}"\nfree_listeners = ["{{plain}}"]\n')
    server.connect("alice").close()
    tls = server.connect(tls=True)
    tls.send("NICK alice", "USER alice 0 * :Alice")
    tls.until(WHY)
