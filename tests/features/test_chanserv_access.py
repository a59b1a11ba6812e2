"""ChanServ's access list: flags, templates, who may give what, and the ranks that come of it."""

from __future__ import annotations

import pytest
from chanserv import asks, founded, log_in, person, register_account, registration, restarted
from consistency import check
from msgspec.structs import replace

from chatd.config import Channels, Config
from chatd.core.flags import GIVEN, LETTERS, TEMPLATES, change, letters
from chatd.testing import Stage


def mode(client, text: str) -> str:
    return f":ChanServ!services@{client.node.name} MODE {text}"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["+op"], {"voice", "op"}),
        (["+op", "-voice"], {"op"}),
        (["op", "topic"], {"op", "topic"}),
        (["AOP"], TEMPLATES["AOP"]),
        (["aop"], TEMPLATES["AOP"]),
        (["+ot-v"], {"op", "topic"}),
        (["-*"], set()),
        (["*"], GIVEN),
        (["+*-s"], GIVEN - {"set"}),
        (["oO"], {"op", "auto-op"}),
        (["+set"], {"voice", "set"}),
    ],
)
def test_flags_as_people_write_them(words: list[str], expected: set[str]) -> None:
    """Words before templates, those before letters; the first without a sign replaces."""
    assert change(frozenset({"voice"}), words, TEMPLATES) == expected


@pytest.mark.parametrize("words", [["+founder"], ["F"], ["+F"], ["NOP"], ["+o", "x y"], ["+zebra"]])
def test_what_is_no_flag(words: list[str]) -> None:
    """There is one founder, and nobody is made it by flags."""
    with pytest.raises(ValueError, match="no such flag"):
        change(frozenset(), words, TEMPLATES)


def test_every_flag_has_its_letter() -> None:
    """Letters are what people know from elsewhere: each one means one flag."""
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert letters({"op", "auto-op", "see"}) == "+AOo"


def test_access_gives_ranks(stage: Stage) -> None:
    """Automatic ranks on join; on log-in; when access is given to somebody who is there."""
    alice = founded(stage)
    for name in ("sop", "aop", "hop", "vop", "owner"):
        register_account(stage, name)
    for line in ("SOP #chat ADD sop", "AOP #chat ADD aop", "HOP #chat ADD hop", "VOP #chat ADD vop"):
        assert " has " in asks(alice, line)[0]
    asks(alice, "FLAGS #chat owner +owner +auto-op")
    for name, ranks in (("sop", "ao"), ("aop", "o"), ("hop", "h"), ("vop", "v"), ("owner", "qo")):
        client = person(stage, name)
        alice.take()
        client.sends("JOIN #chat")
        alice.sees(
            f":{client.session.user.source} JOIN #chat", mode(client, f"#chat +{ranks}{f' {name}' * len(ranks)}")
        )  # fmt: skip
    alice.sends("PART #chat", "JOIN #chat")
    lines = alice.take()
    assert lines[1:3] == [f":{alice.session.user.source} JOIN #chat", mode(alice, "#chat +qo alice alice")]
    assert " = #chat :" in lines[3] and "~alice" in lines[3]
    bob = person(stage, "bob")
    bob.sends("JOIN #chat").take()
    asks(alice, "FLAGS #chat bob voice auto-voice")
    bob.sees(mode(alice, "#chat +v bob"))
    stage.passes(1)
    assert "auto-voice" in stage.kept_channels.load()[0].document["access"][-1]["flags"]


def test_access_by_mask(stage: Stage) -> None:
    """Access lists by account or mask; a mask gives ranks in the channel, and nothing of the registration."""
    alice, bob = founded(stage), stage.connect("bob")
    assert asks(alice, "FLAGS #chat bob!*@* +op +set") == [
        "A mask can have these alone: op auto-op halfop auto-halfop voice auto-voice topic invite exempt."
    ]
    assert asks(alice, "FLAGS #chat BOB!*@* +op +auto-op")[0].startswith("BOB!*@* has +Oo")
    bob.sends("JOIN #chat")
    assert bob.take()[1] == mode(bob, "#chat +o bob")
    assert asks(alice, "FLAGS #chat m:x +op") == ["That says what happens to somebody, not who it is."]
    assert asks(alice, "FLAGS #chat r: +op")[0].startswith("That mask is not well-formed")
    assert asks(bob, "DEOP #chat alice") == ["alice has a higher rank than you in #chat."]
    assert "logged in" in asks(bob, "FLAGS #chat")[0]


