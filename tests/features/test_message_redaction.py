"""REDACT: IRCv3 message-redaction."""

from __future__ import annotations

import pytest
from logins import renames
from speaking import bare, forget, say
from takingback import CAPS, failure

from chatd.core.events import AccountDeleted
from chatd.testing import Client, Stage


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice, the operator of #a, and Bob know of redaction, Carol only of tags."""
    clients = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS), stage.connect("carol")
    clients[2].sends("CAP REQ :message-tags echo-message")
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


@pytest.mark.parametrize("line", ["PRIVMSG #a :hello", "NOTICE #a :hello", "@+draft/react=x TAGMSG #a"])
def test_ones_own(room: tuple[Client, Client, Client], line: str) -> None:
    """"Where `<msgid>` is the id of the message to be redacted, which MUST be a `PRIVMSG`, `NOTICE`, or `TAGMSG`." "If
    the client is authorised to delete the message, the server": "SHOULD forward this `REDACT`, with an appropriate
    prefix, to the target recipients that have negotiated the `draft/message-redaction` capability, in the same way as
    PRIVMSG messages"; "MUST not forward this `REDACT` to target recipients that have not negotiated this capability".
    """
    alice, bob, carol = room
    msgid = say(bob, line)
    for client in (alice, carol):
        client.take()
    bob.sends(f"REDACT #A {msgid}")
    expected = [f":{bob.session.user.source} REDACT #a {msgid}"]
    assert bare(alice.take()) == expected
    assert bare(bob.take()) == expected
    assert carol.take() == []


def test_operators_redact_others(room: tuple[Client, Client, Client]) -> None:
    """"Allowing channel moderators or server admins to delete unwelcome messages from others"; for anybody else "`FAIL
    REDACT REDACT_FORBIDDEN <target> <target-msgid>". "An optional `<reason>` MAY be provided. As the last parameter, it
    MAY contain spaces."
    """
    alice, bob, _ = room
    msgid = say(bob, "PRIVMSG #a :join my network for cold hard chats")
    mine = say(alice, "PRIVMSG #a :no")
    assert failure(bob, f"REDACT #a {mine} :x") == f"REDACT_FORBIDDEN #a {mine} :You may not delete this message"
    bob.take()
    alice.take()
    alice.sends(f"REDACT #a {msgid} :spam, and more")
    expected = [f":{alice.session.user.source} REDACT #a {msgid} :spam, and more"]
    assert bare(bob.take()) == expected
    assert bare(alice.take()) == expected


def test_as_echo_message_has_it(room: tuple[Client, Client, Client]) -> None:
    """"in the same way as PRIVMSG messages": who redacts sees it with echo-message."""
    alice, bob, _ = room
    msgid = say(alice, "PRIVMSG #a :x")
    alice.sends("CAP REQ :-echo-message").take()
    bob.take()
    alice.sends(f"REDACT #a {msgid}")
    assert alice.take() == []
    assert len(bob.take()) == 1


def test_private(room: tuple[Client, Client, Client]) -> None:
    """A message to somebody is taken back by who said it, and by nobody else."""
    alice, bob, carol = room
    msgid = say(alice, "PRIVMSG bob :secret")
    other = say(alice, "PRIVMSG carol :secret")
    for client in (alice, bob, carol):
        client.take()
    unknown = "This message does not exist or is too old"
    assert failure(bob, f"REDACT alice {msgid}") == f"UNKNOWN_MSGID alice {msgid} :{unknown}"
    assert failure(alice, f"REDACT carol {msgid}") == f"UNKNOWN_MSGID carol {msgid} :{unknown}"
    assert failure(alice, f"REDACT #a {msgid}") == f"UNKNOWN_MSGID #a {msgid} :{unknown}"
    alice.sends(f"REDACT BOB {msgid} oops", f"REDACT carol {other}")
    expected = f":{alice.session.user.source} REDACT bob {msgid} :oops"
    assert bare(bob.take()) == [expected]
    assert bare(alice.take()) == [expected, f":{alice.session.user.source} REDACT carol {other}"]
    assert carol.take() == []


def test_unknown_messages(room: tuple[Client, Client, Client]) -> None:
    """"`FAIL REDACT UNKNOWN_MSGID <target> <target-msgid> :This message does not exist or is too old`": what was taken
    back is gone, and what is no message has never been there.
    """
    alice, bob, _ = room
    text = "This message does not exist or is too old"
    assert failure(alice, "REDACT #a nonexistent123") == f"UNKNOWN_MSGID #a nonexistent123 :{text}"
    assert failure(alice, "REDACT bob nonexistent123") == f"UNKNOWN_MSGID bob nonexistent123 :{text}"
    msgid = say(alice, "PRIVMSG #a :x")
    alice.sends(f"REDACT #a {msgid}").take()
    assert failure(alice, f"REDACT #a {msgid}") == f"UNKNOWN_MSGID #a {msgid} :{text}"
    assert failure(bob, f"REDACT #a {msgid}") == f"UNKNOWN_MSGID #a {msgid} :{text}"
    for line in ("TOPIC #a :x", "MODE #a +v bob", "NICK alicia"):
        event = say(alice, line)
        assert failure(alice, f"REDACT #a {event}") == f"UNKNOWN_MSGID #a {event} :{text}"


