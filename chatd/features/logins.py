"""ACCOUNT: being told who logs in and out, and from which account a line comes.

See IRCv3 account-notify and account-tag.  Who may log in, and how, is not known here.
"""

from __future__ import annotations

from chatd.core.caps import Capability, Tag
from chatd.core.catalog import renders
from chatd.core.events import AccountChanged
from chatd.delivery.lines import told_to_watchers
from chatd.delivery.outgoing import Outgoing

ACCOUNT_NOTIFY = Capability("account-notify")
ACCOUNT_TAG = Capability("account-tag")
ACCOUNT = Tag("account", ACCOUNT_TAG, lambda event: event.origin.account)


@renders(AccountChanged)
def show_account_changed(event: AccountChanged) -> list[Outgoing]:
    """``:source ACCOUNT name``, or ``*`` for who logged out, to those who negotiated account-notify."""
    body = f":{event.origin.source} ACCOUNT {event.account or '*'}"
    return told_to_watchers(event, event, body, ACCOUNT_NOTIFY.bit)
