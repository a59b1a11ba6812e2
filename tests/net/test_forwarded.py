"""What headers of reverse proxies and browsers are believed."""

from __future__ import annotations

import pytest

from chatd.config import networks
from chatd.net.forwarded import address_in, client_of, hops_of, may_connect

TRUSTED = networks(["127.0.0.0/8", "10.0.0.0/8", "2001:db8:1::/48"])


def client(header: str, *values: str, ip: str = "127.0.0.1", protos: tuple[str, ...] = ()) -> tuple[str, str]:
    return tuple(client_of(ip, hops_of(header, values, protos), TRUSTED))


@pytest.mark.parametrize(
    ("values", "ip", "found"),
    [
        (["192.0.2.7"], "127.0.0.1", "192.0.2.7"),
        (["192.0.2.7"], "198.51.100.1", "198.51.100.1"),
        (["203.0.113.9, 192.0.2.7"], "127.0.0.1", "192.0.2.7"),
        (["203.0.113.9", "192.0.2.7"], "127.0.0.1", "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7, 10.1.1.1"], "127.0.0.1", "192.0.2.7"),
        (["10.1.1.2, 10.1.1.1"], "127.0.0.1", "10.1.1.2"),
        (["2001:db8:2::7"], "2001:db8:1::1", "2001:db8:2::7"),
        (["::ffff:192.0.2.7"], "127.0.0.1", "192.0.2.7"),
        (["unknown"], "127.0.0.1", "127.0.0.1"),
        (["192.0.2.7, unknown"], "127.0.0.1", "127.0.0.1"),
        (["192.0.2.7, , 10.1.1.1"], "127.0.0.1", "10.1.1.1"),
        ([""], "127.0.0.1", "127.0.0.1"),
        ([], "127.0.0.1", "127.0.0.1"),
    ],
)
def test_x_forwarded_for(values, ip, found):
    """The hop nearest to us that is not trusted is the client; whatever the client wrote before it is never read."""
    assert client("X-Forwarded-For", *values, ip=ip) == (found, "")


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["for=192.0.2.7;proto=https;by=203.0.113.43"], ("192.0.2.7", "https")),
        (['For="[2001:db8:2::7]:4711";Proto="HTTPS"'], ("2001:db8:2::7", "https")),
        (["for=203.0.113.9;proto=https, for=192.0.2.7;proto=http"], ("192.0.2.7", "http")),
        (["for=192.0.2.7;proto=https", "for=10.0.0.1;proto=http"], ("192.0.2.7", "https")),
        (['host="a,b;c";for=192.0.2.7'], ("192.0.2.7", "")),
        (["for=192.0.2.7, for=unknown"], ("127.0.0.1", "")),
        (["for=_hidden"], ("127.0.0.1", "")),
        (["proto=https"], ("127.0.0.1", "")),
    ],
)
def test_forwarded(values, found):
    """The same with the header of RFC 7239; the protocol is that of the client's hop."""
    assert client("Forwarded", *values) == found


@pytest.mark.parametrize(
    "value", ['for="192.0.2.7', '"""""for=192.0.2.7', 'for="x, for="[2001:db8:2::7]"', 'for="x\\", for=192.0.2.7']
)
def test_open_quotes(value):
    """A client cannot hide what the proxy writes behind its own in quotes: such a header is refused."""
    with pytest.raises(ValueError, match="quotes"):
        hops_of("Forwarded", [value], [])


def test_protocol_beside_x_forwarded_for():
    """X-Forwarded-Proto says how the client came; of several, the one the nearest proxy wrote."""
    assert client("X-Forwarded-For", "192.0.2.7", protos=("http", "http, HTTPS")) == ("192.0.2.7", "https")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("[192.0.2.1]", None),
        ("[2001:db8::1]x", None),
        ("[2001:db8::1", "2001:db8::1"),
        ("192.0.2.1:x", None),
        ("192.0.2.256", None),
        ("fe80::1%eth0", None),
        ("", None),
        ("_x", None),
    ],
)
def test_addresses(text, address):
    """Proxies write addresses with and without brackets and ports."""
    assert address_in(text) == address


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "may"),
    [
        (None, "irc.example.org", (), True),
        ("https://irc.example.org", "irc.example.org", (), True),
        ("https://IRC.example.org", "irc.Example.org", (), True),
        ("http://irc.example.org:8080", "irc.example.org:8080", (), True),
        ("https://irc.example.org", "irc.example.org:8097", (), False),
        ("https://evil.example", "irc.example.org", (), False),
        ("https://evil.example", "irc.example.org", ("https://chat.example.org",), False),
        ("https://chat.example.org", "irc.example.org", ("https://chat.example.org",), True),
        ("https://chat.example.org.evil.example", "irc.example.org", ("https://chat.example.org",), False),
        ("http://chat.example.org", "irc.example.org", ("https://chat.example.org",), False),
        ("https://a.example.org", "x", ("https://*.example.org",), True),
        ("https://a.b.example.org", "x", ("https://*.example.org",), True),
        ("https://example.org", "x", ("https://*.example.org",), False),
        ("https://evil.example/.example.org", "x", ("https://*.example.org",), False),
        ("https://evil.example:80.example.org", "x", ("https://*.example.org",), False),
        ("http://localhost:5173", "x", ("http://localhost:*",), True),
        ("null", "irc.example.org", (), False),
        ("null", "irc.example.org", ("null",), True),
        ("null", "", (), False),
        ("https://evil.example", "x", ("*",), True),
        ("", "", (), False),
        ("https://", "", (), False),
    ],
)
def test_origins(origin, host, allowed, may):
    """A page of the same host and port may connect, one that is allowed, and everything that is no browser."""
    assert may_connect(origin, host, allowed) is may
