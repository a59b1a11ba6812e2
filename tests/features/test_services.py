"""Services: how they are addressed, what they answer and what they never do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatd.core.accounts import NameTaken, StoreUnavailable
from chatd.core.events import AccountChanged
from chatd.core.marks import marks_of
from chatd.core.refusal import Failed, Refused
from chatd.core.services import ServiceCommand
from chatd.services.names import NICKSERV
from chatd.services.request import UNAVAILABLE, Declined, Request
from chatd.testing import Client, Stage
from chatd.wire.numerics import ERR_NOSUCHNICK


def added(stage: Stage, function: Callable[..., Any]) -> None:
    """Let NickServ of this stage know one more command."""
    for made in marks_of(function):
        stage.catalog.services["nickserv"].add(ServiceCommand(made, function))


def answers(client: Client, line: str) -> list[str]:
    """What NickServ answers to a line; nothing else may have been sent."""
    client.take()
    client.sends(line)
    lines = client.take()
    head = f":NickServ!services@{client.node.name} NOTICE {client.session.shown_nick} :"
    assert all(each.startswith(head) for each in lines), lines
    return [each.removeprefix(head) for each in lines]


def logged_in(client: Client, account: str) -> Client:
    """Give a client an account."""
    context = client.session.context
    context.emit(AccountChanged(context.origin, account))
    client.stage.settle()
    client.take()
    return client


@NICKSERV.command("COUNT", "<one> [<two>]", example="COUNT a b", secret=True)
def count(request: Request, one: str, two: str = "") -> None:
    """Count words. Then say how many there were."""
    request.say(f"{one}-{two}")


@NICKSERV.command("WHEN", login=True)
def when(request: Request) -> None:
    """Say who asks."""
    request.say(f"It is you, {request.account}.")


@NICKSERV.command("BANISH", "<account>", privilege="kill")
def banish(request: Request, account: str) -> None:
    """Send somebody away."""
    request.notify_operators(account)
    request.say("Done.")


@pytest.mark.parametrize(
    "line",
    [
        "PRIVMSG NickServ :HELP",
        "PRIVMSG nickserv help",
        "PRIVMSG NICKSERV@{server} :HELP",
        "NICKSERV HELP",
        "NICKSERV",
        "ns :help",
        "NS help",
    ],
)
def test_all_the_ways_to_ask(stage: Stage, line: str) -> None:
    """A service answers by NOTICE, whichever way old clients know to ask it."""
    alice = stage.connect("alice")
    lines = answers(alice, line.format(server=alice.node.name))
    assert lines[0].startswith("NickServ keeps accounts")
    assert lines[-1] == "HELP <command> says how one of them is used."


@pytest.mark.parametrize("verb", ["CS HELP", "CHANSERV HELP", "PRIVMSG ChanServ :HELP"])
def test_another_service(stage: Stage, verb: str) -> None:
    """ChanServ answers in its own name."""
    alice = stage.connect("alice")
    alice.sends(verb)
    source = f":ChanServ!services@{alice.node.name} NOTICE alice :"
    lines = alice.take()
    assert lines[0].startswith(f"{source}ChanServ keeps channels")
    assert all(line.startswith(source) for line in lines)


def test_a_service_elsewhere_is_nobody(stage: Stage) -> None:
    """Who names the server is sure that nobody else is told a password."""
    alice = stage.connect("alice")
    alice.sends("PRIVMSG NickServ@elsewhere.example :IDENTIFY secret")
    alice.sees(f":{alice.node.name} 401 alice NickServ@elsewhere.example :No such nick/channel")


def test_an_unknown_command_is_answered_with_a_sentence(stage: Stage) -> None:
    """Not with a numeric, which would be of another command."""
    alice = stage.connect("alice")
    sentence = "There is no command frobnicate. HELP lists them all."
    assert answers(alice, "PRIVMSG NickServ :frobnicate now") == [sentence]
    (line,) = answers(alice, f"PRIVMSG NickServ :{'x' * 400}")
    assert len(line) < 120


@pytest.mark.parametrize(
    "line",
    [
        "NOTICE NickServ :HELP",
        "NOTICE NickServ :\x01VERSION chatd\x01",
        "PRIVMSG NickServ :\x01VERSION\x01",
        "PRIVMSG NickServ :\x01ACTION waves\x01",
        "TAGMSG NickServ",
        "@+typing=active TAGMSG NickServ",
    ],
)
def test_what_is_never_answered(stage: Stage, line: str) -> None:
    """Programs must not answer a NOTICE; what a service does not answer cannot go round in circles."""
    alice = stage.connect("alice", caps="message-tags")
    assert answers(alice, line) == []


def test_help_of_a_command(stage: Stage) -> None:
    """How it is written, what it does, an example, and what it needs."""
    for function in (count, when, banish):
        added(stage, function)
    alice = stage.connect("alice")
    assert answers(alice, "NS HELP count") == [
        "\x02COUNT <one> [<two>]\x02",
        "Count words. Then say how many there were.",
        "Example: /msg NickServ COUNT a b",
    ]
    assert answers(alice, "NS HELP WHEN")[-1] == "For those who are logged in."
    assert answers(alice, "NS HELP BANISH")[-1] == "For server operators with the privilege kill."
    assert answers(alice, "NS HELP NOTHING") == ["There is no command of that name. HELP lists those of NickServ."]


def test_help_shows_what_one_may_use(stage: Stage, staffed: Stage) -> None:
    """Operators' commands are for operators to see."""
    for each in (stage, staffed):
        added(each, count)
        added(each, banish)
    overview = "\n".join(answers(stage.connect("alice"), "NS HELP"))
    assert "\x02COUNT\x02 - Count words\n" in overview
    assert "BANISH" not in overview
    oper = staffed.connect("oper").sends("OPER mod secret")
    assert "\x02BANISH\x02 - Send somebody away (operators)" in answers(oper, "NS HELP")


