"""Twisted's own IRCClient against a real server."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet import defer, endpoints, reactor
from twisted.words.protocols.irc import IRCClient

pytestmark = pytest.mark.process


class Listener(IRCClient):
    nickname = "twisted"

    def __init__(self) -> None:
        self.in_channel: defer.Deferred[str] = defer.Deferred()
        self.heard: defer.Deferred[tuple[str, str, str]] = defer.Deferred()

    def signedOn(self) -> None:
        self.join("#twisted")

    def joined(self, channel: str) -> None:
        self.in_channel.callback(channel)

    def privmsg(self, user: str, channel: str, message: str) -> None:
        self.heard.callback((user.partition("!")[0], channel, message))


@pytest_twisted.ensureDeferred
async def test_irc_client_joins_and_hears(serve):
    """IRCClient signs on, joins and is told what others say."""
    server = serve()
    other = server.connect("other")
    other.send("JOIN #twisted")
    other.until(" 366 ")
    client = Listener()
    endpoint = endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", server.port)
    await endpoints.connectProtocol(endpoint, client)
    assert await client.in_channel == "#twisted"
    other.send("PRIVMSG #twisted :hello twisted")
    assert await client.heard == ("other", "#twisted", "hello twisted")
    client.transport.loseConnection()
