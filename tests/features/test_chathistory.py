"""CHATHISTORY.  Quotes are from IRCv3 chathistory, but where said otherwise."""

from __future__ import annotations

import pytest
from pages import BASIC, FUTURE, PAST, asks, tags, texts
from speaking import say, says

from chatd.config import Config, History
from chatd.testing import Client, Stage


@pytest.fixture
def alice(stage: Stage) -> Client:
    """In #a, where she said 0 to 9, a second between."""
    alice = stage.connect("alice", caps=BASIC)
    alice.sends("JOIN #a")
    says(alice, "#a", *"0123456789")
    return alice


def ids_and_times(alice: Client) -> tuple[list[str], list[str]]:
    """Of all ten messages, as selectors."""
    lines = asks(alice, "LATEST #a * 50")
    return [f"msgid={tags(line)['msgid']}" for line in lines], [f"timestamp={tags(line)['time']}" for line in lines]


# --- what is asked -------------------------------------------------------------------------------------------


def test_latest(alice: Client) -> None:
    """"Request up to `limit` number of the most recent messages that have been sent": "if a `*` is given, no such
    restriction applies".
    """
    source = alice.session.user.source
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #A * 3")] == [
        f":{source} PRIVMSG #a :{n}" for n in (7, 8, 9)
    ]


@pytest.mark.parametrize("kind", [0, 1], ids=["msgid", "timestamp"])
def test_selectors(alice: Client, kind: int) -> None:
    """"Request up to `limit` number of messages before and excluding the given `timestamp` or `msgid`." "Request up to
    `limit` number of messages after and excluding the given `timestamp` or `msgid`." "If a `timestamp` or `msgid` is
    given, the returned messages are restricted to those sent after and excluding that timestamp or msgid". "Request a
    number of messages before and after the `timestamp` or `msgid` with the total number of returned messages not
    exceeding `limit`." "Request up to `limit` number of messages between the given `timestamp` or `msgid` values."
    "This may be forwards or backwards in time." "The order of returned messages within the batch is
    implementation-defined, but SHOULD be ascending time order or some approximation thereof, regardless of the
    subcommand used."
    """
    at = ids_and_times(alice)[kind]
    for question, answer in {
        f"BEFORE #a {at[4]} 2": "23", f"BEFORE #a {at[0]} 5": "", f"AFTER #a {at[4]} 2": "56",
        f"AFTER #a {at[9]} 5": "", f"LATEST #a {at[6]} 10": "789", f"LATEST #a {at[6]} 2": "89",
        f"AROUND #a {at[5]} 3": "456", f"AROUND #a {at[0]} 3": "012", f"AROUND #a {at[9]} 4": "6789",
        f"BETWEEN #a {at[2]} {at[6]} 10": "345", f"BETWEEN #a {at[2]} {at[6]} 2": "34",
        f"BETWEEN #a {at[6]} {at[2]} 10": "345", f"BETWEEN #a {at[6]} {at[2]} 2": "45",
        f"BETWEEN #a {at[3]} {at[3]} 2": "", "LATEST #a * 0": "", f"before #a {at[2]} 100000": "01",
    }.items():  # fmt: skip
        assert "".join(texts(alice, question)) == answer, question


def test_kinds_may_be_mixed(alice: Client) -> None:
    """Two selectors need not be of the same kind; "With respect to the limit, the returned messages MUST be counted
    starting from and excluding the first message selector, while finishing on and excluding the second."
    """
    ids, times = ids_and_times(alice)
    assert texts(alice, f"BETWEEN #a {ids[1]} {times[4]} 9") == ["2", "3"]


def test_limit() -> None:
    """"`CHATHISTORY` MUST be sent to the client to state the maximum number of messages a client can request in a
    single command"; "`MSGREFTYPES` SHOULD be sent, with a comma-separated list of types of message references they
    support as parameter to `CHATHISTORY` commands, in order of decreasing preference." "`timestamp`, to reference
    messages by their timestamp"; "`msgid`, to reference them by their `msgid`".
    """
    stage = Stage(Config(history=History(page_messages=2)))
    alice = stage.connect("alice", caps=BASIC)
    tokens = " ".join(stage.server.isupport()).split(" ")
    assert {"CHATHISTORY=2", "MSGREFTYPES=msgid,timestamp"} <= set(tokens)
    alice.sends("JOIN #a")
    says(alice, "#a", "1", "2", "3")
    assert texts(alice, "LATEST #a * 9") == ["2", "3"]


