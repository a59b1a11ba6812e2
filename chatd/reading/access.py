"""Who may read what: channels by their rule, conversations by who one is.  Nobody reads what was said without them.

Decides on the network as it is; only where somebody's account begins has to be looked up, which is done in the thread
that reads (``settled``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from chatd.context import Context
from chatd.core.accounts import NAMES, names_of_account
from chatd.core.archive import BEGINNING, Entry, Part, Selector, Tenure, is_sure, later
from chatd.core.attempts import Join
from chatd.core.channel import Channel
from chatd.core.modes import ModeTable
from chatd.core.names import CHANTYPES, conversation, is_nick, is_nickname, log_name
from chatd.core.refusal import Refused
from chatd.core.user import Membership, User
from chatd.interfaces import AccountStore
from chatd.wire.masks import glob

_NOBODYS: Final = 1 << 30
"""A rank above all."""
Rule: TypeAlias = Literal["join", "registration", "members", "everyone"]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: what logs call the two in these connections, and the other one's account (folded, "": none)."""

    mine: tuple[Tenure, ...]
    theirs: tuple[Tenure, ...]
    their_account: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What of the logs a client may read about one target.

    ``name`` is the target as shown.  ``of_account`` are parts that begin no earlier than the account of that name
    (folded, ``account``), or of ``talk``, when it got the name; of that there may be more under earlier names.
    ``inside`` says that the client is a member, and may be shown who came and went.
    ``sees`` says of a message whether it was for this client; only where ``ranked`` there may be such to a rank.
    """

    name: str
    parts: tuple[Part, ...] = ()
    of_account: tuple[Part, ...] = ()
    account: str = ""
    talk: Talk | None = None
    inside: bool = False
    ranked: bool = False
    sees: Callable[[Entry], bool] | None = None


def settled(reading: Reading, accounts: AccountStore) -> tuple[Part, ...]:
    """Give all parts with their ends, for a thread; asks the store for names of accounts.  Raises StoreError."""
    own = tenures_of(reading.account, accounts)
    parts = list(reading.parts)
    if own:
        begins = own[-1 if reading.talk is None else 0].since
        parts += [part._replace(since=later(part.since or BEGINNING, begins)) for part in reading.of_account]
    if reading.talk is not None:
        parts += before_renames(reading.talk, own, accounts)
    return tuple(dict.fromkeys(parts))


def before_renames(talk: Talk, own: tuple[Tenure, ...], accounts: AccountStore) -> list[Part]:
    """The parts of a conversation in which the account of one of the two, or of both, had another name."""
    earlier = tenures_of(talk.their_account, accounts)[1:]
    pairs = [(mine, their) for mine in own[1:] for their in talk.theirs]
    pairs += [(mine, their) for mine in (*talk.mine, *own) for their in earlier]
    return [part for mine, their in pairs if (part := overlap(mine, their)) is not None]


def tenures_of(account: str, accounts: AccountStore) -> tuple[Tenure, ...]:
    """Give all names of an account (folded) with their times, the present one first; for a thread.

    Others may have had a name before, or have it since; of a moment in which it changed hands nothing is either's.
    Nothing for no account.  Raises StoreError.
    """
    found = accounts.find(account) if account else None
    if found is None or found.folded != account:
        return ()
    names = names_of_account(accounts.document(found.account_id, NAMES), found)
    ends = [*(Selector(since_ms - 1) for _, since_ms in names[1:]), None]
    begins = [names[0][1], *(since_ms + 1 for _, since_ms in names[1:])]
    tenures = [
        Tenure(name, Selector(since_ms), until)
        for (name, _), since_ms, until in zip(names, begins, ends, strict=True)
    ]  # fmt: skip
    return tuple(reversed(tenures))


def names_of(user: User) -> tuple[Tenure, ...]:
    """What logs call somebody, now and earlier in this connection; accounts only while one is logged in to them."""
    now = user.called if user.account is None else user.called._replace(since=BEGINNING)
    return (now, *(name for name in reversed(user.names) if is_nickname(name.name)))


def begun(names: Iterable[Tenure], account: str, accounts: AccountStore) -> tuple[Tenure, ...]:
    """Give the client's names, for a thread: those of its account (folded) with their times, instead of that now."""
    return (*tenures_of(account, accounts), *(name for name in names if name.name != account))


# --- channels ------------------------------------------------------------------------------------------------


def rule_of(ctx: Context, channel: Channel) -> Rule:
    """The rule by which a channel's history is read."""
    settings = ctx.config.history
    for special in settings.readers:
        if glob(ctx.network.fold(special.mask), channel.folded):
            return special.access
    return settings.access