def test_words_are_counted(stage: Stage) -> None:
    """Too few and too many are answered with how it is written."""
    added(stage, count)
    alice = stage.connect("alice")
    syntax = "It is written: COUNT <one> [<two>]. HELP COUNT says more."
    assert answers(alice, "PRIVMSG NickServ :COUNT") == [f"Something is missing. {syntax}"]
    assert answers(alice, "PRIVMSG NickServ :COUNT a b c") == [f"That is too much. {syntax}"]
    assert answers(alice, "PRIVMSG NickServ :COUNT  a   b ") == ["a-b"]
    assert answers(alice, "NS COUNT a") == ["a-"]


def test_the_last_word_may_hold_spaces(stage: Stage) -> None:
    """By a command of its own, as any last parameter may: a password with spaces can be given so."""
    added(stage, count)
    alice = stage.connect("alice")
    assert answers(alice, "NS COUNT a :b c") == ["a-b c"]
    assert answers(alice, "NS :COUNT a b") == ["a-b"]


def test_log_in_is_asked_for(stage: Stage) -> None:
    """Who is not logged in is told how to."""
    added(stage, when)
    alice = stage.connect("alice")
    (line,) = answers(alice, "NS WHEN")
    assert line.startswith("You are not logged in.")
    logged_in(alice, "alice")
    assert answers(alice, "NS WHEN") == ["It is you, alice."]


