"""Messages being given another text."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.channel import Channel
from chatd.core.events.about import AboutSaid, AboutWhispered
from chatd.core.network import Network
from chatd.core.recent import Remembered
from chatd.core.refusal import Failed
from chatd.core.user import User


def count(event: Edited | WhisperEdited, network: Network, user: User) -> None:
    """Count an edit of its message; raises Failed when there were too many."""
    user.active_ms = event.time_ms
    if not network.edits.take(event.about, event.most, event.before):
        text = "This message was edited too often"
        raise Failed("EDIT", "TOO_MANY_EDITS", event.target, event.about, str(event.most), text=text)


@dataclass(slots=True, eq=False)
class Edited(AboutSaid):
    """The message has the text ``lines`` now.  It may be edited ``most`` times (0: ever).

    ``before`` is how often it was, as far as that was looked up in the log.
    """

    lines: tuple[str, ...]
    most: int = 0
    before: int = 0

    def happen(self, network: Network, user: User, place: Channel, message: Remembered | None) -> None:
        count(self, network, user)


@dataclass(slots=True, eq=False)
class WhisperEdited(AboutWhispered):
    """The same of a message to somebody."""

    lines: tuple[str, ...]
    most: int = 0
    before: int = 0

    def happen(self, network: Network, user: User, place: User, message: Remembered | None) -> None:
        count(self, network, user)
