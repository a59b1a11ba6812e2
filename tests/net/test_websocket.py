"""IRC inside WebSockets, on real sockets: RFC 6455, and IRCv3 websocket, which is quoted."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread
from webside import (
    BINARY,
    CLOSE,
    CONTINUATION,
    DEFLATE,
    PING,
    PONG,
    TEXT,
    Frame,
    call,
    closing,
    deflated,
    frame,
)
from worldside import LOCAL, tighten

from chatd.config import WebSocket
from chatd.net.connection import CLOSE_TIMEOUT_S, DRAIN_BYTES
from chatd.net.frames import MESSAGE_BYTES
from chatd.wire.framing import too_long

LONGEST = b"@+x=" + b"y" * 4091 + b" PRIVMSG #a :" + b"z" * (510 - len("PRIVMSG #a :"))
"""A line of 4096 bytes of tags, and 510 more."""
assert not too_long(LONGEST) and too_long(LONGEST + b"z")


@pytest.mark.parametrize(
    ("offered", "agreed", "opcode"),
    [
        (["text.ircv3.net"], "text.ircv3.net", TEXT),
        (["binary.ircv3.net"], "binary.ircv3.net", BINARY),
        (["binary.ircv3.net, text.ircv3.net"], "binary.ircv3.net", BINARY),
        (["text.ircv3.net, binary.ircv3.net"], "text.ircv3.net", TEXT),
        (["irc", "binary.ircv3.net"], "binary.ircv3.net", BINARY),
        (["irc"], None, TEXT),
        ([], None, TEXT),
    ],
)
@pytest_twisted.ensureDeferred
async def test_subprotocols(open_house, offered, agreed, opcode):
    """"Servers implementing this specification MUST support both subprotocols in standard configurations."; "The server
    MUST accept any subprotocol it supports, respecting the client's order of preference. If no subprotocol can be
    agreed on, the server MAY continue connection establishment without sending the `Sec-WebSocket-Protocol` header.";
    "server and client MAY implement fallbacks designed for compatibility with legacy software"; "If `binary.ircv3.net`
    is negotiated, then client and server will exchange binary messages; if `text.ircv3.net` is negotiated, then they
    will exchange text messages."
    """
    house = open_house(websocket=[LOCAL])
    headers = [f"Sec-WebSocket-Protocol: {names}" for names in offered]
    with await deferToThread(call, house.port, *headers) as client:
        assert client.headers.get("sec-websocket-protocol") == agreed
        link = await house.gate.arrivals.get()
        link.writer.write("PING ä\r\n".encode())
        assert await deferToThread(client.frame) == Frame(opcode, "PING ä".encode())


@pytest_twisted.ensureDeferred
async def test_one_line_for_each_message_in_one_write(open_house):
    r""""each message MUST consist of a single IRC line, except that servers and clients MUST NOT include trailing `\r`
    or `\n` characters in the message"; all of a turn are one write.
    """
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        writes = []
        link.writer.transport.write = writes.append
        link.writer.write(b"one\r\n" + b"x" * 510 + b"\r\nthree\r\n")
        del link.writer.transport.write
        (octets,) = writes
        link.writer.transport.write(octets)
        seen = [await deferToThread(client.frame) for _ in range(3)]
        assert seen == [Frame(TEXT, b"one"), Frame(TEXT, b"x" * 510), Frame(TEXT, b"three")]


@pytest_twisted.ensureDeferred
async def test_text_is_always_utf8(open_house):
    """"Servers MUST NOT relay non-UTF-8 content to clients using text messages"; "Servers MAY replace non-UTF-8 bytes
    with the UTF-8 encoding of the Unicode replacement character"; binary ones carry what there is.
    """
    house = open_house(websocket=[LOCAL])
    for name, shown in (("text", "caf\ufffd".encode()), ("binary", b"caf\xe9")):
        with await deferToThread(call, house.port, f"Sec-WebSocket-Protocol: {name}.ircv3.net") as client:
            link = await house.gate.arrivals.get()
            link.writer.write(b"caf\xe9\r\n")
            found = await deferToThread(client.frame)
            assert found is not None
            assert found.payload == shown


@pytest.mark.parametrize(
    ("frames", "received"),
    [
        ([frame(TEXT, b"NICK alice")], b"NICK alice\r\n"),
        ([frame(BINARY, b"NICK alice")], b"NICK alice\r\n"),
        ([frame(TEXT, b"NICK alice\r\n")], b"NICK alice\r\n"),
        ([frame(TEXT, b"PRIVMSG #x :pasted\nQUIT")], b"PRIVMSG #x :pasted\r\n"),
        ([frame(TEXT, b"a"), frame(BINARY, b"b"), frame(TEXT, b"c")], b"a\r\nb\r\nc\r\n"),
        ([frame(TEXT, b"NI", fin=False), frame(CONTINUATION, b"", fin=False), frame(CONTINUATION, b"CK")], b"NICK\r\n"),
        (
            [frame(TEXT, b"\xc3", fin=False), frame(PING, b"?"), frame(CONTINUATION, b"\xa4")],
            "ä\r\n".encode(),
        ),
        ([frame(BINARY, b"\xff\xfa\xe9")], b"\xfe\xfa\xe9\r\n"),
        ([frame(TEXT)], b"\r\n"),
        ([frame(TEXT, b"x" * MESSAGE_BYTES)], b"x" * MESSAGE_BYTES + b"\r\n"),
        ([frame(TEXT, LONGEST)], LONGEST + b"\r\n"),
        ([frame(TEXT, b"unmoved", mask=bytes(4))], b"unmoved\r\n"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_lines_of_messages(open_house, frames, received):
    """Text or binary, in one frame or several: a message is a line, and never more than one. "Maximum message size is
    reduced by two bytes accordingly (ie. to 510 bytes by default for the non-tags part of a message)"; "The limits
    SHOULD reflect the increased total line lengths allowed by the `message-tags` specification."
    """
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        client.send(*frames)
        assert await link.heard(len(received)) == received


@pytest_twisted.ensureDeferred
async def test_octet_by_octet(open_house):
    """Any chunking of the same octets gives the same lines."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port, DEFLATE):
        link = await house.gate.arrivals.get()
        octets = frame(TEXT, "JOIN #ä".encode()) + frame(TEXT, deflated(b"PART #b" * 30), rsv1=True)
        for place in range(len(octets)):
            link.writer.dataReceived(octets[place : place + 1])
        assert link.received == "JOIN #ä\r\n".encode() + b"PART #b" * 30 + b"\r\n"


