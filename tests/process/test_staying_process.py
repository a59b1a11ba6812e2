"""A user who stays without a connection, over the restart of a real server."""

from __future__ import annotations

from base64 import b64encode


def arrive(server, name, caps="sasl draft/persistence"):
    """Somebody who logs in by SASL and names the device, and what is told up to the end of the greeting."""
    talker = server.connect()
    secret = b64encode(f"\0{name}\0correct-horse-battery".encode()).decode()
    talker.send(f"CAP REQ :{caps}", "AUTHENTICATE PLAIN")
    talker.until("AUTHENTICATE +")
    talker.send(f"AUTHENTICATE {secret}")
    verdict = talker.barrier()
    assert " 903 " in "".join(verdict), verdict
    talker.send("NICK somebody", "USER alice 0 * :Alice", "CAP END")
    return talker, talker.barrier()


def missed(lines):
    """What Bob has said, without tags and the time."""
    said = [line.partition(":bob!")[2].split(" ", 3) for line in lines if ":bob!" in line and " PRIVMSG " in line]
    return sorted(f"PRIVMSG {target} {text[1:].rpartition('] ')[2]}" for _, _, target, text in said)


def test_staying_over_a_restart(serve):
    """She is in her channel as its operator, away, and comes back; what she has missed is shown, or to be asked for."""
    server = serve()
    alice = server.connect("alice")
    alice.send("NS REGISTER correct-horse-battery")
    alice.barrier()
    alice.send("PERSISTENCE SET ON", "JOIN #tea", "TOPIC #tea :green")
    assert ":chatd.localhost PERSISTENCE STATUS ON ON" in alice.barrier()
    assert server.stop() == 0
    server.process = server.start()
    bob = server.connect("bob")
    bob.send("JOIN #tea", "PRIVMSG alice :hello", "PRIVMSG #tea :anybody here?")
    lines = bob.barrier()
    assert [line.split(":")[-1] for line in lines if " 353 " in line] == ["@alice bob"]
    assert [line.split(":")[-1] for line in lines if " 332 " in line] == ["green"]
    assert [line.split(":")[-1] for line in lines if " 301 " in line] == ["Not connected"]
    phone, lines = arrive(server, "alice/phone")
    assert missed(lines) == ["PRIVMSG #tea anybody here?", "PRIVMSG alice hello"]
    desk, greeting = arrive(server, "alice@desk", "sasl draft/chathistory batch server-time message-tags")
    assert missed(greeting) == []
    desk.send("CHATHISTORY LATEST #tea * 10", "CHATHISTORY LATEST bob * 10")
    assert missed(desk.barrier()) == ["PRIVMSG #tea anybody here?", "PRIVMSG alice hello"]
    assert [line.split(" ")[2] for line in lines if " 001 " in line] == ["alice"]
    assert ":chatd.localhost PERSISTENCE STATUS ON ON" in lines
    assert [line.split(" ")[-1] for line in lines if line.startswith(":alice!")] == ["#tea"]
    phone.send("PRIVMSG #tea :from the phone")
    assert " PRIVMSG #tea :from the phone" in desk.until("from the phone")[-1]
