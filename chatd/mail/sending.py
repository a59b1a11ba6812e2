"""What is said to a mail server, and what its failures mean; imported when the first letter is sent."""

from __future__ import annotations

from twisted.mail import smtp


class Sender(smtp.ESMTPSender):
    """Says one letter to the mail server."""

    debug = False  # or the exceptions would carry what was said, passwords among it

    def esmtpState_starttls(self, code: int, resp: bytes) -> None:
        """Begin TLS; what came in the clear after the answer was not said by who has the certificate."""
        self.clearLineBuffer()
        super().esmtpState_starttls(code, resp)


class SenderFactory(smtp.ESMTPSenderFactory):
    """One attempt to send one letter."""

    protocol = Sender
    noisy = False


def is_temporary(problem: BaseException) -> bool:
    """Say whether the same letter may go through later: nobody there, a broken connection, an answer of 4xx."""
    code = code_of(problem)
    return code < 0 or 400 <= code < 500


def code_of(problem: BaseException) -> int:
    """The mail server's answer, -1 without one."""
    code = getattr(problem, "code", -1)
    addresses = getattr(problem, "addresses", None)
    if code == -1 and addresses:
        code = addresses[0][1]  # no recipient was taken; this is what was said of ours
    return code if isinstance(code, int) else -1


def in_words(problem: BaseException) -> str:
    """What went wrong, without anything the mail server said: that may name addresses."""
    code = code_of(problem)
    match problem:
        case smtp.AUTHDeclinedError() | smtp.AUTHRequiredError() | smtp.AuthenticationError():
            return "the mail server does not take the user name and password"
        case smtp.TLSRequiredError() | smtp.TLSError():
            return "the mail server does not do TLS"
        case _ if code > 0:
            return f"the mail server answered {code}"
        case smtp.SMTPTimeoutError():
            return "the mail server did not answer in time"
        case smtp.SMTPConnectError():
            cause = problem.__cause__
            return f"no connection to the mail server ({type(cause or problem).__name__})"
    return f"the mail server broke off ({type(problem).__name__})"
