"""Whatever somebody was told is so after the server was killed in that moment, though no store had heard of it.

"Everything acknowledged is on disk": TOPIC, MODE, INVITE, RENAME, invite links, SILENCE, ACCEPT, MARKREAD, bans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as replace_row
from pathlib import Path

import pytest
from chanserv import OPEN, answers, log_in, person, register_account
from killing import CONFIG, EARLY, LATE, chat, killed, of_channel, says
from msgspec.structs import replace

from chatd.core.events import AccountChanged
from chatd.stores.bans import BanFile
from chatd.testing import Client, Stage

CHANGES = {
    "topic": ("TOPIC #chat :roses", " TOPIC #chat :roses"),
    "flags": ("MODE #chat +mk-t secret", " MODE #chat +mk-t secret"),
    "ban": ("MODE #chat +b eve!*@*", " MODE #chat +b eve!*@*"),
    "exception": ("MODE #chat +eI a!*@* b!*@*", " MODE #chat +eI a!*@* b!*@*"),
    "invitation": ("INVITE carol #chat", " 341 alice carol #chat"),
    "by a service": ("CS TOPIC #chat roses", " TOPIC #chat :roses"),
    "by an operator": ("SAMODE #chat +b eve!*@*", " MODE #chat +b eve!*@*"),
}


@pytest.mark.parametrize(("line", "answer"), CHANGES.values(), ids=CHANGES)
def test_a_registered_channel(line: str, answer: str) -> None:
    """Who asked and who is there are told at once, and it is so after the kill."""
    alice, bob = chat()
    person(alice.stage, "carol")
    alice.stage.passes(2)
    alice.take(), bob.take()
    before = of_channel(alice.stage)
    assert any(answer in told for told in says(alice, line))
    assert of_channel(killed(alice.stage)) == of_channel(alice.stage) != before


@pytest.mark.parametrize("reused", [False, True])
def test_a_channel_that_is_renamed(reused: bool) -> None:
    """It is there under the new name, with what was changed before and after, and not under the old one."""
    alice, _ = chat()
    says(alice, "TOPIC #chat :roses", "RENAME #chat #talk", "MODE #talk +b eve!*@*")
    if reused:
        says(alice, "JOIN #chat")
    again = killed(alice.stage)
    assert of_channel(again, "#talk") == of_channel(alice.stage, "#talk")
    assert list(again.server.network.registrations.channels) == ["#talk"]


def test_renamed_twice_while_that_is_saved() -> None:
    """Whatever of it the store has done by then."""
    alice, _ = chat()
    stage = alice.stage
    stage.server.config = replace(CONFIG, channels=replace(CONFIG.channels, rename_interval_s=0))
    alice.session.context.config = stage.server.config
    says(alice, "RENAME #chat #talk")
    stage.work.popleft()()
    says(alice, "RENAME #talk #yard", "TOPIC #yard :roses")
    again = killed(stage)
    assert of_channel(again, "#yard") == of_channel(stage, "#yard")
    assert list(again.server.network.registrations.channels) == ["#yard"]


def test_a_channel_that_has_another_by_its_old_name() -> None:
    """What was left of the first is not taken for the second."""
    alice, _ = chat()
    says(alice, "TOPIC #chat :roses", "RENAME #chat #talk")
    alice.stage.settle()
    says(alice, "JOIN #chat")
    alice.sends("CS REGISTER #chat").take()
    again = killed(alice.stage)
    for name in ("#chat", "#talk"):
        assert of_channel(again, name) == of_channel(alice.stage, name)


def test_a_channel_that_is_dropped() -> None:
    """What was left of it brings nothing back."""
    alice, _ = chat()
    alice.sends("CS DROP #chat")
    code = answers(alice)[-1].rpartition(" ")[2]
    says(alice, "TOPIC #chat :roses")
    alice.sends(f"CS DROP #chat {code}").take()
    assert not killed(alice.stage).server.network.registrations.channels


def test_a_use_of_an_invite_link() -> None:
    """A link for one lets nobody in any more whom the first has been told he is in by."""
    alice, bob = chat()
    bob.sends("PART #chat")
    alice.sends("MODE #chat +i", "CS INVITELINK #chat MAKE 1")
    code = next(word for line in answers(alice) for word in line.split() if word.startswith("ci-"))
    alice.stage.passes(2)
    assert any(" JOIN #chat" in line for line in says(bob, f"JOIN #chat {code}"))
    again = killed(alice.stage)
    carol = again.connect("carol")
    assert " 473 " in carol.sends(f"JOIN #chat {code}").take()[0]


def test_an_invitation_that_is_used() -> None:
    """Who came in by an invitation and was put out needs another one."""
    alice, bob = chat()
    alice.sends("KICK #chat bob", "MODE #chat +i", "INVITE bob #chat")
    alice.stage.passes(2)
    bob.take()
    assert any(" JOIN #chat" in line for line in says(bob, "JOIN #chat"))
    says(alice, "KICK #chat bob")
    bob = person(killed(alice.stage), "bob")
    assert " 473 " in bob.sends("JOIN #chat").take()[0]


@pytest.mark.parametrize("order", ["before", "between", "after"])
def test_what_a_service_has_written_is_not_undone(order: str) -> None:
    """What was in the journal before it comes with it, not in its place."""
    alice, _ = chat()
    stage = alice.stage
    if order == "before":
        alice.sends("CS SET #chat description thyme").take()
        says(alice, "TOPIC #chat :roses")
    else:
        says(alice, "TOPIC #chat :roses")
        alice.sends("CS SET #chat description thyme").take()
    if order == "after":
        stage.passes(3)
        alice.sends("CS SET #chat description sage").take()
    assert of_channel(killed(stage)) == of_channel(stage)


def test_what_nobody_was_told_of_may_be_lost() -> None:
    """But all that anybody was told of before is there, also when a service had just written something else."""
    alice, bob = chat()
    stage = alice.stage
    (row,) = stage.kept_channels.load()
    says(alice, "TOPIC #chat :roses")
    # A thread has written it, and who asked has not been told yet.
    stage.kept_channels.save(replace_row(row, document={**row.document, "settings": {"description": "thyme"}}))
    assert of_channel(killed(stage)) == of_channel(stage)
    assert bob.take()[0].endswith(" TOPIC #chat :roses")


# --- people ------------------------------------------------------------------------------------------------------


def staying() -> Client:
    """Alice, who stays without a connection; all is saved."""
    stage = Stage(OPEN)
    alice = person(stage, "alice")
    alice.sends("PERSISTENCE SET ON", "JOIN #a")
    person(stage, "bob")
    stage.passes(3)
    alice.take()
    return alice


def of_alice(stage: Stage) -> object:
    """All that is kept of her."""
    user = stage.server.network.user("alice")
    assert user is not None
    accepted = [key for key in user.accepted if key.startswith("~") or "bob" in key]
    return list(user.silenced), accepted, user.away, user.realname, sorted(user.modes), sorted(user.channels)


PEOPLE = {
    "silence": (["SILENCE +*!*@spam.example"], " SILENCE +*!*@spam.example"),
    "silence ends": (["SILENCE +*!*@spam.example", "SILENCE -*!*@spam.example"], " SILENCE -*!*@spam.example"),
    "accept": (["ACCEPT bob", "ACCEPT *"], " 281 alice bob"),
    "accept ends": (["ACCEPT bob", "ACCEPT -bob", "ACCEPT *"], " 282 alice "),
    "away": (["AWAY :gone"], " 306 alice "),
    "modes": (["MODE alice +g"], " MODE alice :+g"),
    "joined": (["JOIN #b"], " JOIN #b"),
    "left": (["PART #a"], " PART #a"),
}


@pytest.mark.parametrize(("lines", "answer"), PEOPLE.values(), ids=PEOPLE)
def test_who_stays(lines: list[str], answer: str) -> None:
    """The lists, and all else that such a user is brought back with."""
    alice = staying()
    told = says(alice, *lines)
    assert any(answer in line for line in told), told
    after = of_alice(killed(alice.stage))
    expected = of_alice(alice.stage)
    assert after[:2] + after[4:] == expected[:2] + expected[4:]  # type: ignore[index]
    assert ("gone" in after) == (lines == ["AWAY :gone"])  # type: ignore[operator]


def test_who_stays_no_longer() -> None:
    """Who has quit for good, and was told so, is not brought back."""
    alice = staying()
    says(alice, "PERSISTENCE SET OFF")
    alice.stage.settle()
    says(alice, "QUIT")
    assert killed(alice.stage).server.network.user("alice") is None


def test_how_far_somebody_has_read() -> None:
    """MARKREAD: what was answered is there for the next log-in, and never older than what was saved."""
    stage = Stage(CONFIG)
    alice = log_in(stage.connect("alice", caps="draft/read-marker"), "alice")
    alice.sends(f"MARKREAD #old {EARLY}", f"MARKREAD #both {EARLY}").take()
    stage.passes(10)
    assert says(alice, f"MARKREAD #both {LATE}") == [f":{alice.node.name} MARKREAD #both {LATE}"]
    assert says(alice, f"MARKREAD #new {LATE}") == [f":{alice.node.name} MARKREAD #new {LATE}"]
    again = log_in(killed(stage).connect("alice", caps="draft/read-marker"), "alice")
    for name, moment in (("#old", EARLY), ("#both", LATE), ("#new", LATE)):
        again.sends(f"MARKREAD {name}").sees(f":{again.node.name} MARKREAD {name} {moment}")


def test_of_who_was_renamed_in_that_moment() -> None:
    """What was left under an account's old name is found under the new one; nobody who takes the old one has it."""
    stage = Stage(CONFIG)
    alice = log_in(stage.connect("alice", caps="draft/read-marker"), "alice")
    stage.passes(2)
    says(alice, f"MARKREAD #new {LATE}")
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.rename(found.account_id, "rose", "rose", stage.server.now_ms())
    again = killed(stage)
    rose = log_in(again.connect("rose", caps="draft/read-marker"), "rose")
    rose.sends("MARKREAD #new").sees(f":{rose.node.name} MARKREAD #new {LATE}")


