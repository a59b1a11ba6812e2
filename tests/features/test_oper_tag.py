"""The tag draft/oper.  See IRCv3 oper-tag."""

from __future__ import annotations

from chatd.testing import Stage


def test_on_what_operators_send(staffed: Stage) -> None:
    """"The `draft/oper-tag` capability causes the server to add a message tag to messages sent by a user who is
    currently an IRC operator." "The tag MUST be named `draft/oper`." "The tag MUST be added by the ircd to all commands
    sent by a user (e.g. PRIVMSG, MODE, NOTICE, and all others)".
    """
    caps = "draft/oper-tag message-tags away-notify setname account-notify"
    root = staffed.connect("root", caps="message-tags")
    alice, bob = staffed.connect("alice", caps=caps), staffed.connect("bob", caps=caps.partition(" ")[2])
    for client in (root, alice, bob):
        client.sends("JOIN #a")
    root.sends("PRIVMSG #a :before")
    assert not any("draft/oper" in line for line in alice.take())
    bob.take()
    root.sends("OPER root secret", "MODE #a +t")
    said = (
        "PRIVMSG #a :a", "NOTICE #a :a", "@+x TAGMSG #a", "MODE #a -t", "TOPIC #a :a", "AWAY :a", "AWAY", "SETNAME :a",
        "INVITE alice #b", "NICK boss", "KICK #a bob", "PART #a :a", "JOIN #a", "PRIVMSG alice :a", "QUIT",
    )  # fmt: skip
    root.sends("JOIN #b", *said)
    lines = [line for line in alice.take() if " :root!" in line or " :boss!" in line]
    assert [line.split(" ")[2] for line in lines] == [
        line.removeprefix("@+x ").split(" ")[0] for line in said
    ]
    assert all("draft/oper" in line.split(" ")[0][1:].split(";") for line in lines)
    assert not any("draft/oper" in line for line in bob.take())


def test_no_longer_an_operator(staffed: Stage) -> None:
    """"sent by a user who is currently an IRC operator"; "The value of the tag, if specified, MUST identify the
    operator": it has none.
    """
    root, alice = staffed.connect("root"), staffed.connect("alice", caps="draft/oper-tag")
    root.sends("OPER root secret", "PRIVMSG alice :one", "MODE root -o", "PRIVMSG alice :two")
    source = f":{root.session.user.source}"
    alice.sees(f"@draft/oper {source} PRIVMSG alice :one", f"{source} PRIVMSG alice :two")
