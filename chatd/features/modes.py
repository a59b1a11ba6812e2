"""MODE for channels.  See Modern IRC, "MODE message".  The modes themselves are in the features they belong to."""

from __future__ import annotations

from chatd.context import Context
from chatd.core.attempts import ChangeMode
from chatd.core.bans import Ban
from chatd.core.catalog import Isupport, command, renders
from chatd.core.channel import Channel
from chatd.core.events import Change, ModesChanged
from chatd.core.modes import HALFOP, OWNER, ChannelMode, Kind
from chatd.core.names import CHANTYPES
from chatd.core.refusal import Refused
from chatd.core.user import User
from chatd.delivery.outgoing import Outgoing
from chatd.wire.numerics import (
    ERR_BANLISTFULL,
    ERR_CHANOPRIVSNEEDED,
    ERR_INVALIDKEY,
    ERR_INVALIDMODEPARAM,
    ERR_NEEDMOREPARAMS,
    ERR_NOSUCHNICK,
    ERR_UNKNOWNMODE,
    ERR_USERNOTINCHANNEL,
    ERR_USERSDONTMATCH,
    RPL_BANLIST,
    RPL_CHANNELMODEIS,
    RPL_CREATIONTIME,
    RPL_ENDOFBANLIST,
    RPL_ENDOFEXCEPTLIST,
    RPL_ENDOFINVEXLIST,
    RPL_EXCEPTLIST,
    RPL_INVEXLIST,
)

CHANMODES = Isupport("CHANMODES", lambda node: node.network.modes.chanmodes)
PREFIX = Isupport("PREFIX", lambda node: node.network.modes.prefix)
MODES = Isupport("MODES", lambda node: node.config.limits.modes)
MAXLIST = Isupport(
    "MAXLIST",
    lambda node: ",".join(
        f"{mode.letter}:{node.config.limits.list_entries}"
        for mode in node.network.modes.channel.values()
        if mode.kind is Kind.LIST
    ),
)

_LIST_REPLIES = {
    "b": (RPL_BANLIST, RPL_ENDOFBANLIST),
    "e": (RPL_EXCEPTLIST, RPL_ENDOFEXCEPTLIST),
    "I": (RPL_INVEXLIST, RPL_ENDOFINVEXLIST),
}


@command("MODE", "<channel or nickname> [<modes> [<parameters>]]", example="MODE #chat +o bob")
def mode(ctx: Context, target: str, letters: str = "", *params: str) -> None:
    """Show or change the modes of a channel, or your own."""
    if target[:1] in CHANTYPES and target:
        channel = ctx.find_channel(target)
        if letters:
            change_modes(ctx, channel, letters, list(params))
        else:
            show_modes(ctx, channel)
        return
    user = ctx.network.user(target)
    if user is None:
        raise Refused(ERR_NOSUCHNICK, target.split(" ")[0] or "*")
    if user is not ctx.user:
        raise Refused(ERR_USERSDONTMATCH)
    ctx.catalog.commands["UMODE"].run(ctx, [letters] if letters else [])


