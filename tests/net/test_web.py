"""The HTTP side of WebSocket listeners, on real sockets: requests good and bad, origins, proxies, the site."""

from __future__ import annotations

import pytest
import pytest_twisted
from test_tls import client_context
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource
from webside import TEXT, Frame, answer, call, closing, frame, request
from worldside import LOCAL, Doorkeeper, dial, read_all

from chatd.config import Tls, WebSocket
from chatd.interfaces import Peer
from chatd.net.connection import ConnectionFactory
from chatd.net.deadlines import Deadlines
from chatd.net.tcp import DirectReactor, DirectServer
from chatd.net.web import WebSite, WebSocketResource

HERE = ("127.0.0.0/8",)
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"


def ask(port: int, octets: bytes) -> bytes:
    """Send a request and read everything; blocks."""
    with dial(port) as client:
        client.sendall(octets)
        return read_all(client)


@pytest_twisted.ensureDeferred
async def test_is_admitted_once(open_house):
    """A WebSocket is admitted when it connects, begins when it is asked for, and stands on the direct transport."""
    house = open_house(websocket=[LOCAL])
    with dial(house.port) as client:
        while not house.gate.asked:
            await deferToThread(lambda: None)
        assert (house.gate.asked, house.gate.links, house.listeners.connected) == (["127.0.0.1"], [], 1)
        await deferToThread(answer, client, request())
        link = await house.gate.arrivals.get()
        assert link.peer == Peer("127.0.0.1", listener=LOCAL, direct=False)
        assert isinstance(link.writer.transport, DirectServer)
        assert link.writer.transport.protocol is link.writer
    await link.gone()
    assert (house.gate.asked, house.gate.abandoned, house.listeners.connected) == (["127.0.0.1"], [], 0)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (request(without="Upgrade"), "426 Upgrade Required"),
        (request(without="Connection"), "400 Bad Request"),
        (request(without="Host"), "400 Bad Request"),
        (request(without="Sec-WebSocket-Key"), "400 Bad Request"),
        (request("Sec-WebSocket-Key: c2hvcnQ=", without="Sec-WebSocket-Key"), "400 Bad Request"),
        (request("Sec-WebSocket-Key: ????", without="Sec-WebSocket-Key"), "400 Bad Request"),
        (request(without="Sec-WebSocket-Version"), "400 Bad Request"),
        (request("Sec-WebSocket-Version: 8", without="Sec-WebSocket-Version"), "426 Upgrade Required"),
        (request("Upgrade: h2c", without="Upgrade"), "400 Bad Request"),
        (request("Sec-WebSocket-Protocol: \xe9"), "400 Bad Request"),
        (request("X: a\x00b"), "400 Bad Request"),
        (request(host="\xe9.example"), "400 Bad Request"),
        (request().replace(b"HTTP/1.1", b"HTTP/1.0"), "400 Bad Request"),
        (request().replace(b"GET", b"HEAD"), "426 Upgrade Required"),
        (request().replace(b"GET", b"PUT"), "405 Method Not Allowed"),
        (request("Content-Length: 3"), "413 Content Too Large"),
        (request("Transfer-Encoding: chunked"), "413 Content Too Large"),
        (b"NICK alice\r\nUSER alice 0 * :Alice\r\n", "400 Bad Request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", "400 Bad Request"),
        (request(*(f"X-{number}: x" for number in range(101))), "400 Bad Request"),
        (request(*(f"X-{number}: {'x' * 1000}" for number in range(9))), "400 Bad Request"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_bad_requests(open_house, octets, status):
    """What is no good opening handshake is answered in HTTP, and begins nothing."""
    house = open_house(websocket=[LOCAL])
    with dial(house.port) as client:
        got = await deferToThread(answer, client, octets)
        assert got.status.partition(" ")[2] == status
    assert await house.gate.retreats.get() == "127.0.0.1"
    assert (house.gate.asked, house.gate.links) == (["127.0.0.1"], [])
    assert house.listeners.connected == 0


@pytest_twisted.ensureDeferred
async def test_version_is_told(open_house):
    """The server MUST name the version it speaks to a client of another one (RFC 6455, 4.2.2)."""
    house = open_house(websocket=[LOCAL])
    octets = request("Sec-WebSocket-Version: 7", without="Sec-WebSocket-Version")
    with dial(house.port) as client:
        got = await deferToThread(answer, client, octets)
        assert (got.headers["sec-websocket-version"], got.headers["upgrade"]) == ("13", "websocket")


@pytest_twisted.ensureDeferred
async def test_endless_line(open_house):
    """A line of a request without an end is not collected for long."""
    house = open_house(websocket=[LOCAL])
    assert await deferToThread(ask, house.port, b"GET /" + b"x" * 20000) == b""
    assert await house.gate.retreats.get() == "127.0.0.1"


@pytest_twisted.ensureDeferred
async def test_body_is_not_read(open_house):
    """Somebody who announces a body is answered before it comes."""
    house = open_house(websocket=[LOCAL])
    octets = request("Content-Length: 1000000000000").replace(b"GET", b"POST")
    got = await deferToThread(ask, house.port, octets + b"x" * 10000)
    assert got.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert got.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("octets", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", request()[:-2]])
@pytest_twisted.ensureDeferred
async def test_request_takes_too_long(open_house, octets):
    """The whole request has one time limit, however slowly it drips in."""
    house = open_house(websocket=[LOCAL], tls=Tls(handshake_timeout_s=3))
    with dial(house.port) as client:
        client.sendall(octets)
        while not house.gate.asked:
            await deferToThread(lambda: None)
        for _ in range(3):
            house.seconds_pass(1)
            client.sendall(b"X")
            await deferToThread(lambda: None)
        assert house.gate.abandoned == []
        house.seconds_pass(1)
        assert await house.gate.retreats.get() == "127.0.0.1"
        assert await deferToThread(read_all, client) == b""
    assert house.gate.links == []


@pytest_twisted.ensureDeferred
async def test_next_request_has_its_own_time(open_house):
    """A connection that was answered may ask again, and then be a WebSocket."""
    house = open_house(websocket=[LOCAL], tls=Tls(handshake_timeout_s=3))
    with dial(house.port) as client:
        got = await deferToThread(answer, client, request(without="Upgrade"))
        assert got.status == "HTTP/1.1 426 Upgrade Required"
        await deferToThread(client.recv, 100)
        house.seconds_pass(2)
        got = await deferToThread(answer, client, request())
        assert got.status == "HTTP/1.1 101 Switching Protocols"
        link = await house.gate.arrivals.get()
        house.seconds_pass(10)
        got.send(frame(TEXT, b"NICK alice"))
        assert await link.heard(12) == b"NICK alice\r\n"
    assert house.gate.asked == ["127.0.0.1"]


@pytest_twisted.ensureDeferred
async def test_frames_behind_the_request(open_house):
    """Frames that come with the request are read."""
    house = open_house(websocket=[LOCAL])
    with dial(house.port) as client:
        client.sendall(request() + frame(TEXT, b"NICK alice"))
        link = await house.gate.arrivals.get()
        assert await link.heard(12) == b"NICK alice\r\n"


@pytest_twisted.ensureDeferred
async def test_stopping(open_house):
    """When the server stops, nobody's request is waited for."""
    house = open_house(websocket=[LOCAL])
    with dial(house.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        while not house.gate.asked:
            await deferToThread(lambda: None)
        for stopping in house.listeners.close():
            await stopping
        assert await house.gate.retreats.get() == "127.0.0.1"
        assert await deferToThread(read_all, client) == b""


@pytest_twisted.ensureDeferred
async def test_refused_when_connecting(open_house):
    """Who is refused is told in HTTP without being read, and is neither begun nor abandoned."""
    house = open_house(websocket=[LOCAL], refusal="Too many connections")
    with dial(house.port) as client:
        got = await deferToThread(read_all, client)
    assert got.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert got.endswith(b"\r\n\r\nToo many connections")
    assert (house.gate.asked, house.gate.abandoned, house.gate.links) == (["127.0.0.1"], [], [])


@pytest_twisted.ensureDeferred
async def test_refused_without_a_word_over_tls(open_house):
    """Who is refused on a TLS listener gets no handshake."""
    house = open_house(websocket_tls=[LOCAL], refusal="no")
    with dial(house.port) as client:
        assert await deferToThread(read_all, client) == b""
    assert (house.gate.asked, house.gate.abandoned, house.gate.links) == (["127.0.0.1"], [], [])


# --- web pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://chat.example.org", "101 Switching Protocols"),
        ("http://irc.example.org", "101 Switching Protocols"),
        ("https://evil.example", "403 Forbidden"),
        ("null", "403 Forbidden"),
        ("https://evil.example\r\nOrigin: https://chat.example.org", "403 Forbidden"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_origins(open_house, origin, status):
    """A web page needs to be allowed; that of the host itself is."""
    house = open_house(websocket=[LOCAL], web=WebSocket(origins=("https://chat.example.org",)))
    with dial(house.port) as client:
        got = await deferToThread(answer, client, request(f"Origin: {origin}"))
        assert got.status == f"HTTP/1.1 {status}"


@pytest_twisted.ensureDeferred
async def test_other_settings_while_running(open_house):
    """Other origins and proxies count for new connections; those that are up stay."""
    house = open_house(websocket=[LOCAL], web=WebSocket(origins=("https://a.example",)))
    with await deferToThread(call, house.port, "Origin: https://a.example") as early:
        link = await house.gate.arrivals.get()
        house.listeners._sites[0].configure(WebSocket(origins=("https://b.example",), proxies=HERE))
        with dial(house.port) as client:
            got = await deferToThread(answer, client, request("Origin: https://a.example"))
            assert got.status == "HTTP/1.1 403 Forbidden"
        with await deferToThread(call, house.port, "Origin: https://b.example", "X-Forwarded-For: 192.0.2.7"):
            assert (await house.gate.arrivals.get()).peer.ip == "192.0.2.7"
        link.writer.write(b"still here\r\n")
        assert await deferToThread(early.frame) == Frame(TEXT, b"still here")


# --- reverse proxies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "headers", "ip", "secure"),
    [
        ((), ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"], "127.0.0.1", False),
        (HERE, ["X-Forwarded-For: 192.0.2.7"], "192.0.2.7", False),
        (HERE, ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"], "192.0.2.7", True),
        (HERE, ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: http"], "192.0.2.7", False),
        (HERE, ["X-Forwarded-For: 203.0.113.9, 192.0.2.7"], "192.0.2.7", False),
        (HERE, ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 192.0.2.7"], "192.0.2.7", False),
        (HERE, ["X-Forwarded-For: 2001:db8::7"], "2001:db8::7", False),
        (HERE, ["Forwarded: for=203.0.113.9", "X-Forwarded-For: 192.0.2.7"], "192.0.2.7", False),
        (HERE, ["Forwarded: for=203.0.113.9"], "127.0.0.1", False),
        (HERE, ["X-Forwarded-For: \xe9"], "127.0.0.1", False),
        (HERE, ["X-Forwarded-Proto: https"], "127.0.0.1", False),
    ],
)
@pytest_twisted.ensureDeferred
async def test_reverse_proxies(open_house, proxies, headers, ip, secure):
    """Only trusted proxies are believed, only by their own header, and the gate is asked about the client."""
    house = open_house(websocket=[LOCAL], web=WebSocket(proxies=proxies))
    with await deferToThread(call, house.port, *headers):
        link = await house.gate.arrivals.get()
        assert (house.gate.asked, link.peer.ip, link.peer.secure) == ([ip], ip, secure)


@pytest_twisted.ensureDeferred
async def test_the_other_header(open_house):
    """Forwarded is believed where it is the one that is set, and X-Forwarded-For then is not."""
    web = WebSocket(proxies=HERE, forwarded_header="Forwarded")
    house = open_house(websocket=[LOCAL], web=web)
    headers = ['Forwarded: for="[2001:db8::7]:443";proto=https', "X-Forwarded-For: 203.0.113.9"]
    with await deferToThread(call, house.port, *headers):
        peer = (await house.gate.arrivals.get()).peer
        assert (peer.ip, peer.secure) == ("2001:db8::7", True)
    with dial(house.port) as client:
        got = await deferToThread(answer, client, request('Forwarded: for="x, for="[2001:db8::7]"'))
        assert got.status == "HTTP/1.1 400 Bad Request"
    assert house.gate.asked == ["2001:db8::7"]


@pytest_twisted.ensureDeferred
async def test_certificate_of_a_proxy(open_house, tmp_path):
    """What a proxy shows and speaks is not its client's, and a client without TLS is not secure behind one with it."""
    from makers import make

    own = make(tmp_path, "proxy.example")
    house = open_house(websocket_tls=[LOCAL], web=WebSocket(proxies=HERE))

    def shake_hands(*headers):
        return answer(client_context(own).wrap_socket(dial(house.port)), request(*headers))

    seen = []
    for headers in ([], ["X-Forwarded-For: 192.0.2.7"], ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: wss"]):
        with await deferToThread(shake_hands, *headers):
            peer = (await house.gate.arrivals.get()).peer
            seen.append((peer.ip, peer.secure, peer.certfp))
    assert seen == [("127.0.0.1", True, own.fingerprint), ("192.0.2.7", False, None), ("192.0.2.7", True, None)]


@pytest_twisted.ensureDeferred
async def test_refused_behind_a_reverse_proxy(open_house):
    """Who is refused behind a proxy reads why, as a web page is told nothing of answers in HTTP."""
    house = open_house(websocket=[LOCAL], web=WebSocket(proxies=HERE), refusal="You are banned")
    with await deferToThread(call, house.port, "X-Forwarded-For: 192.0.2.7") as client:
        assert await deferToThread(client.frame) == Frame(TEXT, b"ERROR :You are banned")
        assert await deferToThread(client.frame) == closing(1000)
        client.send(frame(8, (1000).to_bytes(2)))
        assert await deferToThread(client.frame) is None
    assert (house.gate.asked, house.gate.abandoned, house.gate.links) == (["192.0.2.7"], [], [])


@pytest_twisted.ensureDeferred
async def test_proxy_that_asks_for_nothing(open_house):
    """A proxy that goes away before it said for whom it speaks was never counted."""
    house = open_house(websocket=[LOCAL], web=WebSocket(proxies=HERE))
    with dial(house.port) as client:
        got = await deferToThread(answer, client, request(without="Upgrade"))
        assert got.status == "HTTP/1.1 426 Upgrade Required"
        assert house.listeners.connected == 1
    with await deferToThread(call, house.port):
        await house.gate.arrivals.get()
    assert (house.gate.asked, house.gate.abandoned) == (["127.0.0.1"], [])


@pytest_twisted.ensureDeferred
async def test_proxy_protocol(open_house):
    """The PROXY header comes first, and the client in it may itself be a reverse proxy."""
    house = open_house(proxied_websocket=[LOCAL], networks=HERE, web=WebSocket(proxies=("192.0.2.7",)))
    with dial(house.port) as client:
        await deferToThread(answer, client, V1 + request("X-Forwarded-For: 203.0.113.9"))
        link = await house.gate.arrivals.get()
        assert (house.gate.asked, link.peer.ip) == (["203.0.113.9"], "203.0.113.9")
        link.writer.write(b"PING x\r\n")
        assert client.recv(100) == b"\x81\x06PING x"


@pytest_twisted.ensureDeferred
async def test_proxy_protocol_and_tls(open_house):
    """The same with TLS behind the PROXY header."""
    house = open_house(proxied_websocket_tls=[LOCAL], networks=HERE)

    def shake_hands():
        plain = dial(house.port)
        plain.sendall(V1)
        return answer(client_context().wrap_socket(plain), request("X-Forwarded-For: 203.0.113.9"))

    with await deferToThread(shake_hands):
        link = await house.gate.arrivals.get()
        assert (house.gate.asked, link.peer.ip, link.peer.secure) == (["192.0.2.7"], "192.0.2.7", True)


# --- the site -------------------------------------------------------------------------------------------------


class Page(Resource):
    """A web page."""

    isLeaf = True

    def render_GET(self, request):
        return b"<p>Hello"


@pytest_twisted.ensureDeferred
async def test_a_site_with_more_than_websockets():
    """The same port serves web pages: the resource for WebSockets stands anywhere in a tree of others."""
    root = Resource()
    root.putChild(b"", Page())
    root.putChild(b"socket", WebSocketResource())
    gate = Doorkeeper()
    door = ConnectionFactory(gate, LOCAL, Deadlines(), 20)
    listening = DirectReactor(reactor).listenTCP(0, WebSite(door, WebSocket(), reactor, root), interface="127.0.0.1")
    port = listening.getHost().port
    page = request(path="/", without="Upgrade").replace(b"Connection: Upgrade", b"Connection: close")
    assert (await deferToThread(ask, port, page)).endswith(b"\r\n\r\n<p>Hello")
    with await deferToThread(call, port, path="/socket") as client:
        link = await gate.arrivals.get()
        client.say("NICK alice")
        assert await link.heard(12) == b"NICK alice\r\n"
    await link.gone()
    assert door.open == 0
    await listening.stopListening()
