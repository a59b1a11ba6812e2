"""A mail server on a socket of this machine, made of twisted.mail's server side."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import defer, protocol, ssl
from twisted.mail import smtp
from twisted.mail.imap4 import LOGINCredentials, PLAINCredentials
from zope.interface import implementer


@implementer(smtp.IMessage)
class Incoming:
    """One letter as it comes in."""

    def __init__(self, office: PostOffice, recipient: str) -> None:
        self.office = office
        self.recipient = recipient
        self.lines: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:
        self.lines.append(line)

    def eomReceived(self) -> defer.Deferred[None]:
        if self.office.refuse_letters:
            return defer.fail(smtp.SMTPServerError(self.office.refuse_letters, b"not now for secret@example.org"))
        letter = message_from_bytes(b"\r\n".join([*self.lines, b""]), policy=default)
        self.office.letters.append((self.recipient, letter))
        return defer.succeed(None)

    def connectionLost(self) -> None:
        self.lines = []


@implementer(smtp.IMessageDelivery)
class Delivery:
    """Decides about senders and recipients."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office

    def receivedHeader(self, helo: Any, origin: Any, recipients: Any) -> bytes:
        return b"Received: here"

    def validateFrom(self, helo: Any, origin: Any) -> Any:
        self.office.hellos.append(helo[0])
        return origin

    def validateTo(self, user: Any) -> Any:
        recipient = str(user.dest)
        if self.office.refuse_recipients:
            raise smtp.SMTPBadRcpt(recipient, code=self.office.refuse_recipients)
        return lambda: Incoming(self.office, recipient)


@implementer(smtp.IMessageDeliveryFactory)
class Deliveries:
    """One delivery for each who logs in."""

    def __init__(self, office: PostOffice) -> None:
        self.office = office

    def getMessageDelivery(self) -> Delivery:
        return Delivery(self.office)

    def requestAvatar(self, avatar_id: bytes, mind: Any, *interfaces: Any) -> Any:
        self.office.logged_in.append(avatar_id)
        return smtp.IMessageDelivery, Delivery(self.office), lambda: None


class Server(smtp.ESMTP):
    """Answers a letter that was refused with the code that was asked for."""

    def _messageHandled(self, results: Any) -> None:
        ((handled, failure),) = results
        if handled:
            super()._messageHandled(results)
        else:
            self.sendCode(failure.value.code, failure.value.resp)


class PostOffice(protocol.ServerFactory):
    """What it was given is in ``letters``; ``refuse_...`` are codes to answer instead (0: none)."""

    def __init__(self, *, key: str = "", certificate: str = "", password: bytes = b"") -> None:
        self.letters: list[tuple[str, EmailMessage]] = []
        self.hellos: list[bytes] = []
        self.logged_in: list[bytes] = []
        self.connections = 0
        self.refuse_letters = self.refuse_recipients = 0
        self.password = password
        self.context = None
        if key:
            pem = Path(key).read_bytes() + Path(certificate).read_bytes()
            self.context = ssl.PrivateCertificate.loadPEM(pem).options()

    def buildProtocol(self, addr: Any) -> smtp.ESMTP:
        self.connections += 1
        methods = {b"PLAIN": PLAINCredentials, b"LOGIN": LOGINCredentials} if self.password else {}
        server = Server(chal=methods, contextFactory=self.context)
        server.factory = self
        server.host = b"mail.example.org"
        deliveries = Deliveries(self)
        if self.password:
            checker = InMemoryUsernamePasswordDatabaseDontUse(chatd=self.password)
            server.portal = Portal(deliveries, [checker])
        else:
            server.deliveryFactory = deliveries
        return server
