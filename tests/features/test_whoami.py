"""draft/whoami: clients that ask for it are told their own source.  Quotes are from IRCv3 pull request 603."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage


def registers(client: Client, *caps: str) -> list[str]:
    """The greeting of alice with these capabilities."""
    asked = [f"CAP REQ :{name}" for name in caps]
    return client.sends(*asked, "NICK alice", "USER alice 0 * :Alice Liddell", "CAP END").take()


@pytest.mark.parametrize("caps", [("draft/whoami", "chghost"), ("chghost", "draft/whoami"), ("chghost draft/whoami",)])
def test_source_in_the_greeting(stage: Stage, caps: tuple[str, ...]) -> None:
    """"If the capabilities were enabled during connection registration, the server MUST send a `SETNAME` line as part
    of the registration burst, between the final `005 RPL_ISUPPORT` and the beginning of the `LUSERS` numerics
    (typically beginning with `251 RPL_LUSERCLIENT`). This line has its normal syntax, with the client's prefix as its
    source and the client's realname as its only parameter." "Clients requesting `draft/whoami` MUST also request
    `chghost` and MAY request `setname`; the order in which capabilities are requested is not significant."
    """
    alice = stage.open()
    lines = registers(alice, *caps)
    source = alice.session.context.user.source
    verbs = [line.split(" ")[1] for line in lines]
    at = lines.index(f":{source} SETNAME :Alice Liddell")
    assert verbs[at - 1] == "005"
    assert verbs[at + 1] == "251"
    assert verbs.count("SETNAME") == 1


@pytest.mark.parametrize("caps", [(), ("chghost setname",), ("draft/whoami",)])
def test_nothing_for_others(stage: Stage, caps: tuple[str, ...]) -> None:
    """"If a client has enabled draft/whoami and chghost", and "If the capabilities were enabled during connection
    registration": to all others there is no SETNAME in the greeting, and none when they ask for it later.
    """
    alice = stage.open()
    assert not any(" SETNAME " in line for line in registers(alice, *caps))
    asked = alice.sends("CAP REQ :draft/whoami chghost").take()
    assert [line.split(" ")[1] for line in asked] == ["CAP"]


def test_changes_of_the_own_source(stage: Stage) -> None:
    """"The server MUST send `CHGHOST` lines to the client about changes to the client's own prefix (strengthening the
    SHOULD in the chghost specification)", also for who is in no channel; "receiving a `NICK` line without `CHGHOST`"
    for a nickname.
    """
    alice = stage.open()
    registers(alice, "draft/whoami chghost")
    user = alice.session.context.user
    cloaked = user.source
    alice.sends("MODE alice -x", "NICK alicia")
    said = [line for line in alice.take() if " CHGHOST " in line or " NICK " in line]
    assert said == [
        f":{cloaked} CHGHOST {user.username} {user.real_host}",
        f":alice!{user.username}@{user.real_host} NICK alicia",
    ]


def test_what_it_stands_on_is_offered(stage: Stage) -> None:
    """"Servers advertising `draft/whoami` MUST also advertise `chghost` and MAY advertise `setname`"."""
    offered = " ".join(stage.open().sends("CAP LS 302").take())
    assert {"draft/whoami", "chghost", "setname"} <= set(offered.replace(":", " ").split(" "))
