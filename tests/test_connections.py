"""Lines and deadlines of a connection: too long, not UTF-8, in pieces, too many, none at all."""

from __future__ import annotations

from itertools import pairwise

from company import name, together
from hypothesis import given, settings
from hypothesis import strategies as st
from speaking import format_line

from chatd.testing import Stage
from chatd.wire.framing import Framer
from chatd.wire.message import escape, parse, unescape


def test_too_long_lines_are_refused_and_the_connection_lives(stage):
    """Over-long: 417, and the connection lives."""
    alice = stage.connect("alice")
    alice.sends("PRIVMSG bob :" + "x" * 510)
    alice.sees(f":{name(alice)} 417 alice :Input line was too long")
    alice.sends("PING a")
    alice.sees(f":{name(alice)} PONG {name(alice)} :a")


def test_invalid_utf8_is_refused(stage):
    """UTF8ONLY: what is not UTF-8 is not relayed and answered with FAIL INVALID_UTF8."""
    alice, bob = together(stage, "alice", "bob")
    alice.sends_bytes(b"PRIVMSG #chat :\xc3\x28\r\n")
    alice.sees(f":{name(alice)} FAIL PRIVMSG INVALID_UTF8 :Message rejected, it is not valid UTF-8")
    bob.sees()


def test_login_in_one_line_is_never_pinged_out():
    """LOGIN does NICK and USER in one line; such a connection is not pinged."""
    stage = Stage()
    person = stage.open().sends("LOGIN alice")
    assert " 001 alice " in person.take()[0]
    stage.passes(400)
    person.sees()
    assert not person.closed


def test_silent_clients_are_pinged_and_dropped():
    """PING after the interval, ERROR after the time-out."""
    stage = Stage()
    alice = stage.connect("alice")
    stage.passes(95)
    alice.sees(f"PING :{name(alice)}")
    alice.sends("PONG x")
    stage.passes(85)
    alice.sees()
    stage.passes(100)
    lines = alice.take()
    assert lines[0] == f"PING :{name(alice)}"
    assert lines[1].startswith("ERROR :Closing link: 192.0.2.1 (Ping timeout")


def test_registration_timeout():
    """A connection that does not register in time is closed."""
    stage = Stage()
    client = stage.open()
    stage.passes(62)
    client.sees("ERROR :Closing link: 192.0.2.1 (Registration timed out)")


def test_flood_is_delayed_then_dropped():
    """Over the allowance input is delayed; far over it the client is dropped with a reason."""
    stage = Stage()
    alice = stage.connect("alice")
    alice.sends_bytes(b"PING x\r\n" * 400)
    assert len(alice.take()) < 200
    stage.passes(20)
    alice.sends_bytes(b"PING x\r\n" * 20000)
    assert alice.take()[-1] == "ERROR :Closing link: 192.0.2.1 (Excess Flood)"


@given(st.lists(st.binary(max_size=60), max_size=6), st.lists(st.integers(0, 200), max_size=12))
@settings(max_examples=200, deadline=None)
def test_any_chunking_gives_the_same_lines(pieces, cuts):
    """The same result whether input comes whole, byte by byte, or in any pieces."""
    octets = b"\r\n".join(pieces) + b"\n"
    whole = [line for line in Framer().feed(octets) if line]
    framer = Framer()
    marks = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    chunks = [octets[a:b] for a, b in pairwise(marks)]
    assert [line for chunk in chunks for line in framer.feed(chunk) if line] == whole
    single = Framer()
    assert [line for byte in octets for line in single.feed(bytes([byte])) if line] == whole


@given(st.text())
def test_tag_values_survive(value):
    """Escaping and unescaping a tag value gives it back."""
    assert unescape(escape(value)) == value


WORD = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1).filter(
    lambda word: word[0] not in ":@"
)


@given(WORD, st.lists(WORD, max_size=4), st.text(st.characters(exclude_characters="\r\n\0"), max_size=20))
def test_lines_survive(verb, middles, last):
    """A formatted line parses back into what it was made of."""
    line = format_line("a!b@c", verb, *middles, last)
    assert parse(line)[1:] == ("a!b@c", verb, [*middles, last])
