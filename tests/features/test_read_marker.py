"""MARKREAD: IRCv3 read-marker."""

from __future__ import annotations

import pytest
from logins import several

from chatd.core.events import AccountChanged, AccountRenamed, MarkerMoved
from chatd.testing import Client, Stage

MARKER = "draft/read-marker"
EARLY, LATE = "timestamp=2019-01-04T14:33:26.123Z", "timestamp=2020-06-30T23:59:60.419Z"


def told(client: Client, *params: str) -> list[str]:
    """The one line MARKREAD is answered with."""
    return [f":{client.node.name} MARKREAD {' '.join(params)}"]


def answer(client: Client, line: str) -> list[str]:
    """What a client is told when it sends this."""
    client.take()
    return client.sends(line).take()


def test_get_and_set(stage: Stage) -> None:
    """"The server MUST reply to a successful `MARKREAD` client set command using a `MARKREAD` server command, or using
    an error message." "The server MUST reply to a successful `MARKREAD` get command using a `MARKREAD` server command,
    or using an error message." "If there is no known last message read timestamp, the `timestamp` parameter is a
    literal `*`. Otherwise, it is the formatted timestamp of the last read message." "The `target` parameter specifies a
    single buffer (channel or nickname)."
    """
    alice = stage.connect("alice", caps=MARKER)
    assert answer(alice, "MARKREAD #nowhere") == told(alice, "#nowhere", "*")
    assert answer(alice, f"MARKREAD #chat {EARLY}") == told(alice, "#chat", EARLY)
    assert answer(alice, "MARKREAD #CHAT") == told(alice, "#CHAT", EARLY)
    assert answer(alice, f"MARKREAD bob {LATE}") == told(alice, "bob", LATE)
    assert answer(alice, "MARKREAD bob") == told(alice, "bob", LATE)


def test_only_ever_later(stage: Stage) -> None:
    """"The last read timestamp of a target MUST only ever increase. If a client sends a `MARKREAD` command with a
    timestamp that is below or equal to the current known timestamp of the server, the server MUST reply with a
    `MARKREAD` command with the newer, previous value that was stored and ignore the client timestamp." "If the provided
    timestamp is older than the server's stored value, the server MUST reply to the client with a `MARKREAD` command
    carrying the server's stored value."
    """
    alice = stage.connect("alice", caps=MARKER)
    alice.sends(f"MARKREAD #chat {LATE}")
    assert answer(alice, f"MARKREAD #chat {EARLY}") == told(alice, "#chat", LATE)
    assert answer(alice, f"MARKREAD #chat {LATE}") == told(alice, "#chat", LATE)
    assert answer(alice, "MARKREAD #chat") == told(alice, "#chat", LATE)


def test_never_in_the_future(stage: Stage) -> None:
    """"it can clamp it between the last read timestamp and the current time, and broadcast the new value to all clients
    if it was changed."
    """
    alice = stage.connect("alice", caps=MARKER)
    assert answer(alice, "MARKREAD #chat timestamp=9999-01-01T00:00:00.000Z") == told(
        alice, "#chat", f"timestamp={alice.server_time()}"
    )


def test_after_join_and_before_the_end_of_names(stage: Stage) -> None:
    """"If the `draft/read-marker` capability is negotiated, after the server sends a server `JOIN` command to the
    client for a corresponding channel, the server MUST send a `MARKREAD` command for that channel. The command MUST be
    sent before the `RPL_ENDOFNAMES` reply for that channel following the `JOIN`."
    """
    alice, bob = stage.connect("alice", caps=MARKER), stage.connect("bob")
    first = answer(alice, "JOIN #chat")
    assert [line.split(" ")[1] for line in first] == ["JOIN", "MARKREAD", "353", "366"]
    assert first[1:2] == told(alice, "#chat", "*")
    alice.sends(f"MARKREAD #chat {EARLY}", "PART #chat")
    assert answer(alice, "JOIN #CHAT")[1:2] == told(alice, "#CHAT", EARLY)
    assert not any("MARKREAD" in line for line in answer(bob, "JOIN #chat"))


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ("MARKREAD", "NEED_MORE_PARAMS :Missing parameters"),
        ("MARKREAD #chat *", "INVALID_PARAMS * :That is no timestamp"),
        ("MARKREAD #chat :", "INVALID_PARAMS * :That is no timestamp"),
        ("MARKREAD #chat timestamp=", "INVALID_PARAMS timestamp= :That is no timestamp"),
        ("MARKREAD #chat 2019-01-04T14:33:26.123Z", "INVALID_PARAMS 2019-01-04T14:33:26.123Z :That is no timestamp"),
        (
            "MARKREAD #chat timestamp=2019-13-04T14:33:26.123Z",
            "INVALID_PARAMS timestamp=2019-13-04T14:33:26.123Z :That is no timestamp",
        ),
        (
            "MARKREAD #chat timestamp=2019-01-04T14:33:26Z",
            "INVALID_PARAMS timestamp=2019-01-04T14:33:26Z :That is no timestamp",
        ),
        ("MARKREAD #a,#b", "INVALID_PARAMS #a,#b :That is neither a channel nor a nickname"),
        (f"MARKREAD * {EARLY}", "INVALID_PARAMS * :That is neither a channel nor a nickname"),
    ],
)
def test_errors(stage: Stage, line: str, failure: str) -> None:
    """"If the server receives a `MARKREAD` command with missing parameters, the `NEED_MORE_PARAMS` error code MUST be
    returned." "If the selectors were invalid, the `INVALID_PARAMS` error code SHOULD be returned." "The `timestamp`
    parameter, if specified, MUST be a literal `*`, or have the format `timestamp=YYYY-MM-DDThh:mm:ss.sssZ`"; "The
    timestamp MUST NOT be a literal `*`" when it is set.
    """
    alice = stage.connect("alice", caps=MARKER)
    assert answer(alice, line) == [f":{alice.node.name} FAIL MARKREAD {failure}"]