def test_nobody_gives_more_than_they_have(stage: Stage) -> None:
    """Rights checked each time by account."""
    alice, bob = founded(stage), person(stage, "bob")
    carol = person(stage, "carol")
    asks(alice, "FLAGS #chat bob access op see")
    asks(alice, "FLAGS #chat carol op kick")
    assert asks(bob, "FLAGS #chat dave +op") == ["There is no account dave. A mask is written like *!*@host.example."]
    register_account(stage, "dave")
    assert asks(bob, "FLAGS #chat dave +op +voice") == ["You have not got voice yourself."]
    assert asks(bob, "FLAGS #chat dave +op") == ["dave has +o op on #chat now."]
    assert asks(bob, "FLAGS #chat carol -op") == ["You have not got kick yourself."]
    assert asks(bob, "FLAGS #chat alice -*")[0].startswith("The founder has every flag; TRANSFER")
    assert asks(bob, "FLAGS #chat bob *")[0].startswith("You have not got owner")
    assert asks(carol, "FLAGS #chat dave +op") == ["You need the flag access on #chat."]
    assert asks(carol, "FLAGS #chat bob -*") == ["You need the flag access on #chat."]
    assert asks(carol, "FLAGS #chat carol -kick") == ["carol has +o op on #chat now."]
    assert asks(carol, "FLAGS #chat carol +voice") == ["You need the flag access on #chat."]
    assert asks(alice, "FLAGS #chat bob -access")[0].startswith("bob has")
    assert asks(bob, "FLAGS #chat dave -op") == ["You need the flag access on #chat."]


def test_the_list_is_for_who_may_see_it(stage: Stage) -> None:
    """One's own line is for everybody, the rest for those with the flag see."""
    alice, bob, carol = founded(stage), person(stage, "bob"), person(stage, "carol")
    asks(alice, "AOP #chat ADD bob")
    asks(alice, "FLAGS #chat carol voice")
    assert asks(carol, "FLAGS #chat") == ["You need the flag see on #chat."]
    assert asks(carol, "FLAGS #chat bob") == ["You need the flag see on #chat."]
    assert asks(carol, "AOP #chat LIST") == ["You need the flag see on #chat."]
    assert asks(carol, "FLAGS #chat carol") == ["carol: +v voice (by alice)"]
    lines = asks(bob, "FLAGS #chat")
    assert lines[0] == "alice: founder"
    assert lines[1].startswith("bob: AOP +AOehiortv op auto-op halfop voice topic invite kick exempt see (by alice)")
    assert lines[-1] == "End of the access list of #chat."
    assert asks(bob, "ACCESS #chat LIST") == lines
    assert asks(bob, "AOP #chat LIST") == ["AOP of #chat: bob"]
    assert asks(alice, "FLAGS #chat nobody") == ["nobody is not on the access list of #chat."]


def test_aliases(stage: Stage) -> None:
    """ACCESS and the commands named like templates do what FLAGS does."""
    alice = founded(stage)
    register_account(stage, "bob")
    assert asks(alice, "ACCESS #chat ADD bob VOP")[0].startswith("bob has VOP +AVv")
    assert asks(alice, "AOP #chat DEL bob") == ["bob is not AOP of #chat."]
    assert asks(alice, "VOP #chat DEL bob") == ["bob is no longer on the access list of #chat."]
    assert asks(alice, "ACCESS #chat DEL bob") == ["bob is not on the access list."]
    assert asks(alice, "ACCESS #chat FROB bob") == [
        "It is written: LIST, ADD with somebody and what to give, or DEL with somebody."
    ]
    assert asks(alice, "FLAGS #chat bob frob")[0].startswith("frob: there is no such flag or template.")


def test_a_full_list() -> None:
    """Limits: the list of a channel is bounded, and those on it can still be changed."""
    stage = Stage(replace(Config(), channels=Channels(access_entries=1)), nodes=2)
    alice = founded(stage)
    asks(alice, "FLAGS #chat *!*@one.example voice")
    assert asks(alice, "FLAGS #chat *!*@two.example voice") == ["The access list is full."]
    assert asks(alice, "FLAGS #chat *!*@one.example op")[0].startswith("*!*@one.example has +o")


