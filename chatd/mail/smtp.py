"""SMTP: hands letters to the configured mail server, a few at once, and tries again within bounds.

What is said to the mail server is never logged, as passwords and codes are in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, make_msgid
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from OpenSSL import crypto
from twisted.internet import defer, ssl
from twisted.python.failure import Failure

from chatd.config import Mail
from chatd.interfaces import Letter
from chatd.reports import reporter

log = reporter(__name__)

AT_ONCE: Final = 4
MOST_WAITING: Final = 200
"""Letters on their way; beyond that a new one fails at once."""
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
PATIENCE: Final = 5
"""How many times the time for one answer all of an attempt may take."""


class _Outgoing:
    __slots__ = ("done", "letter", "octets", "tries")

    def __init__(self, letter: Letter, octets: bytes, done: Callable[[str], None]) -> None:
        self.letter = letter
        self.octets = octets
        self.done = done
        self.tries = 0


class SmtpMailer:
    """Implements ``interfaces.Mailer``; ``name`` is what the server calls itself."""

    def __init__(self, reactor: Any, settings: Mail, name: str) -> None:
        self._reactor = reactor
        self._name = name
        self._queue: deque[_Outgoing] = deque()
        self._resting: dict[_Outgoing, Any] = {}
        self._running = 0
        self._stopped = False
        self.configure(settings)

    def configure(self, settings: Mail) -> None:
        """Take other settings for all that is not under way; raises ValueError, OSError for unusable authorities."""
        self._trust = trust_of(settings)
        self._settings = settings

    def send(self, letter: Letter, done: Callable[[str], None]) -> None:
        """See ``interfaces.Mailer``."""
        if self._stopped or len(self._queue) + len(self._resting) + self._running >= MOST_WAITING:
            done("too many letters are waiting")
            return
        self._queue.append(_Outgoing(letter, self._written(letter), done))
        self._go_on()

    @property
    def running(self) -> int:
        """How many letters are being said to the mail server."""
        return self._running

    def stop(self) -> None:
        """Give up what has not been sent."""
        self._stopped = True
        for call in self._resting.values():
            call.cancel()
        self._resting.clear()
        self._queue.clear()

    def _written(self, letter: Letter) -> bytes:
        message = EmailMessage(policy=SMTP_POLICY.clone(linesep="\n"))
        message["From"] = self._settings.sender
        message["To"] = letter.recipient
        message["Subject"] = letter.subject
        message["Date"] = formatdate(self._reactor.seconds())
        message["Message-ID"] = make_msgid(domain=self._settings.sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nothing answers it
        message.set_content(letter.text, cte="quoted-printable")
        return message.as_bytes()

    def _go_on(self) -> None:
        while self._queue and self._running < AT_ONCE:
            self._running += 1
            self._attempt(self._queue.popleft())

    def _attempt(self, outgoing: _Outgoing) -> None:
        settings = self._settings
        from chatd.mail.sending import SenderFactory  # Twisted's SMTP takes long to import; most servers send nothing

        outgoing.tries += 1
        result: defer.Deferred[Any] = defer.Deferred()
        factory = SenderFactory(
            settings.username.encode(), settings.password.encode(), settings.sender, outgoing.letter.recipient,
            BytesIO(outgoing.octets), result, retries=0, timeout=settings.timeout_s,
            contextFactory=self._context() if settings.security == "starttls" else None, heloFallback=False,
            requireAuthentication=bool(settings.username), requireTransportSecurity=settings.security != "none",
        )  # fmt: skip
        factory.domain = self._name.encode()
        if settings.security == "tls":
            connector = self._reactor.connectSSL(
                settings.host, settings.port, factory, self._context(), settings.timeout_s
            )
        else:
            connector = self._reactor.connectTCP(settings.host, settings.port, factory, settings.timeout_s)
        deadline = self._reactor.callLater(settings.timeout_s * PATIENCE, connector.disconnect)
        result.addBoth(self._attempted, outgoing, deadline)
        result.addErrback(lambda failure: log.failure("what follows a letter failed", failure=failure))

    def _context(self) -> Any:
        return ssl.optionsForClientTLS(self._settings.host, trustRoot=self._trust)

    def _attempted(self, result: object, outgoing: _Outgoing, deadline: Any) -> None:
        from chatd.mail.sending import in_words, is_temporary

        self._running -= 1
        if deadline.active():
            deadline.cancel()
        problem = result.value if isinstance(result, Failure) else None
        if problem is None:
            outgoing.done("")
        elif self._stopped:
            pass
        elif is_temporary(problem) and outgoing.tries <= self._settings.retries:
            delay_s = self._settings.retry_s * 2 ** (outgoing.tries - 1)
            self._resting[outgoing] = self._reactor.callLater(delay_s, self._rested, outgoing)
            log.info("a letter will be tried again in {s} s: {why}", s=delay_s, why=in_words(problem))
        else:
            why = in_words(problem)
            log.warn("a letter was not sent: {why}", why=why)
            outgoing.done(why)
        self._go_on()

    def _rested(self, outgoing: _Outgoing) -> None:
        del self._resting[outgoing]
        self._queue.append(outgoing)
        self._go_on()


def trust_of(settings: Mail) -> Any:
    """Who may have signed the mail server's certificate; None for whom the system trusts."""
    if not settings.authorities:
        return None
    found = [_BEGIN + piece for piece in Path(settings.authorities).read_bytes().split(_BEGIN)[1:]]
    try:
        if found:
            return ssl.trustRootFromCertificates(list(map(ssl.Certificate.loadPEM, found)))
    except crypto.Error:
        pass
    raise ValueError(f"{settings.authorities}: there is no certificate in PEM in it")
