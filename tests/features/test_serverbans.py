"""KLINE, DLINE, their ends, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import bcrypt
import pytest
from logins import log_in
from msgspec.structs import replace

import chatd.features
from chatd.config import Config, Operator, WebIrc
from chatd.core.catalog import Catalog
from chatd.core.kept import KeptBan
from chatd.server import ChatServer
from chatd.stores.bans import BanFile
from chatd.testing import Client, MemoryHistory, Stage
from chatd.wire.durations import duration_of

SERVER = Config().server.name
HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
CONFIG = Config(
    operators=(
        Operator(name="root", password=HASH),
        Operator(name="mod", password=HASH, privileges=("kline",)),
    )
)


def operator(stage: Stage, block: str = "root") -> Client:
    """An operator whose greeting is taken away."""
    client = stage.connect("op", ip="198.51.100.9", caps="standard-replies").sends(f"OPER {block} secret")
    client.take()
    return client


def ended(nick: str, ip: str, kind: str, reason: str, server: str = SERVER) -> list[str]:
    """What a banned client sees last."""
    return [
        f":{server} 465 {nick} :You are banned from this server: {reason}",
        f"ERROR :Closing link: {ip} ({kind}-lined ({reason}))",
    ]


def notice(text: str, nick: str = "op") -> str:
    """A notice to operators."""
    return f":{SERVER} NOTICE {nick} :*** {text}"


def test_kline_ends_those_it_matches_at_once() -> None:
    """465 with the reason, then ERROR; others stay, operators are told."""
    stage = Stage(CONFIG)
    op = operator(stage)
    alice, bob = stage.connect("alice", ip="203.0.113.5"), stage.connect("bob", ip="192.0.2.7")
    op.sends("KLINE *@203.0.113.* :too loud")
    alice.sees(*ended("alice", "203.0.113.5", "K", "too loud"))
    assert alice.closed
    assert not bob.closed
    op.sees(notice("op set a K-line on *@203.0.113.* for ever (too loud)"))
    assert stage.server.network.user("alice") is None


def test_kline_matches_the_address_behind_a_cloak_and_the_user_name() -> None:
    """A network in the mask counts as well, and the user name has to match."""
    stage = Stage(CONFIG)
    op = operator(stage)
    alice, bob = stage.connect("alice", ip="203.0.113.5"), stage.connect("bob", ip="203.0.113.6")
    op.sends("KLINE ~ALICE@203.0.113.0/24 out")
    assert (alice.closed, bob.closed) == (True, False)


def test_newcomers_are_refused_until_the_ban_is_over() -> None:
    """465, then the connection is closed; after the time is up the same client is welcome."""
    stage = Stage(CONFIG)
    operator(stage).sends("KLINE 1 *@203.0.113.5 :wait")
    late = stage.open(ip="203.0.113.5").sends("NICK alice", "USER alice 0 * :Alice")
    late.sees(*ended("alice", "203.0.113.5", "K", "wait"))
    assert late.closed
    stage.passes(60)
    stage.connect("alice", ip="203.0.113.5")


def test_dline_closes_and_refuses_addresses() -> None:
    """A connection that has not registered ends too; a new socket is not even admitted."""
    stage = Stage(CONFIG)
    op = operator(stage)
    silent = stage.open(ip="2001:db8::5")
    op.sends("DLINE 2h 2001:db8::/32 :flood")
    silent.sees(*ended("*", "2001:db8::5", "D", "flood"))
    assert stage.server.admit("2001:db8::6") == "D-lined (flood)"
    assert stage.server.admit("2001:db9::6") is None
    op.take()
    op.sends("UNDLINE 2001:db8::/32")
    op.sees(notice("op lifted the D-line on 2001:db8::/32"))
    assert stage.server.admit("2001:db8::6") is None


def test_stats_lists_bans_with_their_hits() -> None:
    """216 and 225 for operators with the privilege, 481 for others."""
    stage = Stage(CONFIG)
    op = operator(stage)
    op.sends("KLINE bad@*.example.org :spam", "DLINE 1 0::1 :loop")
    stage.server.admit("::1")
    op.take()
    source = stage.server.network.users[op.session.uid].source
    op.sends("STATS k", "STATS D")
    op.sees(
        f":{SERVER} 216 op K *.example.org * bad :spam (by {source} for ever, 0 hits)",
        f":{SERVER} 219 op k :End of /STATS report",
        f":{SERVER} 225 op D 0::1 :loop (by {source} until Tue Nov 14 2023 22:14:20 UTC, 1 hits)",
        f":{SERVER} 219 op D :End of /STATS report",
    )
    alice = stage.connect("alice").sends("STATS K")
    alice.sees(
        f":{SERVER} 481 alice :Permission Denied- You're not an IRC operator",
        f":{SERVER} 219 alice K :End of /STATS report",
    )


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("KLINE", "461 op KLINE :Not enough parameters"),
        ("KLINE 60", "461 op KLINE :Not enough parameters"),
        ("KLINE 9999w a@b", "FAIL KLINE INVALID_DURATION :That is too long; leave the duration out for ever"),
        ("KLINE *@*", "FAIL KLINE INVALID_MASK :That would match everybody"),
        ("KLINE *@0.0.0.0/0", "FAIL KLINE INVALID_MASK :That would match everybody"),
        ("KLINE a!b@c", "FAIL KLINE INVALID_MASK :Write a mask like *@*.example.org"),
        ("DLINE host.example", "FAIL DLINE INVALID_MASK :Write an address or a network like 192.0.2.0/24"),
        ("DLINE 0::/0", "FAIL DLINE INVALID_MASK :That would match everybody"),
        ("KLINE *@198.51.100.*", "FAIL KLINE INVALID_MASK :That would match yourself"),
        ("KLINE ~OP@*", "FAIL KLINE INVALID_MASK :That would match yourself"),
        ("DLINE 198.51.100.0/24", "FAIL DLINE INVALID_MASK :That would match yourself"),
        ("UNKLINE x@y", "FAIL UNKLINE NO_SUCH_BAN :There is no ban on x@y"),
    ],
)
def test_what_cannot_be_banned(line: str, answer: str) -> None:
    """Every refusal says what is wrong."""
    op = operator(Stage(CONFIG))
    op.sends(line)
    op.sees(f":{SERVER} {answer}")


@pytest.mark.parametrize(
    ("block", "line", "stays"),
    [
        ("root", "KLINE *@203.0.113.*", True),
        ("root", "DLINE 203.0.113.0/24", True),
        ("mod", "KLINE *@203.0.113.*", True),
        ("mod", "DLINE 203.0.113.0/24", False),
        ("", "KLINE *@203.0.113.*", False),
        ("", "DLINE 203.0.113.0/24", False),
    ],
)
@pytest.mark.parametrize("nodes", [1, 2])
def test_bans_do_not_hold_for_who_may_set_them(nodes: int, block: str, line: str, stays: bool) -> None:
    """An operator with the privilege for a kind of ban stays, whatever others set; other bans hold for all."""
    stage = Stage(CONFIG, nodes=nodes)
    setter = operator(stage)
    other = stage.connect("alice", ip="203.0.113.5").sends(f"OPER {block} secret") if block else stage.connect(
        "alice", ip="203.0.113.5"
    )
    setter.sends(line, "DLINE 192.0.2.200")
    assert other.closed is not stays


def test_operators_behind_a_gateway_that_is_banned() -> None:
    """The address of the gateway counts like their own, for those it does not exempt."""
    gateway = WebIrc(name="web", password=HASH, networks=("192.0.2.80",))
    stage = Stage(replace(CONFIG, webirc=(gateway,)))
    setter = operator(stage)

    def arrive(nick: str) -> Client:
        client = stage.open(ip="192.0.2.80").sends("WEBIRC secret web host.example 203.0.113.5")
        return client.sends(f"NICK {nick}", f"USER {nick} 0 * :x")

    alice, bob = arrive("alice").sends("OPER root secret"), arrive("bob")
    setter.sends("DLINE 192.0.2.80")
    assert (alice.closed, bob.closed) == (False, True)
    alice.take()
    alice.sends("DLINE 192.0.2.80")
    alice.sees(f":{SERVER} NOTICE alice :DLINE: That would match yourself")


def test_each_privilege_opens_its_own_commands() -> None:
    """481 without it."""
    op = operator(Stage(CONFIG), "mod")
    op.sends("DLINE 192.0.2.1", "UNDLINE 192.0.2.1")
    assert [words[1] for words in op.numerics()] == ["481", "481"]


def test_every_node_has_the_table_and_ends_its_own() -> None:
    """On two nodes: the ban set on one ends a user of the other, who sees the other's name in 465."""
    stage = Stage(CONFIG, nodes=2)
    op = operator(stage)
    alice = stage.connect("alice", ip="203.0.113.5")
    assert alice.node is not op.node
    op.sends("KLINE 203.0.113.5 :gone")
    alice.sees(*ended("alice", "203.0.113.5", "K", "gone", alice.node.name))
    tables = [node.network.server_bans.kept() for node in stage.nodes]
    assert tables[0] == tables[1] and len(tables[0]) == 1
    assert all(node.network.user("alice") is None for node in stage.nodes)
    op.sends("UNKLINE *@203.0.113.5")
    assert [node.network.server_bans.kept() for node in stage.nodes] == [[], []]


