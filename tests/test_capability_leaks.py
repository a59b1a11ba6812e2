"""A client is never sent a line, a tag or a batch of a capability it has not negotiated, and every batch is whole; and
everybody in a channel is shown the same events in the same order, whatever each has negotiated.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import bcrypt
from batches import batches_are_whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import chatd.features
from chatd.config import Config, Operator
from chatd.core.catalog import Catalog
from chatd.testing import Client, Stage
from chatd.wire.message import parse

STANDARD = Config()
CONFIG = replace(
    STANDARD,
    operators=(Operator(name="root", password=bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()),),
    flood=replace(STANDARD.flood, enabled=False),
    channels=replace(STANDARD.channels, rename_interval_s=0),
    accounts=replace(STANDARD.accounts, bcrypt_cost=4, scram_iterations=4096, registrations_per_address=1000),
)
OFFERED = sorted(set(Catalog.collect(chatd.features).capabilities) - {"sts"})
NICKS = ("ann", "bob", "cid", "dan")

TAGS = {
    "time": "server-time", "msgid": "message-tags", "bot": "message-tags", "account": "account-tag", "batch": "batch",
    "label": "labeled-response", "draft/oper": "draft/oper-tag", "draft/relaymsg": "draft/relaymsg",
    "draft/multiline-concat": "draft/multiline", "draft/target-msgid": "draft/message-edit",
    "draft/edit-text": "draft/message-edit", "draft/chathistory-context": "draft/chathistory",
}  # fmt: skip
"""The capability that each tag needs; client-only tags need message-tags."""
VERBS = {
    "AWAY": "away-notify", "ACCOUNT": "account-notify", "CHGHOST": "chghost", "SETNAME": "setname", "BATCH": "batch",
    "TAGMSG": "message-tags", "RENAME": "draft/channel-rename", "MARKREAD": "draft/read-marker",
    "REDACT": "draft/message-redaction", "EDIT": "draft/message-edit", "ACK": "labeled-response",
    "PERSISTENCE": "draft/persistence",
}  # fmt: skip
METADATA = ("draft/metadata-2", "draft/metadata-3")
BATCHES: dict[str, str | tuple[str, ...]] = {
    "labeled-response": "labeled-response", "draft/multiline": "draft/multiline", "metadata": METADATA,
    "draft/isupport": "draft/extended-isupport", "chathistory": "draft/chathistory", "draft/search": "draft/search",
    "soju.im/search": "soju.im/search", "chatd/reactions": "draft/chathistory",
}  # fmt: skip
ASKS_THE_LOG = ("CHATHISTORY", "SEARCH", "REACTIONS")
"""Who asks is shown old messages, own ones as well; without batch they cannot be told from new ones."""
SAID = ("PRIVMSG", "NOTICE", "TAGMSG")


def needed(client: Client, line: str, reads: bool) -> list[str | tuple[str, ...]]:
    """The capabilities that a line needs; of a tuple any.  ``reads`` says that the client has asked for old messages.
    """
    tags, source, verb, params = parse(line)
    needs: list[str | tuple[str, ...]] = ["message-tags" if key[0] == "+" else TAGS[key] for key in tags]
    own = (source or "").partition("!")[0] == client.session.shown_nick
    if verb in VERBS:
        needs.append(VERBS[verb])
    if verb == "METADATA":
        needs.append(METADATA)
    if verb == "BATCH" and params[0][0] == "+":
        needs.append(BATCHES[params[1]])
    if verb == "INVITE" and params[0] != client.session.shown_nick:
        needs.append("invite-notify")
    if verb == "JOIN" and len(params) > 1:
        needs.append("extended-join")
    if verb in SAID and own and params[0] != client.session.shown_nick and not reads:
        needs.append("echo-message")
    if verb == "353":
        entries = params[-1].split(" ")
        if any("!" in entry for entry in entries):
            needs.append("userhost-in-names")
        if any(len(entry) - len(entry.lstrip("~&@%+")) > 1 for entry in entries):
            needs.append("multi-prefix")
    if verb == "CAP" and params[1] in ("NEW", "DEL"):
        needs.append("cap-notify")
    return needs


TEXTS = iter(f"text {number}" for number in range(10**9))
LINES = st.sampled_from(
    [
        "JOIN #a", "JOIN #b", "JOIN #a,#b", "PART #b", "PART #a :bye", "PRIVMSG #a :{text}", "PRIVMSG #a :{text}",
        "PRIVMSG bob :{text}", "PRIVMSG ann,bob,#a :{text}", "NOTICE #a :{text}", "PRIVMSG @#a :{text}",
        "@+typing=active TAGMSG #a", "@+draft/react=x;+reply=y TAGMSG #a", "@+x=1 PRIVMSG #a :{text}",
        "@label=one PRIVMSG #a :{text}", "@label=two JOIN #b", "@label=three WHOIS bob", "@label=four PING :x",
        "@label=five NONSENSE", "@label=six PONG x", "TOPIC #a :{text}", "MODE #a +o bob", "MODE #a +v-v+v ann ann ann",
        "MODE #a +b x!*@*", "KICK #a cid", "INVITE dan #a", "AWAY :{text}", "AWAY", "NICK {own}x", "NICK {own}",
        "SETNAME :{text}", "UMODE -x", "UMODE +x", "UMODE +B", "NAMES #a", "WHO #a", "OPER root secret",
        "METADATA * SET display-name :{text}", "METADATA * SUB display-name", "METADATA #a SET url :x",
        "MONITOR + ann,bob,cid", "MARKREAD #a timestamp=2023-11-14T22:13:20.000Z", "RELAYMSG #a tim/x :{text}",
        "RENAME #b #c", "RENAME #c #b", "REDACT #a {msgid} :oops",
        "@draft/target-msgid={msgid};draft/edit-text=new EDIT #a", "SAJOIN dan #a", "WALLOPS :{text}", "QUIT",
        "REGISTER * * correct-horse", "CHATHISTORY LATEST #a * 9", "@label=nine CHATHISTORY LATEST #a * 9",
        "SEARCH text=text", "REACTIONS #a {msgid}", "ISUPPORT", "@label=ten VERSION", "PERSISTENCE SET ON",
        "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :{text}",
        "@batch=1;draft/multiline-concat PRIVMSG #a :{text}", "BATCH -1",
    ]
)  # fmt: skip
CAPS = st.lists(st.sampled_from(OFFERED), unique=True) | st.just(OFFERED)
CHANGES = st.builds("CAP REQ :{}{}".format, st.sampled_from(["", "-"]), st.sampled_from(OFFERED))
STEPS = st.lists(st.tuples(st.integers(0, 3), LINES), min_size=1, max_size=4)
TURNS = st.lists(
    STEPS | STEPS | STEPS | STEPS | st.tuples(st.integers(0, 3), CHANGES).map(lambda step: [step]),
    min_size=10, max_size=30,
)  # fmt: skip


class Play:
    """Four clients in #a, each with capabilities of its own; their lines, and what they were sent."""

    def __init__(self, nodes: int, caps: list[list[str]]) -> None:
        self.stage = Stage(CONFIG, nodes=nodes, late=nodes > 1)
        self.clients: list[Client] = []
        self.msgids: list[str] = ["none"]
        for nick, wanted in zip(NICKS, caps, strict=True):
            # metadata-2 and -3 exclude each other.
            asked = [cap for cap in wanted if cap != "draft/metadata-2" or "draft/metadata-3" not in wanted]
            client = self.stage.connect(nick, caps=" ".join(asked))
            self.clients.append(client.sends("JOIN #a"))
        for client in self.clients:
            client.take()

    def names(self, client: Client) -> set[str]:
        """What a client has negotiated."""
        negotiated = client.session.negotiated
        return {name for name, row in self.stage.catalog.capabilities.items() if negotiated & row.bit}

    def membership(self, client: Client) -> object:
        """What makes a client a member of #a, another one whenever it enters; None if it is not in it."""
        user = client.session.user
        return user.channels.get("#a") if user is not None and not client.closed else None

    def takes(self, steps: list[tuple[int, str]]) -> None:
        """All of these lines in one turn, then everything that comes of them."""
        before = [self.names(client) for client in self.clients]
        present = [self.membership(client) for client in self.clients]
        for number, line in steps:
            client = self.clients[number]
            own = client.session.shown_nick.rstrip("x")
            filled = line.format(text=next(TEXTS), own=own, msgid=self.msgids[-1])
            if not client.closed:
                client.session.receive(f"{filled}\r\n".encode())
        self.stage.settle()
        told = [client.take() for client in self.clients]
        reading = {number for number, line in steps if line.rpartition("ten ")[2].split(" ")[0] in ASKS_THE_LOG}
        reading |= {number for number, line in steps if line.startswith("@label=nine ")}
        for number, (client, names, lines) in enumerate(zip(self.clients, before, told, strict=True)):
            asked = any(line.startswith("PERSISTENCE ") for sender, line in steps if sender == number)
            unasked = [line for line in lines if not (asked and " PERSISTENCE " in line)]
            self.looks_for_leaks(client, names | self.names(client), unasked, number in reading)
            batches_are_whole(lines, client.closed)
        after = [self.membership(client) for client in self.clients]
        stayed = [was is not None and was is now for was, now in zip(present, after, strict=True)]
        for one, other in combinations((number for number in range(4) if stayed[number] and number not in reading), 2):
            speakers = {NICKS[one], NICKS[other], f"{NICKS[one]}x", f"{NICKS[other]}x"}
            assert events(told[one], speakers) == events(told[other], speakers)

    def looks_for_leaks(self, client: Client, names: set[str], lines: list[str], reads: bool) -> None:
        """Every line that was sent needs nothing but what was negotiated."""
        for line in lines:
            for need in needed(client, line, reads):
                assert names & {need} if isinstance(need, str) else names & set(need), (line, need, names)
            msgid = parse(line)[0].get("msgid")
            if msgid:
                self.msgids.append(msgid)


