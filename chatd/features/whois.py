"""WHOIS, WHOWAS, ISON, USERHOST, USERIP.  See Modern IRC, "User-based Queries"."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.refusal import Refused
from chatd.core.services import USERNAME, Service
from chatd.core.user import User
from chatd.metadata.wording import is_aware, seen_by, wording
from chatd.services.answering import service_named
from chatd.wire.masks import glob
from chatd.wire.numerics import (
    ERR_NONICKNAMEGIVEN,
    ERR_NOSUCHNICK,
    ERR_WASNOSUCHNICK,
    RPL_AWAY,
    RPL_ENDOFWHOIS,
    RPL_ENDOFWHOWAS,
    RPL_ISON,
    RPL_USERHOST,
    RPL_USERIP,
    RPL_WHOISACCOUNT,
    RPL_WHOISACTUALLY,
    RPL_WHOISBOT,
    RPL_WHOISCERTFP,
    RPL_WHOISCHANNELS,
    RPL_WHOISGATEWAY,
    RPL_WHOISHOST,
    RPL_WHOISIDLE,
    RPL_WHOISKEYVALUE,
    RPL_WHOISMODES,
    RPL_WHOISOPERATOR,
    RPL_WHOISSECURE,
    RPL_WHOISSERVER,
    RPL_WHOISUSER,
    RPL_WHOWASUSER,
)


@command("WHOIS", "[<server>] <nickname>", example="WHOIS bob", cost=2)
def whois(ctx: Context, first: str = "", second: str | None = None) -> None:
    """Show who somebody is."""
    nicks = first if second is None else second
    if not nicks:
        raise Refused(ERR_NONICKNAMEGIVEN)
    nick = nicks.split(",")[0].split(" ")[0]
    user = ctx.network.user(nick)
    is_theirs = user is not None and glob(first.lower(), user.node.lower())
    if second is not None and not is_theirs and ctx.network.fold(first) != ctx.network.fold(nick):
        ctx.need_this_server(first)
    service = service_named(ctx, nick)
    if user is not None:
        show_whois(ctx, user)
    elif service is not None:
        show_service(ctx, service)
    else:
        ctx.reply(ERR_NOSUCHNICK, nick or "*")
    ctx.reply(RPL_ENDOFWHOIS, user.nick if user else nick or "*")


def show_service(ctx: Context, service: Service) -> None:
    """What there is to know of a service, which is no user."""
    ctx.reply(RPL_WHOISUSER, service.name, USERNAME, ctx.node.name, "*", service.realname)
    ctx.reply(RPL_WHOISSERVER, service.name, ctx.node.name, ctx.config.server.description)
    ctx.reply(RPL_WHOISBOT, service.name)


def show_whois(ctx: Context, user: User) -> None:
    """All that the asker may know of somebody."""
    privileged = user is ctx.user or ctx.has_privilege("see-addresses")
    ctx.reply(RPL_WHOISUSER, user.nick, user.username, user.host, "*", user.realname)
    if user.certfp and (user is ctx.user or "o" in ctx.user.modes):
        ctx.reply(RPL_WHOISCERTFP, user.nick, f"has client certificate fingerprint {user.certfp}")
    show_channels(ctx, user)
    ctx.reply(RPL_WHOISSERVER, user.nick, user.node, ctx.config.server.description)
    if "o" in user.modes:
        ctx.reply(RPL_WHOISOPERATOR, user.nick)
    if user.account:
        ctx.reply(RPL_WHOISACCOUNT, user.nick, user.account)
    if "B" in user.modes:
        ctx.reply(RPL_WHOISBOT, user.nick)
    if privileged:
        show_addresses(ctx, user)
    if user.secure:
        ctx.reply(RPL_WHOISSECURE, user.nick)
    if user.away is not None:
        ctx.reply(RPL_AWAY, user.nick, user.away)
    show_metadata(ctx, user)
    idle_s = max(0, (ctx.now_ms() - user.active_ms) // 1000)
    ctx.reply(RPL_WHOISIDLE, user.nick, str(idle_s), str(user.signon_ms // 1000))


def show_addresses(ctx: Context, user: User) -> None:
    """378 and 338 for each place the user is connected from, 379, and 350 for each web gateway."""
    whence = dict.fromkeys((one.host, one.ip) for one in user.sessions.values()) or {(user.real_host, user.ip): None}
    for host, ip in whence:
        shown = f"0{ip}" if ip.startswith(":") else ip
        ctx.reply(RPL_WHOISHOST, user.nick, f"is connecting from {user.username}@{host} {shown}")
    ctx.reply(RPL_WHOISMODES, user.nick, f"is using modes +{''.join(sorted(user.modes))}")
    for host, ip in whence:
        shown = f"0{ip}" if ip.startswith(":") else ip
        ctx.reply(RPL_WHOISACTUALLY, user.nick, f"{user.username}@{host}", shown)
    for gateway in dict.fromkeys(one.gateway for one in user.sessions.values() if one.gateway):
        ctx.reply(RPL_WHOISGATEWAY, user.nick, f"is connected via the web gateway {gateway}")


def show_metadata(ctx: Context, user: User) -> None:
    """760: the keys of somebody and their values, to those who negotiated metadata."""
    if is_aware(ctx):
        for key, value in user.metadata.items():
            visible_to = seen_by(ctx, key)
            if visible_to is not None and wording(ctx).value(value) is not None:
                ctx.reply(RPL_WHOISKEYVALUE, user.nick, key, visible_to, value)


def show_channels(ctx: Context, user: User) -> None:
    """319: the channels both are in, and the public ones of who does not hide them."""
    words = []
    for member in user.channels.values():
        channel = member.channel
        hidden = "p" in user.modes or not channel.is_visible_to(ctx.user)
        known = user is ctx.user or ctx.user.uid in channel.members or ctx.has_privilege("see-secret")
        if hidden and not known:
            continue
        words.append(ctx.prefixes(member.ranks) + channel.name)
    if words:
        ctx.reply_words(RPL_WHOISCHANNELS, user.nick, words=words)


@command("WHOWAS", "<nickname> [<count>]", example="WHOWAS bob", cost=2)
def whowas(ctx: Context, nick: str = "", count: str = "", _server: str = "") -> None:
    """Show who had a nickname before."""
    if not nick:
        raise Refused(ERR_NONICKNAMEGIVEN)
    limit = int(count[:9]) if count.isascii() and count.isdigit() else 0
    days = ctx.config.limits.whowas_days
    oldest_ms = ctx.now_ms() - days * 86_400_000 if days else 0
    entries = [entry for entry in ctx.network.whowas(nick) if entry.left_ms >= oldest_ms]
    shown = nick.split(" ")[0] or "*"
    if not entries:
        ctx.reply(ERR_WASNOSUCHNICK, shown)
    for entry in entries[: limit or None]:
        ctx.reply(RPL_WHOWASUSER, entry.nick, entry.username, entry.host, "*", entry.realname)
        if ctx.has_privilege("see-addresses"):
            ctx.reply(RPL_WHOISACTUALLY, entry.nick, f"{entry.username}@{entry.real_host}", entry.ip)
        left = ctx.node.clock_text(entry.left_ms)
        ctx.reply(RPL_WHOISSERVER, entry.nick, entry.node, left)
    ctx.reply(RPL_ENDOFWHOWAS, shown)


@command("ISON", "<nickname>{ <nickname>}", example="ISON bob carol")
def ison(ctx: Context, first: str, *rest: str) -> None:
    """Show which of these nicknames are here."""
    words = " ".join([first, *rest]).split()
    here = [found.nick for found in map(ctx.network.user, words) if found is not None]
    here += [found.name for found in (service_named(ctx, word) for word in words) if found is not None]
    ctx.reply_words(RPL_ISON, words=here)


@command("USERHOST", "<nickname>{ <nickname>}", example="USERHOST bob")
def userhost(ctx: Context, first: str, *rest: str) -> None:
    """Show the hosts of up to five people, and whether they are away."""
    words = [describe(user, user.host) for user in some_users(ctx, first, rest)]
    services = [service_named(ctx, word) for word in " ".join([first, *rest]).split()[:5]]
    words += [f"{service.name}=+{USERNAME}@{ctx.node.name}" for service in services if service is not None]
    ctx.reply_words(RPL_USERHOST, words=words)


@command("USERIP", "<nickname>{ <nickname>}", example="USERIP alice")
def userip(ctx: Context, first: str, *rest: str) -> None:
    """Show the addresses of up to five people, as far as you may see them."""
    words = []
    for user in some_users(ctx, first, rest):
        see = user is ctx.user or ctx.has_privilege("see-addresses") or user.host == user.real_host
        words.append(describe(user, user.ip if see else "255.255.255.255"))
    ctx.reply_words(RPL_USERIP, words=words)


def some_users(ctx: Context, first: str, rest: tuple[str, ...]) -> list[User]:
    """The first five of the nicknames that are here."""
    words = " ".join([first, *rest]).split()[:5]
    return [user for user in map(ctx.network.user, words) if user is not None]


def describe(user: User, host: str) -> str:
    """``nick*=+user@host``: * for operators, + for here, - for away."""
    star = "*" if "o" in user.modes else ""
    sign = "-" if user.away is not None else "+"
    return f"{user.nick}{star}={sign}{user.username}@{host}"
