"""What the server says of itself: MOTD, VERSION, ADMIN, LUSERS, TIME, INFO, RULES, LINKS, MAP."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.refusal import Refused
from chatd.wire.numerics import (
    ERR_NOADMININFO,
    RPL_ADMINEMAIL,
    RPL_ADMINLOC1,
    RPL_ADMINLOC2,
    RPL_ADMINME,
    RPL_ENDOFINFO,
    RPL_ENDOFLINKS,
    RPL_ENDOFMOTD,
    RPL_ENDOFRULES,
    RPL_GLOBALUSERS,
    RPL_INFO,
    RPL_LINKS,
    RPL_LOCALUSERS,
    RPL_LUSERCHANNELS,
    RPL_LUSERCLIENT,
    RPL_LUSERME,
    RPL_LUSEROP,
    RPL_LUSERUNKNOWN,
    RPL_MAP,
    RPL_MAPEND,
    RPL_MOTD,
    RPL_MOTDSTART,
    RPL_RULES,
    RPL_RULESSTART,
    RPL_TIME,
    RPL_VERSION,
)


@command("MOTD", "", cost=2)
def motd(ctx: Context, target: str = "") -> None:
    """Show the message of the day."""
    ctx.need_this_server(target)
    ctx.reply(RPL_MOTDSTART, f"- {ctx.node.name} Message of the day - ")
    for line in ctx.node.texts["motd"]:
        ctx.reply(RPL_MOTD, f"- {line}")
    ctx.reply(RPL_ENDOFMOTD)


@command("RULES", "")
def rules(ctx: Context, target: str = "") -> None:
    """Show the rules of this server."""
    ctx.need_this_server(target)
    ctx.reply(RPL_RULESSTART, f"- {ctx.node.name} Rules - ")
    for line in ctx.node.texts["rules"]:
        ctx.reply(RPL_RULES, f"- {line}")
    ctx.reply(RPL_ENDOFRULES)


@command("VERSION", "")
def version(ctx: Context, target: str = "") -> None:
    """Show what this server runs and what it supports."""
    ctx.need_this_server(target)
    ctx.reply(RPL_VERSION, ctx.node.version, ctx.node.name, ctx.config.server.description)
    ctx.catalog.commands["ISUPPORT"].run(ctx, [])


@command("ADMIN", "")
def admin(ctx: Context, target: str = "") -> None:
    """Show who runs this server."""
    ctx.need_this_server(target)
    server = ctx.config.server
    if not (server.admin_name or server.admin_location or server.admin_email):
        raise Refused(ERR_NOADMININFO, ctx.node.name)
    ctx.reply(RPL_ADMINME, ctx.node.name)
    ctx.reply(RPL_ADMINLOC1, server.admin_location or "-")
    ctx.reply(RPL_ADMINLOC2, server.admin_name or "-")
    ctx.reply(RPL_ADMINEMAIL, server.admin_email or "-")


@command("LUSERS", "")
def lusers(ctx: Context, _mask: str = "", target: str = "") -> None:
    """Show how many people and channels there are."""
    ctx.need_this_server(target)
    network = ctx.network
    users = len(network.users)
    visible = users - network.invisible
    clients = network.attached
    unknown = len(ctx.node.sessions) - clients
    ctx.reply(RPL_LUSERCLIENT, f"There are {visible} users and {network.invisible} invisible on 1 servers")
    ctx.reply(RPL_LUSEROP, str(len(network.operators)))
    if unknown:
        ctx.reply(RPL_LUSERUNKNOWN, str(unknown))
    ctx.reply(RPL_LUSERCHANNELS, str(len(network.channels) - network.empty))
    ctx.reply(RPL_LUSERME, f"I have {clients} clients and 0 servers")
    for numeric, words, now, most in (
        (RPL_LOCALUSERS, "local", clients, network.most_attached),
        (RPL_GLOBALUSERS, "global", users, network.most_users),
    ):
        ctx.reply(numeric, str(now), str(most), f"Current {words} users {now}, max {most}")


@command("TIME", "")
def time(ctx: Context, target: str = "") -> None:
    """Show what time it is at the server."""
    ctx.need_this_server(target)
    ctx.reply(RPL_TIME, ctx.node.name, ctx.node.clock_text(ctx.now_ms()))


@command("INFO", "")
def info(ctx: Context, target: str = "") -> None:
    """Show what this server is."""
    ctx.need_this_server(target)
    ctx.reply(RPL_INFO, f"{ctx.node.version}: a chat server that speaks modern IRC, written in Python on Twisted")
    ctx.reply(RPL_INFO, f"Running since {ctx.node.created_text}")
    ctx.reply(RPL_ENDOFINFO)


@command("LINKS", "")
def links(ctx: Context, _first: str = "", _second: str = "") -> None:
    """Show the servers of this network."""
    ctx.reply(RPL_LINKS, ctx.node.name, ctx.node.name, f"0 {ctx.config.server.description}")
    ctx.reply(RPL_ENDOFLINKS, "*")


@command("MAP", "")
def map_(ctx: Context) -> None:
    """Show the servers of this network and how many people are on each."""
    ctx.reply(RPL_MAP, f"{ctx.node.name} [{ctx.network.attached} users]")
    ctx.reply(RPL_MAPEND)