def test_bans_survive_a_restart(tmp_path: Path) -> None:
    """What one server saved, the next one has."""
    store = BanFile(tmp_path / "bans.json")
    stage = Stage(CONFIG)
    stage.server.keeper = store
    operator(stage).sends("DLINE 192.0.2.77 :one", "DLINE 1 192.0.2.78 :two", "DLINE 192.0.2.79", "UNDLINE 192.0.2.79")
    later = ChatServer(
        CONFIG, Catalog.collect(chatd.features), now_s=lambda: stage.now_s + 60, call_soon=stage.soon.append,
        history=MemoryHistory(), archive=MemoryHistory(), index=MemoryHistory(), keeper=store, accounts=stage.accounts,
        kept_channels=stage.kept_channels,
    )  # fmt: skip
    assert later.admit("192.0.2.77") == "D-lined (one)"
    assert later.admit("192.0.2.78") is None
    assert [kept.mask for kept in later.network.server_bans.kept()] == ["192.0.2.77"]


class FullDisk:
    """A store that cannot save."""

    def save(self, bans: list[KeptBan]) -> None:
        """Fail as a disk does."""
        raise OSError("No space left")


def test_operators_learn_that_saving_failed() -> None:
    """The ban holds nevertheless."""
    stage = Stage(CONFIG)
    stage.server.keeper = FullDisk()
    op = operator(stage)
    op.sends("DLINE 192.0.2.77 :one")
    op.sees(
        notice("op set a D-line on 192.0.2.77 for ever (one)"),
        notice("The server's bans could not be saved: No space left"),
    )
    assert stage.server.admit("192.0.2.77") == "D-lined (one)"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("60", 60), ("1d2h30m", 1590), ("1w", 10080), ("120s", 2), ("0", 0), ("d", None), ("1x", None), ("", None)],
)
def test_durations(text: str, minutes: int | None) -> None:
    """Plain numbers are minutes."""
    assert duration_of(text) == (None if minutes is None else minutes * 60_000)


