"""CAP: what a client may ask for, and the tags every event has.  See IRCv3 capability negotiation."""

from __future__ import annotations

from chatd.config import Config
from chatd.context import Context
from chatd.core import caps
from chatd.core.caps import Capability, Policy, Tag, contradicts, effective
from chatd.core.catalog import command, reconfigured
from chatd.core.refusal import Refused
from chatd.wire.chunks import pack_words
from chatd.wire.framing import BODY_BYTES
from chatd.wire.numerics import ERR_INVALIDCAPCMD

MESSAGE_TAGS: Capability = caps.MESSAGE_TAGS
SERVER_TIME: Capability = caps.SERVER_TIME
ECHO_MESSAGE: Capability = caps.ECHO_MESSAGE
CAP_NOTIFY: Capability = caps.CAP_NOTIFY

TIME = Tag("time", SERVER_TIME, lambda event: event.time)
MSGID = Tag("msgid", MESSAGE_TAGS, lambda event: event.msgid)


@command("CAP", "LS [302] | LIST | REQ :<capabilities> | END", example="CAP LS 302", before=True)
def cap(ctx: Context, subcommand: str, text: str = "") -> None:
    """Negotiate capabilities; clients do this on their own."""
    name = subcommand.upper()
    act = {"LS": show_offered, "LIST": show_enabled, "REQ": request, "END": end}.get(name)
    if act is None:
        raise Refused(ERR_INVALIDCAPCMD, subcommand or "*")
    act(ctx, text)


def show_offered(ctx: Context, version: str) -> None:
    """CAP LS: begins negotiation before registration; values and several lines for who asks for version 302."""
    session = ctx.session
    asked = int(version[:6]) if version.isascii() and version.isdigit() else 0
    session.cap_version = max(session.cap_version, asked)
    if session.cap_version >= 302:
        change(ctx, session.negotiated | CAP_NOTIFY.bit)
    if session.user is None:
        ctx.hold("CAP")
    offered = [capability.offered(ctx.config, session.peer, asked) for capability in ctx.catalog.capabilities.values()]
    words = [word for word in offered if word]
    if asked >= 302:
        answer(ctx, "LS", words)
    else:
        show_briefly(ctx, sorted(words, key=lambda name: "/" in name))


def show_briefly(ctx: Context, names: list[str]) -> None:
    """The one line that older clients take: what does not fit, drafts first, can be had without being shown."""
    head = f":{ctx.node.name} CAP {ctx.session.shown_nick} LS :"
    ctx.session.push(head + next(pack_words(names, BODY_BYTES - len(head.encode())), ""))


def offer(ctx: Context, capability: Capability, config: Config | None = None) -> str | None:
    """How CAP LS shows a capability to this session, by the present configuration or another; None if it does not."""
    return capability.offered(config or ctx.config, ctx.session.peer, ctx.session.cap_version)


@reconfigured
def announce_changes(ctx: Context, before: Config) -> None:
    """CAP NEW and DEL: another configuration gives capabilities other values, or takes some away.

    A policy is not sprung on those without TLS: all of them would be gone at once.
    """
    session = ctx.session
    if not session.caps & CAP_NOTIFY.bit:
        return
    changed, gone, lost = [], [], 0
    for capability in ctx.catalog.capabilities.values():
        word, old = offer(ctx, capability), offer(ctx, capability, before)
        if word and word != old and (session.peer.secure or not isinstance(capability, Policy)):
            changed.append(word)
        elif old and not word and not isinstance(capability, Policy):
            gone.append(capability.name)
            lost |= capability.bit
    for subcommand, words in (("NEW", changed), ("DEL", gone)):
        for line in pack_words(words, 400):
            session.push(f":{ctx.node.name} CAP {session.shown_nick} {subcommand} :{line}")
    change(ctx, session.negotiated & ~lost)


def show_enabled(ctx: Context, _text: str) -> None:
    """CAP LIST: what this session has negotiated."""
    enabled = ctx.session.negotiated
    answer(ctx, "LIST", [c.name for c in ctx.catalog.capabilities.values() if c.bit & enabled])


def answer(ctx: Context, subcommand: str, words: list[str]) -> None:
    """Send a list, over several lines where the client understands that.

    Drafts come first and the last line is the fullest: some clients read only that, and drafts are not what they know.
    """
    head = f":{ctx.node.name} CAP {ctx.session.shown_nick} {subcommand}"
    words = sorted(words, key=lambda word: not word.startswith("draft/"))
    packed = [line.split(" ") for line in pack_words(reversed(words), BODY_BYTES - len(f"{head} * :".encode()))]
    lines = [" ".join(reversed(line)) for line in reversed(packed)] or [""]
    for line in lines[:-1]:
        more = "* " if ctx.session.cap_version >= 302 else ""
        ctx.session.push(f"{head} {more}:{line}")
    ctx.session.push(f"{head} :{lines[-1]}")


def request(ctx: Context, text: str) -> None:
    """CAP REQ: all of it or nothing."""
    session = ctx.session
    if session.user is None:
        ctx.hold("CAP")
    wanted = session.negotiated
    accepted = True
    words = [word for word in text.split(" ") if word]
    for word in words:
        name = word.removeprefix("-")
        capability = ctx.catalog.capabilities.get(name)
        kept = name != word and capability is CAP_NOTIFY and session.cap_version >= 302
        is_taken = name == word and capability is not None and offer(ctx, capability) is None
        if capability is None or isinstance(capability, Policy) or kept or is_taken:
            accepted = False
            break
        wanted = wanted & ~capability.bit if name != word else wanted | capability.bit
    accepted = accepted and not contradicts(wanted, ctx.catalog.capabilities.values())
    head = f":{ctx.node.name} CAP {session.shown_nick} {'ACK' if accepted else 'NAK'} :"
    # First: what it enables begins after the answer, and after all lines of it.
    for line in list(pack_words(words, BODY_BYTES - len(head.encode()))) or [""]:
        session.push(head + line)
    if accepted:
        change(ctx, wanted)


def change(ctx: Context, wanted: int) -> None:
    """Let a session have other capabilities from the next line on."""
    session = ctx.session
    before = session.caps
    session.negotiated = wanted
    session.caps = effective(wanted, ctx.catalog.capabilities.values())
    if session.caps == before:
        return
    if session.user is not None:
        ctx.network.regroup(session, session.user, before)
    for forget in ctx.catalog.forgettings:
        forget(ctx, before)


def end(ctx: Context, _text: str) -> None:
    """CAP END: negotiation is over; a second one is ignored."""
    if ctx.session.user is None:
        ctx.release("CAP")
