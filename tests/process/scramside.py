"""The client's side of SCRAM-SHA-256, from the formulas of RFC 5802, section 3."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode


class ScramClient:
    """Proves that it knows a password; ``gs2`` is the header, ``binding`` what it binds to."""

    def __init__(self, username: str, password: str, gs2: str = "n,,", binding: bytes = b"") -> None:
        self.password = password.encode()
        self.gs2 = gs2
        self.binding = binding
        self.bare = f"n={username},r=fyko+d2lbbFgONRv9qkxdawL"
        self.expected = b""

    def first(self) -> str:
        """The client-first-message."""
        return b64encode(f"{self.gs2}{self.bare}".encode()).decode()

    def final(self, challenge: str) -> str:
        """The client-final-message, for the server's first one."""
        text = b64decode(challenge).decode()
        nonce, salt, count = (part[2:] for part in text.split(","))
        without_proof = f"c={b64encode(self.gs2.encode() + self.binding).decode()},r={nonce}"
        salted = hashlib.pbkdf2_hmac("sha256", self.password, b64decode(salt), int(count))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signed = f"{self.bare},{text},{without_proof}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        self.expected = b"v=" + b64encode(hmac.digest(server_key, signed, "sha256"))
        return b64encode(f"{without_proof},p={proof}".encode()).decode()

    def believes(self, answer: str) -> bool:
        """Whether the server has proved that it knows the password as well."""
        return b64decode(answer) == self.expected
