"""WEBIRC: gateways that speak for others.  Quotes are from IRCv3 webirc."""

from __future__ import annotations

import bcrypt
import pytest
from msgspec.structs import replace

from chatd.config import Config, Operator, Sts, WebIrc
from chatd.testing import Client, Stage

SERVER = Config().server.name
HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
GATEWAY = "192.0.2.10"
CONFIG = Config(
    webirc=(WebIrc(name="web", password=HASH, networks=("192.0.2.10/32",)),),
    operators=(Operator(name="root", password=HASH),),
)


def gateway(line: str, *, stage: Stage | None = None, secure: bool = False, ip: str = GATEWAY) -> Client:
    """A connection that begins with this line."""
    return (stage or Stage(CONFIG)).open(ip=ip, secure=secure, certfp="ab" * 32 if secure else None).sends(line)


def test_the_client_has_its_own_host_and_address() -> None:
    """"This information can be used by the network as if the user was connecting directly."; the peer's address stays,
    for what counts connections.
    """
    client = gateway("WEBIRC secret web host.example.org 203.0.113.5").sends("NICK alice", "USER alice 0 * :Alice")
    user = client.session.user
    assert user is not None
    assert (user.real_host, user.ip, client.session.peer.ip) == ("host.example.org", "203.0.113.5", GATEWAY)


@pytest.mark.parametrize(
    ("host", "ip", "shown"),
    [
        ("a.example", "0::1", ("a.example", "::1")),
        ("a.example", "0::ffff:203.0.113.5", ("a.example", "203.0.113.5")),
        ("localhost", "203.0.113.5", ("203.0.113.5", "203.0.113.5")),
        ("-a.example", "203.0.113.5", ("203.0.113.5", "203.0.113.5")),
        ("bad!host", "203.0.113.5", ("203.0.113.5", "203.0.113.5")),
        ("h" * 64, "203.0.113.5", ("203.0.113.5", "203.0.113.5")),
        ("198.51.100.1", "203.0.113.5", ("203.0.113.5", "203.0.113.5")),
    ],
)
def test_hosts_that_are_none_become_the_address(host: str, ip: str, shown: tuple[str, str]) -> None:
    """Also one that claims to be another address, as "IRC servers MAY attempt to further validate or resolve
    hostnames"; "an IPv6 address beginning with a colon, it MUST be sent with a canonically-acceptable preceding zero".
    """
    session = gateway(f"WEBIRC secret web {host} {ip}").session
    assert (session.host, session.ip) == shown


@pytest.mark.parametrize(
    ("own", "options", "secure"),
    [(True, ":secure", True), (True, ":local-port=1 secure", True), (True, "", False), (False, ":secure", False)],
)
def test_secure_needs_both_halves_of_the_way(own: bool, options: str, secure: bool) -> None:
    """"Servers MUST ONLY treat the connection as secure if this flag is sent and the connection from the gateway to the
    server is also secure with TLS."; the gateway's certificate is never taken for the client's.
    """
    client = gateway(f"WEBIRC secret web a.example 203.0.113.5 {options}", secure=own)
    assert (client.session.peer.secure, client.session.peer.certfp) == (secure, None)


@pytest.mark.parametrize(
    ("line", "ip", "reason"),
    [
        ("WEBIRC wrong web a.example 203.0.113.5", GATEWAY, "WEBIRC password incorrect"),
        ("WEBIRC secret web a.example 203.0.113.5", "192.0.2.11", "WEBIRC is not allowed from your address"),
        ("WEBIRC secret web a.example nowhere", GATEWAY, "WEBIRC with an invalid address"),
        ("WEBIRC secret web a.example fe80::1%x", GATEWAY, "WEBIRC with an invalid address"),
    ],
)
def test_others_are_closed(line: str, ip: str, reason: str) -> None:
    """"IRC servers SHOULD use secure passwords and SHOULD whitelist the IP addresses for the allowed WebIRC gateway
    servers"; "If the `WEBIRC` command does not originate from a whitelisted IP address or uses an incorrect password,
    the gateway SHOULD close any connections with an `ERROR` command."
    """
    client = gateway(line, ip=ip)
    client.sees(f"ERROR :Closing link: {ip} ({reason})")
    assert client.closed


@pytest.mark.parametrize("before", ["NICK alice", "PASS x", "CAP LS 302", "WEBIRC secret web a.example 203.0.113.5"])
def test_it_comes_first_or_not_at_all(before: str) -> None:
    """"The `WEBIRC` command MUST be the first command sent from the WebIRC gateway to the IRC server and MUST be sent
    before capability negotiation": once anything was said, the connection is closed.
    """
    client = gateway(before)
    client.take()
    client.sends("WEBIRC secret web b.example 203.0.113.6")
    assert client.take()[-1].endswith("(WEBIRC must be the first command)")
    assert client.closed


