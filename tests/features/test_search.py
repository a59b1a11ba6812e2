"""SEARCH.  Quotes are from the proposal for IRCv3 (pull request 496) and from soju's soju.im/search."""

from __future__ import annotations

import re

import pytest
from logins import renames
from speaking import says

from chatd.clock import utc_text
from chatd.config import Config, History, Readers
from chatd.core.archive import Page
from chatd.core.events import AccountDeleted
from chatd.core.search import Question
from chatd.testing import Client, Stage

CAPS = "draft/search batch server-time message-tags"


def found(client: Client, attributes: str, kind: str = "draft/search") -> list[str]:
    """The last parameters of the messages in the batch that answers."""
    client.take()
    client.sends(f"SEARCH {attributes}")
    first, *lines, last = client.take()
    opened = re.fullmatch(rf"@time=\S+ :{re.escape(client.node.name)} BATCH \+(\d+) {kind}", first)
    assert opened, first
    assert last.endswith(f" BATCH -{opened[1]}")
    assert all(line.startswith(f"@batch={opened[1]};") for line in lines)
    return [line.rpartition(" :")[2] for line in lines]


@pytest.fixture
def alice(stage: Stage) -> Client:
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a", "JOIN #b")
    says(alice, "#a", "that was fast", "nothing")
    says(bob, "#a", "Fast food")
    says(bob, "#b", "fast, but elsewhere")
    return alice


def test_text(alice: Client) -> None:
    """"`text`: the message text matches the specified text. The actual algorithm used for matching the text is
    implementation defined." "The `attributes` parameter is a dictionary of attributes keys and values, formatted
    according to the `message-tags` specification (without the leading `@`)."
    """
    assert found(alice, "text=fast") == ["that was fast", "Fast food"]
    assert found(alice, r"text=fast\swas") == ["that was fast"]
    assert found(alice, r':text="fast food"') == ["Fast food"]


def test_from_and_in(alice: Client) -> None:
    """"`from`: the message was sent with this nick." "`in`: the message was sent to this target (channel or user)."
    "containing messages matching all the specified match attributes. These messages MUST be `PRIVMSG` or `NOTICE`
    messages": what else Bob did is not among them.
    """
    assert found(alice, "from=Bob") == ["Fast food"]
    assert found(alice, "from=nobody") == []
    assert found(alice, "text=fast;in=#A;from=alice") == ["that was fast"]


def test_moments(alice: Client, stage: Stage) -> None:
    """"`after`: the message was sent at or after this time (same format as the `server-time` specification)."
    "`before`: the message was sent at or before this time (same format as the `server-time` specification)."
    """
    times = [utc_text(round(stage.now_s * 1000) - ago_ms) for ago_ms in (4000, 3000, 2000)]
    assert found(alice, f"after={times[1]}") == ["nothing", "Fast food"]
    assert found(alice, f"before={times[1]}") == ["that was fast", "nothing"]
    assert found(alice, f"after={times[1]};before={times[1]}") == ["nothing"]


def test_limit(alice: Client, stage: Stage) -> None:
    """"`limit`: a number representing an upper bound on the count of messages to return. The server MAY return fewer
    messages than this number." "If `after` is specified, messages SHOULD be searched from that time. Otherwise,
    messages SHOULD be searched from the `before` time, which defaults to the current server time." "The order of
    returned messages within the batch is implementation-defined, but SHOULD be ascending time order or some
    approximation thereof, regardless of the subcommand used."
    """
    assert found(alice, "limit=2") == ["nothing", "Fast food"]
    for both in ("", ";before=2100-01-01T00:00:00.000Z"):
        assert found(alice, f"limit=2;after=2000-01-01T00:00:00.000Z{both}") == ["that was fast", "nothing"]
    assert found(alice, "limit=2;before=2100-01-01T00:00:00.000Z") == ["nothing", "Fast food"]
    assert found(alice, "limit=0") == []


def test_nothing_is_an_empty_batch(alice: Client) -> None:
    """"If no content exists to return, the server SHOULD return an empty batch in order to avoid the client waiting for
    a reply."
    """
    assert found(alice, "before=2010-01-01T00:00:00.000Z;in=#a") == []


def test_as_it_was_sent(stage: Stage) -> None:
    """"The server-time tag on each message SHOULD be the time at which the message was received by the IRC server. When
    provided, the msgid tag that identifies each individual message in a response MUST be the msgid tag as originally
    sent by the IRC server."
    """
    alice, bob = stage.connect("alice", caps=f"{CAPS} echo-message"), stage.connect("bob", caps=CAPS)
    for client in (alice, bob):
        client.sends("JOIN #a")
    bob.take(), alice.take()
    says(alice, "#a", "fast", "fast", "fast")
    alice.sends("NOTICE #a :fast")
    stage.passes(5)
    for client in (alice, bob):
        live = client.take()
        answer = client.sends("SEARCH text=fast").take()[1:-1]
        assert [re.sub(r"^@batch=[^;]+;", "@", line) for line in answer] == live


