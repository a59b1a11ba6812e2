"""One server at a time on one database of PostgreSQL: a lock that a connection of its own holds, and who has it.

It goes with the connection: whoever has lost that takes it again before anything else is written.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from time import monotonic

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from chatd.core.accounts import StoreUnavailable
from chatd.stores.directory import this_process

KEY = 0x63686175  # "chau": what a server has that is running on the database
LOOK_S = 10.0
"""How often it is looked whether the connection is still there."""

_HOLDER = text(
    "SELECT application_name, client_addr FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory'"
    " AND objid = :key AND classid = 0 AND granted AND database = (SELECT oid FROM pg_database WHERE datname ="
    " current_database())"
)


def _holder(connection: Connection) -> str:
    found = connection.execute(_HOLDER, {"key": KEY}).first()
    if found is None:
        return ""
    return f" ({found[0].removeprefix('chatd: ')}, from {found[1] or 'this machine'})"


class HeldByAnother(StoreUnavailable):
    """Another server has the database."""


class Holding:
    """The lock on one database; any thread may ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._looked_s = 0.0
        self._turn = Lock()

    def need(self, in_doubt: bool = False) -> None:
        """Have it, or take it again; ``in_doubt`` looks at once.  Raises HeldByAnother, and SQLAlchemyError."""
        with self._turn:
            if in_doubt or self._connection is None or monotonic() - self._looked_s > LOOK_S:
                if not self._is_there():
                    self._take()
                self._looked_s = monotonic()

    def _is_there(self) -> bool:
        try:
            return self._connection is not None and self._connection.execute(text("SELECT 1")).scalar() == 1
        except SQLAlchemyError:
            self._drop()
            return False

    def _take(self) -> None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        try:
            name = text("SELECT set_config('application_name', :name, false)")
            connection.execute(name, {"name": f"chatd: {this_process()}"[:63]})
            if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}).scalar():
                raise HeldByAnother(f"another server is using this database{_holder(connection)}")
        except BaseException:
            with suppress(SQLAlchemyError):
                connection.close()
            raise
        self._connection = connection

    def sign(self) -> None:
        """Say again who has it: the process may be another one by now."""
        self.release()
        self.need()

    def release(self) -> None:
        """Let another server have it."""
        with self._turn:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()
