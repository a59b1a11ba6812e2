"""What describes a user or a channel changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chatd.core.audience import NOBODY, Audience
from chatd.core.events.base import Event, Lost
from chatd.core.events.channels import existing
from chatd.core.metadata import changed
from chatd.core.network import Network

Changes = tuple[tuple[str, str | None], ...]
"""Keys with their new values; None where a key is taken away."""


@dataclass(slots=True, eq=False)
class MetadataChanged(Event):
    """Keys of the user ``uid``, or of the channel ``folded``, are set or taken away.

    Those of somebody who is logged in are the account's.

    ``cleared`` says that everything was to go; then what is not there any more is dropped.  Who is told depends on
    what each session is subscribed to, which only its own node knows; so the audience is nobody.
    """

    uid: str
    folded: str
    changes: Changes
    cleared: bool = False
    target: str = field(init=False, default="")

    def apply(self, network: Network) -> Audience:
        user = network.users.get(self.uid)
        if self.uid and user is None:
            self._keep(network)
            raise Lost
        if self.origin.uid:
            self.actor(network)
        if user is not None:
            self.target = user.nick
            user.metadata = self._after(user.metadata)
            if user.account is not None:
                network.registry.describe(network.fold(user.account), self.changes)
        else:
            channel = existing(network, self.folded)
            self.target = channel.name
            channel.metadata = self._after(channel.metadata)
            channel.touch()
        return NOBODY

    def _keep(self, network: Network) -> None:
        """Somebody who has set it of the own account has left meanwhile: it is written down, and there next time."""
        account = network.fold(self.origin.account or "")
        if self.uid == self.origin.uid and network.registry.account(account, network.fold) is not None:
            network.registry.describe(account, self.changes)

    def _after(self, values: Mapping[str, str]) -> Mapping[str, str]:
        if self.cleared:
            self.changes = tuple(change for change in self.changes if change[0] in values)
        return changed(values, self.changes)
