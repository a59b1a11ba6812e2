"""Whatever happens, who comes and goes is shown each message once, in order."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from logins import log_in

from chatd.config import Config, History
from chatd.config.history import Readers
from chatd.testing import Client, Stage

MARKERS = "draft/read-marker"


# --- each message once, in order -----------------------------------------------------------------------------

RULES = {"#join": "join", "#registration": "registration", "#members": "members", "#everyone": "everyone"}
MANY = History(
    replay_messages=1000, readers=tuple(Readers(mask=channel, access=rule) for channel, rule in RULES.items())
)
HOW = st.sampled_from([(1, False), (1, True), (2, True)])
WHAT = st.sampled_from(["say", "say", "say", "join", "part", "kick", "mark", "come", "go"])
HERE = st.booleans()
ACTS = st.sampled_from(list(RULES)).flatmap(
    lambda other: st.lists(
        st.tuples(WHAT, st.integers(0, 1), HERE.map(lambda here: "" if here else other)), min_size=15, max_size=40
    )
)
"""What happens, on which device, in which channel; "" is the one that the test is about."""
ALL_WAYS = [
    *(("say", 0, ""), ("part", 0, ""), ("say", 0, ""), ("join", 0, ""), ("kick", 0, ""), ("say", 0, "")),
    *(("join", 0, ""), ("go", 0, ""), ("say", 0, ""), ("come", 1, ""), ("say", 0, ""), ("mark", 1, "")),
    *(("say", 0, ""), ("come", 0, ""), ("say", 0, "")),
]
"""Once for each way to come to a channel."""


class Room:
    """One channel as Alice has it on two devices: what each must have been shown of it, in order.

    ``upto`` is how much of what was said each has had, or has missed for good; nothing before ``readable`` is read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[str] = []
        self.inside = False
        self.readable = 0
        self.heard: list[list[str]] = [[], []]
        self.expected: list[list[str]] = [[], []]
        self.upto = [0, 0]

    def catch_up(self, device: int) -> None:
        """What the device has not had comes, for it is connected and its user inside."""
        if self.inside:
            self.expected[device] += self.said[max(self.readable, self.upto[device]) :]
            self.skip(device)

    def skip(self, device: int) -> None:
        """What was said up to now does not come any more."""
        self.upto[device] = len(self.said)


class Listener:
    """Alice, who stays without a connection, on two devices, in channels that are read by different rules."""

    def __init__(self, stage: Stage, waits: bool) -> None:
        self.stage, self.waits = stage, waits
        self.rooms = {name: Room(name) for name in RULES}
        self.bob = stage.connect("bob")
        self.bob.session.allowance = 1e12
        for room in self.rooms.values():
            self.bob.sends(f"JOIN {room.name}")
            self.say(room)
        stage.passes(1)
        stage.registers("alice")
        self.rooms["#registration"].readable = 1
        first = log_in(stage, "alice", before="USER alice/d0 0 * :A", caps=MARKERS)
        first.sends("PERSISTENCE SET ON")
        self.clients: list[Client | None] = [first, None]
        self.has_been = [True, False]
        stage.passes(1)
        for name in RULES:
            self.act("join", 0, name)

    def say(self, room: Room) -> None:
        """Bob says something."""
        self.bob.sends(f"PRIVMSG {room.name} :{len(room.said)}")
        room.said.append(str(len(room.said)))

    def act(self, what: str, device: int, name: str) -> None:
        """One thing happens, and everybody looks."""
        room, client = self.rooms[name], self.clients[device]
        if what == "say":
            self.say(room)
        elif what == "kick" and room.inside:
            self.bob.sends(f"KICK {name} alice")
            room.inside = False
        elif what in ("join", "part") and client is not None:
            if what == "join" and not room.inside and name == "#join":
                room.readable = len(room.said)
            client.sends(f"{what.upper()} {name}")
            room.inside = what == "join"
        elif what == "mark" and client is not None and self.waits:
            client.sends(f"MARKREAD {name} timestamp={client.server_time()}")
            for each in (0, 1):
                room.skip(each)
        elif what == "come" and client is None:
            self.come(device)
        elif what == "go" and client is not None:
            self.look()
            client.sends("QUIT")
            self.clients[device] = None
            for each in self.rooms.values():  # what was said while it was here and its user outside is not missed
                each.skip(device)
        self.look()
        if self.waits:
            self.stage.passes(1)

    def come(self, device: int) -> None:
        """A device that was never here, and is alone, has missed what the other has."""
        before = f"USER alice/d{device} 0 * :A"
        self.clients[device] = log_in(self.stage, "alice", before=before, caps=MARKERS)
        if not self.has_been[device] and self.clients[1 - device] is None:
            for room in self.rooms.values():
                if room.inside:
                    room.upto[device] = room.upto[1 - device]
        self.has_been[device] = True

    def look(self) -> None:
        """What each device was shown is what it must have been."""
        for device, client in enumerate(self.clients):
            if client is not None:
                client.session.allowance = 1e12
                lines = [line.split(" ") for line in client.take()]
                for room in self.rooms.values():
                    room.catch_up(device)
                    shown = [line[-1] for line in lines if line[1:3] == ["PRIVMSG", room.name]]
                    room.heard[device] += [text.lstrip(":") for text in shown]


@settings(max_examples=10)
@given(HOW, ACTS)
@example((1, False), ALL_WAYS)
@example((1, True), ALL_WAYS)
@example((2, True), ALL_WAYS)
@example((2, True), [("go", 0, ""), ("say", 0, ""), ("come", 1, ""), ("say", 0, "")])
@example((1, True), [("say", 0, ""), ("mark", 0, ""), ("say", 0, ""), ("come", 1, "")])
def test_each_message_once_and_in_order(how: tuple[int, bool], acts: list[tuple[str, int, str]]) -> None:
    """Played back and live together: all that was said since the device was here last and may be read, once, in
    order; by each rule in turn, whatever was read in a channel by another one.
    """
    count, waits = how
    for channel in RULES:
        listener = Listener(Stage(Config(history=MANY), nodes=count), waits)
        for what, device, name in acts:
            listener.act(what, device, name or channel)
            for room in listener.rooms.values():
                assert (room.name, room.heard) == (room.name, room.expected)
