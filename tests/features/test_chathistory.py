"""CHATHISTORY.  Quotes are from IRCv3 chathistory, but where said otherwise."""

from __future__ import annotations

import re

import pytest
from logins import renames
from speaking import says

from chatd.config import Config, History, Readers
from chatd.testing import Client, Stage

BASIC = "draft/chathistory batch server-time message-tags"
EVERYTHING = f"{BASIC} draft/event-playback extended-join account-tag draft/multiline draft/channel-rename"


def asks(client: Client, line: str) -> list[str]:
    """The lines inside the batch that answers a question, without their batch tag."""
    client.take()
    client.sends(f"CHATHISTORY {line}")
    first, *lines, last = client.take()
    head = rf"@time=\S+ :{re.escape(client.node.name)} BATCH"
    opened = re.fullmatch(rf"{head} \+(\d+) (chathistory \S+|draft/chathistory-targets)", first)
    assert opened, first
    assert last.endswith(f" BATCH -{opened[1]}")
    assert all(f"batch={opened[1]}" in line.split(" ")[0] or "@batch=" in line for line in lines)
    return [re.sub(rf"(?<=@)batch={opened[1]};?", "", line).removeprefix("@ ") for line in lines]


def texts(client: Client, line: str) -> list[str]:
    """The last parameters of the answer."""
    return [line.rpartition(" :")[2] for line in asks(client, line)]


def tags(line: str) -> dict[str, str]:
    """The tags of a line."""
    pairs = [tag.partition("=") for tag in line[1:].split(" ")[0].split(";")] if line[0] == "@" else []
    return {key: value for key, _, value in pairs}


PAST, FUTURE = "timestamp=1990-01-01T00:00:00.000Z", "timestamp=2990-01-01T00:00:00.000Z"


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
    """"Request up to `limit` number of the most recent messages that have been sent." """
    source = alice.session.user.source
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #A * 3")] == [
        f":{source} PRIVMSG #a :{n}" for n in (7, 8, 9)
    ]


@pytest.mark.parametrize("kind", [0, 1], ids=["msgid", "timestamp"])
def test_selectors(alice: Client, kind: int) -> None:
    """Each subcommand, with bounds excluded as it says: "before and excluding", "after and excluding" ..."""
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
    """Two selectors need not be of the same kind; "the returned messages MUST be counted starting from and excluding
    the first message selector, while finishing on and excluding the second".
    """
    ids, times = ids_and_times(alice)
    assert texts(alice, f"BETWEEN #a {ids[1]} {times[4]} 9") == ["2", "3"]


def test_limit() -> None:
    """"servers SHOULD set and enforce a reasonable maximum"; "`CHATHISTORY` MUST be sent to the client to state the
    maximum number of messages a client can request in a single command"; "`MSGREFTYPES` SHOULD be sent".
    """
    stage = Stage(Config(history=History(page_messages=2)))
    alice = stage.connect("alice", caps=BASIC)
    tokens = " ".join(stage.server.isupport()).split(" ")
    assert {"CHATHISTORY=2", "MSGREFTYPES=msgid,timestamp"} <= set(tokens)
    alice.sends("JOIN #a")
    says(alice, "#a", "1", "2", "3")
    assert texts(alice, "LATEST #a * 9") == ["2", "3"]


