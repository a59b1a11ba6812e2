"""The transcripts and the client of docs/protocol.md, against a real server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
from running import PATIENCE_S

pytestmark = pytest.mark.process
ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
TRANSCRIPTS = re.findall(r"^```transcript\n(.*?)^```", PROTOCOL, re.DOTALL | re.MULTILINE)
(CLIENT,) = re.findall(r"^```python\n(.*?)^```", PROTOCOL, re.DOTALL | re.MULTILINE)


def steps_of(transcript: str) -> list[tuple[str, str, str]]:
    """Who ("" for the first client), C or S, and the line."""
    found = [re.fullmatch(r"(?:(\w+) )?([CS]): (.*)", line) for line in transcript.splitlines()]
    assert None not in found, transcript
    return [(step[1] or "", step[2], step[3]) for step in found if step is not None]


OPERATOR = f'[[operators]]\nname = "root"\npassword = "{bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}"\n'
EXTRAS = {" OPER root ": OPERATOR, " sts=": "[sts]\nport = 6697\n"}
"""What is configured where this is in a transcript."""
TOKEN = re.compile(r"ct-[A-Za-z0-9]{10}-[A-Za-z0-9_-]{43}")


def matches(expected: str, line: str) -> bool:
    """Say whether a line is what was expected, with any text for each <placeholder>."""
    pieces = re.split(r"<[^>]*>", expected)
    return re.fullmatch(".*?".join(map(re.escape, pieces)), line) is not None


def barrier(talker) -> list[str]:
    """What the server still had to say to a client, its greeting apart."""
    talker.send("PING barrier")
    return [line for line in talker.until(" PONG ")[:-1] if "By hand?" not in line and "Then: JOIN" not in line]


def play(server, transcript: str) -> None:
    """Send what the clients send, and compare every line that the server sends.

    ``<token>`` that a client sends is the session token that the server sent last, ``<first>`` the id that the server
    sent for it.
    """
    steps = steps_of(transcript)
    talkers = {"": server.connect()}
    for name in {who for who, _, _ in steps if who}:
        talkers[name] = server.connect(name)
    if steps[0][1] == "C" or steps[0][0]:
        for _ in range(2):
            talkers[""].line()
    skipping = set()
    ended = set()
    token = first = ""
    for who, side, text in steps:
        talker = talkers[who]
        if side == "C":
            talker.send(text.replace("<token>", token).replace("<first>", first))
        elif text == "...":
            skipping.add(who)
        else:
            line = talker.line()
            while who in skipping and line and not matches(text, line):
                line = talker.line()
            skipping.discard(who)
            assert matches(text, line), f"expected {text!r}, saw {line!r}"
            if found := TOKEN.search(line):
                token = found[0]
            if ";msgid=<first>" in text:
                first = re.findall(";msgid=([^; ]+)", line)[0]
            if text.startswith("ERROR"):
                ended.add(who)
    left = {who: talker.rest() if who in ended else barrier(talker) for who, talker in talkers.items()}
    assert not any(left.values()), left


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda transcript: transcript.splitlines()[0])
def test_transcript(serve, transcript):
    """What the document says was said is said."""
    play(serve("".join(extra for part, extra in EXTRAS.items() if part in transcript)), transcript)


def test_conversation_of_the_readme(serve):
    """What README shows of a first conversation is what happens."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^\$ nc 127.0.0.1 6667\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    cloaked = re.sub(r"@[0-9a-f.]+\.users\.chatd", "@<cloak>", shown)
    said_by_server = (":", "ERROR", "...")
    steps = [f"{'S' if line.startswith(said_by_server) else 'C'}: {line}" for line in cloaked.splitlines()]
    play(serve(), "\n".join(steps))


def test_the_small_client(serve, tmp_path):
    """The client in the document takes another nickname when it must, joins, says, hears and quits."""
    server = serve()
    (tmp_path / "client.py").write_text(CLIENT, encoding="utf-8")
    alice = server.connect("alice")
    alice.send("JOIN #chat")
    alice.until(" 366 ")
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "client.py"), "127.0.0.1", str(server.port), "alice", "#chat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert matches(":alice_!~alice@<cloak> JOIN #chat", alice.line())
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write("hello everybody\n")
        client.stdin.flush()
        assert matches(":alice_!~alice@<cloak> PRIVMSG #chat :hello everybody", alice.line())
        alice.send("PRIVMSG #chat :hello alice_")
        shown = iter(client.stdout.readline, "")
        assert next(line for line in shown if "<alice>" in line) == "#chat <alice> hello alice_\n"
        client.stdin.close()
        assert matches(":alice_!~alice@<cloak> QUIT :Quit: ", alice.line())
        assert client.wait(PATIENCE_S) == 0
