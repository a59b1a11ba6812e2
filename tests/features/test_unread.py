"""UNREAD and MENTIONS: extensions of this server, described in docs/protocol.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logins import log_in, renames
from speaking import say, says

from chatd.config import Config, History
from chatd.reading import unread
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message batch draft/chathistory draft/read-marker draft/message-redaction draft/message-edit"


def asks(client: Client, line: str) -> list[str]:
    """The lines inside the batch that answers, without tags and the server's name."""
    client.take()
    first, *lines, last = client.sends(line).take()
    kind = "chatd/" + line.split(" ")[0].lower()
    assert first.endswith(f" {kind}") and " BATCH +" in first
    assert " BATCH -" in last
    return [line.partition(" ")[2].removeprefix(f":{client.node.name} ") for line in lines]


def texts(client: Client, line: str) -> list[str]:
    """The texts of the messages in the batch that answers."""
    return [line.partition(" PRIVMSG ")[2] for line in asks(client, line)]


def failure(client: Client, line: str) -> str:
    """The standard reply a line is answered with, without what precedes it."""
    client.take()
    (answer,) = client.sends(line).take()
    return answer.removeprefix(f":{client.node.name} FAIL ")


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client]:
    """Alice and Bob in #a."""
    alice, bob = (stage.connect(nick, caps=CAPS) for nick in ("alice", "bob"))
    for client in (bob, alice):
        client.sends("JOIN #a")
    stage.passes(1)
    return alice, bob


# --- UNREAD --------------------------------------------------------------------------------------------------


def test_counts_since_the_marker(room: tuple[Client, Client]) -> None:
    """What others have said since the read marker, and in how much of it the name is."""
    alice, bob = room
    says(bob, "#a", "one", "Alice: two", "\x01ACTION greets alice\x01", "\x01VERSION\x01")
    bob.sends("NOTICE #a :three", "@+draft/react=x;+reply=y TAGMSG #a")
    says(alice, "#a", "alice here")
    assert asks(alice, "UNREAD #a") == ["UNREAD #a 4 2 *"]
    marker = "timestamp=2023-11-14T22:13:22.000Z"
    alice.sends(f"MARKREAD #a {marker}")
    assert asks(alice, "UNREAD #A") == [f"UNREAD #a 2 1 {marker}"]
    alice.sends(f"MARKREAD #a timestamp={alice.server_time()}")
    assert asks(alice, "UNREAD #a") == [f"UNREAD #a 0 0 timestamp={alice.server_time()}"]


def test_all_that_is_unread(room: tuple[Client, Client]) -> None:
    """Without a target: channels one is in and conversations, only those with something unread."""
    alice, bob = room
    alice.sends("JOIN #b")
    bob.sends("JOIN #c")
    says(bob, "#a", "one")
    says(bob, "#c", "two")
    says(bob, "alice", "three", "hello alice")
    says(alice, "#b", "four")
    assert asks(alice, "UNREAD") == ["UNREAD #a 1 0 *", "UNREAD bob 2 1 *"]
    assert asks(bob, "UNREAD") == []


def test_counting_ends(room: tuple[Client, Client]) -> None:
    """Of each target up to a hundred, of one that is named up to a thousand; then there is a +."""
    alice, bob = room
    bob.session.allowance = 1e9
    for number in range(101):
        bob.sends(f"PRIVMSG #a :{'alice' if number > 98 else number}")
    assert asks(alice, "UNREAD") == ["UNREAD #a 100+ 2+ *"]
    assert asks(alice, "UNREAD #a") == ["UNREAD #a 101 2 *"]


def test_what_counts_is_what_can_be_read(room: tuple[Client, Client]) -> None:
    """Neither what was said before joining, nor to a rank one has not, nor what was taken back."""
    alice, bob = room
    carol = alice.stage.connect("carol", caps=CAPS)
    says(bob, "#a", "carol")
    carol.sends("JOIN #a")
    alice.stage.passes(1)
    says(bob, "@#a", "carol must not know")
    gone = say(bob, "PRIVMSG #a :oops carol")
    bob.sends(f"REDACT #a {gone}")
    assert asks(carol, "UNREAD #a") == ["UNREAD #a 0 0 *"]
    assert asks(carol, "MENTIONS") == []
    assert failure(carol, "UNREAD #nowhere") == "UNREAD INVALID_TARGET #nowhere :Messages could not be retrieved"
    carol.sends("PART #a")
    assert failure(carol, "UNREAD #a") == "UNREAD INVALID_TARGET #a :Messages could not be retrieved"


