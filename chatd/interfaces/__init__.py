"""Every port of the server: what the core asks of the world, and what the world may ask of the core.

Implementations live at the edge (net, history, ...) and are handed in by tap; tests hand in their own.
"""

from __future__ import annotations

from chatd.interfaces.accounts import AccountStore, Letter, Mailer
from chatd.interfaces.connections import Gate, Link, Peer, Writer
from chatd.interfaces.history import Archive, History, Index
from chatd.interfaces.keeping import ChannelStore, Journal, ServerBanStore

__all__ = [
    "AccountStore",
    "Archive",
    "ChannelStore",
    "Gate",
    "History",
    "Index",
    "Journal",
    "Letter",
    "Link",
    "Mailer",
    "Peer",
    "ServerBanStore",
    "Writer",
]
