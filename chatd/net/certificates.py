"""Certificates: read from files or made on first start, and chosen by the name the client asks for (SNI)."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, TLSVersion
from zope.interface import implementer


class CertificateError(Exception):
    """A certificate or key cannot be used; the message names the file and the problem."""


def make_self_signed(name: str, certificate: Path, key: Path) -> None:
    """Write a new key (mode 0600) and a certificate for ``name`` and this machine, good for ten years."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.DNSName(text) for text in dict.fromkeys((name, "localhost"))]
    names += [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(key, secret, 0o600)
    _write_new(certificate, made.public_bytes(serialization.Encoding.PEM), 0o644)


def _write_new(path: Path, octets: bytes, mode: int) -> None:
    """Write a file whole or not at all, with this mode from its first moment."""
    partial = path.with_name(f"{path.name}.new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


class Loaded:
    """One certificate with its key, ready for use: ``names`` it is good for, its SHA-256 ``fingerprint``."""

    def __init__(self, certificate: Path, key: Path, chain: Path | None, minimum: str, ciphers: str) -> None:
        first, *more = _read_certificates(certificate)
        if chain is not None:
            more += _read_certificates(chain)
        private = _read_key(key)
        self.fingerprint = hashlib.sha256(crypto.dump_certificate(crypto.FILETYPE_ASN1, first)).hexdigest()
        self.names = _names(first.to_cryptography())
        settings: dict[str, Any] = {}
        if minimum == "1.3":
            settings["raiseMinimumTo"] = TLSVersion.TLSv1_3
        if ciphers:
            settings["acceptableCiphers"] = AcceptableCiphers.fromOpenSSLCipherString(ciphers)
        try:
            self.context: SSL.Context = CertificateOptions(
                privateKey=private, certificate=first, extraCertChain=more, **settings
            ).getContext()
            self.context.check_privatekey()
        except SSL.Error:
            raise CertificateError(f"{key}: this key does not belong to {certificate}") from None
        # Any client certificate will do: it is known by its fingerprint, not by who signed it.
        self.context.set_verify(SSL.VERIFY_PEER, lambda *_about: True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise CertificateError(f"{path}: cannot be read ({problem.strerror})") from None


def _read_certificates(path: Path) -> list[crypto.X509]:
    try:
        found = x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise CertificateError(f"{path}: holds no certificate in PEM form") from None
    return [crypto.X509.from_cryptography(certificate) for certificate in found]


def _read_key(path: Path) -> crypto.PKey:
    try:
        return crypto.load_privatekey(crypto.FILETYPE_PEM, _read(path), b"")
    except crypto.Error:
        raise CertificateError(f"{path}: holds no private key in PEM form without a password") from None


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return [str(name.value).lower() for name in common]
    return [name.lower() for name in alternative.get_values_for_type(x509.DNSName)]


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """All certificates of the server; the first is for clients that ask for no name, or for one nobody has.

    ``reload`` reads the files again for new connections; connections that are up keep what they have.
    """

    def __init__(self, settings: Any, server_name: str, directory: Path) -> None:
        """``settings`` is the section ``[tls]``; raises CertificateError."""
        self._settings = settings
        self._server_name = server_name
        self._directory = directory
        self._by_name: dict[str, Loaded] = {}
        self.reload(settings)

    def reload(self, settings: Any) -> None:
        """Read everything again; raises CertificateError, and then what was there stays in use."""
        paths = [(settings.certificate, settings.key, settings.chain)]
        if not settings.certificate:
            certificate, key = self._directory / "certificate.pem", self._directory / "key.pem"
            if not (certificate.exists() and key.exists()):
                try:
                    make_self_signed(self._server_name, certificate, key)
                except OSError as problem:
                    raise CertificateError(f"{certificate}: cannot be written ({problem.strerror})") from None
            paths = [(str(certificate), str(key), "")]
        paths += [(more.certificate, more.key, more.chain) for more in settings.sni]
        loaded = [
            Loaded(Path(certificate), Path(key), Path(chain) if chain else None, settings.minimum, settings.ciphers)
            for certificate, key, chain in paths
        ]
        by_name: dict[str, Loaded] = {}
        for one in loaded:
            for name in one.names:
                by_name.setdefault(name, one)
        loaded[0].context.set_tlsext_servername_callback(self._choose)
        self._settings, self._by_name, self._first = settings, by_name, loaded[0]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the first certificate, in lower-case hex."""
        return self._first.fingerprint

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """See IOpenSSLServerConnectionCreator."""
        return SSL.Connection(self._first.context, None)

    def _choose(self, connection: SSL.Connection) -> None:
        asked = (connection.get_servername() or b"").decode("ascii", "replace").lower()
        chosen = self._by_name.get(asked) or self._by_name.get(f"*.{asked.partition('.')[2]}")
        if chosen is not None and chosen is not self._first:
            connection.set_context(chosen.context)
