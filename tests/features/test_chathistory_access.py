"""What of channels and conversations CHATHISTORY shows, and to whom."""

from __future__ import annotations

import pytest
from logins import renames
from pages import BASIC, FUTURE, PAST, asks, tags, texts
from speaking import says

from chatd.config import Config, History, Readers
from chatd.testing import Stage

# --- who may read what ---------------------------------------------------------------------------------------


def test_from_the_moment_one_joined(stage: Stage) -> None:
    """By default a member reads what was said since it came, and nothing else.

    IRCv3 chathistory: "Servers MUST ensure that users cannot obtain history they are not authorised to view."; "servers
    MAY wish to disallow clients from querying the history of channels they are not joined to."
    """
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


@pytest.mark.parametrize("question", ["CHATHISTORY LATEST #a * 9", "SEARCH text=words", "UNREAD #a", "MENTIONS *"])
def test_who_is_kicked_while_a_question_waits_hears_nothing_of_after(question: str) -> None:
    """Threads may be busy: what counts is what the client could see when it asked."""
    stage = Stage()
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=f"{BASIC} draft/search")
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    stage.passes(1)
    alice.sends("PRIVMSG #a :words to bob")
    stage.passes(1)
    bob.take()
    bob.session.receive(f"{question}\r\n".encode())
    hidden, stage.work = stage.work, type(stage.work)()
    stage.now_s += 1
    alice.sends("KICK #a bob", "PRIVMSG #a :words behind the back of bob")
    stage.work.extend(hidden)
    stage.settle()
    answer = "\n".join(line for line in bob.take() if " KICK " not in line)
    assert "behind the back" not in answer
    if question == "UNREAD #a":
        assert " UNREAD #a 1 1 " in answer
    elif question != "MENTIONS *":  # which is asked of the channels one is in when its turn has come
        assert "words to bob" in answer


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


def test_targets_of_who_has_a_rank(stage: Stage) -> None:
    """"ordered by the time of the latest message in the channel history": what was said to operators is one of them,
    for operators, who would not learn otherwise that they have missed it.
    """
    alice, bob = stage.connect("alice", caps=BASIC), stage.connect("bob", caps=BASIC)
    alice.sends("JOIN #a")
    bob.sends("JOIN #a")
    stage.passes(1)
    says(alice, "#a", "to all")
    stage.passes(1)
    says(bob, "@#a", "to operators")
    one, other = (asks(client, f"TARGETS {PAST} {FUTURE} 9")[0].split(" ")[-1] for client in (alice, bob))
    assert one == tags(asks(alice, "LATEST #a * 1")[0])["time"] > other == tags(asks(bob, "LATEST #a * 1")[0])["time"]


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
