"""Listeners on real sockets of this machine, with a gate that writes down what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from worldside import Doorkeeper

from chatd.config import Config, Listen, Proxy, Tls, WebSocket
from chatd.net.certificates import Certificates
from chatd.net.listening import Listeners


class House:
    """Open listeners with what stands behind them."""

    def __init__(self, listeners: Listeners, gate: Doorkeeper, certificates: Certificates | None) -> None:
        self.listeners = listeners
        self.gate = gate
        self.certificates = certificates
        self.warnings: list[str] = []

    @property
    def port(self) -> int:
        return int(self.listeners.ports[0][2].getHost().port)

    def seconds_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.listeners.tick()


@pytest.fixture
def open_house(tmp_path: Any) -> Iterator[Callable[..., House]]:
    """Open listeners; ``listen`` names them as the configuration does (``tls_at`` those of TLS)."""
    houses: list[House] = []

    def build(
        refusal: str | None = None,
        tls: Tls | None = None,
        networks: Any = (),
        web: WebSocket | None = None,
        **listen: Any,
    ) -> House:
        listen["tls"] = listen.pop("tls_at", ())
        listen = {"plain": ()} | {name: tuple(texts) for name, texts in listen.items()}
        config = Config(
            listen=Listen(**listen),
            tls=tls or Tls(),
            proxy=Proxy(networks=tuple(networks)),
            websocket=web or WebSocket(),
        )
        certificates = None
        if config.listen.need_certificate:
            certificates = Certificates(config.tls, "irc.example.org", tmp_path)
        gate = Doorkeeper(refusal)
        house = House(Listeners(reactor, gate, certificates, lambda text: None), gate, certificates)
        house.listeners.open(config)
        houses.append(house)
        return house

    yield build
    for house in houses:
        closing = house.listeners.close()
        gone = [link.gone() for link in house.gate.links if not link.reasons]
        for link in house.gate.links:
            link.writer.abort()
        pytest_twisted.blockon(gatherResults([*filter(None, closing), *gone]))
