"""Changing registrations for somebody who asks a service: nobody is answered before it is on disk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from chatd.context import Node
from chatd.core.accounts import NoSuchAccount, NoSuchChannel, StoreError, StoreUnavailable
from chatd.core.channel import Channel
from chatd.core.events import Lost, RegistrationChanged
from chatd.core.keeping import kept
from chatd.core.kept import KeptChannel
from chatd.core.registered import Registration
from chatd.services.request import Request

LATER = "The database cannot be asked just now; that will be written down as soon as it can."


Decide = Callable[[Registration], tuple[RegistrationChanged, str]]
"""Says what is to happen to a registration, and what the asker is told then; raises Declined for what may not."""


def write_down(request: Request, channel: Channel, decide: Decide) -> None:
    """Write down what a registration is after an event; then it happens, and the asker is told.

    When it cannot be written down it does not happen.  It is decided when the turn has come: until then the asker may
    have lost the right to it, and the lists may be others.
    """
    node = request.ctx.node

    def prepare() -> Callable[[], tuple[KeptChannel, RegistrationChanged, str]]:
        event, sentence = decide(registration_of(channel))
        event.asked_ms = request.ctx.now_ms()
        save = saving(node, row_of(node, channel, event))
        return lambda: (save(), event, sentence)

    def happened(written: tuple[KeptChannel, RegistrationChanged, str]) -> None:
        row, event, _ = written
        make_so(node, channel, event, row)

    request.write(channel, prepare, lambda written: request.say(written[2]), happened, why_not)


def registration_of(channel: Channel) -> Registration:
    """The registration there is by now; raises NoSuchChannel."""
    if channel.registered is None:
        raise NoSuchChannel
    return channel.registered


def make_so(node: Node, channel: Channel, event: RegistrationChanged, row: KeptChannel | None = None) -> None:
    """What was written down happens, to the channel as it is called by now; ``row`` is exactly what it leaves."""
    if row is not None:
        node.channel_saver.wrote(row)
    event.folded = channel.folded
    node.emit(event)


def settle(request: Request, channel: Channel, sentence: str) -> None:
    """Tell the asker what was done in a channel when it is on disk, or that it will be."""
    node = request.ctx.node
    if channel.registered is None:
        request.say(sentence)
        return
    request.write(
        channel, lambda: saving(node, row_of(node, channel)), lambda _row: request.say(sentence),
        node.channel_saver.wrote, lambda _problem: sentence, lambda: request.say(f"{sentence} {LATER}"),
    )  # fmt: skip


def row_of(node: Node, channel: Channel, event: RegistrationChanged | None = None) -> KeptChannel:
    """What is to be kept of a channel, as it is or as an event leaves it.

    Raises NoSuchChannel, and StoreUnavailable while it is kept under another name.
    """
    registration = registration_of(channel)
    if node.channel_saver.is_moving(channel.folded):
        raise StoreUnavailable("it is kept under another name")
    if event is not None:
        registration = registration.copied()
        with suppress(Lost):  # somebody else has done it meanwhile: it stays so
            event.change(node.network, registration)
    return kept(channel, registration)


def saving(node: Node, row: KeptChannel) -> Callable[[], KeptChannel]:
    """What a thread does, and gives what it has written."""

    def work() -> KeptChannel:
        node.kept_channels.save(row)
        return row

    return work


def dropping(node: Node, channel: Channel) -> Callable[[], bool]:
    """What has the store forget a channel, when its turn has come, by the name that it is kept under then.

    Raises NoSuchChannel, and StoreUnavailable while it is kept under another name.
    """
    registration_of(channel)
    if node.channel_saver.is_moving(channel.folded):
        raise StoreUnavailable("it is kept under another name")
    return partial(node.kept_channels.drop, channel.folded)


def why_not(problem: StoreError) -> str:
    """What the store says no to."""
    match problem:
        case NoSuchChannel():
            return "That is not registered any more."
        case NoSuchAccount():
            return "That account is gone."
        case _:
            return ""
