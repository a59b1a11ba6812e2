"""The password of the server itself: who is asked for it, and whether what they give is right.

Nothing here blocks.  A wrong password costs a hash and is throttled by address; the right one costs that once, as its
keyed digest is kept in memory, so that a thousand who come back after a restart are not a thousand hashes.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from math import ceil
from typing import TYPE_CHECKING

from chatd.config import is_within, networks
from chatd.credentials.passwords import is_configured
from chatd.lanes import Done, Spawn, Work

if TYPE_CHECKING:
    from chatd.config import Config
    from chatd.context import Context, Node
    from chatd.session import Session


class ServerPassword:
    """One for each node."""

    __slots__ = ("_free", "_key", "_known", "_node", "_settings", "_waiting")

    def __init__(self, node: Node) -> None:
        self._node = node
        self._key = secrets.token_bytes(32)
        self._known = b""
        # Who waits for the result, for each digest that is being checked.
        self._waiting: dict[bytes, list[Done]] = {}
        self.use(node.config)

    def use(self, config: Config) -> None:
        """Take the section ``[password]``, from now on."""
        self._settings = config.password
        self._free = networks(config.password.free_networks)

    def is_asked_of(self, session: Session) -> bool:
        """Whether whoever comes by this connection has to give it at all."""
        return (
            bool(self._settings.hash)
            and session.peer.listener not in self._settings.free_listeners
            and not is_within(session.ip, self._free)
        )

    def lets_in(self, session: Session) -> bool:
        """Whether a session may become a user, and make an account."""
        suffices = self._settings.accounts_suffice and session.account is not None
        return session.knows_password or suffices or not self.is_asked_of(session)

    def may_log_in_instead(self, session: Session) -> bool:
        """Whether an account's password would do instead."""
        return self._settings.accounts_suffice or self.lets_in(session)

    def check(self, ctx: Context, given: str, then: Callable[[bool], None], may_log_in: bool = False) -> None:
        """Check what was given; ``then`` is not called for a session that is closed for trying too often.

        What ``may_log_in`` when it is wrong is charged by the log-in desk then.
        """
        stored = self._settings.hash.encode()
        digest = hmac.digest(self._key, stored + given.encode(), "sha256")
        if hmac.compare_digest(digest, self._known):
            then(True)
            return
        ip, throttle = ctx.session.ip, self._node.desk.throttle
        is_new = digest not in self._waiting
        wait_s = throttle.begin("", ip, ctx.now_ms() / 1000) if is_new else 0
        if wait_s:
            ctx.session.close(f"Too many wrong passwords; try again in {ceil(wait_s)} seconds")
            return

        def answer(right: bool) -> None:
            if right:
                self._known = digest
            if is_new and (right or may_log_in):
                throttle.give_back("", ip)
            then(right)

        def give_up() -> None:
            ctx.session.close("Your password cannot be checked just now; try again in a minute")

        def lane(work: Work, done: Done) -> None:
            self._check_once(self._node.desk.hashing_for(ctx), digest, work, done)

        ctx.wait(lambda: is_configured(given, stored), answer, lane=lane, unavailable=give_up)

    def _check_once(self, hashing: Spawn, digest: bytes, work: Work, done: Done) -> None:
        """Have a password checked, together with the same one of others that is being checked already."""
        if digest in self._waiting:
            self._waiting[digest].append(done)
            return
        self._waiting[digest] = [done]

        def checked(result: object) -> None:
            for each in self._waiting.pop(digest):
                each(result)

        hashing(work, checked)
