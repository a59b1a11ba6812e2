"""NickServ EXPORT and DROP: all that is stored about one account, also where others' channels name it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chanserv import asks, founded, person, register_account, registration, restarted

from chatd.config import Config, Operator
from chatd.core.events import AccountDeleted
from chatd.stores.bans import BanFile
from chatd.testing import Client, Stage


def exported(client: Client, line: str = "NS EXPORT") -> dict[str, Any]:
    """Every value of an export, by its path."""
    client.take()
    client.sends(line)
    head = f":NickServ!services@{client.node.name} NOTICE {client.session.shown_nick} :"
    lines = [line.removeprefix(head) for line in client.take() if line.startswith(head)]
    pairs = [line.split(": ", 1) for line in lines[:-1]]
    assert lines[-1] == f"{len(pairs)} lines."
    return {path: json.loads(value) for path, value in pairs}


def named(stage: Stage) -> Client:
    """Bob, whom a channel of Alice's names in every way there is."""
    alice, bob = founded(stage), person(stage, "Bob", "bob")
    bob.sends("JOIN #chat", "NS GROUP")
    register_account(stage, "carol")
    register_account(stage, "dave")
    asks(alice, "FLAGS #chat bob +op +access +topic +invite +kick +auto-op")
    bob.sends("PART #chat", "JOIN #chat", "TOPIC #chat :by Bob", "MODE #chat +b *!*@spam.example", "PART #chat")
    asks(bob, "FLAGS #chat carol +topic")
    asks(bob, "AKICK #chat ADD dave")
    asks(bob, "INVITELINK #chat MAKE 5 1d")
    alice.sends("MODE #chat +i", "MODE #chat +e a:bob")
    asks(alice, "INVITE #chat bob")
    asks(alice, "AKICK #chat ADD bob being loud")
    stage.passes(1)
    return bob


def test_where_channels_name_it(stage: Stage) -> None:
    """"export of everything stored about one account": access, auto-kick list, invitations, links, what it has set."""
    found = exported(named(stage))
    place = "channels_naming_it[1]."
    inside = {path.removeprefix(place): value for path, value in found.items() if path.startswith(place)}
    made = inside.pop("links[1].made_ms")
    assert len(inside.pop("links[1].id")) > 4
    flags = {inside.pop(path) for path in list(inside) if path.startswith("access.flags")}
    assert flags == {"op", "access", "topic", "invite", "kick", "auto-op"}
    assert inside == {
        "channel": "#chat", "access.at": made,
        "kept_out.reason": "being loud", "kept_out.at": made, "kept_out.expires": 0, "invited_ms": made,
        "links[1].expires_ms": made + 86_400_000, "links[1].uses_left": 5,
        "listed[1]": "+e a:bob",
        "set_by_you[1]": "access carol", "set_by_you[2]": "akick dave", "set_by_you[3]": "+b *!*@spam.example",
        "set_by_you[4]": "topic by Bob",
    }  # fmt: skip
    assert "channels_naming_it" in exported(person(stage, "eve")), "and it is empty for others"


def test_connections_are_shown(stage: Stage) -> None:
    """What is known of the connections that are logged in, though it is not stored."""
    bob = person(stage, "bob", ip="192.0.2.7")
    found = exported(bob)
    assert found["connections[1].address"] == "192.0.2.7"
    assert found["connections[1].nick"] == "bob"
    assert not found["connections[1].secure"]


def test_more_than_fits(stage: Stage) -> None:
    """2000 lines at once, and the others from there on: nothing is left out."""
    bob = person(stage, "bob")
    account = stage.accounts.find("bob")
    assert account is not None
    stage.accounts.put_document(account.account_id, "markers", {f"#{number}": "x" for number in range(2500)})
    bob.sends("NS EXPORT")
    lines = bob.take()
    assert lines[-1].endswith("lines; EXPORT bob 2001 shows the next ones.")
    bob.session.allowance = 1000.0
    bob.sends("NS EXPORT bob 2001")
    rest = bob.take()
    assert {f"#{number}" for number in range(2500)} <= {line.split("markers.")[1].split(":")[0]
                                                       for line in lines + rest if "markers." in line}  # fmt: skip
    assert rest[-1].endswith(" lines.")
    bob.session.allowance = 1000.0
    bob.sends("NS EXPORT bob 0")
    assert bob.take() == [f":NickServ!services@{bob.node.name} NOTICE bob :A line is a number from 1 on."]


def test_an_erased_account_is_named_nowhere(stage: Stage) -> None:
    """"delete (with erase of personal data)": every place that the export lists, now and after a restart."""
    bob = named(stage)
    bob.sends("NS DROP")
    code = next(line.rsplit(" ", 1)[1] for line in bob.take() if "If you are sure: DROP" in line)
    bob.sends(f"NS DROP {code}")
    stage.passes(1)
    for now in (stage, restarted(stage)):
        channel = now.server.network.channels["#chat"]
        each = registration(now)
        assert (channel.topic, channel.topic_by, channel.lists.get("e", {})) == ("by Bob", "*", {})
        assert [ban.by for ban in channel.lists["b"].values()] == ["*"]
        assert (list(each.access), each.access["carol"].by, each.invited, each.links) == (["carol"], "*", {}, {})
        assert (list(each.akicks), each.akicks["dave"].by) == (["dave"], "*")
    (kept,) = stage.kept_channels.load()
    assert "bob" not in repr(kept.document).replace("by Bob", "").lower()


