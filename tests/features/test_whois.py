"""WHOIS, WHOWAS, ISON, USERHOST, USERIP."""

from __future__ import annotations

from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Stage


def test_whois_errors(stage: Stage) -> None:
    """431, 402, 401; 318 ends also what found nobody."""
    alice = stage.connect("alice")
    server = f":{alice.node.name}"
    alice.sends("WHOIS", "WHOIS no.server alice", "WHOIS nobody")
    alice.sees(
        f"{server} 431 alice :No nickname given",
        f"{server} 402 alice no.server :No such server",
        f"{server} 401 alice nobody :No such nick/channel",
        f"{server} 318 alice nobody :End of /WHOIS list",
    )


def test_whois_shows_no_secret_channel_to_strangers(stage: Stage) -> None:
    """319 leaves out what the asker may not see, and so does a hidden address."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("JOIN #open,#secret", "MODE #secret +s", "AWAY :gone")
    bob.sends("WHOIS Alice")
    server, user = f":{bob.node.name}", alice.session.user
    bob.sees(
        f"{server} 311 bob alice ~alice {user.host} * :alice",
        f"{server} 319 bob alice :@#open",
        f"{server} 312 bob alice {alice.node.name} :A chatd server",
        f"{server} 301 bob alice :gone",
        f"{server} 317 bob alice 0 1700000000 :seconds idle, signon time",
        f"{server} 318 bob alice :End of /WHOIS list",
    )


def test_whowas(stage: Stage) -> None:
    """314 and 312 for each former holder, the latest first, and 369 at the end; 406 when there was none."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    host = bob.session.user.host
    bob.sends("NICK rob")
    alice.sends("WHOWAS bob", "WHOWAS nobody", "WHOWAS")
    server = f":{alice.node.name}"
    left = "Tue Nov 14 2023 22:13:20 UTC"
    alice.sees(
        f"{server} 314 alice bob ~bob {host} * :bob",
        f"{server} 312 alice bob {bob.node.name} :{left}",
        f"{server} 369 alice bob :End of WHOWAS",
        f"{server} 406 alice nobody :There was no such nickname",
        f"{server} 369 alice nobody :End of WHOWAS",
        f"{server} 431 alice :No nickname given",
    )


def test_who_is_here(stage: Stage) -> None:
    """303 with those who are, 302 with their hosts and whether they are away, 340 with addresses one may see."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("AWAY :x")
    alice.sends("ISON BOB nobody :alice x", "USERHOST bob nobody alice", "USERIP alice bob", "ISON")
    server, host = f":{alice.node.name}", alice.session.user.host
    alice.sees(
        f"{server} 303 alice :bob alice",
        f"{server} 302 alice :bob=-~bob@{host} alice=+~alice@{host}",
        f"{server} 340 alice :alice=+~alice@192.0.2.1 bob=-~bob@255.255.255.255",
        f"{server} 461 alice ISON :Not enough parameters",
    )


def test_whois_may_name_a_server(stage: Stage) -> None:
    """<target> SHOULD be a server name or the nick of a user: this server, the one of 312, or any nickname."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    alice.sends("WHOIS bob")
    plain = alice.take()
    for target in (bob.node.name, bob.node.name.upper(), alice.node.name, "bob", "BOB", "alice", "*"):
        alice.sends(f"WHOIS {target} bob")
        alice.sees(*plain)
    alice.sends("WHOIS nobody Nobody")
    alice.sees(
        f":{alice.node.name} 401 alice Nobody :No such nick/channel",
        f":{alice.node.name} 318 alice Nobody :End of /WHOIS list",
    )
    alice.sends("WHOIS no.server bob")
    alice.sees(f":{alice.node.name} 402 alice no.server :No such server")


def test_long_answers_take_several_lines() -> None:
    """319, 303 and 302 lose nothing that does not fit on one line, however long names are and in however many bytes."""
    config = Config()
    limits = replace(config.limits, nick=64, user=30, host=128, channel=200)
    server = replace(config.server, name=f"{'s' * 31}.{'t' * 31}")
    stage = Stage(replace(config, limits=limits, server=server, cloak=replace(config.cloak, enabled=False)))
    nicks = [letter * 64 for letter in "abcdefghi"]
    people = [stage.open(ip=f"192.0.2.{number}") for number, _ in enumerate(nicks)]
    for number, (client, nick) in enumerate(zip(people, nicks, strict=True)):
        client.session.host = f"{number}{'h' * 120}.example"
        client.sends(f"NICK {nick}", f"USER {nick} 0 * :x").take()
    alice, bob, *_ = people
    channels = [f"#{'é' * 60}{number}" for number in range(8)]
    bob.sends(*[f"JOIN {channel}" for channel in channels]).take()
    hosts = [f"{client.session.user.username}@{client.session.user.host}" for client in people]
    described = [f"{nick}=+{host}" for nick, host in zip(nicks, hosts, strict=True)][:5]
    for line, code, expected in (
        (f"WHOIS {nicks[1]}", "319", [f"@{channel}" for channel in channels]),
        (f"ISON {' '.join(nicks[:7])}", "303", nicks[:7]),
        (f"USERHOST {' '.join(nicks[:5])}", "302", described),
    ):
        alice.sends(line)
        lines = [line for line in alice.take() if line.split(" ")[1] == code]
        assert [word for line in lines for word in line.partition(" :")[2].split(" ")] == expected
        assert len(lines) > 1 or code == "303"
        assert max(len(line.encode()) for line in lines) <= 510
