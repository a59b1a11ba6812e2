"""Every wrong use of every command is answered as Modern IRC and IRCv3 say; the tables are in error_tables."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from consistency import check, shape
from error_tables import TABLES
from errors import House, Row

import chatd
import chatd.features
from chatd.core.catalog import Catalog
from chatd.wire.numerics import ALL

TESTS = Path(__file__).parent
SOURCES = Path(chatd.__file__).parent
COMMANDS = Catalog.collect(chatd.features).commands
VERBS = {row.verb for row in TABLES}
NO_ERRORS = {
    "CHANSERV": "answers in NOTICEs",
    "CS": "answers in NOTICEs",
    "ERROR": "never answered",
    "ISON": "answers with those who are here",
    "LINKS": "one server is all there is",
    "MAP": "one server is all there is",
    "NICKSERV": "answers in NOTICEs",
    "NS": "answers in NOTICEs",
    "PONG": "never answered",
    "QUIT": "cannot fail",
    "USERHOST": "answers with those who are here",
    "USERIP": "answers with those who are here",
    "WHO": "answers with whom the mask matches",
}
"""Commands that nothing but the gate refuses (451, 461, 481), and why."""
MODERN = {
    "JOIN": "403 405 461 471 473 474 475 476", "PART": "403 442 461", "TOPIC": "403 442 461 482",
    "INVITE": "403 442 443 461 482", "KICK": "403 441 442 461 476 482", "CAP": "410", "AUTHENTICATE": "904 905 906 907",
    "PASS": "461 462 464", "NICK": "431 432 433 436", "USER": "461 462", "PING": "402 409 461", "OPER": "461 464 491",
    "KILL": "402 461 481 723", "REHASH": "481", "RESTART": "481", "WALLOPS": "461 481 723",
    "PRIVMSG": "401 402 404 407 411 412 413 414", "NOTICE": "", "USERHOST": "461", "MOTD": "402 422", "ADMIN": "402",
    "LUSERS": "402", "TIME": "402", "STATS": "402 461 481 723", "HELP": "524",
    "MODE": "401 403 441 461 472 482 501 502 525 696", "WHOIS": "401 402 431", "WHOWAS": "406 431",
}  # fmt: skip
"""The errors of each command in Modern IRC."""
OTHERWISE = {
    ("INVITE", "482"): "test_invites",
    ("KICK", "476"): "what is no name of a channel is no channel: 403",
    ("AUTHENTICATE", "905"): "test_sasl",
    ("AUTHENTICATE", "907"): "test_sasl",
    ("PASS", "464"): "test_server_password",
    ("NICK", "436"): "a collision is of two servers; who comes second is told 433",
    ("PING", "402"): "its second parameter is not looked at, as Modern IRC says",
    ("KILL", "402"): "a user's server is not asked; there is no such user: 401",
    ("KILL", "723"): "481 says it, as in older servers",
    ("WALLOPS", "723"): "481 says it, as in older servers",
    ("STATS", "723"): "481 says it, as in older servers",
    ("PRIVMSG", "402"): "masks are for operators; to others there is no such nick: 401",
    ("PRIVMSG", "413"): "masks are for operators; to others there is no such nick: 401",
    ("PRIVMSG", "414"): "masks are for operators; to others there is no such nick: 401",
    ("MOTD", "422"): "there is always a message of the day",
}
"""Where such an error is tested instead, or why it never comes."""
PRODUCED_ELSEWHERE = {"400", "417", "465", "470", "775", "902", "905", "907"}
"""Numerics of errors that other tests produce: of bans, of limits in time, in the middle of an exchange."""
FAILING = ("Failed", "fail", "failure")


@pytest.fixture(
    scope="module",
    params=[(1, False), (2, False), (2, True)],
    ids=["one node", "two nodes, late bus", "two nodes, the other way round"],
)
def house(request: pytest.FixtureRequest) -> House:
    return House(*request.param)


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_errors(house: House, verb: str) -> None:
    """One house for all of them: what is refused changes nothing."""
    for row in TABLES:
        if row.verb == verb:
            house.play(row)
    networks = [node.network for node in house.stage.nodes]
    for network in networks:
        check(network)
        assert shape(network) == shape(networks[0])


def codes(row: Row) -> set[str]:
    """The numerics, and the codes of standard replies, that a row expects."""
    words = [answer.split(" ") for answer in row.expected]
    return {word[0] if word[0].isdigit() else word[1] for word in words}


PRODUCED = set().union(*map(codes, TABLES))


def test_every_command_is_there() -> None:
    """With its errors, or with the reason why it has none."""
    assert VERBS & NO_ERRORS.keys() == set()
    assert (VERBS | NO_ERRORS.keys()) - {"NONSENSE"} == COMMANDS.keys()


def test_every_error_of_modern_irc_is_there() -> None:
    """Those of the gate come by themselves."""
    for verb, expected in MODERN.items():
        produced = set().union(*(codes(row) for row in TABLES if row.verb == verb))
        gate = {"461"} if COMMANDS[verb].required else set()
        gate |= {"481"} if COMMANDS[verb].privilege else set()
        missing = set(expected.split()) - produced - gate
        assert missing == {code for other, code in OTHERWISE if other == verb}, verb


def test_every_numeric_is_produced() -> None:
    """Each error in the registry is in a table, or in the test that is said."""
    errors = {numeric.code for numeric in ALL.values() if numeric.name.startswith("ERR_")}
    assert errors - PRODUCED == PRODUCED_ELSEWHERE
    others = "\n".join(path.read_text() for path in TESTS.rglob("test_*.py") if path.name != Path(__file__).name)
    assert {code for code in PRODUCED_ELSEWHERE if not re.search(rf'(?m)["\' ]{code}["\' ]', others)} == set()


def test_every_standard_reply_is_produced() -> None:
    """Each code that is written anywhere in the server is expected by some test."""
    written = set()
    for path in SOURCES.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in FAILING:
                words = [word.value for word in call.args[:2] if isinstance(word, ast.Constant)]
                written |= {str(word) for word in words if re.fullmatch("[A-Z]+(_[A-Z]+)+", str(word))}
    others = "\n".join(path.read_text() for path in TESTS.rglob("*.py"))
    assert {code for code in written if code not in others} == set()
