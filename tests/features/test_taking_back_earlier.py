"""REDACT and EDIT of what was said before one came: who may, be it remembered, in the log only, or not logged."""

from __future__ import annotations

import bcrypt
import pytest
from speaking import bare, forget, say

from chatd.config import Config, History, Operator
from chatd.testing import Client, Stage

CAPS = "message-tags echo-message draft/message-redaction draft/message-edit"
RULES = ("join", "registration", "members", "everyone")
HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
KNOWN = ("remembered", "logged", "not logged")


class Room:
    """#a, where Alice, its operator, and Bob have said something; Bob went and came back, Dora has come, both as
    whatever they are asked to be.
    """

    def __init__(self, known: str, rule: str = "join", **settings: object) -> None:
        off = ("#a",) if known == "not logged" else ()
        self.known = known
        history = History(access=rule, off=off, **settings)  # type: ignore[arg-type]
        self.stage = Stage(Config(history=history, operators=(Operator(name="root", password=HASH),)))
        self.alice, self.bob = (self.stage.connect(nick, caps=CAPS) for nick in ("alice", "bob"))
        for client in (self.alice, self.bob):
            client.sends("JOIN #a")
        self.stage.passes(1)
        self.alices, self.bobs = say(self.alice, "PRIVMSG #a :mine"), say(self.bob, "PRIVMSG #a :mine")
        self.to_operators = say(self.alice, "PRIVMSG @#a :secret")
        self.stage.passes(1)
        self.bob.sends("PART #a")
        self.dora = self.stage.connect("dora", caps=CAPS)
        for client in (self.bob, self.dora):
            client.sends("JOIN #a")
        if known == "logged":
            forget(self.stage)

    def redacts(self, client: Client, msgid: str) -> str:
        """Try it; gives the code of the failure, or the command that everybody was shown."""
        return self.tries(client, f"REDACT #a {msgid}")

    def edits(self, client: Client, msgid: str) -> str:
        """The same of EDIT."""
        return self.tries(client, f"@draft/target-msgid={msgid};draft/edit-text=new EDIT #a")

    def tries(self, client: Client, line: str) -> str:
        client.take()
        (answer,) = bare(client.sends(line).take())
        words = answer.split(" ")
        return words[3] if words[1] == "FAIL" else words[1]


@pytest.mark.parametrize("known", KNOWN)
def test_ones_own(known: str) -> None:
    """What one said oneself, one takes back and edits after one has left and come back as well."""
    room = Room(known)
    again = say(room.bob, "PRIVMSG #a :more")
    assert room.edits(room.bob, room.bobs) == "EDIT"
    assert room.redacts(room.bob, room.bobs) == room.redacts(room.bob, again) == "REDACT"


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("rank", ["h", "o"])
def test_who_moderates(known: str, rank: str) -> None:
    """IRCv3 message-redaction: "Allowing channel moderators or server admins to delete unwelcome messages from others":
    also what was said before they came; but what was for a rank above theirs is not there for them.
    """
    room = Room(known)
    room.alice.sends(f"MODE #a +{rank} dora")
    assert room.edits(room.dora, room.bobs) == "EDIT_FORBIDDEN"
    assert room.edits(room.dora, room.to_operators) == ("EDIT_FORBIDDEN" if rank == "o" else "UNKNOWN_MSGID")
    assert room.redacts(room.dora, room.bobs) == room.redacts(room.dora, room.alices) == "REDACT"
    assert room.redacts(room.dora, room.to_operators) == ("REDACT" if rank == "o" else "UNKNOWN_MSGID")


@pytest.mark.parametrize("known", KNOWN[:2])
@pytest.mark.parametrize("rule", RULES)
def test_everybody_else(known: str, rule: str) -> None:
    """"they should consider whether errors returned on REDACT may leak a message's existence": who may read a message
    is told that it is not theirs, anybody else that there is none.
    """
    room = Room(known, rule)
    readable = rule != "join"
    if rule == "registration":
        room.stage.registers("Dora")
        room.stage.logs_in(room.dora, "Dora")
        readable = False
        assert room.redacts(room.bob, room.alices) == "REDACT_FORBIDDEN"
    expected = "FORBIDDEN" if readable else "UNKNOWN_MSGID"
    assert room.redacts(room.dora, room.alices).endswith(expected)
    assert room.edits(room.dora, room.alices).endswith(expected)
    for client in (room.dora, room.bob):
        assert room.redacts(client, room.to_operators) == room.edits(client, room.to_operators) == "UNKNOWN_MSGID"
    now = say(room.alice, "PRIVMSG #a :now")
    if room.known == "logged":
        forget(room.stage)
    assert room.redacts(room.dora, now) == "REDACT_FORBIDDEN"
    assert room.edits(room.dora, now) == "EDIT_FORBIDDEN"


def test_what_is_in_no_log() -> None:
    """Who was there when it was said knows of it."""
    room = Room("not logged")
    assert room.redacts(room.dora, room.alices) == room.edits(room.bob, room.alices) == "UNKNOWN_MSGID"
    now, secret = say(room.alice, "PRIVMSG #a :now"), say(room.alice, "PRIVMSG @#a :now")
    assert room.redacts(room.dora, now) == "REDACT_FORBIDDEN"
    assert room.redacts(room.dora, secret) == "UNKNOWN_MSGID"
    room.stage.passes(1)
    room.alice.sends("MODE #a +v dora")
    voiced = say(room.alice, "PRIVMSG +#a :now")
    assert room.redacts(room.dora, voiced) == "REDACT_FORBIDDEN"


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("how", ["KICK #a bob", "MODE #a +b bob!*@*"])
def test_after_a_kick_or_a_ban(known: str, rule: str, how: str) -> None:
    """Outside nobody takes back or edits anything; who is banned, and still inside, takes back and does not edit."""
    room = Room(known, rule)
    room.alice.sends(how)
    if how.startswith("KICK"):
        for msgid in (room.bobs, room.alices):
            assert room.redacts(room.bob, msgid) == room.edits(room.bob, msgid) == "INVALID_TARGET"
        return
    assert room.edits(room.bob, room.bobs) == "EDIT_FORBIDDEN"
    assert room.redacts(room.bob, room.bobs) == "REDACT"