def test_other_capabilities_are_not_needed(stage: Stage) -> None:
    """"Servers SHOULD NOT enforce that clients support all related capabilities before using the search extension": "If
    the batch capability was negotiated, the server MUST reply to a successful SEARCH command using a batch".
    """
    bob = stage.connect("bob", caps="draft/search").sends("JOIN #a")
    says(bob, "#a", "fast", "slow")
    bob.take()
    bob.sends("SEARCH text=fast", "SEARCH text=nothing")
    bob.sees(f":{bob.session.user.source} PRIVMSG #a :fast")


def test_the_same_moment(stage: Stage) -> None:
    """"Servers SHOULD provide clients with a consistent message order that is valid across the lifetime of a single
    connection, and which determinately orders any two messages (even if they share a timestamp). This order SHOULD
    coincide with the order in which messages are returned within a response batch."
    """
    alice = stage.connect("alice", caps=CAPS).sends("JOIN #a")
    alice.sends_bytes(b"".join(b"PRIVMSG #a :fast %d\r\n" % number for number in range(20)))
    assert found(alice, "text=fast") == found(alice, "text=fast") == [f"fast {number}" for number in range(20)]


class Broken:
    """An index that cannot be read."""

    def is_full(self) -> bool:
        return True

    def search(self, question: Question) -> Page:
        raise OSError("disk on fire")


def test_an_index_that_cannot_be_read(stage: Stage) -> None:
    """"If the search cannot be run due to an internal error, the `INTERNAL_ERROR` error code SHOULD be returned."""
    alice = stage.connect("alice", caps=CAPS)
    alice.node.index = Broken()
    alice.take()
    (line,) = alice.sends("SEARCH text=fast").take()
    assert line.endswith(f" :{alice.node.name} FAIL SEARCH INTERNAL_ERROR :The search could not be run")


def test_the_name_that_soju_has(stage: Stage, alice: Client) -> None:
    """The batch is called as the capability that was negotiated."""
    carol = stage.connect("carol", caps="soju.im/search batch server-time message-tags")
    carol.sends("JOIN #c")
    says(carol, "#c", "fast")
    assert found(carol, "text=fast", "soju.im/search") == ["fast"]


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ("limit=many", "limit :That is no number"),
        ("after=yesterday", "after :That is no timestamp"),
        ("before=", "before :That is no timestamp"),
        ("colour=red", "colour :There is no such attribute"),
        ("in=#none", "in :Messages could not be retrieved"),
    ],
)
def test_bad_attributes(alice: Client, attributes: str, answer: str) -> None:
    """"Errors are returned using the standard replies syntax. If the selectors were invalid, the `INVALID_PARAMS` error
    code SHOULD be returned."
    """
    alice.take()
    alice.sends(f"SEARCH {attributes}")
    (line,) = alice.take()
    assert line.endswith(f" FAIL SEARCH INVALID_PARAMS {answer}")


def test_needs_the_capability(stage: Stage) -> None:
    """"The `search` capability MUST be negotiated"."""
    dave = stage.connect("dave", caps="batch")
    dave.sends("SEARCH text=x")
    dave.sees(f":{dave.node.name} FAIL SEARCH CAPABILITY_REQUIRED draft/search :Negotiate this capability first")


def test_what_was_said_before_one_came(stage: Stage, alice: Client) -> None:
    """Channels are found in as they are read with CHATHISTORY: here since one joined."""
    carol = stage.connect("carol", caps=CAPS)
    carol.sends("JOIN #a")
    says(alice, "#a", "fast again")
    assert found(carol, "text=fast") == ["fast again"]


def test_channels_one_is_not_in(stage: Stage, alice: Client) -> None:
    """Who is not in a channel finds nothing of it, and is not told whether it is there; nor who has left."""
    alice.take()
    alice.sends("SEARCH in=#b", "SEARCH in=#none")
    one, other = alice.take()
    assert one.partition("FAIL")[2] == other.partition("FAIL")[2]
    alice.sends("PART #a")
    assert found(alice, "text=fast") == []


def test_conversations(stage: Stage, alice: Client) -> None:
    """They are found by their two people only."""
    carol = stage.connect("carol", caps=CAPS)
    says(alice, "bob", "a fast secret")
    assert found(alice, "text=secret") == ["a fast secret"]
    assert found(alice, "text=secret;in=bob") == ["a fast secret"]
    assert found(carol, "text=secret") == []
    assert found(carol, "text=secret;in=bob") == found(carol, "text=secret;in=alice") == []


def test_who_takes_the_nickname_later(stage: Stage, alice: Client) -> None:
    """Finds nothing of whoever had it before."""
    says(alice, "bob", "a fast secret")
    alice.sends("NICK anne")
    eve = stage.connect("alice", caps=CAPS)
    assert found(eve, "text=secret") == found(eve, "text=secret;in=bob") == []
    assert found(alice, "text=secret") == ["a fast secret"]


