"""A client of WebSockets on a blocking socket, by RFC 6455 and with none of the server's libraries."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import zlib
from typing import NamedTuple

from worldside import dial, read_exactly

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = base64.b64encode(bytes(range(16)))
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"


def request(*headers: str, path: str = "/", without: str = "", host: str = "irc.example.org") -> bytes:
    """An opening handshake with these further headers, and without the one named."""
    needed = [
        f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY.decode()}",
        "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    kept = [line for line in needed if not without or not line.startswith(f"{without}:")]
    return "\r\n".join([f"GET {path} HTTP/1.1", *kept, *headers, "", ""]).encode("latin-1")


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv1: bool = False, mask: bytes | None = None
) -> bytes:
    """One frame of a client; ``mask`` is four octets (b"" for none at all)."""
    mask = os.urandom(4) if mask is None else mask
    length = len(payload)
    bit = 0x80 if mask else 0
    head = bytes([fin << 7 | rsv1 << 6 | opcode])
    if length < 126:
        head += bytes([bit | length])
    elif length < 65536:
        head += bytes([bit | 126]) + length.to_bytes(2)
    else:
        head += bytes([bit | 127]) + length.to_bytes(8)
    if mask:
        payload = bytes(octet ^ mask[place % 4] for place, octet in enumerate(payload))
    return head + mask + payload


def deflated(text: bytes) -> bytes:
    """A message as permessage-deflate wants it."""
    deflating = zlib.compressobj(wbits=-15)
    return (deflating.compress(text) + deflating.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


def inflated(payload: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")


class Frame(NamedTuple):
    """A frame from the server."""

    opcode: int
    payload: bytes
    compressed: bool = False


class WebClient:
    """A WebSocket that is open; everything blocks, so what waits for the server runs in a thread."""

    def __init__(self, connection: socket.socket, head: bytes) -> None:
        self.socket = connection
        self.head = head
        self.status = head.split(b"\r\n")[0].decode()
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
            if name
        }

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def say(self, *lines: str) -> None:
        self.send(*(frame(TEXT, line.encode()) for line in lines))

    def frame(self) -> Frame | None:
        """The next frame, None at the end of the connection."""
        first = read_exactly(self.socket, 2)
        if len(first) < 2:
            return None
        length = first[1]
        assert not length & 0x80, "a server must not mask"
        assert first[0] & 0x80, "this server does not fragment"
        if length > 125:
            length = int.from_bytes(read_exactly(self.socket, 2 if length == 126 else 8))
        payload = read_exactly(self.socket, length)
        return Frame(first[0] & 0xF, payload, bool(first[0] & 0x40))

    def rest(self) -> list[Frame]:
        """All frames to the end of the connection; a reset counts as an end."""
        frames = []
        try:
            while (found := self.frame()) is not None:
                frames.append(found)
        except ConnectionResetError:
            pass
        return frames

    def __enter__(self) -> WebClient:
        return self

    def __exit__(self, *_about: object) -> None:
        self.socket.close()


def answer(connection: socket.socket, octets: bytes) -> WebClient:
    """Send an opening handshake, and read the head of the answer."""
    connection.sendall(octets)
    head = b""
    while not head.endswith(b"\r\n\r\n") and (octet := connection.recv(1)):
        head += octet
    return WebClient(connection, head)


def call(port: int, *headers: str, **about: str) -> WebClient:
    """Open a WebSocket on this machine; asserts that the answer is right."""
    client = answer(dial(port), request(*headers, **about))
    assert client.status == "HTTP/1.1 101 Switching Protocols"
    accept = base64.b64encode(hashlib.sha1(KEY + MAGIC).digest()).decode()
    assert client.headers["sec-websocket-accept"] == accept
    return client


def closing(code: int, reason: str = "") -> Frame:
    """The frame that closes."""
    return Frame(CLOSE, code.to_bytes(2) + reason.encode())
