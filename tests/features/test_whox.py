"""WHO with fields.  Quotes are from IRCv3 whox."""

from __future__ import annotations

import pytest
from company import meeting

from chatd.testing import Client, Stage


def server(client: Client) -> str:
    """What stands before a numeric that the client gets."""
    return f":{client.node.name}"


def end(client: Client, mask: str) -> str:
    """315."""
    return f"{server(client)} 315 {client.session.shown_nick} {mask} :End of WHO list"


def test_the_token_of_isupport(stage: Stage) -> None:
    """"Servers supporting this specification MUST include the `WHOX` token in `RPL_ISUPPORT` without any value."""
    words = " ".join(stage.connect("alice").node.isupport()).split(" ")
    assert [word for word in words if word.startswith("WHOX")] == ["WHOX"]


def test_the_examples(stage: Stage) -> None:
    """"The server will reply with zero, one or more `RPL_WHOSPCRPL` replies, followed by a final `RPL_ENDOFWHO` reply.
    Servers MUST NOT send `RPL_WHOREPLY` replies."
    """
    alice, bob = meeting(stage, alice="", bob="")
    stage.logs_in(bob, "coolaccount")
    alice.take()
    host = bob.session.user.host
    alice.sends("WHO bob %cuhnar", "WHO #a %afnt,42", "WHO nobody %n", "WHO NickServ %n")
    alice.sees(
        f"{server(alice)} 354 alice #a ~bob {host} bob coolaccount :bob", end(alice, "bob"),
        f"{server(alice)} 354 alice 42 alice H@ 0", f"{server(alice)} 354 alice 42 bob H coolaccount", end(alice, "#a"),
        end(alice, "nobody"),
        end(alice, "NickServ"),
    )  # fmt: skip


def test_placeholders(stage: Stage) -> None:
    """"When the server omits a field the client has requested, the following placeholders MUST be used": "is used for
    `[channel]` when no channel is returned"; "`255.255.255.255` is used for `[ip]` when the server refuses to disclose
    the IP address"; "`0` is used for `[account]` when the user is logged out"; "for instance `n/a`".
    """
    alice, _ = stage.connect("alice"), stage.connect("bob")
    alice.sends("WHO bob %ciao")
    alice.sees(f"{server(alice)} 354 alice * 255.255.255.255 0 n/a", end(alice, "bob"))


def test_all_fields(stage: Stage) -> None:
    """"Servers MUST send the fields in the order specified above."; "Servers MUST NOT rely on the ordering of the
    fields."; "Servers MUST ignore any non-standard field they don't support."
    """
    alice, bob = meeting(stage, alice="", bob="")
    stage.passes(7)
    user = bob.session.user
    answer = (
        f"{server(alice)} 354 alice 7 #a ~bob 255.255.255.255 {user.host} {user.node} bob H 0 7 0 n/a :bob"
    )
    alice.take()
    for fields in ("tcuihsnfdlaor", "roaldfnshiuct", "TCztcuihsnfdlaor"):
        alice.sends(f"WHO bob %{fields},7")
        alice.sees(answer, end(alice, "bob"))


@pytest.mark.parametrize(
    ("field", "shown"),
    [("c", "#a"), ("u", "~alice"), ("i", "192.0.2.1"), ("n", "alice"), ("f", "H@"), ("a", "0"), ("r", ":alice")],
)
def test_exactly_the_fields_asked_for(stage: Stage, field: str, shown: str) -> None:
    """"Servers MUST include in their reply all of the standard fields requested by the client, and MUST NOT add any
    additional field not requested by the client."; one's own address is no secret.
    """
    (alice,) = meeting(stage, alice="")
    alice.sends(f"WHO alice %{field}")
    alice.sees(f"{server(alice)} 354 alice {shown}", end(alice, "alice"))


@pytest.mark.parametrize(
    ("token", "shown"),
    [("1", "1"), ("743", "743"), ("1234", "0"), ("x", "0"), ("", "0"), ("-1", "0"), ("²", "0")],
)
def test_tokens(stage: Stage, token: str, shown: str) -> None:
    """"The token MUST contain only digit characters and MUST contain at most 3 characters.": of others, 0 is returned.
    """
    alice = stage.connect("alice")
    alice.sends(f"WHO alice %tn,{token}")
    alice.sees(f"{server(alice)} 354 alice {shown} alice", end(alice, "alice"))


def test_no_known_field_at_all(stage: Stage) -> None:
    """"Exactly the fields requested by the client MUST be returned by the server.": if none is known, an answer without
    fields, and no broken line.
    """
    alice = stage.connect("alice")
    alice.sends("WHO alice %", "WHO alice %Q,1")
    line = f"{server(alice)} 354 alice"
    alice.sees(line, end(alice, "alice"), line, end(alice, "alice"))


def test_idle_time(stage: Stage) -> None:
    """The idle time is the same as in WHOIS, whoever asks."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    stage.passes(5)
    bob.sends("PRIVMSG bob :x")
    stage.passes(4)
    alice.sends("WHO bob %l", "WHO alice %l")
    alice.sees(f"{server(alice)} 354 alice 4", end(alice, "bob"), f"{server(alice)} 354 alice 9", end(alice, "alice"))


def test_an_address_that_begins_with_a_colon(stage: Stage) -> None:
    """An address like ::1 would read as the last parameter."""
    alice = stage.connect("alice", ip="::1")
    alice.sends("WHO alice %in")
    alice.sees(f"{server(alice)} 354 alice 0::1 alice", end(alice, "alice"))
