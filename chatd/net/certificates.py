"""Certificates of the server: read from files, made on first start, chosen by the name a client asks for (SNI)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import service_identity
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from OpenSSL import SSL
from service_identity.cryptography import verify_certificate_hostname
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, TLSVersion
from zope.interface import implementer

from chatd.config import Tls
from chatd.net.selfsigned import make_self_signed
from chatd.reports import reporter

log = reporter(__name__)

_ALPN = b"irc"
"""The registered ALPN name of our protocol."""
_ASKED_NAMES = 1024
"""How many names asked for by clients are remembered with their certificate."""


class CertificateError(Exception):
    """A certificate or key cannot be used; the message names the file and the problem."""


class Loaded:
    """One certificate with its key in a TLS context; ``fingerprint`` is its SHA-256 in lower-case hex."""

    def __init__(self, certificate: Path, key: Path, chain: Path | None, settings: Tls) -> None:
        """Read the files; ``settings`` say what TLS may be spoken.  Raises CertificateError."""
        self.path = certificate
        self.certificate, *more = _read_certificates(certificate)
        if chain is not None:
            more += _read_certificates(chain)
        intermediate = [one for one in more if one != self.certificate]
        private = _read_key(key)
        if _public_form(private.public_key()) != _public_form(self.certificate.public_key()):
            raise CertificateError(f"{key}: this key does not belong to {certificate}")
        self.fingerprint = self.certificate.fingerprint(hashes.SHA256()).hex()
        try:
            self.context = _context(self.certificate, private, intermediate, settings)
        except SSL.Error as problem:
            raise CertificateError(f"{certificate}: cannot be used for TLS ({_openssl_reason(problem)})") from None

    def is_for(self, name: str) -> bool:
        """Whether the certificate is good for this host name, by its alternative names or else its common name."""
        try:
            verify_certificate_hostname(self.certificate, name)
        except service_identity.VerificationError:
            return False
        except (service_identity.CertificateError, ValueError):
            # No alternative names: such certificates are old, but their owners mean them.
            common = self.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            return name.lower() in (str(one.value).lower() for one in common)
        return True

    def doubts(self, now: datetime) -> Iterator[str]:
        """Say what clients may object to, though it keeps no one from using the certificate."""
        if self.certificate.not_valid_after_utc < now:
            yield f"{self.path}: this certificate expired on {self.certificate.not_valid_after_utc:%Y-%m-%d}"
        if self.certificate.not_valid_before_utc > now:
            yield f"{self.path}: this certificate is not valid before {self.certificate.not_valid_before_utc:%Y-%m-%d}"


def _context(
    certificate: x509.Certificate, private: Any, intermediate: list[x509.Certificate], settings: Tls
) -> SSL.Context:
    # Twisted's annotations still name pyOpenSSL's own classes, which pyOpenSSL no longer wants.
    options: dict[str, Any] = {"privateKey": private, "certificate": certificate, "extraCertChain": intermediate}
    options["raiseMinimumTo"] = TLSVersion.TLSv1_3 if settings.minimum == "1.3" else TLSVersion.TLSv1_2
    if settings.ciphers:
        options["acceptableCiphers"] = AcceptableCiphers.fromOpenSSLCipherString(settings.ciphers)
    try:
        # Sessions are not resumed: connections last for hours, and each should show its client certificate anew.
        context = CertificateOptions(enableSessions=False, enableSessionTickets=False, **options).getContext()
    except ValueError as problem:
        raise CertificateError(f"tls.ciphers: {problem}") from None
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    # Any client certificate will do: it is known by its fingerprint, not by who signed it.
    context.set_verify(SSL.VERIFY_PEER, lambda *_about: True)
    context.set_alpn_select_callback(_choose_protocol)
    return context


def _choose_protocol(connection: SSL.Connection, offered: list[bytes]) -> Any:
    """Agree to speak IRC; a client that only knows other names may go on without an agreement."""
    return _ALPN if _ALPN in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _openssl_reason(problem: SSL.Error) -> str:
    queue = problem.args[0] if problem.args else ()
    return str(queue[-1][-1]) if queue else "OpenSSL does not say why"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CertificateError(f"{path}: cannot be read ({problem.strerror})") from None


def _read_certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise CertificateError(f"{path}: holds no certificate in PEM form") from None


def _read_key(path: Path) -> Any:
    try:
        return serialization.load_pem_private_key(_read(path), None)
    except TypeError:
        raise CertificateError(f"{path}: this key needs a password, which a server cannot type") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(f"{path}: holds no private key in PEM form") from None


def _public_form(key: Any) -> bytes:
    form: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return form


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """All certificates of the server; the first is for clients that ask for no name, or for one nobody has.

    ``reload`` reads the files again for new connections; connections that are up keep what they have.
    """

    def __init__(self, settings: Tls, server_name: str, directory: Path) -> None:
        """``directory`` keeps the certificate made on first start; raises CertificateError."""
        self._server_name = server_name
        self._directory = directory
        # A handshake that was switched to another certificate may still call back into the context it began with.
        self._begun_with: WeakKeyDictionary[SSL.Connection, SSL.Context] = WeakKeyDictionary()
        self.reload(settings)

    def reload(self, settings: Tls) -> None:
        """Read everything again; raises CertificateError, and then what was there stays in use."""
        first = (settings.certificate, settings.key, settings.chain) if settings.certificate else self._own()
        paths = [first] + [(more.certificate, more.key, more.chain) for more in settings.sni]
        loaded = [
            Loaded(Path(certificate), Path(key), Path(chain) if chain else None, settings)
            for certificate, key, chain in paths
        ]
        for one in loaded:
            for doubt in one.doubts(datetime.now(UTC)):
                log.warn("{doubt}", doubt=doubt)
        if len(loaded) > 1:
            loaded[0].context.set_tlsext_servername_callback(self._switch)
        self._first, self._find = loaded[0], lru_cache(_ASKED_NAMES)(_finder(loaded))

    def _own(self) -> tuple[str, str, str]:
        """Return the paths of our own certificate and key (no chain), made now if they are not there."""
        certificate, key = self._directory / "certificate.pem", self._directory / "key.pem"
        if not (certificate.exists() and key.exists()):
            try:
                make_self_signed(self._server_name, certificate, key)
            except OSError as problem:
                raise CertificateError(f"{problem.filename}: cannot be written ({problem.strerror})") from None
        return str(certificate), str(key), ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the first certificate, in lower-case hex."""
        return self._first.fingerprint

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """See IOpenSSLServerConnectionCreator."""
        return SSL.Connection(self._first.context, None)

    def _switch(self, connection: SSL.Connection) -> None:
        """Show the certificate that the client asks for, where that is not the first."""
        asked = (connection.get_servername() or b"").decode("ascii", "replace")
        chosen = self._find(asked)
        if chosen is not None and chosen.context is not connection.get_context():
            self._begun_with.setdefault(connection, connection.get_context())
            connection.set_context(chosen.context)


def _finder(loaded: list[Loaded]) -> Any:
    """Make the function that finds the first certificate for a name, or None."""

    def find(name: str) -> Loaded | None:
        return next((one for one in loaded if name and one.is_for(name)), None)

    return find
