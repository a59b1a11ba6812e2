"""Whatever clients send: no failure inside, no broken line out, no index that lies; on one node and on two."""

from __future__ import annotations

import re
from typing import Any

import bcrypt
from consistency import check, shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.logger import globalLogPublisher

import chatd.features
from chatd.config import Config, Operator
from chatd.core.catalog import Catalog
from chatd.core.events import AccountChanged
from chatd.testing import Client, Stage
from chatd.wire.message import parse
from chatd.wire.numerics import ALL

COMMANDS = Catalog.collect(chatd.features).commands
CAPABILITIES = sorted(Catalog.collect(chatd.features).capabilities)
STANDARD = Config()
CONFIG = replace(
    STANDARD,
    operators=(Operator(name="root", password=bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()),),
    flood=replace(STANDARD.flood, enabled=False),
    limits=replace(STANDARD.limits, list_entries=4, monitor=4, silence=3, accept=3, channels=5, targets=4, invites=2),
)
CONTROL = {what: lambda: ["as told"] for what in ("rehash", "restart", "die", "ports")}
NODES = st.sampled_from([1, 2])
TEXTS: dict[str, set[str | None]] = {}
for numeric in ALL.values():
    TEXTS.setdefault(numeric.code, set()).add(numeric.text)
SAYS_WHY = {"404", "465", "474", "482"}
"""The numerics whose text may say why as well."""
SOURCE = re.compile(r"[^ !@:]+(![^ !@]+@[^ !@]+)?\Z")

