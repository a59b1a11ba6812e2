"""NickServ SET: what people choose for their accounts, and what it does."""

from __future__ import annotations

import pytest
from logins import log_in
from talk import account_of, answers, told, with_settings

from chatd.core.wishes import WISHES
from chatd.testing import Client, Stage


def owner(stage: Stage) -> Client:
    """Somebody with an account, who is here as its name."""
    stage.registers("alice", "correct-horse")
    return stage.connect("alice", account="alice")


def again(stage: Stage) -> Stage:
    """The same servers after a restart."""
    stage.passes(1)
    other = Stage(stage.server.config, nodes=len(stage.nodes), accounts=stage.accounts,
                  kept_channels=stage.kept_channels)  # fmt: skip
    other.shelf, other.now_s = stage.shelf, stage.now_s
    other.settle()
    return other


@pytest.mark.parametrize("name", WISHES)
def test_every_setting_is_set_shown_kept_and_explained(stage: Stage, name: str) -> None:
    """Derived from one table: HELP for each, SET and INFO show them, EXPORT has them; over a restart; and erased."""
    alice, shown = owner(stage), name.upper()
    assert told(alice, f"NS HELP SET {shown}")[0].startswith(f"\x02SET {shown}\x02 ")
    for value in WISHES[name].values:
        assert told(alice, f"NS SET {name} {value}") == [f"{shown} is {value} now."]
        assert f"{name} {value}" in told(alice, "NS INFO")[1]
        assert any(line.startswith(f"{shown} {value}: ") and "usual" not in line for line in told(alice, "NS SET"))
        alice.session.allowance = 1000.0
    assert any(line.lower().endswith(f': "{value}"') for line in told(alice, "NS EXPORT"))
    alice.session.allowance = 1000.0
    other = again(stage)
    back = other.connect("alice", account="alice")
    assert f"{name} {value}" in told(back, "NS INFO")[1]
    assert told(back, f"NS SET {shown} default")[0].startswith(f"{shown} is ")
    assert any(line.startswith(f"{shown} ") and "as usual here" in line for line in told(back, "NS SET"))
    assert not [kind for kind in ("settings", "persistence") if other.accounts.documents(kind)]


def test_other_words_for_on_and_off(stage: Stage) -> None:
    """As other servers have them."""
    alice = owner(stage)
    assert told(alice, "NS SET always-on true") == ["ALWAYS-ON is on now."]
    assert told(alice, "NS SET always-on No") == ["ALWAYS-ON is off now."]


def test_help_says_what_is_missing(stage: Stage) -> None:
    """HELP SET lists them all."""
    alice = stage.connect("alice")
    shown = told(alice, "NS HELP SET")
    assert all(any(line.startswith(f"\x02{name.upper()}\x02 ") for line in shown) for name in WISHES)
    assert told(alice, "NS HELP SET COLOUR") == ["SET has no COLOUR. HELP SET lists what it has."]


def test_it_is_only_so_when_it_is_written_down(stage: Stage) -> None:
    """A database that is gone is said."""
    alice = owner(stage)
    stage.shelf.is_gone = True
    assert told(alice, "NS SET ENFORCE off") == ["That cannot be done just now; please try again in a few minutes."]
    stage.shelf.is_gone = False
    assert "enforce guest" in told(alice, "NS INFO")[1]


def test_enforcing(stage: Stage) -> None:
    """Others who connect under the nickname: a guest, 433, or whoever wants it."""
    alice = owner(stage)
    told(alice, "NS SET ENFORCE off")
    alice.sends("NICK other")
    stranger = stage.connect("alice")
    assert stranger.session.shown_nick == "alice"
    told(alice, "NS SET ENFORCE refuse")
    stranger.sends("NICK stranger").take()
    newcomer = stage.open()
    newcomer.sends("NICK alice", "USER a 0 * :a")
    assert f":{newcomer.node.name} 433 * alice :Nickname is already in use" in newcomer.take()
    told(alice, "NS SET ENFORCE default")
    guest = stage.open()
    guest.sends("NICK alice", "USER a 0 * :a")
    assert guest.session.shown_nick.startswith("Guest")


