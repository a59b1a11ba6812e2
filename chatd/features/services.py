"""NICKSERV, NS, CHANSERV, CS: services by a command of their own, which cannot go astray as a message can."""

from __future__ import annotations

from collections.abc import Sequence

from chatd.context import Context
from chatd.core.catalog import command
from chatd.core.services import Service
from chatd.services.answering import consult
from chatd.services.names import CHANSERV, NICKSERV


@command("NICKSERV", "<command> [<parameters>]", example="NICKSERV HELP")
def nickserv(ctx: Context, *words: str) -> None:
    """Ask NickServ, which keeps accounts: the same as PRIVMSG NickServ."""
    ask(ctx, NICKSERV, words)


@command("NS", "<command> [<parameters>]", example="NS HELP")
def ns(ctx: Context, *words: str) -> None:
    """The same as NICKSERV."""
    ask(ctx, NICKSERV, words)


@command("CHANSERV", "<command> [<parameters>]", example="CHANSERV HELP")
def chanserv(ctx: Context, *words: str) -> None:
    """Ask ChanServ, which keeps channels: the same as PRIVMSG ChanServ."""
    ask(ctx, CHANSERV, words)


@command("CS", "<command> [<parameters>]", example="CS HELP")
def cs(ctx: Context, *words: str) -> None:
    """The same as CHANSERV."""
    ask(ctx, CHANSERV, words)


def ask(ctx: Context, service: Service, words: Sequence[str]) -> None:
    """Words are taken as they came, so that the last may hold spaces, unless everything came as one."""
    if len(words) == 1:
        words = words[0].split()
    consult(ctx, ctx.catalog.services[service.folded], [word for word in words if word])
