"""The server's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677), one object for one exchange.

Takes and returns the messages without base64; knows nothing of AUTHENTICATE, nor of where verifiers are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import NoReturn

from chatd.core.accounts import ScramVerifier

_GS2 = re.compile(r"(?:(?P<flag>[ny])|p=(?P<binding>[A-Za-z0-9.-]+)),(?:a=(?P<authzid>[^,\0]+))?,")
_FIRST = re.compile(r"n=(?P<user>[^,\0]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,\0]+)*\Z")
_FINAL = re.compile(r"(?P<bare>c=(?P<binding>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+)(?:,[A-Za-z]=[^,\0]+)*)"
                    r",p=(?P<proof>[A-Za-z0-9+/=]+)\Z")  # fmt: skip
_BAD_ESCAPE = re.compile("=(?!2C|3D)")


class ScramFailed(Exception):
    """The exchange has failed; ``code`` is one of the server-error-values of RFC 5802, section 7."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def message(self) -> bytes:
        """The server's last message, for mechanisms that let it have one."""
        return b"e=" + self.code.encode()


def derive_verifier(prepared: bytes, salt: bytes, iterations: int) -> ScramVerifier:
    """Make the verifier of a prepared password; takes long."""
    salted = hashlib.pbkdf2_hmac("sha256", prepared, salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return ScramVerifier(salt, iterations, stored_key, hmac.digest(salted, b"Server Key", "sha256"))


def nobodys_verifier(folded: str, secret: bytes, iterations: int) -> ScramVerifier:
    """What an unknown account is challenged with: always the same for a name, and no password fits it."""
    made = hmac.digest(secret, b"scram salt " + folded.encode("utf-8", "surrogatepass"), "sha512")
    return ScramVerifier(made[:16], iterations, made[16:48], hmac.digest(secret, made, "sha256"))


def _name(escaped: str) -> str:
    if _BAD_ESCAPE.search(escaped):
        raise ScramFailed("invalid-username-encoding")
    return escaped.replace("=2C", ",").replace("=3D", "=")


def _base64(text: str, code: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except Base64Error:
        raise ScramFailed(code) from None


class ScramExchange:
    """One exchange, in this order: ``first``, ``challenge``, ``final``; after a failure nothing is taken any more.

    ``bindings`` are the channel bindings of the connection by name, none without TLS.  ``plus`` says that the client
    chose SCRAM-SHA-256-PLUS; the server offers that wherever there are bindings.
    """

    __slots__ = ("_bare", "_bindings", "_expected", "_gs2", "_nonce", "_plus", "_server_first", "_step", "_verifier",
                 "authzid", "username")  # fmt: skip

    def __init__(self, *, plus: bool, bindings: Mapping[str, bytes], nonce: str = "") -> None:
        """``nonce`` is the server's part, for tests of the vectors; a random one otherwise."""
        self._plus = plus
        self._bindings = bindings
        self._nonce = nonce or token_urlsafe(18)
        self._step = "first"
        self._expected = self._gs2 = b""
        self._bare = self._server_first = ""
        self._verifier: ScramVerifier | None = None
        self.username = ""
        self.authzid = ""

    def first(self, message: bytes) -> str:
        """Take the client's first message and return the user name, as written; raises ScramFailed."""
        self._take_step("first")
        text = self._text(message)
        header = _GS2.match(text)
        if header is None:
            self._fail("other-error")
        bare = text[header.end() :]
        if bare.startswith("m="):
            self._fail("extensions-not-supported")
        parts = _FIRST.match(bare)
        if parts is None:
            self._fail("other-error")
        self._bind(header["flag"], header["binding"])
        self._gs2 = header[0].encode()
        self._bare = bare
        self._nonce = parts["nonce"] + self._nonce
        self.username = _name(parts["user"])
        self.authzid = _name(header["authzid"] or "")
        self._step = "challenge"
        return self.username

    def _bind(self, flag: str | None, binding: str | None) -> None:
        """RFC 5802, section 6: what the client's flag may be, given what it chose and what it was offered."""
        if binding is not None:
            if not self._plus:
                self._fail("channel-binding-not-supported")
            if binding not in self._bindings:
                self._fail("unsupported-channel-binding-type")
            self._expected = self._bindings[binding]
        elif self._plus:
            self._fail("channel-bindings-dont-match")
        elif flag == "y" and self._bindings:
            # The client can, and thinks that we cannot: somebody between us took the offer away.
            self._fail("server-does-support-channel-binding")

    def challenge(self, verifier: ScramVerifier) -> bytes:
        """Return the server's first message, for the account's verifier or ``nobodys_verifier``."""
        self._take_step("challenge")
        self._verifier = verifier
        self._server_first = f"r={self._nonce},s={b64encode(verifier.salt).decode()},i={verifier.iterations}"
        self._step = "final"
        return self._server_first.encode()

    def final(self, message: bytes) -> bytes:
        """Check the client's final message; returns the server's, which proves that it knows the password as well.

        Raises ScramFailed.
        """
        self._take_step("final")
        verifier = self._verifier
        assert verifier is not None
        parts = _FINAL.match(self._text(message))
        if parts is None:
            self._fail("other-error")
        if _base64(parts["binding"], "other-error") != self._gs2 + self._expected:
            self._fail("channel-bindings-dont-match")
        if parts["nonce"] != self._nonce:
            self._fail("other-error")
        signed = f"{self._bare},{self._server_first},{parts['bare']}".encode()
        proof = _base64(parts["proof"], "invalid-proof")
        signature = hmac.digest(verifier.stored_key, signed, "sha256")
        if len(proof) != len(signature):
            self._fail("invalid-proof")
        client_key = bytes(left ^ right for left, right in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), verifier.stored_key):
            self._fail("invalid-proof")
        self._step = "done"
        return b"v=" + b64encode(hmac.digest(verifier.server_key, signed, "sha256"))

    @property
    def is_done(self) -> bool:
        """Whether the client has proved itself."""
        return self._step == "done"

    def _take_step(self, step: str) -> None:
        """Only the awaited step is taken; until it ends well, none is awaited."""
        awaited, self._step = self._step, "failed"
        if awaited != step:
            self._fail("other-error")

    def _text(self, message: bytes) -> str:
        try:
            return message.decode()
        except UnicodeDecodeError:
            self._fail("invalid-encoding")

    @staticmethod
    def _fail(code: str) -> NoReturn:
        raise ScramFailed(code)
