"""How services are addressed and how a command finds its function; an unknown one is answered with a sentence.

What is written to a service goes to nobody and into no log.  NOTICE, TAGMSG and CTCP are never answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatd.accounts.login import takes_passwords
from chatd.context import Context
from chatd.core.events import Line, Unheard
from chatd.core.services import Service, ServiceCommand, ServiceTable
from chatd.services.helping import show_help
from chatd.services.request import Declined, Request
from chatd.wire.formatting import is_ctcp

LONGEST_WORD = 60
"""How much of a word somebody made up is repeated in an answer."""


def service_of(ctx: Context, target: str) -> ServiceTable | None:
    """The service of this name: ``NickServ``, or ``NickServ@server`` for those who want to be sure whom they tell."""
    name, at, server = target.lower().partition("@")
    if at and server != ctx.node.name.lower():
        return None
    return ctx.catalog.services.get(name)


def service_named(ctx: Context, nick: str) -> Service | None:
    """The service with this nickname, for those who ask who has it."""
    table = ctx.catalog.services.get(nick.lower())
    return table.service if table is not None else None


def tell_service(
    ctx: Context, verb: str, table: ServiceTable, target: str, text: str | None, tags: Mapping[str, str]
) -> None:
    """Take a message to a service, and answer it where that is due; the sender sees what was sent (echo-message)."""
    if text is None:
        ctx.emit(Unheard(ctx.origin, verb, target, None, tags))
        return
    given = text.split("\n")
    shown = [disguised(table, line) for line in given]
    lines = ctx.lines if shown == given else tuple(Line(line, False) for line in shown)
    ctx.emit(Unheard(ctx.origin, verb, target, "\n".join(shown), tags, lines if ctx.lines else ()))
    if verb != "PRIVMSG" or is_ctcp(text):
        return
    if len(given) > 1:
        Request(ctx, table.service, "").say("Please write one command, on one line.")
        return
    consult(ctx, table, text.split())


def disguised(table: ServiceTable, text: str) -> str:
    """A line as it is repeated, for screens and the logs of clients: without passwords and codes."""
    words = text.split()
    command = table.commands.get(words[0].upper()) if words else None
    return f"{command.name} ***" if command is not None and command.secret and len(words) > 1 else text


def consult(ctx: Context, table: ServiceTable, words: Sequence[str]) -> None:
    """Carry out a command to a service."""
    name = words[0].upper() if words else "HELP"
    request = Request(ctx, table.service, name)
    with request.answered():
        if name == "HELP":
            show_help(request, table, *words[1:3])
            return
        command = table.commands.get(name)
        if command is None:
            shown = words[0] if len(words[0]) <= LONGEST_WORD else f"{words[0][:LONGEST_WORD]}..."
            raise Declined(f"There is no command {shown}. HELP lists them all.")
        carry_out(request, command, list(words[1:]))


def carry_out(request: Request, command: ServiceCommand, words: list[str]) -> None:
    """Check what a command needs, and call it; raises Declined."""
    ctx = request.ctx
    ctx.session.allowance -= command.cost - 1
    if command.secret and words and not takes_passwords(ctx.config, ctx.session.peer):
        raise Declined("Passwords and codes are taken over TLS only. Yours has been sent in the clear: change it.")
    if command.privilege and not ctx.has_privilege(command.privilege):
        raise Declined(f"{command.name} is for server operators with the privilege {command.privilege}.")
    if command.login and ctx.user.account is None:
        raise Declined("You are not logged in. Log in first: /msg NickServ IDENTIFY <account> <password>")
    if len(words) < command.required:
        raise Declined(f"Something is missing. It is written: {command.syntax}. HELP {command.name} says more.")
    if len(words) > command.maximum:
        raise Declined(f"That is too much. It is written: {command.syntax}. HELP {command.name} says more.")
    command.call(request, *words)
