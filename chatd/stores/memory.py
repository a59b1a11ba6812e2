"""Accounts in memory, with the rules of the real store; for stages and tests."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from chatd.core.accounts import (
    NAMES,
    Account,
    CertificateTaken,
    CodeRefused,
    Credentials,
    Deleted,
    Invitation,
    InvitationRefused,
    Json,
    PendingCode,
    SessionToken,
    Suspension,
    TooMany,
    names_after,
)
from chatd.stores.export import Holdings, exported
from chatd.stores.shelf import Shelf


class MemoryAccounts:
    """Implements ``interfaces.AccountStore``."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def owners(self) -> list[tuple[str, str]]:
        """See ``interfaces.AccountStore``, here and below."""
        shelf = self.shelf
        with shelf.asked():
            return [(folded, shelf.accounts[holder].name) for folded, (holder, _) in shelf.nicks.items()]

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
        shelf = self.shelf
        with shelf.asked():
            account_id = shelf.newest_id + 1
            shelf.take_name(folded, account_id)
            if invitation_hash is not None:
                invitation = shelf.invitations.get(invitation_hash)
                if invitation is None or invitation.uses_left < 1 or 0 < invitation.expires_ms <= now_ms:
                    raise InvitationRefused
                shelf.invitations[invitation_hash] = replace(invitation, uses_left=invitation.uses_left - 1)
            shelf.newest_id = account_id
            account = Account(account_id, name, folded, now_ms, 0 if pending else now_ms, email)
            shelf.accounts[account_id] = account
            shelf.nicks[folded] = account_id, name
            if credentials is not None:
                shelf.credentials[account_id] = credentials
            if pending is not None:
                shelf.codes[account_id, pending.purpose] = pending
            return account

    def find(self, folded: str) -> Account | None:
        found = self.look_up(folded)
        return None if found is None else found[0]

    def look_up(self, folded: str) -> tuple[Account, Credentials | None] | None:
        shelf = self.shelf
        with shelf.asked():
            holder, _ = shelf.nicks.get(folded, (0, ""))
            return (shelf.accounts[holder], shelf.credentials.get(holder)) if holder else None

    def set_credentials(
        self, account_id: int, credentials: Credentials | None, *, instead_of: Credentials | None = None
    ) -> None:
        with self.shelf.asked():
            if instead_of is not None and self.shelf.credentials.get(account_id) != instead_of:
                return
            self.shelf.account(account_id)
            if credentials is None:
                self.shelf.credentials.pop(account_id, None)
            else:
                self.shelf.credentials[account_id] = credentials

    def set_email(self, account_id: int, email: str) -> None:
        with self.shelf.asked():
            self.shelf.accounts[account_id] = replace(self.shelf.account(account_id), email=email)

    def put_code(self, account_id: int, pending: PendingCode) -> None:
        with self.shelf.asked():
            self.shelf.account(account_id)
            self.shelf.codes[account_id, pending.purpose] = pending

    def confirm(self, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
        with self.shelf.asked():
            return self._confirm(account_id, purpose, code_hash, now_ms)

    def _confirm(self, account_id: int, purpose: str, code_hash: bytes, now_ms: int) -> Account:
        shelf = self.shelf
        code = shelf.codes.get((account_id, purpose))
        if code is None or code.expires_ms <= now_ms or code.code_hash != code_hash:
            raise CodeRefused
        del shelf.codes[account_id, purpose]
        account = shelf.account(account_id)
        account = replace(account, verified_ms=account.verified_ms or now_ms, email=code.email or account.email)
        shelf.accounts[account_id] = account
        return account

    def reset(self, account_id: int, code_hash: bytes, credentials: Credentials, now_ms: int) -> Account:
        with self.shelf.asked():
            account = self._confirm(account_id, "reset", code_hash, now_ms)
            self.shelf.credentials[account_id] = credentials
            for token in self._tokens(account_id):
                del self.shelf.tokens[token.token_id]
            return account

    def by_certificate(self, certfp: str) -> Account | None:
        with self.shelf.asked():
            holder, _ = self.shelf.certificates.get(certfp, (0, 0))
            return self.shelf.accounts.get(holder)

    def add_certificate(
        self, account_id: int, certfp: str, now_ms: int, limit: int, is_shown: bool = False
    ) -> None:
        shelf = self.shelf
        with shelf.asked():
            shelf.account(account_id)
            there = shelf.certificates.get(certfp)
            if there is not None and (there[0] == account_id or not is_shown):
                raise CertificateTaken
            if len([holder for holder, _ in shelf.certificates.values() if holder == account_id]) >= limit:
                raise TooMany
            shelf.certificates.pop(certfp, None)
            shelf.certificates[certfp] = account_id, now_ms

    def remove_certificate(self, account_id: int, certfp: str) -> bool:
        with self.shelf.asked():
            held = self.shelf.certificates.get(certfp, (0, 0))[0] == account_id
            if held:
                del self.shelf.certificates[certfp]
            return held

    def certificates(self, account_id: int) -> list[str]:
        with self.shelf.asked():
            return [certfp for certfp, (holder, _) in self.shelf.certificates.items() if holder == account_id]

    def add_token(self, token: SessionToken, limit: int) -> None:
        with self.shelf.asked():
            self.shelf.account(token.account_id)
            if len([each for each in self._tokens(token.account_id) if each.is_valid(token.created_ms)]) >= limit:
                raise TooMany
            self.shelf.tokens[token.token_id] = token

    def _tokens(self, account_id: int) -> list[SessionToken]:
        return [token for token in self.shelf.tokens.values() if token.account_id == account_id]

    def token(self, token_id: str) -> tuple[SessionToken, Account] | None:
        with self.shelf.asked():
            token = self.shelf.tokens.get(token_id)
            return None if token is None else (token, self.shelf.accounts[token.account_id])

    def touch_token(self, token_id: str, now_ms: int, address: str) -> None:
        with self.shelf.asked():
            token = self.shelf.tokens.get(token_id)
            if token is not None:
                self.shelf.tokens[token_id] = replace(token, used_ms=now_ms, address=address)

    def tokens(self, account_id: int) -> list[SessionToken]:
        with self.shelf.asked():
            return self._tokens(account_id)

    def remove_token(self, account_id: int, token_id: str) -> bool:
        with self.shelf.asked():
            token = self.shelf.tokens.get(token_id)
            if token is None or token.account_id != account_id:
                return False
            del self.shelf.tokens[token_id]
            return True

    def remove_tokens(self, account_id: int) -> int:
        with self.shelf.asked():
            gone = self._tokens(account_id)
            for token in gone:
                del self.shelf.tokens[token.token_id]
            return len(gone)

    def seen(self, account_id: int, now_ms: int) -> None:
        with self.shelf.asked():
            account = self.shelf.accounts.get(account_id)
            if account is not None:
                self.shelf.accounts[account_id] = replace(account, seen_ms=now_ms)

    def suspend(self, account_id: int, suspension: Suspension | None) -> None:
        with self.shelf.asked():
            self.shelf.accounts[account_id] = replace(self.shelf.account(account_id), suspension=suspension)

    def rename(self, account_id: int, name: str, folded: str, now_ms: int) -> Account:
        shelf = self.shelf
        with shelf.asked():
            before = shelf.account(account_id)
            shelf.take_name(folded, account_id)
            del shelf.nicks[before.folded]
            shelf.nicks[folded] = account_id, name
            shelf.accounts[account_id] = account = replace(before, name=name, folded=folded)
            if folded != before.folded:
                names = msgspec.json.decode(shelf.documents.get((account_id, NAMES), b"null"))
                shelf.documents[account_id, NAMES] = msgspec.json.encode(names_after(names, before, folded, now_ms))
            for key, channel in shelf.channels.items():
                founder, successor = (folded if each == before.folded else each
                                      for each in (channel.founder, channel.successor))  # fmt: skip
                shelf.channels[key] = replace(channel, founder=founder, successor=successor)
            return account

    def group(self, account_id: int, nick: str, folded: str, limit: int) -> None:
        shelf = self.shelf
        with shelf.asked():
            account = shelf.account(account_id)
            shelf.take_name(folded, account_id)
            if folded in shelf.nicks:
                return
            if len(self._nicks(account)) >= limit:
                raise TooMany
            shelf.nicks[folded] = account_id, nick

    def _nicks(self, account: Account) -> list[str]:
        nicks = sorted(self.shelf.nicks.items())
        return [nick for key, (holder, nick) in nicks if holder == account.account_id and key != account.folded]

    def ungroup(self, account_id: int, folded: str) -> bool:
        with self.shelf.asked():
            account = self.shelf.account(account_id)
            held = self.shelf.nicks.get(folded, (0, ""))[0] == account_id and folded != account.folded
            if held:
                del self.shelf.nicks[folded]
            return held

    def nicks(self, account_id: int) -> list[str]:
        with self.shelf.asked():
            return self._nicks(self.shelf.account(account_id))

    def delete(self, account_id: int, now_ms: int, *, reserve_until_ms: int = 0) -> Deleted:
        shelf = self.shelf
        with shelf.asked():
            shelf.account(account_id)
            if reserve_until_ms > now_ms:
                for folded, (holder, _) in shelf.nicks.items():
                    if holder == account_id:
                        shelf.reserved[folded] = reserve_until_ms
            return self._delete(account_id)

    def _delete(self, account_id: int) -> Deleted:
        account = self.shelf.forget(account_id)
        inherited, dropped = [], []
        for key, channel in list(self.shelf.channels.items()):
            if channel.successor == account.folded:
                self.shelf.channels[key] = replace(channel, successor="")
            elif channel.founder == account.folded and channel.successor:
                self.shelf.channels[key] = replace(channel, founder=channel.successor, successor="")
                inherited.append(key)
            elif channel.founder == account.folded:
                del self.shelf.channels[key]
                dropped.append(key)
        return Deleted(account, tuple(sorted(inherited)), tuple(sorted(dropped)))

    def export(self, account_id: int) -> dict[str, Json]:
        shelf = self.shelf
        with shelf.asked():
            account = shelf.account(account_id)
            holdings = Holdings(
                credentials=shelf.credentials.get(account_id),
                nicks=self._nicks(account),
                certificates=[(key, added) for key, (holder, added) in shelf.certificates.items()
                              if holder == account_id],
                tokens=self._tokens(account_id),
                codes=[code for (holder, _), code in shelf.codes.items() if holder == account_id],
                invitations=[each for each in shelf.invitations.values() if each.maker_id == account_id],
                documents={kind: msgspec.json.decode(text) for (holder, kind), text in shelf.documents.items()
                           if holder == account_id},
                founded=[each.name for each in shelf.channels.values() if each.founder == account.folded],
                to_inherit=[each.name for each in shelf.channels.values() if each.successor == account.folded],
            )  # fmt: skip
            return exported(account, holdings)

    def add_invitation(self, invitation: Invitation, limit: int) -> None:
        with self.shelf.asked():
            if invitation.maker_id is not None:
                self.shelf.account(invitation.maker_id)
            if len(self._invitations(invitation.maker_id)) >= limit:
                raise TooMany
            self.shelf.invitations[invitation.code_hash] = invitation

    def _invitations(self, maker_id: int | None) -> list[Invitation]:
        return [each for each in self.shelf.invitations.values() if each.maker_id == maker_id]

    def invitations(self, maker_id: int | None) -> list[Invitation]:
        with self.shelf.asked():
            return self._invitations(maker_id)

    def remove_invitation(self, maker_id: int | None, code_hash: bytes) -> bool:
        with self.shelf.asked():
            invitation = self.shelf.invitations.get(code_hash)
            if invitation is None or invitation.maker_id != maker_id:
                return False
            del self.shelf.invitations[code_hash]
            return True

    def documents(self, kind: str) -> list[tuple[str, Json]]:
        shelf = self.shelf
        with shelf.asked():
            found = [(shelf.accounts[key[0]].folded, text) for key, text in shelf.documents.items() if key[1] == kind]
        return [(folded, msgspec.json.decode(text)) for folded, text in found]

    def document(self, account_id: int, kind: str) -> Json:
        with self.shelf.asked():
            text: Json = msgspec.json.decode(self.shelf.documents.get((account_id, kind), b"null"))
            return text

    def put_document(self, account_id: int, kind: str, document: Json) -> None:
        with self.shelf.asked():
            self.shelf.account(account_id)
            if document is None:
                self.shelf.documents.pop((account_id, kind), None)
            else:
                self.shelf.documents[account_id, kind] = msgspec.json.encode(document)

    def purge(self, now_ms: int) -> list[Account]:
        shelf = self.shelf
        with shelf.asked():
            shelf.codes = {key: code for key, code in shelf.codes.items() if code.expires_ms > now_ms}
            awaited = {account_id for account_id, _ in shelf.codes}
            gone = [each for each in shelf.accounts.values() if not each.verified_ms and each.account_id not in awaited]
            for account in gone:
                self._delete(account.account_id)
            shelf.tokens = {key: token for key, token in shelf.tokens.items() if token.is_valid(now_ms)}
            shelf.invitations = {
                key: each for key, each in shelf.invitations.items()
                if each.uses_left and not 0 < each.expires_ms <= now_ms
            }  # fmt: skip
            shelf.reserved = {folded: until for folded, until in shelf.reserved.items() if until > now_ms}
            return gone

    def close(self) -> None:
        """Nothing to let go of in memory."""
