"""SETNAME.  Quotes are from IRCv3 setname."""

from __future__ import annotations

import pytest
from company import meeting

from chatd.testing import Stage


def test_setname(stage: Stage) -> None:
    """"If they accept the realname change, they MUST send the server-to-client version of the `SETNAME` message to all
    clients in common channels, as well as to the client from which it originated, to confirm the change has occurred.
    The `SETNAME` message MUST NOT be sent to clients which do not have the `setname` capability negotiated.";
    ":nick!user@host SETNAME :realname goes here"; "This capability MUST be referred to as `setname` at capability
    negotiation time."
    """
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob")
    alice.sends("JOIN #a")
    bob.sends("JOIN #a").take()
    alice.take()
    alice.sends("SETNAME :Alice Liddell")
    alice.sees(f":{alice.session.user.source} SETNAME :Alice Liddell")
    bob.sees()


def test_without_the_capability_it_is_silent(stage: Stage) -> None:
    """"If a client sends a `SETNAME` command without having negotiated the capability, the server SHOULD handle it
    silently (with no response), as historic implementations did."
    """
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
    """Only "all clients in common channels" are told."""
    alice, bob = stage.connect("alice", caps="setname"), stage.connect("bob", caps="setname")
    alice.sends("JOIN #a").take()
    bob.sends("JOIN #b").take()
    alice.sends("SETNAME :Alice Liddell")
    bob.sees()


@pytest.mark.parametrize("caps", ["setname", "", "setname standard-replies"])
@pytest.mark.parametrize("line", ["SETNAME", "SETNAME :", f"SETNAME :{'x' * 151}"])
def test_errors(stage: Stage, line: str, caps: str) -> None:
    """"The server MUST use the standard replies extension to notify the client of failed `SETNAME` commands. If the
    server rejects the realname as a result of a validation failure, it MUST send a `FAIL` message with the
    `INVALID_REALNAME` code."
    """
    alice, bob = meeting(stage, alice=caps, bob="setname")
    alice.sends(line)
    alice.sees(f":{alice.node.name} FAIL SETNAME INVALID_REALNAME :That real name is empty or too long")
    bob.sees()
    assert alice.session.user.realname == "alice"


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