def test_an_account_on_all_its_devices(stage: Stage) -> None:
    """Markers are the account's, so counts are the same on all its connections; its own words are not unread."""
    stage.registers("alice")
    phone, laptop = (log_in(stage, nick, caps=CAPS) for nick in ("al", "ally"))
    bob = stage.connect("bob", caps=CAPS)
    for client in (bob, phone, laptop):
        client.sends("JOIN #a")
    stage.passes(1)
    says(bob, "#a", "alice, look", "al: look", "ally: look")
    says(phone, "#a", "yes")
    says(phone, "bob", "yes")
    says(bob, "al", "well, alice")
    stage.passes(1)
    laptop.sends("MARKREAD #a timestamp=2023-11-14T22:13:21.000Z")
    assert asks(phone, "UNREAD") == ["UNREAD #a 2 1 timestamp=2023-11-14T22:13:21.000Z", "UNREAD bob 1 1 *"]
    assert asks(laptop, "UNREAD") == ["UNREAD #a 2 1 timestamp=2023-11-14T22:13:21.000Z", "UNREAD bob 1 1 *"]


def test_own_words_under_other_names(stage: Stage) -> None:
    """What one has said under an earlier name of the account, or of the connection, is one's own; what others say, or
    have said, who have such a name at another time, is not.
    """
    for node in stage.nodes:
        node.config = Config(history=History(access="members"))
    stage.registers("Robert")
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("JOIN #a")
    guest = stage.connect("guest")
    guest.sends("JOIN #a")
    says(guest, "#a", "of another guest")
    guest.sends("QUIT")
    robert, anna = stage.connect("rob", caps=CAPS, account="Robert"), stage.connect("guest", caps=CAPS)
    for client in (robert, anna):
        client.sends("JOIN #a")
    says(robert, "#a", "one")
    says(robert, "alice", "two")
    says(anna, "#a", "three")
    stage.passes(1)
    renames(stage, "Robert", "Bobby")
    anna.sends("NICK anna")
    stage.registers("Robert")
    stage.passes(1)
    other, later = stage.connect("other", caps=CAPS, account="Robert"), stage.connect("guest", caps=CAPS)
    for client in (other, later):
        client.sends("JOIN #a")
    says(other, "#a", "four: guest, anna, rob, Bobby")
    says(later, "#a", "five")
    assert asks(robert, "UNREAD") == ["UNREAD #a 4 1 *"]
    assert asks(anna, "UNREAD #a") == ["UNREAD #a 4 1 *"]
    assert texts(anna, "MENTIONS") == ["#a :four: guest, anna, rob, Bobby"]
    robert.sends("QUIT")
    again = stage.connect("again", caps=CAPS, account="Bobby")
    assert asks(again, "UNREAD") == []
    again.sends("JOIN #a")
    assert asks(again, "UNREAD") == ["UNREAD #a 4 1 *"]


# --- MENTIONS ------------------------------------------------------------------------------------------------


def test_mentions_since_the_markers(room: tuple[Client, Client]) -> None:
    """Over all targets, oldest first, with the tags of history; only what was said behind each marker."""
    alice, bob = room
    alice.sends("JOIN #b")
    bob.sends("JOIN #b")
    says(bob, "#a", "alice one", "nobody")
    says(bob, "#b", "alice two")
    says(bob, "alice", "hey Alice", "three")
    msgid = say(bob, "PRIVMSG #a :@alice! four")
    assert texts(alice, "MENTIONS") == ["#a :alice one", "#b :alice two", "alice :hey Alice", "#a :@alice! four"]
    alice.sends("MARKREAD #a timestamp=2023-11-14T22:13:22.500Z", "MARKREAD #b timestamp=2023-11-14T22:13:24.000Z")
    assert texts(alice, "MENTIONS *") == ["alice :hey Alice", "#a :@alice! four"]
    (line,) = asks(alice, "MENTIONS * 1")
    assert line.endswith(" PRIVMSG #a :@alice! four")
    alice.take()
    assert f"msgid={msgid}" in alice.sends("MENTIONS * 1").take()[1]


def test_mentions_page_by_page(room: tuple[Client, Client]) -> None:
    """Since a moment or a message instead of the markers, and before one for the next page."""
    alice, bob = room
    ids = [say(bob, f"PRIVMSG #a :alice {number}") for number in range(6)]
    alice.sends(f"MARKREAD #a timestamp={alice.server_time()}")
    assert texts(alice, f"MENTIONS msgid={ids[0]} 2") == ["#a :alice 4", "#a :alice 5"]
    assert texts(alice, f"MENTIONS msgid={ids[0]} msgid={ids[4]} 2") == ["#a :alice 2", "#a :alice 3"]
    assert texts(alice, f"MENTIONS msgid={ids[0]} msgid={ids[2]}") == ["#a :alice 1"]
    assert len(texts(alice, "MENTIONS timestamp=2023-11-14T00:00:00.000Z")) == 6


