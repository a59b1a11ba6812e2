"""Client libraries not written here: they negotiate what they know, join, talk and see what they should."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import irc.client
import pydle
import pytest
from pydle.protocol import identifierify

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("programs")]
DEADLINE_S = 60
FRAMEWORK_KNOWS = {
    "account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost", "echo-message", "extended-join",
    "invite-notify", "message-tags", "multi-prefix", "server-time", "setname", "userhost-in-names",
}  # fmt: skip


def offered(server: Any) -> dict[str, str | None]:
    """What CAP LS 302 lists, with values."""
    asking = server.connect()
    asking.send("CAP LS 302", "QUIT")
    words = [word for line in asking.until("ERROR") if " CAP * LS " in line for word in line.split(" :", 1)[1].split()]
    asking.close()
    return {name: value if sign else None for name, sign, value in (word.partition("=") for word in words)}


def test_irc(serve):
    """jaraco's irc negotiates tags, joins, and hears what another client says, with its time and msgid."""
    server = serve()
    other = server.connect("other")
    other.send("JOIN #lib")
    other.until(" 366 ")
    reactor = irc.client.Reactor()
    seen: list[tuple[str, list[str], dict[str, str]]] = []
    connection = reactor.server().connect("127.0.0.1", server.port, "library")
    connection.add_global_handler("all_events", lambda conn, event: seen.append(noted(event)))
    connection.add_global_handler("welcome", lambda conn, event: conn.cap("LS"))
    connection.add_global_handler("welcome", lambda conn, event: conn.cap("REQ", "server-time", "message-tags"))
    connection.add_global_handler("welcome", lambda conn, event: conn.join("#lib"))
    connection.add_global_handler("endofnames", lambda conn, event: conn.privmsg("#lib", "here I am"))

    def until(kind: str) -> tuple[str, list[str], dict[str, str]]:
        for _ in range(DEADLINE_S * 20):
            reactor.process_once(0.05)
            if found := [event for event in seen if event[0] == kind]:
                return found[0]
        raise AssertionError(f"no {kind} in {seen}")

    until("endofnames")
    other.send("PRIVMSG #lib :hello library")
    _, text, tags = until("pubmsg")
    assert text == ["hello library"]
    assert set(tags) == {"time", "msgid"}
    assert other.until("here I am")[-1].endswith(" PRIVMSG #lib :here I am")
    answers = [arguments for kind, arguments, _ in seen if kind == "cap"]
    assert [answer[0] for answer in answers] == ["LS", "ACK"]
    shown, known = set(answers[0][1].split()), set(offered(server))
    assert shown <= known
    assert all("/" in name for name in known - shown)  # one line is all there is; drafts go first
    assert answers[1][1].split() == ["server-time", "message-tags"]
    connection.quit("so long")
    assert other.until(" QUIT ")[-1].endswith(" QUIT :Quit: so long")


def noted(event: irc.client.Event) -> tuple[str, list[str], dict[str, str]]:
    """What is compared of an event."""
    return event.type, event.arguments, {tag["key"]: tag["value"] for tag in event.tags}


class Pydle(pydle.Client):
    """pydle, which negotiates everything it knows by itself; ``seen`` is what it was told."""

    RECONNECT_ON_ERROR = False

    def __init__(self, nick: str, **options: str) -> None:
        super().__init__(nick, realname=f"{nick} of pydle", **options)
        self.seen: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        self.tags: dict[str, str] = {}

    async def until(self, *wanted: str) -> None:
        """Wait for what the library was told."""
        async with asyncio.timeout(DEADLINE_S):
            while await self.seen.get() != wanted:
                pass

    async def on_connect(self) -> None:
        await super().on_connect()
        self.seen.put_nowait(("connect",))

    async def on_join(self, channel: str, user: str) -> None:
        await super().on_join(channel, user)
        self.seen.put_nowait(("join", channel, user))

    async def on_message(self, target: str, source: str, message: str) -> None:
        await super().on_message(target, source, message)
        self.seen.put_nowait(("message", target, source, message))

    async def on_topic_change(self, channel: str, message: str, by: str) -> None:
        await super().on_topic_change(channel, message, by)
        self.seen.put_nowait(("topic", channel, message, by))

    async def on_kick(self, channel: str, target: str, by: str, reason: str | None = None) -> None:
        await super().on_kick(channel, target, by, reason)
        self.seen.put_nowait(("kick", channel, target, by, str(reason)))

    async def on_nick_change(self, old: str, new: str) -> None:
        await super().on_nick_change(old, new)
        self.seen.put_nowait(("nick", old, new))

    async def on_quit(self, user: str, message: str | None = None) -> None:
        await super().on_quit(user, message)
        self.seen.put_nowait(("quit", user, str(message)))

    async def on_raw_privmsg(self, message: Any) -> None:
        self.tags = dict(message.tags)
        await super().on_raw_privmsg(message)


