"""HELP: every command in plain words, derived from the catalog."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.commands import Command
from chatd.core.refusal import Refused
from chatd.wire.chunks import pack_words
from chatd.wire.numerics import ERR_HELPNOTFOUND, RPL_ENDOFHELP, RPL_HELPSTART, RPL_HELPTXT


@command("HELP", "[<command>]", example="HELP JOIN")
def help_(ctx: Context, subject: str = "") -> None:
    """Show what can be typed, or how one command is used."""
    wanted = subject.strip().upper()
    if not wanted:
        show_all(ctx)
        return
    row = ctx.catalog.commands.get(wanted)
    if row is None or row.hidden:
        raise Refused(ERR_HELPNOTFOUND, "*" if " " in subject else subject)
    show_one(ctx, row)


@command("HELPOP", "[<command>]", example="HELPOP JOIN")
def helpop(ctx: Context, subject: str = "") -> None:
    """The same as HELP."""
    help_(ctx, subject)


def show_all(ctx: Context) -> None:
    """What beginners need, then the names of all commands."""
    ctx.reply(RPL_HELPSTART, "*", "What you can type here")
    lines = [
        "",
        "JOIN #chat - enter a channel (it is made if there is none)",
        "PRIVMSG #chat :hello - say something there; PRIVMSG bob :hello - to one person",
        "LIST - channels; NAMES #chat - who is there; WHOIS bob - who somebody is",
        "PART #chat - leave a channel; QUIT - leave the server",
        "HELP <command> - how a command is used. All commands:",
    ]
    verbs = sorted(
        row.verb
        for row in ctx.catalog.commands.values()
        if not row.hidden and (not row.privilege or ctx.has_privilege(row.privilege))
    )
    for line in [*lines, *pack_words(verbs, 300)]:
        ctx.reply(RPL_HELPTXT, "*", line)
    ctx.reply(RPL_ENDOFHELP, "*", "End of /HELP")


def show_one(ctx: Context, row: Command) -> None:
    """Usage, meaning and an example."""
    ctx.reply(RPL_HELPSTART, row.verb, f"{row.verb} {row.usage}".rstrip())
    ctx.reply(RPL_HELPTXT, row.verb, "")
    summary, _, _ = row.summary.partition("\n\n")
    for line in pack_words(summary.split(), 300):
        ctx.reply(RPL_HELPTXT, row.verb, line)
    if row.example:
        ctx.reply(RPL_HELPTXT, row.verb, f"Example: {row.example}")
    if row.privilege:
        ctx.reply(RPL_HELPTXT, row.verb, f"For server operators with the privilege {row.privilege}.")
    ctx.reply(RPL_ENDOFHELP, row.verb, "End of /HELP")
