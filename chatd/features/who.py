"""WHO and WHOX.  See Modern IRC, "WHO message"; the WHOX specification of IRCv3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatd.context import Context
from chatd.core.catalog import Isupport, command
from chatd.core.names import CHANTYPES
from chatd.core.services import USERNAME, Service
from chatd.core.user import Membership, User
from chatd.services.answering import service_named
from chatd.wire.masks import glob
from chatd.wire.numerics import RPL_ENDOFWHO, RPL_WHOREPLY, RPL_WHOSPCRPL

WHOX = Isupport("WHOX", lambda node: True)

_FIELDS = "tcuihsnfdlaor"


@command("WHO", "<mask> [o][%<fields>[,<token>]]", example="WHO #chat", cost=3)
def who(ctx: Context, mask: str = "*", options: str = "") -> None:
    """Show who is in a channel, or whose names match a mask."""
    flags, percent, rest = options.partition("%")
    fields, _, token = rest.partition(",")
    only_operators = "o" in flags
    for user, member in matching(ctx, mask):
        if only_operators and "o" not in user.modes:
            continue
        if percent:
            show_fields(ctx, user, member, fields, token)
        else:
            show_plain(ctx, user, member)
    service = service_named(ctx, mask)
    if service is not None and not percent and not only_operators:
        show_service(ctx, service)
    ctx.reply(RPL_ENDOFWHO, mask)


def show_service(ctx: Context, service: Service) -> None:
    """352 for a service, which is no user and has no fields for WHOX."""
    ctx.session.push(
        f":{ctx.node.name} {RPL_WHOREPLY.code} {ctx.session.shown_nick} * {USERNAME} {ctx.node.name}"
        f" {ctx.node.name} {service.name} HB :0 {service.realname}"
    )


def matching(ctx: Context, mask: str) -> Iterator[tuple[User, Membership | None]]:
    """Who is asked for, as far as the asker may know."""
    if mask[:1] in CHANTYPES and mask:
        channel = ctx.network.channel(mask)
        if channel is not None and ctx.may_see(channel):
            inside = ctx.user.uid in channel.members or ctx.has_privilege("see-secret")
            for member in channel.members.values():
                if inside or "i" not in member.user.modes:
                    yield member.user, member
        return
    exact = ctx.network.user(mask)
    if exact is not None:
        yield exact, common_membership(ctx, exact)
        return
    folded = ctx.network.fold("*" if mask in ("0", "") else mask)
    for user in ctx.network.users.values():
        if is_visible(ctx, user) and matches(ctx, user, folded):
            yield user, common_membership(ctx, user)


def matches(ctx: Context, user: User, folded: str) -> bool:
    """Say whether a mask matches the nickname, user name, shown host, server or real name."""
    fold = ctx.network.fold
    texts = [user.nick, user.username, user.host, user.node, user.realname]
    if ctx.has_privilege("see-addresses"):
        texts += [user.real_host, user.ip]
    return any(glob(folded, fold(text)) for text in texts)


def is_visible(ctx: Context, user: User) -> bool:
    """Invisible users are shown to themselves and to who shares a channel with them."""
    return (
        "i" not in user.modes
        or user is ctx.user
        or ctx.has_privilege("see-secret")
        or not ctx.user.channels.keys().isdisjoint(user.channels)
    )


def common_membership(ctx: Context, user: User) -> Membership | None:
    """A channel of the user that the asker may see."""
    for member in user.channels.values():
        if ctx.user.uid in member.channel.members:
            return member
    for member in user.channels.values():
        if ctx.has_privilege("see-secret") or (
            member.channel.is_visible_to(ctx.user) and "p" not in user.modes and "i" not in user.modes
        ):
            return member
    return None


def flags_of(ctx: Context, user: User, member: Membership | None) -> str:
    """H or G (here, gone), * for operators, the prefix in the channel, then B for bots."""
    prefixes = ctx.prefixes(member.ranks) if member else ""
    marks = ("G" if user.away is not None else "H") + ("*" if "o" in user.modes else "")
    return marks + prefixes + ("B" if "B" in user.modes else "")


def show_plain(ctx: Context, user: User, member: Membership | None) -> None:
    """352."""
    channel = member.channel.name if member else "*"
    ctx.session.push(
        f":{ctx.node.name} {RPL_WHOREPLY.code} {ctx.session.shown_nick} {channel} {user.username} {user.host}"
        f" {user.node} {user.nick} {flags_of(ctx, user, member)} :0 {user.realname}"
    )


def show_fields(ctx: Context, user: User, member: Membership | None, fields: str, token: str) -> None:
    """354: the fields asked for, in the order the specification gives them."""
    see = ctx.has_privilege("see-addresses") or user is ctx.user or user.host == user.real_host
    idle_s = max(0, (ctx.now_ms() - user.active_ms) // 1000)
    values: dict[str, Callable[[], str]] = {
        "t": lambda: token if token.isascii() and token.isdigit() and len(token) <= 3 else "0",
        "c": lambda: member.channel.name if member else "*",
        "u": lambda: user.username,
        "i": lambda: shown_ip(user) if see else "255.255.255.255",
        "h": lambda: user.host,
        "s": lambda: user.node,
        "n": lambda: user.nick,
        "f": lambda: flags_of(ctx, user, member),
        "d": lambda: "0",
        "l": lambda: str(idle_s),
        "a": lambda: user.account or "0",
        "o": lambda: "n/a",  # the op level of ircu, which nobody has here
        "r": lambda: f":{user.realname}",
    }
    words = [values[field]() for field in _FIELDS if field in fields]
    ctx.session.push(" ".join([f":{ctx.node.name}", RPL_WHOSPCRPL.code, ctx.session.shown_nick, *words]))


def shown_ip(user: User) -> str:
    """An address as a parameter: one that begins with ":" gets a zero before it."""
    return f"0{user.ip}" if user.ip.startswith(":") else user.ip