def test_an_edited_message_as_it_is_now(room: tuple[Client, Client]) -> None:
    """What mentions somebody is the text that one reads."""
    alice, bob = room
    one, two = say(bob, "PRIVMSG #a :alice, look"), say(bob, "PRIVMSG #a :look")
    bob.sends(
        f"@draft/target-msgid={one};draft/edit-text=look EDIT #a",
        rf"@draft/target-msgid={two};draft/edit-text=look,\salice EDIT #a",
    )
    assert texts(alice, "MENTIONS")[0] == "#a :look, alice"
    assert asks(alice, "UNREAD #a") == ["UNREAD #a 2 1 *"]


@pytest.mark.parametrize(
    "text", ["alice", "ALICE: x", "(alice)", "hi,alice", "\x02alice\x02", "\x0304alice", "爱alice爱"]
)
def test_names_are_words(room: tuple[Client, Client], text: str) -> None:
    """A name stands for itself, whatever is around it that is no word."""
    alice, bob = room
    say(bob, f"PRIVMSG #a :{text}")
    assert asks(alice, "UNREAD #a") == ["UNREAD #a 1 1 *"]


@pytest.mark.parametrize("text", ["alices", "malice", "alice_", "alice|away", "al ice", "alice2", "aliceé", "-alice"])
def test_parts_of_words_are_no_names(room: tuple[Client, Client], text: str) -> None:
    """Longer words are other words, and other nicknames."""
    alice, bob = room
    say(bob, f"PRIVMSG #a :{text}")
    assert asks(alice, "UNREAD #a") == ["UNREAD #a 1 0 *"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("MENTIONS yesterday", "INVALID_PARAMS yesterday :That is neither a timestamp nor a message id"),
        ("MENTIONS :", "INVALID_PARAMS * :That is neither a timestamp nor a message id"),
        ("MENTIONS msgid=x", "INVALID_PARAMS msgid=x :That is neither a timestamp nor a message id"),
        ("MENTIONS * *", "INVALID_PARAMS * :That is neither a timestamp nor a message id"),
        ("MENTIONS * timestamp=2023-11-14T00:00:00.000Z x", "INVALID_PARAMS x :That is no number"),
    ],
)
def test_errors(stage: Stage, line: str, answer: str) -> None:
    """Each says what was wrong."""
    assert failure(stage.connect("alice", caps=CAPS), line) == f"MENTIONS {answer}"


@pytest.mark.parametrize("verb", ["UNREAD", "MENTIONS"])
def test_not_for_everybody_nor_always(nodes: int, verb: str) -> None:
    """Only for who reads history; and not while it cannot be read."""
    stage = Stage(nodes=nodes)
    assert failure(stage.connect("bob", caps="standard-replies"), verb) == (
        f"{verb} CAPABILITY_REQUIRED draft/chathistory :Negotiate this capability first"
    )
    alice = stage.connect("alice", caps="draft/chathistory")
    alice.sends("JOIN #a")

    def fail(*_: object) -> None:
        raise OSError

    for node in stage.nodes:
        node.archive.latest = node.archive.before = fail
    assert failure(alice, verb) == f"{verb} MESSAGE_ERROR * :Messages could not be retrieved"


def test_label(room: tuple[Client, Client]) -> None:
    """The answer to a labelled command is one batch, though it takes two looks into the logs."""
    alice, bob = room
    alice.sends("CAP REQ labeled-response")
    say(bob, "PRIVMSG #a :alice")
    for verb in ("UNREAD", "MENTIONS"):
        alice.take()
        lines = alice.sends(f"@label=1 {verb}", "PING x").take()
        assert lines[0].startswith("@label=1 :") and lines[0].endswith(f" chatd/{verb.lower()}")
        assert lines[-1].endswith(" :x") and " BATCH -" in lines[-2] and len(lines) == 4


# --- however much there is -----------------------------------------------------------------------------------