def test_metadata_that_was_set_before_and_after_a_log_in() -> None:
    """What came along with the log-in is kept at once; what is set after it is not undone by that."""
    stage = Stage(OPEN)
    alice = stage.connect("alice", caps="draft/metadata-2 batch")
    register_account(stage, "alice")
    alice.sends("METADATA * SET colour blue").take()
    alice.node.emit(AccountChanged(alice.session.context.origin, "alice"))
    assert ("metadata", "alice", {"colour": "blue"}) in [note[:3] for note in stage.journals[0].notes]
    stage.settle()
    alice.sends("METADATA * SET url one").take()
    assert killed(stage).accounts.documents("metadata") == [("alice", {"colour": "blue", "url": "one"})]


# --- bans from the server ----------------------------------------------------------------------------------------


@pytest.fixture
def banned(tmp_path: Path) -> Iterator[Client]:
    """An operator of a server that has one ban, which is saved."""
    stage = Stage(CONFIG, keeper=BanFile(tmp_path / "bans.json"))
    alice = log_in(stage.connect("alice"), "alice")
    alice.sends("DLINE 192.0.2.77 :one")
    stage.passes(2)
    alice.take()
    yield alice


@pytest.mark.parametrize(
    ("line", "refused"),
    [("KLINE *@192.0.2.78 :two", "192.0.2.78"), ("DLINE 192.0.2.78 :two", "192.0.2.78"), ("UNDLINE 192.0.2.77", "")],
)
def test_bans(banned: Client, line: str, refused: str) -> None:
    """Set or lifted: once operators have been told, the next start knows."""
    assert any("-line on" in told for told in says(banned, line))
    again = killed(banned.stage)
    assert again.server.network.server_bans.kept() == banned.node.network.server_bans.kept()
    kept = [ban.mask for ban in again.server.network.server_bans.kept()]
    assert any(refused in mask for mask in kept) or not kept
