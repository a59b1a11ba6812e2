"""The tables of errors: who sends what line, and all that comes back; and the stage on which they are played.

``403 #nope`` stands for the whole numeric, with the server's name, the client's and the text of the registry;
``FAIL CODE context`` for the standard reply of the command in question. Both have their parameters in the order of
Modern IRC and IRCv3. A line of several is sent in turns, and what comes after the last one counts. What is said
besides, in NOTICEs, and what encloses it is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import bcrypt

from chatd.config import Config, Flood, History, Limits, Operator
from chatd.testing import Client, Stage
from chatd.wire.numerics import ALL

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
CHANNELS = 14
CONFIG = Config(
    operators=(
        Operator(name="root", password=HASH),
        Operator(name="weak", password=HASH, privileges=("wallops",)),
        Operator(name="home", password=HASH, networks=("198.51.100.0/24",)),
    ),
    flood=Flood(enabled=False),
    history=History(edit_own_s=5, redact_own_s=5),
    limits=Limits(channels=CHANNELS, targets=2, joins=2, list_entries=1, monitor=1, silence=1, accept=1),
)
CAPS = (
    "batch draft/chathistory draft/message-edit draft/message-redaction draft/metadata-2 draft/multiline "
    "draft/read-marker draft/relaymsg draft/search labeled-response message-tags sasl standard-replies"
)
BY_CODE: dict[str, list[str | None]] = {}
for _numeric in ALL.values():
    BY_CODE.setdefault(_numeric.code, []).append(None if _numeric.free else _numeric.text or "")
BESIDES = ("NOTICE", "BATCH")
"""What the server says that is no answer to what was wrong."""
SAYS_WHY = {"404", "465", "474", "482"}
"""The numerics whose text may say why as well."""


class Row(NamedTuple):
    """One wrong use, by somebody of the stage."""

    who: str
    lines: str
    expected: tuple[str, ...]

    @property
    def verb(self) -> str:
        """The command in question."""
        line = self.lines.rsplit("\n", 1)[-1]
        return (line.partition(" ")[2] if line[0] == "@" else line).split(" ")[0]


def rows(text: str) -> list[Row]:
    """A table: ``who | line | answer``, each further answer behind another bar; ``\\n`` parts lines.

    ``{server}`` in an answer is the name of the server that gives it.
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        who, lines, *expected = (part.strip() for part in line.split(" | "))
        found.append(Row(who, lines.replace("\\n", "\n").replace("\\1", "\x01"), tuple(expected)))
    return found


class House:
    """A stage with people and channels on which all tables are played: errors change nothing.

    With two nodes people are on either by turns, the boss on the first, or the other way round (``turned``).
    """

    def __init__(self, nodes: int, turned: bool) -> None:
        self.stage = stage = Stage(CONFIG, nodes=nodes)
        if turned:
            stage.open().sends("QUIT")
        stage.registers("member", "correct-horse")
        nicks = ("boss", "alice", "bob", "root", "weak", "full")
        self.people = {nick: stage.connect(nick, caps=CAPS) for nick in nicks}
        self.people["plain"] = stage.connect("plain", caps="standard-replies")
        self.people["member"] = stage.connect("member", account="member", caps=CAPS)
        for nick in ("root", "weak"):
            self.people[nick].sends(f"OPER {nick} secret")
        self.furnish()
        self.strangers = 0
        for client in self.people.values():
            client.take()

    def furnish(self) -> None:
        """The channels, each with the mode that its name says; boss is their operator."""
        boss, alice, full = self.people["boss"], self.people["alice"], self.people["full"]
        for name, modes in (
            ("chat", "-s"), ("key", "+k key"), ("closed", "+i"), ("banned", "+b bob*!*@*"), ("account", "+R"),
            ("secret", "+s"), ("private", "+p"), ("moderated", "+m"), ("plain", "+Cc"), ("forward", "+iL #chat"),
            ("small", "+l 1"), ("cage", "-n"),
        ):  # fmt: skip
            boss.sends(f"JOIN #{name}", f"MODE #{name} {modes}")
        for client in (alice, full, self.people["plain"], self.people["member"]):
            client.sends("JOIN #chat")
        alice.sends("JOIN #cage", "JOIN #moderated", "JOIN #plain", "UMODE +RT")
        boss.sends("MODE #cage +b alice!*@*")
        for number in range(CHANNELS):
            full.sends(f"JOIN #{number}")
        full.sends("MONITOR + bob", "SILENCE +x!*@*", "ACCEPT bob", "UMODE +g")

    def person(self, who: str) -> Client:
        """Somebody of the house; a stranger is another one each time, and has said nothing yet."""
        if who in self.people:
            return self.people[who]
        stranger = self.stage.open()
        if who == "newcomer":
            stranger.sends(f"CAP REQ :{CAPS}").take()
        return stranger

    def play(self, row: Row) -> None:
        """Send the lines, and compare what comes back."""
        client = self.person(row.who)
        nick = client.session.shown_nick
        *before, last = row.lines.split("\n")
        client.sends(*before).take()
        nick = client.session.shown_nick
        seen = [line.partition(" ")[2] if line[0] == "@" else line for line in client.sends(last).take()]
        server = f":{client.node.name}"
        seen = [line for line in seen if not line.startswith(tuple(f"{server} {verb} " for verb in BESIDES))]
        assert len(seen) == len(row.expected), (row, seen)
        for line, expected in zip(seen, row.expected, strict=True):
            assert fits(line, expected.replace("{server}", server[1:]), server, nick, row.verb), (row, seen)


def fits(line: str, expected: str, server: str, nick: str, verb: str) -> bool:
    """Say whether a line is what the table says."""
    code, _, params = expected.partition(" ")
    if code in ("FAIL", "WARN", "NOTE"):
        return line.startswith(f"{server} {code} {verb} {params} :")
    if not code.isdigit():
        return line == expected
    head = " ".join(filter(None, [server, code, nick, params]))
    for text in BY_CODE[code]:
        if line == (f"{head} :{text}" if text else head) and text is not None:
            return True
        if (text is None or code in SAYS_WHY) and line.startswith(f"{head} :"):
            return True
    return False
