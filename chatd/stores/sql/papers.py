"""Invitations, and the documents that features keep for an account."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select

from chatd.core.accounts import Invitation, Json, TooMany
from chatd.stores.sql.asking import Asking, count, held
from chatd.stores.sql.rows import invitation_from
from chatd.stores.sql.schema import ACCOUNTS, DOCUMENTS, INVITATIONS


class Papers(Asking):
    """Part of ``SqlAccounts``; see ``interfaces.AccountStore`` for all methods."""

    def add_invitation(self, invitation: Invitation, limit: int) -> None:
        added = insert(INVITATIONS).values(
            code_hash=invitation.code_hash, maker_id=invitation.maker_id, uses_left=invitation.uses_left,
            expires_ms=invitation.expires_ms,
        )  # fmt: skip

        def work(connection: Connection) -> None:
            if invitation.maker_id is not None:
                held(connection, invitation.maker_id)
            connection.execute(added)
            if count(connection, INVITATIONS, _made_by(invitation.maker_id)) > limit:
                raise TooMany

        self.database.write(work)

    def invitations(self, maker_id: int | None) -> list[Invitation]:
        return self.database.read(lambda connection: invitations_of(connection, maker_id))

    def remove_invitation(self, maker_id: int | None, code_hash: bytes) -> bool:
        removed = delete(INVITATIONS).where(
            INVITATIONS.c.code_hash == code_hash, _made_by(maker_id)
        )
        return self.database.write(lambda connection: connection.execute(removed).rowcount) > 0

    def documents(self, kind: str) -> list[tuple[str, Json]]:
        whose = DOCUMENTS.join(ACCOUNTS, DOCUMENTS.c.account_id == ACCOUNTS.c.account_id)
        asked = select(ACCOUNTS.c.folded, DOCUMENTS.c.document).select_from(whose).where(DOCUMENTS.c.kind == kind)
        rows = self.database.read(lambda connection: connection.execute(asked).all())
        return [(folded, msgspec.json.decode(text)) for folded, text in rows]

    def document(self, account_id: int, kind: str) -> Json:
        return self.database.read(lambda connection: document_of(connection, account_id, kind))

    def put_document(self, account_id: int, kind: str, document: Json) -> None:
        def work(connection: Connection) -> None:
            held(connection, account_id)
            keep_document(connection, account_id, kind, document)

        self.database.write(work)


def _made_by(maker_id: int | None) -> ColumnElement[bool]:
    return INVITATIONS.c.maker_id.is_not_distinct_from(maker_id)


def invitations_of(connection: Connection, maker_id: int | None) -> list[Invitation]:
    """Those of one maker."""
    asked = select(INVITATIONS).where(_made_by(maker_id))
    return [invitation_from(row) for row in connection.execute(asked)]


def document_of(connection: Connection, account_id: int, kind: str) -> Json:
    """What is kept for an account under this kind, None for nothing."""
    asked = select(DOCUMENTS.c.document).where(DOCUMENTS.c.account_id == account_id, DOCUMENTS.c.kind == kind)
    text = connection.execute(asked).scalar()
    document: Json = None if text is None else msgspec.json.decode(text)
    return document


def keep_document(connection: Connection, account_id: int, kind: str, document: Json) -> None:
    """Put it in place of what was kept; None keeps nothing."""
    connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.account_id == account_id, DOCUMENTS.c.kind == kind))
    if document is not None:
        text = msgspec.json.encode(document).decode()
        connection.execute(insert(DOCUMENTS).values(account_id=account_id, kind=kind, document=text))


def documents_of(connection: Connection, account_id: int) -> dict[str, Json]:
    """All of an account, by kind."""
    asked = select(DOCUMENTS.c.kind, DOCUMENTS.c.document).where(DOCUMENTS.c.account_id == account_id)
    return {kind: msgspec.json.decode(text) for kind, text in connection.execute(asked)}
