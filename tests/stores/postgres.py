"""A PostgreSQL that tests make databases on."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import create_engine, make_url, text


class Postgres:
    """A server of PostgreSQL that databases are made on; ``url`` is without one."""

    def __init__(self, setting: str) -> None:
        self._url = make_url(setting).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._made: list[str] = []

    def execute(self, statement: str) -> None:
        """Do something as its owner."""
        with self._engine.connect() as connection:
            connection.execute(text(statement))

    def make(self, template: str = "template0") -> str:
        """Make a database, and give its URL."""
        name = f"chatd_test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self._made.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self) -> None:
        """Drop all that was made."""
        for name in self._made:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._engine.dispose()
