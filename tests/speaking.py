"""Things said on a stage: at moments that differ, with their ids."""

from __future__ import annotations

from chatd.testing import Client, Stage


def says(client: Client, target: str, *texts: str) -> None:
    """Say something, a second between."""
    for text in texts:
        client.sends(f"PRIVMSG {target} :{text}")
        client.stage.passes(1)


def bare(lines: list[str]) -> list[str]:
    """Lines without their tags."""
    return [line.partition(" ")[2] if line[0] == "@" else line for line in lines]


def say(client: Client, line: str) -> str:
    """Say something; returns its id from the echo."""
    client.take()
    *_, echo = client.sends(line).take()
    tags = dict(tag.partition("=")[::2] for tag in echo.partition(" ")[0][1:].split(";"))
    return tags["msgid"]


def forget(stage: Stage) -> None:
    """Let nothing be remembered of what was said, but in the log."""
    for node in stage.nodes:
        for channel in node.network.channels.values():
            channel.recent.clear()
        for user in node.network.users.values():
            user.recent = None
    stage.passes(1)


def format_line(source: str, verb: str, *params: str) -> str:
    """Write one line without its ending; the last parameter gets its ":" where the grammar needs one."""
    words = [f":{source}", verb, *params] if source else [verb, *params]
    if params:
        last = params[-1]
        if not last or " " in last or last[0] == ":":
            words[-1] = f":{last}"
    return " ".join(words)
