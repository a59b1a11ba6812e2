"""Channel bindings: what both ends of one TLS connection know, and nobody between them can have made alike.

``tls-exporter`` (RFC 9266) where TLS is 1.3, ``tls-server-end-point`` (RFC 5929) wherever our certificate allows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization

_EXPORTER_LABEL = b"EXPORTER-Channel-Binding"
_WEAK = (hashes.MD5, hashes.SHA1)


def channel_bindings(tls: Any) -> Mapping[str, bytes]:
    """Those of a connection whose handshake is done."""
    found: dict[str, bytes] = {}
    if tls.get_protocol_version_name() == "TLSv1.3":
        found["tls-exporter"] = tls.export_keying_material(_EXPORTER_LABEL, 32, b"")
    own = tls.get_certificate(as_cryptography=True)
    end_point = _end_point(own.public_bytes(serialization.Encoding.DER)) if own is not None else None
    if end_point is not None:
        found["tls-server-end-point"] = end_point
    return found


@lru_cache(64)
def _end_point(certificate: bytes) -> bytes | None:
    """The certificate's hash by the algorithm it is signed with, SHA-256 for weak ones; None where that has none."""
    try:
        algorithm = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    if algorithm is None:
        return None
    digest = hashes.Hash(hashes.SHA256() if isinstance(algorithm, _WEAK) else algorithm)
    digest.update(certificate)
    return digest.finalize()
