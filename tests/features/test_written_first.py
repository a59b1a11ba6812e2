"""Whatever a service says yes to, and METADATA, is on disk by then; what cannot be written down does not happen."""

from __future__ import annotations

from collections import deque

import pytest
from chanserv import answers, founded, log_in, person, registration, restarted

from chatd.testing import Client, Stage

UNAVAILABLE = "That cannot be done just now; please try again in a few minutes."
REGISTRATION = {
    "access": ("", "CS FLAGS #chat bob op", "bob has +o op on #chat now."),
    "access ends": ("CS FLAGS #chat bob op", "CS ACCESS #chat DEL bob", "bob is no longer on the access list"),
    "template": ("", "CS TEMPLATE #chat HELPER op", "HELPER is +o op now."),
    "setting": ("", "CS SET #chat description roses", "description of #chat is roses now."),
    "akick": ("", "CS AKICK #chat ADD bob 7d spam", "bob is kept out of #chat."),
    "akick ends": ("CS AKICK #chat ADD bob", "CS AKICK #chat DEL bob", "bob is not kept out of #chat any more."),
    "link": ("", "CS INVITELINK #chat MAKE", "Link "),
    "invitation": ("", "CS INVITE #chat carol", "carol is invited to #chat, and comes in when back."),
    "invitation ends": ("CS INVITE #chat carol", "CS UNINVITE #chat carol", "carol is not invited to #chat any more."),
    "offer": ("", "CS TRANSFER #chat bob", "bob is the founder of #chat after TRANSFER ACCEPT #chat."),
    "offer ends": ("CS TRANSFER #chat bob", "CS TRANSFER #chat", "#chat is offered to nobody now."),
    "successor": ("", "CS SUCCESSOR #chat bob", "bob succeeds the founder of #chat after SUCCESSOR ACCEPT #chat."),
    "successor ends": ("CS SUCCESSOR #chat bob", "CS SUCCESSOR #chat", "#chat has no successor now."),
}
DONE_AT_ONCE = {
    "topic": ("CS TOPIC #chat roses", "The topic of #chat is roses now."),
    "unban": ("CS UNBAN #chat", "No ban in #chat matches alice any more."),
    "clear": ("CS CLEAR #chat BANS", "Cleared in #chat: BANS"),
    "recover": ("CS RECOVER #chat", "#chat is yours again."),
    "invite": ("CS INVITE #chat dave", "dave is invited to #chat."),
}


def says(client: Client, line: str) -> None:
    """A client sends a line; what is done in threads is not done yet."""
    client.session.receive(f"{line}\r\n".encode())
    without_threads(client.stage)


def without_threads(stage: Stage) -> None:
    """Let everything happen but slow work."""
    while stage.soon or (stage.bus is not None and stage.bus.deliver()):
        if stage.soon:
            stage.soon.popleft()()


def chat(stage: Stage, before: str = "") -> Client:
    """Alice, who founded #chat; Bob, an operator in it, and Carol, who is not here, have accounts as well."""
    alice = founded(stage)
    bob = person(stage, "bob")
    bob.sends("JOIN #chat")
    person(stage, "carol").sends("QUIT")
    if before:
        alice.sends(before)
    stage.passes(2)
    alice.take(), bob.take()
    return alice


def known(stage: Stage) -> object:
    """All that is known of the channel."""
    ((_, channel),) = [each for each in stage.server.network.registrations.channels.items() if each[0] == "#chat"]
    made = registration(stage)
    return (
        made.founder, made.successor, {key: sorted(each.flags) for key, each in made.access.items()}, set(made.akicks),
        dict(made.templates), dict(made.settings), set(made.invited), set(made.links), dict(channel.metadata),
        dict(made.offers),
    )  # fmt: skip


@pytest.mark.parametrize(("before", "line", "answer"), REGISTRATION.values(), ids=REGISTRATION)
def test_nobody_is_answered_before(stage: Stage, before: str, line: str, answer: str) -> None:
    """"Everything acknowledged is on disk"; meanwhile "that client's later lines wait and everybody else goes on"."""
    alice, bob = chat(stage, before), stage.connect("dave")
    unchanged = known(stage)
    says(alice, line)
    says(alice, "PING 1")
    says(bob, "PING 2")
    assert (alice.take(), known(stage)) == ([], unchanged)
    assert [each.split(" ")[1] for each in bob.take()] == ["PONG"]
    stage.settle()
    said = [line.partition(" NOTICE alice :")[2] or line for line in alice.take()]
    (place,) = [place for place, line in enumerate(said) if line.startswith(answer)]
    assert any(" PONG " in line for line in said[place + 1 :])
    assert known(stage) != unchanged
    assert known(restarted(stage)) == known(stage)


