"""SETNAME.  See IRCv3 setname."""

from __future__ import annotations

from chatd.testing import Stage


def test_setname(stage: Stage) -> None:
    """They MUST send the SETNAME message to all clients in common channels, as well as to the client from which it
    originated; it MUST NOT be sent to clients which do not have the capability negotiated."""
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob")
    alice.sends("JOIN #a")
    bob.sends("JOIN #a").take()
    alice.take()
    alice.sends("SETNAME :Alice Liddell")
    alice.sees(f":{alice.session.user.source} SETNAME :Alice Liddell")
    bob.sees()


def test_without_the_capability_it_is_silent(stage: Stage) -> None:
    """If a client sends SETNAME without having negotiated the capability, the server SHOULD handle it silently."""
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob")
    alice.sends("JOIN #a")
    bob.sends("JOIN #a").take()
    alice.take()
    bob.sends("SETNAME Bob")
    bob.sees()
    alice.sees(f":{bob.session.user.source} SETNAME :Bob")
    alice.sends("WHO bob %r")
    assert alice.take()[0].endswith(" 354 alice :Bob")


def test_strangers_are_not_told(stage: Stage) -> None:
    """Only clients in common channels are told."""
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob", caps="setname")
    alice.sends("JOIN #a").take()
    bob.sends("JOIN #b").take()
    alice.sends("SETNAME :Alice Liddell")
    bob.sees()


def test_setname_errors(stage: Stage) -> None:
    """If the server rejects the realname, it MUST use FAIL SETNAME INVALID_REALNAME."""
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("SETNAME", "SETNAME :", f"SETNAME :{'x' * 151}")
    fail = f"{server} FAIL SETNAME INVALID_REALNAME :That real name is empty or too long"
    alice.sees(f"{server} 461 alice SETNAME :Not enough parameters", fail, fail)


def test_the_longest_name(stage: Stage) -> None:
    """"servers MUST provide a `NAMELEN` token in `RPL_ISUPPORT` with the maximum allowed length for realnames";
    "Servers MUST check the realname for validity (taking length limits into consideration)", in bytes; "Servers
    advertising the `setname` capability MUST support usage of the command even while the capability is not negotiated".
    """
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob")
    (limit,) = [int(word[8:]) for word in " ".join(alice.node.isupport()).split(" ") if word.startswith("NAMELEN=")]
    longest = "\u00e9" * (limit // 2)
    for client in (alice, bob):
        client.sends(f"SETNAME :{longest}\u00e9")
        assert client.take()[0].startswith(f":{client.node.name} FAIL SETNAME INVALID_REALNAME :")
        client.sends(f"SETNAME :{longest}").take()
        assert client.session.user.realname == longest
