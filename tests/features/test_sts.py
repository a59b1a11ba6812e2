"""sts: whom TLS is told of, and how.  Quotes are from IRCv3 sts, "Strict Transport Security"."""

from __future__ import annotations

import pytest

from chatd.config import Config, Sts, StsHost
from chatd.testing import Client, Stage, renamed

HOSTS = (
    StsHost(name="irc.example.org", duration_s=2_592_000),
    StsHost(name="chat.example.org", duration_s=86_400, preload=True),
    StsHost(name="old.example.org"),
)
ON = Config(sts=Sts(port=6697, hosts=HOSTS))


@pytest.fixture(params=[1, 2], ids=["one node", "two nodes, late bus"])
def strict(request: pytest.FixtureRequest) -> Stage:
    """A stage on which sts is on."""
    return Stage(ON, nodes=request.param)


def told(client: Client, command: str = "CAP LS 302") -> list[str]:
    """What a client is told of sts."""
    lines = client.sends(command).take()
    words = [word for line in lines for word in line.rpartition(" :")[2].split()]
    return [word for word in words if word.partition("=")[0] == "sts"]


def reconfigure(stage: Stage, config: Config) -> None:
    for number, node in enumerate(stage.nodes):
        node.reconfigure(renamed(config, number), node.texts)
    stage.settle()


def test_it_is_off_by_default(stage: Stage) -> None:
    """"In server software, this capability MUST be made available as an optional configuration setting."""
    assert told(stage.open()) == []
    assert told(stage.open(secure=True, asked_name="irc.example.org")) == []


def test_without_tls(strict: Stage) -> None:
    """"An **upgrade policy**, expressed via the `port` key. *REQUIRED* on an insecure connection."; "To enforce an STS
    upgrade policy, servers MUST send this key to insecurely connected clients.": "This key's value MUST be a single
    port number."
    """
    assert told(strict.open()) == ["sts=port=6697"]


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("irc.example.org", ["sts=duration=2592000"]),
        ("IRC.Example.ORG", ["sts=duration=2592000"]),
        ("chat.example.org", ["sts=duration=86400,preload"]),
        ("old.example.org", ["sts=duration=0"]),
        ("www.example.org", []),
        ("", []),
    ],
)
def test_with_tls(strict: Stage, name: str, policy: list[str]) -> None:
    """"servers SHOULD verify whether the hostname provided by clients, for example, via TLS Server Name Indication
    (SNI), has been whitelisted by administrators in the server configuration. If no hostname has been provided for the
    connection, an STS persistence policy SHOULD NOT be advertised."; "IRCd software SHOULD allow for each part of the
    STS policy to be configured per hostname."; "To enforce an STS persistence policy, servers MUST send this key to
    securely connected clients."; its value "MUST be given as a single integer which represents the number of seconds
    until the persistence policy expires"; "A `duration=0` value indicates a disabled STS persistence policy with an
    immediate expiry."; "This OPTIONAL key, if present on a secure connection, indicates that the server agrees to be
    included in STS preload lists."; "Keys specified in this document MUST only occur at most once."
    """
    assert told(strict.open(secure=True, asked_name=name)) == policy


@pytest.mark.parametrize("command", ["CAP LS", "CAP LS 301"])
def test_never_without_its_value(strict: Stage, command: str) -> None:
    """"When enabled, the capability has a REQUIRED value": clients that see no values do not see it."""
    assert told(strict.open(), command) == []
    assert told(strict.open(secure=True, asked_name="irc.example.org"), command) == []


def test_not_for_those_who_do_not_choose(strict: Stage) -> None:
    """Web pages and people behind a gateway cannot follow an upgrade policy."""
    assert told(strict.open(direct=False)) == []
    assert told(strict.open(direct=False, secure=True, asked_name="irc.example.org")) == []


@pytest.mark.parametrize("wanted", ["sts", "-sts", "server-time sts", "sts=port=6697"])
def test_it_cannot_be_asked_for(strict: Stage, wanted: str) -> None:
    """"Servers MAY reply with a `CAP NAK` message if a client requests this capability."""
    alice = strict.open()
    alice.sends(f"CAP REQ :{wanted}", "CAP LIST")
    server = f":{alice.node.name}"
    alice.sees(f"{server} CAP * NAK :{wanted}", f"{server} CAP * LIST :")


def test_changes_are_told(strict: Stage) -> None:
    """"Servers MAY communicate changes to their STS persistence policy using the `CAP NEW` command provided by
    `cap-notify` or CAP Version `302`."; "This value MAY be used by servers to remove a previously set policy."
    """
    by_name = {"secure": True, "asked_name": "irc.example.org"}
    alice, bob = strict.open(**by_name), strict.open(**by_name)
    plain, other = strict.open(), strict.open(secure=True, asked_name="chat.example.org")
    for client in (alice, plain, other):
        told(client)
    told(bob, "CAP LS")
    reconfigure(strict, Config(sts=Sts(port=7000, hosts=(StsHost(name="irc.example.org"), *HOSTS[1:]))))
    alice.sees(f":{alice.node.name} CAP * NEW :sts=duration=0")
    for client in (bob, plain, other):
        client.sees()
    assert told(plain) == ["sts=port=7000"]


def test_it_is_never_taken_back(strict: Stage) -> None:
    """"Servers MUST NOT send `CAP DEL` to disable this capability"."""
    alice = strict.connect("alice", caps="cap-notify", secure=True, asked_name="irc.example.org")
    bob = strict.connect("bob")
    for client in (alice, bob):
        client.sends("CAP LS 302").take()
    reconfigure(strict, Config())
    alice.sees()
    bob.sees()
    reconfigure(strict, ON)
    alice.sees(f":{alice.node.name} CAP alice NEW :sts=duration=2592000")
    bob.sees()