def test_pydle(serve):
    """Two clients of pydle, one over TLS: capabilities, a channel, private talk, a topic, a kick and an end."""
    server = serve()
    asyncio.run(two_of_pydle(server, offered(server)))


async def two_of_pydle(server: Any, capabilities: dict[str, str | None]) -> None:
    """What they do and see."""
    ann, ben = Pydle("ann"), Pydle("ben")
    await ann.connect("127.0.0.1", server.port)
    await ben.connect("127.0.0.1", server.tls_port, tls=True, tls_verify=False)
    await ann.until("connect")
    await ben.until("connect")
    known = set()
    for name, value in capabilities.items():
        wants = getattr(ann, f"on_capability_{identifierify(name)}_available", None)
        if wants is not None and await wants(value):
            known.add(name)
    assert {"message-tags", "echo-message", "multi-prefix", "away-notify", "userhost-in-names"} <= known
    await ann.join("#py")
    await ann.until("join", "#py", "ann")
    await ben.join("#py")
    await ann.until("join", "#py", "ben")
    await ben.until("join", "#py", "ben")
    for client in (ann, ben):  # pydle ends negotiation with the first of several lines, and asks after that
        assert {name for name, value in client._capabilities.items() if value} == known
    assert ben.channels["#py"]["users"] == {"ann", "ben"}
    await ben.message("#py", "hello ann")
    await ann.until("message", "#py", "ben", "hello ann")
    await ben.until("message", "#py", "ben", "hello ann")
    assert ann.tags["msgid"] == ben.tags["msgid"]
    await ann.message("ben", "just us")
    await ben.until("message", "ben", "ann", "just us")
    await ann.set_topic("#py", "snakes")
    await ben.until("topic", "#py", "snakes", "ann")
    whois = await ann.whois("ben")
    assert (whois["realname"], whois["secure"]) == ("ben of pydle", True)
    await ben.set_nickname("bert")
    await ann.until("nick", "ben", "bert")
    await ann.kick("#py", "bert", "enough")
    await ben.until("kick", "#py", "bert", "ann", "enough")
    await ben.join("#py")
    await ann.until("join", "#py", "bert")
    await ben.quit("done")
    await ann.until("quit", "bert", "Quit: done")
    await ann.disconnect()