def test_the_configuration_decides_first(stage: Stage) -> None:
    """"within what configuration allows"."""
    alice = owner(stage)
    told(alice, "NS SET ENFORCE off")
    with_settings(stage, accounts={"enforcement_by_account": False},
                  presence={"always_on": False, "multiclient": False})  # fmt: skip
    assert told(alice, "NS SET ENFORCE refuse") == ["This server decides that for all nicknames alike."]
    assert told(alice, "NS SET ALWAYS-ON on") == ["This server keeps nobody without a connection."]
    assert told(alice, "NS SET MULTICLIENT on") == ["On this server a nickname is for one connection."]
    assert "enforce guest, always-on off, auto-away on, multiclient off" in told(alice, "NS INFO")[1]
    assert any("though you have chosen off: This server decides" in line for line in told(alice, "NS SET"))
    alice.sends("NICK other")
    assert stage.open().sends("NICK alice", "USER a 0 * :a").session.shown_nick.startswith("Guest")


def test_staying_is_the_same_by_both_names(stage: Stage) -> None:
    """SET ALWAYS-ON and PERSISTENCE are one wish; who uses NickServ alone sees nothing of the other."""
    stage.registers("alice", "correct-horse")
    alice = stage.connect("alice", account="alice", caps="draft/persistence")
    told(alice, "NS SET ALWAYS-ON on")
    alice.sends("PERSISTENCE GET")
    alice.sees(f":{alice.node.name} PERSISTENCE STATUS ON ON")
    alice.sends("PERSISTENCE SET OFF").take()
    assert "always-on off" in told(alice, "NS INFO")[1]
    stage.registers("bob", "correct-horse")
    bob = stage.connect("bob", account="bob")
    bob.sends("NS SET ALWAYS-ON on")
    bob.sees(f":NickServ!services@{bob.node.name} NOTICE bob :ALWAYS-ON is on now.")
    bob.disappears()
    assert all(node.network.user("bob") for node in stage.nodes)


def test_not_away_without_a_connection(stage: Stage) -> None:
    """AUTO-AWAY off: who stays is there for others, over a restart too, unless away was said."""
    alice, watcher = owner(stage), stage.connect("watcher")
    told(alice, "NS SET ALWAYS-ON on")
    told(alice, "NS SET AUTO-AWAY off")
    alice.disappears()
    watcher.sends("PRIVMSG alice :hi")
    watcher.sees()
    for now in (stage, again(stage)):
        assert [node.network.user("alice").away for node in now.nodes] == [None] * len(now.nodes)
    back = log_in(stage, "alice")
    back.sends("AWAY :out").take()
    back.disappears()
    assert [node.network.user("alice").away for node in stage.nodes] == ["out"] * len(stage.nodes)


def test_one_connection_only(stage: Stage) -> None:
    """MULTICLIENT off: the first one has the nickname, and who stays is come back to."""
    alice = owner(stage)
    told(alice, "NS SET MULTICLIENT off")
    second = log_in(stage, "alice")
    assert any(" 433 * alice :" in line for line in second.take())
    second.sends("NICK other").take()
    assert account_of(second) == "alice"
    assert second.session.user is not alice.session.user
    told(alice, "NS SET ALWAYS-ON on")
    alice.disappears()
    third = log_in(stage, "alice")
    assert third.session.user is third.node.network.user("alice")


def test_what_info_tells_others(stage: Stage) -> None:
    """Neither address nor last log-in, unless the owner wishes it."""
    alice, bob = owner(stage), stage.connect("bob")
    found = stage.accounts.find("alice")
    assert found is not None
    stage.accounts.set_email(found.account_id, "alice@example.org")
    assert len(told(bob, "NS INFO alice")) == 1
    told(alice, "NS SET HIDE-MAIL off")
    assert told(bob, "NS INFO alice")[1:] == ["E-mail: alice@example.org"]
    told(alice, "NS SET HIDE-SEEN off")
    assert told(bob, "NS INFO alice")[1:] == ["Last log-in: never", "E-mail: alice@example.org"]


def test_a_renamed_account_has_its_settings(staffed: Stage) -> None:
    """They go along, and whoever has the old name later has none of them."""
    alice, root = owner(staffed), staffed.connect("root")
    root.sends("OPER root secret").take()
    told(alice, "NS SET ENFORCE off")
    told(root, "NS RENAME alice alicia")
    answers(alice)
    assert "enforce off" in told(alice, "NS INFO")[1]
    staffed.registers("alice", "correct-horse")
    assert "enforce guest" in told(staffed.connect("new", account="alice"), "NS INFO")[1]
