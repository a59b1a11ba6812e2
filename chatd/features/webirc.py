"""WEBIRC: a trusted web gateway says for whom it speaks.  See IRCv3, "WebIRC".

The connection stays counted under the gateway's address; bans, WHOIS and everything else see the client's.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from chatd.config import WebIrc, networks
from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.refusal import Refused
from chatd.core.serverbans import address_of
from chatd.credentials.passwords import is_configured
from chatd.session import Session
from chatd.wire.hosts import is_host
from chatd.wire.numerics import ERR_ALREADYREGISTERED


@command(
    "WEBIRC", "<password> <gateway> <hostname> <ip> [<options>]", before=True, hidden=True,
    example="WEBIRC secret gateway host.example.org 192.0.2.7 :secure",
)  # fmt: skip
def webirc(ctx: Context, password: str, _gateway: str, hostname: str, ip: str, options: str = "") -> None:
    """Say, as a web gateway, for whom this connection is."""
    session = ctx.session
    if session.user is not None or session.uid:
        raise Refused(ERR_ALREADYREGISTERED)
    if has_begun(session):
        session.close("WEBIRC must be the first command")
        return
    gateways = trusted_gateways(ctx)
    if not gateways:
        session.close("WEBIRC is not allowed from your address")
        return
    address = address_of(ip)
    if address is None or "%" in ip:
        session.close("WEBIRC with an invalid address")
        return
    client_ip = str(address)

    def answer(gateway: str | None) -> None:
        if gateway is None:
            session.close("WEBIRC password incorrect")
            return
        session.gateway = gateway
        session.ip = client_ip
        session.host = clean_host(hostname, client_ip, ctx.config.limits.host)
        named = {option.partition("=")[0] for option in options.split(" ")}
        secure = session.peer.secure and "secure" in named
        session.peer = replace(session.peer, secure=secure, certfp=None, cipher=None, direct=False, bindings={})

    ctx.wait(lambda: named_by(gateways, password), answer, lane=ctx.node.desk.hashing_for(ctx))


def named_by(gateways: list[WebIrc], password: str) -> str | None:
    """The name of the gateway whose password this is; all are looked at, whichever it is."""
    names = [gateway.name for gateway in gateways if is_configured(password, gateway.password.encode())]
    return names[0] if names else None


def has_begun(session: Session) -> bool:
    """Say whether the client said anything of itself already, or a gateway did."""
    told = session.nick or session.username or session.password or session.holds or session.cap_version
    return bool(told) or session.knows_password or session.ip != session.peer.ip or session.host != session.peer.ip


def trusted_gateways(ctx: Context) -> list[WebIrc]:
    """The gateways that connect from this address; others never cost the server a bcrypt check."""
    address = address_of(ctx.session.peer.ip)
    if address is None:
        return []
    return [
        block
        for block in ctx.config.webirc
        if any(address in network for network in networks(block.networks))
    ]


def clean_host(hostname: str, ip: str, limit: int) -> str:
    """The host as given when it is a name and short enough, otherwise the address."""
    try:
        ip_address(hostname)
    except ValueError:
        return hostname if len(hostname) <= limit and is_host(hostname) else ip
    return ip
