"""The store of accounts in a database: passwords, codes, suspension, and the end of an account."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, delete, insert, select, update

from chatd.core.accounts import (
    Account,
    CodeRefused,
    Credentials,
    Deleted,
    Json,
    NoSuchAccount,
    PendingCode,
    Suspension,
)
from chatd.stores.export import Holdings, exported
from chatd.stores.sql.asking import held, name_hash
from chatd.stores.sql.devices import Devices, certificates_of, tokens_of
from chatd.stores.sql.names import Names, nicks_of, put_code
from chatd.stores.sql.papers import Papers, documents_of, invitations_of
from chatd.stores.sql.rows import (
    ACCOUNT,
    CREDENTIALS,
    account_from,
    code_from,
    credentials_from,
    of_credentials,
    of_suspension,
)
from chatd.stores.sql.schema import ACCOUNTS, CHANNELS, CODES, INVITATIONS, NICKNAMES, RESERVED, TOKENS


class SqlAccounts(Names, Devices, Papers):
    """Implements ``interfaces.AccountStore``, which says what each method does."""

    def set_credentials(
        self, account_id: int, credentials: Credentials | None, *, instead_of: Credentials | None = None
    ) -> None:
        if instead_of is None:
            self.change(account_id, **of_credentials(credentials))
            return
        same = ACCOUNTS.c.account_id == account_id, ACCOUNTS.c.password_hash == instead_of.password_hash
        changed = update(ACCOUNTS).where(*same).values(**of_credentials(credentials))
        self.database.write(lambda connection: connection.execute(changed))

    def set_email(self, account_id: int, email: str) -> None:
        self.change(account_id, email=email)

    def suspend(self, account_id: int, suspension: Suspension | None) -> None:
        self.change(account_id, **of_suspension(suspension))

    def seen(self, account_id: int, now_ms: int) -> None:
        seen = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(seen_ms=now_ms)
        self.database.write(lambda connection: connection.execute(seen))

    def put_code(self, account_id: int, pending: PendingCode) -> None:
        def work(connection: Connection) -> None:
            held(connection, account_id)
            put_code(connection, account_id, pending)

        self.database.write(work)

    def confirm(self, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
        return self.database.write(lambda connection: _confirm(connection, account_id, purpose, code_hash, now_ms))

    def reset(self, account_id: int, code_hash: bytes, credentials: Credentials, now_ms: int) -> Account:
        changed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(**of_credentials(credentials))

        def work(connection: Connection) -> Account:
            account = _confirm(connection, account_id, "reset", code_hash, now_ms)
            connection.execute(changed)
            connection.execute(delete(TOKENS).where(TOKENS.c.account_id == account_id))
            return account

        return self.database.write(work)

    def delete(self, account_id: int, now_ms: int, *, reserve_until_ms: int = 0) -> Deleted:
        def work(connection: Connection) -> Deleted:
            account = held(connection, account_id, to_delete=True)
            if reserve_until_ms > now_ms:
                asked = select(NICKNAMES.c.folded).where(NICKNAMES.c.account_id == account_id)
                hashes = [name_hash(folded) for folded in connection.execute(asked).scalars()]
                # One of them may be reserved still, though it was ours: taken before it was reserved.
                connection.execute(delete(RESERVED).where(RESERVED.c.name_hash.in_(hashes)))
                rows = [{"name_hash": each, "until_ms": reserve_until_ms} for each in hashes]
                connection.execute(insert(RESERVED), rows)
            return _delete(connection, account)

        return self.database.write(work)

    def export(self, account_id: int) -> dict[str, Json]:
        def work(connection: Connection) -> dict[str, Json]:
            row = connection.execute(select(*ACCOUNT, *CREDENTIALS).where(ACCOUNTS.c.account_id == account_id)).first()
            if row is None:
                raise NoSuchAccount
            account = account_from(row[: len(ACCOUNT)])
            holdings = Holdings(
                credentials=credentials_from(row[len(ACCOUNT) :]),
                nicks=nicks_of(connection, account),
                certificates=certificates_of(connection, account_id),
                tokens=tokens_of(connection, account_id),
                codes=[code_from(row) for row in connection.execute(
                    select(CODES).where(CODES.c.account_id == account_id))],
                invitations=invitations_of(connection, account_id),
                documents=documents_of(connection, account_id),
                founded=connection.execute(
                    select(CHANNELS.c.name).where(CHANNELS.c.founder_id == account_id)).scalars(),
                to_inherit=connection.execute(
                    select(CHANNELS.c.name).where(CHANNELS.c.successor_id == account_id)).scalars(),
            )  # fmt: skip
            return exported(account, holdings)

        return self.database.read(work)

    def purge(self, now_ms: int) -> list[Account]:
        def work(connection: Connection) -> list[Account]:
            connection.execute(delete(CODES).where(CODES.c.expires_ms <= now_ms))
            awaited = select(CODES.c.account_id)
            late = select(*ACCOUNT).where(ACCOUNTS.c.verified_ms == 0, ACCOUNTS.c.account_id.not_in(awaited))
            gone = [account_from(row) for row in connection.execute(late.with_for_update())]
            for account in gone:
                _delete(connection, account)
            connection.execute(delete(TOKENS).where(TOKENS.c.expires_ms.between(1, now_ms)))
            is_over = INVITATIONS.c.expires_ms.between(1, now_ms) | (INVITATIONS.c.uses_left < 1)
            connection.execute(delete(INVITATIONS).where(is_over))
            connection.execute(delete(RESERVED).where(RESERVED.c.until_ms <= now_ms))
            return gone

        purged = self.database.write(work)
        self.database.tidy()
        return purged

    def close(self) -> None:
        """See ``interfaces.AccountStore``."""
        self.database.rest()


def _confirm(connection: Connection, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
    """Take a code; raises CodeRefused."""
    try:
        account = held(connection, account_id)
    except NoSuchAccount:
        raise CodeRefused from None
    mine = CODES.c.account_id == account_id, CODES.c.purpose == purpose
    row = connection.execute(select(CODES).where(*mine)).first()
    if row is None or row.expires_ms <= now_ms or not hmac.compare_digest(row.code_hash, code_hash):
        raise CodeRefused
    connection.execute(delete(CODES).where(*mine))
    confirmed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(
        verified_ms=account.verified_ms or now_ms, email=row.email or account.email
    )  # fmt: skip
    return account_from(connection.execute(confirmed.returning(*ACCOUNT)).one())


def _delete(connection: Connection, account: Account) -> Deleted:
    """Remove an account's row, and with it everything but its channels, which are handed on or dropped."""
    column, number = CHANNELS.c, account.account_id
    has_heir = column.successor_id.is_not(None) & (column.successor_id != number)
    inherited = connection.execute(
        update(CHANNELS).where(column.founder_id == number, has_heir)
        .values(founder_id=column.successor_id, successor_id=None).returning(column.folded)
    ).scalars()  # fmt: skip
    names = tuple(sorted(inherited))
    dropped = connection.execute(delete(CHANNELS).where(column.founder_id == number).returning(column.folded)).scalars()
    gone = tuple(sorted(dropped))
    connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.account_id == number))
    return Deleted(account, names, gone)
