"""The mechanisms of SASL, one by one: EXTERNAL, SCRAM-SHA-256 and -PLUS, IRCV3BEARER; PLAIN is in test_sasl_3_1.py."""

from __future__ import annotations

from base64 import b64encode

import pytest
from exchanges import ALL, BOUND, CERTIFICATE, answer, answer_after, encoded, failed, prefix, prove, ready, succeeded
from scramside import ScramClient

from chatd.config import Accounts, Config
from chatd.core.accounts import SessionToken
from chatd.credentials.tokens import hash_secret, new_token
from chatd.testing import Stage


def test_unknown_mechanisms(stage: Stage) -> None:
    """IRCv3 sasl-3.1: 908 "MAY be sent in reply to an `AUTHENTICATE` command which requests an unsupported mechanism";
    "a 904 numeric will be sent and the session state remains unchanged; the client MAY try another mechanism"; "The
    numeric contains a comma-separated list of mechanisms supported by the server".
    """
    client = ready(stage)
    for name in ("FOO", "", "EXTERNAL", "SCRAM-SHA-256-PLUS", "+", "A" * 450):
        client.sends(f"AUTHENTICATE :{name}")
        client.sees(
            f"{prefix(client)} 908 * {ALL} :are available SASL mechanisms",
            f"{prefix(client)} 904 * :SASL authentication failed: There is no such mechanism here",
        )
    client.sends("AUTHENTICATE plain")
    assert answer(client) == "+"
    client.sends("AUTHENTICATE")
    client.sees(f"{prefix(client)} 461 * AUTHENTICATE :Not enough parameters")


def test_external(stage: Stage) -> None:
    """The certificate of the connection logs in to its account, as whom to act may be said or left out."""
    account = stage.registers("jilles")
    stage.accounts.add_certificate(account.account_id, "ab" * 32, 0, 5)
    for text in ("+", encoded("jilles")):
        client = ready(stage, **CERTIFICATE).sends("AUTHENTICATE EXTERNAL")
        assert answer(client) == "+"
        client.sends(f"AUTHENTICATE {text}")
        succeeded(client, "jilles")
    for peer, text in ((CERTIFICATE, encoded("bob")), (CERTIFICATE | {"certfp": "cd" * 32}, "+")):
        client = ready(stage, **peer).sends("AUTHENTICATE EXTERNAL")
        client.take()
        client.sends(f"AUTHENTICATE {text}")
        failed(client, "This certificate belongs to no account, or to another one")


def test_scram(stage: Stage) -> None:
    """IRCv3 sasl-3.1: "If the mechanism finishes with the server sending a non-empty challenge (such as in SCRAM),
    clients MUST still send an empty response."
    """
    stage.registers("user", "pencil")
    client, scram = ready(stage), ScramClient("user", "pencil")
    prove(client, scram)
    assert scram.believes(answer(client))
    assert client.session.account is None
    client.sends("AUTHENTICATE +")
    succeeded(client, "user")


def test_scram_wrong(stage: Stage) -> None:
    """A wrong proof, an account that is not there, and somebody else's name all fail alike."""
    stage.registers("user", "pencil")
    for scram in (ScramClient("user", "pen"), ScramClient("nobody", "pencil")):
        client = ready(stage)
        prove(client, scram)
        failed(client)
    client = ready(stage).sends("AUTHENTICATE SCRAM-SHA-256")
    client.take()
    client.sends(f"AUTHENTICATE {ScramClient('user', 'pencil', 'n,a=bob,').first()}")
    failed(client)
    client, scram = ready(stage), ScramClient("user", "pencil", "n,a=user,")
    prove(client, scram)
    assert scram.believes(answer(client))


def test_scram_in_a_wrong_order(stage: Stage) -> None:
    """What belongs to another step is refused, and the exchange is over."""
    stage.registers("user", "pencil")
    scram = ScramClient("user", "pencil")
    client = ready(stage).sends("AUTHENTICATE SCRAM-SHA-256")
    client.take()
    client.sends(f"AUTHENTICATE {b64encode(b'c=biws,r=x,p=AAAA').decode()}")
    failed(client, "other-error")
    client.sends("AUTHENTICATE SCRAM-SHA-256", f"AUTHENTICATE {scram.first()}")
    client.take()
    client.sends(f"AUTHENTICATE {scram.first()}")
    failed(client, "other-error")
    client = ready(stage)
    prove(client, scram)
    client.take()
    client.sends(f"AUTHENTICATE {scram.first()}")
    failed(client)


