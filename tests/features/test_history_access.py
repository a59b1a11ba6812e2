"""Who may read what, over random comings and goings, against an oracle that only remembers who was there."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = "draft/chathistory batch server-time message-tags draft/event-playback"
NICKS = ("alice", "bob", "carol", "dan")


class Act(NamedTuple):
    """Somebody (by number) does something; ``other`` is whom it concerns, ``waits`` whether time passes before."""

    who: int
    what: str
    other: int
    waits: bool


ACTS = st.builds(
    Act,
    st.integers(0, 2),
    st.sampled_from(["JOIN", "JOIN", "PART", "KICK", "say", "say", "say", "ban", "unban", "invite only", "open",
                     "log in", "log out"]),
    st.integers(0, 2),
    st.booleans(),
)


class Message(NamedTuple):
    """What was said, in which of the channels of that name, and when each member had come; and the moment."""

    text: str
    channel: int
    stays: dict[int, int]
    moment_ms: int


class Room:
    """One channel name and three people, with the oracle's memory: who is in, since which stay, in which channel."""

    def __init__(self, access: str) -> None:
        self.stage = Stage(Config(history=History(access=access)))
        self.clients = [self.stage.connect(nick, caps=CAPS) for nick in NICKS[:3]]
        for client in self.clients:
            client.session.allowance = 1e9
        self.said: list[Message] = []
        self.stays: dict[int, int] = {}
        self.channel = self.count = 0
        self.made_ms: dict[int, int] = {}
        self.logged_in: set[int] = set()

    def act(self, act: Act) -> None:
        if act.waits:
            self.stage.passes(1)
        client, nick = self.clients[act.who], NICKS[act.other]
        self.count += 1
        text = f"text {self.count}"
        if act.what in ("log in", "log out"):
            self.log_in_or_out(act.who, act.what == "log in")
            return
        line = {
            "JOIN": "JOIN #a", "PART": "PART #a", "KICK": f"KICK #a {nick}", "say": f"PRIVMSG #a :{text}",
            "ban": f"MODE #a +b {nick}!*@*", "unban": f"MODE #a -b {nick}!*@*", "invite only": "MODE #a +i",
            "open": "MODE #a -i",
        }[act.what]  # fmt: skip
        client.take()
        client.sends(line)
        self.remember(act, text)

    def log_in_or_out(self, who: int, is_in: bool) -> None:
        """An account is made when it is first needed."""
        if who not in self.made_ms:
            self.stage.registers(f"Account{who}")
            self.made_ms[who] = self.stage.server.now_ms()
        self.stage.logs_in(self.clients[who], f"Account{who}" if is_in else None)
        (self.logged_in.add if is_in else self.logged_in.discard)(who)

    def remember(self, act: Act, text: str) -> None:
        """Look at who is in now, as a client would by NAMES; a new channel begins when nobody was."""
        channel = self.stage.server.network.channel("#a")
        members = {member.user.nick for member in channel.members.values()} if channel is not None else set()
        before = dict(self.stays)
        self.stays = {who: stay for who, stay in self.stays.items() if NICKS[who] in members}
        for who in range(3):
            if NICKS[who] in members and who not in self.stays:
                self.channel += not before
                self.stays[who] = self.count
        if act.what == "say" and act.who in self.stays:
            listed = channel is not None and channel.listed("b", self.clients[act.who].session.user)
            if not listed or self.is_operator(act.who):
                self.said.append(Message(text, self.channel, dict(self.stays), self.stage.server.now_ms()))

    def is_operator(self, who: int) -> bool:
        user = self.clients[who].session.user
        return bool(user.channels["#a"].ranks)

    def reads(self, who: int) -> list[str] | None:
        """What somebody is shown: the texts, or None for a failure."""
        client = self.clients[who]
        client.take()
        client.sends("CHATHISTORY LATEST #a * 100")
        lines = client.take()
        if " FAIL CHATHISTORY INVALID_TARGET " in lines[-1]:
            return None
        return [line.rpartition(" :")[2] for line in lines if " PRIVMSG #a " in line]

    def may_enter(self, who: int) -> bool:
        channel = self.stage.server.network.channel("#a")
        user = self.clients[who].session.user
        return channel is not None and not channel.listed("b", user) and "i" not in channel.modes

    def expected(self, who: int, access: str) -> list[str] | None:
        if who not in self.stays and not (access == "everyone" and self.may_enter(who)):
            return None
        here = [message for message in self.said if message.channel == self.channel]
        if access == "join":
            here = [message for message in here if message.stays.get(who) == self.stays[who]]
        if access == "registration" and who in self.logged_in:
            here = [message for message in here if message.moment_ms >= self.made_ms[who]]
        return [message.text for message in here]


@settings(max_examples=30)
@example([Act(0, "JOIN", 0, False), Act(0, "say", 0, False), Act(0, "log in", 0, True), Act(0, "say", 0, False)])
@given(st.lists(ACTS, max_size=30))
def test_channels(acts: list[Act]) -> None:
    """Everybody reads exactly what each rule says, at every moment."""
    for access in ("join", "registration", "members", "everyone"):
        course_of(access, acts)


def course_of(access: str, acts: list[Act]) -> None:
    """Let it all happen, and look who reads what."""
    room = Room(access)
    for number, act in enumerate(acts):
        room.act(act)
        if number % 5 == 4 or number == len(acts) - 1:
            for who in range(3):
                assert room.reads(who) == room.expected(who, access), NICKS[who]


class Talk(NamedTuple):
    """Somebody says something to whoever has a nickname, takes another nickname, logs in, or comes anew."""

    who: int
    what: str
    nick: str


TALKS = st.builds(
    Talk,
    st.integers(0, 2),
    st.sampled_from(["say", "say", "say", "NICK", "NICK", "log in", "log out", "come anew"]),
    st.sampled_from(NICKS),
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
        nick = next(nick for nick in NICKS if nick not in taken)
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
        for nick in NICKS:
            assert talking.reads(who, nick) <= own | mine.keys(), (who, nick)
        for other, person in zip(talking.clients, talking.persons, strict=True):
            with_both = {
                text
                for text, one, two in talking.said
                if {one, two} == {me, person} or (one == two == me == person)
            }
            assert with_both <= talking.reads(who, other.session.user.nick)