@pytest.mark.parametrize("known", KNOWN)
def test_operators_of_the_server(known: str) -> None:
    """With the privilege override they take back what they want, from outside, from inside, and from any rank."""
    room = Room(known)
    room.dora.sends("OPER root secret")
    assert room.redacts(room.dora, room.bobs) == room.redacts(room.dora, room.to_operators) == "REDACT"
    room.dora.sends("PART #a")
    assert room.edits(room.dora, room.alices) == "EDIT_FORBIDDEN"
    assert room.redacts(room.dora, room.alices) == "REDACT"


@pytest.mark.parametrize("known", KNOWN)
def test_the_longer_time_counts(known: str) -> None:
    """Who moderates takes back what they have said as long as anybody does."""
    room = Room(known, redact_own_s=100, redact_others_s=10)
    room.stage.passes(20)
    assert room.redacts(room.alice, room.bobs) == "REDACT_WINDOW_EXPIRED"
    assert room.redacts(room.alice, room.alices) == "REDACT"


@pytest.mark.parametrize("rule", RULES)
def test_in_the_turn_in_which_it_was_said(rule: str) -> None:
    """Said, edited and taken back before the turn ends: the last word counts."""
    room = Room("remembered", rule)
    room.alice.sends("CAP REQ :draft/chathistory batch").take()
    said = say(room.alice, "PRIVMSG #a :last")
    change = f"@draft/target-msgid={said};draft/edit-text=newest EDIT #a"
    lines = (change, f"REDACT #a {said}", change, f"REDACT #a {said}", "CHATHISTORY LATEST #a * 9")
    room.alice.session.receive("".join(f"{line}\r\n" for line in lines).encode())
    room.stage.settle()
    answers = bare(room.alice.take())
    assert [line.split(" ")[1] for line in answers[:4]] == ["EDIT", "REDACT", "FAIL", "FAIL"]
    assert not any(line.endswith((":last", ":newest")) for line in answers[4:])


def test_in_one_turn_with_a_new_file() -> None:
    """Said, edited, taken back, with a new file begun in between, and asked for: all in one read."""
    room = Room("remembered")
    room.alice.sends("CAP REQ :draft/chathistory draft/search batch", "OPER root secret").take()
    room.stage.settle()
    room.alice.take()
    said = [say(room.alice, f"PRIVMSG #a :{text}") for text in ("first", "second")]
    lines = (
        "PRIVMSG #a :third", f"@draft/target-msgid={said[0]};draft/edit-text=newest EDIT #a", "ROTATE #a",
        f"REDACT #a {said[1]}", "CHATHISTORY LATEST #a * 3", "SEARCH in=#a;text=newest", "SEARCH in=#a;text=second",
    )  # fmt: skip
    room.alice.session.receive("".join(f"{line}\r\n" for line in lines).encode())
    room.stage.settle()
    shown = [line.partition(" PRIVMSG ")[2] for line in bare(room.alice.take()) if " PRIVMSG " in line]
    page = ["#a :newest", "#a :(This message was deleted.)", "#a :third"]
    assert shown == ["#a :third", *page, "#a :newest"]


@pytest.mark.parametrize("known", ["remembered", "logged"])
def test_one_account_with_two_connections(known: str) -> None:
    """What an account has said, it takes back and edits under another nickname too."""
    room = Room(known)
    room.stage.registers("Ann")
    for client in (room.alice, room.dora):
        room.stage.logs_in(client, "Ann")
    room.stage.passes(1)
    msgid = say(room.alice, "PRIVMSG #a :ours")
    if known == "logged":
        forget(room.stage)
    room.stage.passes(1)
    assert room.edits(room.dora, msgid) == "EDIT"
    assert room.redacts(room.dora, msgid) == "REDACT"


@pytest.mark.parametrize("target", ["#a", "alice"])
@pytest.mark.parametrize("known", ["remembered", "logged"])
def test_what_an_account_said(known: str, target: str) -> None:
    """It is of who is logged in to the account, and not of who has logged out; what a nickname said stays its own."""
    room = Room(known)
    room.stage.registers("Ben")
    first = say(room.bob, f"PRIVMSG {target} :mine")
    room.stage.passes(1)
    room.stage.logs_in(room.bob, "Ben")
    room.stage.passes(1)
    second = say(room.bob, f"PRIVMSG {target} :ours")
    room.stage.passes(1)
    room.stage.logs_in(room.bob, None)
    if known == "logged":
        forget(room.stage)
    refused = "REDACT_FORBIDDEN" if target == "#a" else "UNKNOWN_MSGID"
    assert room.tries(room.bob, f"REDACT {target} {second}") == refused
    assert room.tries(room.bob, f"REDACT {target} {first}") == "REDACT"
    room.stage.logs_in(room.bob, "Ben")
    assert room.tries(room.bob, f"REDACT {target} {second}") == "REDACT"
