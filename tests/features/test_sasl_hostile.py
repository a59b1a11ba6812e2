"""SASL of somebody who means harm: NUL and fields in the wrong places, for every mechanism; nobody is logged in by it.

The other hostile ways are in test_sasl_3_1.py (chunks, base64, abort, CAP END in the middle), test_sasl_mechanisms.py
(unknown mechanisms, wrong order, as somebody else) and test_token_command.py (a token that was revoked).
"""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from exchanges import BOUND, CERTIFICATE, ready
from scramside import ScramClient
from twisted.logger import capturedLogs

from chatd.core.accounts import SessionToken
from chatd.credentials.tokens import hash_secret, new_token
from chatd.testing import Client, Stage

NAME, PASSWORD = b"jilles", b"sesame-and-thyme"
TOKEN = "{token}"
PLAIN = {
    "nothing": b"", "one NUL": b"\0", "two NULs": b"\0\0", "three NULs": b"\0\0\0", "only NULs": b"\0" * 300,
    "no separator": NAME + PASSWORD, "one separator": NAME + b"\0" + PASSWORD, "no password": b"\0" + NAME + b"\0",
    "no name": b"\0\0" + PASSWORD, "a NUL before all": b"\0\0" + NAME + b"\0" + PASSWORD,
    "a NUL after all": b"\0" + NAME + b"\0" + PASSWORD + b"\0",
    "a NUL in the password": b"\0" + NAME + b"\0" + PASSWORD[:6] + b"\0" + PASSWORD[6:],
    "a NUL in the name": b"\0jil\0les\0" + PASSWORD, "a NUL in as whom": b"jil\0les\0jilles\0" + PASSWORD,
    "a NUL behind the name": b"\0jilles\0\0" + PASSWORD, "a NUL behind as whom": b"jilles\0\0jilles\0" + PASSWORD,
    "four fields": b"\0".join((NAME, NAME, PASSWORD, PASSWORD)), "a hundred fields": b"\0".join([NAME] * 100),
    "overlong NUL (C0 80)": b"\0jilles\xc0\x80\0" + PASSWORD,
    "overlong separators": b"\xc0\x80jilles\xc0\x80" + PASSWORD,
    "no UTF-8": b"\0\xff\xfe\0" + PASSWORD, "a long name": b"\0" + NAME * 400 + b"\0" + PASSWORD,
    "a long password": b"\0" + NAME + b"\0" + PASSWORD * 100, "as somebody else": b"bob\0jilles\0" + PASSWORD,
    "line ends": b"\0jilles\r\n\0" + PASSWORD, "a space in the name": b"\0jilles \0" + PASSWORD,
}  # fmt: skip
EXTERNAL = {
    "a NUL": b"\0", "a NUL before": b"\0jilles", "a NUL behind": b"jilles\0", "a NUL inside": b"jil\0les",
    "as PLAIN": b"\0jilles\0" + PASSWORD, "somebody else": b"bob", "no UTF-8": b"\xff",
    "overlong NUL": b"jilles\xc0\x80", "long": b"j" * 2000, "a space": b"jilles ", "line ends": b"jilles\r\n",
}  # fmt: skip
BEARER = {
    "nothing": b"", "NULs": b"\0\0", "no type": b"\0\0" + TOKEN.encode(), "no token": b"\0session\0",
    "two fields": b"session\0" + TOKEN.encode(), "four fields": b"\0session\0" + TOKEN.encode() + b"\0",
    "a NUL in the type": b"\0ses\0sion\0" + TOKEN.encode(), "a NUL in as whom": b"jil\0les\0session\0" + TOKEN.encode(),
    "a NUL before the token": b"\0session\0\0" + TOKEN.encode(), "another type": b"\0jwt\0" + TOKEN.encode(),
    "somebody else": b"bob\0session\0" + TOKEN.encode(), "the type twice": b"session\0session\0" + TOKEN.encode(),
    "no UTF-8": b"\0session\0\xff", "long": b"\0session\0" + b"x" * 2000,
}  # fmt: skip
SCRAM_FIRST = {
    "nothing": b"", "a NUL": b"\0", "a NUL before": b"\0n,,n=jilles,r=abc", "a NUL in the name": b"n,,n=jil\0les,r=abc",
    "a NUL in the nonce": b"n,,n=jilles,r=a\0c", "a NUL behind": b"n,,n=jilles,r=abc\0", "as PLAIN": b"\0jilles\0x",
    "no nonce": b"n,,n=jilles", "an empty nonce": b"n,,n=jilles,r=", "no name": b"n,,n=,r=abc",
    "no header": b"n=jilles,r=abc",
    "an extension that is a must": b"n,,m=x,n=jilles,r=abc", "a bad escape": b"n,,n=jil=2Eles,r=abc",
    "as somebody else": b"n,a=bob,n=jilles,r=abc", "no UTF-8": b"n,,n=\xff,r=abc",
    "binding of nothing": b"p=,,n=jilles,r=abc", "unknown binding": b"p=tls-nothing,,n=jilles,r=abc",
}  # fmt: skip
SCRAM_FINAL = {
    "nothing": "", "a NUL": "\0", "a NUL behind": "{final}\0", "a NUL before": "\0{final}",
    "no proof": "c=biws,r={nonce}",
    "an empty proof": "c=biws,r={nonce},p=", "a short proof": "c=biws,r={nonce},p=AAAA",
    "no base64": "c=biws,r={nonce},p=!!!!",
    "another nonce": "c=biws,r=x{nonce},p={proof}", "only our nonce": "c=biws,r=abc,p={proof}",
    "another header": "c=eSws,r={nonce},p={proof}", "something behind": "{final},x=1",
    "a NUL in the nonce": "c=biws,r={nonce}\0,p={proof}", "the proof twice": "{final},p={proof}",
}  # fmt: skip


