"""PASS, NICK, USER, LOGIN, QUIT, ERROR."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def codes(client: Client) -> list[str]:
    """The numerics of what was sent since the last look."""
    return [line.split(" ")[1] for line in client.take()]


def limited(stage: Stage, **limits: int) -> Stage:
    """The same number of nodes, with other limits."""
    config = Config()
    return Stage(replace(config, limits=replace(config.limits, **limits)), nodes=len(stage.nodes))


def user_of(client: Client) -> Any:
    """The client's user."""
    return client.session.user


@pytest.mark.parametrize(
    "lines",
    [
        ["NICK alice", "USER alice 0 * :Alice"],
        ["USER alice 0 * :Alice", "NICK alice"],
        ["PASS secret", "NICK alice", "USER alice 0 * :Alice"],
        ["NICK bob", "NICK alice", "USER alice 0 * :Alice"],
        ["USER bob 0 * :Bob", "USER alice 0 * :Alice", "NICK alice"],
        ["CAP LS 302", "NICK alice", "USER alice 0 * :Alice", "CAP END"],
        ["CAP REQ :server-time", "CAP REQ :-server-time", "USER alice 0 * :Alice", "NICK alice", "CAP END", "CAP END"],
        ["nick alice", "user alice 8 unused :Alice"],
    ],
)
def test_any_order(stage: Stage, lines: list[str]) -> None:
    """Any order happens; the welcome comes once, and the last word on each thing counts."""
    client = stage.open().sends(*lines)
    seen = [line for line in client.take() if " CAP " not in line]
    assert [line.split(" ")[1] for line in seen].count("001") == 1
    assert [line.split(" ")[1] for line in seen[-2:]] == ["376", "221"]
    user = user_of(client)
    assert (user.nick, user.username, user.realname) == ("alice", "~alice", "Alice")


def test_the_welcome(stage: Stage) -> None:
    """001 to 004 with the parameters clients read; the first of 001 is the nickname that the client really has."""
    client = stage.open().sends("NICK alice", "USER alice 0 * :Alice")
    name, first = client.node.name, client.take()[:4]
    modes = stage.catalog.modes
    assert first == [
        f":{name} 001 alice :Welcome to the chatd Network, {user_of(client).source}",
        f":{name} 002 alice :Your host is {name}, running version {client.node.version}",
        f":{name} 003 alice :This server was created Tue Nov 14 2023 22:13:20 UTC",
        " ".join(
            [f":{name} 004 alice", name, client.node.version, "".join(sorted(modes.user)),
             "".join(sorted(modes.channel)), "ILabehkloqv"]
        ),
    ]


@pytest.mark.parametrize(
    ("modes", "secure", "last"),
    [
        ("ix", False, "221 alice +ix"),
        ("wi", True, "221 alice +Ziw"),
        ("", True, "221 alice +Z"),
        ("", False, "376 alice :End of /MOTD command."),
    ],
)
def test_modes_from_the_start(stage: Stage, modes: str, secure: bool, last: str) -> None:
    """Who has modes from the start is told so (221) at the end of the greeting."""
    config = Config()
    stage = Stage(replace(config, users=replace(config.users, default_modes=modes)), nodes=len(stage.nodes))
    client = stage.open(secure=secure).sends("NICK alice", "USER alice 0 * :Alice")
    assert client.take()[-1] == f"{server(client)} {last}"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PASS", "461 * PASS :Not enough parameters"),
        ("PASS :", "461 * PASS :Not enough parameters"),
        ("NICK", "431 * :No nickname given"),
        ("NICK :", "431 * :No nickname given"),
        ("NICK 1x", "432 * 1x :Erroneus nickname"),
        ("NICK #chat", "432 * #chat :Erroneus nickname"),
        ("NICK :a b", "432 * * :Erroneus nickname"),
        ("NICK ::x", "432 * * :Erroneus nickname"),
        ("NICK é", "432 * é :Erroneus nickname"),
        ("NICK TAKEN", "433 * TAKEN :Nickname is already in use"),
        ("USER", "461 * USER :Not enough parameters"),
        ("USER a", "461 * USER :Not enough parameters"),
        ("USER a 0 *", "461 * USER :Not enough parameters"),
        ("USER a 0 * :", "461 * USER :Not enough parameters"),
        ("LOGIN taken", "433 * taken :Nickname is already in use"),
    ],
)
def test_errors_while_registering(stage: Stage, line: str, answer: str) -> None:
    """Each refusal has its numeric, and the client may go on."""
    stage.connect("taken")
    client = stage.open().sends(line)
    client.sees(f"{server(client)} {answer}")
    client.sends("NICK alice", "USER alice 0 * :Alice")
    assert codes(client)[0] == "001"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("JOIN #a", "451 * :You have not registered"),
        ("OPER a b", "451 * :You have not registered"),
        ("KILL taken :x", "451 * :You have not registered"),
        ("NONSENSE", "421 * NONSENSE :Unknown command"),
    ],
)
def test_what_comes_too_early(stage: Stage, line: str, answer: str) -> None:
    """ERR_NOTREGISTERED, for what there is; the client may go on."""
    stage.connect("taken")
    client = stage.open().sends("USER alice 0 * :Alice", line)
    client.sees(f"{server(client)} {answer}")
    client.sends("NICK alice")
    assert codes(client)[0] == "001"


