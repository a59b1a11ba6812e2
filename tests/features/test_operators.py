"""OPER, KILL, WALLOPS, REHASH, RESTART, DIE."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def source(client: Client) -> str:
    """What stands before the verb of what the client does."""
    return f":{client.session.user.source}"


def operator(stage: Stage, nick: str = "op", block: str = "root") -> Client:
    """An operator with nothing left to read."""
    client = stage.connect(nick).sends(f"OPER {block} secret")
    assert any(" 381 " in line for line in client.take())
    return client


def notice(client: Client, text: str, nick: str = "") -> str:
    """A notice to operators from the client's own server, to the client or to another operator."""
    return f"{server(client)} NOTICE {nick or client.session.user.nick} :*** {text}"


def test_oper(staffed: Stage) -> None:
    """RPL_YOUREOPER, and a MODE message indicating the new user modes; other operators are told."""
    first, alice = operator(staffed, "first"), staffed.connect("alice")
    alice.sends("OPER root secret")
    told = notice(alice, "alice is now an operator (root)")
    alice.sees(f"{server(alice)} 381 alice :You are now an IRC operator", f"{source(alice)} MODE alice :+os", told)
    first.sees(notice(alice, "alice is now an operator (root)", "first"))
    for node in staffed.nodes:
        assert node.network.user("alice").modes >= {"o", "s"}
        assert "kill" in node.network.user("alice").privileges


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("OPER", "461 alice OPER :Not enough parameters"),
        ("OPER root", "461 alice OPER :Not enough parameters"),
        ("OPER root wrong", "464 alice :Password incorrect"),
        ("OPER root :", "464 alice :Password incorrect"),
        ("OPER ROOT secret", "464 alice :Password incorrect"),
        ("OPER nobody secret", "464 alice :Password incorrect"),
        ("OPER home secret", "491 alice :No O-lines for your host"),
        ("OPER home wrong", "464 alice :Password incorrect"),
        ("OPER key secret", "491 alice :No O-lines for your host"),
        ("OPER both secret", "491 alice :No O-lines for your host"),
    ],
)
def test_oper_refused(staffed: Stage, line: str, answer: str) -> None:
    """464 for what is wrong, 491 for who comes from elsewhere or without the certificate; nothing changes."""
    alice = staffed.connect("alice")
    alice.sends(line)
    alice.sees(f"{server(alice)} {answer}")
    assert not any(node.network.operators for node in staffed.nodes)


def test_failed_attempts_are_told_to_operators(staffed: Stage) -> None:
    """Who tries, from where, and with which name; never the password."""
    op, alice = operator(staffed), staffed.connect("alice")
    alice.sends("OPER root guess", "OPER home secret")
    user = alice.session.user
    seen = op.take()
    assert seen == [
        notice(alice, f"alice!~alice@{user.host} failed to become an operator (root): wrong password", "op"),
        notice(alice, f"alice!~alice@{user.host} failed to become an operator (home): not from there", "op"),
    ]


def test_networks_and_certificates(staffed: Stage) -> None:
    """A block with networks and one with a certificate; the certificate alone suffices where no password is set."""
    home = staffed.connect("home", ip="198.51.100.7").sends("OPER home secret")
    key = staffed.connect("key", secure=True, certfp="ab" * 32).sends("OPER key anything")
    both = staffed.connect("both", secure=True, certfp="ab" * 32).sends("OPER both wrong")
    for client, code in ((home, "381"), (key, "381"), (both, "464")):
        assert f"{server(client)} {code}" in " ".join(client.take())
    both.sends("OPER both secret")
    assert " 381 " in both.take()[0]


def test_another_block_replaces_the_privileges(staffed: Stage) -> None:
    """OPER again: the privileges are those of the new block, the modes are not told twice."""
    op = operator(staffed)
    op.sends("OPER none secret")
    op.sees(
        f"{server(op)} 381 op :You are now an IRC operator",
        notice(op, "op is now an operator (none)"),
    )
    op.sends("REHASH")
    op.sees(f"{server(op)} 481 op :Permission Denied- You're not an IRC operator")


def test_stepping_down(staffed: Stage) -> None:
    """Without mode o there are no privileges and no server notices."""
    op, other = operator(staffed), operator(staffed, "other")
    op.take()
    other.sends("MODE other -o")
    other.sees(f"{source(other)} MODE other :-os")
    other.sends("KILL op :x")
    other.sees(f"{server(other)} 481 other :Permission Denied- You're not an IRC operator")
    op.sends("WALLOPS :x", "KILL nobody :x")
    other.sees()


VERBS = [
    "KILL alice :x", "WALLOPS :x", "REHASH", "RESTART", "DIE", "KLINE a@b", "UNKLINE a@b", "DLINE 192.0.2.9",
    "UNDLINE 192.0.2.9", "SAJOIN alice #a", "SAPART alice #a", "SAKICK #a alice", "SATOPIC #a :x",
    "SANICK alice bob", "SAMODE #a +m",
]  # fmt: skip


@pytest.mark.parametrize("line", VERBS)
def test_not_for_ordinary_users(stage: Stage, line: str) -> None:
    """481, also when parameters are missing: who may not use a command need not learn how."""
    alice = stage.connect("alice")
    denied = f"{server(alice)} 481 alice :Permission Denied- You're not an IRC operator"
    alice.sends(line, line.split(" ")[0])
    alice.sees(denied, denied)


def test_every_privilege_opens_its_own_commands_only(staffed: Stage) -> None:
    """481 for what the block does not allow."""
    op = operator(staffed, block="none")
    op.sends(*VERBS)
    codes = [words[1] for words in op.numerics()]
    assert codes == ["481"] * (len(VERBS) - 1)


