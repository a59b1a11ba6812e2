"""WebSocket messages out of IRC lines, and permessage-deflate; wsproto reads frames, and makes the compressed ones.

Compression pays where lines are long: 13 % of a usual message with all its tags, half of a list of names.  A dictionary
kept for each client would save far more, but costs 18 µs for every line and client, where a line for all clients
together costs 4: so every message is compressed by itself, once for all who get it.  See RFC 6455, RFC 7692.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache

from wsproto.extensions import Extension
from wsproto.frame_protocol import CloseReason, FrameDecoder, FrameProtocol, Opcode, RsvBits

from chatd.wire.framing import BODY_BYTES, TAGS_BYTES

MESSAGE_BYTES = 2 * (TAGS_BYTES + BODY_BYTES)
"""The longest message that is taken; one below this that is too long for a line is the session's business."""

_DEFLATE_FROM = 192
"""Bytes of the shortest message that is worth the attempt; below, nearly nothing is ever won."""
_WINDOW_BITS = 12
"""The window we compress with: no line is longer than that."""
_KEPT = 128
"""How many turns' output is remembered in frames, for each kind of client."""
_KEPT_BYTES = 32_768
"""The longest output that is remembered; what many clients are sent in one turn is short."""
_TAIL = b"\0\0\xff\xff"
_NO_BITS = RsvBits(False, False, False)
_COMPRESSED = RsvBits(True, False, False)

Framing = Callable[[bytes], bytes]


class _Deflating(Extension):
    """The way out: compresses each message by itself, where that makes it shorter by a tenth at least."""

    name = "permessage-deflate"

    def enabled(self) -> bool:
        return True

    def offer(self) -> bool:
        return False

    def frame_outbound(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, data: bytes, fin: bool
    ) -> tuple[RsvBits, bytes]:
        if opcode.iscontrol() or len(data) < _DEFLATE_FROM:
            return rsv, data
        deflating = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -_WINDOW_BITS)
        small = (deflating.compress(data) + deflating.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)
        return (_COMPRESSED, small) if len(small) * 10 <= len(data) * 9 else (rsv, data)


class Deflate(Extension):
    """One client's permessage-deflate: agreeing on it, and the way in; nothing is kept from message to message."""

    name = "permessage-deflate"

    def __init__(self) -> None:
        self._agreed = False
        self._compressed = False
        self._in_control = False
        self._inflating: zlib._Decompress | None = None
        self._made_bytes = 0

    def enabled(self) -> bool:
        """Whether the client takes it, known after the handshake."""
        return self._agreed

    def offer(self) -> bool:
        """Make no offer: only clients do."""
        return False

    def accept(self, offer: str) -> str | None:
        """Answer one offer of the client with our parameters, or None to wait for the next."""
        if self._agreed:
            return None
        _, *words = (word.strip() for word in offer.split(";"))
        answer = ["server_no_context_takeover", "client_no_context_takeover"]
        seen = set()
        for word in words:
            name, _, bits = (part.strip() for part in word.partition("="))
            if name in seen or not _acceptable(name, bits.strip('"')):
                return None
            seen.add(name)
            if name == "server_max_window_bits":
                answer.append(f"server_max_window_bits={_WINDOW_BITS}")
        self._agreed = True
        return "; ".join(answer)

    def frame_inbound_header(
        self, proto: FrameDecoder | FrameProtocol, opcode: Opcode, rsv: RsvBits, payload_length: int
    ) -> CloseReason | RsvBits:
        """Note whether a message is compressed; its first frame says so (and may be shown to us twice)."""
        self._in_control = opcode.iscontrol()
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self._compressed = rsv.rsv1
            self._inflating = zlib.decompressobj(-15) if rsv.rsv1 else None
            self._made_bytes = 0
            return _COMPRESSED
        return _NO_BITS

    def frame_inbound_payload_data(
        self, proto: FrameDecoder | FrameProtocol, data: bytes
    ) -> bytes | CloseReason:
        """Inflate a piece of a message, no further than a message may be long."""
        inflating = self._inflating
        if self._in_control or inflating is None:
            return data
        if inflating.eof:
            return b""
        try:
            made = inflating.decompress(data, MESSAGE_BYTES + 1 - self._made_bytes)
        except zlib.error:
            return CloseReason.INVALID_FRAME_PAYLOAD_DATA
        self._made_bytes += len(made)
        if self._made_bytes > MESSAGE_BYTES or (inflating.unconsumed_tail and not inflating.eof):
            return CloseReason.MESSAGE_TOO_BIG
        return made

    def frame_inbound_complete(
        self, proto: FrameDecoder | FrameProtocol, fin: bool
    ) -> bytes | CloseReason | None:
        """Inflate what is left at the end of a message."""
        if self._in_control or not fin or self._inflating is None:
            return None
        last = self.frame_inbound_payload_data(proto, _TAIL)
        self._inflating = None
        return last


def _acceptable(name: str, bits: str) -> bool:
    """Whether we can do what one parameter of an offer asks for."""
    if name in ("server_no_context_takeover", "client_no_context_takeover"):
        return not bits
    if name == "client_max_window_bits":
        return not bits or bits in _BITS
    # A smaller window than ours would need a compression of its own.
    return name == "server_max_window_bits" and bits in _BITS and int(bits) >= _WINDOW_BITS


_BITS = frozenset(map(str, range(8, 16)))


def _head(opcode: Opcode, size: int) -> bytes:
    """What stands before the text of a message of one frame that is not masked (RFC 6455, 5.2); a line is short."""
    return bytes((0x80 | opcode, size)) if size < 126 else bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big")


def _framing(text: bool, deflate: bool) -> Framing:
    """Make the function that puts each line of some output, without its CR LF, in a frame of its own."""
    send = FrameProtocol(False, [_Deflating()]).send_data
    opcode = Opcode.TEXT if text else Opcode.BINARY

    def in_frames(octets: bytes) -> bytes:
        if text:
            # Browsers close a connection on which a text message is not UTF-8.
            octets = octets.decode("utf-8", "replace").encode()
        frames: list[bytes | bytearray] = []
        for line in octets.split(b"\r\n"):
            if deflate and len(line) >= _DEFLATE_FROM:
                frames.append(send(line.decode() if text else line))
            elif line:
                frames += (_head(opcode, len(line)), line)
        return b"".join(frames)

    # Clients with the same capabilities in the same channel are sent the same: it is put in frames once.
    remembered = lru_cache(_KEPT)(in_frames)
    return lambda octets: remembered(octets) if len(octets) <= _KEPT_BYTES else in_frames(octets)


FRAMINGS: dict[tuple[bool, bool], Framing] = {
    (text, deflate): _framing(text, deflate) for text in (False, True) for deflate in (False, True)
}
"""The ways to put lines in frames: as text or binary messages, and whether the client takes compressed ones."""