@pytest.mark.parametrize("line", ["PASS x", "USER a 0 * :A", "LOGIN bob"])
def test_errors_afterwards(stage: Stage, line: str) -> None:
    """462: the ERR_ALREADYREGISTERED reply should be sent and the attempt should fail."""
    alice = stage.connect("alice")
    alice.sends(line)
    alice.sees(f"{server(alice)} 462 alice :You may not reregister")
    assert user_of(alice).nick == "alice"


def test_nicknames_are_as_long_as_announced(stage: Stage) -> None:
    """NICKLEN letters and no more; 432 for the next."""
    stage = limited(stage, nick=9)
    alice = stage.connect("alice")
    assert "NICKLEN=9" in " ".join(alice.node.isupport()).split(" ")
    source = user_of(alice).source
    alice.sends("NICK abcdefghi", "NICK abcdefghij")
    alice.sees(f":{source} NICK abcdefghi", f"{server(alice)} 432 abcdefghi abcdefghij :Erroneus nickname")


@pytest.mark.parametrize("nick", ["[x]", "{x}", "a\\b", "a|b", "_", "^x^", "a-1", "`x", "Z9"])
def test_what_nicknames_may_hold(stage: Stage, nick: str) -> None:
    """Servers MUST allow at least all alphanumerical characters, []{}, backslashes and pipes in nicknames."""
    stage.connect(nick)
    assert stage.server.network.user(nick) is not None


@pytest.mark.parametrize(
    ("given", "shown"),
    [("alice", "~alice"), ("a" * 20, "~" + "a" * 11), ("a@b!c", "~abc"), ("é", "~user"), ("*", "~user"), ("~x", "~x")],
)
def test_user_names(stage: Stage, given: str, shown: str) -> None:
    """The username MUST be silently truncated to the given length; what could break a source is taken out."""
    client = stage.open().sends("NICK alice", f"USER {given} 0 * :Alice")
    assert "USERLEN=12" in " ".join(client.node.isupport()).split(" ")
    assert user_of(client).username == shown


def test_real_names_are_cut_between_characters(stage: Stage) -> None:
    """NAMELEN counts bytes."""
    stage = limited(stage, realname=5)
    client = stage.open().sends("NICK alice", "USER alice 0 * :ééé")
    assert "NAMELEN=5" in " ".join(client.node.isupport()).split(" ")
    assert user_of(client).realname == "éé"


def test_changing_the_nickname(stage: Stage) -> None:
    """NICK with the old source to oneself and to who shares a channel; the same again changes nothing."""
    alice, bob, carol = (stage.connect(nick) for nick in ("alice", "bob", "carol"))
    for client in (alice, bob):
        client.sends("JOIN #a", "JOIN #b")
    for client in (alice, bob):
        client.take()
    old = user_of(alice).source
    alice.sends("NICK alice", "NICK Alice", "NICK eve", "NICK bob", "NICK BOB")
    changes = f":{old} NICK Alice", f":{old.replace('a', 'A', 1)} NICK eve"
    alice.sees(
        *changes,
        f"{server(alice)} 433 eve bob :Nickname is already in use",
        f"{server(alice)} 433 eve BOB :Nickname is already in use",
    )
    bob.sees(*changes)
    carol.sees()


def test_a_nickname_is_free_when_its_holder_is_gone(stage: Stage) -> None:
    """Not before, and at once after."""
    alice = stage.connect("alice")
    client = stage.open().sends("USER x 0 * :x", "NICK alice")
    assert codes(client) == ["433"]
    alice.disappears()
    client.sends("NICK alice")
    assert codes(client)[0] == "001"


