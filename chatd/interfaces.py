"""Every port of the server in one file: what the core asks of the world, and what the world may ask of the core.

Implementations live at the edge (net, history, ...) and are handed in by tap; tests hand in their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chatd.core.accounts import (
    Account,
    Credentials,
    Deleted,
    Invitation,
    Json,
    PendingCode,
    SessionToken,
    Suspension,
)
from chatd.core.kept import KeptBan, KeptChannel, Note

if TYPE_CHECKING:
    from chatd.core.archive import Entry, Page, Part, Scope, Selector, Target, Tenure
    from chatd.core.search import Question


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection, as the transport knows it.

    ``ip`` is the textual address without brackets or zone ("127.0.0.1", "::1"; "" is never used: a
    Unix socket counts as "127.0.0.1").  ``secure`` says that the path is encrypted.  ``certfp`` is the
    SHA-256 of the client's certificate in lower-case hex, ``cipher`` the TLS version and cipher suite
    for WHOIS; both are ``None`` without TLS (``certfp`` also when no certificate was shown).
    ``listener`` is the endpoint description the client came in by.  ``asked_name`` is the name of the server that the
    client connected to, as far as TLS tells ("" otherwise); ``direct`` says that it chose itself how to connect, which
    web pages and those behind a gateway do not.  ``bindings`` are the channel bindings of TLS by name (RFC 5929,
    RFC 9266), none without TLS or where it ends before us.
    """

    ip: str
    secure: bool = False
    certfp: str | None = None
    cipher: str | None = None
    listener: str = ""
    asked_name: str = ""
    direct: bool = True
    bindings: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class ServerBanStore(Protocol):
    """Where bans from the server survive a restart."""

    def load(self) -> list[KeptBan]:
        """Read them, once, before the server starts; raises OSError or ValueError."""

    def save(self, bans: list[KeptBan]) -> None:
        """Write all of them, in place of what was there; called in a thread, one call at a time.  Raises OSError."""


class Journal(Protocol):
    """What is not in its store yet; calls give bytes to the operating system, others force them to disk at leisure."""

    size: int
    """The bytes of all notes, old ones included."""

    def load(self) -> list[Note]:
        """Of each kind and key the last note, in their order; read once, before the server starts.  Raises OSError."""

    def append(self, note: Note) -> None:
        """One more; raises OSError, and then it is not there."""

    def replace(self, notes: Iterable[Note]) -> None:
        """These and no others, of which nothing is left; raises OSError, and then all is as it was."""

    def reserve(self) -> None:
        """Take room for the notes to come; raises OSError."""


class Writer(Protocol):
    """The way out of one connection; calls never raise and never block.

    A link may keep ``write`` from ``Gate.connect`` until ``Link.mute``.
    """

    def write(self, octets: bytes) -> None:
        """Send at once what the socket takes, keep the rest and send it when the socket is ready again."""

    def close(self) -> None:
        """Send what was written so far, then close; a peer that does not read is cut off after a bound."""

    def abort(self) -> None:
        """Close at once, dropping what was not sent."""


class Link(Protocol):
    """What a transport holds of the session it feeds."""

    def receive(self, octets: bytes) -> None:
        """Take bytes as they came; any chunking gives the same result."""

    def pause(self) -> None:
        """The socket is full: write no more until ``resume``."""

    def resume(self) -> None:
        """The socket is ready again."""

    def mute(self) -> None:
        """Nothing that is written goes out any more; called when the connection closes."""

    def lost(self, reason: str) -> None:
        """The connection is gone; called exactly once, also after ``Writer.close``."""


class Gate(Protocol):
    """What a listener asks of the server; implemented by ``ChatServer``."""

    def admit(self, ip: str) -> str | None:
        """Say why a connection from ``ip`` is refused (one sentence for ERROR), or None to let it in.

        Called once per accepted socket, before any TLS handshake; every admission is matched by one
        call of ``Link.lost`` or, if the handshake never ended, of ``abandon``.
        """

    def abandon(self, ip: str) -> None:
        """An admitted socket went away before ``connect``."""

    def connect(self, writer: Writer, peer: Peer) -> Link:
        """Begin a session on a connection that is ready for lines."""