@pytest.mark.parametrize(("before", "line", "answer"), REGISTRATION.values(), ids=REGISTRATION)
def test_what_cannot_be_written_does_not_happen(stage: Stage, before: str, line: str, answer: str) -> None:
    """"Database locked, full, or gone": whoever asked is told to try again, and all is as it was."""
    alice = chat(stage, before)
    unchanged = known(stage)
    stage.shelf.is_gone = True
    alice.sends(line)
    assert (answers(alice), known(stage)) == ([UNAVAILABLE], unchanged)
    stage.shelf.is_gone = False
    assert known(restarted(stage)) == unchanged
    alice.sends(line)
    (said,) = answers(alice)
    assert said.startswith(answer)
    assert known(restarted(stage)) == known(stage) != unchanged


@pytest.mark.parametrize(("before", "line", "answer"), REGISTRATION.values(), ids=REGISTRATION)
def test_it_is_written_once(before: str, line: str, answer: str) -> None:
    """What was written down before it happened is not written again after it."""
    stage = Stage()
    alice = chat(stage, before)
    rows = stage.kept_channels.load()
    saved: list[str] = []
    save = stage.kept_channels.save
    stage.kept_channels.save = lambda row: (saved.append(row.folded), save(row))  # type: ignore[method-assign]
    alice.sends(line)
    stage.passes(2)
    assert saved == ["#chat"]
    assert stage.kept_channels.load() != rows


@pytest.mark.parametrize(("line", "answer"), DONE_AT_ONCE.values(), ids=DONE_AT_ONCE)
def test_what_is_done_at_once_is_answered_when_it_is_kept(line: str, answer: str) -> None:
    """What ChanServ does in a channel all see at once, as from anybody; who asked is told when it is on disk."""
    stage = Stage()
    alice = chat(stage)
    person(stage, "dave")
    alice.sends("MODE #chat +b alice!*@*").take()
    assert stage.work == deque()
    says(alice, line)
    assert answers(alice) == []
    stage.settle()
    assert answers(alice) == [answer]


@pytest.mark.parametrize(("line", "answer"), DONE_AT_ONCE.values(), ids=DONE_AT_ONCE)
def test_what_is_done_at_once_and_cannot_be_kept(stage: Stage, line: str, answer: str) -> None:
    """Then that is said, and it is kept as soon as it can be."""
    alice = chat(stage)
    person(stage, "dave")
    alice.sends("MODE #chat +b alice!*@*").take()
    assert stage.work == deque()
    stage.shelf.is_gone = True
    alice.sends(line)
    later = "The database cannot be asked just now; that will be written down as soon as it can."
    assert answers(alice) == [f"{answer} {later}"]
    stage.shelf.is_gone = False
    stage.passes(6)
    assert seen_of(restarted(stage)) == seen_of(stage)


def seen_of(stage: Stage) -> object:
    """Topic, modes, bans and invitations of the channel."""
    channel = stage.server.network.channels["#chat"]
    return channel.topic, channel.modes, list(channel.lists.get("b", {})), set(registration(stage).invited)


def test_several_at_once(stage: Stage) -> None:
    """Two who change one channel at one moment do not undo what the other was told."""
    alice, bob = chat(stage), stage.connect("bobs-phone")
    log_in(bob, "bob")
    alice.sends("CS FLAGS #chat bob set", "MODE #chat +t").take()
    says(alice, "CS SET #chat description roses")
    says(bob, "CS SET #chat url https://example.org/")
    says(alice, "TOPIC #chat :thyme")
    while stage.work:
        stage.work.popleft()()
        without_threads(stage)
        for client in (alice, bob):
            for said in answers(client):
                name, value = said.split(" of #chat is ")
                (row,) = stage.kept_channels.load()
                settings = row.document["settings"]
                assert isinstance(settings, dict)
                assert settings[name] == value.removesuffix(" now.")
    (row,) = stage.kept_channels.load()
    assert row.document["settings"] == {"description": "roses", "url": "https://example.org/"}


def test_gone_meanwhile(stage: Stage) -> None:
    """A channel that is dropped before its change is written down is not registered by that."""
    alice, bob = chat(stage), person(stage, "erin", "alice")
    code = next(line for line in ask(alice, "CS DROP #chat") if "If you are sure" in line).rpartition(" ")[2]
    says(bob, f"CS DROP #chat {code}")
    says(alice, "CS SET #chat description roses")
    stage.settle()
    assert answers(alice) == ["That is not registered any more."]
    assert stage.kept_channels.load() == []


