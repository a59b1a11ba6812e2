"""New files on demand, and the logs of channels that are dropped: kept for the tools, or erased."""

from __future__ import annotations

from chanserv import OPEN, asks, founded
from msgspec.structs import replace

from chatd.config.history import History
from chatd.testing import Client, Stage


def operator(stage: Stage) -> Client:
    """An operator with nothing left to read."""
    client = stage.connect("op").sends("OPER root secret")
    client.take()
    return client


def test_rotate(staffed: Stage) -> None:
    """One log or all; those with mode s are told, and nobody else may."""
    client = operator(staffed)
    history = client.node.history
    client.sends("JOIN #Chat").take()
    for line, name, shown in (("ROTATE #chat", "#chat", "#Chat"), ("ROTATE", None, "all logs")):
        client.sends(line)
        assert [each.partition(" :")[2] for each in client.take()] == [
            f"The next line of {shown} begins a new file", f"*** op lets new files begin for {shown}",
        ]  # fmt: skip
        assert history.rotated.pop() == name
    client.sends("ROTATE #nowhere")
    assert " 403 op #nowhere " in client.take()[0]
    nobody = staffed.connect("nobody").sends("ROTATE")
    assert " 481 nobody " in nobody.take()[-1]
    assert history.rotated == []


def test_what_was_said_just_before(staffed: Stage) -> None:
    """What came in one segment with ROTATE, in the same turn, belongs to the files "until now"."""
    client = operator(staffed)
    history = client.node.history
    client.sends("JOIN #chat").take()
    finished: list[str] = []
    rotate = history.rotate

    def noting(now_ms: int, name: str | None = None) -> None:
        rotate(now_ms, name)
        finished.extend(history.logs["#chat"])

    history.rotate = noting
    client.sends_bytes(b"PRIVMSG #chat :one\r\nPRIVMSG #chat :two\r\nROTATE #chat\r\n")
    assert [line.rpartition(" :")[2].strip() for line in finished if " PRIVMSG " in line] == ["one", "two"]


def said_and_dropped(how: str, nodes: int) -> tuple[Stage, Client]:
    """Something is said in a channel under two names, and in private, before the channel is dropped."""
    stage = Stage(replace(OPEN, history=History(dropped=how)), nodes=nodes)
    alice = founded(stage)
    alice.sends("PRIVMSG #chat :under the old name", "RENAME #chat #new", "PRIVMSG #new :under the new name")
    alice.sends("PRIVMSG alice :in private")
    code = asks(alice, "DROP #new")[1].rpartition(" ")[2]
    assert asks(alice, f"DROP #new {code}") == ["#new is not registered any more."]
    return stage, alice


def texts(stage: Stage) -> set[str]:
    """What is in the logs of what was said, on any node."""
    lines = [line for node in stage.nodes for log in node.history.logs.values() for line in log]
    return {line.rpartition(" :")[2].strip() for line in lines if " PRIVMSG " in line}


def test_archived(nodes: int) -> None:
    """The logs of a channel that was dropped stay, for whoever may read files."""
    stage, _ = said_and_dropped("archive", nodes)
    assert texts(stage) == {"under the old name", "under the new name", "in private"}


def test_erased(nodes: int) -> None:
    """Or they go, those of its former names as well, and what follows begins anew; nothing else goes."""
    stage, alice = said_and_dropped("erase", nodes)
    assert texts(stage) == {"in private"}
    alice.sends("PRIVMSG #new :afterwards")
    assert texts(stage) == {"in private", "afterwards"}


def test_erased_with_what_was_said_just_before() -> None:
    """What came in one segment with the DROP goes with the rest."""
    stage = Stage(replace(OPEN, history=History(dropped="erase")))
    alice = founded(stage)
    code = asks(alice, "DROP #chat")[1].rpartition(" ")[2]
    alice.sends_bytes(f"PRIVMSG #chat :one\r\nPRIVMSG ChanServ :DROP #chat {code}\r\n".encode())
    assert " is not registered any more" in alice.take()[-1]
    assert texts(stage) == set()


def test_a_name_that_another_channel_has_by_now(nodes: int) -> None:
    """The log of a former name is not its own any more when others have made a channel of that name."""
    stage = Stage(replace(OPEN, history=History(dropped="erase")), nodes=nodes)
    alice = founded(stage)
    alice.sends("PRIVMSG #chat :before", "RENAME #chat #new")
    bob = stage.connect("bob").sends("JOIN #chat", "PRIVMSG #chat :by others")
    bob.take()
    code = asks(alice, "DROP #new")[1].rpartition(" ")[2]
    asks(alice, f"DROP #new {code}")
    assert texts(stage) == {"before", "by others"}
