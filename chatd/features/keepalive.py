"""PING, PONG and the deadlines of a connection: registration and silence.  See Modern IRC, "PING"."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.catalog import command, deadline, follows, greets
from chatd.core.events import SessionAttached, UserArrived
from chatd.core.refusal import Refused
from chatd.wire.numerics import ERR_NOORIGIN


@command("PING", "<token>", example="PING hello", before=True)
def ping(ctx: Context, token: str, *rest: str) -> None:
    """Ask the server to answer PONG with the same token."""
    if not token:
        raise Refused(ERR_NOORIGIN)
    ctx.session.push(f":{ctx.node.name} PONG {ctx.node.name} :{token}")


@command("PONG", "<token>", example="PONG hello", before=True, cost=0)
def pong(ctx: Context, *token: str) -> None:
    """Answer a PING of the server."""
    ctx.session.pinged_ms = 0


@greets
def expect_registration(ctx: Context) -> None:
    """Give a new connection its time to register."""
    limit_s = ctx.config.connections.registration_timeout_s
    if limit_s:
        ctx.node.schedule(ctx.session, limit_s)


@follows(UserArrived)
@follows(SessionAttached)
def watch(ctx: Context, event: UserArrived | SessionAttached) -> None:
    """Begin to watch for silence."""
    interval_s = ctx.config.connections.ping_interval_s
    if interval_s:
        ctx.node.schedule(ctx.session, interval_s)


@deadline
def look(ctx: Context) -> None:
    """Close what did not register in time, ping what is silent, close what did not answer."""
    session = ctx.session
    settings = ctx.config.connections
    now_ms = ctx.now_ms()
    if session.user is None:
        limit_s = settings.registration_timeout_s
        left_s = limit_s - (now_ms - session.connected_ms) / 1000
        if limit_s and left_s < 1:
            session.close("Registration timed out")
        elif limit_s:
            ctx.node.schedule(session, left_s)
        return
    if not settings.ping_interval_s or session.typed:
        return  # a person's client answers no PING: TCP keepalive watches those connections
    silent_s = (now_ms - session.heard_ms) / 1000
    if session.pinged_ms and session.heard_ms > session.pinged_ms:
        session.pinged_ms = 0
    if session.pinged_ms:
        left_s = settings.ping_timeout_s - (now_ms - session.pinged_ms) / 1000
        if settings.ping_timeout_s and left_s < 1:
            session.close(f"Ping timeout: {round(silent_s)} seconds")
            return
        ctx.node.schedule(session, left_s if settings.ping_timeout_s else settings.ping_interval_s)
    elif silent_s >= settings.ping_interval_s - 1:
        session.pinged_ms = now_ms
        session.push(f"PING :{ctx.node.name}")
        ctx.node.schedule(session, settings.ping_timeout_s or settings.ping_interval_s)
    else:
        ctx.node.schedule(session, settings.ping_interval_s - silent_s)