def test_kill(staffed: Stage) -> None:
    """The one being killed receives KILL and ERROR, who shares a channel QUIT, operators a notice."""
    op, bob, carol, dave = operator(staffed), *(staffed.connect(nick) for nick in ("bob", "carol", "dave"))
    for client in (bob, carol):
        client.sends("JOIN #a")
    for client in (bob, carol):
        client.take()
    gone = source(bob)
    op.sends("KILL BOB :spam, again")
    bob.sees(
        f"{source(op)} KILL bob :spam, again",
        "ERROR :Closing link: 192.0.2.1 (Killed (op (spam, again)))",
    )
    assert bob.closed
    carol.sees(f"{gone} QUIT :Killed (op (spam, again))")
    dave.sees()
    op.sees(notice(op, f"op killed {gone[1:]} (spam, again)"))
    assert all(node.network.user("bob") is None for node in staffed.nodes)
    assert all(not node.sessions.get(bob.session.sid) for node in staffed.nodes)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("KILL", "461 op KILL :Not enough parameters"),
        ("KILL bob", "461 op KILL :Not enough parameters"),
        ("KILL nobody :x", "401 op nobody :No such nick/channel"),
        ("KILL #a :x", "401 op #a :No such nick/channel"),
    ],
)
def test_kill_refused(staffed: Stage, line: str, answer: str) -> None:
    """461 and 401."""
    op = operator(staffed)
    staffed.connect("bob")
    op.sends(line)
    op.sees(f"{server(op)} {answer}")


def test_killing_oneself(staffed: Stage) -> None:
    """It is a way to leave."""
    op = operator(staffed)
    me = source(op)
    told = notice(op, f"op killed {me[1:]} (enough)")
    op.sends("KILL op :enough")
    op.sees(told, f"{me} KILL op :enough", "ERROR :Closing link: 192.0.2.1 (Killed (op (enough)))")
    assert op.closed


def test_a_kill_is_finished_before_the_next_line(staffed: Stage) -> None:
    """A command is finished when its events have come back; only then is that client's next line taken."""
    op = operator(staffed)
    staffed.connect("bob"), staffed.connect("carol")
    op.sends_bytes(b"KILL bob :x\r\nKILL carol :x\r\nISON :bob carol op\r\nKILL bob :x\r\n")
    lines = [line for line in op.take() if " NOTICE " not in line]
    assert lines == [f"{server(op)} 303 op :op", f"{server(op)} 401 op bob :No such nick/channel"]


def test_wallops(staffed: Stage) -> None:
    """A message to all currently connected users who have set the 'w' user mode, once each."""
    op, bob, carol = operator(staffed), staffed.connect("bob"), staffed.connect("carol")
    bob.sends("MODE bob +w").take()
    op.sends("WALLOPS :restart at noon")
    bob.sees(f"{source(op)} WALLOPS :restart at noon")
    carol.sees()
    op.sees()
    op.sends("MODE op +w").take()
    op.sends("WALLOPS x y")
    op.sees(f"{source(op)} WALLOPS :x")
    bob.take()
    bob.sends("MODE bob -w").take()
    op.sends("WALLOPS :x")
    bob.sees()


@pytest.mark.parametrize("line", ["WALLOPS", "WALLOPS :"])
def test_wallops_without_a_text(staffed: Stage, line: str) -> None:
    """461: <text> SHOULD be non-empty."""
    op = operator(staffed)
    op.sends(line)
    op.sees(f"{server(op)} 461 op WALLOPS :Not enough parameters")


def controlled(staffed: Stage, **control: list[str]) -> tuple[Client, list[str]]:
    """An operator of a server that can do these things, and what was done."""
    done: list[str] = []

    def act(what: str, lines: list[str]) -> list[str]:
        done.append(what)
        return lines

    acts = {what: lambda what=what, lines=lines: act(what, lines) for what, lines in control.items()}
    stage = Stage(staffed.server.config, nodes=len(staffed.nodes), control=acts)
    return operator(stage), done


def test_rehash(staffed: Stage) -> None:
    """RPL_REHASHING, then a notice for each change; operators are told who did it."""
    op, done = controlled(staffed, rehash=["limits.topic: 390 becomes 300", "server.motd: read again"])
    op.sends("REHASH")
    op.sees(
        f"{server(op)} 382 op * :Rehashing",
        f"{server(op)} NOTICE op :limits.topic: 390 becomes 300",
        f"{server(op)} NOTICE op :server.motd: read again",
        notice(op, "op reread the configuration"),
    )
    assert done == ["rehash"]


def test_rehash_names_the_file(staffed: Stage) -> None:
    """RPL_REHASHING: "<config file>" is the file that is read."""
    op, _ = controlled(staffed, rehash=[], file=["other.toml"])
    op.sends("REHASH")
    assert op.take()[0] == f"{server(op)} 382 op other.toml :Rehashing"


@pytest.mark.parametrize(
    ("verb", "text"), [("RESTART", "op restarts the server"), ("DIE", "op stops the server")]
)
def test_restart_and_die(staffed: Stage, verb: str, text: str) -> None:
    """Done once, and other operators learn by whom."""
    op, done = controlled(staffed, restart=[], die=[])
    op.sends(verb)
    op.sees(notice(op, text))
    assert done == [verb.lower()]


@pytest.mark.parametrize("verb", ["REHASH", "RESTART", "DIE"])
def test_what_a_server_cannot_do(staffed: Stage, verb: str) -> None:
    """The operator is told so, and nobody is told that it happened."""
    op = operator(staffed)
    op.sends(verb)
    op.sees(f"{server(op)} NOTICE op :This server cannot {verb.lower()}")