class Framework:
    """irc-framework in node; what it emits is read as it comes."""

    def __init__(self, port: int, nick: str, **options: Any) -> None:
        program = Path(__file__).with_name("framework_client.js")
        words = ["node", str(program), str(port), nick, json.dumps(options)]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._timer = threading.Timer(2 * DEADLINE_S, self.process.kill)
        self._timer.start()

    def does(self, method: str, *parameters: str) -> None:
        """Call a method of the client."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([method, *parameters]) + "\n")
        self.process.stdin.flush()

    def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next such event."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(json.loads(line))
            if seen[-1]["event"] == event and fields.items() <= seen[-1].items():
                return seen[-1]
        raise AssertionError(f"no {event} {fields} in {seen}")

    def close(self) -> None:
        """End it."""
        self._timer.cancel()
        self.process.kill()
        self.process.communicate()


def need_framework() -> None:
    """Skip the test where irc-framework cannot be run."""
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if subprocess.run(["node", "-e", "require('irc-framework')"], capture_output=True, check=False).returncode:
        pytest.skip("irc-framework is not installed where node finds it (npm install irc-framework; NODE_PATH)")


def test_irc_framework_scrolls_back(serve):
    """irc-framework asks for what was said before, and, when it comes back, for what it missed; it tells of that as of
    messages in a batch, with their times and ids.
    """
    need_framework()
    server = serve('[history]\naccess = "members"\n')
    other = server.connect("other")
    other.send("JOIN #js", "PRIVMSG #js :before")
    other.until(" 366 ")
    client = Framework(server.port, "nora")
    try:
        client.until("registered", nick="nora")
        client.does("raw", "CAP REQ :draft/chathistory")
        client.does("join", "#js")
        client.until("userlist", channel="#js")
        other.send("PRIVMSG #js :one", "PRIVMSG #js :two", "PRIVMSG #js :three")
        live = [client.until("privmsg", target="#js", message=text) for text in ("one", "two", "three")]
        client.does("raw", "CHATHISTORY BEFORE #js msgid=" + live[2]["tags"]["msgid"] + " 10")
        again = [client.until("privmsg", target="#js", message=text) for text in ("one", "two")]
        for one, other_one in zip(live, again, strict=False):
            assert one["tags"]["msgid"] == other_one["tags"]["msgid"]
            assert other_one["batch"]["type"] == "chathistory"
            assert other_one["time"] == one["time"]
    finally:
        client.close()
    other.send("PRIVMSG #js :four", "PRIVMSG #js :five")
    other.barrier()
    client = Framework(server.port, "nora")
    try:
        client.until("registered", nick="nora")
        client.does("raw", "CAP REQ :draft/chathistory")
        client.does("join", "#js")
        client.until("userlist", channel="#js")
        client.does("raw", "CHATHISTORY AFTER #js msgid=" + live[2]["tags"]["msgid"] + " 10")
        missed = [client.until("privmsg", target="#js", message=text) for text in ("four", "five")]
        assert [each["batch"]["type"] for each in missed] == ["chathistory", "chathistory"]
        assert live[2]["time"] <= missed[0]["time"] <= missed[1]["time"]
    finally:
        client.close()


def test_irc_framework(serve):
    """irc-framework negotiates all it knows that is offered, and tells of a channel what happens there."""
    need_framework()
    server = serve()
    capabilities = offered(server)
    other = server.connect("other")
    other.send("JOIN #js")
    other.until(" 366 ")
    client = Framework(server.port, "nora")
    try:
        registered = client.until("registered", nick="nora")
        assert set(registered["available"]) == set(capabilities)
        assert set(registered["enabled"]) == FRAMEWORK_KNOWS & set(capabilities)
        conversation(client, other)
        changes(client, other, server.connect("guest"))
    finally:
        client.close()


def conversation(client: Framework, other: Any) -> None:
    """What nora does and sees, in a channel with another."""
    client.does("join", "#js")
    client.until("join", nick="nora", channel="#js", ident="~nora")
    members = {user["nick"]: user["modes"] for user in client.until("userlist", channel="#js")["users"]}
    assert members == {"nora": [], "other": ["o"]}
    other.send("PRIVMSG #js :hello nora", "TOPIC #js :scripts", "MODE #js +v nora", "AWAY :lunch", "SETNAME :Other One")
    heard = client.until("privmsg", nick="other", target="#js", message="hello nora")
    assert {"time", "msgid"} <= set(heard["tags"])
    client.until("topic", channel="#js", topic="scripts", nick="other")
    assert client.until("mode", target="#js", nick="other")["modes"] == [{"mode": "+v", "param": "nora"}]
    client.until("away", nick="other", message="lunch")
    client.until("user updated", nick="other", new_gecos="Other One")
    client.does("say", "#js", "hello other")
    assert client.until("privmsg", nick="nora", message="hello other")["tags"]["msgid"]
    assert other.until("hello other")[-1].endswith(" PRIVMSG #js :hello other")
    client.does("whois", "other")
    assert client.until("whois", nick="other")["real_name"] == "Other One"
    client.does("who", "#js")
    assert {user["nick"] for user in client.until("wholist", target="#js")["users"]} == {"nora", "other"}


def changes(client: Framework, other: Any, guest: Any) -> None:
    """What becomes of another while nora looks on, and what others cannot see; then both part."""
    guest.barrier()
    other.send("REGISTER * * correct-horse", "UMODE -x", "INVITE guest #js", "PRIVMSG #js :still me")
    client.until("account", nick="other", account="other")
    client.until("user updated", nick="other", new_hostname="127.0.0.1")
    client.until("invite", nick="other", invited="guest", channel="#js")
    assert client.until("privmsg", nick="other", message="still me")["tags"]["account"] == "other"
    guest.send("JOIN #js")
    client.until("join", nick="guest", channel="#js", account=False)
    other.send("KICK #js nora :out")
    client.until("kick", kicked="nora", nick="other", channel="#js", message="out")
    client.does("join", "#js")
    client.until("join", nick="nora")
    client.does("quit", "bye")
    assert other.until(" QUIT ")[-1].endswith(" QUIT :Quit: bye")
    client.until("close")
