"""WHO; its fields are in test_whox.py."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def end(client: Client, mask: str) -> str:
    """315."""
    return f"{server(client)} 315 {client.session.shown_nick} {mask} :End of WHO list"


def row(asker: Client, shown: Client, channel: str, flags: str) -> str:
    """352."""
    user = shown.session.user
    return (
        f"{server(asker)} 352 {asker.session.shown_nick} {channel} {user.username} {user.host} {user.node}"
        f" {user.nick} {flags} :0 {user.realname}"
    )


def found(client: Client, line: str) -> list[str]:
    """The nicknames a WHO finds."""
    client.take()
    client.sends(line)
    lines = client.take()
    assert lines.pop().split(" ")[1] == "315"
    return [words.split(" ")[7] for words in lines]


def members(stage: Stage, *nicks: str) -> list[Client]:
    """Clients in #a, the first its operator, with nothing left to read."""
    clients = [stage.connect(nick) for nick in nicks]
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def test_members_of_a_channel(stage: Stage) -> None:
    """A channel name, in which case the channel members are listed."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("AWAY :gone")
    alice.sends("WHO #A")
    alice.sees(row(alice, alice, "#a", "H@"), row(alice, bob, "#a", "G"), end(alice, "#A"))


def test_one_nickname(stage: Stage) -> None:
    """An exact nickname, in which case a single user is returned, with a channel both are in where there is one."""
    alice, bob = members(stage, "alice", "bob")
    carol = stage.connect("carol")
    alice.sends("WHO BOB", "WHO carol")
    alice.sees(
        row(alice, bob, "#a", "H"), end(alice, "BOB"),
        row(alice, carol, "*", "H"), end(alice, "carol"),
    )  # fmt: skip


def test_flags_are_in_order(staffed: Stage) -> None:
    """H or G, * for operators, the highest prefix, then other flags: B for programs."""
    alice, bob = members(staffed, "alice", "bob")
    bob.sends("OPER root secret", "MODE bob +B", "AWAY :x")
    alice.sends("MODE #a +ov bob bob").take()
    alice.sends("WHO bob")
    alice.sees(row(alice, bob, "#a", "G*@B"), end(alice, "bob"))
    carol = staffed.connect("carol", caps="multi-prefix")
    carol.sends("JOIN #a").take()
    carol.sends("WHO bob")
    carol.sees(row(carol, bob, "#a", "G*@+B"), end(carol, "bob"))


def test_masks_match_what_others_see(stage: Stage) -> None:
    """A mask pattern: nickname, user name, shown host, server or real name; never a hidden address."""
    alice = stage.connect("alice")
    bob = stage.connect("bob", ip="203.0.113.9")
    bob.sends("MODE bob -i", "SETNAME :Robert Q")
    host = bob.session.user.host
    for mask in ("b?b", "~bo*", "~bob", host, f"{host[:5]}*", "Robert?Q", ":Robert Q"):
        assert found(alice, f"WHO {mask}") == ["bob"], mask
    for mask in ("203.0.113.9", "203.*", "x*"):
        assert found(alice, f"WHO {mask}") == [], mask
    bob.sends("MODE bob -x")
    assert found(alice, "WHO 203.*") == ["bob"]


@pytest.mark.parametrize("mask", ["*", "0", ":", "b*", "~bob"])
def test_invisible_users_are_found_by_acquaintances_only(stage: Stage, mask: str) -> None:
    """Visible users either aren't invisible or have a common channel with the requesting client."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    assert "bob" not in found(alice, f"WHO {mask}")
    for client in (alice, bob):
        client.sends("JOIN #a")
    assert "bob" in found(alice, f"WHO {mask}")
    bob.sends("PART #a", "MODE bob -i")
    assert "bob" in found(alice, f"WHO {mask}")


def test_who_without_a_mask_is_for_all_visible_users(stage: Stage) -> None:
    """An absent mask and "0" mean everybody; each answer names the mask it ends."""
    alice = stage.connect("alice")
    for asked, mask in (("WHO", "*"), ("WHO 0", "0"), ("WHO *", "*"), ("WHO :", "*")):
        alice.sends(asked)
        alice.sees(row(alice, alice, "*", "H"), end(alice, mask))