def test_templates(stage: Stage) -> None:
    """Templates, custom ones too; who has one has what it is changed to."""
    alice, bob = founded(stage), person(stage, "bob")
    assert asks(alice, "TEMPLATE #chat helper +op +topic") == ["HELPER is +ot op topic now."]
    asks(alice, "FLAGS #chat bob helper")
    assert asks(alice, "TEMPLATE #chat HELPER -topic +auto-op +access") == ["HELPER is +Ofo op auto-op access now."]
    assert registration(stage).access["bob"].flags == {"op", "auto-op", "access"}
    assert asks(bob, "TEMPLATE #chat HELPER +kick") == ["You have not got kick yourself."]
    assert asks(bob, "TEMPLATE #chat SOP op") [0].startswith("You have not got admin")
    assert asks(alice, "TEMPLATE #chat VOP voice") == ["VOP is +v voice now."]
    again = restarted(stage)
    assert registration(again).template("HELPER") == {"op", "auto-op", "access"}
    assert registration(again).template("VOP") == {"voice"}
    assert asks(alice, "TEMPLATE #chat HELPER -") == ["HELPER is no more."]
    assert asks(alice, "TEMPLATE #chat VOP -")[0].startswith("VOP is +AVv")
    assert asks(alice, "TEMPLATE #chat VOP -") == ["VOP is as it always was."]
    assert asks(alice, "TEMPLATE #chat x,y op")[0].startswith("The name of a template")
    assert len(asks(bob, "TEMPLATE #chat")) == len(TEMPLATES)


def test_ranks_by_access(stage: Stage) -> None:
    """OP, DEOP, VOICE ... by access instead of by rank."""
    alice, bob, carol = founded(stage), person(stage, "bob"), stage.connect("carol")
    asks(alice, "FLAGS #chat bob op voice")
    bob.sends("JOIN #chat")
    carol.sends("JOIN #chat")
    for client in (alice, bob, carol):
        client.take()
    bob.sends("CS OP #chat")
    carol.sees(mode(bob, "#chat +o bob"))
    bob.sends("CS VOICE #chat carol", "CS DEVOICE #chat carol", "CS OP #chat carol bob", "CS DOWN #chat")
    carol.sees(
        mode(bob, "#chat +v carol"), mode(bob, "#chat -v carol"), mode(bob, "#chat +o carol"), mode(bob, "#chat -o bob")
    )  # fmt: skip
    bob.take()
    assert asks(bob, "HALFOP #chat carol") == ["You need the flag halfop on #chat."]
    assert asks(bob, "DEOP #chat alice") == ["alice has a higher rank than you in #chat."]
    assert asks(bob, "OP #chat nobody") == ["nobody is not in #chat."]
    assert asks(bob, "OP #chat carol") == ["There is nothing to change."]
    assert asks(carol, "OP #chat") == ["You need the flag op on #chat."]
    carol.sends("CS DEOP #chat")
    assert mode(carol, "#chat -o carol") in carol.take()
    alice.sends("CS DOWN #chat", "CS UP #chat").take()
    carol.sees(
        *([mode(alice, "#chat -qo alice alice"), mode(alice, "#chat +qo alice alice")]),
    )
    assert asks(bob, "UP #chat") == ["You need the flag founder or auto-op or auto-halfop or auto-voice on #chat."]


def test_operators_of_the_server(staffed: Stage) -> None:
    """Those with the privilege channels manage what is not theirs, and others are told."""
    alice, root, mod = founded(staffed), person(staffed, "root"), person(staffed, "mod")
    root.sends("OPER root secret").take()
    mod.sends("OPER mod secret").take()
    assert asks(mod, "LIST") == ["LIST is for server operators with the privilege channels."]
    assert asks(mod, "FLAGS #chat") == ["You need the flag see on #chat."]
    assert asks(root, "LIST #ch*")[0].startswith("#chat (alice), last used ")
    assert asks(root, "LIST #no*") == ["0 registered channels match."]
    register_account(staffed, "bob")
    mod.take()
    root.sends("CS FLAGS #chat bob +op")
    assert any("root used ChanServ FLAGS: #chat" in line for line in mod.take())
    root.take()
    root.sends("CS TRANSFER #chat bob").take()
    assert registration(staffed).founder == "bob"
    alice.take()
    for node in staffed.nodes:
        check(node.network)


def test_logging_in_and_out(stage: Stage) -> None:
    """Rights are the account's: who logs out has none."""
    alice = founded(stage)
    assert asks(alice, "FLAGS #chat")[0] == "alice: founder"
    log_in(alice, "other")
    assert asks(alice, "FLAGS #chat") == ["You need the flag see on #chat."]