def test_failures(alice: Client, stage: Stage) -> None:
    """"Errors are returned using the standard replies syntax." "If the server receives a syntactically invalid
    `CHATHISTORY` command, e.g., an unknown subcommand, missing parameters, excess parameters, or parameters that cannot
    be parsed, the `INVALID_PARAMS` error code SHOULD be returned". "Only one timestamp or msgid MUST be given, not
    both." "If the target does not exist or the client does not have permissions to query it, the `INVALID_TARGET` error
    code SHOULD be returned". "If a client used a reference type (`timestamp=` or `msgid=`) the server does not support,
    the `INVALID_MSGREFTYPE` error code SHOULD be returned". "A `timestamp` parameter MUST have the format
    `timestamp=YYYY-MM-DDThh:mm:ss.sssZ`, as in the server-time extension. A `msgid` parameter MUST have the format
    `msgid=foobar`".
    """
    other = stage.connect("other")
    other.sends("JOIN #other", "MODE #other +s", "JOIN #seen")
    for line, answer in {
        "": "INVALID_PARAMS * :Insufficient parameters",
        "SOMETIMES #a * 5": "INVALID_PARAMS SOMETIMES :Unknown command",
        "LATEST #a *": "INVALID_PARAMS LATEST :Insufficient parameters",
        "LATEST #a * * 5": "INVALID_PARAMS LATEST :Too many parameters",
        f"BEFORE #a msgid=x {PAST} 5": "INVALID_PARAMS BEFORE :Too many parameters",
        f"AFTER #a {PAST} msgid=x 5": "INVALID_PARAMS AFTER :Too many parameters",
        f"AROUND #a msgid=x {PAST} 5": "INVALID_PARAMS AROUND :Too many parameters",
        f"BETWEEN #a {PAST} {FUTURE} msgid=x 5": "INVALID_PARAMS BETWEEN :Too many parameters",
        "TARGETS * 5": "INVALID_PARAMS TARGETS :Insufficient parameters",
        "LATEST #a * x": "INVALID_PARAMS LATEST x :Invalid limit",
        "LATEST #a * -1": "INVALID_PARAMS LATEST -1 :Invalid limit",
        "BEFORE #a * 5": "INVALID_PARAMS BEFORE * :Invalid timestamp",
        "BEFORE #a timestamp=yesterday 5": "INVALID_PARAMS BEFORE timestamp=yesterday :Invalid timestamp",
        "BEFORE #a timestamp=2023-13-01T00:00:00.000Z 5":
            "INVALID_PARAMS BEFORE timestamp=2023-13-01T00:00:00.000Z :Invalid timestamp",
        "BEFORE #a msgid=?? 5": "INVALID_PARAMS BEFORE msgid=?? :Invalid message id",
        "after #a number=5 5": "INVALID_MSGREFTYPE after #a :number-based history requests are not supported",
        "TARGETS msgid=000000000000 timestamp=2023-11-01T00:00:00.000Z 5":
            "INVALID_PARAMS TARGETS msgid=000000000000 :Invalid timestamp",
        "LATEST #nowhere * 5": "INVALID_TARGET LATEST #nowhere :Messages could not be retrieved",
        "LATEST #other * 5": "INVALID_TARGET LATEST #other :Messages could not be retrieved",
        "LATEST #seen * 5": "INVALID_TARGET LATEST #seen :Messages could not be retrieved",
        "LATEST @#a * 5": "INVALID_TARGET LATEST @#a :Messages could not be retrieved",
        "LATEST al*ce * 5": "INVALID_TARGET LATEST al*ce :Messages could not be retrieved",
    }.items():  # fmt: skip
        alice.take()
        alice.sends(f"CHATHISTORY {line}".strip())
        assert [line.split(" ", 1)[1] for line in alice.take()] == [f":{alice.node.name} FAIL CHATHISTORY {answer}"]


def test_archive_that_cannot_be_read(alice: Client) -> None:
    """"If no message history can be returned due to an error, the `MESSAGE_ERROR` error code SHOULD be returned" """

    def fail(*_: object) -> None:
        raise OSError("disk on fire")

    alice.node.archive.latest = fail
    alice.take()
    alice.sends("CHATHISTORY LATEST #a * 5", "PING 1")
    fail_line, pong = [line.split(" ", 1)[1] for line in alice.take()]
    head = f":{alice.node.name} FAIL CHATHISTORY MESSAGE_ERROR"
    assert fail_line == f"{head} LATEST #a :Messages could not be retrieved"
    assert pong.endswith("PONG " + alice.node.name + " :1")


