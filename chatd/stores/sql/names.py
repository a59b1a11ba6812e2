"""Registering accounts, finding them, and the nicknames that belong to them."""

from __future__ import annotations

from sqlalchemy import Connection, Text, bindparam, delete, insert, select, update

from chatd.core.accounts import (
    NAMES,
    Account,
    Credentials,
    InvitationRefused,
    NameTaken,
    PendingCode,
    TooMany,
    names_after,
)
from chatd.stores.sql.asking import Asking, count, held, name_hash, or_else
from chatd.stores.sql.papers import document_of, keep_document
from chatd.stores.sql.rows import ACCOUNT, CREDENTIALS, account_from, credentials_from, of_credentials
from chatd.stores.sql.schema import ACCOUNTS, CODES, INVITATIONS, NICKNAMES, RESERVED

_WHOSE = NICKNAMES.join(ACCOUNTS, NICKNAMES.c.account_id == ACCOUNTS.c.account_id)
# Every log-in asks this, so it is not put together each time.
_LOOK_UP = (
    select(*ACCOUNT, *CREDENTIALS).select_from(_WHOSE).where(NICKNAMES.c.folded == bindparam("asked", type_=Text))
)


class Names(Asking):
    """Part of ``SqlAccounts``; see ``interfaces.AccountStore`` for all methods."""

    def owners(self) -> list[tuple[str, str]]:
        asked = select(NICKNAMES.c.folded, ACCOUNTS.c.name).select_from(_WHOSE)
        return self.database.read(lambda connection: [(row[0], row[1]) for row in connection.execute(asked)])

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
        made = insert(ACCOUNTS).values(
            name=name, folded=folded, created_ms=now_ms, verified_ms=0 if pending else now_ms, seen_ms=0, email=email,
            **of_credentials(credentials),
        )  # fmt: skip

        def work(connection: Connection) -> Account:
            if invitation_hash is not None:
                _take_invitation(connection, invitation_hash, now_ms)
            with or_else(NameTaken):
                account_id = connection.execute(made.returning(ACCOUNTS.c.account_id)).scalar_one()
            _take_name(connection, account_id, name, folded)
            if pending is not None:
                put_code(connection, account_id, pending)
            return Account(account_id, name, folded, now_ms, 0 if pending else now_ms, email)

        return self.database.write(work)

    def find(self, folded: str) -> Account | None:
        found = self.look_up(folded)
        return None if found is None else found[0]

    def look_up(self, folded: str) -> tuple[Account, Credentials | None] | None:
        row = self.database.read(lambda connection: connection.execute(_LOOK_UP, {"asked": folded}).first())
        if row is None:
            return None
        return account_from(row[: len(ACCOUNT)]), credentials_from(row[len(ACCOUNT) :])

    def rename(self, account_id: int, name: str, folded: str, now_ms: int) -> Account:
        renamed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(name=name, folded=folded)

        def work(connection: Connection) -> Account:
            before = held(connection, account_id)
            # First the account, then its nicknames, as in registering: in another order the two could wait for each
            # other.
            with or_else(NameTaken):
                account = account_from(connection.execute(renamed.returning(*ACCOUNT)).one())
            _drop_name(connection, account_id, before.folded)
            # It may be one of the account's nicknames, which is its name then.
            _drop_name(connection, account_id, folded)
            _take_name(connection, account_id, name, folded)
            if folded != before.folded:
                names = names_after(document_of(connection, account_id, NAMES), before, folded, now_ms)
                keep_document(connection, account_id, NAMES, names)
            return account

        return self.database.write(work)

    def group(self, account_id: int, nick: str, folded: str, limit: int) -> None:
        def work(connection: Connection) -> None:
            held(connection, account_id)
            mine = NICKNAMES.c.account_id == account_id
            if count(connection, NICKNAMES, mine, NICKNAMES.c.folded == folded):
                return
            _take_name(connection, account_id, nick, folded)
            # One of them is the account's own name.
            if count(connection, NICKNAMES, mine) > limit + 1:
                raise TooMany

        self.database.write(work)

    def ungroup(self, account_id: int, folded: str) -> bool:
        def work(connection: Connection) -> bool:
            account = held(connection, account_id)
            return folded != account.folded and _drop_name(connection, account_id, folded)

        return self.database.write(work)

    def nicks(self, account_id: int) -> list[str]:
        return self.database.read(lambda connection: nicks_of(connection, held(connection, account_id)))


def nicks_of(connection: Connection, account: Account) -> list[str]:
    """The nicknames of an account, its own name left out."""
    asked = select(NICKNAMES.c.nick).where(
        NICKNAMES.c.account_id == account.account_id, NICKNAMES.c.folded != account.folded
    )
    return list(connection.execute(asked.order_by(NICKNAMES.c.folded)).scalars())


def put_code(connection: Connection, account_id: int, pending: PendingCode) -> None:
    """Keep a code in place of another for the same purpose."""
    connection.execute(delete(CODES).where(CODES.c.account_id == account_id, CODES.c.purpose == pending.purpose))
    connection.execute(
        insert(CODES).values(
            account_id=account_id, purpose=pending.purpose, code_hash=pending.code_hash,
            expires_ms=pending.expires_ms, email=pending.email,
        )
    )  # fmt: skip


def _take_name(connection: Connection, account_id: int, nick: str, folded: str) -> None:
    with or_else(NameTaken):
        connection.execute(insert(NICKNAMES).values(folded=folded, nick=nick, account_id=account_id))
    # Looked at afterwards: an account that is being deleted reserves its names in the moment that it lets them go.
    if count(connection, RESERVED, RESERVED.c.name_hash == name_hash(folded)):
        raise NameTaken


def _drop_name(connection: Connection, account_id: int, folded: str) -> bool:
    mine = NICKNAMES.c.account_id == account_id, NICKNAMES.c.folded == folded
    return connection.execute(delete(NICKNAMES).where(*mine)).rowcount > 0


def _take_invitation(connection: Connection, code_hash: bytes, now_ms: int) -> None:
    """Take one use, in one statement, so that two who race cannot both have the last one."""
    column = INVITATIONS.c
    taken = update(INVITATIONS).where(
        column.code_hash == code_hash, column.uses_left > 0, (column.expires_ms == 0) | (column.expires_ms > now_ms)
    )
    if not connection.execute(taken.values(uses_left=column.uses_left - 1)).rowcount:
        raise InvitationRefused
