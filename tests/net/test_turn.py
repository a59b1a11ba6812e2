"""The turn: all that has come in is read, and then what was to be done at the end is done once."""

import socket

import pytest
from twisted.internet.error import ConnectionDone
from twisted.logger import capturedLogs
from twisted.python.failure import Failure

from chatd.net.turn import Turn


class Reactor:
    """Notes what is asked of it."""

    def __init__(self):
        self.readers, self.later, self.not_writing = [], [], []

    def addReader(self, reader):
        self.readers.append(reader)

    def removeReader(self, reader):
        self.readers.remove(reader)

    def removeWriter(self, writer):
        self.not_writing.append(writer)

    def callLater(self, delay_s, function):
        self.later.append((delay_s, function))


class Transport:
    """One end of a pair of sockets; ``reads`` is what doRead does and returns."""

    def __init__(self, seen, reads=lambda: None):
        self.ours, self.theirs = socket.socketpair()
        self.fileno = self.ours.fileno
        self.seen, self.reads = seen, reads

    def doRead(self):
        self.seen.append(self.ours.recv(100))
        return self.reads()

    def readConnectionLost(self, reason):
        self.seen.append(("closed", reason.type))

    def connectionLost(self, reason):
        self.seen.append(("lost", reason.type))

    def close(self):
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def seen():
    """What happened, in order."""
    return []


@pytest.fixture
def reactor():
    return Reactor()


@pytest.fixture
def turn(reactor):
    return Turn(reactor)


@pytest.fixture
def made(seen, turn):
    """Make transports that the turn reads."""
    transports = []

    def make(reads=lambda: None):
        transports.append(Transport(seen, reads))
        turn.add(transports[-1])
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


def test_the_end_comes_once_after_all_that_has_come_in(turn, seen, made, reactor):
    def ask():
        if "asked" not in seen:
            turn.at_end(lambda: seen.append("end"))
        seen.append("asked")

    first, second, idle = made(ask), made(ask), made(ask)
    first.theirs.send(b"one")
    second.theirs.send(b"two")
    turn.doRead()
    assert seen == [b"one", "asked", b"two", "asked", "end"]
    assert reactor.readers == [turn], "the reactor has one reader, however many there are"
    assert reactor.later == []
    turn.doRead()
    assert len(seen) == 5, "nothing came, nothing is read"
    assert idle.ours.fileno() != -1


def test_outside_of_a_turn_the_end_is_the_reactors(turn, reactor, seen, made):
    turn.at_end(lambda: seen.append("end"))
    assert seen == []
    ((delay_s, function),) = reactor.later
    function()
    assert (delay_s, seen) == (0, ["end"])


def test_who_is_not_read_is_left_alone_until_it_is_again(turn, seen, made):
    transport = made()
    turn.add(transport)
    transport.theirs.send(b"now")
    turn.remove(transport)
    turn.remove(transport)
    turn.doRead()
    assert seen == []
    turn.add(transport)
    turn.doRead()
    assert seen == [b"now"]


def test_who_closes_is_closed_and_who_breaks_is_lost(turn, seen, made, reactor):
    closing = made(ConnectionDone)
    closing.theirs.close()
    turn.doRead()
    assert seen == [b"", ("closed", ConnectionDone)]
    seen.clear()
    broken = made(lambda: OSError("broken"))
    broken.theirs.send(b"x")
    turn.doRead()
    turn.doRead()
    assert seen == [b"x", ("lost", OSError)]
    assert reactor.not_writing == [broken]


@pytest.mark.fails_inside
def test_a_reader_that_fails_is_lost_and_the_others_are_read_all_the_same(turn, seen, made):
    def fail():
        turn.at_end(lambda: seen.append("end"))
        raise ZeroDivisionError

    failing, other = made(fail), made()
    failing.theirs.send(b"one")
    other.theirs.send(b"two")
    with capturedLogs() as events:
        turn.doRead()
    assert seen == [b"one", ("lost", ZeroDivisionError), b"two", "end"]
    assert [event["log_format"] for event in events] == ["reading from a connection failed"]


@pytest.mark.fails_inside
def test_an_end_that_fails_keeps_no_other_from_being_called(turn, seen, made):
    def ask():
        turn.at_end(lambda: 1 // 0)
        turn.at_end(lambda: seen.append("end"))

    made(ask).theirs.send(b"one")
    with capturedLogs() as events:
        turn.doRead()
    assert seen == [b"one", "end"]
    assert [event["log_format"] for event in events] == ["the end of a turn failed"]


def test_who_tries_to_end_the_process_does_not_end_the_turn(turn, seen, made, reactor):
    def leave():
        turn.at_end(lambda: seen.append("end"))
        raise SystemExit

    made(leave).theirs.send(b"one")
    with pytest.raises(SystemExit):
        turn.doRead()
    assert seen == [b"one", "end"]
    turn.at_end(lambda: None)
    assert len(reactor.later) == 1


def test_one_that_could_not_be_read_can_be_later(reactor, seen):
    class Full(list):
        def register(self, number, events):
            self.append(number)
            if len(self) == 1:
                raise OSError(28, "No space left on device")

    epoll, transport = Full(), Transport(seen)
    turn = Turn(reactor, lambda: epoll)
    with pytest.raises(OSError, match="No space left"):
        turn.add(transport)
    turn.add(transport)
    assert epoll == [transport.fileno()] * 2
    transport.close()


def test_one_that_another_has_ended_in_the_same_turn_is_not_read(turn, seen, made):
    transports = []

    def end_the_others():
        for transport in transports:
            turn.remove(transport)

    transports += [made(end_the_others), made(end_the_others)]
    for transport in transports:
        transport.theirs.send(b"x")
    turn.doRead()
    assert seen == [b"x"]


def test_when_the_reactor_stops_those_that_are_left_are_lost(turn, seen, made):
    made()
    turn.connectionLost(Failure(ConnectionDone()))
    assert seen == [("lost", ConnectionDone)]


def test_without_epoll_the_reactor_reads_each(reactor, seen):
    turn, transport = Turn(reactor, None), Transport(seen)
    turn.add(transport)
    assert reactor.readers == [transport]
    turn.remove(transport)
    assert reactor.readers == []
    transport.close()
