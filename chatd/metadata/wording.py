"""What a session is told about metadata, in the words of the draft it has negotiated.

draft/metadata-2 and -3 differ in codes, and in how a value is told that nobody asked for: METADATA there, 761 and 766
here.  Knows no command.  See IRCv3 metadata; -3 is pull request 613 to it.
"""

from __future__ import annotations

from chatd.context import Context
from chatd.core.metadata import AWARE, EVERYBODY, METADATA_3, Subscriber, visibility
from chatd.core.refusal import Failed, Refused
from chatd.wire.numerics import (
    ERR_METADATARATELIMIT,
    ERR_NEEDMOREPARAMS,
    RPL_KEYNOTSET,
    RPL_KEYVALUE,
    RPL_METADATASYNCLATER,
)


class Wording:
    """draft/metadata-2.

    ``tells_of_nothing`` says that a client is told of those that have nothing, too; ``knows_everything`` that there is
    a target for all it is told about.
    """

    tells_of_nothing = knows_everything = False

    @staticmethod
    def invalid_key(ctx: Context, key: str, goes_on: bool) -> None:
        """That is no key; ``goes_on`` says that the rest of the command is carried out."""
        ctx.fail("KEY_INVALID", key, text="Invalid key")

    @staticmethod
    def forbidden(ctx: Context, target: str, key: str, kind: str = "FAIL") -> None:
        """Not for this client."""
        ctx.fail("KEY_NO_PERMISSION", target, key, text="You may not do that with this key")

    @staticmethod
    def invalid_value(ctx: Context, key: str) -> None:
        """Too long."""
        ctx.fail("VALUE_INVALID", text="That value is too long")

    @staticmethod
    def full(ctx: Context, target: str, limit: int) -> None:
        """No more keys."""
        ctx.fail("LIMIT_REACHED", target, text=f"No more than {limit} keys can be set")

    @staticmethod
    def fully_subscribed(ctx: Context, key: str, limit: int) -> None:
        """No more subscriptions."""
        ctx.fail("TOO_MANY_SUBS", key, text=f"You can subscribe to no more than {limit} keys")

    @staticmethod
    def nothing_to_remove(ctx: Context, target: str, shown: str, key: str) -> None:
        """The key was not set before."""
        ctx.fail("KEY_NOT_SET", target, key, text="That key is not set")

    @staticmethod
    def too_fast(ctx: Context, wait_s: int, target: str, subcommand: str, *params: str) -> None:
        """Too many changes."""
        key = params[0] if params else "*"
        ctx.fail("RATE_LIMITED", target, key, str(wait_s), text="You change metadata too fast")

    @staticmethod
    def unknown(ctx: Context, subcommand: str) -> None:
        """No such subcommand."""
        ctx.fail("SUBCOMMAND_INVALID", subcommand, text="There is no such subcommand")

    @staticmethod
    def misshapen(ctx: Context, subcommand: str, missing: bool) -> None:
        """Too few parameters, or too many (which does not matter here)."""
        if missing:
            raise Refused(ERR_NEEDMOREPARAMS, "METADATA")

    @staticmethod
    def removed(ctx: Context, target: str, key: str) -> None:
        """CLEAR took it away."""
        ctx.reply(RPL_KEYVALUE, target, key, EVERYBODY, "")

    @staticmethod
    def later(ctx: Context, target: str, wait_s: int) -> None:
        """Ask again."""
        ctx.reply(RPL_METADATASYNCLATER, target, str(wait_s))

    @staticmethod
    def value(value: str | None) -> str | None:
        """What a value counts as; None for one that is not set."""
        return value

    @staticmethod
    def news(ctx: Context, source: str, target: str, key: str, seen_by: str, value: str | None) -> None:
        """A value that was not asked for."""
        text = "" if value is None else f" :{value}"
        ctx.session.push(f":{source} METADATA {target} {key} {seen_by}{text}")


