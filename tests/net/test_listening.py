"""Opening listeners, and what is said when one cannot be opened."""

from __future__ import annotations

import errno
import os
import socket

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.error import CannotListenError
from worldside import LOCAL, Doorkeeper, dial

from chatd.config import Config, Listen, Proxy
from chatd.net.certificates import Certificates
from chatd.net.listening import ListenError, Listeners
from chatd.net.tcp import DirectReactor


def listeners(on=reactor, warn=None, certificates=None) -> Listeners:
    return Listeners(on, Doorkeeper(), certificates, warn or (lambda text: None))


def refused(*plain: str) -> str:
    """What is said about an endpoint that cannot be used."""
    with pytest.raises(ListenError) as raised:
        listeners().open(Config(listen=Listen(plain=plain, tls=())))
    return str(raised.value)


def test_port_in_use():
    """A port in use: one clear line saying what and where."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        text = f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
        assert refused(text) == f"cannot listen on {text}: Address already in use"


def test_no_such_directory(tmp_path):
    """A Unix socket in a directory that is not there."""
    text = f"unix:{tmp_path}/none/chatd.sock:lockfile=0"
    assert refused(text) == f"cannot listen on {text}: No such file or directory"


def test_unix_socket_in_use(tmp_path, open_house):
    """A Unix socket that another server of this machine listens on."""
    text = f"unix:{tmp_path}/chatd.sock"
    open_house(plain=[text])
    assert refused(text) == f"cannot listen on {text}: Cannot acquire lock"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tpc:6667", "Unknown endpoint type: 'tpc'"),
        ("tcp:port", "invalid literal for int() with base 10: 'port'"),
        ("tcp:6667:interfaces=x", "_parseTCP() got an unexpected keyword argument 'interfaces'"),
    ],
)
def test_bad_endpoint(text, why):
    """An endpoint string that Twisted does not take is named, with its reason, to which Python may add something."""
    assert refused(text).startswith(f"cannot listen on {text}: not a usable endpoint ({why}")


def test_address_of_another_machine():
    """An address given in the configuration fails clearly, even if the machine lacks its whole family."""
    text = "tcp:0:interface=192.0.2.1"
    assert refused(text) == f"cannot listen on {text}: Cannot assign requested address"


class WithoutIPv6(DirectReactor):
    """A machine on which nothing can listen on IPv6; what listens otherwise is only noted."""

    def __init__(self, code: int) -> None:
        super().__init__(reactor)
        self.opened: list[tuple[str, int]] = []
        self._code = code

    def listenTCP(self, port, factory, backlog=0, interface=""):
        if ":" in interface:
            raise CannotListenError(interface, port, OSError(self._code, os.strerror(self._code)))
        self.opened.append((interface, port))


@pytest.mark.parametrize("code", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_machine_without_ipv6(code, tmp_path):
    """By default, IPv6 is not needed: without it all of IPv4 is taken where all was wanted."""
    warnings: list[str] = []
    machine = WithoutIPv6(code)
    config = Config()
    listeners(machine, warnings.append, Certificates(config.tls, "irc.example.org", tmp_path)).open(config)
    assert machine.opened == [("127.0.0.1", 6667), ("0.0.0.0", 6697)]
    assert warnings == [
        "no IPv6 on this machine: not listening on tcp:6667:interface=\\:\\:1",
        "no IPv6 on this machine: listening on tcp:6697:interface=0.0.0.0 instead of tcp:6697:interface=\\:\\:",
    ]


def test_explicit_ipv6_on_a_machine_without_it():
    """Endpoints given explicitly fail clearly."""
    config = Config(listen=Listen(plain=("tcp:6668:interface=\\:\\:1",), tls=()))
    with pytest.raises(ListenError) as raised:
        listeners(WithoutIPv6(errno.EAFNOSUPPORT)).open(config)
    expected = "cannot listen on tcp:6668:interface=\\:\\:1: Address family not supported by protocol"
    assert str(raised.value) == expected


@pytest_twisted.ensureDeferred
async def test_socket_for_all_addresses_takes_ipv4(open_house):
    """A socket on all IPv6 addresses (::) takes IPv4 too, and its IPv4 clients have IPv4 addresses."""
    house = open_house(plain=["tcp:0:interface=\\:\\:"])
    with dial(house.port):
        link = await house.gate.arrivals.get()
        assert link.peer.ip == "127.0.0.1"
    with socket.create_connection(("::1", house.port), 20):
        link = await house.gate.arrivals.get()
        assert link.peer.ip == "::1"


@pytest_twisted.ensureDeferred
async def test_several_listeners(open_house):
    """Several endpoints of one sort are all open, each session knows by which it came."""
    house = open_house(plain=[LOCAL, "tcp:0:interface=127.0.0.2"])
    places = [port.getHost() for _, _, port in house.listeners.ports]
    for place in places:
        with socket.create_connection((place.host, place.port), 20):
            link = await house.gate.arrivals.get()
            assert link.peer.listener == f"tcp:0:interface={place.host}"
    assert house.gate.asked == ["127.0.0.1", "127.0.0.1"]


@pytest_twisted.ensureDeferred
async def test_closed_listeners_refuse(open_house):
    """After close nobody can connect, and the connections that are up stay."""
    house = open_house(plain=[LOCAL])
    port = house.port
    with dial(port) as client:
        link = await house.gate.arrivals.get()
        for stopping in house.listeners.close():
            await stopping
        with pytest.raises(ConnectionRefusedError):
            dial(port)
        link.writer.write(b"still here")
        assert client.recv(100) == b"still here"


def free_place() -> str:
    """An endpoint of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp:{probe.getsockname()[1]}:interface=127.0.0.1"


