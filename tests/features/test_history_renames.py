"""CHATHISTORY over log files against a list, while channels and people change names and others take the old ones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from archive import Archive
from hypothesis import given, settings
from hypothesis import strategies as st
from model import Line, Model
from msgspec.structs import replace

from chatd.clock import read_moment, utc_text
from chatd.config import Channels, Config, History
from chatd.core.archive import Selector
from chatd.history.library import Library
from chatd.history.packing import Packer
from chatd.memory_history import MemoryHistory
from chatd.server.node import ChatServer
from chatd.testing import Client, Stage
from chatd.wire.message import parse

CAPS = (
    "draft/chathistory batch server-time message-tags echo-message draft/message-redaction draft/message-edit "
    "draft/channel-rename"
)
NAMES = ("#one", "#two", "#three", "#four")
NICKS = ("bob", "rob", "robert", "bert")
RULES = replace(Config(), history=History(access="members"), channels=Channels(rename_interval_s=0))
GONE = "(This message was deleted.)"
RENAMES = 7
"""More would leave the first name behind."""


class Act(NamedTuple):
    """Something happens to a channel (0, 1) or a conversation (2); ``number`` says which name, or which message."""

    what: str
    where: int
    number: int
    waits: bool


ACTS = st.builds(
    Act,
    st.sampled_from(["say", "say", "say", "say", "rename", "rename", "retake", "redact", "edit", "rotate", "pack",
                     "restart"]),
    st.integers(0, 2),
    st.integers(0, 30),
    st.booleans(),
)  # fmt: skip


class Tee(MemoryHistory):
    """Hands all to log files as well."""

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        self.archive = archive

    def append(self, log: str, moment_ms: int, lines: bytes) -> None:
        super().append(log, moment_ms, lines)
        self.archive.files.append(log, moment_ms, lines)

    def redact(self, log: str, msgid: str, line: bytes) -> None:
        self.archive.files.redact(log, msgid, line)

    def edit(self, log: str, msgid: str, lines: bytes) -> None:
        self.archive.files.edit(log, msgid, lines)

    def flush(self) -> None:
        self.archive.files.flush()


class OnDisk(Stage):
    """A server whose history is in log files."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        super().__init__(RULES)

    def _make_node(self, number: int, *settings: Any) -> ChatServer:
        self.histories[number] = Tee(self._archive)
        return super()._make_node(number, *settings)

    def reopen(self) -> None:
        """Let the log files be opened again, as after a restart; who asks reads them."""
        self._archive.files.close()
        self._archive.open(rotate_bytes=1500)
        self.read_files()

    def read_files(self) -> None:
        files = self._archive.files
        self.server.archive = Library(self._archive.root, files.people, files.ledger.waiting)


class Said(NamedTuple):
    """A message as the one who said it was shown it, and what became of it."""

    msgid: str
    moment_ms: int
    text: str


