"""The capability sasl, and logging in again.  Quotes are from IRCv3 sasl-3.2."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from exchanges import ALL, BOUND, CERTIFICATE, answer_after, encoded, prefix, ready

from chatd.testing import Stage


@pytest.mark.parametrize(
    ("peer", "offered"),
    [
        ({}, ALL),
        ({"secure": True}, ALL),
        (CERTIFICATE, "SCRAM-SHA-256,EXTERNAL,IRCV3BEARER,PLAIN"),
        (BOUND, f"SCRAM-SHA-256-PLUS,{ALL}"),
    ],
)
def test_what_is_offered(stage: Stage, peer: dict[str, Any], offered: str) -> None:
    """"Servers SHOULD advertise the available SASL authentication mechanisms in the value of the `sasl` client
    capability in `CAP LS`. The value, if present, MUST be a comma (`,`) separated list of SASL authentication
    mechanisms."
    """
    client = stage.open(**peer).sends("CAP LS")
    (line,) = client.take()
    assert "sasl" in line.split(":")[2].split(" ")
    client.sends("CAP LS 302")
    words = " ".join(line.split(" :")[1] for line in client.take()).split(" ")
    assert f"sasl={offered}" in words


def reread(stage: Stage, **accounts: Any) -> None:
    """Another configuration of accounts is taken."""
    for node in stage.nodes:
        section = msgspec.structs.replace(node.config.accounts, **accounts)
        node.reconfigure(msgspec.structs.replace(node.config, accounts=section), {})
    stage.settle()


def test_mechanisms_change(stage: Stage) -> None:
    """"if `cap-notify` is an active capability, the client will be notified about status changes concerning the
    availability of `sasl` authentication"; "Servers MUST `NAK` any `sasl` capability request if the authentication
    layer is unavailable."; "Servers MUST NOT advertise the `sasl` capability if the authentication layer is
    unavailable."; "Servers MUST advertise availability of the `sasl` capability to any clients which have requested the
    `cap-notify` notification."
    """
    new, old = stage.open().sends("CAP LS 302", "CAP REQ :sasl"), stage.open().sends("CAP LS", "CAP REQ :sasl")
    new.take(), old.take()
    reread(stage, sasl_mechanisms=("PLAIN",))
    new.sees(f"{prefix(new)} CAP * NEW :sasl=PLAIN")
    reread(stage, sasl_mechanisms=())
    new.sees(f"{prefix(new)} CAP * DEL :sasl")
    assert " sasl" not in " ".join(stage.open().sends("CAP LS 302").take())
    new.sends("CAP LIST", "AUTHENTICATE PLAIN", "CAP REQ :sasl")
    new.sees(
        f"{prefix(new)} CAP * LIST :cap-notify",
        f"{prefix(new)} 904 * :SASL authentication failed: The capability sasl has not been negotiated",
        f"{prefix(new)} CAP * NAK :sasl",
    )
    old.sends("AUTHENTICATE PLAIN")
    old.sees(f"{prefix(old)} 904 * :SASL authentication failed: There is no such mechanism here")
    reread(stage, sasl_mechanisms=("EXTERNAL",))
    new.sees()
    reread(stage, sasl_mechanisms=("PLAIN", "EXTERNAL"))
    new.sees(f"{prefix(new)} CAP * NEW :sasl=PLAIN")
    old.sees()


def test_after_registration_everybody_is_told(stage: Stage) -> None:
    """"Servers SHOULD allow a client, authenticated or otherwise, to reauthenticate by sending a new `AUTHENTICATE`
    message at any time."
    """
    stage.registers("jilles", "sesame")
    client, bob = stage.connect("someone", caps="sasl"), stage.connect("bob", caps="account-notify")
    for each in (client, bob):
        each.sends("JOIN #a")
    client.take(), bob.take()
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    client.sees(
        f"{prefix(client)} AUTHENTICATE +",
        f"{prefix(client)} 900 someone {client.session.user.source} jilles :You are now logged in as jilles",
        f"{prefix(client)} 903 someone :SASL authentication successful",
    )
    bob.sees(f":{client.session.user.source} ACCOUNT jilles")


def test_another_account(stage: Stage) -> None:
    """"authenticated or otherwise" (before registration, "an error appropriate to the circumstances MUST be sent": 907,
    as sasl-3.1 has it): everybody is told whose account it is then; a failure changes nothing.
    """
    for account in ("jilles", "robert"):
        stage.registers(account, "sesame")
    client, bob = ready(stage), stage.connect("bob", caps="account-notify")
    client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', 'sesame')}")
    client.sends("NICK someone", "USER x 0 * :x", "CAP END", "JOIN #a")
    bob.sends("JOIN #a").take()
    client.take()
    for account, password, numerics in (("robert", "sesame", ["900", "903"]), ("jilles", "wrong", ["904"])):
        client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', account, password)}")
        assert answer_after(client) == numerics
    bob.sees(f":{client.session.user.source} ACCOUNT robert")
    assert client.session.account == client.session.user.account == "robert"


@pytest.mark.parametrize("registered", [True, False])
def test_why_somebody_is_not_let_in(stage: Stage, registered: bool) -> None:
    """"Servers MAY disconnect ANY client at any time as a result of failed authentication": nobody is, but made to
    wait; what happens to them "MUST provide the reason".
    """
    stage.registers("jilles", "sesame")
    client = stage.connect("alice", caps="sasl") if registered else ready(stage)
    for _ in range(20):
        client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {encoded('', 'jilles', 'wrong')}")
    told = [line.split(" :")[1] for line in client.take() if " 904 " in line]
    assert len(told) == 20 and not client.closed
    assert told[0].endswith(": The account or the password is wrong") and "Too many attempts" in told[-1]