class NewerWording(Wording):
    """draft/metadata-3: an empty value is none."""

    tells_of_nothing = knows_everything = True

    @staticmethod
    def invalid_key(ctx: Context, key: str, goes_on: bool) -> None:
        say(ctx, "WARN" if goes_on else "FAIL", "INVALID_KEY", key, text="Invalid key")

    @staticmethod
    def forbidden(ctx: Context, target: str, key: str, kind: str = "FAIL") -> None:
        say(ctx, kind, "KEY_NO_PERMISSION", target, key, text="You may not do that with this key")

    @staticmethod
    def invalid_value(ctx: Context, key: str) -> None:
        ctx.fail("INVALID_VALUE", key, text="That value is too long")

    @staticmethod
    def full(ctx: Context, target: str, limit: int) -> None:
        ctx.fail("LIMIT_REACHED", "SET", target, str(limit), text=f"No more than {limit} keys can be set")

    @staticmethod
    def fully_subscribed(ctx: Context, key: str, limit: int) -> None:
        ctx.fail("LIMIT_REACHED", "SUB", key, str(limit), text=f"You can subscribe to no more than {limit} keys")

    @staticmethod
    def nothing_to_remove(ctx: Context, target: str, shown: str, key: str) -> None:
        ctx.reply(RPL_KEYNOTSET, shown, key)

    @staticmethod
    def too_fast(ctx: Context, wait_s: int, target: str, subcommand: str, *params: str) -> None:
        ctx.reply(ERR_METADATARATELIMIT, str(wait_s), target, subcommand, *params)

    @staticmethod
    def unknown(ctx: Context, subcommand: str) -> None:
        shown = subcommand if " " not in subcommand and subcommand[:1] != ":" else "*"
        ctx.fail("INVALID_PARAMS", shown, text="There is no such subcommand")

    @staticmethod
    def misshapen(ctx: Context, subcommand: str, missing: bool) -> None:
        text = "Not enough parameters" if missing else "Too many parameters"
        raise Failed("METADATA", "INVALID_PARAMS", subcommand, text=text)

    @staticmethod
    def removed(ctx: Context, target: str, key: str) -> None:
        ctx.reply(RPL_KEYNOTSET, target, key)

    @staticmethod
    def later(ctx: Context, target: str, wait_s: int) -> None:
        ctx.reply(RPL_METADATASYNCLATER, target, str(wait_s), "Ask for it with METADATA SYNC")

    @staticmethod
    def value(value: str | None) -> str | None:
        return value or None

    @staticmethod
    def news(ctx: Context, source: str, target: str, key: str, seen_by: str, value: str | None) -> None:
        if value:
            ctx.reply(RPL_KEYVALUE, target, key, seen_by, value)
        else:
            ctx.reply(RPL_KEYNOTSET, target, key)


def say(ctx: Context, kind: str, code: str, *context: str, text: str) -> None:
    """A standard reply about METADATA: FAIL, WARN or NOTE."""
    ctx.session.fail(Failed("METADATA", code, *context, text=text), kind)


_SECOND = Wording()
_THIRD = NewerWording()


def is_aware(ctx: Context) -> bool:
    """Say whether the session has negotiated metadata."""
    return bool(ctx.session.caps & AWARE)


def wording(ctx: Context) -> Wording:
    """The words of the draft that the session has negotiated."""
    return _THIRD if ctx.session.caps & METADATA_3.bit else _SECOND


def subscriber(ctx: Context) -> Subscriber:
    """What the session has said about metadata so far."""
    known = ctx.session.metadata
    if known is None:
        known = ctx.session.metadata = Subscriber(ctx.config.metadata.changes, ctx.now_ms())
    return known


def seen_by(ctx: Context, key: str) -> str | None:
    """The visibility of a key; None when it is not visible to this client."""
    visible_to = visibility(key, ctx.config.metadata.hidden)
    return visible_to if visible_to == EVERYBODY or ctx.has_privilege("metadata") else None
