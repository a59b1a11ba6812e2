"""SASL: every mechanism, every numeric in its case, and clients that do it wrong.  See IRCv3 sasl-3.1 and sasl-3.2."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from scramside import ScramClient

from chatd.config import Accounts, Config
from chatd.core.accounts import SessionToken, Suspension
from chatd.credentials.tokens import hash_secret, new_token
from chatd.interfaces import Peer
from chatd.testing import Client, Stage

ALL = "SCRAM-SHA-256,IRCV3BEARER,PLAIN"
CERTIFICATE = {"secure": True, "certfp": "ab" * 32}
BOUND = {"secure": True, "bindings": {"tls-exporter": b"exported", "tls-server-end-point": b"certificate"}}


def encoded(*fields: str | bytes) -> str:
    """Fields with NUL between them, in base64."""
    return b64encode(b"\0".join(field.encode() if isinstance(field, str) else field for field in fields)).decode()


def prefix(client: Client) -> str:
    """Who the client's server says it is."""
    return f":{client.node.name}"


def ready(stage: Stage, **peer: Any) -> Client:
    """A client that has negotiated sasl, and nothing else yet."""
    client = stage.open(**peer).sends("CAP REQ :sasl")
    client.sees(f"{prefix(client)} CAP * ACK :sasl")
    return client


def answer(client: Client) -> str:
    """What stands in the one AUTHENTICATE line that came."""
    (line,) = client.take()
    start, _, text = line.partition("AUTHENTICATE ")
    assert start == f"{prefix(client)} "
    return text


def succeeded(client: Client, account: str, source: str = "*!*@*", nick: str = "*") -> None:
    """Exactly 900 and 903 came, in this order."""
    client.sees(
        f"{prefix(client)} 900 {nick} {source} {account} :You are now logged in as {account}",
        f"{prefix(client)} 903 {nick} :SASL authentication successful",
    )
    assert client.session.account == account


def failed(client: Client, why: str = "The account or the password is wrong", nick: str = "*") -> None:
    """Exactly a 904 came; nobody is logged in."""
    client.sees(f"{prefix(client)} 904 {nick} :SASL authentication failed: {why}")
    assert client.session.account is None


def prove(client: Client, scram: ScramClient, mechanism: str = "SCRAM-SHA-256") -> None:
    """A SCRAM exchange up to the client's proof."""
    client.sends(f"AUTHENTICATE {mechanism}")
    assert answer(client) == "+"
    client.sends(f"AUTHENTICATE {scram.first()}")
    client.sends(f"AUTHENTICATE {scram.final(answer(client))}")


def test_plain(stage: Stage) -> None:
    """If authentication is successful, a 900 and 903 numeric will be sent; the user arrives logged in."""
    stage.registers("jilles", "sesame")
    client = ready(stage)
    client.sends("AUTHENTICATE PLAIN")
    assert answer(client) == "+"
    client.sends("AUTHENTICATE amlsbGVzAGppbGxlcwBzZXNhbWU=")
    succeeded(client, "jilles")
    client.sends("NICK jilles", "USER j 0 * :Jilles", "CAP END")
    assert [line.split(" ")[1] for line in client.take()][:2] == ["001", "002"]
    assert all(node.network.user("jilles").account == "jilles" for node in stage.nodes)


@pytest.mark.parametrize(
    "message",
    [
        ("", "jilles", "sesame"),
        ("jilles", "jilles", "sesame"),
        ("JILLES", "Jilles", "sesame"),
    ],
)
def test_plain_as_oneself(stage: Stage, message: tuple[str, ...]) -> None:
    """RFC 4616: when no authorization identity is provided, the server derives one from the authentication identity."""
    stage.registers("jilles", "sesame")
    client = ready(stage).sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded(*message)}")
    assert [line.split(" ")[1] for line in client.take()] == ["AUTHENTICATE", "900", "903"]


