"""The way of a letter to a real mail server, and what becomes of it when that is away, busy, or somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_twisted
from makers import make
from postoffice import PostOffice
from twisted.internet import defer, protocol, reactor
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from chatd.config import Mail
from chatd.interfaces import Letter
from chatd.mail.smtp import AT_ONCE, MOST_WAITING, SmtpMailer, trust_of

LETTER = Letter("alice@example.org", "Your cöde", ".begins with a point\nThe code is ABCD-éè.\n")


class Desk:
    """A mailer and a mail server that belong together."""

    def __init__(self, mailer: SmtpMailer, office: Any, port: Any) -> None:
        self.mailer = mailer
        self.office = office
        self.port = port

    def sends(self, letter: Letter = LETTER) -> defer.Deferred[str]:
        """Send a letter; the result is what ``done`` was called with."""
        result: defer.Deferred[str] = defer.Deferred()
        self.mailer.send(letter, result.callback)
        return result


@pytest.fixture
def open_desk(tmp_path: Any) -> Iterator[Callable[..., Desk]]:
    """Open a mail server that asks for a password (``office``: another one) and a mailer with these settings for it."""
    opened: list[Desk] = []
    made = make(tmp_path, "localhost", "localhost")

    def build(office: Any = None, *, asks: bytes = b"", tls: bool = True, **settings: Any) -> Desk:
        given = {"key": made.key, "certificate": made.certificate} if tls else {}
        office = office or PostOffice(password=asks, **given)
        port: Any
        if settings.get("security") == "tls":
            port = reactor.listenSSL(0, office, office.context, interface="127.0.0.1")
        else:
            port = reactor.listenTCP(0, office, interface="127.0.0.1")
        values = {"host": "localhost", "port": port.getHost().port, "sender": "chat@example.org", "retries": 0,
                  "authorities": made.certificate, "timeout_s": 5} | settings  # fmt: skip
        desk = Desk(SmtpMailer(reactor, Mail(**values), "irc.example.org"), office, port)
        opened.append(desk)
        return desk

    yield build
    for desk in opened:
        desk.mailer.stop()
        pytest_twisted.blockon(defer.maybeDeferred(desk.port.stopListening))


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
@pytest_twisted.ensureDeferred
async def test_a_letter_arrives_whole(open_desk, security):
    """With its text, letter by letter, and headers that tell other programs not to answer."""
    desk = open_desk(security=security)
    assert await desk.sends() == ""
    ((recipient, letter),) = desk.office.letters
    assert recipient == "alice@example.org"
    assert (letter["From"], letter["To"], letter["Subject"]) == ("chat@example.org", "alice@example.org", "Your cöde")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter["Date"]
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text
    assert desk.office.hellos == [b"irc.example.org"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest_twisted.ensureDeferred
async def test_the_password_is_given_by_tls(open_desk, security):
    """The mail server knows who sends."""
    desk = open_desk(asks=b"open sesame", security=security, username="chatd", password="open sesame")
    assert await desk.sends() == ""
    assert desk.office.logged_in == [b"chatd"]


@pytest_twisted.ensureDeferred
async def test_a_wrong_password_is_not_tried_again_nor_told(open_desk):
    """It would be wrong the next time, too; what was said to the mail server is in no log."""
    told: list[str] = []
    observer = lambda event: told.append(repr(event))  # noqa: E731
    globalLogPublisher.addObserver(observer)
    try:
        desk = open_desk(asks=b"open sesame", username="chatd", password="wrong-password", retries=2, retry_s=0)
        problem = await desk.sends()
    finally:
        globalLogPublisher.removeObserver(observer)
    assert problem == "the mail server does not take the user name and password"
    assert desk.office.connections == 1
    assert any("a letter was not sent" in event for event in told)
    for secret in ("wrong-password", "ABCD", "d3JvbmctcGFzc3dvcmQ", "alice@example.org"):
        assert not any(secret in event for event in told)


@pytest_twisted.ensureDeferred
async def test_no_password_without_tls(open_desk):
    """A mail server that does not do TLS is told nothing."""
    desk = open_desk(asks=b"open sesame", tls=False, username="chatd", password="open sesame")
    assert await desk.sends() == "the mail server does not do TLS"
    assert desk.office.logged_in == desk.office.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest_twisted.ensureDeferred
async def test_the_certificate_is_checked(open_desk, security, host):
    """One signed by nobody we trust, and one of another name, get no letter."""
    authorities = {} if host == "127.0.0.1" else {"authorities": ""}
    desk = open_desk(security=security, host=host, **authorities)
    assert (await desk.sends()).startswith("no connection to the mail server")
    assert desk.office.letters == []


@pytest.mark.parametrize(
    ("refusals", "said"),
    [
        ({"refuse_recipients": 550}, "the mail server answered 550"),
        ({"refuse_letters": 554}, "the mail server answered 554"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_refusal_for_good_is_not_tried_again(open_desk, refusals, said):
    """An answer of 5xx; what the mail server said of whom is not repeated."""
    desk = open_desk(retries=3, retry_s=0)
    vars(desk.office).update(refusals)
    assert await desk.sends() == said
    assert desk.office.connections == 1


@pytest.mark.parametrize("refusal", ["refuse_recipients", "refuse_letters"])
@pytest_twisted.ensureDeferred
async def test_a_refusal_for_now_is_tried_again(open_desk, refusal):
    """An answer of 4xx, as many times as configured."""
    desk = open_desk(retries=2, retry_s=0)
    setattr(desk.office, refusal, 451)
    assert await desk.sends() == "the mail server answered 451"
    assert desk.office.connections == 3
    setattr(desk.office, refusal, 0)
    assert await desk.sends() == ""
    assert len(desk.office.letters) == 1


@pytest_twisted.ensureDeferred
async def test_nobody_there(open_desk):
    """A mail server that is down is tried again, then the reason is given."""
    desk = open_desk(retries=1, retry_s=0)
    await desk.port.stopListening()
    assert await desk.sends() == "no connection to the mail server (ConnectionRefusedError)"


class Says(protocol.Protocol):
    """Sends one thing, and hears without an answer."""

    greeting = b""

    def connectionMade(self) -> None:
        self.transport.write(self.greeting)


@pytest.mark.parametrize(
    ("greeting", "said"),
    [
        (b"", "the mail server did not answer in time"),
        (b"220 hello\r\n", "the mail server did not answer in time"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "the mail server broke off (SMTPProtocolError)"),
        (b"\xff" * 40_000, "no connection to the mail server (ConnectionDone)"),
        (b"554 go away\r\n", "the mail server answered 554"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_no_mail_server(open_desk, greeting, said):
    """Silence, another protocol and noise end within the time for an answer."""
    office = protocol.ServerFactory.forProtocol(type("Said", (Says,), {"greeting": greeting}))
    desk = open_desk(office, timeout_s=0.3, tls=False)
    assert await desk.sends() == said


@pytest_twisted.ensureDeferred
async def test_an_endless_answer_ends(open_desk):
    """A mail server that goes on and on, never silent for long, is cut off."""

    class Babbling(protocol.Protocol):
        def connectionMade(self) -> None:
            self.babble()

        def babble(self) -> None:
            self.transport.write(b"220-and so on\r\n")
            self.call = reactor.callLater(0.1, self.babble)

        def connectionLost(self, reason: object = None) -> None:
            self.call.cancel()

    desk = open_desk(protocol.ServerFactory.forProtocol(Babbling), timeout_s=0.3, tls=False)
    assert (await desk.sends()).startswith("no connection to the mail server")


@pytest_twisted.ensureDeferred
async def test_what_comes_before_tls_is_not_believed(open_desk):
    """Answers put into the clear behind the 220 of STARTTLS count as not said."""

    class Injecting(PostOffice):
        def buildProtocol(self, addr):
            server = super().buildProtocol(addr)
            send_code = server.sendCode

            def sent(code, message=b""):
                if code == 220 and b"Begin" in message:
                    server.transport.write(b"220 go\r\n250 no TLS here\r\n250 fine\r\n")
                else:
                    send_code(code, message)

            server.sendCode = sent
            return server

    desk = open_desk()
    injecting = Injecting()
    injecting.context = desk.office.context
    desk.port.factory = injecting
    await desk.sends()
    assert all(recipient == "alice@example.org" for recipient, _ in injecting.letters)


def test_letters_wait_their_turn() -> None:
    """A few at once, no end of them never; the rest is refused at once, and the time between tries doubles."""
    clock = Clock()
    attempts: list[Any] = []

    class Line:
        disconnect = staticmethod(lambda: None)

    def connect(host: str, port: int, factory: Any, timeout_s: float) -> Any:
        attempts.append(factory)
        return Line()

    clock.connectTCP = connect  # type: ignore[attr-defined]
    mailer = SmtpMailer(clock, Mail(host="localhost", sender="a@b.c", security="none", retry_s=10, retries=2), "x.y")
    said: list[str] = []
    for _ in range(MOST_WAITING + 1):
        mailer.send(LETTER, said.append)
    assert said == ["too many letters are waiting"]
    assert len(attempts) == mailer.running == AT_ONCE
    first = attempts[0]
    mailer.stop()
    first.clientConnectionFailed(None, type("Failure", (), {"value": ConnectionError()})())
    assert len(attempts) == AT_ONCE


def test_a_stop_gives_up(tmp_path: Any) -> None:
    """Nothing is sent any more, and no timer is left."""
    clock = Clock()
    mailer = SmtpMailer(clock, Mail(host="localhost", sender="a@b.c"), "x.y")
    mailer.stop()
    said: list[str] = []
    mailer.send(LETTER, said.append)
    assert said == ["too many letters are waiting"]
    assert clock.getDelayedCalls() == []


def test_authorities_that_are_none(tmp_path: Any) -> None:
    """One clear line."""
    path = tmp_path / "ca.pem"
    path.write_text("hello")
    with pytest.raises(ValueError, match=r"ca\.pem: there is no certificate in PEM in it"):
        trust_of(Mail(authorities=str(path)))
