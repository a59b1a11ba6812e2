"""A server that is killed in that moment, while no store takes anything: what anybody was told of is there again."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import bcrypt
import pytest
from running import PATIENCE_S

pytestmark = pytest.mark.process

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
EXTRA = f'[channels]\nrename_interval_s = 0\n[[operators]]\nname = "root"\npassword = "{HASH}"\n'
MOMENT = "timestamp=2020-06-30T23:59:59.419Z"


def account(server, nick, *caps):
    """Somebody who has just made an account."""
    talker = server.connect(nick)
    talker.send(*(f"CAP REQ {cap}" for cap in caps), "NS REGISTER correct-horse")
    talker.until("is made")
    return talker


def back(server, nick, *caps):
    """The same, with the password."""
    talker = server.connect()
    talker.send(*(f"CAP REQ {cap}" for cap in caps), f"LOGIN {nick} correct-horse", "CAP END")
    talker.until(" 900 ")
    talker.barrier()
    return talker


def hang(server) -> closing[sqlite3.Connection]:
    """Nothing is saved from now on: the database is locked by somebody else, the file of bans cannot be replaced."""
    held = sqlite3.connect(server.data / "chatd.db", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    while True:
        try:
            Path(server.data, "serverbans.json.new").mkdir()
        except FileExistsError:  # what was to be saved before is being saved
            continue
        return closing(held)


def kill(server) -> None:
    """And start again."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(PATIENCE_S)
    server.process.stdout.close()


def test_each_kind_of_change(serve):
    """TOPIC, MODE, lists, INVITE, RENAME, a use of an invite link, SILENCE, ACCEPT, MARKREAD, bans set and lifted."""
    server = serve(EXTRA)
    alice = account(server, "alice", "draft/read-marker")
    bob, carol = account(server, "bob"), account(server, "carol")
    alice.send("JOIN #chat", "CS REGISTER #chat", "JOIN #old", "CS REGISTER #old", "PERSISTENCE SET ON")
    alice.send("OPER root secret", "MODE #chat +i", "CS INVITELINK #chat MAKE 1", "DLINE 192.0.2.1 :one")
    code = next(word for line in alice.until("ci-") for word in line.split() if word.startswith("ci-"))
    alice.until("192.0.2.1")
    with hang(server):
        alice.send("TOPIC #chat :roses", "MODE #chat +mb eve!*@*", "INVITE carol #chat", "RENAME #old #new")
        alice.send("SILENCE +*!*@spam.example", "ACCEPT bob", f"MARKREAD #chat {MOMENT}")
        alice.send("UNDLINE 192.0.2.1", "DLINE 192.0.2.2 :two", "KLINE *@192.0.2.3 :three")
        told = " ".join(alice.barrier())
        for part in (
            " TOPIC #chat :roses", " MODE #chat +mb eve!*@*", " 341 alice carol #chat", " MARKREAD #chat ",
            " SILENCE +*!*@spam.example", "lifted the D-line on 192.0.2.1", "K-line on *@192.0.2.3",
        ):  # fmt: skip
            assert part in told
        bob.send(f"JOIN #chat {code}")
        assert any(" JOIN :#chat" in line or " JOIN #chat" in line for line in bob.barrier())
        kill(server)
    Path(server.data, "serverbans.json.new").rmdir()
    server.process = server.start()
    again = back(server, "alice", "draft/read-marker")
    again.send("TOPIC #chat", "MODE #chat", "MODE #chat b", "CS UNINVITE #chat", "CS INFO #new", "CS INFO #old")
    again.send("OPER root secret", "SILENCE", "ACCEPT *", "MARKREAD #chat", "STATS d", "STATS k")
    told = "\n".join(again.barrier())
    for part in (
        " 332 alice #chat :roses", " 324 alice #chat +imnt", " 367 alice #chat eve!*@* alice!",
        "Invited to #chat: carol", "#new belongs to alice", "#old is not registered",
        " 271 alice alice *!*@spam.example", " 281 alice bob", f" MARKREAD #chat {MOMENT}", " 225 alice D 192.0.2.2 ",
        " 216 alice K 192.0.2.3 ",
    ):  # fmt: skip
        assert part in told, told
    assert " 225 alice D 192.0.2.1 " not in told
    carol = back(server, "carol")
    carol.send("JOIN #chat")
    assert " 473 " not in " ".join(carol.barrier())
    someone = server.connect("someone")
    someone.send(f"JOIN #chat {code}")
    assert " 473 someone #chat " in someone.barrier()[0]


def test_nothing_is_left_to_do_after_a_stop(serve):
    """What is saved is not saved again by the next start; what could not be is, and nothing of it is lost."""
    server = serve()
    alice = account(server, "alice")
    alice.send("JOIN #chat", "CS REGISTER #chat", "TOPIC #chat :roses")
    alice.until(" TOPIC #chat")
    server.stop()
    server.process = server.start()
    assert not [line for line in server.log if "were not saved" in line]
    alice = back(server, "alice")
    alice.send("JOIN #chat", "TOPIC #chat")
    assert any(" 332 alice #chat :roses" in line for line in alice.barrier())
    server.stop()
    assert server.data.joinpath("journal").read_bytes().strip(b"\0") == b""
