"""CAP NEW and DEL.  Quotes are from IRCv3 capability negotiation, "cap-notify"."""

from __future__ import annotations

from typing import Any

from chatd.config import Accounts, Config, Limits
from chatd.testing import Client, Stage, renamed


def reconfigure(stage: Stage, config: Config) -> None:
    """Every node reads another configuration."""
    for number, node in enumerate(stage.nodes):
        node.reconfigure(renamed(config, number), node.texts)
    stage.settle()


def with_mechanisms(*names: Any) -> Config:
    """A configuration with these mechanisms of SASL; with none, there is no sasl."""
    return Config(accounts=Accounts(sasl_mechanisms=names))


def everybody(stage: Stage) -> list[Client]:
    """Who knows 302, who asked for cap-notify, and who did neither, before and after registration."""
    clients = [stage.connect(nick) if nick else stage.open() for nick in ("alice", "bob", "carol", "", "", "")]
    for client, line in zip(clients, ("CAP LS 302", "CAP REQ cap-notify", "CAP LS") * 2, strict=True):
        client.sends(line).take()
    return clients


def test_version_302_cannot_drop_cap_notify(stage: Stage) -> None:
    """"This capability MUST be implicitly enabled if the client requests `CAP LS` with a version of 302 or newer (`CAP
    LS 302`)"; "Further, servers MUST NOT disable the `cap-notify` capability if the client requests `CAP LS` with a
    version of 302 or newer."; "Clients MAY also request the capability with `CAP REQ`, and capable servers MUST accept
    and `CAP ACK` the request without side effects."; "When implicitly enabled via this mechanism, servers MAY list the
    `cap-notify` capability in `CAP LS` and `CAP LIST` responses."
    """
    client = stage.open()
    server = f":{client.node.name}"
    client.sends("CAP LS 302").take()
    client.sends("CAP LIST", "CAP REQ :-cap-notify")
    client.sees(f"{server} CAP * LIST :cap-notify", f"{server} CAP * NAK :-cap-notify")
    client.sends("CAP REQ cap-notify", "CAP LIST")
    client.sees(f"{server} CAP * ACK :cap-notify", f"{server} CAP * LIST :cap-notify")


def test_cap_notify_is_a_choice_before_302(stage: Stage) -> None:
    """"Clients that do not support CAP version 302 MAY request the `cap-notify` capability explicitly. Such clients MAY
    explicitly disable the capability, and servers MUST allow these clients to do so."
    """
    client = stage.open()
    client.sends("CAP REQ cap-notify", "CAP REQ -cap-notify", "CAP LIST")
    head = f":{client.node.name} CAP *"
    client.sees(f"{head} ACK :cap-notify", f"{head} ACK :-cap-notify", f"{head} LIST :")


def test_what_is_new_and_what_is_gone(stage: Stage) -> None:
    """"When enabled, the server MUST notify the client about all new capabilities and about existing capabilities that
    are no longer available using the `NEW` and `DEL` subcommands listed above."; "The NEW subcommand MUST ONLY be sent
    to clients that have negotiated CAP version `302` or enabled the `cap-notify` capability."; "The DEL subcommand MUST
    ONLY be sent to clients that have negotiated CAP version `302` or enabled the `cap-notify` capability."; "If the
    client supports CAP version `302`, the capabilities SHOULD be listed with values, as in the `CAP LS` response."
    """
    clients = everybody(stage)
    reconfigure(stage, with_mechanisms())
    for client, told in zip(clients, (True, True, False) * 2, strict=True):
        client.sees(*[f":{client.node.name} CAP {client.session.shown_nick} DEL :sasl"] * told)
    reconfigure(stage, with_mechanisms("PLAIN"))
    for client, shown in zip(clients, ("sasl=PLAIN", "sasl", "") * 2, strict=True):
        client.sees(*[f":{client.node.name} CAP {client.session.shown_nick} NEW :{shown}"] * bool(shown))
    reconfigure(stage, with_mechanisms("PLAIN"))
    for client in clients:
        client.sees()


def test_what_is_gone_is_cancelled(stage: Stage) -> None:
    """"Servers MUST cancel any capability-specific behavior for a client after sending the `CAP DEL` message to the
    client."
    """
    alice, bob, *_ = everybody(stage)
    for client in (alice, bob):
        client.sends("CAP REQ sasl").take()
    reconfigure(stage, with_mechanisms())
    for client in (alice, bob):
        client.take()
        name, nick = client.node.name, client.session.shown_nick
        client.sends("CAP LIST", "AUTHENTICATE PLAIN")
        listed, refused = client.take()
        assert listed == f":{name} CAP {nick} LIST :cap-notify"
        assert refused.startswith(f":{name} 904 {nick} :")
    reconfigure(stage, with_mechanisms("PLAIN"))
    for client in (alice, bob):
        client.take()
        assert client.sends("CAP LIST").take()[0].endswith(" LIST :cap-notify"), "it is offered, and not given back"


def test_changed_values_are_told(stage: Stage) -> None:
    """"The NEW subcommand can also update the value of an existing capability.": for who knows values, and nobody else.
    """
    alice, bob, carol = stage.connect("alice"), stage.connect("bob", caps="cap-notify"), stage.connect("carol")
    alice.sends("CAP LS 302").take()
    reconfigure(stage, Config(limits=Limits(multiline_lines=7, multiline_bytes=5000)))
    alice.sees(f":{alice.node.name} CAP alice NEW :draft/multiline=max-bytes=5000,max-lines=7")
    bob.sees()
    carol.sees()