# --- who stays without a connection ------------------------------------------------------------------------


def stays(stage: Stage, ip: str) -> Client:
    """Alice, who stays without a connection."""
    if stage.accounts.find("alice") is None:
        stage.registers("alice")
    alice = log_in(stage, "alice", ip=ip)
    alice.sends("PERSISTENCE SET ON", "JOIN #a").take()
    return alice


@pytest.mark.parametrize("line", ["KLINE *@203.0.113.* :too loud", "DLINE 203.0.113.0/24 :too loud"])
def test_who_stays_leaves_by_a_ban(line: str, nodes: int) -> None:
    """Also without a connection, by where the last one came from; and for good."""
    stage = Stage(CONFIG, nodes=nodes)
    op, watcher = operator(stage), stage.connect("watcher")
    stays(stage, "198.51.100.1").disappears()
    stays(stage, "203.0.113.5").disappears()
    watcher.sends("JOIN #a").take()
    source = stage.server.network.user("alice").source
    op.sends(line)
    watcher.sees(f":{source} QUIT :{line[0]}-lined (too loud)")
    assert all(node.network.user("alice") is None for node in stage.nodes)
    assert stage.accounts.documents("presence") == []


def test_who_stays_leaves_with_the_last_connection_that_is_banned(nodes: int) -> None:
    """One that comes from elsewhere keeps the user, whatever happens to the others."""
    stage = Stage(CONFIG, nodes=nodes)
    op, watcher = operator(stage), stage.connect("watcher")
    first, second = stays(stage, "203.0.113.5"), stays(stage, "192.0.2.7")
    watcher.sends("JOIN #a").take()
    op.sends("KLINE *@203.0.113.* :too loud")
    assert first.closed
    assert not second.closed
    watcher.sees()
    source = stage.server.network.user("alice").source
    op.sends("KLINE *@192.0.2.7 :here too")
    assert second.take()[-1] == "ERROR :Closing link: 192.0.2.7 (K-lined (here too))"
    watcher.sees(f":{source} QUIT :K-lined (here too)")
    assert all(node.network.user("alice") is None for node in stage.nodes)