class Story:
    """alice and bob in two channels and in private; what was said, in order, by channel, whatever it was called."""

    def __init__(self, archive: Archive) -> None:
        archive.open(rotate_bytes=1500)
        self.archive = archive
        self.stage = OnDisk(archive)
        self.stage.read_files()
        self.alice, self.bob = (self.stage.connect(nick, caps=CAPS) for nick in ("alice", "bob"))
        self.eve = self.stage.connect("eve", caps=CAPS)
        for client in (self.alice, self.bob, self.eve):
            client.session.allowance = 1e9
        self.names = ["#one", "#two", "bob"]
        self.alice.sends("JOIN #one,#two")
        self.bob.sends("JOIN #one,#two")
        self.said: list[list[Said]] = [[], [], []]
        self.gone: set[str] = set()
        self.renames = [0, 0, 0]
        self.others: set[str] = set()
        self.count = 0

    def act(self, act: Act) -> None:
        if act.waits:
            self.stage.passes(0.25)
        getattr(self, act.what)(act)
        for client in (self.alice, self.bob, self.eve):
            client.take()

    def say(self, act: Act) -> None:
        self.count += 1
        client, target = (self.alice, self.names[act.where]) if act.number % 3 else (self.bob, "alice")
        if act.where < 2:
            target = self.names[act.where]
        client.take()
        client.sends(f"PRIVMSG {target} :text {self.count}")
        (line,) = client.take()
        tags = parse(line)[0]
        self.said[act.where].append(Said(tags["msgid"], read_moment(tags["time"]) or 0, f"text {self.count}"))

    def rename(self, act: Act) -> None:
        if self.renames[act.where] == RENAMES:
            return
        if act.where == 2:
            # Of people without accounts it is the nickname that counts: what alice and another robert said comes first.
            if NICKS[act.number % 4] not in self.others:
                self.bob.sends(f"NICK {NICKS[act.number % 4]}")
            new = self.bob.session.user.nick
        else:
            new = NAMES[act.number % 4]
            self.alice.sends(f"RENAME {self.names[act.where]} {new}")
            new = new if self.stage.server.network.channels[new].members.get(self.bob.session.user.uid) else ""
            new = new if new != self.names[1 - act.where] else ""
        if new and new != self.names[act.where]:
            self.renames[act.where] += 1
            self.names[act.where] = new

    def retake(self, act: Act) -> None:
        """Somebody else takes a name that is free, is heard under it, and goes again."""
        if act.where == 2:
            free = [nick for nick in NICKS if nick != self.bob.session.user.nick]
            self.others.add(free[act.number % 3])
            self.eve.sends(f"NICK {free[act.number % 3]}", "PRIVMSG alice :something else", "NICK eve")
        else:
            free = [name for name in NAMES if name not in self.names]
            name = free[act.number % len(free)]
            self.eve.sends(f"JOIN {name}", f"PRIVMSG {name} :something else", f"PART {name}")

    def _own(self, act: Act) -> tuple[Client, str, int] | None:
        """A message that is still there, who said it, where to, and which it is."""
        here = self.said[act.where]
        places = [place for place, said in enumerate(here) if said.msgid not in self.gone]
        if not places:
            return None
        place = places[act.number % len(places)]
        for client, target in ((self.alice, self.names[act.where]), (self.bob, "alice")):
            target = self.names[act.where] if act.where < 2 else target
            client.sends(f"CHATHISTORY AROUND {target} msgid={here[place].msgid} 1")
            shown = [line for line in client.take() if f"msgid={here[place].msgid};" in line or " PRIVMSG " in line]
            if shown and f":{client.session.user.nick}!" in shown[0]:
                return client, target, place
        return None

    def redact(self, act: Act) -> None:
        if own := self._own(act):
            client, target, place = own
            client.sends(f"REDACT {target} {self.said[act.where][place].msgid}")
            if any(" REDACT " in line and " FAIL " not in line for line in client.take()):
                self.gone.add(self.said[act.where][place].msgid)

    def edit(self, act: Act) -> None:
        if own := self._own(act):
            client, target, place = own
            self.count += 1
            said = self.said[act.where][place]
            tags = f"draft/target-msgid={said.msgid};draft/edit-text=edit\\s{self.count}"
            client.sends(f"@{tags} EDIT {target}")
            if any(" EDIT " in line and " FAIL " not in line for line in client.take()):
                self.said[act.where][place] = said._replace(text=f"edit {self.count}")

    def rotate(self, act: Act) -> None:
        self.archive.files.rotate(self.stage.server.now_ms())

    def pack(self, act: Act) -> None:
        self.archive.files.flush()
        packer = Packer(self.archive.files._disk.lock, self.archive.files._disk.live)
        for log in NAMES:
            for name in self.archive.names(log)[:-1]:
                if name.endswith(".log"):
                    packer.pack_segment(str(self.archive.folder(log) / name))

    def restart(self, act: Act) -> None:
        self.stage.reopen()

    # --- asking ----------------------------------------------------------------------------------------------

    def model(self, where: int) -> Model:
        lines = [Line(said.moment_ms, said.msgid, "PRIVMSG") for said in self.said[where]]
        return Model(lines, {"PRIVMSG"})

    def asks(self, where: int, question: str) -> list[tuple[str, str]]:
        """Ids and texts of an answer, as alice is shown it."""
        self.alice.take()
        self.alice.sends(f"CHATHISTORY {question}")
        lines = self.alice.take()
        assert " BATCH +" in lines[0], lines
        shown = [parse(line) for line in lines if " PRIVMSG " in line]
        return [(tags["msgid"], params[-1]) for tags, _, _, params in shown]

    def texts(self, where: int, ids: list[str]) -> list[tuple[str, str]]:
        by_id = {said.msgid: GONE if said.msgid in self.gone else said.text for said in self.said[where]}
        return [(msgid, by_id[msgid]) for msgid in ids]


def written(selector: Selector) -> str:
    return f"msgid={selector.msgid}" if selector.msgid else f"timestamp={utc_text(selector.moment_ms)}"


@settings(max_examples=100)
@given(st.lists(ACTS, max_size=40), st.data())
def test_renames(acts: list[Act], data: st.DataObject) -> None:
    """All that was said in a channel, and between two, is found under its present name, and nothing of others."""
    with TemporaryDirectory() as folder:
        story = Story(Archive(Path(folder)))
        for act in acts:
            story.act(act)
        for where in range(3):
            model, target = story.model(where), story.names[where]
            assert story.asks(where, f"LATEST {target} * 100") == story.texts(where, model.latest(100, None))
            for _ in range(4 if story.said[where] else 0):
                places = st.sampled_from([Selector(said.moment_ms, said.msgid) for said in story.said[where]])
                moments = st.builds(lambda place, by: Selector(place.moment_ms + by), places, st.integers(-1, 1))
                one, other = data.draw(places | moments), data.draw(places | moments)
                limit = data.draw(st.integers(1, 8))
                for question, ids in (
                    (f"LATEST {target} {written(one)} {limit}", model.latest(limit, one)),
                    (f"BEFORE {target} {written(one)} {limit}", model.before(one, limit)),
                    (f"AFTER {target} {written(one)} {limit}", model.after(one, limit)),
                    (f"AROUND {target} {written(one)} {limit}", model.around(one, limit)),
                    (f"BETWEEN {target} {written(one)} {written(other)} {limit}", model.between(one, other, limit)),
                ):
                    assert story.asks(where, question) == story.texts(where, ids), question
        story.archive.files.close()