def test_the_past_of_a_name(stage: Stage, alice: Client) -> None:
    """Who has the name of an account after somebody else finds nothing of what was said to that one."""
    first = stage.registers("Robert")
    rob = stage.connect("rob", caps=CAPS, account="Robert")
    stage.passes(1)
    says(alice, "rob", "a fast secret")
    stage.passes(1)
    renames(stage, "Robert", "Bobby")
    stage.registers("Robert")
    new = stage.connect("new", caps=CAPS, account="Robert")
    assert found(new, "text=secret") == found(new, "text=secret;in=alice") == []
    assert found(rob, "text=secret") == found(rob, "text=secret;in=alice") == ["a fast secret"]
    rob.sends("QUIT")
    rob = stage.connect("rob2", caps=CAPS, account="Bobby")
    stage.passes(1)
    says(alice, "rob2", "a slow secret")
    assert found(rob, "text=secret") == found(alice, "text=secret;in=rob2") == ["a fast secret", "a slow secret"]
    rob.sends("QUIT")
    stage.accounts.delete(first.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "Bobby"))
    stage.settle()
    stage.passes(1)
    stage.registers("Bobby")
    heir = stage.connect("heir", caps=CAPS, account="Bobby")
    assert found(heir, "text=secret") == found(heir, "text=secret;in=alice") == []


def test_whispers_before_one_registered(stage: Stage, alice: Client) -> None:
    """They are found in the connection in which they were said, and by nobody who has the account or nickname later."""
    carol = stage.connect("carol", caps=CAPS)
    says(alice, "carol", "an early secret")
    stage.registers("carol")
    stage.logs_in(carol, "carol")
    stage.passes(1)
    says(alice, "carol", "a late secret")
    assert found(carol, "text=secret") == ["an early secret", "a late secret"]
    carol.sends("QUIT")
    again = stage.connect("carol", caps=CAPS, account="carol")
    assert found(again, "text=secret") == found(again, "text=secret;in=alice") == ["a late secret"]
    stage.logs_in(again, None)
    assert found(again, "text=secret") == found(again, "text=secret;in=alice") == []


def test_what_was_taken_back(stage: Stage, alice: Client) -> None:
    """It is not found."""
    carol = stage.connect("carol", caps=f"{CAPS} draft/message-redaction echo-message")
    carol.sends("JOIN #a")
    carol.take()
    says(carol, "#a", "a slip of the hand")
    (line,) = carol.take()
    msgid = re.findall(r"msgid=([^; ]+)", line)[0]
    assert found(carol, "text=slip") == ["a slip of the hand"]
    carol.sends(f"REDACT #a {msgid}")
    assert found(carol, "text=slip") == []


def test_said_to_a_rank(stage: Stage, alice: Client) -> None:
    """Only those who had the rank then find it."""
    carol = stage.connect("carol", caps=CAPS)
    carol.sends("JOIN #a")
    says(alice, "@#a", "for operators")
    assert found(alice, "text=operators") == ["for operators"]
    assert found(carol, "text=operators") == []


def test_a_channel_open_to_everybody() -> None:
    """With history.access = "everyone" those outside find by naming it."""
    stage = Stage(Config(history=History(readers=(Readers(mask="#public", access="everyone"),))))
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    alice.sends("JOIN #public")
    says(alice, "#public", "hello world")
    assert found(bob, "text=hello;in=#public") == ["hello world"]
    assert found(bob, "text=hello") == []


class Late:
    """An index that has found nothing in the time that there is."""

    def is_full(self) -> bool:
        return True

    def search(self, question: Question) -> Page:
        assert question.wait_s == 0.5
        return Page([], whole=False)


@pytest.mark.parametrize(("attributes", "shown"), [("text=a*", "text"), ("from=bob", "*")])
def test_too_broad(attributes: str, shown: str) -> None:
    """Who asks for too much is told so, and what to do about it.

    Standard replies: "the description should clearly state what error occurred, and how the user should act".
    """
    stage = Stage(Config(history=History(search_s=0.5)))
    alice = stage.connect("alice", caps="draft/search batch")
    stage.nodes[0].index = Late()
    alice.sends(f"SEARCH {attributes}")
    alice.sees(
        f":{alice.node.name} FAIL SEARCH INVALID_PARAMS {shown} "
        ":Too much has to be looked through: give more words, or in=, from=, after= or before="
    )


class Filling:
    """An index that is being made."""

    def is_full(self) -> bool:
        return False

    def search(self, question: Question) -> Page:
        return Page([])


def test_an_index_that_is_being_made(stage: Stage) -> None:
    """It is said that there may be more, so that nobody believes that there is nothing."""
    dave = stage.connect("dave", caps="draft/search batch")
    dave.node.index = Filling()
    *_, last = dave.sends("SEARCH text=fast").take()
    assert last == f":{dave.node.name} NOTE SEARCH INCOMPLETE :The index is being made; there may be more"


def test_off() -> None:
    """Without an index the capabilities are not offered."""
    stage = Stage(Config(history=History(search=False)))
    alice = stage.connect("alice")
    alice.sends("CAP LS 302")
    assert "search" not in " ".join(alice.take())