def test_scram_with_channel_binding(stage: Stage) -> None:
    """PLUS is bound to the connection: what was proved on another one is worth nothing."""
    stage.registers("user", "pencil")
    for name, data in BOUND["bindings"].items():  # type: ignore[attr-defined]
        client, scram = ready(stage, **BOUND), ScramClient("user", "pencil", f"p={name},,", data)
        prove(client, scram, "SCRAM-SHA-256-PLUS")
        assert scram.believes(answer(client))
        client.sends("AUTHENTICATE +")
        succeeded(client, "user")
    client = ready(stage, **BOUND)
    prove(client, ScramClient("user", "pencil", "p=tls-exporter,,", b"of another connection"), "SCRAM-SHA-256-PLUS")
    failed(client, "channel-bindings-dont-match")


def test_scram_notices_a_downgrade(stage: Stage) -> None:
    """RFC 5802: a client that thinks the server does not support channel binding (y) where it does is failed."""
    stage.registers("user", "pencil")
    client = ready(stage, **BOUND).sends("AUTHENTICATE SCRAM-SHA-256")
    client.take()
    client.sends(f"AUTHENTICATE {ScramClient('user', 'pencil', 'y,,').first()}")
    failed(client, "server-does-support-channel-binding")


def test_scram_where_plus_is_switched_off() -> None:
    """What is not offered cannot have been hidden from the client."""
    stage = Stage(Config(accounts=Accounts(sasl_mechanisms=("SCRAM-SHA-256",))))
    stage.registers("user", "pencil")
    client, scram = ready(stage, **BOUND), ScramClient("user", "pencil", "y,,")
    prove(client, scram)
    assert scram.believes(answer(client))


def token_of(stage: Stage, name: str) -> str:
    """A session token of a new account."""
    account, text = stage.registers(name), new_token()
    made = SessionToken(text.token_id, account.account_id, hash_secret(text.secret), "phone", "", 0, 0)
    stage.accounts.add_token(made, 10)
    return text.text


@pytest.mark.parametrize("authzid", ["", "jilles"])
def test_bearer(stage: Stage, authzid: str) -> None:
    """IRCV3BEARER takes the server's own tokens, and PLAIN takes them in place of the password."""
    token = token_of(stage, "jilles")
    client = ready(stage).sends("AUTHENTICATE IRCV3BEARER", f"AUTHENTICATE {encoded(authzid, 'session', token)}")
    assert answer_after(client) == ["900", "903"]
    client = ready(stage).sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', token)}")
    assert answer_after(client) == ["900", "903"]


def test_bearer_wrong(stage: Stage) -> None:
    """Another's name, another type, or what is no token is refused."""
    token = token_of(stage, "jilles")
    stage.registers("bob", "sesame")
    for message in (("bob", "session", token), ("", "oauth2", token), ("", "jwt", token), ("bob", "session", "sesame")):
        client = ready(stage).sends("AUTHENTICATE IRCV3BEARER")
        client.take()
        client.sends(f"AUTHENTICATE {encoded(*message)}")
        failed(client)


def test_passwords_over_tls_only() -> None:
    """As configured, what an eavesdropper could use is taken over TLS, or from this machine, only."""
    stage = Stage(Config(accounts=Accounts(passwords_need_tls=True)))
    for peer, offered in (
        ({}, "SCRAM-SHA-256"), ({"ip": "127.0.0.1"}, ALL), ({"ip": "::1"}, ALL), ({"secure": True}, ALL),
        ({"ip": "127.0.0.1", "direct": False}, "SCRAM-SHA-256"),
    ):  # fmt: skip
        client = ready(stage, **peer).sends("AUTHENTICATE FOO")
        assert client.take()[0] == f"{prefix(client)} 908 * {offered} :are available SASL mechanisms"
