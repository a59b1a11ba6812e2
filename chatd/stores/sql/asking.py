"""What all parts of the stores have in common: one database, and how an account's row is held and changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import FromClause

from chatd.core.accounts import Account, NoSuchAccount, StoreError
from chatd.stores.sql.database import Database
from chatd.stores.sql.rows import ACCOUNT, account_from
from chatd.stores.sql.schema import ACCOUNTS


class Asking:
    """The base of the parts."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def change(self, account_id: int, **values: Any) -> None:
        """Change one account's row; raises NoSuchAccount."""
        changed = update(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id).values(**values)

        def work(connection: Connection) -> None:
            if not connection.execute(changed).rowcount:
                raise NoSuchAccount

        self.database.write(work)


def held(connection: Connection, account_id: int, *, to_delete: bool = False) -> Account:
    """Read an account and keep others from changing what belongs to it until the commit; raises NoSuchAccount.

    ``to_delete`` also keeps channels from naming it.  Whoever writes holds accounts first, and then what is theirs, so
    that no two wait for each other.
    """
    asked = select(*ACCOUNT).where(ACCOUNTS.c.account_id == account_id).with_for_update(key_share=not to_delete)
    row = connection.execute(asked).first()
    if row is None:
        raise NoSuchAccount
    return account_from(row)


def count(connection: Connection, table: FromClause, *conditions: Any) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def name_hash(folded: str) -> bytes:
    """What is kept of a name that is reserved though its account is gone."""
    return hashlib.sha256(b"chatd name " + folded.encode()).digest()


@contextmanager
def or_else(problem: type[StoreError]) -> Iterator[None]:
    """Raise ``problem`` when a statement breaks a rule of the tables."""
    try:
        yield
    except IntegrityError:
        raise problem from None
