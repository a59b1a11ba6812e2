"""Registered channels of a real server, on the database it has by default."""

from __future__ import annotations

import signal

import pytest
from running import PATIENCE_S

from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.channels import SqlChannels
from chatd.stores.sql.opening import open_database

pytestmark = pytest.mark.process


def registered(server, nick: str = "alice"):
    """Somebody who has just made an account."""
    talker = server.connect(nick)
    talker.send("NS REGISTER correct-horse")
    talker.until("is made")
    return talker


def back(server, nick: str = "alice"):
    """The same, with the password."""
    talker = server.connect()
    talker.send(f"LOGIN {nick} correct-horse")
    talker.until(" 900 ")
    talker.barrier()
    return talker


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_channel_is_kept_over_a_restart(serve, number):
    """Keeps a channel over a restart: topic, modes, lists, access; nothing that was saved in the background is lost."""
    server = serve()
    alice = registered(server)
    alice.send("JOIN #chat", "CS REGISTER #chat", "CS FLAGS #chat bob!*@* voice auto-voice")
    alice.send("CS INVITELINK #chat MAKE 2")
    (line,) = [line for line in alice.until("JOIN #chat ci-") if "ci-" in line]
    code = line.rpartition(" ")[2]
    alice.send("MODE #chat +b eve!*@*", "TOPIC #chat :roses and thyme", "MODE #chat +i")
    alice.until("MODE #chat +i")
    assert server.stop(number) == 0
    server.process = server.start()
    bob, eve = server.connect("bob"), server.connect("eve")
    bob.send("JOIN #chat")
    assert " 473 " in bob.barrier()[0]
    bob.send(f"JOIN #chat {code}")
    lines = bob.barrier()
    assert ":ChanServ!services@chatd.localhost MODE #chat +v bob" in lines
    assert any(" 332 bob #chat :roses and thyme" in line for line in lines)
    assert any(" 353 bob = #chat :+bob" in line for line in lines)
    eve.send(f"JOIN #chat {code}")
    assert " 474 " in eve.barrier()[0]
    alice = back(server)
    alice.send("JOIN #chat")
    assert ":ChanServ!services@chatd.localhost MODE #chat +qo alice alice" in alice.barrier()


def test_what_is_acknowledged_is_on_disk(serve):
    """After SIGKILL in the middle of registrations each acknowledged one is there, and none is half there."""
    server = serve("[channels]\nper_account = 1000\n[limits]\nchannels = 1000\n")
    alice = registered(server)
    for number in range(60):
        alice.send(f"JOIN #c{number}", f"CS REGISTER #c{number}")
    acknowledged = []
    while len(acknowledged) < 25:
        line = alice.line()
        if line.endswith("you are its founder."):
            acknowledged.append(line.split(" :")[1].split(" ")[0])
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(PATIENCE_S)
    rest = alice.file.read().decode(errors="replace").splitlines()
    acknowledged += [line.split(" :")[1].split(" ")[0] for line in rest if line.endswith("you are its founder.")]
    server.process.stdout.close()
    server.process = server.start()
    alice = back(server)
    alice.send("CS CHANNELS")
    kept = [line.split(" :")[1] for line in alice.until("End of your channels")[:-1]]
    assert {f"{name}: founder" for name in acknowledged} <= set(kept)
    for name in (line.removesuffix(": founder") for line in kept):
        alice.send(f"JOIN {name}")
        assert f":ChanServ!services@chatd.localhost MODE {name} +qo alice alice" in alice.barrier()


def test_ten_race_for_one_channel(serve):
    """Ten clients racing for one channel: exactly one wins, and it is the one who has it after a restart."""
    server = serve()
    people = [registered(server, f"p{number}") for number in range(10)]
    people[0].send("JOIN #chat")
    for each in people[1:]:
        each.send("JOIN #chat")
        each.until(" 366 ")
        people[0].send(f"MODE #chat +o p{people.index(each)}")
    people[0].barrier()
    for each in people:
        each.barrier()
    for each in people:
        each.send("CS REGISTER #chat")
    won = [any("you are its founder" in line for line in each.barrier()) for each in people]
    assert won.count(True) == 1
    winner = f"p{won.index(True)}"
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(PATIENCE_S)
    server.process.stdout.close()
    server.process = server.start()
    someone = server.connect("someone")
    someone.send("CS INFO #chat")
    assert someone.until("belongs to")[-1].endswith(f":#chat belongs to {winner}.")


def test_an_account_that_ended_just_before_the_server_did(serve):
    """Its end is on the disk before lists that name it are: they are cleaned at the next start, and written so."""
    server = serve()
    alice = registered(server)
    bob = registered(server, "bob")
    alice.send("JOIN #chat", "CS REGISTER #chat", "CS FLAGS #chat bob op auto-op")
    alice.until("bob has")
    bob.send("QUIT")
    alice.barrier()
    server.stop()
    accounts = SqlAccounts(open_database("", server.data))
    found = accounts.find("bob")
    assert found is not None
    accounts.delete(found.account_id, 0)
    accounts.close()
    server.process = server.start()
    again = registered(server, "bob")
    again.send("CS FLAGS #chat bob")
    assert "is not on the access list" in again.until("ChanServ!")[-1]
    server.stop()
    channels = SqlChannels(open_database("", server.data))
    (kept,) = channels.load()
    assert kept.document["access"] == []
