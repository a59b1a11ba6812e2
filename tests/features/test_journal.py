"""The journal: what is in it and for how long, and what happens while nothing can be written to it."""

from __future__ import annotations

import pytest
from chanserv import founded, log_in, person
from killing import CONFIG, LATE, chat, killed, of_channel, says

from chatd.core.events import AccountDeleted
from chatd.journal.unsaved import MemoryJournal
from chatd.testing import Stage


def test_it_is_empty_when_all_is_saved() -> None:
    """What stores have by now is taken away; a start has nothing to do for it."""
    alice, _ = chat()
    assert alice.stage.journals[0].notes == []
    says(alice, "TOPIC #chat :roses")
    assert [note[:2] for note in alice.stage.journals[0].notes] == [("channel", "#chat")]
    alice.stage.passes(2)
    assert alice.stage.journals[0].notes == []


def test_the_database_is_away() -> None:
    """Channels are kept all the same, however long that takes, and saved when it is back."""
    alice, _ = chat()
    stage = alice.stage
    stage.shelf.is_gone = True
    alice.sends("TOPIC #chat :roses", "MODE #chat +b eve!*@*")
    stage.passes(30)
    alice.sends("TOPIC #chat :thyme")
    stage.shelf.is_gone = False
    again = killed(stage)
    assert of_channel(again) == of_channel(stage)
    assert again.kept_channels.load()[0].document["topic"]["text"] == "thyme"  # type: ignore[index,call-overload]


def test_a_start_that_cannot_save_what_was_left_is_no_start() -> None:
    """Nobody is told anything that was forgotten; the next start has it."""
    alice, _ = chat()
    says(alice, "TOPIC #chat :roses")
    expected = of_channel(alice.stage)
    alice.stage.shelf.is_gone = True
    with pytest.raises(Exception, match="the database is gone"):
        killed(alice.stage)
    alice.stage.shelf.is_gone = False
    assert of_channel(killed(alice.stage)) == expected


REFUSED = {
    "topic": "TOPIC #chat :roses", "mode": "MODE #chat +b eve!*@*", "invite": "INVITE carol #chat",
    "rename": "RENAME #chat #talk", "silence": "SILENCE +*!*@x", "accept": "ACCEPT bob",
    "markread": f"MARKREAD #chat {LATE}", "unban": "UNDLINE 192.0.2.77", "satopic": "SATOPIC #chat :roses",
    "samode": "SAMODE #chat +b eve!*@*",
}  # fmt: skip


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_the_disk_is_full(line: str) -> None:
    """What could be forgotten does not happen, and that is said; operators are told, chat goes on; then it works."""
    alice, bob = chat()
    stage = alice.stage
    person(stage, "carol")
    alice.sends("CAP REQ :draft/read-marker standard-replies", "PERSISTENCE SET ON", "DLINE 192.0.2.77")
    alice.sends("MODE alice +s")
    stage.passes(3)
    stage.journals[0].is_full = True
    alice.sends("TOPIC #chat :the last one").take()
    told = alice.sends(line).take()
    verb, words = line.split()[0], {"RENAME": "CANNOT_RENAME #chat #talk", "MARKREAD": "INTERNAL_ERROR #chat"}
    failure = f"FAIL {verb} {words.get(verb, 'TEMPORARILY_UNAVAILABLE')} :This cannot be done just now; "
    assert told[-1].startswith(f":{alice.node.name} {failure}")
    bob.take()
    alice.sends("PRIVMSG #chat :hello", "MODE #chat +v bob", "JOIN #other", "TOPIC #other :sage")
    assert [each.split(" ")[1] for each in bob.take()] == ["PRIVMSG", "MODE"]
    stage.journals[0].is_full = False
    alice.take()
    stage.passes(2)
    assert any("What changes can be written down again" in each for each in alice.take())
    assert failure not in " ".join(alice.sends(line).take())


def test_the_disk_is_full_from_the_start() -> None:
    """Not even the first change is one that is forgotten."""
    full = MemoryJournal()
    full.is_full = True
    stage = Stage(CONFIG, journals=[full])
    alice = founded(stage)
    alice.take()
    assert any("This cannot be done just now" in line for line in alice.sends("TOPIC #chat :roses").take())
    assert stage.server.network.channels["#chat"].topic == ""


def test_a_ban_is_set_although_the_disk_is_full() -> None:
    """Who floods a server is kept out all the same, and the operator is told how long that holds."""
    alice, _ = chat()
    alice.sends("MODE alice +s").take()
    alice.stage.journals[0].is_full = True
    alice.sends("TOPIC #chat :the last one").take()
    assert "or the server ends: it cannot be written down" in " ".join(alice.sends("DLINE 192.0.2.78 :flood").take())
    assert alice.node.admit("192.0.2.78") == "D-lined (flood)"


def test_what_an_erased_account_had_is_not_left_in_it() -> None:
    """Not even under the account's own name; and what others have is."""
    stage = Stage(CONFIG)
    stage.registers("alice", "correct-horse")
    alice = log_in(stage.connect("alice", caps="draft/read-marker"), "alice")
    bob = log_in(stage.connect("bob", caps="draft/read-marker"), "bob")
    stage.passes(2)
    stage.shelf.is_gone = True
    says(alice, f"MARKREAD #garden {LATE}")
    says(bob, f"MARKREAD #yard {LATE}")
    stage.shelf.is_gone = False
    stage.work.clear()
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.delete(found.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "alice"))
    stage.server.unsaved.tick()
    assert [note.key for note in stage.journals[0].notes] == ["bob"]
