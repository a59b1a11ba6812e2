"""SASL: every numeric in its case, chunks, and clients that do it wrong.  Quotes are from IRCv3 sasl-3.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from exchanges import ALL, BOUND, answer, answer_after, encoded, failed, prefix, prove, ready, succeeded
from scramside import ScramClient

from chatd.core.accounts import Suspension
from chatd.interfaces import Peer
from chatd.testing import Client, Stage


def test_plain(stage: Stage) -> None:
    """"If the chosen mechanism is client-first, the server sends an empty response (`AUTHENTICATE +`, as described
    below)."; "If authentication is successful, a 900 and 903 numeric will be sent."; the user arrives logged in.
    """
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
    """"If authentication fails, a 904 or 905 numeric will be sent and the client MAY retry from the `AUTHENTICATE
    <mechanism>` command."; "`904` aka `ERR_SASLFAIL` is sent when the SASL authentication fails because of invalid
    credentials".
    """
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
    """In chunks, as a client does."""
    chunks = [text[start : start + 400] for start in range(0, len(text), 400)]
    if len(chunks[-1]) == 400:
        chunks.append("+")
    client.sends(*(f"AUTHENTICATE {chunk}" for chunk in chunks))


@pytest.mark.parametrize("letters", [291, 292, 293, 591, 592, 593, 900])
def test_chunks(stage: Stage, letters: int) -> None:
    """"then split to 400-byte chunks, and each chunk is sent as a separate `AUTHENTICATE` command"; "If the last chunk
    was exactly 400 bytes long, it must also be followed by `AUTHENTICATE +` to signal end of response."
    """
    password = "x" * letters
    stage.registers("foo", password)
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    send(client, encoded("foo", "foo", password))
    succeeded(client, "foo")


@pytest.mark.parametrize("letters", [300, 1000])
def test_chunks_of_the_server(stage: Stage, letters: int) -> None:
    """"A set of regular AUTHENTICATE messages transmits a response from client to server or vice versa.": in chunks of
    400 bytes as well, of which the last is a shorter one or a plus.
    """
    stage.registers("foo", "sesame")
    client, scram = ready(stage).sends("AUTHENTICATE SCRAM-SHA-256"), ScramClient("foo", "sesame")
    client.take()
    scram.bare = f"n=foo,r={'x' * letters}"
    send(client, scram.first())
    *chunks, last = [line.removeprefix(f"{prefix(client)} AUTHENTICATE ") for line in client.take()]
    assert chunks and {len(chunk) for chunk in chunks} == {400} and 0 < len(last) < 400
    send(client, scram.final("".join(chunks) + last.rstrip("+")))
    assert scram.believes(answer(client))


def test_an_unfinished_message_waits(stage: Stage) -> None:
    """A chunk of 400 bytes is not the last; what other commands say in between does not end it: "The server MAY
    intersperse other IRC protocol messages between the AUTHENTICATE messages of a set."
    """
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
    """905 "is sent when credentials are valid, but the SASL authentication fails because the client-sent `AUTHENTICATE`
    command was too long (i.e. the parameter longer than 400 bytes)".
    """
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
    """"The server MAY place a limit on the total length of a response."; memory is bounded."""
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(*[f"AUTHENTICATE {'A' * 400}"] * 20)
    client.sees()
    client.sends(f"AUTHENTICATE {'A' * 400}")
    failed(client, "That is too long")


@pytest.mark.parametrize("text", ["!!!", "a", "YQ", "YQ=", "YQ==YQ==", "Y Q=", "YQ==\x01", "ÿÿÿÿ", "-_-_"])
def test_bad_base64(stage: Stage, text: str) -> None:
    """"The response is encoded in Base64 (RFC 4648)": what is not ends the exchange, and a new one may begin."""
    client = ready(stage).sends("AUTHENTICATE PLAIN")
    client.take()
    client.sends(f"AUTHENTICATE :{text}")
    failed(client, "That is not base64")
    client.sends("AUTHENTICATE PLAIN")
    assert answer(client) == "+"


def test_abort(stage: Stage) -> None:
    """"The client can abort an authentication by sending an asterisk as the data. The server will send a 906 numeric.
    """
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
    """"If the client completes registration (with CAP END, NICK, USER and any other necessary messages) while the SASL
    authentication is still in progress, the server SHOULD abort it and send a 906 numeric, then register the client
    without authentication."
    """
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
    """"If the client attempts to issue the AUTHENTICATE command after already authenticating successfully, the server
    MUST reject it with a 907 numeric."; once registered it may log in to another account, as sasl-3.2 has it.
    """
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
    """"The client MUST enable the sasl capability before using the AUTHENTICATE command defined by this
    specification."; "The AUTHENTICATE command MUST be used before registration is complete and with the sasl capability
    enabled.": later as well, as sasl-3.2 has it.
    """
    client = stage.open().sends("AUTHENTICATE PLAIN")
    failed(client, "The capability sasl has not been negotiated")
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN", "CAP REQ :-sasl", f"AUTHENTICATE {encoded('', 'a', 'b')}")
    assert " 904 " in client.take()[-1]


def test_a_suspended_account(stage: Stage) -> None:
    """902 "is sent when the SASL authentication fails because the account is currently locked out, held, or otherwise
    administratively made unavailable".
    """
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
    """904 for "other errors not explicitly mentioned by other numerics": an account that waits for its code, too many
    attempts, and a database that is away.
    """
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