def test_needs_the_capability(stage: Stage) -> None:
    """"The `draft/read-marker` capability MAY be negotiated, and affects which messages are sent by the server": who
    did not is never told MARKREAD.
    """
    alice = stage.connect("alice")
    assert answer(alice, "MARKREAD #chat") == [
        f":{alice.node.name} FAIL MARKREAD CAPABILITY_REQUIRED draft/read-marker :Negotiate this capability first"
    ]


def test_nobody_else_learns(stage: Stage) -> None:
    """"The read markers sent by a user MUST NOT be disclosed to other users by the server without an explicit opt-in."
    "Servers MUST NOT leak read markers sent by a user to other users".
    """
    alice, bob = stage.connect("alice", caps=MARKER), stage.connect("bob", caps=MARKER)
    for client in (alice, bob):
        client.sends("JOIN #chat")
    bob.take()
    alice.sends(f"MARKREAD #chat {EARLY}", f"MARKREAD bob {EARLY}")
    bob.sees()
    assert answer(bob, "MARKREAD #chat") == told(bob, "#chat", "*")


def test_other_sessions_of_the_user_are_told(stage: Stage) -> None:
    """"If the `draft/read-marker` capability is negotiated, after the last read timestamp of a target changes, the
    server SHOULD send a `MARKREAD` command for that target to all the clients of the user."
    """
    alice, other, third = several(stage, MARKER, MARKER, "")
    alice.sends(f"MARKREAD #chat {LATE}")
    alice.sees(*told(alice, "#chat", LATE))
    other.sees(*told(other, "#chat", LATE))
    alice.sends(f"MARKREAD #chat {EARLY}")
    alice.sees(*told(alice, "#chat", LATE))
    other.sees()
    third.sees()


def test_markers_are_bounded(stage: Stage) -> None:
    """Of too many the one moved longest ago is forgotten."""
    alice = stage.connect("alice", caps=MARKER)
    moment = EARLY.removeprefix("timestamp=")
    for name in ("#a", "#b", "#c", "#a", "#d"):
        later = f"{moment[:-2]}{len(alice.node.network.markers.get(alice.session.user.uid, ()))}Z"
        alice.node.emit(MarkerMoved(alice.session.context.origin, name, name, later, 3))
        stage.settle()
    assert list(alice.node.network.markers[alice.session.user.uid]) == ["#c", "#a", "#d"]


def test_label(stage: Stage) -> None:
    """The answer to a labelled MARKREAD is one line, whether the marker moves or not."""
    alice = stage.connect("alice", caps=f"{MARKER} batch labeled-response")
    for label in "ab":
        alice.sends(f"@label={label} MARKREAD #chat {EARLY}")
        alice.sees(f"@label={label} {told(alice, '#chat', EARLY)[0]}")


def test_renamed_channels(stage: Stage) -> None:
    """To whom RENAME looks like a JOIN it is followed by MARKREAD, before 366; to others it is not."""
    alice, bob = stage.connect("alice", caps=MARKER), stage.connect("bob", caps=f"{MARKER} draft/channel-rename")
    for client in (alice, bob):
        client.sends("JOIN #chat")
    alice.sends(f"MARKREAD #talk {EARLY}").take()
    bob.take()
    alice.sends("RENAME #chat #talk")
    shown = alice.take()
    assert [line.split(" ")[1] for line in shown] == ["PART", "JOIN", "MARKREAD", "353", "366"]
    assert shown[2:3] == told(alice, "#talk", EARLY)
    assert [line.split(" ")[1] for line in bob.take()] == ["RENAME"]


