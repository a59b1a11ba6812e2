"""Who may read what, over random comings and goings, against an oracle that only remembers who was there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from comings import ACTS, NICKS, RULES, Act, Room
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import FUTURE, PAST

from chatd.testing import Client, Stage

CAPS = "draft/chathistory batch server-time message-tags draft/event-playback"
FOUR = (*NICKS, "dan")


TWO_CAME = [Act(0, "JOIN", 0, False), Act(1, "JOIN", 0, False)]
SAID_BY_AN_ACCOUNT = [Act(1, what, 0, True) for what in ("log in", "say", "log out")]


@settings(max_examples=30)
@example([Act(0, "JOIN", 0, False), Act(0, "say", 0, False), Act(0, "log in", 0, True), Act(0, "say", 0, False)])
@example([*TWO_CAME, *SAID_BY_AN_ACCOUNT, Act(1, "redact", 0, True)])
@example([*TWO_CAME, *SAID_BY_AN_ACCOUNT, Act(1, "edit", 0, True)])
@given(st.lists(ACTS, max_size=30))
def test_channels(acts: list[Act]) -> None:
    """Everybody reads, and finds, exactly what each rule says, at every moment, and changes what they may change."""
    for access in RULES:
        course_of(Room(access), acts)


@settings(max_examples=15)
@given(st.sampled_from(RULES), st.lists(ACTS, max_size=30))
def test_channels_on_files(access: str, acts: list[Act]) -> None:
    """The same of logs and an index as the server has them."""
    with TemporaryDirectory() as root:
        course_of(Room(access, Path(root)), acts)


def course_of(room: Room, acts: list[Act]) -> None:
    """Let it all happen, and look who reads what."""
    for number, act in enumerate(acts):
        room.act(act)
        if number % 5 == 4 or number == len(acts) - 1:
            for who in range(3):
                look(room, who)


def look(room: Room, who: int) -> None:
    """Compare what somebody reads and finds with what is to be read; outside, nothing is found without saying where."""
    expected = room.expected(who)
    assert room.reads(who, "CHATHISTORY LATEST #a * 100") == expected, NICKS[who]
    assert room.reads(who, "SEARCH in=#a;text=text") == expected, NICKS[who]
    assert room.reads(who, "SEARCH text=text") == (expected if who in room.stays else []), NICKS[who]
    if expected is None:
        for question in ("SEARCH in={}", "UNREAD {}", "REACTIONS {} x", "CHATHISTORY LATEST {} * 9", "REDACT {} x"):
            here, nowhere = (room.answer(who, question.format(channel))[-1] for channel in ("#a", "#z"))
            assert here.partition(" FAIL ")[2] == nowhere.partition(" FAIL ")[2].replace("#z", "#a") != ""
        assert room.reads(who, "PRIVMSG *playback :PLAY #a,*") == []
        return
    for nick in NICKS:
        theirs = [message.text for message in room.said if NICKS[message.author] == nick]
        assert room.reads(who, f"SEARCH in=#a;from={nick}") == [text for text in expected if text in theirs]
    for text in expected[:3]:
        assert room.reads(who, f'SEARCH :in=#a;text="{text}"') == [text]
    assert room.reads(who, "SEARCH in=#a;limit=2") == expected[-2:]
    ask_otherwise(room, who, expected)


def ask_otherwise(room: Room, who: int, expected: list[str]) -> None:
    """The same in all other ways to ask: what is not for somebody is not counted, listed or played back, either."""
    assert room.reads(who, "PRIVMSG *playback :PLAY #a") == expected
    assert room.reads(who, "PRIVMSG *playback :PLAY *") == (expected if who in room.stays else [])
    (counted,) = (line for line in room.answer(who, "UNREAD #a") if " UNREAD #a " in line)
    assert counted.split(" UNREAD #a ")[1] == f"{room.unread(who)} 0 *"
    counts = [line for line in room.answer(who, "UNREAD") if " UNREAD #a " in line]
    assert len(counts) == (who in room.stays and room.unread(who) > 0)
    targets = room.answer(who, f"CHATHISTORY TARGETS {PAST} {FUTURE} 9")
    assert any(" TARGETS #a " in line for line in targets) == (who in room.stays and expected != [])
    listed = room.answer(who, "PRIVMSG *playback :LIST")
    assert any(f" PRIVMSG {NICKS[who]} :#a " in line for line in listed) == (who in room.stays and expected != [])


class Talk(NamedTuple):
    """Somebody says something to whoever has a nickname, takes another nickname, logs in, or comes anew."""

    who: int
    what: str
    nick: str


TALKS = st.builds(
    Talk,
    st.integers(0, 2),
    st.sampled_from(["say", "say", "say", "NICK", "NICK", "log in", "log out", "come anew"]),
    st.sampled_from(FOUR),
)


class Person(NamedTuple):
    """Who really was at one end of a message: a connection, and an account ("" for none)."""

    connection: int
    account: str

    def is_known_by(self, other: Person) -> bool:
        """Say whether this one may have been that one."""
        return self.account == other.account if self.account else self.connection == other.connection


class Talking:
    """Three people under changing nicknames."""

    def __init__(self) -> None:
        self.stage = Stage()
        for account in ("Ann", "Ben", "Cat"):
            self.stage.registers(account)
        self.connections = 0
        self.clients: list[Client] = []
        self.persons: list[Person] = []
        for _ in range(3):
            self.come(len(self.clients))
        self.said: list[tuple[str, Person, Person]] = []

    def come(self, who: int) -> None:
        taken = {client.session.user.folded for number, client in enumerate(self.clients) if number != who}
        nick = next(nick for nick in FOUR if nick not in taken)
        if who < len(self.clients):
            self.clients[who].sends("QUIT")
        client = self.stage.connect(nick, caps=CAPS)
        client.session.allowance = 1e9
        self.connections += 1
        self.clients[who : who + 1] = [client]
        self.persons[who : who + 1] = [Person(self.connections, "")]

    def talk(self, number: int, talk: Talk) -> None:
        self.stage.passes(1)
        client = self.clients[talk.who]
        if talk.what == "say":
            for other, person in zip(self.clients, self.persons, strict=True):
                if other.session.user.folded == talk.nick:
                    self.said.append((f"text {number}", self.persons[talk.who], person))
            client.sends(f"PRIVMSG {talk.nick} :text {number}")
        elif talk.what == "NICK":
            client.sends(f"NICK {talk.nick}")
        elif talk.what == "come anew":
            self.come(talk.who)
        else:
            account = ("Ann", "Ben", "Cat")[talk.who] if talk.what == "log in" else None
            if client.session.user.account != account:
                self.stage.logs_in(client, account)
            self.persons[talk.who] = self.persons[talk.who]._replace(account=account or "")

    def reads(self, who: int, nick: str) -> set[str]:
        client = self.clients[who]
        client.take()
        client.sends(f"CHATHISTORY LATEST {nick} * 100")
        return {line.rpartition(" :")[2] for line in client.take() if " PRIVMSG " in line}


@settings(max_examples=80)
@given(st.lists(TALKS, max_size=30))
def test_conversations(talks: list[Talk]) -> None:
    """Nobody reads what was said between others, whatever nickname they take; one's own is found under any name."""
    talking = Talking()
    for number, talk in enumerate(talks):
        talking.talk(number, talk)
    for who, me in enumerate(talking.persons):
        mine = {text: (one, other) for text, one, other in talking.said if me.is_known_by(one) or me.is_known_by(other)}
        own = {text for text, one, other in talking.said if one.is_known_by(me) or other.is_known_by(me)}
        for nick in FOUR:
            assert talking.reads(who, nick) <= own | mine.keys(), (who, nick)
        for other, person in zip(talking.clients, talking.persons, strict=True):
            with_both = {
                text
                for text, one, two in talking.said
                if {one, two} == {me, person} or (one == two == me == person)
            }
            assert with_both <= talking.reads(who, other.session.user.nick)