@pytest.mark.parametrize("line", ["WEBIRC", "WEBIRC secret", "WEBIRC secret web", "WEBIRC secret web a.example"])
def test_with_too_few_parameters(line: str) -> None:
    """"The `WEBIRC` command takes four or five parameters": with fewer nobody comes in as somebody else."""
    client = gateway(line)
    client.sees(f":{SERVER} 461 * WEBIRC :Not enough parameters")
    assert (client.session.ip, client.session.gateway) == (GATEWAY, "")


def test_operators_see_how_somebody_came(nodes: int) -> None:
    """"IRC servers SHOULD show when a WebIRC connection is in use and SHOULD provide the original host when possible":
    in WHOIS, with the name that the configuration gives the gateway, to operators and to oneself.
    """
    stage = Stage(CONFIG, nodes=nodes)
    alice = gateway("WEBIRC secret whatever host.example.org 203.0.113.5", stage=stage)
    alice.sends("NICK alice", "USER alice 0 * :Alice")
    root, bob = stage.connect("root"), stage.connect("bob")
    root.sends("OPER root secret")
    for client, shown in ((root, True), (alice, True), (bob, False)):
        client.take()
        lines = client.sends("WHOIS alice").take()
        name, nick = client.node.name, client.session.user.nick
        assert (f":{name} 350 {nick} alice :is connected via the web gateway web" in lines) is shown
        assert any("~alice@host.example.org 203.0.113.5" in line for line in lines) is shown
    assert " 350 " not in "".join(root.sends("WHOIS bob").take())


def test_which_gateway_it_is(nodes: int) -> None:
    """Several may come from one network; the password tells them apart."""
    another = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()
    other = WebIrc(name="other", password=another, networks=("192.0.2.0/24",))
    config = replace(CONFIG, webirc=(*CONFIG.webirc, other), presence=replace(CONFIG.presence, multiclient=True))
    stage = Stage(config, nodes=nodes)
    stage.registers("alice")
    for password in ("another", "secret"):
        client = gateway(f"WEBIRC {password} x host.example.org 203.0.113.5", stage=stage)
        client.session.account = "alice"
        client.sends("NICK alice", "USER alice 0 * :Alice")
    client.take()
    shown = [line.rpartition(" ")[2] for line in client.sends("WHOIS alice").take() if " 350 " in line]
    assert shown == ["other", "web"]


@pytest.mark.parametrize("option", ["secure=examplevalue123", "secure=", "secure"])
def test_options_may_gain_values(option: str) -> None:
    """"Servers MUST be able to handle options that don't currently have defined values gaining values in the future.
    For example, they MUST treat the options `secure` and `secure=examplevalue123` in exactly the same way."
    """
    rest = f"local-port=6697 {option} unheard-of=1 certfp-sha-256={'ab' * 32}"
    for secure in (True, False):
        client = gateway(f"WEBIRC secret web a.example 203.0.113.5 :{rest}", secure=secure)
        assert (client.session.peer.secure, client.session.peer.certfp) == (secure, None)


def test_no_policy_for_those_behind_a_gateway() -> None:
    """They do not choose how they connect, so sts is not for them."""
    client = gateway("WEBIRC secret web host.example.org 203.0.113.5", stage=Stage(replace(CONFIG, sts=Sts(port=6697))))
    assert " sts=" not in "".join(client.sends("CAP LS 302").take())
    assert " sts=port=6697" in "".join(client.stage.open().sends("CAP LS 302").take())


def test_registered_users_are_refused() -> None:
    """462."""
    alice = Stage(CONFIG).connect("alice", ip=GATEWAY).sends("WEBIRC secret web a.example 203.0.113.5")
    alice.sees(f":{SERVER} 462 alice :You may not reregister")


def test_server_bans_see_the_client_behind_the_gateway() -> None:
    """A banned address cannot come in through the gateway."""
    stage = Stage(CONFIG)
    stage.connect("op").sends("OPER root secret", "DLINE 203.0.113.5 :out")
    client = gateway("WEBIRC secret web a.example 203.0.113.5", stage=stage).sends("NICK alice", "USER alice 0 * :A")
    client.sees(
        f":{SERVER} 465 alice :You are banned from this server: out", "ERROR :Closing link: a.example (D-lined (out))"
    )
