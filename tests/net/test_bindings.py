"""Channel bindings of TLS, compared with what OpenSSL's and Python's own clients say."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from makers import make
from OpenSSL import SSL
from twisted.internet.threads import deferToThread
from worldside import LOCAL, dial

from chatd.config import Certificate, Tls
from chatd.net.bindings import _end_point


def shake_hands(port: int, name: bytes = b"") -> tuple[bytes, SSL.Connection]:
    """A client's own tls-exporter value (RFC 9266, section 2: this label, no context, 32 bytes)."""
    socket = dial(port)
    socket.setblocking(True)
    client = SSL.Connection(SSL.Context(SSL.TLS_METHOD), socket)
    if name:
        client.set_tlsext_host_name(name)
    client.set_connect_state()
    client.do_handshake()
    return client.export_keying_material(b"EXPORTER-Channel-Binding", 32, b""), client


@pytest_twisted.ensureDeferred
async def test_exporter(open_house):
    """Both ends have the same value, and another one on every connection."""
    house = open_house(tls_at=[LOCAL])
    seen = set()
    for _ in range(2):
        value, client = await deferToThread(shake_hands, house.port)
        link = await house.gate.arrivals.get()
        assert link.peer.bindings["tls-exporter"] == value
        seen.add(value)
        client.sock_shutdown(2)
    assert len(seen) == 2


@pytest_twisted.ensureDeferred
async def test_end_point(open_house, tmp_path):
    """The hash of the certificate that this client was shown, chosen by the name it asked for."""
    first, second = make(tmp_path, "a.example", "a.example"), make(tmp_path, "b.example", "b.example")
    more = (Certificate(certificate=second.certificate, key=second.key),)
    house = open_house(tls_at=[LOCAL], tls=Tls(certificate=first.certificate, key=first.key, sni=more))
    for name, made in ((b"", first), (b"b.example", second)):
        _, client = await deferToThread(shake_hands, house.port, name)
        link = await house.gate.arrivals.get()
        assert link.peer.bindings["tls-server-end-point"].hex() == made.fingerprint
        client.sock_shutdown(2)


@pytest_twisted.ensureDeferred
async def test_older_tls_and_none(open_house):
    """RFC 9266 is for TLS 1.3; without TLS there is nothing to bind to."""
    house = open_house(tls_at=[LOCAL], plain=[LOCAL])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    bindings = []
    for _, sort, port in house.listeners.ports:
        number = port.getHost().port
        dialling = (lambda number: context.wrap_socket(dial(number))) if sort.secure else dial
        with await deferToThread(dialling, number):
            bindings.append(sorted((await house.gate.arrivals.get()).peer.bindings))
    assert sorted(bindings) == [[], ["tls-server-end-point"]]


def signed(key: object, algorithm: hashes.HashAlgorithm | None) -> bytes:
    """A certificate in DER."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])
    when = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = builder.serial_number(1).not_valid_before(when).not_valid_after(when).sign(key, algorithm)
    return built.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(("algorithm", "same"), [(hashes.SHA256(), "sha256"), (hashes.SHA384(), "sha384")])
def test_the_hash_is_that_of_the_signature(algorithm, same):
    """RFC 5929, section 4.1: if the certificate's signatureAlgorithm uses a single hash function, that is used."""
    certificate = signed(ec.generate_private_key(ec.SECP256R1()), algorithm)
    assert _end_point(certificate) == hashlib.new(same, certificate).digest()


def test_certificates_without_a_hash():
    """RFC 5929: where the signature uses no hash function, the binding is undefined."""
    assert _end_point(signed(ed25519.Ed25519PrivateKey.generate(), None)) is None


def test_weak_hashes():
    """RFC 5929: if the hash function is MD5 or SHA-1, use SHA-256."""
    certificate = (Path(__file__).parent / "sha1.der").read_bytes()
    assert _end_point(certificate) == hashlib.sha256(certificate).digest()
