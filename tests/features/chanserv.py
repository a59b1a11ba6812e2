"""People with accounts, and what ChanServ answers them; for the tests of registered channels."""

from __future__ import annotations

from msgspec.structs import replace

from chatd.config import Config
from chatd.core.events import AccountChanged
from chatd.core.registered import Registration
from chatd.testing import Client, Stage

OPEN = replace(Config(), flood=replace(Config().flood, enabled=False))


def register_account(stage: Stage, name: str) -> None:
    """An account, known to every node."""
    folded = stage.server.network.fold(name)
    if stage.accounts.find(folded) is None:
        stage.accounts.register(name, folded, None, stage.server.now_ms())
        for node in stage.nodes:
            node.network.registry.owners[folded] = name


def log_in(client: Client, account: str) -> Client:
    """Somebody logs in, to an account that is made when there is none."""
    register_account(client.stage, account)
    context = client.session.context
    context.emit(AccountChanged(context.origin, account))
    client.stage.settle()
    client.take()
    return client


def person(stage: Stage, nick: str, account: str = "", **peer: str) -> Client:
    """Somebody who is logged in."""
    return log_in(stage.connect(nick, **peer), account or nick)


def asks(client: Client, line: str) -> list[str]:
    """What ChanServ answers to a command; nothing else may have been sent."""
    client.take()
    client.sends(f"CS {line}")
    return answers(client)


def answers(client: Client) -> list[str]:
    """What ChanServ has said since the last look; other lines are dropped."""
    head = f":ChanServ!services@{client.node.name} NOTICE {client.session.shown_nick} :"
    return [line.removeprefix(head) for line in client.take() if line.startswith(head)]


def founded(stage: Stage, nick: str = "alice", channel: str = "#chat") -> Client:
    """Somebody who has just registered a channel and is in it."""
    founder = person(stage, nick)
    founder.sends(f"JOIN {channel}", f"CS REGISTER {channel}")
    assert answers(founder) == [f"{channel} is registered, and you are its founder."]
    return founder


def succeeds(stage: Stage, name: str, founder: Client, channel: str = "#chat") -> None:
    """Somebody is asked to be the successor, and accepts."""
    asks(founder, f"SUCCESSOR {channel} {name}")
    heir = person(stage, f"{name}s-phone", name)
    assert asks(heir, f"SUCCESSOR ACCEPT {channel}") == [f"You succeed the founder of {channel} now."]
    heir.sends("QUIT")
    stage.settle()


def registration(stage: Stage, channel: str = "#chat") -> Registration:
    """What all nodes know alike of a channel."""
    found = [node.network.channels[channel].registered for node in stage.nodes]
    assert all(each is not None for each in found)
    return found[0]


def restarted(stage: Stage) -> Stage:
    """Another stage on the same stores, as after a restart; what has changed very often is saved by then."""
    stage.passes(1)
    again = Stage(
        stage.server.config, nodes=len(stage.nodes), accounts=stage.accounts, kept_channels=stage.kept_channels
    )  # fmt: skip
    again.shelf = stage.shelf
    again.now_s = stage.now_s
    return again