class History(Protocol):
    """The log of everything said, one log per channel and per conversation.

    A log is named by the folded channel name (``"#chat"``) or by two people (see ``core.names.log_name``), sorted and
    joined by one space (``"alice ~bob"``).
    """

    def newest_ms(self) -> int:
        """Give a moment that no line is later than, -1 for none; asked at start, so that ids never go back."""

    def append(self, log: str, moment_ms: int, lines: bytes) -> None:
        """Queue an encoded line (ending in CR LF), or several of one moment; no I/O happens here."""

    def redact(self, log: str, msgid: str, line: bytes) -> None:
        """Queue that a message of this log was taken back, by the REDACT given; the log itself keeps what was said."""

    def edit(self, log: str, msgid: str, lines: bytes) -> None:
        """Queue that a message of this log has another text, that of the EDIT given; the log itself keeps both."""

    def rotate(self, now_ms: int, name: str | None = None) -> None:
        """Let the next line of a log, or of all logs, begin a new file."""

    def erase(self, log: str, now_ms: int) -> None:
        """Delete what was said in a log until now, in the background; what comes begins it anew."""

    def flush(self) -> None:
        """Hand everything queued to the operating system; called before the same lines go to clients.

        Never raises: a failing disk is reported, what could not be written is kept (bounded) and tried again.
        """

    def tick(self, now_ms: int) -> None:
        """Once a second: rotation by day, retries, and the background work that is due."""

    def close(self) -> None:
        """Flush, sync and close everything."""