@pytest.mark.parametrize(
    ("octets", "code", "reason"),
    [
        (frame(TEXT, b"caf\xe9"), 1007, "Invalid UTF-8 or compression"),
        (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"x"), 1007, "Invalid UTF-8 or compression"),
        (frame(TEXT, b"x" * (MESSAGE_BYTES + 1)), 1009, "Message too big"),
        (frame(TEXT, b"x" * MESSAGE_BYTES, fin=False) + frame(CONTINUATION, b"x"), 1009, "Message too big"),
        (frame(BINARY, bytes(2**16))[:10] + bytes(9000) + bytes(5000), 1009, "Message too big"),
        (frame(TEXT, b"x", mask=b""), 1002, "Protocol error"),
        (frame(CONTINUATION, b"x"), 1002, "Protocol error"),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002, "Protocol error"),
        (frame(3, b"x"), 1002, "Protocol error"),
        (frame(PING, b"x" * 126), 1002, "Protocol error"),
        (frame(PING, b"x", fin=False), 1002, "Protocol error"),
        (frame(TEXT, b"x", rsv1=True), 1002, "Protocol error"),
        (frame(CLOSE, b"\x03"), 1002, "Protocol error"),
        (b"NICK alice\r\nUSER alice 0 * :Alice\r\n", 1002, "Protocol error"),
    ],
    # Frames are masked at random: no names for tests that several processes share.
    ids=lambda value: "frame" if isinstance(value, bytes) else str(value),
)
@pytest_twisted.ensureDeferred
async def test_broken_frames(open_house, octets, code, reason):
    """What breaks RFC 6455 or a bound is answered with a close frame that says so; lines before it still count.
    "Clients and servers SHOULD impose limits on the maximum size of messages they will accept, in order to prevent
    denial-of-service attacks."
    """
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        client.send(frame(TEXT, b"first") + octets)
        assert await deferToThread(client.rest) == [closing(code, reason)]
    assert await link.gone() == f"WebSocket closed: {reason}"
    assert link.received == b"first\r\n"


@pytest_twisted.ensureDeferred
async def test_pings_are_answered(open_house):
    """A ping is answered with its own payload; of several in one read, the last one."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        client.send(frame(PING, b"one"))
        assert await deferToThread(client.frame) == Frame(PONG, b"one")
        link.writer.dataReceived(frame(PING, b"two") + frame(TEXT, b"x") + frame(PING, b"three"))
        assert await deferToThread(client.frame) == Frame(PONG, b"three")
        assert link.received == b"x\r\n"


@pytest_twisted.ensureDeferred
async def test_pongs_do_not_pile_up(open_house):
    """Who does not read gets no pongs until it does, and then one."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write((b"x" * 500 + b"\r\n") * 16000)
        assert link.paused
        for number in range(100):
            link.writer.dataReceived(frame(PING, b"%d" % number))
        resumed = link.resumed()
        seen = await deferToThread(lambda: [client.frame() for _ in range(16001)])
        await resumed
        assert seen[-1] == Frame(PONG, b"99")
        assert [found.payload for found in seen[:-1]] == [b"x" * 500] * 16000