@pytest.mark.parametrize(
    "message",
    [
        ("", "jilles", "millet"),
        ("", "nobody", "sesame"),
        ("bob", "jilles", "sesame"),
        ("jilles", "bob", "sesame"),
        ("", "jilles", " sesame"),
    ],
)
def test_plain_wrong(stage: Stage, message: tuple[str, ...]) -> None:
    """If authentication fails, a 904 numeric will be sent and the client MAY retry from AUTHENTICATE <mechanism>."""
    stage.registers("jilles", "sesame")
    stage.registers("bob", "other")
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE {encoded(*message)}")
    failed(client)
    client.sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    succeeded(client, "jilles")


@pytest.mark.parametrize(
    "text",
    [
        "+",
        encoded("", "", "sesame"),
        encoded("", "jilles", ""),
        encoded("jilles", "sesame"),
        encoded("", "jilles", "sesame", ""),
        encoded("", "jilles", "ses", "ame"),
        encoded("", "jilles", b"\xff"),
        encoded("", "jilles", "x" * 1025),
    ],
)
def test_malformed(stage: Stage, text: str) -> None:
    """RFC 4616: the fields cannot be empty nor hold NUL; a response that is none of the mechanism's is a failure."""
    stage.registers("jilles", "sesame")
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    send(client, text)
    failed(client, "That is no message of this mechanism")


def send(client: Client, text: str) -> None:
    """Split to 400-byte chunks; if the last chunk was exactly 400 bytes long, it must also be followed by
    AUTHENTICATE + to signal end of response."""
    chunks = [text[start : start + 400] for start in range(0, len(text), 400)]
    if len(chunks[-1]) == 400:
        chunks.append("+")
    client.sends(*(f"AUTHENTICATE {chunk}" for chunk in chunks))


@pytest.mark.parametrize("letters", [291, 292, 293, 591, 592, 593, 900])
def test_chunks(stage: Stage, letters: int) -> None:
    """Encoded in Base64, then split to 400-byte chunks, and each chunk is sent as a separate AUTHENTICATE command."""
    password = "x" * letters
    stage.registers("foo", password)
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    send(client, encoded("foo", "foo", password))
    succeeded(client, "foo")


def test_an_unfinished_message_waits(stage: Stage) -> None:
    """A chunk of 400 bytes is not the last; what other commands say in between does not end it."""
    stage.registers("foo", "bar" * 97)
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    text = encoded("foo", "foo", "bar" * 97)
    assert len(text) == 400
    client.take()
    client.sends(f"AUTHENTICATE {text}", "NICK foo", "USER foo 0 * :foo")
    client.sees()
    client.sends("AUTHENTICATE +")
    succeeded(client, "foo", "foo!~foo@*", "foo")


def test_too_long_a_line(stage: Stage) -> None:
    """905 is sent when the client-sent AUTHENTICATE command was too long (the parameter longer than 400 bytes)."""
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE {'A' * 401}")
    client.sees(f"{prefix(client)} 905 * :SASL message too long")
    client.sends(f"AUTHENTICATE {'A' * 40}")
    client.sees(
        f"{prefix(client)} 908 * {ALL} :are available SASL mechanisms",
        f"{prefix(client)} 904 * :SASL authentication failed: There is no such mechanism here",
    )


def test_too_long_a_message(stage: Stage) -> None:
    """The server MAY place a limit on the total length of a response; memory is bounded."""
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(*[f"AUTHENTICATE {'A' * 400}"] * 20)
    client.sees()
    client.sends(f"AUTHENTICATE {'A' * 400}")
    failed(client, "That is too long")


@pytest.mark.parametrize("text", ["!!!", "a", "YQ", "YQ=", "YQ==YQ==", "Y Q=", "YQ==\x01", "ÿÿÿÿ", "-_-_"])
def test_bad_base64(stage: Stage, text: str) -> None:
    """What is not base64 (RFC 4648) ends the exchange, and a new one may begin."""
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE :{text}")
    failed(client, "That is not base64")
    client.sends("AUTHENTICATE PLAIN")
    assert answer(client) == "+"