class Archive(Protocol):
    """What was logged, read back.

    Every call blocks and belongs in a thread; lines that are queued are not found (flush first).  All may raise
    OSError.  Pages are of the logs in ``parts`` together, in order, each message once, at most ``limit``; ``scope``
    says what counts, but for its ends, which are those of each part.  Selectors are as in draft/chathistory.
    """

    def latest(self, parts: Sequence[Part], limit: int, after: Selector | None, scope: Scope) -> Page:
        """The last messages, only those behind ``after`` if it is given."""

    def before(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """The last messages before what is selected."""

    def after(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """The first messages behind what is selected."""

    def around(self, parts: Sequence[Part], selector: Selector, limit: int, scope: Scope) -> Page:
        """What is selected, and messages on both sides."""

    def between(self, parts: Sequence[Part], first: Selector, second: Selector, limit: int, scope: Scope) -> Page:
        """Messages between the two, counted from the first, which may be the later one."""

    def find(self, parts: Sequence[Part], msgid: Selector, scope: Scope) -> tuple[Part, Entry] | None:
        """The message with an id, and where it is."""

    def times_edited(self, log: str, msgid: str) -> int:
        """How often a message of a log was edited."""

    def targets(
        self, names: Iterable[Tenure], channels: Mapping[str, Sequence[Part]], first_ms: int, second_ms: int, limit: int
    ) -> list[Target]:
        """With whom somebody of these names talked, and the given channels, by the moments of their last messages.

        Only those strictly between two moments, counted from the first, which may be the later one; oldest first.
        """


class Index(Protocol):
    """The index of everything said."""

    def search(self, question: Question) -> Page:
        """Give the messages that are meant, oldest first, without what was taken back.

        Blocks and belongs in a thread; what was said in the last seconds may be missing.  Raises OSError.
        """


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail of plain text; the text has a code in it, so that it never shows in ``repr``."""

    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class Mailer(Protocol):
    """How e-mail leaves; calls never block and never raise."""

    def send(self, letter: Letter, done: Callable[[str], None]) -> None:
        """Send it in time, trying again within bounds.

        ``done`` is called once, on the reactor's thread: with "" when the mail server has taken the letter, otherwise
        with the reason for operators to read, which holds neither the address nor anything of the letter.
        """


class AccountStore(Protocol):
    """Where accounts are kept.

    Every call blocks and belongs in a thread; any number of threads and nodes may call at once.  When a call returns,
    what it did is on disk; when it raises, nothing was done.  All raise StoreUnavailable for a database that is
    locked, full or gone.  Names are folded by the caller; a nickname belongs to one account at most, an account's own
    name among them.  What is asked to change an account that is not there raises NoSuchAccount.
    """

    def owners(self) -> list[tuple[str, str]]:
        """Every folded nickname that belongs to an account, with the account's name."""

    def register(
        self,
        name: str,
        folded: str,
        credentials: Credentials | None,
        now_ms: int,
        *,
        email: str = "",
        pending: PendingCode | None = None,
        invitation_hash: bytes | None = None,
    ) -> Account:
        """Make an account, verified unless a code is pending; takes one use of the invitation.

        Raises NameTaken, InvitationRefused.
        """

    def find(self, folded: str) -> Account | None:
        """The account that has this name, or this nickname."""

    def look_up(self, folded: str) -> tuple[Account, Credentials | None] | None:
        """The account that has this name, or this nickname, and what its password is checked with."""

    def set_credentials(
        self, account_id: int, credentials: Credentials | None, *, instead_of: Credentials | None = None
    ) -> None:
        """Replace the password, or take it away; nothing happens when it is not (or no longer) ``instead_of``."""

    def set_email(self, account_id: int, email: str) -> None:
        """Replace the address, or take it away with ""."""

    def put_code(self, account_id: int, pending: PendingCode) -> None:
        """Keep a code, in place of another for the same purpose."""

    def confirm(self, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
        """Take the right code: it is gone, the account verified, its address that of the code unless that has none.

        Raises CodeRefused.
        """

    def reset(self, account_id: int, code_hash: bytes, credentials: Credentials, now_ms: int) -> Account:
        """Take the right code for "reset" as ``confirm`` does, replace the password, and remove all tokens.

        Raises CodeRefused.
        """

    def by_certificate(self, certfp: str) -> Account | None:
        """The account that a certificate logs in to."""

    def add_certificate(self, account_id: int, certfp: str, now_ms: int, limit: int) -> None:
        """Let a certificate log in; raises CertificateTaken (also when it is this account's), TooMany."""

    def remove_certificate(self, account_id: int, certfp: str) -> bool:
        """Say whether it was there."""

    def certificates(self, account_id: int) -> list[str]:
        """The fingerprints of an account, the oldest first."""

    def add_token(self, token: SessionToken, limit: int) -> None:
        """Keep a token; raises TooMany when the account has ``limit`` that have not expired."""

    def token(self, token_id: str) -> tuple[SessionToken, Account] | None:
        """A token by its public half, whether or not it has expired, and whose it is."""

    def touch_token(self, token_id: str, now_ms: int, address: str) -> None:
        """Note that a token was used; nothing happens when it is gone."""

    def tokens(self, account_id: int) -> list[SessionToken]:
        """The tokens of an account, the oldest first."""

    def remove_token(self, account_id: int, token_id: str) -> bool:
        """Say whether it was there, and this account's."""

    def remove_tokens(self, account_id: int) -> int:
        """Remove all of an account; says how many there were."""

    def seen(self, account_id: int, now_ms: int) -> None:
        """Note a log-in; nothing happens when the account is gone."""

    def suspend(self, account_id: int, suspension: Suspension | None) -> None:
        """Suspend an account, or end that."""

    def rename(self, account_id: int, name: str, folded: str, now_ms: int) -> Account:
        """Give an account another name, which may be one of its nicknames; the old one is free.  Raises NameTaken.

        In the same moment the document ``core.accounts.NAMES`` says since when it has this name.
        """

    def group(self, account_id: int, nick: str, folded: str, limit: int) -> None:
        """Give an account one more nickname; raises NameTaken, TooMany.  One that it has already is fine."""

    def ungroup(self, account_id: int, folded: str) -> bool:
        """Take a nickname, but not the account's own name, away; say whether it was there."""

    def nicks(self, account_id: int) -> list[str]:
        """The nicknames of an account in the order of their folded form, its own name left out."""

    def delete(self, account_id: int, now_ms: int, *, reserve_until_ms: int = 0) -> Deleted:
        """Remove an account and everything stored about it; its channels go to their successors or are dropped.

        Nobody can register its names until ``reserve_until_ms``; of them no more than a hash is kept.
        """

    def export(self, account_id: int) -> dict[str, Json]:
        """Everything stored about one account, but no secret and no hash of one."""

    def add_invitation(self, invitation: Invitation, limit: int) -> None:
        """Keep an invitation; raises TooMany when its maker has ``limit`` of them."""

    def invitations(self, maker_id: int | None) -> list[Invitation]:
        """Those of one maker."""

    def remove_invitation(self, maker_id: int | None, code_hash: bytes) -> bool:
        """Say whether it was there, and this maker's."""

    def documents(self, kind: str) -> list[tuple[str, Json]]:
        """All documents of one kind, each with the folded name of its account."""

    def document(self, account_id: int, kind: str) -> Json:
        """What an account keeps under this kind ("settings", "markers", ...); None for nothing."""

    def put_document(self, account_id: int, kind: str, document: Json) -> None:
        """Replace it; None takes it away."""

    def purge(self, now_ms: int) -> list[Account]:
        """Remove what has expired: tokens, codes, invitations, reserved names; give accounts that nobody verified."""

    def close(self) -> None:
        """Let go of the database; nothing is asked afterwards."""


class ChannelStore(Protocol):
    """Where registered channels are kept; what is said of ``AccountStore`` holds here as well.

    Founders and successors are folded names of accounts (not of other nicknames); raises NoSuchAccount for others.
    """

    def load(self) -> list[KeptChannel]:
        """All of them."""

    def register(self, channel: KeptChannel, limit: int) -> None:
        """Keep one more; raises NameTaken, and TooMany when its founder has ``limit``."""

    def save(self, channel: KeptChannel) -> None:
        """Replace what is kept of a channel; raises NoSuchChannel."""

    def rename(self, old_folded: str, channel: KeptChannel) -> None:
        """Replace what is kept of a channel that had another name; raises NoSuchChannel, NameTaken."""

    def drop(self, folded: str) -> bool:
        """Keep a channel no longer; say whether it was there."""
