"""What one said oneself.  Quotes are from IRCv3 echo-message; other connections of one's own are in
test_own_messages.py, echoes with labels in test_labeled_response.py.
"""

from __future__ import annotations

import pytest
from company import meeting
from speaking import bare

from chatd.testing import Stage


@pytest.mark.parametrize("line", ["PRIVMSG #a :hi", "NOTICE #a :hi", "PRIVMSG bob :hi", "NOTICE bob :hi"])
def test_echoes(stage: Stage, line: str) -> None:
    """"If enabled, servers MUST send `PRIVMSG` and `NOTICE` messages back to the client that sent them."; "This client
    capability MUST be named `echo-message`."
    """
    alice, bob = meeting(stage, alice="echo-message", bob="echo-message")
    said = f":{alice.session.user.source} {line}"
    alice.sends(line)
    alice.sees(said)
    bob.sees(said)
    alice.sends("CAP REQ -echo-message").take()
    alice.sends(line)
    alice.sees()
    bob.sees(said)


def test_several_targets(stage: Stage) -> None:
    """One echo for each target that was reached, and none for others."""
    alice, bob = meeting(stage, alice="echo-message", bob="")
    source = f":{alice.session.user.source}"
    alice.sends("PRIVMSG #a,nobody,bob :hi")
    alice.sees(
        f"{source} PRIVMSG #a :hi",
        f":{alice.node.name} 401 alice nobody :No such nick/channel",
        f"{source} PRIVMSG bob :hi",
    )
    bob.sees(f"{source} PRIVMSG #a :hi", f"{source} PRIVMSG bob :hi")


@pytest.mark.parametrize("modes", ["+m", "+b bob!*@*", "+c"])
def test_what_is_refused(stage: Stage, modes: str) -> None:
    """The echo "acts as an acknowledgement that the message has been delivered to the server": what was refused has
    none.
    """
    alice, bob = meeting(stage, alice="", bob="echo-message")
    alice.sends(f"MODE #a {modes}")
    bob.take()
    bob.sends("PRIVMSG #a :\x034red", "NOTICE #a :\x034red")
    bob.sees(f":{bob.node.name} 404 bob #a :Cannot send to channel")


def test_the_final_version(stage: Stage) -> None:
    """"If servers apply any modifications to these messages, they MUST send the final version of the message back to
    the originating client.": what was too long is cut for both alike, targets are spelled as they are.
    """
    alice, bob = meeting(stage, alice="echo-message", bob="")
    text = "x" * (510 - len("PRIVMSG #A :"))
    alice.sends(f"PRIVMSG #A :{text}", f"NOTICE BOB :{text}", "PRIVMSG +@#a :psst")
    shown = alice.take()
    assert all(len(line) == 510 for line in shown[:2])
    assert [line.split(" ")[2] for line in shown] == ["#a", "bob", "+#a"]
    assert bob.take() == shown[:2]


def test_tagmsg(stage: Stage) -> None:
    """"When the `message-tags` capability has been enabled, the same rules apply to `TAGMSG` messages."."""
    alice, bob, carol = meeting(stage, alice="echo-message message-tags", bob="message-tags", carol="echo-message")
    alice.sends("@+x=1;plain=2 TAGMSG #a")
    (echo,), (heard,) = alice.take(), bob.take()
    assert echo == heard and ";+x=1 " in echo and "plain" not in echo
    carol.sees()
    carol.sends("@+x=1 TAGMSG #a")
    carol.sees()


def test_to_services(stage: Stage) -> None:
    """What was written to a service comes back as well, without passwords."""
    (alice,) = meeting(stage, alice="echo-message")
    source = f":{alice.session.user.source}"
    alice.sends("PRIVMSG NickServ :HELP IDENTIFY", "PRIVMSG NickServ :IDENTIFY sesame")
    echoes = [line for line in bare(alice.take()) if line.startswith(source)]
    assert echoes == [f"{source} PRIVMSG NickServ :HELP IDENTIFY", f"{source} PRIVMSG NickServ :IDENTIFY ***"]


def test_several_lines_to_services(stage: Stage) -> None:
    """So does a message of several lines, as one, and without passwords wherever they stand."""
    (alice,) = meeting(stage, alice="echo-message batch draft/multiline labeled-response")
    source = f":{alice.session.user.source}"
    alice.sends("@label=x BATCH +1 draft/multiline NickServ", "@batch=1 PRIVMSG NickServ :HELP")
    alice.sends("@batch=1 PRIVMSG NickServ :IDENT", "@batch=1;draft/multiline-concat PRIVMSG NickServ :IFY sesame")
    outer, opened, *said, closed, answer, _ = alice.sends("BATCH -1").take()
    assert outer.startswith("@label=x ")
    assert f" {source} BATCH +" in opened
    assert f" {source} BATCH -" in closed
    assert bare(said) == [f"{source} PRIVMSG NickServ :HELP", f"{source} PRIVMSG NickServ :IDENTIFY ***"]
    assert " NOTICE alice :Please write one command" in answer


def test_tags_to_services(stage: Stage) -> None:
    """"When the `message-tags` capability has been enabled, the same rules apply to `TAGMSG` messages."."""
    (alice,) = meeting(stage, alice="echo-message message-tags")
    (echo,) = alice.sends("@+typing=active TAGMSG NickServ").take()
    assert ";+typing=active " in echo
    assert bare([echo]) == [f":{alice.session.user.source} TAGMSG NickServ"]


def test_what_is_silently_blocked(stage: Stage) -> None:
    """"Servers MAY send a faked message back to the client instead, in cases where the final version is silently
    blocked": who is silenced cannot tell by what is missing.
    """
    alice, bob = meeting(stage, alice="", bob="echo-message message-tags batch labeled-response")
    alice.sends("SILENCE bob").take()
    source = f":{bob.session.user.source}"
    echoes = bob.sends("@label=x;+a PRIVMSG Alice :hi", "NOTICE alice :hi", "@+a TAGMSG alice").take()
    assert echoes[0].startswith("@label=x;msgid=")
    assert ";+a " in echoes[0]
    assert bare(echoes) == [f"{source} PRIVMSG alice :hi", f"{source} NOTICE alice :hi", f"{source} TAGMSG alice"]
    alice.sees()