def test_abort(stage: Stage) -> None:
    """The client can abort an authentication by sending an asterisk as the data.  The server will send a 906."""
    stage.registers("foo", "sesame")
    client = ready(stage)
    aborted = f"{prefix(client)} 906 * :SASL authentication aborted"
    scram = ["SCRAM-SHA-256", ScramClient("foo", "").first()]
    for lines in (["PLAIN"], ["PLAIN", "A" * 400], scram[:1], scram):
        client.sends(*(f"AUTHENTICATE {line}" for line in lines))
        client.take()
        client.sends("AUTHENTICATE *")
        client.sees(aborted)
        assert client.session.sasl is None
    client.sends("AUTHENTICATE *")
    client.sees(aborted)


def test_aborted_attempts_are_not_counted(stage: Stage) -> None:
    """Whoever gives up before a proof has guessed nothing; whoever gives up after it has."""
    stage.registers("foo", "sesame")
    client = ready(stage)
    for _ in range(20):
        client.sends("AUTHENTICATE SCRAM-SHA-256", f"AUTHENTICATE {ScramClient('foo', '').first()}", "AUTHENTICATE *")
    assert not any(" 904 " in line for line in client.take())


def test_registration_in_the_middle(stage: Stage) -> None:
    """If the client completes registration while the SASL authentication is still in progress, the server SHOULD abort
    it and send a 906 numeric, then register the client without authentication."""
    stage.registers("jilles", "sesame")
    client = ready(stage).sends("AUTHENTICATE PLAIN", "NICK someone", "USER x 0 * :x")
    client.take()
    client.sends("CAP END")
    lines = client.take()
    assert [line.split(" ")[1] for line in lines[:2]] == ["906", "001"]
    assert client.session.user.account is None
    client.sends(f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    assert [line.split(" ")[1] for line in client.take()] == ["908", "904"]
    assert client.session.user.account is None


def test_registration_waits_for_a_check_under_way() -> None:
    """CAP END that follows at once is not carried out before the answer."""
    stage = Stage()
    stage.registers("jilles", "sesame")
    client = ready(stage).sends("NICK jilles", "USER x 0 * :x", "AUTHENTICATE PLAIN")
    client.take()
    client.session.receive(f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}\r\nCAP END\r\n".encode())
    assert client.session.user is None
    stage.settle()
    assert [line.split(" ")[1] for line in client.take()][:3] == ["900", "903", "001"]


def test_a_second_time(stage: Stage) -> None:
    """907 is sent when the client attempts to initiate SASL authentication after it has already finished successfully
    for that connection; once registered it may log in to another account."""
    stage.registers("jilles", "sesame")
    stage.registers("bob", "other")
    client = ready(stage).sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    client.take()
    client.sends("AUTHENTICATE PLAIN")
    client.sees(f"{prefix(client)} 907 * :You have already authenticated using SASL")
    client.sends("NICK someone", "USER x 0 * :x", "CAP END")
    client.take()
    for account, password in (("bob", "other"), ("bob", "other"), ("jilles", "sesame")):
        client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', account, password)}")
        assert answer_after(client) == ["900", "903"]
        assert all(node.network.users[client.session.uid].account == account for node in stage.nodes)
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'bob', 'wrong')}")
    assert answer_after(client) == ["904"]
    assert client.session.user.account == "jilles", "a failure changes nothing"


def answer_after(client: Client) -> list[str]:
    """The numerics that came after the first line, which is a challenge."""
    return [line.split(" ")[1] for line in client.take()][1:]


