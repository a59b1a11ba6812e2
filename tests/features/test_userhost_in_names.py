"""NAMES with whole sources.  Quotes are from IRCv3 userhost-in-names."""

from __future__ import annotations

from company import meeting

from chatd.testing import Stage


def test_names(stage: Stage) -> None:
    """"The `userhost-in-names` capability extends the NAMES reply messages (`RPL_NAMREPLY`) to contain the full
    hostmask (nick!user@host) of every user listed."
    """
    alice, bob = meeting(stage, alice="", bob="userhost-in-names")
    for client in (alice, bob):
        client.take()
        client.sends("NAMES #a")
    sources = [client.session.user.source for client in (alice, bob)]
    server = f":{bob.node.name}"
    bob.sees(f"{server} 353 bob = #a :@{sources[0]} {sources[1]}", f"{server} 366 bob #a :End of /NAMES list")
    server = f":{alice.node.name}"
    alice.sees(f"{server} 353 alice = #a :@alice bob", f"{server} 366 alice #a :End of /NAMES list")


def test_after_joining(stage: Stage) -> None:
    """In the NAMES that come by themselves as well, with the host as others see it."""
    alice, bob = stage.connect("alice"), stage.connect("bob", caps="userhost-in-names multi-prefix")
    alice.sends("JOIN #a", "MODE #a +v alice", "UMODE -x")
    bob.sends("JOIN #a")
    assert bob.take()[1] == (
        f":{bob.node.name} 353 bob = #a :@+alice!~alice@192.0.2.1 {bob.session.user.source}"
    )


def test_no_other_way(stage: Stage) -> None:
    """"New servers or clients SHOULD NOT implement the PROTOCTL method"."""
    alice = stage.connect("alice")
    assert "UHNAMES" not in " ".join(alice.node.isupport()).split(" ")
    alice.sends("PROTOCTL UHNAMES")
    alice.sees(f":{alice.node.name} 421 alice PROTOCTL :Unknown command")


def test_long_lists(stage: Stage) -> None:
    """Everybody is there once, over as many lines as it takes."""
    clients = meeting(stage, **{f"n{number:02}{'x' * 27}": "userhost-in-names" for number in range(12)})
    clients[0].sends("NAMES #a")
    *lines, last = clients[0].take()
    assert " 366 " in last and len(lines) > 1 and all(len(line.encode()) <= 510 for line in lines)
    shown = [word.lstrip("@") for line in lines for word in line.split(" :")[1].split(" ")]
    assert shown == [client.session.user.source for client in clients]
