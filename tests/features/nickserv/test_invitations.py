"""NickServ: INVITE, and registering with the codes it makes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from talk import told, with_settings

from chatd.testing import Client, Stage


@pytest.fixture
def member(stage: Stage) -> Client:
    """Somebody with an account, where others register by invitation."""
    with_settings(stage, accounts={"registration": "invitation", "registrations_per_address": 100})
    stage.registers("alice", "correct-horse")
    return stage.connect("alice", account="alice")


def code_from(client: Client, *given: str) -> str:
    """A new code."""
    (line,) = told(client, " ".join(["NS INVITE NEW", *given]))
    found = re.match(r"([A-Z2-9]{12}) lets ", line)
    assert found is not None, line
    return found[1]


def registers(stage: Stage, nick: str, *given: str) -> str:
    """What somebody is told who registers with this."""
    return told(stage.connect(nick), " ".join(["NS REGISTER correct-horse", *given]))[0]


def test_a_code_lets_one_person_in(stage: Stage, member: Client) -> None:
    """However it is spelt; with none, a wrong one and one that is used up nobody is."""
    assert registers(stage, "bob") == "To register here you need an invitation code."
    assert registers(stage, "bob2", "NONSENSE") == "That invitation code is not good, or no longer."
    code = code_from(member)
    assert "is made" in registers(stage, "carol", f"{code[:6].lower()}-{code[6:]}")
    assert registers(stage, "dora", code) == "That invitation code is not good, or no longer."


def test_a_code_for_several_and_with_an_address(stage: Stage, member: Client) -> None:
    """Each use counts, and the other words may be in any order."""
    code = code_from(member, "2")
    assert "is made" in registers(stage, "bob", code, "bob@example.org")
    assert "is made" in registers(stage, "carol", "carol@example.org", code)
    assert registers(stage, "dora", code) == "That invitation code is not good, or no longer."


def test_a_name_that_is_taken_uses_up_no_code(stage: Stage, member: Client) -> None:
    """What was refused for another reason may be tried again."""
    code = code_from(member)
    stage.accounts.register("bob", "bob", None, 0)
    assert registers(stage, "bob", code) == "That name is taken."
    assert "is made" in registers(stage, "carol", code)


def test_codes_expire(stage: Stage, member: Client) -> None:
    """After seven days, or as said."""
    usual, short = code_from(member), code_from(member, "1", "2h")
    stage.now_s += 2 * 3600
    assert registers(stage, "bob", short) == "That invitation code is not good, or no longer."
    stage.now_s += 7 * 86_400
    assert registers(stage, "carol", usual) == "That invitation code is not good, or no longer."


def test_codes_are_listed_and_taken_back(stage: Stage, member: Client) -> None:
    """By an id; the code itself is told once."""
    code = code_from(member, "3", "1d")
    (line, total) = told(member, "NS INVITE LIST")
    assert code not in line
    assert line.endswith(": 3 left, until Wed Nov 15 2023 22:13:20 UTC")
    assert total == "1 code."
    which = line.partition(":")[0]
    stage.registers("bob")
    bob = stage.connect("bob", account="bob")
    assert told(bob, f"NS INVITE DEL {which}") == ["You have no code of that id. LIST shows them."]
    assert told(member, f"NS INVITE DEL {which}") == [f"The code {which} is good no longer."]
    assert registers(stage, "carol", code) == "That invitation code is not good, or no longer."
    assert told(member, "NS INVITE LIST") == ["0 codes."]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("NEW 0", "A code works 1 to 1000 times."),
        ("NEW 1001", "A code works 1 to 1000 times."),
        ("NEW ²", "A code works 1 to 1000 times."),
        ("NEW 99999999999999999999", "A code works 1 to 1000 times."),
        ("NEW 1 soon", "A duration is like 7d or 1d12h."),
        ("NEW 1 0d", "A duration is like 7d or 1d12h."),
        ("NEW 1 1d x", "It is written: INVITE NEW [<uses>] [<duration>], INVITE LIST or INVITE DEL <id>."),
        ("DEL", "It is written: INVITE NEW [<uses>] [<duration>], INVITE LIST or INVITE DEL <id>."),
        ("DEL nothing", "You have no code of that id. LIST shows them."),
    ],
)
def test_what_is_malformed(member: Client, given: str, said: str) -> None:
    """In a sentence."""
    assert told(member, f"NS INVITE {given}") == [said]


def test_who_makes_codes(stage: Stage, member: Client) -> None:
    """So many for a member; nobody but operators where that is configured, and where registering is open."""
    with_settings(stage, accounts={"invitations_per_account": 1})
    code_from(member)
    assert told(member, "NS INVITE NEW") == ["You have as many codes as you may have; DEL one."]
    with_settings(stage, accounts={"invitations_by": "operators"})
    assert told(member, "NS INVITE NEW") == ["Here only operators make codes."]
    with_settings(stage, accounts={"registration": "open"})
    assert told(member, "NS INVITE NEW") == ["Nobody needs a code to register here."]


def test_operators_make_any_number(staffed: Stage) -> None:
    """With the privilege accounts."""
    with_settings(staffed, accounts={"registration": "invitation", "invitations_by": "operators",
                                     "invitations_per_account": 1})  # fmt: skip
    staffed.registers("root")
    oper: Any = staffed.connect("root", account="root").sends("OPER root secret")
    assert code_from(oper) != code_from(oper)