def of_channel(ctx: Context, channel: Channel) -> Reading | None:
    """What the client may read of a channel; None for nothing, not even that there is one."""
    user, rule = ctx.user, rule_of(ctx, channel)
    member = channel.members.get(user.uid)
    now = Selector(ctx.now_ms())  # until it is read, the client may be outside
    if member is None:
        if rule != "everyone" or not may_enter(ctx, channel):
            return None
        return Reading(channel.name, parts_since(channel, channel.made, now))
    since, account = channel.made, ""
    if rule == "join":
        since = member.since
    elif rule == "registration" and user.account is None:
        since = later(channel.made, user.arrived)
    elif rule == "registration" and user.account is not None:
        account = ctx.network.fold(user.account)
    parts, eyes = parts_since(channel, since, now), eyes_of(ctx, member)
    if account:
        return Reading(channel.name, (), parts, account, inside=True, ranked=True, sees=eyes)
    return Reading(channel.name, parts, inside=True, ranked=True, sees=eyes)


def may_enter(ctx: Context, channel: Channel) -> bool:
    """Say whether somebody outside sees the channel and could join it as anybody can, without a key."""
    if not channel.is_visible_to(ctx.user):
        return False
    try:
        ctx.attempt(Join(ctx.user, channel, "", ctx.now_ms()))
    except Refused:
        return False
    return True


def parts_since(channel: Channel, since: Selector, now: Selector | None = None) -> tuple[Part, ...]:
    """The logs of a channel, under the names it had, from some place on, and up to now (None: as far as it goes)."""
    return tuple(
        Part(name.name, later(since, name.since), name.until or now)
        for name in (*channel.names, channel.called)
        if name.until is None or later(since, name.until) == name.until
    )


def eyes_of(ctx: Context, member: Membership) -> Callable[[Entry], bool]:
    """Say of messages to a rank whether a member was of it then: it is now, and was given nothing higher since."""
    modes, ranks, risen = ctx.network.modes, member.ranks, member.risen

    def sees(entry: Entry) -> bool:
        if not entry.for_a_rank:
            return True
        needed = rank_of(modes, entry.params[0])
        return not needed or (ranks >= needed and is_sure(entry, risen) and (entry.time_ms, entry.msgid) > risen[:2])

    return sees


def rank_of(modes: ModeTable, target: str) -> int:
    """The rank to which something was said by its target (``@#chat``); 0 for what was said to all."""
    signs = target.partition(CHANTYPES)[0]
    return min((modes.levels.get(sign, _NOBODYS) for sign in signs), default=0)


# --- conversations -------------------------------------------------------------------------------------------


def of_conversation(ctx: Context, nick: str) -> Reading | None:
    """What the client and somebody, who may be gone, have said to each other; None for what is no nickname."""
    if not is_nick(nick, ctx.config.limits.nick):
        return None
    network, me = ctx.network, ctx.user
    other = network.user(nick)
    folded = network.fold(nick)
    if other is not None:
        theirs = (other.called._replace(since=BEGINNING), *other.names)
        account = network.fold(other.account) if other.account is not None else ""
        if account:
            theirs += (Tenure(log_name(folded, None), BEGINNING),)
    else:
        owner = network.registry.owner(folded)
        account = folded if owner is None else network.fold(owner)
        theirs = (Tenure(account, BEGINNING), Tenure(log_name(folded, None), BEGINNING))
    own = network.fold(me.account) if me.account is not None else ""
    parts: dict[Part, None] = {}
    of_account: dict[Part, None] = {}
    names = names_of(me)
    for mine in names:
        for their in theirs:
            part = overlap(mine, their)
            if part is not None:
                (of_account if mine.name == own else parts)[part] = None
    ends = {end for part in (*parts, *of_account) for end in (part.since, part.until) if end is not None}
    return Reading(
        other.nick if other is not None else nick,
        tuple(parts),
        tuple(of_account),
        own,
        Talk(tuple(name for name in names if name.name != own), theirs, account),
        sees=lambda entry: all(is_sure(entry, end) for end in ends),
    )


def overlap(mine: Tenure, their: Tenure) -> Part | None:
    """The part of a conversation in which both had these names; None if they never had."""
    since = later(mine.since, their.since)
    until = earlier(mine.until, their.until)
    if until is not None and later(since, until) == since:
        return None
    return Part(conversation(mine.name, their.name), None if since == BEGINNING else since, until)


def earlier(one: Selector | None, other: Selector | None) -> Selector | None:
    """The end that came first; None stands for none."""
    if one is None or other is None:
        return one or other
    return other if later(one, other) == one else one


def reading_of(ctx: Context, target: str) -> Reading | None:
    """What the client may read about a channel or nickname; None for nothing at all."""
    if target[:1] in CHANTYPES:
        channel = ctx.network.channel(target)
        return None if channel is None else of_channel(ctx, channel)
    return of_conversation(ctx, target)
