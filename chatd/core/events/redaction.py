"""Messages being taken back."""

from __future__ import annotations

from dataclasses import dataclass

from chatd.core.channel import Channel
from chatd.core.events.about import AboutSaid, AboutWhispered
from chatd.core.network import Network
from chatd.core.recent import Remembered
from chatd.core.user import User


def forget(place: Channel | User, message: Remembered | None) -> None:
    """Remember a message no more."""
    if place.recent is not None and message is not None:
        place.recent.remove(message)


@dataclass(slots=True, eq=False)
class Redacted(AboutSaid):
    """The message is taken back, for a reason or none."""

    reason: str

    def happen(self, network: Network, user: User, place: Channel, message: Remembered | None) -> None:
        forget(place, message)


@dataclass(slots=True, eq=False)
class WhisperRedacted(AboutWhispered):
    """The same of a message to somebody."""

    reason: str

    def happen(self, network: Network, user: User, place: User, message: Remembered | None) -> None:
        forget(place, message)
