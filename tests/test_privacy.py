"""Who may see the address behind a cloak, over every way there is to ask or to be told."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage

ADDRESS = "203.0.113."
QUESTIONS = [
    "WHO bob", "WHO #a", "WHO * %tcuihsnfdlaor,1", "WHO #a %i", "WHOIS bob", "WHOIS bob bob", "WHOWAS eve",
    "USERHOST bob", "USERIP bob",
    "NAMES #a", "LIST", "MODE #a", "MODE #a b", "TOPIC #a", "MONITOR + bob", "MONITOR S", "ISON bob",
    "LUSERS", "LINKS", "MAP", "STATS l", "STATS z", "STATS i", "STATS o",
]  # fmt: skip


def scene(stage: Stage, asker: str) -> tuple[Client, Client]:
    """Somebody in #a who asks; and bob there, whose address is hidden, who was called eve before."""
    client = stage.connect("asker", caps="userhost-in-names away-notify setname")
    if asker:
        client.sends(f"OPER {asker} secret")
    bob = stage.connect("eve", ip="203.0.113.9")
    bob.sends("NICK bob", "JOIN #a", "TOPIC #a :by bob", "MODE #a +b x")
    client.sends("JOIN #a", "MODE asker +w").take()
    return client, bob


def told_by(client: Client, bob: Client) -> list[str]:
    """Everything the client sees of what bob does and of what it asks."""
    bob.sends("AWAY :x", "AWAY", "SETNAME :Bob", "NICK rob", "NICK bob", "PART #a", "JOIN #a", "PRIVMSG asker :hi")
    bob.sends("INVITE asker #b", "JOIN #b", "INVITE asker #b", "OPER root wrong")
    client.sends(*QUESTIONS)
    bob.sends("QUIT :bye")
    client.sends("WHOWAS bob")
    lines = client.take()
    assert len(lines) > 50
    return lines


@pytest.mark.parametrize("asker", ["", "none"])
def test_addresses_are_hidden(staffed: Stage, asker: str) -> None:
    """No ordinary user ever sees another's address, and neither does an operator without see-addresses."""
    client, bob = scene(staffed, asker)
    assert [line for line in told_by(client, bob) if ADDRESS in line] == []


@pytest.mark.parametrize("asker", ["root", "mod"])
def test_see_addresses(staffed: Stage, asker: str) -> None:
    """With the privilege: 378, 338, 354, 340; every other line is as for everybody."""
    client, bob = scene(staffed, asker)
    seen = {line.split(" ")[1] for line in told_by(client, bob) if ADDRESS in line}
    assert seen - {"249"} == {"378", "338", "354", "340"}


def test_everybody_sees_their_own(staffed: Stage) -> None:
    """The same questions about oneself."""
    bob = staffed.connect("bob", ip="203.0.113.9")
    bob.sends("WHOIS bob", "WHO bob %i", "USERIP bob", "USERHOST bob")
    assert {line.split(" ")[1] for line in bob.take() if ADDRESS in line} == {"378", "338", "354", "340"}


def test_who_takes_off_the_cloak_is_seen(staffed: Stage) -> None:
    """It is one's own choice; putting it on again hides from then on, and what was shown before is not taken back."""
    client, bob = scene(staffed, "")
    bob.sends("MODE bob -x")
    client.take()
    client.sends("WHOIS bob", "WHO bob %ih", "USERIP bob")
    assert [line.split(" ")[1] for line in client.take() if ADDRESS in line] == ["311", "354", "340"]
    bob.sends("MODE bob +x")
    client.take()
    client.sends("WHOIS bob", "WHO bob %ih", "USERIP bob")
    assert not [line for line in client.take() if ADDRESS in line]
