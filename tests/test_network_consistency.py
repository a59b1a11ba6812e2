"""The indices of the network agree with each other whatever clients send, on one node and on two."""

from __future__ import annotations

from consistency import check, shape
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from logins import log_in

from chatd.config import Channels, Config
from chatd.core.events import StayingChanged, UserQuit
from chatd.testing import Client, Stage

NICKS = ("ann", "bob", "cid", "dan", "Ann")
CHANNELS = st.sampled_from(["#a", "#A", "#b", "#c"])
NAMES = st.sampled_from(NICKS)
PLACES = st.integers(0, 3)
CHANNEL_MODES = st.sampled_from(["+i", "-i", "+k x", "-k x", "+l 1", "-l", "+m", "+b *!*@*", "-b *!*@*"])
RANKS = st.sampled_from(["+o", "-o", "+v", "-v", "+h", "-h"])
USER_MODES = st.sampled_from(["+i", "-i", "+w", "-w", "+iw", "-iw", "+B", "+o"])
CAPABILITIES = st.sampled_from(["server-time", "-server-time", "away-notify", "draft/channel-rename"])


class Chatting(RuleBasedStateMachine):
    """Four clients that do anything in any order."""

    @initialize(nodes=st.sampled_from([1, 2]))
    def begin(self, nodes: int) -> None:
        self.stage = Stage(Config(channels=Channels(rename_interval_s=0)), nodes=nodes)
        self.clients: list[Client] = []
        for nick in NICKS[:4]:
            self.clients.append(log_in(self.stage, nick, account=nick))

    def say(self, place: int, line: str) -> None:
        """Let the client at a place send a line; one that has left is replaced first."""
        client = self.clients[place]
        if client.session.closing:
            client = self.clients[place] = self.stage.open()
            client.sends(f"NICK {self.free_nick()}", "USER u 0 * :u")
        client.sends(line)

    def newcomer(self, other: int) -> Client:
        """A connection that has logged in to the account of the client at a place and asks for its nickname."""
        user = self.clients[other].session.user
        client = self.stage.open()
        client.session.account = user.account if user is not None else None
        client.sends("CAP REQ :server-time", f"NICK {user.nick if user is not None else 'eve'}", "USER u 0 * :u")
        return client

    def replace(self, place: int, client: Client) -> None:
        """Put a client in the place of another one, which is lost if it is there yet."""
        if not self.clients[place].session.closing:
            self.clients[place].session.lost("replaced")
        self.clients[place] = client

    def free_nick(self) -> str:
        taken = self.stage.server.network.nicks
        return next(nick for nick in ("ann", "bob", "cid", "dan", "eve", "fay", "gil", "hal") if nick not in taken)

    @rule(place=PLACES, channel=CHANNELS, key=st.sampled_from(["", " x"]))
    def join(self, place: int, channel: str, key: str) -> None:
        self.say(place, f"JOIN {channel}{key}")

    @rule(place=PLACES, channel=CHANNELS)
    def part(self, place: int, channel: str) -> None:
        self.say(place, f"PART {channel} :bye")

    @rule(place=PLACES)
    def leave_all(self, place: int) -> None:
        self.say(place, "JOIN 0")

    @rule(place=PLACES, nick=NAMES)
    def rename(self, place: int, nick: str) -> None:
        self.say(place, f"NICK {nick}")

    @rule(place=PLACES, channel=CHANNELS, nick=NAMES)
    def kick(self, place: int, channel: str, nick: str) -> None:
        self.say(place, f"KICK {channel} {nick}")

    @rule(place=PLACES, channel=CHANNELS, name=CHANNELS)
    def rename_channel(self, place: int, channel: str, name: str) -> None:
        self.say(place, f"RENAME {channel} {name}")

    @rule(place=PLACES, channel=CHANNELS, nick=NAMES)
    def invite(self, place: int, channel: str, nick: str) -> None:
        self.say(place, f"INVITE {nick} {channel}")

    @rule(place=PLACES, channel=CHANNELS, change=CHANNEL_MODES)
    def change_channel(self, place: int, channel: str, change: str) -> None:
        self.say(place, f"MODE {channel} {change}")

    @rule(place=PLACES, channel=CHANNELS, change=RANKS, nick=NAMES)
    def change_rank(self, place: int, channel: str, change: str, nick: str) -> None:
        self.say(place, f"MODE {channel} {change} {nick}")

    @rule(place=PLACES, change=USER_MODES)
    def change_self(self, place: int, change: str) -> None:
        self.say(place, f"UMODE {change}")

    @rule(place=PLACES, message=st.sampled_from(["", " :lunch", " *"]))
    def away(self, place: int, message: str) -> None:
        self.say(place, f"AWAY{message}")

    @rule(place=PLACES, capability=CAPABILITIES)
    def negotiate(self, place: int, capability: str) -> None:
        self.say(place, f"CAP REQ :{capability}")

    @rule(place=PLACES)
    def quit(self, place: int) -> None:
        self.say(place, "QUIT :bye")

    @precondition(lambda self: any(not client.session.closing for client in self.clients))
    @rule(place=PLACES)
    def vanish(self, place: int) -> None:
        if not self.clients[place].session.closing:
            self.clients[place].disappears()

    @rule(place=PLACES, other=PLACES)
    def attach(self, place: int, other: int) -> None:
        """The client at a place becomes one more session of another one's user."""
        newcomer = self.newcomer(other).sends("CAP END")
        if newcomer.session.user is None:
            newcomer.disappears()
        else:
            self.replace(place, newcomer)
            self.stage.settle()

    @rule(place=PLACES, other=PLACES, lost_first=st.booleans(), lose_newcomer=st.booleans())
    def attach_and_lose_at_once(self, place: int, other: int, lost_first: bool, lose_newcomer: bool) -> None:
        """A session is attached while the one that was there, or itself, is lost."""
        newcomer = self.newcomer(other)
        if lost_first:
            self.replace(other, newcomer)
        newcomer.session.receive(b"CAP END\r\n")
        if not lost_first:
            self.replace(other, newcomer)
        if lose_newcomer:
            newcomer.session.lost("gone")
        self.stage.settle()
        if not newcomer.session.closing and newcomer.session.user is None:
            newcomer.disappears()

    @rule(place=PLACES, wish=st.sampled_from([True, False, None]), lose=st.booleans())
    def stay(self, place: int, wish: bool | None, lose: bool) -> None:
        """The user at a place stays without a connection, or no longer, and loses one meanwhile perhaps."""
        session = self.clients[place].session
        if session.user is not None and session.user.account is not None:
            self.clients[place].node.emit(StayingChanged(session.context.origin, session.user.account, wish))
            if lose:
                session.lost("gone")
            self.stage.settle()

    @rule(place=PLACES)
    def kill(self, place: int) -> None:
        """Somebody is made to leave, with all sessions or with none."""
        node = self.stage.server
        for user in list(node.network.kept.values())[place:]:
            node.emit(UserQuit(user.origin("", node.name), "Killed", "Killed"))
        self.stage.settle()

    @rule(first=PLACES, second=PLACES)
    def vanish_together(self, first: int, second: int) -> None:
        """Two sessions, of one user perhaps, are lost in one turn."""
        for client in {id(client): client for client in (self.clients[first], self.clients[second])}.values():
            if not client.session.closing:
                client.session.lost("gone")
        self.stage.settle()

    @rule(places=st.tuples(PLACES, PLACES), channel=CHANNELS)
    def act_at_once(self, places: tuple[int, int], channel: str) -> None:
        """Two lines are on their way before either takes effect."""
        for place in places:
            self.clients[place].session.receive(f"JOIN {channel}\r\nPART {channel}\r\nJOIN {channel}\r\n".encode())
        self.stage.settle()

    @invariant()
    def is_consistent(self) -> None:
        alive = {sid for node in self.stage.nodes for sid in node.sessions}
        for node in self.stage.nodes:
            check(node.network)
            assert not any(session.waiting for session in node.sessions.values())
            for user in node.network.users.values():
                assert user.sessions.keys() <= alive, "a session that is gone is a ghost"
        assert len({repr(shape(node.network)) for node in self.stage.nodes}) == 1