def test_capability_is_needed(stage: Stage) -> None:
    """"The `draft/chathistory` capability MUST be negotiated." """
    bob = stage.connect("bob")
    bob.sends("JOIN #a")
    bob.take()
    bob.sends("CHATHISTORY LATEST #a * 5")
    bob.sees(
        f":{bob.node.name} FAIL CHATHISTORY CAPABILITY_REQUIRED draft/chathistory :Negotiate this capability first"
    )


def test_other_capabilities_are_not_needed(stage: Stage) -> None:
    """"Servers SHOULD NOT enforce that clients support all related capabilities before using the `chathistory`
    extension"; "limited functionality is available to clients without support for these CAPs".
    """
    bob = stage.connect("bob", caps="draft/chathistory draft/event-playback")
    bob.sends("JOIN #a", "TOPIC #a :x", "PRIVMSG #a :1", "PRIVMSG #a :2")
    bob.take()
    bob.sends("CHATHISTORY LATEST #a * 5")
    source = bob.session.user.source
    bob.sees(f":{source} PRIVMSG #a :1", f":{source} PRIVMSG #a :2")


def test_nothing(stage: Stage) -> None:
    """"If no content exists to return, the server SHOULD return an empty batch" """
    alice = stage.connect("alice", caps=BASIC)
    alice.sends("JOIN #a")
    assert asks(alice, "LATEST #a * 5") == asks(alice, "LATEST nobody * 5") == []


def test_label(stage: Stage) -> None:
    """labeled-response: the batch is the response."""
    alice = stage.connect("alice", caps=f"{BASIC} labeled-response")
    alice.sends("JOIN #a", "PRIVMSG #a :1")
    alice.take()
    alice.sends("@label=x CHATHISTORY LATEST #a * 5", "@label=y CHATHISTORY LATEST #a * 0", "@label=z CHATHISTORY X")
    lines = alice.take()
    assert ["label=" in line.split(" ")[0] for line in lines] == [True, False, False, True, False, True]


# --- how it is shown -----------------------------------------------------------------------------------------


def test_tags_are_those_negotiated(stage: Stage) -> None:
    """Each tag only to those who negotiated what it belongs to."""
    alice = stage.connect("alice", caps=f"{BASIC} account-tag")
    stage.logs_in(alice, "Alice")
    alice.sends("JOIN #a", "MODE alice +B", "@+x=y PRIVMSG #a :1")
    (line,) = asks(alice, "LATEST #a * 1")
    shown = tags(line)
    assert list(shown) == ["time", "msgid", "account", "bot", "+x"]
    assert (shown["account"], shown["+x"]) == ("Alice", "y")
    alice.sends("CAP REQ :-account-tag")
    assert list(tags(asks(alice, "LATEST #a * 1")[0])) == ["time", "msgid", "bot", "+x"]
    alice.sends("CAP REQ :-message-tags")
    assert list(tags(asks(alice, "LATEST #a * 1")[0])) == ["time"]


def test_message_of_several_lines(stage: Stage) -> None:
    """multiline: a nested batch for those who negotiated it, lines that are not blank for others; it counts once. "The
    `server-time` tag on each message SHOULD be the time at which the message was received by the IRC server. The
    `msgid` tag that identifies each individual message in a response MUST be the `msgid` tag as originally sent by the
    IRC server": what is played back is what was sent at the time.
    """
    alice = stage.connect("alice", caps=f"{BASIC} draft/multiline")
    bob = stage.connect("bob", caps=BASIC)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    alice.sends("PRIVMSG #a :first", "@+x=y BATCH +1 draft/multiline #a")
    alice.sends("@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :one")
    alice.sends("@batch=1;draft/multiline-concat PRIVMSG #a :two", "BATCH -1", "PRIVMSG #a :last")
    live = [line for line in bob.take() if " PRIVMSG " in line]
    assert asks(bob, "LATEST #a * 3") == live
    opening, *lines, closing = asks(alice, "LATEST #a * 2")[:-1]
    msgid = tags(opening)["msgid"]
    source = alice.session.user.source
    assert opening.split(" ", 1)[1] == f":{source} BATCH +{msgid} draft/multiline #a"
    assert tags(opening)["+x"] == "y"
    assert lines == [
        f"@batch={msgid} :{source} PRIVMSG #a :", f"@batch={msgid} :{source} PRIVMSG #a :one",
        f"@batch={msgid};draft/multiline-concat :{source} PRIVMSG #a :two",
    ]  # fmt: skip
    assert closing == f":{source} BATCH -{msgid}"
    assert texts(alice, f"AFTER #a msgid={msgid} 5") == ["last"]
    assert texts(alice, f"BEFORE #a msgid={msgid} 5") == ["first"]