def ask(client: Client, line: str) -> list[str]:
    """What is answered."""
    client.sends(line)
    return answers(client)


# --- metadata ----------------------------------------------------------------------------------------------------

CAPS = "draft/metadata-2 batch labeled-response"
METADATA = {
    "account": ("*", "SET url one", "761 alice alice url * :one"),
    "account ends": ("*", "SET colour", "766 alice alice colour :Key not set"),
    "account cleared": ("*", "CLEAR", "761 alice alice colour * :"),
    "channel": ("#chat", "SET url one", "761 alice #chat url * :one"),
    "channel cleared": ("#chat", "CLEAR", "761 alice #chat colour * :"),
}


def talkative(stage: Stage) -> Client:
    """Alice, who founded #chat, and has said that both of them are blue."""
    alice = stage.connect("alice", caps=CAPS)
    log_in(alice, "alice")
    alice.sends("JOIN #chat", "CS REGISTER #chat", "METADATA * SET colour blue", "METADATA #chat SET colour blue")
    stage.passes(2)
    alice.take()
    return alice


def described(stage: Stage) -> list[dict[str, str]]:
    """What is known of the account and of the channel."""
    network = stage.server.network
    return [dict(network.registry.metadata.get("alice", {})), dict(network.channels["#chat"].metadata)]


@pytest.mark.parametrize(("target", "rest", "answer"), METADATA.values(), ids=METADATA)
def test_metadata_is_answered_when_it_is_kept(stage: Stage, target: str, rest: str, answer: str) -> None:
    """761 (RPL_KEYVALUE) and 766 (RPL_KEYNOTSET), and what others are told, come when it is on disk."""
    alice, bob = talkative(stage), stage.connect("bob", caps=CAPS)
    bob.sends("JOIN #chat", "METADATA * SUB url colour").take()
    alice.take()
    unchanged = described(stage)
    says(alice, f"@label=1 METADATA {target} {rest}")
    says(alice, "PING 1")
    assert (alice.take(), bob.take(), described(stage)) == ([], [], unchanged)
    stage.settle()
    taken = alice.take()
    assert taken[0].startswith("@label=1 ")
    assert [line for line in taken if line.endswith(f"{alice.node.name} {answer}")], taken
    assert " PONG " in taken[-1]
    assert len(bob.take()) == 1
    assert described(stage) != unchanged
    assert described(restarted(stage)) == described(stage)


@pytest.mark.parametrize(("target", "rest", "answer"), METADATA.values(), ids=METADATA)
def test_metadata_that_cannot_be_kept(stage: Stage, target: str, rest: str, answer: str) -> None:
    """FAIL, nobody is told, and all is as it was."""
    alice, bob = talkative(stage), stage.connect("bob", caps=CAPS)
    bob.sends("JOIN #chat", "METADATA * SUB url colour").take()
    alice.sends("CAP REQ standard-replies").take()
    unchanged = described(stage)
    stage.shelf.is_gone = True
    alice.sends(f"METADATA {target} {rest}")
    text = "This cannot be done just now; try again in a minute"
    alice.sees(f":{alice.node.name} FAIL METADATA TEMPORARILY_UNAVAILABLE :{text}")
    stage.shelf.is_gone = False
    stage.passes(6)
    assert bob.take() == []
    assert described(stage) == described(restarted(stage)) == unchanged


def test_whoever_leaves_meanwhile_has_said_it(stage: Stage) -> None:
    """What was written down of an account is so, though the connection that asked for it ended before."""
    alice = talkative(stage)
    says(alice, "METADATA * SET url one")
    alice.session.lost("Connection closed")
    stage.settle()
    expected = {"colour": "blue", "url": "one"}
    assert [described(each)[0] for each in (stage, restarted(stage))] == [expected, expected]


def test_metadata_is_written_once() -> None:
    """As what a service was asked for."""
    stage = Stage()
    alice = talkative(stage)
    written: list[str] = []
    put, save = stage.accounts.put_document, stage.kept_channels.save
    stage.accounts.put_document = lambda *row: (written.append(row[1]), put(*row))  # type: ignore[method-assign]
    stage.kept_channels.save = lambda row: (written.append(row.folded), save(row))  # type: ignore[method-assign]
    alice.sends("METADATA * SET url one", "METADATA #chat SET url one")
    stage.passes(2)
    assert written == ["metadata", "#chat"]


