"""TLS transports with a short way in and out.

Twisted's way through pyOpenSSL takes a dozen calls for each read and write, and learns by exceptions that nothing is
left.  What is usual takes three calls of OpenSSL here; handshakes, waiting, errors and ends are left to Twisted.
"""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.bindings.openssl.binding import Binding
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

_SCRATCH_BYTES: Final = 65_536

_openssl: Any = Binding.lib
_ssl_write: Any = _openssl.SSL_write
_ssl_read: Any = _openssl.SSL_read
_bio_write: Any = _openssl.BIO_write
_bio_read: Any = _openssl.BIO_read
_scratch: Any = Binding.ffi.new("char[]", _SCRATCH_BYTES)
_scratched: Any = Binding.ffi.buffer(_scratch)

Pipe = tuple[Any, Any, Any, Any]
"""OpenSSL's own handles of a connection: itself, what it reads from, what it writes to; and how that is sent."""


def pipe_of(connection: Any, send: Any) -> Pipe | None:
    """The handles of a pyOpenSSL connection; None from a pyOpenSSL that keeps them elsewhere."""
    try:
        return connection._ssl, connection._into_ssl, connection._from_ssl, send
    except AttributeError:
        return None


class Short:
    """Mixed into Twisted's TLS transport: shorter ways in and out.

    ``_pipe`` is there while the connection is whole and nothing waits to be encrypted; None goes Twisted's own way.
    A slot for the same reason as in ``net.tcp``.
    """

    __slots__ = ("_pipe",)
    _pipe: Pipe | None

    def write(self: Any, octets: bytes) -> None:
        """Encrypt and send."""
        pipe = self._pipe
        if pipe is None or not octets:
            super().write(octets)  # type: ignore[misc]
            return
        ssl, _, out, send = pipe
        taken = _ssl_write(ssl, octets, len(octets))
        if taken == len(octets):  # it fitted in one record
            send(_scratched[: _bio_read(out, _scratch, _SCRATCH_BYTES)])
            return
        while 0 < taken < len(octets):
            octets = octets[taken:]
            taken = _ssl_write(ssl, octets, len(octets))
        self._send_encrypted(out)
        if taken <= 0:
            super().write(octets)  # type: ignore[misc]

    def dataReceived(self: Any, octets: bytes) -> None:
        """Decrypt, and hand on what that gives."""
        pipe = self._pipe
        if pipe is None or _bio_write(pipe[1], octets, len(octets)) != len(octets):
            super().dataReceived(octets)  # type: ignore[misc]
            return
        ssl, _, out, _ = pipe
        while (count := _ssl_read(ssl, _scratch, _SCRATCH_BYTES)) > 0:
            self.wrappedProtocol.dataReceived(_scratched[:count])
            if self._pipe is None:
                break
        if self._pipe is None or _openssl.SSL_get_error(ssl, count) != _openssl.SSL_ERROR_WANT_READ:
            self._flushReceiveBIO()
        else:
            self._send_encrypted(out)

    def _send_encrypted(self: Any, out: Any) -> None:
        """Send what OpenSSL has written."""
        while (count := _bio_read(out, _scratch, _SCRATCH_BYTES)) > 0:
            self.transport.write(_scratched[:count])


class TlsTransport(Short, TLSMemoryBIOProtocol):
    """TLS without Twisted's small-write aggregation: our writes are joined already, once a turn."""

    def __init__(self, *args: Any) -> None:
        self._pipe = None
        super().__init__(*args)

    def _shorten(self) -> None:
        """Take the short way from here on, if nothing is in the way."""
        if not (self._appSendBuffer or self._lostTLSConnection or self.disconnecting or self._aborted):
            lower: Any = self.transport
            self._pipe = pipe_of(self._tlsConnection, lower.write)

    def _checkHandshakeStatus(self) -> None:
        super()._checkHandshakeStatus()
        if self._handshakeDone:
            self._shorten()

    def _bufferedWrite(self, octets: bytes) -> None:
        self._pipe = None
        super()._bufferedWrite(octets)

    def _unbufferPendingWrites(self) -> None:
        super()._unbufferPendingWrites()
        self._shorten()

    def loseConnection(self) -> None:
        """Nothing more is sent but what waits."""
        self._pipe = None
        super().loseConnection()

    def abortConnection(self) -> None:
        """Nothing more is sent."""
        self._pipe = None
        super().abortConnection()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """Nothing more comes or goes."""
        self._pipe = None
        super().connectionLost(reason)

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        """Forget where a connection failed: its traceback holds it, some 60 KiB, until the cyclic collector comes."""
        self._pipe = None
        super()._tlsShutdownFinished(reason)
        if reason is not None:
            reason.tb = None
            if reason.value is not None:
                reason.value.__traceback__ = None


class TlsFactory(TLSMemoryBIOFactory):
    """Makes them."""

    protocol = TlsTransport