@pytest.fixture
def jilles() -> tuple[Stage, str]:
    """A server with one account, which has a password, a certificate and a token."""
    stage = Stage()
    account = stage.registers("jilles", PASSWORD.decode())
    stage.registers("bob", "another-password")
    stage.accounts.add_certificate(account.account_id, "ab" * 32, 0, 5)
    token = new_token()
    made = SessionToken(token.token_id, account.account_id, hash_secret(token.secret), "phone", "", 0, 0)
    stage.accounts.add_token(made, 10)
    return stage, token.text


def answers(client: Client, message: bytes) -> list[str]:
    """What is said to a message of any length."""
    text = b64encode(message).decode()
    chunks = [text[place : place + 400] for place in range(0, len(text), 400)]
    if not chunks or len(chunks[-1]) == 400:
        chunks.append("+")
    for chunk in chunks:
        client.sends(f"AUTHENTICATE {chunk}")
    return client.take()


def refuses(client: Client, mechanism: str, message: bytes) -> None:
    """One failure, nobody logged in, nothing gone wrong; then the right password works, unless too much was tried."""
    with capturedLogs() as events:
        client.sends(f"AUTHENTICATE {mechanism}")
        assert client.take()[-1].endswith(" AUTHENTICATE +")
        said = answers(client, message)
    assert [line.split(" ")[1] for line in said] == ["904"], said
    assert client.session.account is None and client.session.sasl is None
    assert [event["log_format"] for event in events if "log_failure" in event] == []
    client.sends("AUTHENTICATE PLAIN").take()
    assert " 903 " in answers(client, b"\0" + NAME + b"\0" + PASSWORD)[-1]


@pytest.mark.parametrize("message", PLAIN.values(), ids=PLAIN)
def test_plain(jilles: tuple[Stage, str], message: bytes) -> None:
    """RFC 4616: "message = [authzid] UTF8NUL authcid UTF8NUL passwd", and none of them holds a NUL."""
    refuses(ready(jilles[0]), "PLAIN", message)


@pytest.mark.parametrize("message", EXTERNAL.values(), ids=EXTERNAL)
def test_external(jilles: tuple[Stage, str], message: bytes) -> None:
    """RFC 4422, A.1: "extern-initial-resp = *( UTF8-char-no-nul )"."""
    refuses(ready(jilles[0], **CERTIFICATE), "EXTERNAL", message)


@pytest.mark.parametrize("message", BEARER.values(), ids=BEARER)
def test_bearer(jilles: tuple[Stage, str], message: bytes) -> None:
    """Whom, type and token, as PLAIN has its fields."""
    stage, token = jilles
    refuses(ready(stage), "IRCV3BEARER", message.replace(TOKEN.encode(), token.encode()))


@pytest.mark.parametrize("message", SCRAM_FIRST.values(), ids=SCRAM_FIRST)
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"])
def test_scram_first(jilles: tuple[Stage, str], mechanism: str, message: bytes) -> None:
    """RFC 5802, 7: what is not in the grammar of a first message ends the exchange."""
    if mechanism.endswith("PLUS"):
        message = message.replace(b"n,,", b"p=tls-exporter,,", 1)
    refuses(ready(jilles[0], **BOUND), mechanism, message)


@pytest.mark.parametrize("form", SCRAM_FINAL.values(), ids=SCRAM_FINAL)
def test_scram_final(jilles: tuple[Stage, str], form: str) -> None:
    """And of a last one, though the first was right and the proof may be."""
    client, scram = ready(jilles[0]), ScramClient(NAME.decode(), PASSWORD.decode())
    client.sends("AUTHENTICATE SCRAM-SHA-256", f"AUTHENTICATE {scram.first()}")
    challenge = client.take()[-1].partition("AUTHENTICATE ")[2]
    final = b64decode(scram.final(challenge)).decode()
    values = dict(part.split("=", 1) for part in final.split(","))
    message = form.format(final=final, nonce=values["r"], proof=values["p"])
    assert [line.split(" ")[1] for line in answers(client, message.encode())] == ["904"]
    assert client.session.account is None
