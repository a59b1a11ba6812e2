"""What one connection of a user says, as its other connections see it.

See IRCv3 echo-message, "messages get automatically relayed to other attached clients", and znc.in/self-message.
"""

from __future__ import annotations

import re

from logins import several

from chatd.testing import Client, Stage


def bare(client: Client) -> list[str]:
    """The lines since the last look, without tags."""
    return [re.sub(r"^@\S+ ", "", line) for line in client.take()]


def test_to_a_channel(stage: Stage) -> None:
    """Other sessions see it as any member does, whatever they negotiated; the one that sent it as it asked."""
    one, two, three = several(stage, "", "", "echo-message")
    one.sends("JOIN #a")
    for client in (one, two, three):
        client.take()
    source = f":{one.session.user.source}"
    one.sends("PRIVMSG #a :hello")
    one.sees()
    two.sees(f"{source} PRIVMSG #a :hello")
    three.sees(f"{source} PRIVMSG #a :hello")
    three.sends("NOTICE #a :hi")
    for client in (one, two, three):
        client.sees(f"{source} NOTICE #a :hi")


def test_to_somebody(stage: Stage) -> None:
    """Sessions with echo-message or znc.in/self-message see it as their user's own message to the target.

    Others would take it for a message to them, and see nothing.
    """
    one, plain, echoing, znc, both = several(
        stage, "", "", "echo-message", "znc.in/self-message", "echo-message znc.in/self-message"
    )
    bob = stage.connect("bob")
    said = f":{one.session.user.source} PRIVMSG bob :psst"
    one.sends("PRIVMSG bob :psst")
    bob.sees(said)
    one.sees()
    plain.sees()
    for client in (echoing, znc, both):
        client.sees(said)
    echoing.sends("NOTICE bob :too")
    said = said.replace("PRIVMSG bob :psst", "NOTICE bob :too")
    for client in (echoing, znc, both, bob):
        client.sees(said)
    one.sees()
    plain.sees()


def test_what_is_sent_by_znc_in_self_message_is_not_an_echo(stage: Stage) -> None:
    """The session that sent it is not shown it without echo-message."""
    one, _ = several(stage, "znc.in/self-message", "")
    stage.connect("bob")
    one.sends("PRIVMSG bob :psst")
    one.sees()


def test_to_oneself(stage: Stage) -> None:
    """What one says to oneself arrives at each session once, and comes back to the one that asked for echoes."""
    one, two = several(stage, "echo-message", "echo-message")
    said = f":{one.session.user.source} PRIVMSG alice :note"
    one.sends("PRIVMSG alice :note")
    one.sees(said, said)
    two.sees(said)


def test_from_somebody(stage: Stage) -> None:
    """A message to the user arrives at all of its sessions, each with its own tags."""
    one, two = several(stage, "", "message-tags")
    bob = stage.connect("bob", caps="message-tags")
    bob.sends("@+x=1 PRIVMSG alice :hello")
    said = f":{bob.session.user.source} PRIVMSG alice :hello"
    one.sees(said)
    (line,) = two.take()
    assert re.fullmatch(rf"@msgid=\S+;\+x=1 {re.escape(said)}", line)


def test_to_a_rank_one_does_not_have(stage: Stage) -> None:
    """What was said to the operators of a channel by somebody who is none is not said to the user's other sessions."""
    (bob,) = [stage.connect("bob")]
    bob.sends("JOIN #a")
    one, plain, echoing = several(stage, "", "", "echo-message")
    one.sends("JOIN #a")
    for client in (bob, one, plain, echoing):
        client.take()
    one.sends("PRIVMSG @#a :help")
    said = f":{one.session.user.source} PRIVMSG @#a :help"
    bob.sees(said)
    plain.sees()
    echoing.sees(said)


def test_to_a_channel_one_is_not_in(stage: Stage) -> None:
    """The same from outside of a channel."""
    bob = stage.connect("bob")
    bob.sends("JOIN #a", "MODE #a -n").take()
    one, plain, znc = several(stage, "", "", "znc.in/self-message")
    one.sends("PRIVMSG #a :knock")
    said = f":{one.session.user.source} PRIVMSG #a :knock"
    bob.sees(said)
    plain.sees()
    znc.sees(said)


def test_client_only_tags(stage: Stage) -> None:
    """TAGMSG is one as well, for who has message-tags."""
    one, echoing, untagged = several(stage, "message-tags", "message-tags echo-message", "echo-message")
    bob = stage.connect("bob", caps="message-tags")
    one.sends("@+typing=active TAGMSG bob")
    said = f":{one.session.user.source} TAGMSG bob"
    assert bare(bob) == [said]
    assert bare(echoing) == [said]
    untagged.sees()
    one.sees()


def test_a_label_is_for_the_session_that_used_it(stage: Stage) -> None:
    """Labels are on what comes back to the session that sent; others see the message without."""
    caps = "echo-message labeled-response batch"
    one, two = several(stage, caps, caps)
    stage.connect("bob")
    one.sends("@label=x PRIVMSG bob :psst")
    said = f":{one.session.user.source} PRIVMSG bob :psst"
    one.sees(f"@label=x {said}")
    two.sees(said)


def test_several_lines(stage: Stage) -> None:
    """A batch of draft/multiline arrives as one, or line by line where it is not known."""
    one, knowing, old, plain = several(
        stage, "draft/multiline batch", "draft/multiline batch echo-message", "znc.in/self-message", ""
    )
    bob = stage.connect("bob")
    one.sends(
        "BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG bob :first", "@batch=1 PRIVMSG bob :second", "BATCH -1"
    )
    source = f":{one.session.user.source}"
    lines = [f"{source} PRIVMSG bob :first", f"{source} PRIVMSG bob :second"]
    bob.sees(*lines)
    old.sees(*lines)
    plain.sees()
    shown = knowing.take()
    assert [line.partition(" ")[2] if line[0] == "@" else line for line in shown[1:3]] == lines
    assert [line.split(" ")[1] for line in (shown[0], shown[-1])] == ["BATCH", "BATCH"]
    assert len(shown) == 4


def test_taking_back(stage: Stage) -> None:
    """REDACT of a private message is shown to those who were shown the message."""
    caps = "message-tags draft/message-redaction"
    one, echoing, plain = several(stage, f"{caps} echo-message", f"{caps} echo-message", caps)
    stage.connect("bob")
    one.sends("PRIVMSG bob :psst")
    msgid = re.search(r"msgid=([^; ]+)", one.take()[0])[1]
    echoing.take()
    echoing.sends(f"REDACT bob {msgid}")
    said = f":{one.session.user.source} REDACT bob {msgid}"
    assert bare(one) == bare(echoing) == [said]
    plain.sees()


def test_it_is_logged_once(stage: Stage) -> None:
    """However many sessions see it."""
    one, _ = several(stage, "", "echo-message")
    stage.connect("bob")
    one.sends("PRIVMSG bob :psst")
    for history in stage.histories:
        assert len(history.logs["alice ~bob"]) == 1


def test_idle_is_that_of_the_most_recent(stage: Stage) -> None:
    """WHOIS shows the idle time of the session that said something last."""
    one, two = several(stage, "", "")
    one.sends("PRIVMSG alice :x")
    stage.passes(30)
    two.sends("PRIVMSG alice :y")
    stage.passes(5)
    one.take()
    one.sends("WHOIS alice")
    assert [line.split(" ")[4] for line in one.take() if " 317 " in line] == ["5"]
