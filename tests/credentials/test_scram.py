"""SCRAM-SHA-256 and -PLUS: the vectors of RFC 7677, the channel binding rules of RFC 5802, and every way to fail."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.credentials.scram import ScramExchange, ScramFailed, derive_verifier, nobodys_verifier

# RFC 7677, section 3: user "user", password "pencil".
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
NONCE = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CHALLENGE = f"r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()
FINAL = f"c=biws,r={NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".encode()
PROVED = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
PENCIL = derive_verifier(b"pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)
BINDINGS = {"tls-exporter": b"exported", "tls-server-end-point": b"certificate"}


def rfc_exchange() -> ScramExchange:
    return ScramExchange(plus=False, bindings={}, nonce=NONCE.removeprefix("rOprNGfwEbeRWgbNEkqO"))


def challenged() -> ScramExchange:
    exchange = rfc_exchange()
    exchange.first(FIRST)
    exchange.challenge(PENCIL)
    return exchange


def client_final(bare: str, challenge: bytes, binding_input: bytes, password: bytes = b"pencil") -> bytes:
    """What a client answers, computed here from the formulas of RFC 5802, section 3."""
    nonce, salt, count = (part[2:] for part in challenge.decode().split(","))
    without_proof = f"c={b64encode(binding_input).decode()},r={nonce}"
    salted = hashlib.pbkdf2_hmac("sha256", password, b64decode(salt), int(count))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signed = f"{bare},{challenge.decode()},{without_proof}".encode()
    signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
    proof = b64encode(bytes(a ^ b for a, b in zip(client_key, signature, strict=True))).decode()
    return f"{without_proof},p={proof}".encode()


def failure(exchange: ScramExchange, step: str, message: bytes) -> str:
    """Let a step fail and return its code; afterwards nothing may be taken any more."""
    with pytest.raises(ScramFailed) as caught:
        getattr(exchange, step)(message)
    assert not exchange.is_done
    for again, argument in (("first", FIRST), ("challenge", PENCIL), ("final", FINAL)):
        with pytest.raises(ScramFailed):
            getattr(exchange, again)(argument)
    return caught.value.code


def test_the_vectors_of_rfc_7677():
    """ "The username 'user' and password 'pencil' are being used."."""
    exchange = rfc_exchange()
    assert exchange.first(FIRST) == "user"
    assert exchange.challenge(PENCIL) == CHALLENGE
    assert not exchange.is_done
    assert exchange.final(FINAL) == PROVED
    assert exchange.is_done


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "other-error"),
        (b"n,,", "other-error"),
        (b"n,n=user,r=x", "other-error"),
        (b"x,,n=user,r=x", "other-error"),
        (b"p=,,n=user,r=x", "other-error"),
        (b"n,,n=,r=x", "other-error"),
        (b"n,,n=user,r=", "other-error"),
        (b"n,,n=user", "other-error"),
        (b"n,,r=x,n=user", "other-error"),
        (b"n,,n=us\0er,r=x", "other-error"),
        (b"n,,n=user,r=not printable", "other-error"),
        ("n,,n=user,r=é".encode(), "other-error"),
        (b"n,,n=user,r=x\n", "other-error"),
        (b"n,,n=user,r=x,", "other-error"),
        (b"n,b=c,n=user,r=x", "other-error"),
        (b"n,,m=must,n=user,r=x", "extensions-not-supported"),
        (b"n,,n=\xff,r=x", "invalid-encoding"),
        (b"n,,n=a=b,r=x", "invalid-username-encoding"),
        (b"n,,n=a=2c,r=x", "invalid-username-encoding"),
        (b"n,a=a=,n=user,r=x", "invalid-username-encoding"),
        (b"p=tls-unique,,n=user,r=x", "channel-binding-not-supported"),
    ],
)
def test_first_messages_that_fail(message: bytes, code: str):
    """Each with the error value RFC 5802 has for it."""
    assert failure(rfc_exchange(), "first", message) == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "other-error"),
        (FINAL.replace(b"c=biws,", b""), "other-error"),
        (FINAL.partition(b",p=")[0], "other-error"),
        (FINAL + b",x=y", "other-error"),
        (FINAL + b"\n", "other-error"),
        (FINAL.replace(b"c=biws", b"c=biw"), "other-error"),
        (FINAL.replace(b"c=biws", b"c=eSws"), "channel-bindings-dont-match"),
        (FINAL.replace(b"c=biws", b"c=biwsYQ=="), "channel-bindings-dont-match"),
        (FINAL.replace(b"r=rOpr", b"r=ROpr"), "other-error"),
        (FINAL.replace(b"FIlj)", b""), "other-error"),
        (FINAL.replace(b"p=dHzb", b"p=eHzb"), "invalid-proof"),
        (FINAL.replace(b"VQ=", b"V"), "invalid-proof"),
        (FINAL.replace(b"AndVQ=", b""), "invalid-proof"),
        (FINAL.replace(b"p=dHzb", b"p="), "invalid-proof"),
        (b"\xff" + FINAL, "invalid-encoding"),
    ],
)
def test_final_messages_that_fail(message: bytes, code: str):
    """Each with the error value RFC 5802 has for it."""
    assert failure(challenged(), "final", message) == code


def test_an_error_as_the_client_may_be_told():
    """RFC 5802, section 7: "server-error = "e=" server-error-value"."""
    assert ScramFailed("invalid-proof").message == b"e=invalid-proof"


@pytest.mark.parametrize(("step", "argument"), [("challenge", PENCIL), ("final", FINAL)])
def test_no_step_can_be_left_out(step: str, argument: bytes):
    """A final message before the challenge proves nothing."""
    failure(rfc_exchange(), step, argument)


def test_nothing_is_taken_twice():
    """A second final message, even the same, is refused, and so is a second first one."""
    exchange = challenged()
    exchange.final(FINAL)
    failure(exchange, "final", FINAL)
    again = rfc_exchange()
    again.first(FIRST)
    failure(again, "first", FIRST)


def test_names_are_unescaped():
    """ "The characters ',' or '=' in usernames are sent as '=2C' and '=3D' respectively."."""
    exchange = rfc_exchange()
    assert exchange.first("n,a=bö=2Cb,n=al=3Di=2Cce=3D2C,r=x,y=ignored".encode()) == "al=i,ce=2C"
    assert exchange.authzid == "bö,b"


def test_extensions_are_signed_and_ignored():
    """ "Unknown optional extensions MUST be ignored upon receipt."."""
    exchange = rfc_exchange()
    bare = FIRST.decode()[3:] + ",t=more"
    exchange.first(b"n,," + bare.encode())
    challenge = exchange.challenge(PENCIL)
    assert exchange.final(client_final(bare, challenge, b"n,,")).startswith(b"v=")


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_plus_is_bound_to_the_connection(name: str):
    """The proof covers the name of the binding and what this end of the connection sees."""
    exchange = ScramExchange(plus=True, bindings=BINDINGS)
    header = f"p={name},,".encode()
    exchange.first(header + b"n=user,r=abc")
    challenge = exchange.challenge(PENCIL)
    assert exchange.final(client_final("n=user,r=abc", challenge, header + BINDINGS[name])).startswith(b"v=")


@pytest.mark.parametrize(
    "bound_to", [b"p=tls-exporter,,elsewhere", b"p=tls-exporter,,", b"p=tls-server-end-point,,exported", b"n,,"]
)
def test_a_proof_for_another_connection_is_worth_nothing(bound_to: bytes):
    """Somebody between client and server cannot pass on what the client signed for the connection with them."""
    exchange = ScramExchange(plus=True, bindings=BINDINGS)
    exchange.first(b"p=tls-exporter,,n=user,r=abc")
    challenge = exchange.challenge(PENCIL)
    final = client_final("n=user,r=abc", challenge, bound_to)
    assert failure(exchange, "final", final) == "channel-bindings-dont-match"


@pytest.mark.parametrize(
    ("flag", "plus", "code"),
    [
        (b"p=tls-unique", True, "unsupported-channel-binding-type"),
        (b"p=TLS-EXPORTER", True, "unsupported-channel-binding-type"),
        (b"p=tls-exporter", False, "channel-binding-not-supported"),
        (b"n", True, "channel-bindings-dont-match"),
        (b"y", True, "channel-bindings-dont-match"),
        (b"y", False, "server-does-support-channel-binding"),
    ],
)
def test_flags_that_do_not_fit(flag: bytes, plus: bool, code: str):
    """ "If the flag is set to "y" and the server supports channel binding, the server MUST fail authentication."."""
    exchange = ScramExchange(plus=plus, bindings=BINDINGS)
    assert failure(exchange, "first", flag + b",,n=user,r=abc") == code


@pytest.mark.parametrize(("flag", "bindings"), [("n", BINDINGS), ("n", {}), ("y", {})])
def test_clients_without_channel_binding(flag: str, bindings: dict[str, bytes]):
    """They go on with the mechanism that is not PLUS, unless they were deprived of it."""
    exchange = ScramExchange(plus=False, bindings=bindings)
    exchange.first(f"{flag},,n=user,r=abc".encode())
    challenge = exchange.challenge(PENCIL)
    assert exchange.final(client_final("n=user,r=abc", challenge, f"{flag},,".encode())).startswith(b"v=")


def test_every_exchange_has_a_nonce_of_its_own():
    """What was overheard once cannot be sent again."""
    nonces = set()
    for _ in range(3):
        exchange = ScramExchange(plus=False, bindings={})
        exchange.first(FIRST)
        nonces.add(exchange.challenge(PENCIL))
    assert len(nonces) == 3


def test_nobody_is_challenged_like_somebody():
    """The salt for an unknown name is always the same, as long as any, and differs between names and servers."""
    first = nobodys_verifier("nobody", b"secret", 4096)
    assert nobodys_verifier("nobody", b"secret", 4096) == first
    assert len(first.salt) == len(PENCIL.salt)
    assert nobodys_verifier("nobody2", b"secret", 4096).salt != first.salt
    assert nobodys_verifier("nobody", b"other", 4096).salt != first.salt
    exchange = rfc_exchange()
    exchange.first(FIRST)
    challenge = exchange.challenge(first)
    final = client_final("n=user,r=rOprNGfwEbeRWgbNEkqO", challenge, b"n,,")
    assert failure(exchange, "final", final) == "invalid-proof"


def test_a_verifier_shows_nothing():
    """What is secret does not reach a log."""
    assert repr(PENCIL) == "ScramVerifier(iterations=4096)"


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_whatever_is_sent_fails_in_order(first: bytes, final: bytes):
    """No message makes the exchange raise anything else, or succeed."""
    exchange = ScramExchange(plus=False, bindings={})
    with pytest.raises(ScramFailed):
        exchange.first(b"n,,n=user,r=" + first)
        exchange.challenge(PENCIL)
        exchange.final(final)
