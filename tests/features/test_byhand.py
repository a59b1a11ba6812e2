"""LOGIN: people who type by hand, with an account and without."""

from __future__ import annotations

import pytest

from chatd.config import Accounts, Config
from chatd.testing import Client, Stage


def notices(client: Client) -> list[str]:
    """The texts of the notices that came, and the codes of everything else."""
    return [
        line.split(" :", 1)[1] if line.split(" ")[1] == "NOTICE" else line.split(" ")[1] for line in client.take()
    ]


def test_logging_in(stage: Stage) -> None:
    """The nickname, the account and the way in, in one line."""
    stage.registers("alice", "sesame")
    person = stage.open().sends("LOGIN alice sesame")
    lines = person.take()
    assert [line.split(" ")[1] for line in lines][:2] == ["900", "001"]
    assert " :You are alice now. Type JOIN #chat to enter a channel" in lines[-1]
    assert all(node.network.user("alice").account == "alice" for node in stage.nodes)


def test_a_wrong_password(stage: Stage) -> None:
    """It is told in a sentence, and may be tried again; the connection stays where it was."""
    stage.registers("alice", "sesame")
    person = stage.open().sends("LOGIN alice millet")
    assert notices(person) == ["The account or the password is wrong. You may try again: LOGIN alice <password>"]
    assert (person.session.nick, person.session.user) == ("", None)
    person.sends("LOGIN alice sesame")
    assert person.session.user.account == "alice"


def test_somebody_elses_nickname(stage: Stage) -> None:
    """Without the password it is not to be had: what to type instead is said."""
    stage.registers("alice", "sesame")
    person = stage.open().sends("LOGIN alice")
    assert notices(person) == [
        "alice belongs to an account. If it is yours, type: LOGIN alice <password>",
        "Otherwise choose another nickname.",
        "433",
    ]
    person.sends("LOGIN bob")
    assert person.session.user.nick == "bob"


def test_a_nickname_that_is_free(stage: Stage) -> None:
    """Who gives a password for a nickname that nobody has registered is told how to register it."""
    person = stage.open().sends("LOGIN alice sesame")
    assert notices(person)[-1] == "Nobody has registered alice. To make it yours, type: REGISTER * * <password>"
    assert person.session.user.nick == "alice"
    assert stage.accounts.find("alice") is None


def test_the_password_of_pass(stage: Stage) -> None:
    """One that was given before stands in for that of LOGIN."""
    stage.registers("alice", "sesame")
    person = stage.open().sends("PASS sesame", "LOGIN alice")
    assert person.session.user.account == "alice"


def test_by_a_grouped_nickname_and_a_wrong_line(stage: Stage) -> None:
    """What LOGIN refuses it refuses by numerics that say why."""
    stage.connect("carol")
    person = stage.open()
    for line, code in (("LOGIN", "431"), ("LOGIN :a b", "432"), ("LOGIN carol", "433"), ("LOGIN NickServ", "433")):
        person.sends(line)
        assert notices(person)[0] == code
    person.sends("LOGIN alice")
    person.take()
    person.sends("LOGIN alice")
    assert notices(person) == ["462"]


def test_the_owner_gets_the_nickname_back() -> None:
    """Where nicknames are not enforced, somebody may be here under it: the owner gets it, the other another."""
    stage = Stage(Config(accounts=Accounts(nick_enforcement="off")))
    stage.registers("alice", "sesame")
    other = stage.connect("alice")
    person = stage.open().sends("LOGIN alice sesame")
    assert (person.session.user.nick, other.session.user.nick[:5]) == ("alice", "Guest")


def test_passwords_over_tls_only() -> None:
    """As configured, a password is not even looked at on the open line."""
    stage = Stage(Config(accounts=Accounts(passwords_need_tls=True)))
    stage.registers("alice", "sesame")
    person = stage.open().sends("LOGIN alice sesame")
    assert notices(person) == ["Passwords are taken over TLS only. You may try again: LOGIN alice <password>"]
    assert stage.open(secure=True).sends("LOGIN alice sesame").session.user.account == "alice"


def test_what_is_refused_is_explained(stage: Stage) -> None:
    """Wrong input is answered with a sentence a person understands."""
    person = stage.open().sends("hello")
    assert notices(person) == ["421", "First say who you are. Type LOGIN and a nickname, like: LOGIN alice"]
    person.sends("JOIN #chat")
    assert notices(person) == ["451", "First say who you are. Type LOGIN and a nickname, like: LOGIN alice"]
    person.sends("LOGIN alice").take()
    person.sends("hello everybody")
    assert notices(person) == [
        "421", "There is no command HELLO. To say something: PRIVMSG #chat :hello - HELP shows the rest."
    ]  # fmt: skip
    person.sends("INVITE bob")
    assert notices(person) == ["461", "Something is missing. Like this: INVITE bob #chat - HELP INVITE says more."]


def test_programs_are_not_lectured(stage: Stage) -> None:
    """A client that has begun to register, or has registered by itself, gets the numeric alone."""
    for lines in (["NICK bob"], ["CAP LS 302"], ["PASS x"], ["NICK carol", "USER carol 0 * :Carol"]):
        client = stage.open().sends(*lines)
        client.take()
        client.sends("hello", "INVITE x")
        assert all(code in ("421", "451", "461") for code in notices(client))


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("LOGIN", "431 * :No nickname given"),
        ("LOGIN :", "431 * :No nickname given"),
        ("LOGIN 1x", "432 * 1x :Erroneus nickname"),
    ],
)
def test_what_a_nickname_is_like(stage: Stage, line: str, answer: str) -> None:
    """Wrong input is answered with a sentence a person understands: so is a nickname that is none."""
    rule = "A nickname has up to 30 letters, digits or -_[]\\^{}|` and begins with no digit or -."
    person = stage.open().sends(line)
    server = f":{person.node.name}"
    person.sees(f"{server} {answer}", f"{server} NOTICE * :{rule} Type LOGIN and one, like: LOGIN alice")
    person.sends("LOGIN alice").take()
    person.sends("NICK a.b")
    person.sees(f"{server} 432 alice a.b :Erroneus nickname", f"{server} NOTICE alice :{rule}")


def test_a_forgotten_colon(stage: Stage) -> None:
    """Who says several words without a colon reads that only the first was taken; nothing is lost unnoticed."""
    person, bob = stage.open().sends("LOGIN alice", "JOIN #chat"), stage.connect("bob").sends("JOIN #chat")
    person.take()
    bob.take()
    person.sends("PRIVMSG #chat hello everybody")
    (said,) = notices(person)
    assert said.startswith("Some words were left out: a text of several words begins with a colon. ")
    assert said.endswith("Like this: PRIVMSG #chat :hello everybody - HELP PRIVMSG says more.")
    assert [line.split(" ", 1)[1] for line in bob.take()] == ["PRIVMSG #chat :hello"]
    bob.sends("PRIVMSG #chat good day").take()
    assert all("left out" not in line for line in [*bob.take(), *person.take()])
    person.sends("QUIT see you")
    assert [line.split(" ")[0] for line in person.take()] == ["ERROR"]
