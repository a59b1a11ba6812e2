"""Letters with codes to those who register, give another address, or have lost their password.

Says who may ask for how many, fills in the texts, and tells of letters that could not be sent.  How mail is sent is
the Mailer's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from chatd.core.accounts import PendingCode
from chatd.core.refusal import Failed
from chatd.credentials.throttle import Allowances, address_key
from chatd.credentials.tokens import hash_code, new_code
from chatd.interfaces import Letter, Mailer

if TYPE_CHECKING:
    from chatd.context import Context, Node

HOUR_S: Final = 3600
EVERYBODY: Final = ""

TEXTS: Final[Mapping[str, Sequence[str]]] = {
    "register": [
        "{network}: your account {account}",
        "",
        "Hello,",
        "",
        "somebody, you we hope, has made the account {account} on {network} with this address.",
        "To confirm that, connect there and write",
        "",
        "    /msg NickServ VERIFY {account} {code}",
        "",
        "The code is good for {hours}. If it was not you, do nothing.",
    ],
    "email": [
        "{network}: a new address for {account}",
        "",
        "Hello,",
        "",
        "the account {account} on {network} is to have this address. To confirm that, connect there and write",
        "",
        "    /msg NickServ VERIFY {account} {code}",
        "",
        "The code is good for {hours}. If it was not you, do nothing.",
    ],
    "reset": [
        "{network}: a new password for {account}",
        "",
        "Hello,",
        "",
        "somebody, you we hope, has lost the password of the account {account} on {network}.",
        "To choose a new one, connect there and write",
        "",
        "    /msg NickServ RESETPASS {account} {code} <new password>",
        "",
        "The code is good for {hours}. If it was not you, do nothing: the password stays as it is.",
    ],
}
"""The built-in texts by purpose: subject, empty line, text; what is configured stands in their place."""


class LetterDesk:
    """One for each node."""

    __slots__ = ("_by_address", "_by_recipient", "_in_all", "_mailer", "_node")

    def __init__(self, node: Node, mailer: Mailer | None) -> None:
        self._node = node
        self._mailer = mailer
        self.use()

    def use(self) -> None:
        """Take the section ``[mail]`` of the node; what was sent before is not counted any more."""
        settings = self._node.config.mail
        self._by_recipient = Allowances(settings.per_recipient, HOUR_S / settings.per_recipient)
        self._by_address = Allowances(settings.per_address, HOUR_S / settings.per_address)
        self._in_all = Allowances(settings.per_hour, HOUR_S / settings.per_hour)

    @property
    def can_send(self) -> bool:
        """Whether a mail server is configured."""
        return self._mailer is not None and bool(self._node.config.mail.host)

    def wait_s(self, ip: str, recipient: str) -> int:
        """Say how long until this address of the network may have a letter sent to that recipient; 0 for now.

        ``recipient`` is "" while it is not known.
        """
        now_s = self._node.now_ms() / 1000
        return ceil(
            max(
                self._by_recipient.wait_s(recipient.lower(), now_s),
                self._by_address.wait_s(address_key(ip), now_s),
                self._in_all.wait_s(EVERYBODY, now_s),
            )
        )

    def charge(self, ip: str, recipient: str) -> None:
        """Count a letter that somebody at this address asked for; ``recipient`` is "" when there was none to send."""
        now_s = self._node.now_ms() / 1000
        self._by_address.spend(address_key(ip), now_s)
        if recipient:
            self._by_recipient.spend(recipient.lower(), now_s)
            self._in_all.spend(EVERYBODY, now_s)

    def make_code(self, purpose: str, email: str = "") -> tuple[str, PendingCode]:
        """A new code, as it is told once, and as the store keeps it; ``email`` becomes the account's with it."""
        settings = self._node.config.mail
        lifetime_s = settings.reset_lifetime_s if purpose == "reset" else settings.code_lifetime_s
        code = new_code()
        expires_ms = self._node.now_ms() + round(lifetime_s * 1000)
        return code, PendingCode(purpose, hash_code(code), expires_ms, email)

    def send_code(self, ctx: Context, purpose: str, account: str, recipient: str, code: str) -> None:
        """Send a code; the session that asked for it, if it is still there, and operators hear of a failure."""
        self.charge(ctx.session.ip, recipient)

        def done(problem: str) -> None:
            if not problem:
                return
            self._node.notice(f"A letter to the owner of {account} was not sent: {problem}")
            if not ctx.session.closing:
                text = f"The letter for {account} could not be sent. The server's operators have been told."
                ctx.session.inform(Failed("*", "LETTER_NOT_SENT", account, text=text), "WARN")

        if self._mailer is not None:
            self._mailer.send(self._written(purpose, account, recipient, code), done)

    def _written(self, purpose: str, account: str, recipient: str, code: str) -> Letter:
        config = self._node.config
        seconds = config.mail.reset_lifetime_s if purpose == "reset" else config.mail.code_lifetime_s
        hours = f"{seconds / HOUR_S:g} hours" if seconds >= 2 * HOUR_S else f"{seconds / 60:g} minutes"
        subject, _, *lines = self._node.texts.get(f"letter {purpose}") or TEXTS[purpose]
        values = {"account": account, "code": code, "network": config.server.network,
                  "server": config.server.name, "hours": hours}  # fmt: skip
        return Letter(recipient, filled_in(subject, values), filled_in("\n".join([*lines, ""]), values))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of their names in braces; other braces stay as they are."""
    pieces = text.split("{")
    for place, piece in enumerate(pieces[1:], 1):
        name, brace, rest = piece.partition("}")
        pieces[place] = f"{values[name]}{rest}" if brace and name in values else f"{{{piece}"
    return "".join(pieces)