def test_after_registration_everybody_is_told(stage: Stage) -> None:
    """Servers SHOULD allow a client, authenticated or otherwise, to reauthenticate by sending a new AUTHENTICATE
    message at any time."""
    stage.registers("jilles", "sesame")
    client, bob = stage.connect("someone", caps="sasl"), stage.connect("bob", caps="account-notify")
    for each in (client, bob):
        each.sends("JOIN #a")
    client.take(), bob.take()
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    client.sees(
        f"{prefix(client)} AUTHENTICATE +",
        f"{prefix(client)} 900 someone {client.session.user.source} jilles :You are now logged in as jilles",
        f"{prefix(client)} 903 someone :SASL authentication successful",
    )
    bob.sees(f":{client.session.user.source} ACCOUNT jilles")


def test_labels(stage: Stage) -> None:
    """A labelled AUTHENTICATE gets its answer in one batch, though it took a while."""
    stage.registers("jilles", "sesame")
    client = stage.connect("a", caps="sasl batch labeled-response")
    client.sends("@label=1 AUTHENTICATE PLAIN", f"@label=2 AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    lines = client.take()
    assert lines[0] == f"@label=1 {prefix(client)} AUTHENTICATE +"
    assert lines[1].startswith("@label=2 ") and " BATCH +1 labeled-response" in lines[1]
    assert [line.split(" ")[2] for line in lines[2:4]] == ["900", "903"]
    assert lines[4:] == [f"{prefix(client)} BATCH -1"]


def test_without_the_capability(stage: Stage) -> None:
    """The client MUST enable the sasl capability before using the AUTHENTICATE command."""
    client = stage.open().sends("AUTHENTICATE PLAIN")
    failed(client, "The capability sasl has not been negotiated")
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN", "CAP REQ :-sasl", f"AUTHENTICATE {encoded('', 'a', 'b')}")
    assert " 904 " in client.take()[-1]


def test_unknown_mechanisms(stage: Stage) -> None:
    """908 MAY be sent in reply to an AUTHENTICATE command which requests an unsupported mechanism."""
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


@pytest.mark.parametrize(
    ("peer", "offered"),
    [
        ({}, ALL),
        ({"secure": True}, ALL),
        (CERTIFICATE, "SCRAM-SHA-256,EXTERNAL,IRCV3BEARER,PLAIN"),
        (BOUND, f"SCRAM-SHA-256-PLUS,{ALL}"),
    ],
)
def test_what_is_offered(stage: Stage, peer: dict[str, Any], offered: str) -> None:
    """Servers SHOULD advertise the available SASL authentication mechanisms in the value of the sasl client capability
    in CAP LS; a plain CAP LS shows no values."""
    client = stage.open(**peer).sends("CAP LS")
    (line,) = client.take()
    assert "sasl" in line.split(":")[2].split(" ")
    client.sends("CAP LS 302")
    words = " ".join(line.split(" :")[1] for line in client.take()).split(" ")
    assert f"sasl={offered}" in words


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
    """If the mechanism finishes with the server sending a non-empty challenge (such as in SCRAM), clients MUST still
    send an empty response."""
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


def test_a_suspended_account(stage: Stage) -> None:
    """902 is sent when the SASL authentication fails because the account is currently locked out, held, or otherwise
    administratively made unavailable."""
    account = stage.registers("jilles", "sesame")
    stage.accounts.suspend(account.account_id, Suspension("spam", "root", 0))
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    client.sees(f"{prefix(client)} 902 * :SASL authentication failed: The account jilles is suspended: spam")
    client = ready(stage)
    prove(client, ScramClient("jilles", "sesame"))
    client.take()
    client.sends("AUTHENTICATE +")
    client.sees(f"{prefix(client)} 902 * :SASL authentication failed: The account jilles is suspended: spam")
    assert client.session.account is None


def test_other_reasons(stage: Stage) -> None:
    """An account that waits for its code, too many attempts, and a database that is away: 904 says so in its text."""
    account = stage.registers("jilles", "sesame")
    stage.shelf.accounts[account.account_id] = replace(account, verified_ms=0)
    client = ready(stage)

    def tries(password: str) -> None:
        client.sends("AUTHENTICATE PLAIN")
        client.take()
        client.sends(f"AUTHENTICATE {encoded('', 'jilles', password)}")

    tries("sesame")
    failed(client, "First give the code you were sent: VERIFY jilles <code>")
    stage.shelf.is_gone = True
    tries("sesame")
    stage.passes(2)
    failed(client, "Accounts cannot be asked just now; try again in a minute")
    stage.shelf.is_gone = False
    for _ in range(16):
        tries("millet")
        failed(client)
    tries("sesame")
    failed(client, "Too many attempts; try again in 30 seconds")


def reread(stage: Stage, **accounts: Any) -> None:
    """Another configuration of accounts is taken."""
    for node in stage.nodes:
        section = msgspec.structs.replace(node.config.accounts, **accounts)
        node.reconfigure(msgspec.structs.replace(node.config, accounts=section), {})
    stage.settle()


def test_mechanisms_change(stage: Stage) -> None:
    """If cap-notify is an active capability, the client will be notified about status changes concerning the
    availability of sasl; servers MUST NAK any sasl capability request if it is unavailable."""
    new, old = stage.open().sends("CAP LS 302", "CAP REQ :sasl"), stage.open().sends("CAP LS", "CAP REQ :sasl")
    new.take(), old.take()
    reread(stage, sasl_mechanisms=("PLAIN",))
    new.sees(f"{prefix(new)} CAP * NEW :sasl=PLAIN")
    reread(stage, sasl_mechanisms=())
    new.sees(f"{prefix(new)} CAP * DEL :sasl")
    new.sends("CAP LIST", "AUTHENTICATE PLAIN", "CAP REQ :sasl")
    new.sees(
        f"{prefix(new)} CAP * LIST :cap-notify",
        f"{prefix(new)} 904 * :SASL authentication failed: The capability sasl has not been negotiated",
        f"{prefix(new)} CAP * NAK :sasl",
    )
    old.sends("AUTHENTICATE PLAIN")
    old.sees(f"{prefix(old)} 904 * :SASL authentication failed: There is no such mechanism here")
    reread(stage, sasl_mechanisms=("EXTERNAL",))
    new.sees()
    reread(stage, sasl_mechanisms=("PLAIN", "EXTERNAL"))
    new.sees(f"{prefix(new)} CAP * NEW :sasl=PLAIN")
    old.sees()


def test_passwords_over_tls_only() -> None:
    """As configured, what an eavesdropper could use is taken over TLS, or from this machine, only."""
    stage = Stage(Config(accounts=Accounts(passwords_need_tls=True)))
    for peer, offered in (
        ({}, "SCRAM-SHA-256"), ({"ip": "127.0.0.1"}, ALL), ({"ip": "::1"}, ALL), ({"secure": True}, ALL),
        ({"ip": "127.0.0.1", "direct": False}, "SCRAM-SHA-256"),
    ):  # fmt: skip
        client = ready(stage, **peer).sends("AUTHENTICATE FOO")
        assert client.take()[0] == f"{prefix(client)} 908 * {offered} :are available SASL mechanisms"


def test_a_connection_that_goes_away_is_free(stage: Stage) -> None:
    """An exchange that is left alone holds nothing of its session."""
    client = ready(stage).sends("AUTHENTICATE SCRAM-SHA-256")
    exchange = client.session.sasl
    client.disappears()
    assert not any(thing is client.session for thing in vars_of(exchange))


def vars_of(thing: Any) -> list[Any]:
    """Everything that hangs on a thing, two levels deep."""
    names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    inner = [getattr(thing, name) for name in names] + list(getattr(thing, "__dict__", {}).values())
    return inner + [deep for each in inner for deep in getattr(each, "__dict__", {}).values()]


def test_secrets_do_not_show() -> None:
    """Neither a peer's bindings nor anything a client sent is in a ``repr``."""
    assert "exported" not in repr(Peer("192.0.2.1", **BOUND))  # type: ignore[arg-type]