def test_a_ban_on_somebody_else_leaves_who_stays(nodes: int) -> None:
    """Nor does one that is on where they were before."""
    stage = Stage(CONFIG, nodes=nodes)
    op = operator(stage)
    first, second = stays(stage, "203.0.113.5"), stays(stage, "192.0.2.7")
    first.disappears()
    second.disappears()
    op.sends("KLINE *@203.0.113.* :too loud")
    assert all(node.network.user("alice") is not None for node in stage.nodes)
    back = log_in(stage, "alice", ip="203.0.113.5")
    assert back.closed, "where it comes from is banned"
    assert all(node.network.user("alice") is not None for node in stage.nodes)


def after_restart(stage: Stage, nodes: int) -> Stage:
    """The same servers on the same stores."""
    later = Stage(CONFIG, nodes=nodes, accounts=stage.accounts, kept_channels=stage.kept_channels)
    later.settle()
    return later


@pytest.mark.parametrize("line", ["KLINE *@203.0.113.* :too loud", "DLINE 203.0.113.0/24 :too loud"])
def test_who_stays_leaves_by_a_ban_after_a_restart(line: str, nodes: int) -> None:
    """By the true address that the last connection came from, cloak or not."""
    stage = Stage(CONFIG, nodes=nodes)
    alice = stays(stage, "203.0.113.5")
    alice.sends("MODE alice +x")
    assert stage.server.network.user("alice").host != "203.0.113.5"
    alice.disappears()
    later = after_restart(stage, nodes)
    op = operator(later)
    op.sends("KLINE *@198.51.100.* :others", "DLINE 198.51.100.0/24 :others")
    assert all(node.network.user("alice") is not None for node in later.nodes)
    op.sends(line)
    assert all(node.network.user("alice") is None for node in later.nodes)
    assert stage.accounts.documents("presence") == []


def test_who_was_banned_in_the_last_moment_is_not_brought_back(tmp_path: Path) -> None:
    """The ban was saved, that the user is gone was not."""
    stage = Stage(CONFIG)
    stays(stage, "203.0.113.5").disappears()
    store = BanFile(tmp_path / "bans.json")
    store.save([KeptBan("D", "203.0.113.5", "too loud", "op", 0, 0)])
    later = ChatServer(
        CONFIG, Catalog.collect(chatd.features), now_s=lambda: stage.now_s + 60, call_soon=stage.soon.append,
        history=MemoryHistory(), archive=MemoryHistory(), index=MemoryHistory(), keeper=store, accounts=stage.accounts,
        kept_channels=stage.kept_channels,
    )  # fmt: skip
    assert later.network.user("alice") is None
    assert stage.accounts.documents("presence") == []


def test_where_who_stays_came_from_is_not_shown(nodes: int) -> None:
    """After a restart as before: others see the cloak, and a ban of a channel on the true address says nothing."""
    stage = Stage(CONFIG, nodes=nodes)
    alice = stays(stage, "203.0.113.5")
    alice.sends("MODE alice +x")
    alice.disappears()
    later = after_restart(stage, nodes)
    bob = later.connect("bob")
    bob.sends("WHOIS alice", "WHO alice", "WHOWAS alice", "USERHOST alice")
    assert "203.0.113.5" not in " ".join(bob.take())