def test_it_goes_on_where_it_had_to_end(room: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """When too much is to be looked through the answer says from where on nothing is missing, and one asks on."""
    alice, bob = room
    monkeypatch.setattr(unread, "MOST_LOOKED_AT", 6)
    monkeypatch.setattr(unread, "CHUNK", 2)
    alice.sends("JOIN #b")
    bob.sends("JOIN #b")
    say(bob, "PRIVMSG #b :alice long ago")
    say(bob, "PRIVMSG #a :alice 0")
    ids = [say(bob, f"PRIVMSG #a :{number}") for number in range(1, 9)]
    say(bob, "PRIVMSG #a :alice 9")
    alice.take()
    _, line, _, note = alice.sends("MENTIONS").take()
    assert line.endswith(" PRIVMSG #a :alice 9")
    text = "There may be earlier ones; ask for those before this one"
    assert note == f":{alice.node.name} NOTE MENTIONS INCOMPLETE msgid={ids[4]} :{text}"
    assert pages(alice, 5) == ["#b :alice long ago", "#a :alice 0", "#a :alice 9"]


SAYINGS = st.lists(st.tuples(st.sampled_from(["#a", "#b", "alice", "own"]), st.booleans(), st.booleans()), max_size=30)


@given(SAYINGS, st.integers(1, 4), st.integers(2, 12), st.integers(1, 3))
def test_every_mention_once(sayings: list[tuple[str, bool, bool]], limit: int, most: int, chunk: int) -> None:
    """Page by page, however little is looked at at once: all mentions, in order, each once."""
    stage = Stage(Config(history=History(access="members")))
    bob, alice = (stage.connect(nick, caps=CAPS) for nick in ("bob", "alice"))
    for client in (bob, alice):
        client.session.allowance = 1e9
        client.sends("JOIN #a,#b")
    expected = []
    for number, (target, named, waits) in enumerate(sayings):
        text = f"alice {number}" if named else str(number)
        if target == "own":
            alice.sends(f"PRIVMSG #a :{text}")
        else:
            bob.sends(f"PRIVMSG {target} :{text}")
            expected += [f"{target} :{text}"] * named
        if waits:
            stage.passes(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unread, "MOST_LOOKED_AT", most)
        patch.setattr(unread, "CHUNK", chunk)
        assert pages(alice, limit) == expected


def pages(client: Client, limit: int) -> list[str]:
    """All mentions, asked for page by page from the last."""
    found: list[str] = []
    place = ""
    while True:
        client.take()
        client.sends(f"MENTIONS timestamp=2000-01-01T00:00:00.000Z {place} {limit}".replace("  ", " "))
        lines = client.take()
        note = lines.pop().split(" ")[4] if " NOTE " in lines[-1] else ""
        page = lines[1:-1]
        found[:0] = [line.partition(" PRIVMSG ")[2] for line in page]
        if not note and len(page) < limit:
            return found
        tags = page[0].partition(" ")[0] if page else ""
        place = note or "msgid=" + next(tag for tag in tags.split(";") if tag.startswith("msgid="))[6:]


# --- under other names ---------------------------------------------------------------------------------------


def test_a_channel_that_was_renamed(room: tuple[Client, Client], stage: Stage) -> None:
    """What was read of a channel is read under its next name, too, but not what is read in another of the old name."""
    alice, bob = room
    says(bob, "#a", "alice: read", "read")
    moment = alice.server_time()
    alice.sends(f"MARKREAD #a timestamp={moment}")
    stage.passes(1)
    says(bob, "#a", "alice: not read")
    bob.sends("RENAME #a #b")
    stage.passes(1)
    assert asks(alice, "UNREAD #b") == [f"UNREAD #b 1 1 timestamp={moment}"]
    assert texts(alice, "MENTIONS") == ["#a :alice: not read"]
    assert alice.sends("MARKREAD #b").take() == [f":{alice.node.name} MARKREAD #b timestamp={moment}"]
    alice.sends("MARKREAD #b timestamp=2020-01-01T00:00:00.000Z")
    assert alice.take() == [f":{alice.node.name} MARKREAD #b timestamp={moment}"]
    alice.sends("JOIN #a", f"MARKREAD #a timestamp={alice.server_time()}")
    assert asks(alice, "UNREAD #b") == ["UNREAD #b 3 2 timestamp=2020-01-01T00:00:00.000Z"]


@pytest.mark.parametrize("mode", ["", "+s", "+i"])
def test_what_a_channel_was_called_is_for_its_members(room: tuple[Client, Client], stage: Stage, mode: str) -> None:
    """Who was never in a channel, or went before it got another name, does not learn by a marker that it has it now."""
    alice, bob = room
    dora = stage.connect("dora", caps=CAPS)
    bob.sends(f"MODE #a {mode}")
    moment = alice.server_time()
    for client in (alice, dora):
        client.sends(f"MARKREAD #a timestamp={moment}")
    alice.sends("PART #a")
    stage.passes(1)
    bob.sends("RENAME #a #b")
    stage.passes(1)
    for client in (alice, dora):
        client.take()
        assert client.sends("MARKREAD #b").take() == [f":{client.node.name} MARKREAD #b *"]
        client.sends("MARKREAD #b timestamp=2020-01-01T00:00:00.000Z")
        assert client.take() == [f":{client.node.name} MARKREAD #b timestamp=2020-01-01T00:00:00.000Z"]


def test_somebody_who_takes_another_nickname(room: tuple[Client, Client], stage: Stage) -> None:
    """The same of a conversation."""
    alice, bob = room
    says(bob, "alice", "read")
    moment = alice.server_time()
    alice.sends(f"MARKREAD bob timestamp={moment}")
    bob.sends("NICK rob")
    stage.passes(1)
    says(bob, "alice", "not read")
    assert asks(alice, "UNREAD") == [f"UNREAD rob 1 0 timestamp={moment}"]
