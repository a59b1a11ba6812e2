"""A user who stays without a connection, over the restart of a real server."""

from __future__ import annotations

from base64 import b64encode


def arrive(server, name):
    """Somebody who logs in by SASL and names the device, and what is told after the message of the day."""
    talker = server.connect()
    secret = b64encode(f"\0{name}\0correct-horse-battery".encode()).decode()
    talker.send("CAP REQ :sasl draft/persistence", "AUTHENTICATE PLAIN")
    talker.until("AUTHENTICATE +")
    talker.send(f"AUTHENTICATE {secret}")
    talker.until(" 903 ")
    talker.send("NICK somebody", "USER alice 0 * :Alice", "CAP END")
    return talker, talker.barrier()


def test_staying_over_a_restart(serve):
    """She is in her channel as its operator, away, and comes back to it."""
    server = serve()
    alice = server.connect("alice")
    alice.send("NS REGISTER correct-horse-battery")
    alice.barrier()
    alice.send("PERSISTENCE SET ON", "JOIN #tea", "TOPIC #tea :green")
    assert ":chatd.localhost PERSISTENCE STATUS ON ON" in alice.barrier()
    assert server.stop() == 0
    server.process = server.start()
    bob = server.connect("bob")
    bob.send("JOIN #tea", "PRIVMSG alice :hello")
    lines = bob.barrier()
    assert [line.split(":")[-1] for line in lines if " 353 " in line] == ["@alice bob"]
    assert [line.split(":")[-1] for line in lines if " 332 " in line] == ["green"]
    assert [line.split(":")[-1] for line in lines if " 301 " in line] == ["Not connected"]
    phone, lines = arrive(server, "alice/phone")
    desk, _ = arrive(server, "alice@desk")
    assert [line.split(" ")[2] for line in lines if " 001 " in line] == ["alice"]
    assert ":chatd.localhost PERSISTENCE STATUS ON ON" in lines
    assert [line.split(" ")[-1] for line in lines if line.startswith(":alice!")] == ["#tea"]
    phone.send("PRIVMSG #tea :from the phone")
    assert " PRIVMSG #tea :from the phone" in desk.until("from the phone")[-1]