Chatting.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestChatting = Chatting.TestCase


def test_two_clients_take_one_nick_at_once() -> None:
    """The loser gets 433 and can still register with another nickname."""
    stage = Stage(nodes=2)
    one, two = stage.open(), stage.open()
    for client in (one, two):
        client.session.receive(b"USER u 0 * :u\r\n")
        client.session.receive(b"NICK eve\r\n")
    stage.settle()
    assert [words[1] for words in one.numerics("001", "433")] == ["001"]
    two.sees(f":{two.node.name} 433 * eve :Nickname is already in use")
    two.sends("NICK fay")
    assert [words[1] for words in two.numerics("001", "433")] == ["001"]
    for node in stage.nodes:
        check(node.network)
        assert sorted(node.network.nicks) == ["eve", "fay"]


def test_two_clients_change_to_one_nick_at_once() -> None:
    """The loser gets 433 and keeps the nickname it had."""
    stage = Stage(nodes=2)
    one, two = stage.connect("ann"), stage.connect("bob")
    source = one.session.user.source
    for client in (one, two):
        client.session.receive(b"NICK eve\r\n")
    stage.settle()
    one.sees(f":{source} NICK eve")
    two.sees(f":{two.node.name} 433 bob eve :Nickname is already in use")
    for node in stage.nodes:
        check(node.network)
        assert sorted(node.network.nicks) == ["bob", "eve"]


def test_two_clients_make_one_channel_at_once() -> None:
    """If a channel does not exist, the first to join becomes its operator, and nobody else."""
    stage = Stage(nodes=2)
    one, two = stage.connect("ann"), stage.connect("bob")
    for client, name in ((one, "#New"), (two, "#new")):
        client.session.receive(f"JOIN {name}\r\n".encode())
    stage.settle()
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.channels) == ["#new"]
    two.take()
    two.sends("NAMES #new")
    two.sees(
        f":{two.node.name} 353 bob = #New :@ann bob",
        f":{two.node.name} 366 bob #New :End of /NAMES list",
    )


def test_a_member_quits_while_being_kicked() -> None:
    """What comes too late vanishes without a word, and the channel is not left as a ghost."""
    stage = Stage(nodes=2)
    one, two = stage.connect("ann"), stage.connect("bob")
    one.sends("JOIN #a")
    two.sends("JOIN #a")
    one.take()
    source = two.session.user.source
    two.session.receive(b"QUIT\r\n")
    one.session.receive(b"KICK #a bob\r\n")
    stage.settle()
    one.sees(f":{source} QUIT :Quit: ")
    one.sends("PART #a")
    for node in stage.nodes:
        check(node.network)
        assert not node.network.channels
