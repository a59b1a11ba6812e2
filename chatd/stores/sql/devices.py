"""The certificates and the tokens that devices log in with."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from chatd.core.accounts import Account, CertificateTaken, SessionToken, TooMany
from chatd.stores.sql.asking import Asking, count, held, or_else
from chatd.stores.sql.rows import ACCOUNT, TOKEN, account_from, token_from
from chatd.stores.sql.schema import ACCOUNTS, CERTIFICATES, TOKENS


class Devices(Asking):
    """Part of ``SqlAccounts``; see ``interfaces.AccountStore`` for all methods."""

    def by_certificate(self, certfp: str) -> Account | None:
        whose = CERTIFICATES.join(ACCOUNTS, CERTIFICATES.c.account_id == ACCOUNTS.c.account_id)
        asked = select(*ACCOUNT).select_from(whose).where(CERTIFICATES.c.certfp == certfp)
        row = self.database.read(lambda connection: connection.execute(asked).first())
        return None if row is None else account_from(row)

    def add_certificate(
        self, account_id: int, certfp: str, now_ms: int, limit: int, is_shown: bool = False
    ) -> None:
        added = insert(CERTIFICATES).values(certfp=certfp, account_id=account_id, added_ms=now_ms)
        of_another = delete(CERTIFICATES).where(
            CERTIFICATES.c.certfp == certfp, CERTIFICATES.c.account_id != account_id
        )

        def work(connection: Connection) -> None:
            held(connection, account_id)
            if is_shown:
                connection.execute(of_another)
            with or_else(CertificateTaken):
                connection.execute(added)
            if count(connection, CERTIFICATES, CERTIFICATES.c.account_id == account_id) > limit:
                raise TooMany

        self.database.write(work)

    def remove_certificate(self, account_id: int, certfp: str) -> bool:
        removed = delete(CERTIFICATES).where(
            CERTIFICATES.c.certfp == certfp, CERTIFICATES.c.account_id == account_id
        )
        return self.database.write(lambda connection: connection.execute(removed).rowcount) > 0

    def certificates(self, account_id: int) -> list[str]:
        return self.database.read(lambda connection: [certfp for certfp, _ in certificates_of(connection, account_id)])

    def add_token(self, token: SessionToken, limit: int) -> None:
        added = insert(TOKENS).values(
            token_id=token.token_id, account_id=token.account_id, secret_hash=token.secret_hash, device=token.device,
            address=token.address, created_ms=token.created_ms, used_ms=token.used_ms, expires_ms=token.expires_ms,
        )  # fmt: skip
        is_valid = (TOKENS.c.expires_ms == 0) | (TOKENS.c.expires_ms > token.created_ms)

        def work(connection: Connection) -> None:
            held(connection, token.account_id)
            if count(connection, TOKENS, TOKENS.c.account_id == token.account_id, is_valid) >= limit:
                raise TooMany
            connection.execute(added)

        self.database.write(work)

    def token(self, token_id: str) -> tuple[SessionToken, Account] | None:
        whose = TOKENS.join(ACCOUNTS, TOKENS.c.account_id == ACCOUNTS.c.account_id)
        asked = select(*TOKEN, *ACCOUNT).select_from(whose).where(TOKENS.c.token_id == token_id)
        row = self.database.read(lambda connection: connection.execute(asked).first())
        return None if row is None else (token_from(row[: len(TOKEN)]), account_from(row[len(TOKEN) :]))

    def touch_token(self, token_id: str, now_ms: int, address: str) -> None:
        touched = update(TOKENS).where(TOKENS.c.token_id == token_id).values(used_ms=now_ms, address=address)
        self.database.write(lambda connection: connection.execute(touched))

    def tokens(self, account_id: int) -> list[SessionToken]:
        return self.database.read(lambda connection: tokens_of(connection, account_id))

    def remove_token(self, account_id: int, token_id: str) -> bool:
        removed = delete(TOKENS).where(TOKENS.c.token_id == token_id, TOKENS.c.account_id == account_id)
        return self.database.write(lambda connection: connection.execute(removed).rowcount) > 0

    def remove_tokens(self, account_id: int) -> int:
        removed = delete(TOKENS).where(TOKENS.c.account_id == account_id)
        return self.database.write(lambda connection: connection.execute(removed).rowcount)


def certificates_of(connection: Connection, account_id: int) -> list[tuple[str, int]]:
    """The fingerprints of an account with the moments they were added, the oldest first."""
    column = CERTIFICATES.c
    asked = select(column.certfp, column.added_ms).where(column.account_id == account_id)
    return [(row[0], row[1]) for row in connection.execute(asked.order_by(column.added_ms, column.certfp))]


def tokens_of(connection: Connection, account_id: int) -> list[SessionToken]:
    """The tokens of an account, the oldest first."""
    asked = select(*TOKEN).where(TOKENS.c.account_id == account_id)
    return [token_from(row) for row in connection.execute(asked.order_by(TOKENS.c.created_ms, TOKENS.c.token_id))]