WORDS = st.sampled_from(
    [
        "ann", "bob", "cid", "ANN", "nobody", "#a", "#A", "#b", "#é", "#", "@#a", "+#a", "~&@%+#a", "$$*",
        "$#*", "$", "0", "*", "**", "?", "#a,#b", "#a,,#b,", "ann,bob,nobody,#a,x", ",", "a!b@c", "*!*@*",
        "*@203.0.113.*", "r:*x*", "m:ann", "m:m:", "r:", "192.0.2.0/24", "2001:db8::/32", "::1", ":", "::x",
        "-bob", "+bob", "+", "-", "C", "L", "S", "l", "s", "+ov", "+o-v+b", "-k", "+klL", "+beI", "b",
        "+imnstpCc", "-ntx", "+iwsBTgpx", "o%tcuihsnfdlaor,1", "%", "%t,:", "u", "z", "k", "m", "LS", "REQ",
        "END", "LIST", "302", "server-time", " server-time -multi-prefix", "-echo-message nope", "1", "-1",
        "99999999999999999999", "1d2h", ">1", "<5,*a*", "C>1", "T<x", "!*", "root", "secret", "chatd.localhost",
        "JOIN", "two words", " lead", "trail ", "é" * 40, "\x01VERSION\x01", "\x01ACTION x\x01", "\x02bold\x03",
        "\x7f", "\u202e", "\U0001f600", "x" * 40, "y" * 300, "z" * 480, "#" + "c" * 63, "#" + "c" * 200,
        "é" * 230, "",
    ]
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\0"), max_size=12)
WORD = WORDS | WORDS | WORDS | TEXT
VERBS = st.sampled_from([verb for verb in sorted(COMMANDS) if verb != "QUIT"])
TAGS = st.sampled_from(
    ["", "", "", "@+typing=active ", "@a=b;+c=\\s\\:;label=1 ", "@ ", "@+x=" + "v" * 3000 + " ", "@;;= "]
)
EXAMPLES = st.sampled_from([row.example for row in COMMANDS.values() if row.example and row.verb != "QUIT"])


@st.composite
def random_lines(draw: Any) -> str:
    """A verb of the catalog, in any case, with any parameters, as a client would write them."""
    verb = draw(VERBS)
    middles = [word for word in draw(st.lists(WORD, max_size=5)) if word and word[0] != ":" and " " not in word]
    last = draw(st.none() | WORD)
    line = " ".join([verb if draw(st.booleans()) else verb.lower(), *middles])
    return draw(TAGS) + line + (f" :{last}" if last is not None else "")


@st.composite
def mutated_lines(draw: Any) -> str:
    """The example of a command with one stretch of it replaced."""
    line = draw(EXAMPLES)
    start = draw(st.integers(0, len(line)))
    return line[:start] + draw(WORD) + line[start + draw(st.integers(0, 4)) :]


LIKELY = st.sampled_from(
    [
        "JOIN #a", "JOIN #b", "PART #a", "PRIVMSG #a :hi", "PRIVMSG bob :hi", "NICK ann", "NICK bob",
        "NICK eve", "MODE #a +o bob", "MODE #a +b bob", "KICK #a bob", "INVITE bob #a", "AWAY :x", "AWAY",
        "OPER root secret", "SAJOIN bob #a", "SANICK bob rob", "KILL bob :x", "QUIT :x",
        "CAP REQ :message-tags server-time echo-message", "MONITOR + bob,eve", "UMODE -x", "UMODE +x",
        "MODE #a +s", "WHOIS bob", "WHO #a %tcuihsnfdlaor,7", "NAMES #a", "WHOWAS bob", "TOPIC #a :t",
        "CAP REQ :batch labeled-response message-tags", "@label=x PRIVMSG #a :hi", "@label=y WHOIS bob",
        "@label=z JOIN #b", "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :one", "BATCH -1",
        "KLINE 1 rob@* :x",
        "CAP REQ :batch message-tags draft/chathistory draft/search draft/read-marker draft/message-redaction",
        "CHATHISTORY LATEST #a * 10", "@label=h CHATHISTORY LATEST bob * 10", "@label=s SEARCH text=hi",
    ]
)  # fmt: skip
CHANSERV = sorted(Catalog.collect(chatd.features).services["chanserv"].commands)
ASKED = st.sampled_from(
    [
        "#a", "#A", "#b", "#é", "#", "#nope", "ann", "bob", "cid", "ANN", "nobody", "LIST", "ADD", "DEL",
        "MAKE", "REVOKE", "BANS", "MODES", "RANKS", "USERS", "*", "-", "+*", "-*", "+op", "-voice",
        "+AFRfiorstvV", "AOP", "SOP", "x!*@*", "*!*@*", "r:x", "m:x", "a:", "1d2h", "99999999999w", "0", "-1",
        "7", "topiclock", "modelock", "entrymsg", "secure", "on", "off", "+nt-i", "\x02bold", "é" * 40, "x" * 300,
        ":x", "@", "!", "?",
    ]
)  # fmt: skip


@st.composite
def chanserv_lines(draw: Any) -> str:
    """A command to ChanServ, with anything after it."""
    words = [draw(st.sampled_from(CHANSERV) | WORD), *draw(st.lists(ASKED | ASKED | ASKED | WORD, max_size=4))]
    text = " ".join(words)
    return f"CS {text}" if draw(st.booleans()) else f"PRIVMSG ChanServ :{text}"


NICKSERV = sorted(Catalog.collect(chatd.features).services["nickserv"].commands)
HISTORY = st.sampled_from(
    [
        "CHATHISTORY", "SEARCH", "MARKREAD", "UNREAD", "MENTIONS", "REACTIONS", "REDACT", "EDIT", "TOKEN", "REGISTER",
        "VERIFY", "PERSISTENCE", "PRIVMSG *playback :PLAY", "PRIVMSG *playback :LIST", "PRIVMSG *playback :CLEAR",
    ]
)  # fmt: skip
TOLD = st.sampled_from(
    [
        "LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS", "#a", "#A", "@#a", "#nope", "ann", "bob", "*",
        "timestamp=2023-11-14T22:13:20.000Z", "timestamp=2030-01-01T00:00:00.000Z", "timestamp=", "msgid=", "msgid=x",
        "timestamp=0001-01-01T00:00:00.000Z", "timestamp=9999-99-99T99:99:99.999Z", "msgid=0loyw3v28000000000", "x=y",
        "text=hi", "in=#a", "in=#nope", "in=bob", "from=ann", "before=2030-01-01T00:00:00.000Z", "after=x", "limit=-1",
        "text=a\\:b;from=*", 'text="', "0", "1", "10", "99999999999999999999", "NEW", "LIST", "REVOKE", "ALL", "SET",
        "#*,b?b", "1700000000.5", "0.", "ON", "OFF", "DEFAULT", "GET", "ADD", "DEL", "EMAIL", "new@example.org",
        "correct-horse-9", "LOGOUT", "\x01",
    ]
)  # fmt: skip


@st.composite
def account_and_history_lines(draw: Any) -> str:
    """A command to NickServ, or one that reads the logs, with anything after it."""
    verb = draw(HISTORY | st.sampled_from(NICKSERV).map(lambda name: f"NS {name}"))
    middles = [word for word in draw(st.lists(TOLD | TOLD | ASKED | WORD, max_size=5)) if word and word[0] != ":"]
    return draw(TAGS) + " ".join([verb, *(word for word in middles if " " not in word)])


LINES = account_and_history_lines() | random_lines() | chanserv_lines() | random_lines() | mutated_lines() | LIKELY


class Failures:
    """What was logged with a traceback."""

    def __init__(self) -> None:
        self.logged: list[str] = []

    def __call__(self, event: Any) -> None:
        """See ``twisted.logger.ILogObserver``."""
        if event.get("log_failure") is not None:
            self.logged.append(event["log_failure"].getTraceback())


def log_in(client: Client, account: str) -> None:
    """Somebody has an account."""
    client.stage.accounts.register(account, account, None, client.node.now_ms())
    for node in client.stage.nodes:
        node.network.registry.owners[account] = account
    context = client.session.context
    context.emit(AccountChanged(context.origin, account))
    client.stage.settle()


def look_at(client: Client, line: str, former_nick: str) -> None:
    """One line that was sent to a client: its length, its grammar, its numeric's own text."""
    tags, _, body = line.partition(" ") if line.startswith("@") else ("", "", line)
    assert len(body.encode()) <= 510 and len(tags.encode()) + 1 <= 8191, line
    assert not set(body) & {"\r", "\n", "\0"}, line
    words = body.partition(" :")[0]
    assert "  " not in words and words == words.strip(" "), line
    _, source, verb, params = parse(line)
    assert re.fullmatch(r"[A-Z]+|[0-9]{3}", verb), line
    assert (source and SOURCE.match(source)) or verb in ("PING", "ERROR"), line
    if verb.isdigit():
        assert verb != "400", line
        assert source == client.node.name, line
        assert verb == "710" or params[0] in ("*", client.session.shown_nick, former_nick), line
        assert TEXTS[verb] & {params[-1], None} or verb in SAYS_WHY, line


class Table:
    """A stage with an operator and two others, any of whom may have gone."""

    def __init__(self, nodes: int, caps: list[str]) -> None:
        self.stage = Stage(CONFIG, nodes=nodes, control=CONTROL)
        self.clients = [
            self.stage.connect("ann").sends("OPER root secret", "JOIN #a"),
            self.stage.connect("bob", secure=True, certfp="ab" * 32),
            self.stage.connect("cid", ip="2001:db8::5"),
        ]
        self.clients[1].sends(*(f"CAP REQ {name}" for name in caps), "JOIN #a")
        for client in self.clients[:2]:
            log_in(client, client.session.shown_nick)
        self.clients[0].sends("CS REGISTER #a", "CS SOP #a ADD bob")
        for client in self.clients:
            client.take()

    def say(self, place: int, line: str) -> None:
        """Let a client send a line, in place of one that has left another without a nickname."""
        client = self.clients[place]
        if client.session.closing:
            client = self.clients[place] = self.stage.open(ip=f"198.51.100.{place}")
            client.sends("USER u 0 * :u")
        before = {client: client.session.shown_nick for client in self.clients}
        client.sends(line)
        for other in self.clients:
            for seen in other.take():
                look_at(other, seen, before[other])

    def is_consistent(self) -> None:
        """Every index is true on every node, all nodes have the same, and nobody waits for what never comes."""
        for node in self.stage.nodes:
            check(node.network)
            assert not any(session.waiting for session in node.sessions.values())
        assert len({repr(shape(node.network)) for node in self.stage.nodes}) == 1


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    nodes=NODES,
    caps=st.lists(st.sampled_from(CAPABILITIES), max_size=5, unique=True),
    script=st.lists(st.tuples(st.integers(0, 2), LINES), min_size=1, max_size=25),
)
def test_nothing_that_is_sent_breaks_anything(nodes: int, caps: list[str], script: list[tuple[int, str]]) -> None:
    """No 400, nothing logged, every line valid and at most 512 bytes, every index true."""
    failures = Failures()
    globalLogPublisher.addObserver(failures)
    try:
        table = Table(nodes, caps)
        for place, line in script:
            table.say(place, line)
            assert failures.logged == []
            table.is_consistent()
    finally:
        globalLogPublisher.removeObserver(failures)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    nodes=NODES,
    script=st.lists(st.tuples(st.integers(0, 2), st.lists(LINES, min_size=1, max_size=4)), min_size=1, max_size=8),
)
def test_nor_does_it_when_all_comes_at_once(nodes: int, script: list[tuple[int, list[str]]]) -> None:
    """Several lines in one read of several clients, before any of them has taken effect elsewhere."""
    failures = Failures()
    globalLogPublisher.addObserver(failures)
    try:
        table = Table(nodes, [])
        for start in range(0, len(script), 3):
            for place, lines in script[start : start + 3]:
                if not table.clients[place].session.closing:
                    table.clients[place].session.receive("".join(f"{line}\r\n" for line in lines).encode())
            table.stage.settle()
            assert failures.logged == []
            table.is_consistent()
    finally:
        globalLogPublisher.removeObserver(failures)
