"""Invite links: codes that let people into a registered channel, for whoever made them.

A code reads ``ci-<public half>-<secret>`` and stands wherever a key can; only a hash of the secret is kept.
"""

from __future__ import annotations

import hmac
import re
import secrets

from chatd.context import Context
from chatd.core.channel import Channel
from chatd.core.registered import InviteLink
from chatd.credentials.tokens import hash_secret

_CODE = re.compile(r"ci-([a-z0-9]{6})-([A-Za-z0-9_-]{22})\Z")
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_code() -> tuple[str, str, str]:
    """Make a code: the text that is shown once, its public half, and the hash that is kept."""
    link_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(6))
    secret = secrets.token_urlsafe(16)
    return f"ci-{link_id}-{secret}", link_id, hash_secret(secret).hex()


def valid_link(ctx: Context, channel: Channel, key: str) -> str:
    """The public half of the link that this key is, if it lets somebody into the channel now; or "".

    It does so as long as the account that made it may invite.
    """
    registration, found = channel.registered, _CODE.match(key)
    if registration is None or found is None:
        return ""
    link = registration.links.get(found[1])
    expected = link.secret_hash if link is not None else "0" * 64
    proved = hmac.compare_digest(hash_secret(found[2]).hex(), expected)
    if link is None or not proved or not link.holds(ctx.now_ms()):
        return ""
    return link.link_id if "invite" in registration.flags_of_account(link.maker) else ""


def shown_uses(link: InviteLink) -> str:
    """How often a link can still be used, in words."""
    if link.uses_left < 0:
        return "any number of uses"
    return f"{link.uses_left} use{'s' * (link.uses_left != 1)} left"
