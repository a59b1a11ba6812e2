"""sts: clients are told to come by TLS only.  See IRCv3, "Strict Transport Security"."""

from __future__ import annotations

from chatd.config import Config
from chatd.core.caps import Policy
from chatd.interfaces import Peer


def told(config: Config, peer: Peer) -> str | None:
    """Without TLS, where to come by it; with TLS, for how long to keep to it, by the name the client connected to.

    Web pages and gateways are told nothing: they do not choose how they connect.
    """
    if not peer.direct:
        return None
    if not peer.secure:
        return f"port={config.sts.port}" if config.sts.port else None
    for host in config.sts.hosts:
        if host.name.lower() == peer.asked_name.lower():
            return f"duration={host.duration_s}{',preload' if host.preload else ''}"
    return None


STS = Policy("sts", told)
