"""The store of registered channels in a database."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from chatd.core.accounts import NameTaken, NoSuchAccount, NoSuchChannel, TooMany
from chatd.core.kept import KeptChannel
from chatd.stores.sql.asking import Asking, count, or_else
from chatd.stores.sql.schema import ACCOUNTS, CHANNELS


class SqlChannels(Asking):
    """Implements ``interfaces.ChannelStore``, which says what each method does."""

    def load(self) -> list[KeptChannel]:
        founders, successors = ACCOUNTS.alias(), ACCOUNTS.alias()
        column = CHANNELS.c
        tables = CHANNELS.join(founders, column.founder_id == founders.c.account_id).outerjoin(
            successors, column.successor_id == successors.c.account_id
        )
        asked = select(
            column.name, column.folded, founders.c.folded, column.registered_ms, successors.c.folded, column.used_ms,
            column.document,
        ).select_from(tables)  # fmt: skip
        rows = self.database.read(lambda connection: connection.execute(asked).all())
        return [
            KeptChannel(name, folded, founder, registered_ms, successor or "", used_ms, msgspec.json.decode(document))
            for name, folded, founder, registered_ms, successor, used_ms, document in rows
        ]

    def register(self, channel: KeptChannel, limit: int) -> None:
        def work(connection: Connection) -> None:
            values = _values(connection, channel, counting=True)
            with or_else(NameTaken):
                connection.execute(insert(CHANNELS).values(**values))
            if count(connection, CHANNELS, CHANNELS.c.founder_id == values["founder_id"]) > limit:
                raise TooMany

        self.database.write(work)

    def save(self, channel: KeptChannel) -> None:
        self.rename(channel.folded, channel)

    def rename(self, old_folded: str, channel: KeptChannel) -> None:
        def work(connection: Connection) -> None:
            changed = update(CHANNELS).where(CHANNELS.c.folded == old_folded).values(**_values(connection, channel))
            with or_else(NameTaken):
                found = connection.execute(changed).rowcount
            if not found:
                raise NoSuchChannel

        self.database.write(work)

    def drop(self, folded: str) -> bool:
        dropped = delete(CHANNELS).where(CHANNELS.c.folded == folded)
        return self.database.write(lambda connection: connection.execute(dropped).rowcount) > 0


def _values(connection: Connection, channel: KeptChannel, *, counting: bool = False) -> dict[str, Any]:
    """One row of ``CHANNELS``; raises NoSuchAccount.

    Its accounts stay there until the commit; ``counting`` keeps others from registering for them meanwhile.
    """
    names = {channel.founder, channel.successor} - {""}
    asked = select(ACCOUNTS.c.folded, ACCOUNTS.c.account_id).where(ACCOUNTS.c.folded.in_(names))
    locked = asked.order_by(ACCOUNTS.c.account_id).with_for_update(read=not counting, key_share=True)
    numbers = {row[0]: row[1] for row in connection.execute(locked)}
    if numbers.keys() != names or not channel.founder:
        raise NoSuchAccount
    return {
        "folded": channel.folded,
        "name": channel.name,
        "founder_id": numbers[channel.founder],
        "successor_id": numbers.get(channel.successor),
        "registered_ms": channel.registered_ms,
        "used_ms": channel.used_ms,
        "document": msgspec.json.encode(channel.document).decode(),
    }