def test_case_is_paired_as_announced(stage: Stage) -> None:
    """CASEMAPPING=ascii by default: {} are not []; with rfc1459 they are."""
    stage.connect("a[b]")
    stage.connect("A{B}")
    config = Config()
    other = Stage(replace(config, server=replace(config.server, casemapping="rfc1459")), nodes=len(stage.nodes))
    other.connect("a[b]")
    client = other.open().sends("NICK A{B}")
    client.sees(f"{server(client)} 433 * A{{B}} :Nickname is already in use")
    assert "CASEMAPPING=rfc1459" in " ".join(client.node.isupport()).split(" ")


def test_login(stage: Stage) -> None:
    """NICK and USER in one line, and a sentence of what to do next."""
    for line, nick in (("LOGIN alice", "alice"), ("login bob", "bob")):
        person = stage.open().sends(line)
        lines = person.take()
        assert lines[0].startswith(f"{server(person)} 001 {nick} ")
        assert lines[-1].startswith(f"{server(person)} NOTICE {nick} :You are {nick} now. Type JOIN #chat")
        assert (user_of(person).username, user_of(person).realname) == (f"~{nick}", nick)
        assert "hunter2" not in " ".join(lines)


def test_the_greeting_says_what_to_type() -> None:
    """Before anything was said, in a sentence or two."""
    stage = Stage()
    client = Client(stage, stage.server, stage.open().session.peer)
    name = stage.server.name
    client.sees(
        f":{name} NOTICE * :Welcome to chatd. By hand? Type LOGIN and a nickname, like: LOGIN alice",
        f":{name} NOTICE * :Then: JOIN #chat - PRIVMSG #chat :hello everybody - HELP - QUIT",
    )


@pytest.mark.parametrize(
    ("line", "reason"), [("QUIT :bye", "Quit: bye"), ("QUIT", "Quit: "), ("QUIT :", "Quit: "), ("quit a b", "Quit: a")]
)
def test_quit(stage: Stage, line: str, reason: str) -> None:
    """Servers SHOULD prepend <reason> with "Quit: "; this applies even if <reason> is empty."""
    alice, bob, carol = (stage.connect(nick) for nick in ("alice", "bob", "carol"))
    for client in (alice, bob):
        client.sends("JOIN #a", "JOIN #b")
    for client in (alice, bob):
        client.take()
    source = user_of(alice).source
    alice.sends(line)
    alice.sees(f"ERROR :Closing link: 192.0.2.1 ({reason})")
    assert alice.closed
    bob.sees(f":{source} QUIT :{reason}")
    carol.sees()


def test_long_reasons_are_cut(stage: Stage) -> None:
    """limits.quit counts bytes, without what the server puts before."""
    stage = limited(stage, quit=5)
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    bob.take()
    source = user_of(alice).source
    alice.sends("QUIT :ééé")
    bob.sees(f":{source} QUIT :Quit: éé")


def test_quit_before_registration(stage: Stage) -> None:
    """ERROR, and nobody hears of it."""
    client = stage.open().sends("NICK alice", "QUIT :x", "USER a 0 * :a")
    client.sees("ERROR :Closing link: 192.0.2.1 (Quit: x)")
    assert client.closed
    assert not any(node.network.users for node in stage.nodes)


def test_error_from_a_client_is_ignored(stage: Stage) -> None:
    """It is for servers to send."""
    alice, early = stage.connect("alice"), stage.open()
    for client in (alice, early):
        client.sends("ERROR", "ERROR :x")
        client.sees()
        assert not client.closed


def test_who_goes_while_arriving_is_no_ghost(stage: Stage) -> None:
    """The connection is lost before the bus has handed the arrival back: nobody is left behind with that nickname."""
    client = stage.open()
    client.session.receive(b"NICK alice\r\nUSER alice 0 * :Alice\r\n")
    client.session.lost("Connection closed")
    stage.settle()
    for node in stage.nodes:
        assert not node.network.users and not node.network.nicks
        assert node.network.attached == 0


def test_who_quits_while_joining_is_no_ghost(stage: Stage) -> None:
    """The same for a channel."""
    alice = stage.connect("alice")
    alice.session.receive(b"JOIN #a\r\n")
    alice.session.lost("Connection closed")
    stage.settle()
    assert not any(node.network.channels for node in stage.nodes)
