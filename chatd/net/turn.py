"""One turn: what many sockets have, read at once, and what is done when all of that has been carried out.

The reactor looks up a log prefix and a context for each socket that it reads, and makes a timer of what is to be done
soon.  Here one reader of the reactor stands for all connections: its descriptor is an epoll with theirs in it.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.reports import reporter

log = reporter(__name__)

_EPOLL: Callable[[], Any] | None = getattr(select, "epoll", None)
_IN: int = getattr(select, "EPOLLIN", 1)


@implementer(IReadDescriptor)
class Turn:
    """Reads the connections of a reactor.  Where the system has no epoll, the reactor does, in its own way."""

    def __init__(self, reactor: Any, make_epoll: Callable[[], Any] | None = _EPOLL) -> None:
        self._reactor = reactor
        self._make_epoll = make_epoll
        self._epoll: Any = None
        self._readers: dict[int, Any] = {}
        self._last: list[Callable[[], None]] = []
        self._reading = False

    def add(self, transport: Any) -> None:
        """Read from a transport when it has something; a second time is harmless."""
        if self._make_epoll is None:
            self._reactor.addReader(transport)
            return
        if self._epoll is None:
            # Not earlier: twistd may have gone into the background since the start.
            self._epoll = self._make_epoll()
            self._reactor.addReader(self)
        number = transport.fileno()
        if number not in self._readers:
            self._epoll.register(number, _IN)
            self._readers[number] = transport

    def remove(self, transport: Any) -> bool:
        """Read no more from a transport; says whether this did until now."""
        number = transport.fileno()
        if self._readers.get(number) is transport:
            del self._readers[number]
            self._epoll.unregister(number)
            return True
        if self._epoll is None:
            self._reactor.removeReader(transport)
        return False

    def at_end(self, function: Callable[[], None]) -> None:
        """Call a function when everything that has come in is carried out; never at once."""
        if self._reading:
            self._last.append(function)
        else:
            self._reactor.callLater(0, function)

    def doRead(self) -> None:
        """See ``IReadDescriptor``: read once from each transport that has something."""
        self._reading = True
        try:
            self._read_all()
        finally:  # also when somebody tries to end the process from in here
            self._reading = False
            self._end()

    def _read_all(self) -> None:
        readers = self._readers
        for number, _ in self._epoll.poll(0, max(1, len(readers))):
            transport = readers.get(number)
            if transport is None:  # gone since the turn began
                continue
            try:
                why = transport.doRead()
            except Exception as problem:
                log.failure("reading from a connection failed")
                why = problem
            if why is not None:
                self._lose(transport, why)

    def _end(self) -> None:
        last, self._last = self._last, []
        for function in last:
            try:
                function()
            except Exception:
                log.failure("the end of a turn failed")

    def _lose(self, transport: Any, why: Exception) -> None:
        self.remove(transport)
        reason = Failure(why)
        try:
            if isinstance(why, ConnectionDone):
                transport.readConnectionLost(reason)
            else:
                self._reactor.removeWriter(transport)
                transport.connectionLost(reason)
        except Exception:
            log.failure("the end of a connection failed")

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops: so do all connections that are left."""
        for transport in list(self._readers.values()):
            transport.connectionLost(reason)

    def fileno(self) -> int:
        """See ``IReadDescriptor``."""
        number: int = self._epoll.fileno()
        return number

    def logPrefix(self) -> str:
        """See ``IReadDescriptor``."""
        return "chatd"
