"""Certificates for tests, made on the spot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Made(NamedTuple):
    """The paths of a certificate and its key, and the certificate's SHA-256."""

    certificate: str
    key: str
    fingerprint: str


def make(
    directory: Path,
    common: str,
    *names: str,
    days: tuple[int, int] = (-1, 30),
    password: bytes | None = None,
) -> Made:
    """Write a certificate for ``names`` (alternative names), valid for these days from now; with its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if names:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    certificate = builder.sign(private, hashes.SHA256())
    hiding = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    crt, key = directory / f"{common}.crt", directory / f"{common}.key"
    crt.write_bytes(certificate.public_bytes(pem))
    key.write_bytes(private.private_bytes(pem, serialization.PrivateFormat.PKCS8, hiding))
    return Made(str(crt), str(key), certificate.fingerprint(hashes.SHA256()).hex())