def test_members_see_what_is_taken_off_lists(stage: Stage) -> None:
    """A ban for an account that is gone ends as bans do, before everybody's eyes."""
    alice = founded(stage)
    register_account(stage, "bob")
    alice.sends("MODE #chat +b a:bob").take()
    found = stage.accounts.find("bob")
    assert found is not None
    stage.accounts.delete(found.account_id, 0)
    stage.server.emit(AccountDeleted(stage.server.origin, "bob"))
    stage.settle()
    alice.sees(f":ChanServ!services@{stage.server.name} MODE #chat -b a:bob")


def test_killed_before_a_new_name_was_saved(stage: Stage) -> None:
    """An account is renamed in one transaction; lists that say its old name follow at the next start, for good."""
    alice = founded(stage)
    register_account(stage, "bob")
    for line in ("FLAGS #chat bob +op", "INVITE #chat bob", "AKICK #chat ADD bob late"):
        asks(alice, line)
    stage.passes(1)
    found = stage.accounts.find("bob")
    assert found is not None
    stage.accounts.rename(found.account_id, "Robert", "robert", stage.server.now_ms())
    again = restarted(stage)
    again.settle()
    for now in (again, restarted(again)):
        each = registration(now)
        assert (list(each.access), list(each.invited), list(each.akicks)) == (["robert"], ["robert"], ["robert"])
        assert (each.access["robert"].who, each.access["robert"].flags) == ("Robert", {"op"})
        assert list(now.server.network.registrations.invited) == ["robert"]


def test_what_names_somebody_else_is_not_taken_over(stage: Stage) -> None:
    """Who had the name later is another one, though both are gone from it."""
    alice = founded(stage)
    register_account(stage, "bob")
    found = stage.accounts.find("bob")
    assert found is not None
    stage.accounts.rename(found.account_id, "Robert", "robert", stage.server.now_ms())
    stage.passes(1)
    register_account(stage, "bob")
    asks(alice, "FLAGS #chat bob +op")
    stage.passes(1)
    other = stage.accounts.find("bob")
    assert other is not None
    stage.accounts.delete(other.account_id, 0)
    assert registration(restarted(stage)).access == {}


def test_killed_before_the_channels_were_saved(stage: Stage) -> None:
    """An account ends in one transaction; lists that name it still are cleaned at the next start, for good."""
    alice = founded(stage)
    register_account(stage, "bob")
    asks(alice, "FLAGS #chat bob +op")
    asks(alice, "INVITE #chat bob")
    stage.passes(1)
    found = stage.accounts.find("bob")
    assert found is not None
    stage.accounts.delete(found.account_id, 0)
    again = restarted(stage)
    assert (registration(again).access, registration(again).invited) == ({}, {})
    again.settle()
    register_account(again, "bob")
    assert registration(restarted(again)).access == {}, "who has the name now has nothing of it"


def test_what_else_was_known_of_who_is_erased(tmp_path: Path) -> None:
    """WHOWAS, who has set bans from the server, and documents: markers, metadata, settings, who stays."""
    stage = Stage(Config(operators=(Operator(name="root", account="bob"),)))
    stage.server.keeper = store = BanFile(tmp_path / "bans.json")
    person(stage, "alice").sends("QUIT")
    bob = person(stage, "bob")
    bob.sends("CAP REQ :draft/metadata-2 batch draft/read-marker", "OPER root", "DLINE 192.0.2.99 :spam")
    bob.sends("METADATA * SET url one", "PERSISTENCE SET ON", "NS SET HIDE-SEEN off", "JOIN #a", "NS TOKEN NEW phone")
    bob.sends("MARKREAD #a timestamp=2023-11-14T22:00:00.000Z")
    phone = person(stage, "bobs-phone", "bob")
    phone.sends("NS GROUP", "QUIT")
    stage.passes(20)
    kinds = ("markers", "metadata", "settings", "persistence", "presence", "seen", "names")
    has = {kind for kind in kinds if "bob" in dict(stage.accounts.documents(kind))}
    assert has >= {"markers", "metadata", "settings", "presence", "seen"}
    assert stage.server.network.whowas("bobs-phone")
    bob.sends("NS DROP")
    code = next(line.rsplit(" ", 1)[1] for line in bob.take() if "If you are sure: DROP" in line)
    bob.sends(f"NS DROP {code}")
    stage.passes(1)
    assert [kind for kind in kinds if "bob" in dict(stage.accounts.documents(kind))] == []
    assert stage.server.network.whowas("bobs-phone") == []
    assert stage.server.network.whowas("alice"), "others are remembered"
    assert [(ban.mask, ban.by) for ban in store.load()] == [("192.0.2.99", "*")]
    network = stage.server.network
    assert (network.registry.metadata, network.registry.wishes, network.registry.staying) == ({}, {}, {})
    assert "bob" not in network.markers
