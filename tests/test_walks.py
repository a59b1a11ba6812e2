"""Nothing on the path of a message, a join or a quit grows with the users and channels that it does not concern."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import chatd
from chatd.config import Config, Connections, Flood, Limits
from chatd.testing import Stage

ROOT = Path(chatd.__file__).parent
BYSTANDERS = (10, 120)
STEPS = [
    ("alice", "JOIN #here"), ("bob", "JOIN #here"), ("alice", "PRIVMSG #here :hello"), ("alice", "NOTICE #here :hello"),
    ("alice", "PRIVMSG @#here :hello"), ("alice", "PRIVMSG bob :hello"), ("bob", "@+typing=active TAGMSG #here"),
    ("alice", "PRIVMSG nobody :hello"), ("alice", "PRIVMSG #nowhere :hello"), ("alice", "TOPIC #here :roses"),
    ("alice", "MODE #here +v bob"), ("alice", "MODE #here +b x!*@*"), ("alice", "MODE #here +l 100"),
    ("bob", "NICK robert"), ("bob", "NICK bob"), ("bob", "AWAY :gone"), ("bob", "AWAY"), ("bob", "SETNAME :Bob"),
    ("alice", "INVITE carol #here"), ("carol", "JOIN #here"), ("alice", "KICK #here carol"), ("carol", "KNOCK #here"),
    ("bob", "MODE bob -x"), ("bob", "MODE bob +x"), ("alice", "NAMES #here"), ("alice", "WHO #here"),
    ("alice", "WHO bob"), ("alice", "WHOIS bob"), ("alice", "USERHOST bob"), ("alice", "ISON bob"), ("alice", "LUSERS"),
    ("alice", "MONITOR + bob"), ("bob", "PART #here :bye"), ("bob", "JOIN #here"), ("bob", "QUIT :bye"),
    ("alice", "WHOWAS bob"), ("alice", "OPER nobody x"), ("alice", "JOIN #new"), ("alice", "PART #new"),
]  # fmt: skip
CONFIG = Config(
    flood=Flood(enabled=False), connections=Connections(per_address=0, throttle_count=0), limits=Limits(channels=1000)
)


def steps_taken(call: Any) -> int:
    """How many lines of chatd a call goes through."""
    count = 0
    ours = str(ROOT)

    def each_line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(ours):
            return None  # how much a library does depends on what it remembers
        count += event == "line"
        return each_line

    before = sys.gettrace()
    sys.settrace(each_line)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def costs(bystanders: int) -> list[tuple[str, int]]:
    """What each step costs among so many users, each with a channel, and each known to the others."""
    stage = Stage(CONFIG)
    for number in range(bystanders):
        other = stage.connect(f"other{number}", account=f"other{number}")
        other.sends(f"JOIN #other{number}", "JOIN #crowd", "MONITOR + x,y,z", "AWAY :x")
    people = {nick: stage.connect(nick, caps="away-notify message-tags") for nick in ("alice", "bob", "carol")}
    found = []
    for nick, line in STEPS:
        taken = steps_taken(lambda nick=nick, line=line: people[nick].sends(line))
        found.append((f"{nick}: {line}", taken))
    newcomer = stage.open()
    found.append(("registration", steps_taken(lambda: newcomer.sends("NICK dave", "USER dave 0 * :Dave"))))
    found.append(("a lost connection", steps_taken(lambda: newcomer.disappears())))
    return found


def test_the_cost_of_each_step_is_that_of_a_small_server() -> None:
    """Line for line, once everything that is remembered has been found out."""
    costs(1)
    few, many = (costs(bystanders) for bystanders in BYSTANDERS)
    assert [step for step, other in zip(few, many, strict=True) if step != other] == []
