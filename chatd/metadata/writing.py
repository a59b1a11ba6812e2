"""METADATA of accounts and of registered channels is on disk before it is so, and before anybody is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chatd.accounts.following import account_since
from chatd.channels.changing import row_of
from chatd.context import Context
from chatd.core.accounts import Json, NoSuchAccount
from chatd.core.channel import Channel
from chatd.core.events import MetadataChanged
from chatd.core.kept import KeptChannel
from chatd.core.metadata import KIND, NO_METADATA, changed
from chatd.core.user import Origin, User


def make_so(ctx: Context, event: MetadataChanged) -> None:
    """Let it happen: at once where nothing is kept of a target."""
    channel = ctx.network.channels.get(event.folded)
    user = ctx.network.users.get(event.uid)
    if channel is not None and channel.registered is not None:
        write_channel(ctx, channel, event)
    elif user is not None and user.account is not None:
        write_account(ctx, user, event)
    else:
        ctx.emit(event)


def write_channel(ctx: Context, channel: Channel, event: MetadataChanged) -> None:
    """That of a channel is kept with its registration."""
    node = ctx.node

    def prepare() -> Callable[[], KeptChannel | None]:
        if channel.registered is None:
            return nothing
        row = row_of(node, channel)
        after = changed(channel.metadata, event.changes)
        row = replace(row, document={**row.document, "metadata": dict(after)})

        def work() -> KeptChannel:
            node.kept_channels.save(row)
            return row

        return work

    def happens(row: KeptChannel | None) -> None:
        if row is not None:
            node.channel_saver.wrote(row)
        event.folded = channel.folded
        node.emit(event)

    ctx.write(channel, prepare, committed=happens)


def write_account(ctx: Context, user: User, event: MetadataChanged) -> None:
    """That of somebody who is logged in is the account's, whatever that is called when it is written."""
    node, asked, asked_ms = ctx.node, ctx.network.fold(user.account or ""), ctx.now_ms()

    def prepare() -> Callable[[], tuple[str, Mapping[str, str]] | None]:
        account = ctx.network.fold(user.account or "") if user.uid in ctx.network.users else asked
        after = changed(ctx.network.registry.metadata.get(account, NO_METADATA), event.changes)

        def work() -> tuple[str, Mapping[str, str]] | None:
            found = account_since(node.accounts, account, asked_ms) if account else None
            if found is None:
                return None
            values: Json = dict(after) or None
            try:
                node.accounts.put_document(found.account_id, KIND, values)
            except NoSuchAccount:
                return None
            return found.name, after

        return work

    def happens(written: tuple[str, Mapping[str, str]] | None) -> None:
        name, after = written or ("", NO_METADATA)
        folded = ctx.network.fold(name)
        is_renamed = folded != asked and ctx.network.registry.account(folded, ctx.network.fold) is not None
        if folded == asked:
            node.presence.wrote_metadata(folded, after)
        elif is_renamed and user.uid not in ctx.network.users:
            event.origin = Origin(user.source, user.uid, "", name, node.name)
        node.emit(event)
        if is_renamed:  # what was known before under the new name may have been written meanwhile
            node.presence.save_metadata(folded)

    ctx.write((asked, KIND), prepare, committed=happens)


def nothing() -> None:
    """There is nothing to write."""