def test_failures(alice: Client, stage: Stage) -> None:
    """"Errors are returned using the standard replies syntax."; "a syntactically invalid `CHATHISTORY` command, e.g.,
    an unknown subcommand, missing parameters, excess parameters, or parameters that cannot be parsed"; "If the target
    does not exist or the client does not have permissions to query it"; "a reference type the server does not support".
    """
    other = stage.connect("other")
    other.sends("JOIN #other", "MODE #other +s", "JOIN #seen")
    for line, answer in {
        "": "INVALID_PARAMS * :Insufficient parameters",
        "SOMETIMES #a * 5": "INVALID_PARAMS SOMETIMES :Unknown command",
        "LATEST #a *": "INVALID_PARAMS LATEST :Insufficient parameters",
        "LATEST #a * * 5": "INVALID_PARAMS LATEST :Too many parameters",
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
    """"Servers SHOULD NOT enforce that clients support all related capabilities before using" it."""
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


def test_events_only_with_event_playback(stage: Stage) -> None:
    """"If the client has not negotiated the `draft/event-playback` capability, the server MUST NOT send any lines other
    than `PRIVMSG` and `NOTICE` in the reply batch" """
    plain, full = stage.connect("plain", caps=BASIC), stage.connect("full", caps=EVERYTHING)
    plain.sends("JOIN #a")
    full.sends("JOIN #a", "NICK fully", "NICK full", "PRIVMSG #a :1")
    plain.sends("TOPIC #a :x", "NOTICE #a :2", "MODE #a +v full", "@+draft/react=y;+reply=1 TAGMSG #a")
    other = stage.connect("other")
    other.sends("JOIN #a", "PART #a :bye", "JOIN #a")
    plain.sends("KICK #a other :out")
    other.sends("JOIN #a", "QUIT :gone")
    verbs = [re.sub(r"^(@\S+ )?(:\S+ )?", "", line).split(" ")[0] for line in asks(full, "LATEST #a * 100")]
    expected = "JOIN NICK NICK PRIVMSG TOPIC NOTICE MODE TAGMSG JOIN PART JOIN KICK JOIN QUIT"
    assert " ".join(verbs) == expected
    assert texts(plain, "LATEST #a * 100") == ["1", "2"]
    full.sends("CAP REQ :-message-tags")
    assert "TAGMSG" not in " ".join(asks(full, "LATEST #a * 100"))


def test_join_in_both_forms(stage: Stage) -> None:
    """extended-join: a JOIN has account and real name for those who negotiated it, in history as well."""
    alice = stage.connect("alice", caps=f"{BASIC} draft/event-playback")
    alice.sends("JOIN #a")
    host = alice.session.user.host
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #a * 5")] == [f":alice!~alice@{host} JOIN #a"]
    alice.sends("CAP REQ extended-join")
    assert [line.split(" ", 1)[1] for line in asks(alice, "LATEST #a * 5")] == [
        f":alice!~alice@{host} JOIN #a * :alice"
    ]


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
    """multiline: a nested batch for those who negotiated it, lines that are not blank for others; it counts once."""
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
    """message-redaction: "exclude it entirely", or "include a `REDACT` message after the redacted message"; its text is
    gone in any case."""
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


# --- who may read what ---------------------------------------------------------------------------------------


def test_from_the_moment_one_joined(stage: Stage) -> None:
    """By default a member reads what was said since it came, and nothing else."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    alice.sends("JOIN #a", "PRIVMSG #a :before")
    bob.sends("JOIN #a")
    alice.sends("PRIVMSG #a :with")
    assert texts(bob, "LATEST #a * 9") == texts(bob, "AROUND #a timestamp=2000-01-01T00:00:00.000Z 9") == ["with"]
    bob.sends("PART #a")
    alice.sends("PRIVMSG #a :without")
    bob.sends("CHATHISTORY LATEST #a * 9")
    assert " FAIL CHATHISTORY INVALID_TARGET " in bob.take()[-1]
    bob.sends("JOIN #a")
    alice.sends("PRIVMSG #a :again")
    assert texts(bob, "LATEST #a * 9") == ["again"]
    alice.sends("KICK #a bob")
    bob.take()
    bob.sends("CHATHISTORY LATEST #a * 9")
    assert " FAIL CHATHISTORY INVALID_TARGET " in bob.take()[-1]


@pytest.mark.parametrize("nodes", [1, 2])
def test_members_only(nodes: int) -> None:
    """With access = "members" a member reads all that was said in this channel, but not in one that was before it."""
    stage = Stage(Config(history=History(access="members")), nodes=nodes)
    old, alice, bob = stage.connect("old"), stage.connect("alice"), stage.connect("bob", caps=BASIC)
    old.sends("JOIN #a", "PRIVMSG #a :of others", "PART #a")
    alice.sends("JOIN #a", "PRIVMSG #a :before")
    bob.sends("CHATHISTORY LATEST #a * 9")
    assert " FAIL CHATHISTORY INVALID_TARGET " in bob.take()[-1]
    bob.sends("JOIN #a")
    assert texts(bob, "LATEST #a * 9") == ["before"]


@pytest.mark.parametrize("nodes", [1, 2])
def test_everyone(nodes: int) -> None:
    """With access = "everyone" whoever could enter reads what was said, and not who was there."""
    stage = Stage(Config(history=History(access="everyone")), nodes=nodes)
    alice, bob = stage.connect("alice"), stage.connect("bob", caps=f"{BASIC} draft/event-playback")
    alice.sends("JOIN #a", "PRIVMSG #a :hello", "PRIVMSG @#a :for operators", "MODE #a +k secret", "MODE #a -k secret")
    assert texts(bob, "LATEST #a * 9") == ["hello"]
    for mode in ("+b bob!*@*", "+i", "+k key", "+s", "+l 1"):
        alice.sends(f"MODE #a {mode}")
        bob.take()
        bob.sends("CHATHISTORY LATEST #a * 9")
        assert " FAIL CHATHISTORY INVALID_TARGET " in bob.take()[-1], mode
        alice.sends(f"MODE #a -{mode[1:]}")
        assert texts(bob, "LATEST #a * 9") == ["hello"]


def test_from_registration() -> None:
    """With access = "registration" one reads what was said since one's account was made, or since one is here."""
    stage = Stage(Config(history=History(access="registration")))
    alice, guest = stage.connect("alice"), stage.connect("guest", caps=BASIC)
    alice.sends("JOIN #a", "PRIVMSG #a :first")
    stage.passes(5)
    bob = stage.connect("bob", caps=BASIC)
    stage.registers("bob")
    stage.logs_in(bob, "bob")
    stage.passes(5)
    alice.sends("PRIVMSG #a :second")
    for client in (guest, bob):
        client.sends("JOIN #a")
    assert texts(guest, "LATEST #a * 9") == ["first", "second"]
    assert texts(bob, "LATEST #a * 9") == ["second"]


def test_rules_for_some_channels() -> None:
    """[[history.readers]] has another rule for channels that match."""
    rules = History(readers=(Readers(mask="#open*", access="everyone"), Readers(mask="#o*", access="members")))
    stage = Stage(Config(history=rules))
    alice, bob = stage.connect("alice"), stage.connect("bob", caps=BASIC)
    for name in ("#Open", "#other", "#x"):
        alice.sends(f"JOIN {name}", f"PRIVMSG {name} :hello")
    assert texts(bob, "LATEST #Open * 9") == ["hello"]
    for name, seen in {"#other": ["hello"], "#x": []}.items():
        bob.sends(f"CHATHISTORY LATEST {name} * 9")
        assert " FAIL CHATHISTORY INVALID_TARGET " in bob.take()[-1]
        bob.sends(f"JOIN {name}")
        assert texts(bob, f"LATEST {name} * 9") == seen


def test_what_was_said_to_a_rank(stage: Stage) -> None:
    """What was said to operators is read by who was one then, and is one still."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    alice.sends("PRIVMSG @#a :1")
    assert (texts(alice, "LATEST #a * 9"), texts(bob, "LATEST #a * 9")) == (["1"], [])
    alice.sends("MODE #a +o bob", "PRIVMSG @#a :2")
    assert texts(bob, "LATEST #a * 9") == ["2"]
    alice.sends("MODE #a -o bob")
    assert texts(bob, "LATEST #a * 9") == []


def test_renamed_channel(stage: Stage) -> None:
    """channel-rename: history moves along, and who takes the old name does not have it."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    alice.sends("JOIN #a", "PRIVMSG #a :1", "RENAME #a #b", "PRIVMSG #b :2")
    bob.sends("JOIN #a", "PRIVMSG #a :other")
    assert texts(alice, "LATEST #b * 9") == ["1", "2"]
    assert texts(bob, "LATEST #a * 9") == ["other"]
    first = tags(asks(alice, "LATEST #b * 9")[0])["msgid"]
    assert texts(alice, f"AFTER #b msgid={first} 9") == ["2"]


# --- conversations -------------------------------------------------------------------------------------------


def test_conversation(stage: Stage) -> None:
    """"the server SHOULD include history sent between the current user and the target nickname, including outgoing
    messages" """
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("Bob", caps=BASIC)
    carol = stage.connect("carol", caps=BASIC)
    stage.passes(1)
    alice.sends("PRIVMSG bob :1")
    bob.sends("PRIVMSG alice :2")
    alice.sends("PRIVMSG carol :3", "PRIVMSG alice :4")
    alice.take()
    alice.sends("CHATHISTORY LATEST bob * 9")
    assert alice.take()[0].endswith(" chathistory Bob")
    assert texts(alice, "LATEST bob * 9") == texts(bob, "LATEST alice * 9") == ["1", "2"]
    assert texts(carol, "LATEST bob * 9") == []
    assert texts(carol, "LATEST alice * 9") == ["3"]
    assert texts(alice, "LATEST alice * 9") == ["4"]


def test_nickname_of_somebody_else(stage: Stage) -> None:
    """Who takes the nickname of somebody who is gone does not read what that one said and was told."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    stage.passes(1)
    alice.sends("PRIVMSG bob :for the first bob")
    stage.passes(1)
    bob.sends("PRIVMSG alice :from the first bob", "QUIT")
    carol = stage.connect("carol", caps=BASIC)
    carol.sends("NICK bob")
    assert texts(carol, "LATEST alice * 9") == []
    stage.passes(1)
    alice.sends("PRIVMSG bob :for the second")
    assert texts(carol, "LATEST alice * 9") == ["for the second"]
    stage.passes(1)
    dan = stage.connect("dan", caps=BASIC)
    carol.sends("NICK other")
    dan.sends("NICK bob")
    assert texts(dan, "LATEST alice * 9") == []
    assert texts(alice, "LATEST bob * 9") == ["for the first bob", "from the first bob", "for the second"]


def test_nickname_changes(stage: Stage) -> None:
    """"The server SHOULD attempt to include history involving other nicknames if either the current user or the target
    nickname has changed during the requested timeframe." """
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    for client, line in (
        (alice, "PRIVMSG bob :1"), (bob, "NICK rob"), (alice, "PRIVMSG rob :2"), (alice, "NICK alicia"),
        (alice, "PRIVMSG rob :3"),
    ):  # fmt: skip
        stage.passes(1)
        client.sends(line)
    assert texts(alice, "LATEST rob * 9") == texts(bob, "LATEST alicia * 9") == ["1", "2", "3"]
    assert texts(alice, "LATEST rob * 2") == ["2", "3"]
    middle = tags(asks(alice, "LATEST rob * 2")[0])["msgid"]
    assert texts(alice, f"BEFORE rob msgid={middle} 9") == ["1"]
    assert texts(bob, f"AFTER alicia msgid={middle} 9") == ["3"]


def test_accounts_keep_their_conversations(stage: Stage) -> None:
    """Who is logged in reads what was said to the account, under any nickname and in any connection."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    stage.registers("Robert")
    stage.logs_in(bob, "Robert")
    stage.passes(1)
    alice.sends("PRIVMSG bob :1")
    bob.sends("QUIT")
    stage.passes(1)
    imposter = stage.connect("bob", caps=BASIC)
    assert texts(imposter, "LATEST alice * 9") == []
    imposter.sends("QUIT")
    again = stage.connect("bobby", caps=BASIC)
    assert texts(again, "LATEST alice * 9") == []
    stage.logs_in(again, "Robert")
    assert texts(again, "LATEST alice * 9") == ["1"]
    stage.passes(1)
    alice.sends("PRIVMSG bobby :2")
    assert texts(alice, "LATEST bobby * 9") == texts(again, "LATEST alice * 9") == ["1", "2"]


def test_name_that_another_account_had(stage: Stage) -> None:
    """An account made anew, or renamed, reads nothing that was said to another account of that name."""
    first = stage.registers("Robert")
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC, account="Robert")
    stage.registers("Other")
    stage.passes(1)
    alice.sends("PRIVMSG bob :1")
    bob.sends("QUIT")
    stage.accounts.delete(first.account_id, stage.server.now_ms())
    stage.passes(1)
    renames(stage, "Other", "Robert")
    new = stage.connect("new", caps=BASIC, account="Robert")
    assert texts(new, "LATEST alice * 9") == []
    stage.passes(1)
    alice.sends("PRIVMSG new :2")
    assert texts(new, "LATEST alice * 9") == ["2"]


def test_conversations_follow_an_account_that_is_renamed(stage: Stage) -> None:
    """Both find all that they said to each other, in later connections too; who has the name now finds nothing."""
    stage.registers("Robert")
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC, account="Robert")
    stage.passes(1)
    alice.sends("PRIVMSG bob :1")
    stage.passes(1)
    renames(stage, "Robert", "Bobby")
    stage.registers("Robert")
    stage.passes(1)
    bob.sends("PRIVMSG alice :2")
    other = stage.connect("robert", caps=BASIC, account="Robert")
    assert texts(other, "LATEST alice * 9") == asks(other, f"TARGETS {PAST} {FUTURE} 9") == []
    assert texts(alice, "LATEST bob * 9") == texts(bob, "LATEST alice * 9") == ["1", "2"]
    assert [line.split(" ")[4] for line in asks(bob, f"TARGETS {PAST} {FUTURE} 9")] == ["alice"]
    bob.sends("QUIT")
    again = stage.connect("again", caps=BASIC, account="Bobby")
    assert texts(again, "LATEST alice * 9") == texts(alice, "LATEST again * 9") == ["1", "2"]
    alice.sends("PRIVMSG robert :3")
    assert texts(other, "LATEST alice * 9") == ["3"]
    assert texts(again, "LATEST alice * 9") == ["1", "2"]


def test_accounts_that_are_both_renamed(stage: Stage) -> None:
    """Each of the two under each of its names, and once more under the first one."""
    for name in ("Ann", "Ben"):
        stage.registers(name)
    ann, ben = (stage.connect(f"nick{name}", caps=BASIC, account=name) for name in ("Ann", "Ben"))
    for number, (old, new) in enumerate([("Ann", "Anna"), ("Ben", "Benno"), ("Anna", "Ann"), ("Ann", "Anne")]):
        stage.passes(1)
        ann.sends(f"PRIVMSG nickBen :{number}")
        stage.passes(1)
        renames(stage, old, new)
    assert texts(ben, "LATEST nickAnn * 9") == texts(ann, "LATEST nickBen * 9") == list("0123")
    ann.sends("QUIT")
    again = stage.connect("again", caps=BASIC, account="Anne")
    assert texts(again, "LATEST nickBen * 9") == list("0123")


def test_a_channel_read_since_the_account_was_made(stage: Stage) -> None:
    """To be renamed makes an account no younger."""
    for node in stage.nodes:
        node.config = Config(history=History(access="registration"))
    alice = stage.connect("alice", caps=BASIC)
    stage.registers("Robert")
    alice.sends("JOIN #a")
    stage.passes(1)
    says(alice, "#a", "1")
    renames(stage, "Robert", "Bobby")
    bob = stage.connect("bob", caps=BASIC, account="Bobby")
    bob.sends("JOIN #a")
    assert texts(bob, "LATEST #a * 9") == ["1"]


def test_what_was_whispered_before_one_registered(stage: Stage) -> None:
    """It is found in the connection in which it was said, and by nobody who has the account or nickname later."""
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    stage.passes(1)
    alice.sends("PRIVMSG bob :1")
    stage.passes(1)
    stage.registers("bob")
    stage.logs_in(bob, "bob")
    stage.passes(1)
    alice.sends("PRIVMSG bob :2")
    assert texts(bob, "LATEST alice * 9") == texts(alice, "LATEST bob * 9") == ["1", "2"]
    bob.sends("QUIT")
    again = stage.connect("bob", caps=BASIC, account="bob")
    assert texts(again, "LATEST alice * 9") == ["2"]
    stage.logs_in(again, None)
    assert texts(again, "LATEST alice * 9") == []


# --- targets -------------------------------------------------------------------------------------------------


def test_targets(stage: Stage) -> None:
    """"it lists channels the user has visible history in, together with users with which the user has exchanged direct
    messages, ordered by the time of the latest message" """
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
    """"the batch MUST have type `chathistory` and take a single additional parameter, the canonical name of the target
    being queried. For `TARGETS`, the batch MUST have type `draft/chathistory-targets`."
    """
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("Bob", caps=BASIC)
    alice.sends("JOIN #Chat", f"PRIVMSG {nick} :hi")
    bob.take(), alice.take()
    asked = ("LATEST #CHAT * 5", f"LATEST {nick} * 5", f"TARGETS {PAST} {FUTURE} 5")
    alice.sends(*(f"CHATHISTORY {question}" for question in asked))
    opened = [line.partition(" BATCH +")[2].split(" ")[1:] for line in alice.take() if " BATCH +" in line]
    assert opened == [["chathistory", "#Chat"], ["chathistory", "Bob"], ["draft/chathistory-targets"]]


def test_the_same_moment(stage: Stage) -> None:
    """"Servers SHOULD provide clients with a consistent message order ..., which determinately orders any two messages
    (even if they share a timestamp)"; "This order SHOULD coincide with the order in which messages are returned": pages
    by id put together are the whole.
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
    """"Such messages MUST be tagged with the `draft/chathistory-context` tag and MUST immediately follow their parent
    message. Context messages MUST NOT be counted towards the message limit."
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
