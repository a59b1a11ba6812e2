"""Whatever people do with registered channels, all nodes agree, and what is kept is what there is."""

from __future__ import annotations

from consistency import check
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.core.events import AccountChanged
from chatd.core.keeping import kept
from chatd.testing import Client, Stage

NICKS = ("ann", "bob", "cid")
CONFIG = replace(
    Config(),
    channels=Channels(rename_interval_s=0, per_account=2),
    flood=replace(Config().flood, enabled=False),
)  # fmt: skip
PLACES = st.integers(0, 2)
CHANNELS = st.sampled_from(["#a", "#A", "#a", "#b"])
NAMES = st.sampled_from(NICKS)
PLAIN = st.sampled_from(
    [
        "JOIN {}", "JOIN {} x", "PART {}", "JOIN 0", "TOPIC {} :roses", "TOPIC {} :", "MODE {} +i", "MODE {} -i",
        "MODE {} +k x", "MODE {} -k x", "MODE {} +l 1", "MODE {} -l", "MODE {} +P", "MODE {} -P", "MODE {} +b bob!*@*",
        "MODE {} -b bob!*@*", "METADATA {} SET url :https://chat.example/", "METADATA {} SET url",
    ]
)  # fmt: skip
COMMANDS = st.sampled_from(
    [
        "REGISTER {}", "UP {}", "DOWN {}", "RECOVER {}", "CLEAR {} USERS", "CLEAR {} RANKS", "CLEAR {} MODES",
        "INVITELINK {} MAKE", "SET {} modelock +t-m", "SET {} modelock -", "SET {} secure on", "SUCCESSOR {}",
        "TEMPLATE {} AOP -", "AKICK {} ADD cid!*@*", "AKICK {} DEL cid!*@*", "FLAGS {} *!*@* auto-voice",
        "TEMPLATE {} AOP op see",
    ]
)  # fmt: skip
ABOUT = st.sampled_from(
    [
        "AOP {} ADD {}", "AOP {} DEL {}", "SOP {} ADD {}", "FLAGS {} {} -op", "INVITE {} {}", "UNINVITE {} {}",
        "TRANSFER {} {}", "SUCCESSOR {} {}", "TRANSFER ACCEPT {}", "SUCCESSOR ACCEPT {}",
        "AKICK {} ADD {}", "AKICK {} DEL {}", "KICK {} {}", "OP {} {}",
    ]
)  # fmt: skip


class Keeping(RuleBasedStateMachine):
    """Three people with accounts, who come and go and do anything in any order."""

    @initialize(nodes=st.sampled_from([1, 2]))
    def begin(self, nodes: int) -> None:
        self.stage = Stage(CONFIG, nodes=nodes)
        for nick in NICKS:
            self.stage.accounts.register(nick, nick, None, self.stage.server.now_ms())
            for node in self.stage.nodes:
                node.network.registry.owners[nick] = nick
        self.clients: list[Client] = [self.arrive(nick) for nick in NICKS]
        self.found(0, "#a")
        self.say(0, "CS SOP #a ADD bob")
        for place in (1, 2):
            self.say(place, "JOIN #a")

    def arrive(self, nick: str) -> Client:
        client = self.stage.connect(nick, caps="batch draft/metadata-3")
        context = client.session.context
        context.emit(AccountChanged(context.origin, nick))
        self.stage.settle()
        return client

    def say(self, place: int, line: str) -> None:
        self.clients[place].sends(line).take()

    @rule(place=PLACES, channel=CHANNELS)
    def found(self, place: int, channel: str) -> None:
        self.say(place, f"JOIN {channel}")
        self.say(place, f"CS REGISTER {channel}")

    @rule(place=PLACES, channel=CHANNELS, line=PLAIN)
    def speak(self, place: int, channel: str, line: str) -> None:
        self.say(place, line.format(channel))

    @rule(place=PLACES, channel=CHANNELS, command=COMMANDS)
    def ask(self, place: int, channel: str, command: str) -> None:
        self.say(place, f"CS {command.format(channel)}")

    @rule(place=PLACES, channel=CHANNELS, command=ABOUT, nick=NAMES)
    def ask_about(self, place: int, channel: str, command: str, nick: str) -> None:
        self.say(place, f"CS {command.format(channel, nick)}")

    @rule(place=PLACES, channel=CHANNELS, nick=NAMES)
    def invite(self, place: int, channel: str, nick: str) -> None:
        self.say(place, f"INVITE {nick} {channel}")

    @rule(place=PLACES, channel=CHANNELS, name=CHANNELS)
    def rename(self, place: int, channel: str, name: str) -> None:
        self.say(place, f"RENAME {channel} {name}")

    @rule(place=PLACES, channel=CHANNELS)
    def drop(self, place: int, channel: str) -> None:
        client = self.clients[place]
        client.sends(f"CS DROP {channel}")
        lines = [line for line in client.take() if "If you are sure" in line]
        if lines:
            self.say(place, f"CS DROP {channel} {lines[0].rpartition(' ')[2]}")

    @rule(place=PLACES)
    def come_back(self, place: int) -> None:
        self.clients[place].disappears()
        self.clients[place] = self.arrive(NICKS[place])

    @rule(place=PLACES, other=PLACES, channel=CHANNELS, command=COMMANDS)
    def at_once(self, place: int, other: int, channel: str, command: str) -> None:
        """Two act before either takes effect."""
        for each in (place, other):
            line = f"JOIN {channel}\r\nCS {command.format(channel)}\r\nPART {channel}\r\n"
            self.clients[each].session.receive(line.encode())
        self.stage.settle()

    @invariant()
    def is_consistent(self) -> None:
        for node in self.stage.nodes:
            node.channel_saver.tick(node.now_ms())
        self.stage.settle()
        there = []
        for node in self.stage.nodes:
            check(node.network)
            assert not any(session.waiting for session in node.sessions.values())
            assert not node.channel_saver.waiting
            rows = {}
            for folded, channel in node.network.registrations.channels.items():
                assert channel.registered is not None
                rows[folded] = kept(channel, channel.registered)
            there.append(rows)
        assert all(rows == there[0] for rows in there)
        assert {row.folded: row for row in self.stage.kept_channels.load()} == there[0]


Keeping.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestKeeping = Keeping.TestCase


def test_two_nodes_write_the_same_channel() -> None:
    """What one saves in the background does not stay in place of what a service of the other wrote down meanwhile."""
    state = Keeping()
    state.begin(nodes=2)
    state.come_back(place=1)
    state.ask(place=0, channel="#a", command="REGISTER {}")
    state.invite(place=0, channel="#a", nick="bob")
    state.at_once(place=1, other=0, channel="#a", command="AKICK {} ADD cid!*@*")
    state.is_consistent()


def test_what_one_node_wrote_is_not_there_any_more_when_another_has_written() -> None:
    """A state that comes back is saved, though this node wrote exactly that before."""
    state = Keeping()
    state.begin(nodes=2)
    state.is_consistent()
    state.at_once(place=1, other=0, channel="#a", command="RECOVER {}")
    state.is_consistent()
    state.invite(place=2, channel="#a", nick="bob")
    state.is_consistent()
    for place in (0, 1):
        state.found(place=place, channel="#a")
        state.is_consistent()