def test_a_privilege_is_asked_for(staffed: Stage) -> None:
    """An operator without it is refused like anybody; with it, the other operators hear of what is done."""
    added(staffed, banish)
    refused = ["BANISH is for server operators with the privilege kill."]
    assert answers(staffed.connect("alice"), "NS BANISH bob") == refused
    weak = staffed.connect("weak").sends("OPER none secret")
    assert answers(weak, "NS BANISH bob") == refused
    strong = staffed.connect("strong").sends("OPER mod secret", "NS BANISH bob")
    taken = strong.take()
    assert f":NickServ!services@{strong.node.name} NOTICE strong :Done." in taken
    assert any(line.endswith("NOTICE strong :*** strong used NickServ BANISH: bob") for line in taken)


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Declined("No."), "No."),
        (Failed("REGISTER", "BAD", text="It is bad"), "It is bad"),
        (Refused(ERR_NOSUCHNICK, "bob"), "bob No such nick/channel"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_refusals_are_sentences(stage: Stage, problem: Exception, sentence: str, late: bool) -> None:
    """Old clients show what a service says, and nothing else."""

    @NICKSERV.command("REFUSE")
    def refuse(request: Request) -> None:
        def act(_: object = None) -> None:
            raise problem

        if late:
            request.wait(lambda: None, act)
        else:
            act()

    added(stage, refuse)
    assert answers(stage.connect("alice"), "NS REFUSE") == [sentence]


@pytest.mark.fails_inside
@pytest.mark.parametrize(
    ("problem", "sentence"),
    [(StoreUnavailable(), UNAVAILABLE), (NameTaken(), "It is taken."), (ZeroDivisionError(), "")],
)
def test_what_a_store_says(stage: Stage, problem: Exception, sentence: str) -> None:
    """A store that is away is a temporary failure; everything else is named by the command."""

    @NICKSERV.command("KEEP")
    def keep(request: Request) -> None:
        def work() -> None:
            raise problem

        request.wait(
            work, lambda _: request.say("Kept."), lambda no: "It is taken." if isinstance(no, NameTaken) else ""
        )

    added(stage, keep)
    alice = stage.connect("alice")
    if sentence:
        assert answers(alice, "NS KEEP") == [sentence]
    else:
        alice.sends("NS KEEP")
        assert [line.split(" ")[1] for line in alice.take()] == ["400"]
    assert answers(alice, "NS NOTHING") != []


def test_nothing_reaches_the_history_or_anybody_else(stage: Stage) -> None:
    """Passwords are told to a service alone."""
    added(stage, count)
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #chat")
    bob.sends("JOIN #chat").take()
    alice.sends("PRIVMSG NickServ :COUNT sesame", "NS COUNT sesame")
    alice.sends("PRIVMSG NickServ :sesame", "NOTICE NickServ :sesame")
    assert bob.take() == []
    kept = [line for history in stage.histories for log in history.logs.values() for line in log]
    assert not any("sesame" in line or "NickServ" in line for line in kept)
    assert not any("nickserv" in log.lower() for history in stage.histories for log in history.logs)


def test_an_echo_does_not_repeat_secrets(stage: Stage) -> None:
    """Servers MAY apply changes to the message; the echo shows that it arrived, without what bouncers would log."""
    added(stage, count)
    alice = stage.connect("alice", caps="echo-message")
    source = alice.session.context.user.source
    alice.sends("PRIVMSG NickServ :count sesame open")
    alice.sees(
        f":{source} PRIVMSG NickServ :COUNT ***", f":NickServ!services@{alice.node.name} NOTICE alice :sesame-open"
    )
    alice.sends("PRIVMSG NickServ :hello you")
    assert alice.take()[0] == f":{source} PRIVMSG NickServ :hello you"


def test_a_label_is_answered_by_a_batch(stage: Stage) -> None:
    """When a client sends a labelled command, the server MUST attach the label to the response: here, a batch."""
    added(stage, count)
    alice = stage.connect("alice", caps="labeled-response batch")
    alice.sends("@label=one PRIVMSG NickServ :HELP")
    first, *inner, last = alice.take()
    assert first == f"@label=one :{alice.node.name} BATCH +1 labeled-response"
    assert all(line.startswith(f"@batch=1 :NickServ!services@{alice.node.name} NOTICE alice :") for line in inner)
    assert last == f":{alice.node.name} BATCH -1"
    alice.sends("@label=two NS COUNT a b")
    alice.sees(f"@label=two :NickServ!services@{alice.node.name} NOTICE alice :a-b")
    alice.sends("@label=three NOTICE NickServ :hello")
    alice.sees(f"@label=three :{alice.node.name} ACK")


def test_several_lines_at_once_are_not_commands(stage: Stage) -> None:
    """One message is one command; nothing of it is carried out."""
    added(stage, count)
    alice = stage.connect("alice", caps="batch draft/multiline")
    alice.sends(
        "BATCH +a draft/multiline NickServ", "@batch=a PRIVMSG NickServ :COUNT a", "@batch=a PRIVMSG NickServ :COUNT b"
    )
    assert answers(alice, "BATCH -a") == ["Please write one command, on one line."]


def test_long_answers_take_several_lines(stage: Stage) -> None:
    """Every line of an answer fits into 512 bytes, and nothing of it is lost."""
    text = " ".join(["wörter"] * 150)

    @NICKSERV.command("TALK")
    def talk(request: Request) -> None:
        request.say(text)

    added(stage, talk)
    alice = stage.connect("alice")
    alice.sends("NS TALK")
    lines = alice.take()
    assert all(len(line.encode()) <= 510 for line in lines)
    assert " ".join(line.split(" :", 1)[1] for line in lines) == text


@pytest.mark.parametrize("nick", ["NickServ", "nickserv", "CHANSERV"])
def test_nobody_has_the_nickname_of_a_service(stage: Stage, nick: str) -> None:
    """433, whether one comes with it or takes it later."""
    stranger = stage.open()
    stranger.sends(f"NICK {nick}").sees(f":{stranger.node.name} 433 * {nick} :Nickname is already in use")
    stranger.sends(f"LOGIN {nick}").sees(f":{stranger.node.name} 433 * {nick} :Nickname is already in use")
    alice = stage.connect("alice")
    alice.sends(f"NICK {nick}").sees(f":{alice.node.name} 433 alice {nick} :Nickname is already in use")


def test_operators_do_not_give_it_away(staffed: Stage) -> None:
    """SANICK is bound by it, too."""
    oper = staffed.connect("oper").sends("OPER root secret")
    oper.take()
    oper.sends("SANICK oper NickServ").sees(f":{oper.node.name} 433 oper NickServ :Nickname is already in use")


def test_queries_find_a_service(stage: Stage) -> None:
    """Clients look whether NickServ is there before they tell it a password."""
    alice = stage.connect("alice")
    name = alice.node.name
    alice.sends("WHOIS nickserv").sees(
        f":{name} 311 alice NickServ services {name} * :Keeps accounts and the nicknames that belong to them",
        f":{name} 312 alice NickServ {name} :A chatd server",
        f":{name} 335 alice NickServ :is a bot",
        f":{name} 318 alice nickserv :End of /WHOIS list",
    )
    alice.sends("ISON bob nickserv alice").sees(f":{name} 303 alice :alice NickServ")
    alice.sends("USERHOST nickserv").sees(f":{name} 302 alice :NickServ=+services@{name}")
    alice.sends("WHO ChanServ").sees(
        f":{name} 352 alice * services {name} {name} ChanServ HB :0 Keeps channels for those who have an account",
        f":{name} 315 alice ChanServ :End of WHO list",
    )