def test_redacted_messages(stage: Stage) -> None:
    """message-redaction: "After a message is redacted, `chathistory` responses SHOULD either:" "exclude it entirely",
    or "include a `REDACT` message after the redacted message, which doesn't count towards message limits. The redacted
    message's content and/or tags MAY be replaced with a placeholder." "The `draft/event-playback` capability is not
    required in order to include `REDACT` messages in `chathistory` responses." Its text is gone in any case.
    """
    alice = stage.connect("alice", caps=f"{BASIC} draft/message-redaction")
    bob = stage.connect("bob", caps=BASIC)
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.sends("PRIVMSG #a :1", "@+x=y PRIVMSG #a :secret", "PRIVMSG #a :3")
    msgid = tags(asks(alice, "LATEST #a * 2")[0])["msgid"]
    alice.sends(f"REDACT #a {msgid} :oops")
    assert texts(bob, "LATEST #a * 2") == ["1", "3"]
    message, redaction, last = asks(alice, "LATEST #a * 2")
    source = alice.session.user.source
    assert message.split(" ", 1)[1] == f":{source} PRIVMSG #a :(This message was deleted.)"
    assert tags(message)["msgid"] == msgid and "+x" not in tags(message)
    assert redaction.split(" ", 1)[1] == f":{source} REDACT #a {msgid} :oops"
    assert tags(redaction)["draft/chathistory-context"] == ""
    assert last.endswith(":3")
    assert not any("secret" in line for line in asks(alice, "LATEST #a * 9"))


# --- targets -------------------------------------------------------------------------------------------------


def test_targets(stage: Stage) -> None:
    """"Instead, it lists channels the user has visible history in, together with users with which the user has
    exchanged direct messages, ordered by the time of the latest message in the channel history or direct message
    conversation (i.e. sent from or to the other user)." "The parameters have the same semantics as `BETWEEN`, except
    that they MUST be timestamps and not msgids, and they match against the latest message stored for the target (i.e. a
    target is not returned if its latest message is outside of the selection parameters, even if it has other messages
    inside them)." "CHATHISTORY TARGETS <nickname | channel name> <YYYY-MM-DDThh:mm:ss.sssZ> where the timestamp is the
    time of the latest message in the channel history or direct message conversation."
    """
    alice, bob, carol = (stage.connect(nick, caps=BASIC) for nick in ("Alice", "Bob", "carol"))
    carol.sends("JOIN #Early", "PRIVMSG #early :unseen")
    stage.passes(1)
    alice.sends("JOIN #early", "JOIN #Chat", "PRIVMSG #chat :1")
    times = [stage.server.time_text()]
    for client, line in ((bob, "PRIVMSG alice :2"), (alice, "PRIVMSG carol :3"), (bob, "PRIVMSG carol :4")):
        stage.passes(1)
        client.sends(line)
        times.append(stage.server.time_text())
    whole = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
    found = [line.split(" ", 2)[2] for line in asks(alice, f"TARGETS {whole} 9")]
    assert found == [
        f"CHATHISTORY TARGETS #Chat {times[0]}", f"CHATHISTORY TARGETS Bob {times[1]}",
        f"CHATHISTORY TARGETS carol {times[2]}",
    ]  # fmt: skip

    def names(first: str, second: str, limit: int) -> list[str]:
        return [line.split(" ")[4] for line in asks(alice, f"TARGETS timestamp={first} timestamp={second} {limit}")]

    assert names("2000-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z", 2) == ["#Chat", "Bob"]
    assert names("2100-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z", 2) == ["Bob", "carol"]
    assert names(times[0], times[2], 9) == ["Bob"]
    assert names(times[2], "2000-01-01T00:00:00.000Z", 1) == ["Bob"]


