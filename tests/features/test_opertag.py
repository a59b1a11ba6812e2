"""The tag draft/oper.  See IRCv3 oper-tag."""

from __future__ import annotations

from chatd.testing import Stage


def test_on_what_operators_send(staffed: Stage) -> None:
    """The tag MUST be added by the ircd to all commands sent by a user who is currently an IRC operator."""
    root = staffed.connect("root")
    alice, bob = staffed.connect("alice", caps="draft/oper-tag"), staffed.connect("bob", caps="message-tags")
    for client in (alice, bob, root):
        client.sends("JOIN #a")
        client.take()
    alice.take(), bob.take()
    source = f":{root.session.user.source}"
    root.sends("PRIVMSG #a :before", "OPER root secret", "PRIVMSG #a :after", "NICK boss", "MODE boss -o", "PART #a")
    alice.sees(
        f"{source} PRIVMSG #a :before",
        f"@draft/oper {source} PRIVMSG #a :after",
        f"@draft/oper {source} NICK boss",
        f":{root.session.user.source} PART #a",
    )
    assert not [line for line in bob.take() if "draft/oper" in line]