@pytest_twisted.ensureDeferred
async def test_silent_peers_are_pinged_and_given_up(open_house):
    """Everybody is pinged now and then; who says nothing at all until the next time is gone."""
    house = open_house(websocket=[LOCAL], web=WebSocket(ping_interval_s=10))
    with await deferToThread(call, house.port) as lively, await deferToThread(call, house.port) as silent:
        links = [await house.gate.arrivals.get(), await house.gate.arrivals.get()]
        house.seconds_pass(9)
        house.seconds_pass(1)
        assert await deferToThread(lively.frame) == Frame(PING, b"")
        assert await deferToThread(silent.frame) == Frame(PING, b"")
        lively.send(frame(PONG), frame(TEXT, b"x"))
        first = links[0] if await first_to_hear(links) == 0 else links[1]
        house.seconds_pass(10)
        (other,) = (link for link in links if link is not first)
        assert await other.gone() == "Ping timeout"
        assert first.reasons == []


async def first_to_hear(links) -> int:
    """Which link received something."""
    while not any(link.received for link in links):
        await deferToThread(lambda: None)
    return next(place for place, link in enumerate(links) if link.received)


@pytest_twisted.ensureDeferred
async def test_no_pings(open_house):
    """An interval of 0 switches pings off."""
    house = open_house(websocket=[LOCAL], web=WebSocket(ping_interval_s=0))
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        house.seconds_pass(1000)
        link.writer.write(b"PING x\r\n")
        assert await deferToThread(client.frame) == Frame(TEXT, b"PING x")


@pytest_twisted.ensureDeferred
async def test_server_closes(open_house):
    """Close sends what was written and a close frame, waits for the peer's, and closes the connection itself."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.write(b"ERROR :bye\r\n")
        assert not link.muted
        link.writer.close()
        assert link.muted
        link.writer.write(b"too late\r\n")
        link.writer.close()
        assert await deferToThread(client.frame) == Frame(TEXT, b"ERROR :bye")
        assert await deferToThread(client.frame) == closing(1000)
        client.send(frame(TEXT, b"too late"), frame(CLOSE, (1000).to_bytes(2)))
        assert await deferToThread(client.frame) is None
    assert await link.gone() == "Connection closed"
    assert link.received == b""
    assert house.listeners.connected == 0


@pytest_twisted.ensureDeferred
async def test_peer_closes(open_house):
    """A close frame is answered with the same code, after the lines before it were taken."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        client.send(frame(TEXT, b"QUIT"), frame(CLOSE, (1001).to_bytes(2) + b"going"))
        seen = await deferToThread(client.rest)
        assert [(found.opcode, found.payload[:2]) for found in seen] == [(CLOSE, (1001).to_bytes(2))]
    assert await link.gone() == "Connection closed"
    assert link.received == b"QUIT\r\n"
    assert link.muted


@pytest_twisted.ensureDeferred
async def test_peer_that_does_not_answer_the_close(open_house):
    """After close, a peer that says no close frame is cut off after a bound."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.close()
        assert await deferToThread(client.frame) == closing(1000)
        house.seconds_pass(CLOSE_TIMEOUT_S)
        assert link.reasons == []
        house.seconds_pass(1)
        assert await link.gone() == "Connection closed"


@pytest_twisted.ensureDeferred
async def test_peer_that_never_stops(open_house):
    """After close, only so much is thrown away."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        link.writer.close()
        flooding = deferToThread(client.socket.sendall, frame(TEXT, b"x" * 100) * (DRAIN_BYTES // 4))
        flooding.addErrback(lambda failure: failure.trap(OSError))
        assert await link.gone() == "Connection closed"
        assert await flooding is OSError


@pytest_twisted.ensureDeferred
async def test_peer_that_vanishes(open_house):
    """A connection that ends without a close frame is told as any other."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port):
        link = await house.gate.arrivals.get()
    assert await link.gone() == "Connection closed"
    assert house.gate.abandoned == []


@pytest_twisted.ensureDeferred
async def test_stopping_does_not_wait(open_house):
    """When the server stops, it says that it goes away, and waits for nobody's close frame."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as early, await deferToThread(call, house.port) as late:
        links = [await house.gate.arrivals.get(), await house.gate.arrivals.get()]
        links[0].writer.close()
        for stopping in house.listeners.close():
            await stopping
        links[1].writer.write(b"ERROR :stopping\r\n")
        links[1].writer.close()
        for link in links:
            await link.gone()
        seen = [await deferToThread(client.rest) for client in (early, late)]
        seen.sort(key=len)
        assert seen == [[closing(1000)], [Frame(TEXT, b"ERROR :stopping"), closing(1001)]]
    assert house.listeners.connected == 0


@pytest_twisted.ensureDeferred
async def test_slow_reader_is_paused_and_resumed(open_house):
    """A peer that does not read pauses its session, and resumes it when it does."""
    house = open_house(websocket=[LOCAL])
    with await deferToThread(call, house.port) as client:
        link = await house.gate.arrivals.get()
        tighten(link)
        link.writer.write((b"x" * 500 + b"\r\n") * 16000)
        assert link.turns == ["pause"]
        resumed = link.resumed()
        await deferToThread(lambda: [client.frame() for _ in range(16000)])
        await resumed
        assert link.turns == ["pause", "resume"]