def port_of(place: str) -> int:
    return int(place.split(":")[1])


@pytest_twisted.ensureDeferred
async def test_another_configuration_closes_and_opens(open_house):
    """What is gone from the configuration is closed at once, what is new is opened; connections stay up."""
    old, kept, new = free_place(), free_place(), free_place()
    house = open_house(plain=[old, kept])
    kept_port = house.listeners.ports[1]
    with dial(port_of(old)) as client:
        link = await house.gate.arrivals.get()
        done = house.listeners.configure(Config(listen=Listen(plain=(new, kept), tls=())))
        assert done == ([f"no longer listening on {old}", f"listening on {new}"], [])
        with pytest.raises(ConnectionRefusedError):
            dial(port_of(old))
        link.writer.write(b"still here")
        assert client.recv(100) == b"still here"
        assert house.listeners.connected == 1
    with dial(port_of(new)):
        assert (await house.gate.arrivals.get()).peer.listener == new
    assert house.listeners.ports[0] is kept_port


@pytest_twisted.ensureDeferred
async def test_the_same_port_for_another_sort(open_house):
    """An endpoint that moves from one setting to another is free in time."""
    place = free_place()
    house = open_house(plain=[place])
    proxied = Config(listen=Listen(plain=(), tls=(), proxied=(place,)), proxy=Proxy(networks=("127.0.0.1",)))
    assert house.listeners.configure(proxied) == ([f"no longer listening on {place}", f"listening on {place}"], [])
    with dial(port_of(place)) as client:
        client.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6667\r\n")
        assert (await house.gate.arrivals.get()).peer.ip == "192.0.2.7"


def test_what_cannot_be_opened_is_tried_again(open_house):
    """One clear line, the others are open nevertheless; when the place is free, the next time opens it."""
    good = free_place()
    house = open_house(plain=[LOCAL])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bad = f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
        config = Config(listen=Listen(plain=(LOCAL, bad, good), tls=()))
        trouble = f"cannot listen on {bad}: Address already in use"
        assert house.listeners.configure(config) == ([f"listening on {good}"], [trouble])
        assert house.listeners.configure(config) == ([], [trouble])
    assert house.listeners.configure(config) == ([f"listening on {bad}"], [])
    assert house.listeners.configure(config) == ([], [])


def test_machine_without_ipv6_is_asked_once(tmp_path):
    """What this machine did without, or with another address, counts as open."""
    machine = WithoutIPv6(errno.EAFNOSUPPORT)
    config = Config()
    house = listeners(machine, certificates=Certificates(config.tls, "irc.example.org", tmp_path))
    house.open(config)
    assert house.configure(config) == ([], [])
    assert len(machine.opened) == 2


def test_unix_socket_whose_file_is_gone(open_house, tmp_path):
    """A listener whose file somebody has removed is closed like any other."""
    text = f"unix:{tmp_path}/chatd.sock:lockfile=0"
    house = open_house(plain=[text])
    (tmp_path / "chatd.sock").unlink()
    done = house.listeners.configure(Config(listen=Listen(plain=(), tls=())))
    assert done == ([f"no longer listening on {text}"], [])


@pytest_twisted.ensureDeferred
async def test_other_proxies(open_house):
    """A change of proxy.networks counts for the next connection."""
    house = open_house(proxied=[LOCAL], networks=("192.0.2.0/24",))
    listen = Listen(plain=(), tls=(), proxied=(LOCAL,))
    house.listeners.configure(Config(listen=listen, proxy=Proxy(networks=("127.0.0.0/8",))))
    with dial(house.port) as client:
        client.sendall(b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 6667\r\n")
        assert (await house.gate.arrivals.get()).peer.ip == "192.0.2.7"