@pytest.mark.parametrize(
    ("asked", "mask"),
    [("WHO nobody", "nobody"), ("WHO #none", "#none"), ("WHO :two words", "two"), ("WHO ::x", "*"), ("WHO #", "#")],
)
def test_the_end_comes_whatever_is_asked(stage: Stage, asked: str, mask: str) -> None:
    """Every query needs its terminator."""
    alice = stage.connect("alice")
    alice.sends(asked)
    alice.sees(end(alice, mask))


def test_invisible_members_are_hidden_from_outsiders(stage: Stage) -> None:
    """Who is not in a channel sees its visible members only."""
    alice, bob = members(stage, "alice", "bob")
    bob.sends("MODE bob -i")
    carol = stage.connect("carol")
    carol.sends("WHO #a")
    carol.sees(row(carol, bob, "#a", "H"), end(carol, "#a"))
    assert alice.session.user.nick not in found(carol, "WHO *")


@pytest.mark.parametrize("mode", ["+s", "+p"])
def test_a_hidden_channel_is_not_given_away(stage: Stage, mode: str) -> None:
    """Not by its name, and not as the channel of a member."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends(f"MODE #a {mode}", "MODE alice -i")
    carol = stage.connect("carol")
    carol.take()
    carol.sends("WHO #a", "WHO alice", "WHO alice %cn")
    carol.sees(
        end(carol, "#a"),
        row(carol, alice, "*", "H"), end(carol, "alice"),
        f"{server(carol)} 354 carol * alice", end(carol, "alice"),
    )  # fmt: skip
    bob.take()
    bob.sends("WHO alice")
    bob.sees(row(bob, alice, "#a", "H@"), end(bob, "alice"))


def test_who_hides_their_channels_from_strangers(stage: Stage) -> None:
    """User mode p: no channel is named unless both are in it; the rank there is not shown either."""
    alice, bob = members(stage, "alice", "bob")
    alice.sends("MODE alice -i+p")
    carol = stage.connect("carol")
    carol.sends("WHO alice")
    carol.sees(row(carol, alice, "*", "H"), end(carol, "alice"))
    bob.take()
    bob.sends("WHO alice")
    bob.sees(row(bob, alice, "#a", "H@"), end(bob, "alice"))


def test_operators_see_what_their_privileges_allow(staffed: Stage) -> None:
    """see-secret shows secret channels and invisible users, see-addresses finds and shows addresses."""
    alice = staffed.connect("alice", ip="203.0.113.9").sends("JOIN #a", "MODE #a +s")
    op, mod = staffed.connect("op"), staffed.connect("mod")
    op.sends("OPER root secret").take()
    mod.sends("OPER mod secret").take()
    assert found(op, "WHO #a") == ["alice"]
    assert found(op, "WHO a*") == ["alice"]
    assert found(op, "WHO 203.*") == ["alice"]
    assert found(mod, "WHO #a") == []
    assert found(mod, "WHO 203.*") == []
    op.sends("WHO alice %ci", "WHO alice")
    op.sees(
        f"{server(op)} 354 op #a 203.0.113.9", end(op, "alice"),
        row(op, alice, "#a", "H@"), end(op, "alice"),
    )  # fmt: skip
    mod.sends("WHO alice %ci")
    mod.sees(f"{server(mod)} 354 mod * 203.0.113.9", end(mod, "alice"))


def test_only_operators(staffed: Stage) -> None:
    """o: server operators only, with and without fields, as "Servers MAY support additional non-standard flags before
    the percent character." (IRCv3 whox).
    """
    alice, bob = members(staffed, "alice", "bob")
    bob.sends("OPER root secret")
    assert found(alice, "WHO #a o") == ["bob"]
    assert found(alice, "WHO * o") == ["bob"]
    alice.sends("WHO #a o%n")
    alice.sees(f"{server(alice)} 354 alice bob", end(alice, "#a"))
