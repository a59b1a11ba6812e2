"""What one connection may send and leave unread: flood allowance, recvq and sendq, and all of it switched off."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chatd.config import Config, Flood
from chatd.testing import Client, Stage

USUAL = Config()


def bounded(flood: Flood | None = None, **connections: int) -> Stage:
    """A stage with these bounds."""
    return Stage(replace(USUAL, flood=flood or USUAL.flood, connections=replace(USUAL.connections, **connections)))


def pongs(client: Client) -> list[str]:
    """The tokens that were answered."""
    return [line.rsplit(":", 1)[1] for line in client.take() if " PONG " in line]


def test_over_the_allowance_lines_wait_and_keep_their_order() -> None:
    """A budget that refills; nothing is lost."""
    stage = bounded(Flood(burst=10, per_second=5))
    alice = stage.connect("alice")
    stage.passes(10)
    alice.sends_bytes(b"".join(b"PING %d\r\n" % number for number in range(30)))
    answered = pongs(alice)
    assert len(answered) == 11
    for _ in range(4):
        stage.passes(1)
        now = pongs(alice)
        assert 1 <= len(now) <= 6
        answered += now
    assert answered == [str(number) for number in range(30)]


@pytest.mark.parametrize("chunk", [1, 7, 400])
def test_a_line_without_end_is_cut_off(chunk: int) -> None:
    """An unterminated flood of bytes is cut off at a bound, however it comes."""
    stage = bounded(recvq_bytes=5000)
    client = stage.open()
    sent = 0
    while not client.closed and sent < 20_000:
        client.sends_bytes(b"x" * chunk)
        sent += chunk
    assert 5000 < sent <= 5000 + chunk
    client.sees("ERROR :Closing link: 192.0.2.1 (Excess Flood (no end of line))")


def test_who_sends_far_too_much_is_closed() -> None:
    """Lines that wait for the allowance are bounded by recvq."""
    stage = bounded(Flood(burst=1, per_second=1), recvq_bytes=2000)
    alice = stage.connect("alice")
    alice.sends_bytes(b"PING xxxxxxxx\r\n" * 200)
    assert alice.closed
    assert alice.take()[-1] == "ERROR :Closing link: 192.0.2.1 (Excess Flood)"


def test_who_does_not_read_is_closed() -> None:
    """Bytes stay in the outbox up to sendq; others are not held up, and are told."""
    stage = bounded(sendq_bytes=4000)
    slow, alice, bob = (stage.connect(nick) for nick in ("slow", "alice", "bob"))
    for client in (slow, alice, bob):
        client.sends("JOIN #chat")
    slow.session.pause()
    slow.take()
    bob.take()
    said = 0
    while not slow.closed and said < 100:
        alice.sends(f"PRIVMSG #chat :{'x' * 200}")
        said += 1
    assert 4000 // 300 <= said <= 4000 // 200 + 1
    assert slow.take() == ["ERROR :Closing link: 192.0.2.1 (SendQ exceeded)"]
    heard = bob.take()
    assert sum(" PRIVMSG " in line for line in heard) == said
    assert heard[-1].endswith(" QUIT :SendQ exceeded")


def test_who_reads_again_gets_everything() -> None:
    """In one write, in order."""
    stage = bounded(sendq_bytes=4000)
    slow, alice = stage.connect("slow"), stage.connect("alice")
    slow.session.pause()
    for number in range(5):
        alice.sends(f"PRIVMSG slow :{number}")
    assert slow.take() == []
    slow.session.resume()
    stage.settle()
    assert [line.rsplit(":", 1)[1] for line in slow.take()] == ["0", "1", "2", "3", "4"]


def test_all_can_be_switched_off() -> None:
    """For a benchmark: no allowance, no recvq, no sendq, no time-outs."""
    off = {name: 0 for name in ("sendq_bytes", "recvq_bytes", "registration_timeout_s", "ping_interval_s")}
    stage = bounded(Flood(enabled=False), **off)
    silent, alice = stage.open(), stage.connect("alice")
    alice.session.pause()
    alice.sends_bytes(b"PING xxxxxxxx\r\n" * 20_000)
    stage.passes(200)
    alice.session.resume()
    stage.settle()
    assert len(pongs(alice)) == 20_000
    assert not alice.closed and not silent.closed