def test_of_an_account(stage: Stage) -> None:
    """"This enables several clients of the same user connected to a server or bouncer to tell each other about which
    messages have been read in each buffer (channel or query)": all who are logged in to an account, also later.
    """
    stage.registers("Alice")
    one, two = stage.connect("one", caps=MARKER), stage.connect("two", caps=MARKER)
    other = stage.connect("other", caps=MARKER)
    for client in (one, two):
        stage.logs_in(client, "Alice")
    assert answer(one, f"MARKREAD #chat {EARLY}") == told(one, "#chat", EARLY)
    assert two.take() == told(two, "#chat", EARLY)
    assert other.take() == []
    for client in (one, two):
        client.sends("QUIT")
    late = stage.connect("late", caps=MARKER)
    late.sends("JOIN #chat")
    assert answer(late, "MARKREAD #chat") == told(late, "#chat", "*")
    late.node.emit(AccountChanged(late.session.context.origin, "Alice"))
    stage.settle()
    assert told(late, "#chat", EARLY)[0] in late.take()
    assert answer(late, "MARKREAD #chat") == told(late, "#chat", EARLY)
    stage.logs_in(late, None)
    assert answer(late, "MARKREAD #chat") == told(late, "#chat", "*")


def test_saved_in_a_while(stage: Stage) -> None:
    """A crash loses no more than the last seconds; what is there already is never set back."""
    account = stage.registers("Alice")
    stage.accounts.put_document(account.account_id, "markers", {"#old": LATE[10:], "#chat": EARLY[10:]})
    alice = stage.connect("alice", caps=MARKER, account="Alice")
    assert answer(alice, "MARKREAD #old") == told(alice, "#old", LATE)
    alice.sends(f"MARKREAD #chat {LATE}")
    stage.passes(7)
    assert stage.accounts.document(account.account_id, "markers") == {"#old": LATE[10:], "#chat": LATE[10:]}


def test_when_it_cannot_be_kept(stage: Stage) -> None:
    """"If the read timestamp cannot be set or returned due to an error, the `INTERNAL_ERROR` error code SHOULD be
    returned."
    """
    stage.registers("Alice")
    alice = stage.connect("alice", caps=MARKER, account="Alice")
    for journal in stage.journals:
        journal.is_full = True
    alice.sends(f"MARKREAD #chat {EARLY}", f"MARKREAD #chat {LATE}")
    failure = "FAIL MARKREAD INTERNAL_ERROR #chat :This cannot be done just now; try again in a minute"
    assert alice.take()[-1] == f":{alice.node.name} {failure}"


@pytest.mark.parametrize("leaving", ["LOGOUT", "KILL", "rename"])
def test_nothing_is_lost(staffed: Stage, leaving: str) -> None:
    """What has just moved is kept with the account, however one stops being logged in to it."""
    staffed.registers("alice")
    alice, root = staffed.connect("ally", caps=MARKER), staffed.connect("root")
    root.sends("OPER root secret")
    staffed.logs_in(alice, "alice")
    staffed.passes(10)
    alice.sends(f"MARKREAD #chat {EARLY}")
    staffed.passes(10)
    alice.sends(f"MARKREAD bob {LATE}")
    if leaving == "LOGOUT":
        alice.sends("NS LOGOUT")
    elif leaving == "KILL":
        root.sends("KILL ally :for now")
    else:
        root.sends("NS RENAME alice alicia")
        alice.disappears()
    again = staffed.connect("ally2", caps=MARKER)
    staffed.logs_in(again, "alicia" if leaving == "rename" else "alice")
    assert answer(again, "MARKREAD bob") == told(again, "bob", LATE)
    assert answer(again, "MARKREAD #chat") == told(again, "#chat", EARLY)


def test_renamed_account(stage: Stage) -> None:
    """An account that takes another name keeps its markers, and leaves none behind."""
    account = stage.registers("Alice")
    alice = stage.connect("alice", caps=MARKER, account="Alice")
    alice.sends(f"MARKREAD #chat {LATE}")
    stage.accounts.rename(account.account_id, "Alicia", "alicia", stage.server.now_ms())
    alice.node.emit(AccountRenamed(alice.node.origin, "Alice", "Alicia"))
    stage.settle()
    assert answer(alice, "MARKREAD #chat") == told(alice, "#chat", LATE)
    assert all(list(node.network.markers) == ["alicia"] for node in stage.nodes)
    alice.sends("QUIT")
    assert all(not node.network.markers and not node.network.logged_in for node in stage.nodes)