def show_modes(ctx: Context, channel: Channel) -> None:
    """324 and 329; parameters of modes are for members only."""
    member = ctx.user.uid in channel.members
    letters = "".join(sorted(channel.modes))
    values = [channel.modes[letter] for letter in sorted(channel.modes) if channel.modes[letter]] if member else []
    ctx.reply(RPL_CHANNELMODEIS, channel.name, f"+{letters}", *values)
    ctx.reply(RPL_CREATIONTIME, channel.name, str(channel.created_ms // 1000))


class Changing:
    """One MODE command being read: what will change, and whom it has already told that it may not."""

    def __init__(self, ctx: Context, channel: Channel, rank: int, overrides: bool = False) -> None:
        self.ctx = ctx
        self.channel = channel
        self.rank = rank
        self.overrides = overrides
        self.changes: list[Change] = []
        self.told_rank = False
        self.listed: set[str] = set()

    def read(self, letters: str, params: list[str]) -> None:
        """Go through the letters, taking parameters as their kinds ask."""
        adding = True
        with_parameter = 0
        for letter in letters:
            if letter in "+-":
                adding = letter == "+"
                continue
            row = self.ctx.catalog.modes.channel.get(letter)
            if row is None:
                self.ctx.reply(ERR_UNKNOWNMODE, letter)
                continue
            takes = row.kind in (Kind.LIST, Kind.KEYED, Kind.RANK) or (row.kind is Kind.VALUED and adding)
            param = ""
            if takes:
                if params:
                    param = params.pop(0)
                    with_parameter += 1
                    if with_parameter > self.ctx.config.limits.modes:
                        continue
                elif row.kind is Kind.LIST:
                    self.show_list(letter)
                    continue
                elif row.kind is not Kind.KEYED or adding:
                    self.ctx.reply(ERR_NEEDMOREPARAMS, "MODE")
                    continue
            try:
                self.take(row, adding, param)
            except Refused as refusal:
                self.ctx.session.refuse(refusal)

    def take(self, row: ChannelMode, adding: bool, param: str) -> None:
        """One letter; raises Refused."""
        if row.kind is Kind.RANK:
            self.take_rank(row, adding, param)
            return
        if row.kind is Kind.LIST and not param:
            self.show_list(row.letter)
            return
        self.need(row.rank)
        if row.kind is Kind.LIST:
            self.take_list(row, adding, param)
        elif adding:
            self.change(Change(True, row.letter, self.clean(row, param) if row.kind is not Kind.FLAG else ""))
        elif row.letter in self.channel.modes:
            self.change(Change(False, row.letter, "*" if row.kind is Kind.KEYED else ""))

    def make_so(self) -> None:
        """All changes happen as one event; ranks alone are not kept."""
        if self.changes:
            if any(not change.uid for change in self.changes):
                self.ctx.need_keeping(self.channel)
            self.ctx.emit(ModesChanged(self.ctx.origin, self.channel.folded, tuple(self.changes)))

    def change(self, change: Change, target: User | None = None) -> None:
        """One change more, unless something forbids it; raises Refused."""
        adding, letter, shown, _ = change
        attempt = ChangeMode(
            self.ctx.user, self.channel, letter, adding, shown, target=target, overrides=self.overrides
        )  # fmt: skip
        self.ctx.attempt(attempt)
        self.changes.append(change)

    def need(self, rank: int) -> None:
        """Refuse (once a command) what needs a higher rank."""
        if self.rank >= rank:
            return
        if self.told_rank:
            raise Refused(None)
        self.told_rank = True
        raise Refused(ERR_CHANOPRIVSNEEDED, self.channel.name)

    def clean(self, row: ChannelMode, param: str) -> str:
        """The parameter as the mode's row wants it; 525 for keys, 696 for others."""
        try:
            if not param or " " in param or param.startswith(":"):
                raise ValueError("Invalid parameter")
            return row.clean(param, self.ctx.config) if row.clean else param
        except ValueError as problem:
            if row.letter == "k":
                raise Refused(ERR_INVALIDKEY, self.channel.name) from None
            shown = param if param and " " not in param and param[0] != ":" else "*"
            raise Refused(ERR_INVALIDMODEPARAM, self.channel.name, row.letter, shown, str(problem)) from None

    def take_rank(self, row: ChannelMode, adding: bool, nick: str) -> None:
        """A prefix mode: nobody gives or takes more than they have, but everybody may step down."""
        target = self.ctx.network.user(nick)
        if target is None:
            raise Refused(ERR_NOSUCHNICK, nick.split(" ")[0] or "*")
        if not (target is self.ctx.user and not adding):
            self.need(row.rank)
        member = self.channel.members.get(target.uid)
        if member is None:
            raise Refused(ERR_USERNOTINCHANNEL, target.nick, self.channel.name)
        self.change(Change(adding, row.letter, target.nick, target.uid), target)

    def take_list(self, row: ChannelMode, adding: bool, text: str) -> None:
        """A ban, an exception or an invitation mask."""
        ban = self.parse(row, text)
        folded = self.ctx.network.fold(ban.text)
        entries = self.channel.lists.get(row.letter, {})
        if adding and folded not in entries:
            coming = sum(change.letter == row.letter for change in self.changes)
            if len(entries) + coming >= self.ctx.config.limits.list_entries:
                raise Refused(ERR_BANLISTFULL, self.channel.name, ban.text)
        shown = ban.text if adding or folded not in entries else entries[folded].text
        self.change(Change(adding, row.letter, shown))

    def parse(self, row: ChannelMode, text: str) -> Ban:
        if " " in text or text.startswith(":") or len(text.encode()) > 200:
            raise Refused(ERR_INVALIDMODEPARAM, self.channel.name, row.letter, "*", "That mask is not well-formed")
        try:
            return self.ctx.network.parse_ban(text)
        except ValueError as problem:
            raise Refused(ERR_INVALIDMODEPARAM, self.channel.name, row.letter, text, str(problem)) from None

    def show_list(self, letter: str) -> None:
        """A list mode without a parameter shows the list, once a command; e and I to operators only."""
        if letter in self.listed:
            return
        self.listed.add(letter)
        row, end = _LIST_REPLIES[letter]
        if (letter != "b" and self.rank < HALFOP) or not self.ctx.may_see(self.channel):
            self.ctx.reply(ERR_CHANOPRIVSNEEDED, self.channel.name)
            return
        for ban in self.channel.lists.get(letter, {}).values():
            self.ctx.reply(row, self.channel.name, ban.text, ban.by, str(ban.set_ms // 1000))
        self.ctx.reply(end, self.channel.name)


def change_modes(ctx: Context, channel: Channel, letters: str, params: list[str]) -> None:
    """Read the change as far as the user's rank allows, and let it happen as one event."""
    changing = Changing(ctx, channel, rank_of(ctx.user, channel))
    changing.read(letters, params)
    changing.make_so()


def rank_of(user: User, channel: Channel) -> int:
    """The rank bits of a user in a channel."""
    member = channel.members.get(user.uid)
    return member.ranks if member else 0


@renders(ModesChanged)
def show_modes_changed(event: ModesChanged) -> list[Outgoing]:
    """``:source MODE #channel +o-v bob carol``, over several lines where it does not fit one."""
    head = f":{event.origin.source} MODE {event.channel} "
    lines: list[Outgoing] = []
    letters, params, sign, size = "", "", "", len(head.encode())
    for change in event.changes:
        wanted = "+" if change.adding else "-"
        needed = 2 + len(change.shown.encode()) + bool(change.shown)
        if letters and size + needed > 510:
            lines.append(Outgoing(event, head + letters + params, extra=bool(lines)))
            letters, params, sign, size = "", "", "", len(head.encode())
        letters += (wanted if wanted != sign else "") + change.letter
        params += f" {change.shown}" if change.shown else ""
        sign = wanted
        size += needed
    lines.append(Outgoing(event, head + letters + params, extra=bool(lines)))
    return lines


@command("SAMODE", "<channel> <modes> [<parameters>]", example="SAMODE #chat +o bob", privilege="override")
def samode(ctx: Context, channel: Channel, letters: str, *params: str) -> None:
    """Change the modes of any channel, for server operators."""
    ctx.node.notice(f"{ctx.user.nick} used SAMODE in {channel.name}: {' '.join([letters, *params])}")
    changing = Changing(ctx, channel, 2 * OWNER - 1, overrides=True)
    changing.read(letters, list(params))
    changing.make_so()
