"""What somebody wants to do, with the facts guards need, computed once.

A feature builds the attempt, ``Context.attempt`` puts it before the guards: those every attempt of the type has,
those of the channel's modes, those of the target user's modes.  Guards return nothing or raise Refused, and never
depend on order.
"""

from __future__ import annotations

from typing import Any

from chatd.core.channel import Channel
from chatd.core.modes import NO_RANK
from chatd.core.user import Membership, User


class Attempt:
    """The base: who wants it.  ``channel`` and ``target`` are None where the attempt has none."""

    __slots__ = ("channel", "target", "user")

    def __init__(self, user: User, channel: Channel | None = None, target: User | None = None) -> None:
        self.user = user
        self.channel: Any = channel
        self.target: Any = target

    @property
    def member(self) -> Membership | None:
        """The membership of the user in the channel, or None."""
        return self.channel.members.get(self.user.uid) if self.channel is not None else None

    @property
    def rank(self) -> int:
        """The rank bits of the user in the channel; 0 for plain members and others."""
        member = self.member
        return member.ranks if member is not None else NO_RANK


class Register(Attempt):
    """A connection has said all it must and wants to become a user (the user is not in the network yet).

    ``context`` is the connection's, for guards that end it.
    """

    __slots__ = ("context",)

    def __init__(self, user: User, context: Any) -> None:
        super().__init__(user)
        self.context = context


class Join(Attempt):
    """Enter an existing channel.  ``invited`` says that an invitation is at hand, or a link that stands for one."""

    __slots__ = ("invited", "key", "now_ms")

    def __init__(self, user: User, channel: Channel, key: str, now_ms: int, by_link: bool = False) -> None:
        super().__init__(user, channel)
        self.key = key
        self.now_ms = now_ms
        self.invited = by_link or channel.invites(user)


class Speak(Attempt):
    """Say something to a channel.  ``text`` is None for TAGMSG."""

    __slots__ = ("text", "verb")

    def __init__(self, user: User, channel: Channel, verb: str, text: str | None) -> None:
        self.user = user
        self.channel = channel
        self.target = None
        self.verb = verb
        self.text = text


class Whisper(Attempt):
    """Say something to a user.  ``text`` is None for TAGMSG."""

    __slots__ = ("text", "verb")

    def __init__(self, user: User, target: User, verb: str, text: str | None) -> None:
        self.user = user
        self.channel = None
        self.target = target
        self.verb = verb
        self.text = text


class SetTopic(Attempt):
    """Change a channel's topic."""

    __slots__ = ("text",)

    def __init__(self, user: User, channel: Channel, text: str) -> None:
        super().__init__(user, channel)
        self.text = text


class ChangeMode(Attempt):
    """Change one mode of a channel; ``target`` is the member whose rank it is.  ``overrides``: by a server operator."""

    __slots__ = ("adding", "letter", "overrides", "param")

    def __init__(
        self, user: User, channel: Channel, letter: str, adding: bool, param: str = "", *, target: User | None = None,
        overrides: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(user, channel, target)
        self.letter = letter
        self.adding = adding
        self.param = param
        self.overrides = overrides


class Invite(Attempt):
    """Invite ``target`` to the channel."""

    __slots__ = ()


class Kick(Attempt):
    """Put ``target`` out of the channel."""

    __slots__ = ()


class Knock(Attempt):
    """Ask to be let into a channel."""

    __slots__ = ("now_ms",)

    def __init__(self, user: User, channel: Channel, now_ms: int) -> None:
        super().__init__(user, channel)
        self.now_ms = now_ms


class Rename(Attempt):
    """Give the channel another name."""

    __slots__ = ()


class ChangeNick(Attempt):
    """Take another nickname (also asked of every channel the user is in)."""

    __slots__ = ("nick",)

    def __init__(self, user: User, nick: str, channel: Channel | None = None) -> None:
        super().__init__(user, channel)
        self.nick = nick