def events(lines: list[str], speakers: set[str]) -> list[tuple[Any, ...]]:
    """What happened in #a that everybody is shown alike.

    What these speakers said is theirs to be echoed or not; who changes host seems to leave and to come back to those
    without chghost, ranks and all.
    """
    shown = []
    returning = ""
    for line in lines:
        _, source, verb, params = parse(line)
        nick = (source or "").partition("!")[0]
        if verb == "QUIT" and params[-1] == "Changing host":
            returning = nick
        if returning and ((verb == "JOIN" and nick == returning) or (verb == "MODE" and "!" not in (source or ""))):
            continue
        if verb in ("TOPIC", "MODE", "KICK", "PART", "JOIN") and params[0] == "#a":
            shown.append((source, verb, *params[: 1 if verb == "JOIN" else None]))
        elif verb == "PRIVMSG" and params[0] == "#a" and nick not in speakers and "/" not in nick:
            shown.append((source, verb, *params))
    return shown


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(nodes=st.sampled_from([1, 2]), caps=st.lists(CAPS, min_size=4, max_size=4), turns=TURNS)
def test_nothing_leaks(nodes: int, caps: list[list[str]], turns: list[list[tuple[int, str]]]) -> None:
    """IRCv3 capability negotiation: servers "MUST NOT" send what a capability brings to clients that did not ask."""
    play = Play(nodes, caps)
    for steps in turns:
        play.takes(steps)