# --- settings of accounts ----------------------------------------------------------------------------------------


def test_two_settings_at_once() -> None:
    """What two connections of one account choose at one moment is both kept."""
    stage = Stage()
    first, second = person(stage, "alice"), person(stage, "alices-phone", "alice")
    says(first, "NS SET ENFORCE refuse")
    says(second, "NS SET HIDE-MAIL off")
    assert len(stage.work) == 1
    stage.settle()
    assert stage.accounts.documents("settings") == [("alice", {"enforce": "refuse", "hide-mail": "off"})]


@pytest.mark.parametrize("line", ["PERSISTENCE SET ON", "NS SET ALWAYS-ON on"])
def test_who_is_to_stay_is_kept_with_that(line: str) -> None:
    """Who was told so is there again, though the server ended in that moment."""
    stage = Stage()
    alice = person(stage, "alice")
    alice.sends("JOIN #a").take()
    says(alice, line)
    assert alice.take() == []
    stage.work.popleft()()
    while stage.soon:
        stage.soon.popleft()()
    assert alice.take() != []
    again = Stage(accounts=stage.accounts, kept_channels=stage.kept_channels)
    user = again.server.network.user("alice")
    assert user is not None and list(user.channels) == ["#a"]


# --- a database that hangs ---------------------------------------------------------------------------------------


def hangs(stage: Stage) -> None:
    """As long as anybody is made to wait."""
    for _ in range(round(stage.server.config.accounts.wait_s) + 1):
        stage.now_s += 1
        for node in stage.nodes:
            node.tick()
        without_threads(stage)


@pytest.mark.parametrize("line", ["CS SET #chat description roses", "CS FLAGS #chat bob op", "CS TRANSFER #chat bob"])
def test_what_hangs_is_given_up_and_may_still_happen(line: str) -> None:
    """Whoever asked is told to try again; what was written in the end all the same is so, as it is on disk."""
    stage = Stage()
    alice = chat(stage)
    unchanged = known(stage)
    says(alice, line)
    hangs(stage)
    assert (answers(alice), known(stage)) == ([UNAVAILABLE], unchanged)
    says(alice, "PING 1")
    assert " PONG " in alice.take()[0]
    stage.settle()
    assert known(restarted(stage)) == known(stage) != unchanged


def test_metadata_that_hangs() -> None:
    """The same."""
    stage = Stage()
    alice = talkative(stage)
    alice.sends("CAP REQ standard-replies").take()
    says(alice, "METADATA * SET url one")
    hangs(stage)
    text = "This cannot be done just now; try again in a minute"
    alice.sees(f":{alice.node.name} FAIL METADATA TEMPORARILY_UNAVAILABLE :{text}")
    stage.settle()
    alice.sees(f":{alice.node.name} 761 alice alice url * :one")
    assert described(restarted(stage))[0] == {"colour": "blue", "url": "one"}


def test_what_is_behind_something_that_hangs() -> None:
    """It never begins when it was given up before its turn came; what is done in the background waits, and is done."""
    stage = Stage()
    alice, bob = chat(stage), stage.connect("bobs-phone")
    log_in(bob, "bob")
    alice.sends("CS FLAGS #chat bob set").take()
    stage.passes(2)
    alice.take()
    says(alice, "CS SET #chat description roses")
    says(alice, "PING 1")
    says(bob, "CS SET #chat url https://example.org/")
    hangs(stage)
    assert (answers(alice), answers(bob)) == ([UNAVAILABLE], [UNAVAILABLE])
    says(alice, "TOPIC #chat :thyme")
    hangs(stage)
    stage.settle()
    (row,) = stage.kept_channels.load()
    assert row.document["settings"] == {"description": "roses"}
    assert row.document["topic"]["text"] == "thyme"


def test_a_channel_that_is_renamed_while_it_is_dropped() -> None:
    """What is said to be registered no longer is not on disk under another name, whichever thread is faster."""
    stage = Stage()  # the threads of several nodes do not wait for one another
    alice = chat(stage)
    phone = stage.connect("alices-phone")
    log_in(phone, "alice")
    phone.sends("JOIN #chat").take()
    alice.sends("CS DROP #chat")
    code = answers(alice)[-1].rpartition(" ")[2]
    says(alice, f"CS DROP #chat {code}")
    says(phone, "RENAME #chat #talk")
    stage.work.reverse()
    stage.settle()
    stage.passes(10)
    assert answers(alice)[-1] in ("#talk is not registered any more.", "#chat is not registered any more.")
    assert stage.kept_channels.load() == []
