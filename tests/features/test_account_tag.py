"""The tag account.  Quotes are from IRCv3 account-tag; what extended-join adds to it is in test_interplay.py."""

from __future__ import annotations

import pytest
from company import meeting

from chatd.testing import Stage
from chatd.wire.message import parse


def test_the_example(stage: Stage) -> None:
    """"The tag MUST be named `account`, and contain the sender's current services username. (If the user is not
    identified to any services account, the tag MUST NOT be sent.)"
    """
    alice, bob = meeting(stage, alice="account-tag account-notify", bob="")
    source = f":{bob.session.user.source}"
    bob.sends("PRIVMSG #a :Hello everyone.")
    stage.logs_in(bob, "hax0r")
    bob.sends("PRIVMSG #a :Now I'm logged in.")
    stage.logs_in(bob, "bob")
    bob.sends("PRIVMSG #a :I switched accounts.")
    stage.logs_in(bob, None)
    bob.sends("PRIVMSG #a :And out.")
    alice.sees(
        f"{source} PRIVMSG #a :Hello everyone.",
        f"{source} ACCOUNT hax0r",
        f"@account=hax0r {source} PRIVMSG #a :Now I'm logged in.",
        f"@account=hax0r {source} ACCOUNT bob",
        f"@account=bob {source} PRIVMSG #a :I switched accounts.",
        f"@account=bob {source} ACCOUNT *",
        f"{source} PRIVMSG #a :And out.",
    )


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG #a :hi", "NOTICE #a :hi", "PRIVMSG alice :hi", "@+x=1 TAGMSG #a", "MODE #a +m", "TOPIC #a :x",
        "NICK robert", "PART #a :bye", "KICK #a alice", "JOIN #b", "AWAY :lunch", "SETNAME :Robert", "INVITE carol #a",
        "UMODE -x", "RENAME #a #c", "QUIT",
    ],
)  # fmt: skip
def test_every_command(stage: Stage, line: str) -> None:
    """"The tag MUST be added by the ircd to all commands sent by a user (e.g. PRIVMSG, MODE, NOTICE, and all others)."
    """
    bob, alice = meeting(
        stage, bob="message-tags",
        alice="account-tag message-tags away-notify setname chghost invite-notify draft/channel-rename",
    )  # fmt: skip
    stage.logs_in(bob, "hax0r")
    stage.connect("carol")
    alice.sends("JOIN #b")
    bob.sends("MODE #a +o alice")
    alice.take()
    bob.sends(line)
    (told,) = alice.take()
    tags, source, _, _ = parse(told)
    assert tags["account"] == "hax0r" and (source or "").startswith("bob!")


def test_who_has_no_account_and_who_did_not_ask(stage: Stage) -> None:
    """The tag is for who negotiated it, whatever other tags they are shown."""
    alice, bob, carol = meeting(stage, alice="message-tags server-time", bob="", carol="account-tag")
    stage.logs_in(bob, "hax0r")
    bob.sends("PRIVMSG alice :hi")
    (line,) = alice.take()
    assert parse(line)[0].keys() == {"time", "msgid"}
    alice.sends("PRIVMSG carol :hi")
    carol.sees(f":{alice.session.user.source} PRIVMSG carol :hi")


def test_numerics(stage: Stage) -> None:
    """"The tag also SHOULD be added by the ircd to all numerics directly caused by the sender.": of a KNOCK, and of a
    message that caller-id holds back (718).
    """
    alice, bob = stage.connect("alice", caps="account-tag"), stage.connect("bob")
    alice.sends("JOIN #a", "MODE #a +i").take()
    stage.logs_in(bob, "hax0r")
    bob.sends("KNOCK #a")
    alice.sends("MODE alice +g")
    bob.sends("PRIVMSG alice :hi")
    knock, mode, call = alice.take()
    assert knock.startswith(f"@account=hax0r :{bob.node.name} 710 ") and " MODE " in mode
    assert call.startswith(f"@account=hax0r :{bob.node.name} 718 ")