def test_invalid_targets(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"`FAIL REDACT INVALID_TARGET <target> :You cannot delete messages from <target>`": not there, or not inside."""
    alice, bob, _ = room
    text = "You cannot delete messages there"
    eve = stage.connect("eve", caps=CAPS)
    msgid = say(alice, "PRIVMSG #a :x")
    assert failure(eve, f"REDACT #a {msgid}") == f"INVALID_TARGET #a :{text}"
    assert failure(eve, "REDACT #nowhere x") == f"INVALID_TARGET #nowhere :{text}"
    assert failure(eve, "REDACT nobody x") == f"INVALID_TARGET nobody :{text}"
    assert failure(eve, "REDACT * x") == f"INVALID_TARGET * :{text}"
    bobs = say(bob, "PRIVMSG #a :x")
    bob.sends("PART #a")
    assert failure(bob, f"REDACT #a {bobs}") == f"INVALID_TARGET #a :{text}"


def test_reasons_are_no_way_around_a_ban(room: tuple[Client, Client, Client]) -> None:
    """Who may not speak may take back a message, but give no reason."""
    alice, bob, _ = room
    msgid = say(bob, "PRIVMSG #a :x")
    alice.sends("MODE #a +m")
    assert failure(bob, f"REDACT #a {msgid} :and hear this") == (
        f"REDACT_FORBIDDEN #a {msgid} :You may not delete this message"
    )
    alice.take()
    bob.sends(f"REDACT #a {msgid}")
    assert bare(alice.take()) == [f":{bob.session.user.source} REDACT #a {msgid}"]


def test_reasons_are_no_way_around_silence(room: tuple[Client, Client, Client]) -> None:
    """Who is silenced does not come through by REDACT."""
    alice, bob, _ = room
    msgid = say(bob, "PRIVMSG alice :x")
    alice.sends("SILENCE +bob").take()
    bob.sends(f"REDACT alice {msgid} :and hear this")
    assert alice.take() == []


def test_messages_to_a_rank(room: tuple[Client, Client, Client]) -> None:
    """What was said to operators is taken back before them only, and others do not learn that it is there."""
    alice, bob, carol = room
    alice.sends("MODE #a +o carol")
    msgid = say(alice, "PRIVMSG @#a :x")
    carol.sends("CAP REQ draft/message-redaction").take()
    bob.take()
    assert failure(bob, f"REDACT #a {msgid}").startswith("UNKNOWN_MSGID")
    carol.sends(f"REDACT @#a {msgid}")
    assert bare(alice.take()) == [f":{carol.session.user.source} REDACT @#a {msgid}"]
    assert bob.take() == []


def test_needs_the_capability(room: tuple[Client, Client, Client]) -> None:
    """"To redact a message, a client MUST negotiate the `draft/message-redaction` capability and send a `REDACT`
    command to a target nickname or channel."
    """
    _, _, carol = room
    msgid = say(carol, "PRIVMSG #a :x")
    assert failure(carol, f"REDACT #a {msgid}") == (
        "CAPABILITY_REQUIRED draft/message-redaction :Negotiate this capability first"
    )
    assert carol.sends("REDACT #a").take() == [f":{carol.node.name} 461 carol REDACT :Not enough parameters"]


def test_in_the_log(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"include a REDACT message after the redacted message": it is in the log, for whoever plays it back."""
    alice, _, _ = room
    msgid = say(alice, "PRIVMSG #a :x")
    private = say(alice, "PRIVMSG bob :y")
    alice.sends(f"REDACT #a {msgid} :oops", f"REDACT bob {private}")
    source = f":{alice.session.user.source}"
    assert stage.history.logs["#a"][-1].endswith(f" {source} REDACT #a {msgid} :oops\r\n")
    assert stage.history.logs["~alice ~bob"][-1].endswith(f" {source} REDACT bob {private}\r\n")


def test_messages_of_several_lines(stage: Stage) -> None:
    """The id of the batch is that of the message."""
    caps = f"{CAPS} batch draft/multiline"
    alice, bob = stage.connect("alice", caps=caps), stage.connect("bob", caps=caps)
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a a", "@batch=1 PRIVMSG #a b").take()
    bob.take()
    first, *_ = alice.sends("BATCH -1").take()
    msgid = first.partition("msgid=")[2].partition(" ")[0].partition(";")[0]
    bob.take()
    alice.sends(f"REDACT #a {msgid}")
    assert bare(bob.take()) == [f":{alice.session.user.source} REDACT #a {msgid}"]


def test_older_messages_are_found_in_the_log(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"Servers with message history storage could look up the message properties from the ID"."""
    alice, bob, carol = room
    stage.passes(1)
    said, hers = say(bob, "PRIVMSG #a :x"), say(alice, "PRIVMSG #a :y")
    private, secret = say(bob, "PRIVMSG alice :x"), say(alice, "PRIVMSG @#a :x")
    forget(stage)
    assert failure(bob, f"REDACT #a {hers}").startswith("REDACT_FORBIDDEN")
    assert failure(bob, f"REDACT #a {secret}").startswith("UNKNOWN_MSGID")
    assert failure(alice, f"REDACT bob {private}").startswith("UNKNOWN_MSGID")
    alice.take()
    bob.sends(f"REDACT #a {said} :oops", f"REDACT alice {private}")
    source = bob.session.user.source
    assert bare(alice.take()) == [f":{source} REDACT #a {said} :oops", f":{source} REDACT alice {private}"]
    assert failure(bob, f"REDACT #a {said}").startswith("UNKNOWN_MSGID")
    assert failure(bob, f"REDACT alice {private}").startswith("UNKNOWN_MSGID")
    bob.take()
    alice.sends(f"REDACT #a {secret}", f"REDACT #a {hers}")
    assert bare(bob.take()) == [f":{alice.session.user.source} REDACT #a {hers}"]
    assert stage.history.redacted.keys() == {
        ("#a", said), ("#a", secret), ("#a", hers), ("~alice ~bob", private)
    }  # fmt: skip
    carol.take()


def test_what_one_could_not_read(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"they should consider whether errors returned on REDACT may leak a message's existence"."""
    alice, _, _ = room
    before = say(alice, "PRIVMSG #a :x")
    forget(stage)
    dora = stage.connect("dora", caps=CAPS)
    dora.sends("JOIN #a")
    alice.sends("MODE #a +v dora")
    assert failure(dora, f"REDACT #a {before}").startswith("UNKNOWN_MSGID")


def test_nickname_of_somebody_else(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Who takes a nickname has not said what its former holder said; an account has, under any nickname."""
    alice, bob, _ = room
    stage.registers("Robert")
    stage.passes(1)
    under_nick = say(bob, "PRIVMSG #a :x")
    stage.logs_in(bob, "Robert")
    stage.passes(1)
    logged_in = say(bob, "PRIVMSG #a :y")
    private = say(bob, "PRIVMSG alice :z")
    other = stage.connect("other", caps=CAPS)
    other.sends("JOIN #a")
    stage.passes(1)
    bob.sends("NICK rob")
    other.sends("NICK bob")
    forget(stage)
    assert failure(other, f"REDACT #a {under_nick}").startswith("UNKNOWN_MSGID")
    rob = say(bob, "PRIVMSG #a :now")
    forget(stage)
    assert failure(other, f"REDACT #a {rob}").startswith("REDACT_FORBIDDEN")
    alice.take()
    bob.sends(f"REDACT #a {under_nick}", f"REDACT #a {logged_in}", f"REDACT alice {private}")
    assert [line.split(" ")[3] for line in bare(alice.take())] == [under_nick, logged_in, private]


def says_as_robert(client: Client) -> str:
    """Something is said in #a by the account Robert, which there was not before; returns its id."""
    stage = client.stage
    stage.registers("Robert")
    stage.logs_in(client, "Robert")
    stage.passes(1)
    msgid = say(client, "PRIVMSG #a :x")
    stage.passes(1)
    return msgid


def test_account_of_somebody_else(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """Who has an account has not said what was said from an earlier account of its name."""
    alice, bob, carol = room
    msgid = says_as_robert(bob)
    stage.logs_in(bob, None)
    account = stage.accounts.find("robert")
    assert account is not None
    stage.accounts.delete(account.account_id, stage.server.now_ms(), reserve_until_ms=0)
    stage.server.emit(AccountDeleted(stage.server.origin, "Robert"))
    stage.passes(1)
    stage.registers("Robert")
    carol.sends("CAP REQ :draft/message-redaction")
    stage.logs_in(carol, "Robert")
    forget(stage)
    alice.take()
    assert failure(carol, f"REDACT #a {msgid}").startswith("REDACT_FORBIDDEN")
    assert alice.take() == []


def test_to_who_has_the_nickname_now(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"forward this `REDACT`, with an appropriate prefix, to the target recipients": who was not one is told nothing.
    """
    alice, bob, _ = room
    stage.passes(1)
    msgid = say(alice, "PRIVMSG bob :x")
    stage.passes(1)
    bob.sends("NICK rob")
    other = stage.connect("bob", caps=CAPS)
    forget(stage)
    other.take()
    alice.take()
    alice.sends(f"REDACT bob {msgid} :not for you")
    assert bare(alice.take()) == [f":{alice.session.user.source} REDACT bob {msgid} :not for you"]
    assert other.take() == []


def test_to_who_has_the_account_now(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """The same of an account that another had before."""
    alice, bob, _ = room
    first = stage.registers("Robert")
    stage.logs_in(bob, "Robert")
    stage.passes(1)
    msgid = say(alice, "PRIVMSG bob :x")
    bob.sends("QUIT")
    stage.accounts.delete(first.account_id, stage.server.now_ms())
    stage.server.emit(AccountDeleted(stage.server.origin, "Robert"))
    stage.passes(1)
    stage.registers("Robert")
    other = stage.connect("robert", caps=CAPS, account="Robert")
    forget(stage)
    other.take()
    alice.take()
    alice.sends(f"REDACT robert {msgid} :not for you")
    assert bare(alice.take()) == [f":{alice.session.user.source} REDACT robert {msgid} :not for you"]
    assert other.take() == []
    assert stage.history.redacted.keys() == {("robert ~alice", msgid)}


@pytest.mark.parametrize("remembered", [True, False])
def test_after_a_name_has_changed(room: tuple[Client, Client, Client], stage: Stage, remembered: bool) -> None:
    """The log that has the message has its REDACT, whatever the two are called now; and the other one is told."""
    alice, bob, _ = room
    stage.registers("Robert")
    stage.registers("Alice")
    stage.logs_in(bob, "Robert")
    stage.passes(1)
    msgid = say(alice, "PRIVMSG bob :x")
    stage.passes(1)
    stage.logs_in(alice, "Alice")
    renames(stage, "Robert", "Bobby")
    if not remembered:
        forget(stage)
    bob.take()
    alice.sends(f"REDACT bob {msgid}")
    assert bare(bob.take()) == [f":{alice.session.user.source} REDACT bob {msgid}"]
    assert stage.history.redacted.keys() == {("robert ~alice", msgid)}
    logged = {log for log, lines in stage.history.logs.items() if any(" REDACT " in line for line in lines)}
    assert logged == {"robert ~alice"}


def test_what_was_said_by_an_account_that_is_renamed(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """It is its owner's still, who may be in another connection, and not of who has the name now."""
    alice, bob, carol = room
    msgid = says_as_robert(bob)
    renames(stage, "Robert", "Bobby")
    stage.registers("Robert")
    carol.sends("CAP REQ :draft/message-redaction")
    stage.logs_in(carol, "Robert")
    forget(stage)
    assert failure(carol, f"REDACT #a {msgid}").startswith("REDACT_FORBIDDEN")
    alice.take()
    bob.sends(f"REDACT #a {msgid}")
    assert bare(alice.take()) == [f":{bob.session.user.source} REDACT #a {msgid}"]


def test_what_was_said_under_a_former_name(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """The log that has the message gets the REDACT, so that whoever reads that one alone sees it taken back."""
    alice, bob, _ = room
    stage.passes(1)
    remembered, looked_up = say(bob, "PRIVMSG #a :one"), say(bob, "PRIVMSG #a :two")
    stage.passes(1)
    alice.sends("RENAME #a #b")
    stage.passes(1)
    alice.take()
    bob.sends(f"REDACT #b {remembered}")
    forget(stage)
    bob.sends(f"REDACT #b {looked_up}")
    assert [line.split(" ")[1:] for line in bare(alice.take())] == [
        ["REDACT", "#b", remembered],
        ["REDACT", "#b", looked_up],
    ]
    assert stage.history.redacted.keys() == {("#a", remembered), ("#a", looked_up)}
    logged = {log: sum(" REDACT " in line for line in lines) for log, lines in stage.history.logs.items()}
    assert (logged["#a"], logged["#b"]) == (2, 0)


def test_to_somebody_who_is_gone(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """What was said to somebody who has left is taken back from the log."""
    alice, bob, _ = room
    stage.passes(1)
    msgid = say(alice, "PRIVMSG bob :x")
    bob.sends("QUIT")
    assert failure(alice, f"REDACT nobody {msgid}") == "INVALID_TARGET nobody :You cannot delete messages there"
    alice.sends(f"REDACT bob {msgid}")
    assert bare(alice.take()) == [f":{alice.session.user.source} REDACT bob {msgid}"]
    assert stage.history.redacted.keys() == {("~alice ~bob", msgid)}