@pytest.mark.parametrize("nick", ["bob", "BOB"])
def test_names_of_batches(stage: Stage, nick: str) -> None:
    """"If the `batch` capability was negotiated, the server MUST reply to a successful `CHATHISTORY` command using a
    `batch`. For subcommands that return message history (i.e. all subcommands other than `TARGETS`), the batch MUST
    have type `chathistory` and take a single additional parameter, the canonical name of the target being queried. For
    `TARGETS`, the batch MUST have type `draft/chathistory-targets`." Of the batch type: "The target MUST either be the
    nick of the remote client for private messages or the name of a channel which the local client is in for public
    messages."
    """
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("Bob", caps=BASIC)
    alice.sends("JOIN #Chat", f"PRIVMSG {nick} :hi")
    bob.take(), alice.take()
    asked = ("LATEST #CHAT * 5", f"LATEST {nick} * 5", f"TARGETS {PAST} {FUTURE} 5")
    alice.sends(*(f"CHATHISTORY {question}" for question in asked))
    opened = [line.partition(" BATCH +")[2].split(" ")[1:] for line in alice.take() if " BATCH +" in line]
    assert opened == [["chathistory", "#Chat"], ["chathistory", "Bob"], ["draft/chathistory-targets"]]


def test_the_same_moment(stage: Stage) -> None:
    """"Servers SHOULD provide clients with a consistent message order that is valid across the lifetime of a single
    connection, and which determinately orders any two messages (even if they share a timestamp); this will allow
    BEFORE, AFTER, and BETWEEN queries that use msgids for pagination to function as expected. This order SHOULD
    coincide with the order in which messages are returned within a response batch." Pages by id put together are the
    whole.
    """
    alice = stage.connect("alice", caps=BASIC)
    alice.sends("JOIN #a")
    alice.sends_bytes(b"".join(b"PRIVMSG #a :%d\r\n" % number for number in range(20)))
    whole = asks(alice, "LATEST #a * 50")
    assert [line.rpartition(":")[2] for line in whole] == [str(number) for number in range(20)]
    assert len({tags(line)["time"] for line in whole}) < 20
    for question, order in (("AFTER #a msgid={} 3", 1), ("BEFORE #a msgid={} 3", -1)):
        left, pages = whole[::order], []
        found = [left[0]]
        while found:
            pages += found
            found = asks(alice, question.format(tags(pages[-1])["msgid"]))[::order]
        assert pages == left


def test_what_belongs_to_a_message_is_not_counted(stage: Stage) -> None:
    """"The server may choose to return additional, related messages alongside regular chat history. Such messages MUST
    be tagged with the `draft/chathistory-context` tag and MUST immediately follow their parent message. Context
    messages MUST NOT be counted towards the message limit. Context messages are sent at the server's discretion and MAY
    include reacts, redacts, edits, etc."
    """
    alice = stage.connect("alice", caps=f"{BASIC} draft/message-redaction")
    alice.sends("JOIN #a")
    says(alice, "#a", *"12345")
    for line in asks(alice, "LATEST #a * 5")[1:3]:
        alice.sends(f"REDACT #a {tags(line)['msgid']}")
    shown = asks(alice, "LATEST #a * 4")
    verbs = [line.split(" ")[2] for line in shown]
    assert verbs == ["PRIVMSG", "REDACT", "PRIVMSG", "REDACT", "PRIVMSG", "PRIVMSG"]
    assert ["draft/chathistory-context" in tags(line) for line in shown] == [verb == "REDACT" for verb in verbs]


def test_a_reaction_that_was_taken_back_is_nothing(stage: Stage) -> None:
    """"Request up to `limit` number of messages": what there is nothing left of takes no place in a page, which would
    be empty although there is more before it.
    """
    alice = stage.connect("alice", caps=f"{BASIC} draft/message-redaction draft/event-playback echo-message")
    alice.sends("JOIN #a")
    stage.passes(1)
    says(alice, "#a", "first", "second")
    for _ in range(3):
        msgid = say(alice, "@+draft/react=x TAGMSG #a")
        alice.sends(f"REDACT #a {msgid}")
    assert texts(alice, "LATEST #a * 2") == ["first", "second"]
    last = tags(asks(alice, "LATEST #a * 1")[0])["msgid"]
    assert texts(alice, f"AROUND #a msgid={last} 2") == ["first", "second"]
