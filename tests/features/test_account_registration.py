"""REGISTER and VERIFY, with every answer they have.  See IRCv3 draft/account-registration."""

from __future__ import annotations

from dataclasses import replace

from registering import asks, configure, newcomer, value

from chatd.core.accounts import Invitation
from chatd.credentials.tokens import hash_code, read_token
from chatd.testing import Client, Stage


def test_with_no_email_or_verification(stage: Stage) -> None:
    """"The `REGISTER` command informs the server of a request to register an account named for the current nick of the
    requestor. If `<account>` is `*`, then this value is the user's current nickname." "Sent by the server when the
    `REGISTER` or `VERIFY` fully succeeded, and no further action is needed. Afterward, the client is assumed to be
    authenticated to the `<account>` as if it used SASL."
    """
    client = stage.connect("tester")
    source = client.session.user.source
    assert asks(client, "REGISTER * * hunter22") == [
        "REGISTER SUCCESS tester :Account successfully registered",
        f"900 tester {source} tester :You are now logged in as tester",
    ]
    for node in stage.nodes:
        assert node.network.user("tester").account == "tester"
        assert node.network.registry.owners == {"tester": "tester"}
    client.disappears()
    again = stage.open().sends("PASS tester:hunter22", "NICK tester", "USER t 0 * :t")
    assert again.session.user.account == "tester"


def test_before_connect(stage: Stage) -> None:
    """"`before-connect` - if present, indicates the server supports early registration, so it MUST NOT use `FAIL
    REGISTER COMPLETE_CONNECTION_REQUIRED`"; "The `REGISTER` command MAY be sent at any point during the connection that
    the client has a valid nickname."
    """
    client = newcomer(stage, "tester")
    assert "before-connect" in value(client)
    assert asks(client, "REGISTER tester * hunter22") == [
        "REGISTER SUCCESS tester :Account successfully registered",
        "900 tester tester!*@* tester :You are now logged in as tester",
    ]
    client.sends("USER tester * * :Tester", "CAP END")
    assert (client.session.user.nick, client.session.user.account) == ("tester", "tester")


def test_after_connect_only(stage: Stage) -> None:
    """"FAIL VERIFY COMPLETE_CONNECTION_REQUIRED <message>": "Sent by the server if the client sent a `REGISTER` command
    before connection registration. The server MUST NOT sent these replies if it advertizes the `before-connect` key of
    the `draft/account-registration` capability."
    """
    configure(stage, accounts={"register_before_connect": False})
    client = newcomer(stage, "tester")
    assert "before-connect" not in value(client)
    why = "COMPLETE_CONNECTION_REQUIRED :First complete the connection"
    assert asks(client, "REGISTER * * hunter22") == [f"FAIL REGISTER {why}"]
    assert asks(client, "VERIFY tester CODE") == [f"FAIL VERIFY {why}"]
    client.sends("USER tester * * :Tester", "CAP END")
    assert asks(client, "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS")


def test_without_a_nickname(stage: Stage) -> None:
    """"FAIL REGISTER NEED_NICK * <message>": "Sent by the server if the client sends `REGISTER` before sending a NICK
    command. This is only possible in setups that advertise the `before-connect` key." Nor is it told what exists:
    ACCOUNT_EXISTS is what "The server MUST NOT send this response before the client sent a `NICK` command" is about.
    """
    stage.registers("taken")
    client = stage.open()
    for account in ("*", "tester", "taken"):
        assert asks(client, f"REGISTER {account} * hunter22") == [
            "FAIL REGISTER NEED_NICK * :First choose a nickname: NICK <nickname>"
        ]


def test_a_nickname_that_somebody_has(stage: Stage) -> None:
    """"FAIL REGISTER ACCOUNT_EXISTS <account> <message>": "the client tried to register while using a nick that is not
    available as a new account's name"; who names another account is to choose a nickname first.
    """
    stage.connect("root")
    client = stage.open().sends("NICK root")
    assert asks(client, "REGISTER * * hunter22") == [
        "FAIL REGISTER ACCOUNT_EXISTS root :Somebody has that nickname: choose another one"
    ]
    assert asks(client, "REGISTER tester * hunter22")[0].startswith("FAIL REGISTER NEED_NICK *")
    client.sends("NICK bar")
    assert asks(client, "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS bar")


def test_names_of_ones_own(stage: Stage) -> None:
    """"`custom-account-name` - if present, the account name can be different from the user's current nickname"; "FAIL
    REGISTER ACCOUNT_NAME_MUST_BE_NICK <account> <message>": "Sent by the server to indicate that the desired account
    name does not match the user's current nick, when it must match."
    """
    client = stage.connect("bar")
    assert "custom-account-name" in value(client)
    assert asks(client, "REGISTER foo * hunter22")[0] == "REGISTER SUCCESS foo :Account successfully registered"
    assert client.session.user.nick == "bar"
    configure(stage, accounts={"custom_names": False})
    other = stage.connect("other")
    assert "custom-account-name" not in value(other)
    assert asks(other, "REGISTER name * hunter22") == [
        "FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK name :The name of an account is the nickname you have"
    ]
    assert asks(other, "REGISTER OTHER * hunter22")[0].startswith("REGISTER SUCCESS OTHER ")


def test_names_that_are_taken(stage: Stage) -> None:
    """"FAIL REGISTER ACCOUNT_EXISTS <account> <message>": "the client tried to register while using a nick that is not
    available as a new account's name because someone already registered it". "FAIL REGISTER BAD_ACCOUNT_NAME <account>
    <message>": "Sent by the server to indicate that the desired account name is invalid or otherwise
    restricted/disallowed. The message should tell the user how or why the desired name has been rejected."
    """
    stage.registers("alice")
    stage.connect("bob")
    client = stage.connect("tester")
    for account, code in (
        ("alice", "ACCOUNT_EXISTS"), ("ALICE", "ACCOUNT_EXISTS"), ("bob", "BAD_ACCOUNT_NAME"),
        ("NickServ", "BAD_ACCOUNT_NAME"), ("Guest123456", "BAD_ACCOUNT_NAME"), ("#a", "BAD_ACCOUNT_NAME"),
        ("1a", "BAD_ACCOUNT_NAME"), ("a" * 31, "BAD_ACCOUNT_NAME"), ("a!b@c", "BAD_ACCOUNT_NAME"),
    ):  # fmt: skip
        (line,) = asks(client, f"REGISTER {account} * hunter22")
        assert line.startswith(f"FAIL REGISTER {code} {account} :")
    assert client.session.user.account is None


def test_passwords(stage: Stage) -> None:
    """"FAIL REGISTER WEAK_PASSWORD <account> <message>": "Sent by the server if the password is considered too weak."
    "FAIL REGISTER UNACCEPTABLE_PASSWORD <account> <message>": "Sent by the server if the password is invalid for any
    reason other than weakness." "The client MAY try registering again."
    """
    client = stage.connect("tester")
    for password, code in (
        ("short", "WEAK_PASSWORD"), ("TESTER", "WEAK_PASSWORD"), ("x" * 301, "UNACCEPTABLE_PASSWORD"),
        ("\u00ad\u00ad\u00ad", "UNACCEPTABLE_PASSWORD"), (f"ct-{'A' * 10}-{'B' * 43}", "UNACCEPTABLE_PASSWORD"),
    ):  # fmt: skip
        (line,) = asks(client, f"REGISTER * * {password}")
        assert line.startswith(f"FAIL REGISTER {code} tester :")
        assert password not in line
    assert stage.accounts.owners() == []


def test_long_and_strange_passwords_work(stage: Stage) -> None:
    """"300 bytes should be a safe reasonable limit"; passwords are any UTF-8, with spaces as well."""
    for number, password in enumerate(("x" * 300, "é" * 150, "with spaces in it", "a:b:c:d:e")):
        client = stage.connect(f"a{number}", ip=f"198.51.100.{number}")
        assert asks(client, f"REGISTER * * :{password}")[0].startswith("REGISTER SUCCESS")
        client.disappears()
        again = stage.open().sends(f"PASS :a{number}:{password}")
        assert again.session.account == f"a{number}"


def test_who_is_logged_in(stage: Stage) -> None:
    """"FAIL REGISTER ALREADY_AUTHENTICATED <account> <message> FAIL VERIFY ALREADY_AUTHENTICATED <account> <message>":
    "Sent by the server if the client is already authenticated."
    """
    client = stage.connect("tester")
    stage.registers("alice")
    stage.logs_in(client, "alice")
    for verb, words in (("REGISTER", "* * hunter22"), ("VERIFY", "* CODE")):
        assert asks(client, f"{verb} {words}") == [
            f"FAIL {verb} ALREADY_AUTHENTICATED * :You are logged in as alice already"
        ]


def test_addresses_that_are_not_taken(stage: Stage) -> None:
    """"FAIL REGISTER UNACCEPTABLE_EMAIL <account> <message>": "Sent by the server if the email address is valid, but
    not available for account registration."
    """
    mail = {"host": "mail.example.org", "sender": "chat@example.org", "refused": ("*@throwaway.*",)}
    configure(stage, mail=mail, accounts={"email_required": True})
    client = stage.connect("tester")
    (line,) = asks(client, "REGISTER * Tester@Throwaway.example hunter22")
    assert line == "FAIL REGISTER UNACCEPTABLE_EMAIL tester :That address is not taken here; use another one"
    assert stage.mailer.letters == []
    (line,) = asks(client, "REGISTER * tester@throwaways.example hunter22")
    assert line.startswith("REGISTER VERIFICATION_REQUIRED tester")


def test_invitations(stage: Stage) -> None:
    """Where an invitation is needed it stands behind the password, and is used up."""
    configure(stage, accounts={"registration": "invitation"})
    stage.accounts.add_invitation(Invitation(hash_code("ABCDEFGH"), 1), 5)
    for nick, wish, code in (
        ("a", "", "INVITATION_REQUIRED"), ("a", "invite=WRONG", "INVALID_INVITATION"), ("a", "invite=abcd-efgh", ""),
        ("b", "invite=ABCDEFGH", "INVALID_INVITATION"),
    ):  # fmt: skip
        client = stage.connect(nick)
        (first, *_) = asks(client, f"REGISTER * * hunter22 {wish}")
        assert first.startswith(f"FAIL REGISTER {code} {nick} :" if code else f"REGISTER SUCCESS {nick} :")
        client.disappears()


def test_closed(stage: Stage) -> None:
    """"This specification adds the `draft/account-registration` capability, whose presence signifies that the server
    accepts the `REGISTER` command": without it, it does not.
    """
    client = stage.open().sends("CAP LS 302", "CAP REQ :draft/account-registration", "NICK tester")
    client.take()
    configure(stage, accounts={"registration": "closed"})
    client.sees(f":{client.node.name} CAP tester DEL :draft/account-registration")
    assert asks(client, "REGISTER * * hunter22") == [
        "FAIL REGISTER DISALLOWED tester :Nobody can register here; ask the server's operators"
    ]


def test_rate_by_address(stage: Stage) -> None:
    """TEMPORARILY_UNAVAILABLE after some accounts from one address; others are not held up."""
    for number in range(4):
        first = asks(stage.connect(f"a{number}"), "REGISTER * * hunter22")[0]
    if len(stage.nodes) == 1:
        assert first.startswith("FAIL REGISTER TEMPORARILY_UNAVAILABLE a3 :Many accounts were made from your address; ")
    assert asks(stage.connect("b", ip="198.51.100.1"), "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS")
    for number in range(9):
        here = stage.connect(f"c{number}", ip="127.0.0.1")
        assert asks(here, "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS")


def test_a_database_that_is_away(stage: Stage) -> None:
    """"FAIL REGISTER TEMPORARILY_UNAVAILABLE <account> <message> FAIL VERIFY TEMPORARILY_UNAVAILABLE <account>
    <message>": "Sent by the server if the `REGISTER`/`VERIFY` commands are temporarily unavailable." Nothing is half
    there.
    """
    client = stage.connect("tester")
    stage.shelf.is_gone = True
    client.sends("REGISTER * * hunter22", "VERIFY tester CODE")
    stage.passes(5)
    lines = [line.split(" :")[1] for line in client.take()]
    assert lines[0].startswith(f"{client.node.name} FAIL REGISTER TEMPORARILY_UNAVAILABLE") or len(lines) == 2
    stage.shelf.is_gone = False
    assert stage.accounts.owners() == []
    assert stage.server.network.registry.owners == {}
    assert asks(client, "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS")


def test_exactly_one_wins(stage: Stage) -> None:
    """Ten clients that ask for one name at the same time: one has the account, the others are told that it exists."""
    clients = [newcomer(stage, "tester", ip=f"198.51.100.{number}") for number in range(10)]
    for number, client in enumerate(clients):
        client.session.receive(f"REGISTER * * password-{number}\r\n".encode())
    stage.settle()
    firsts = [client.take()[0].split(" ", 1)[1] for client in clients]
    outcomes = sorted(first.split(" ")[1 + first.startswith("FAIL")] for first in firsts)
    assert outcomes == ["ACCOUNT_EXISTS"] * 9 + ["SUCCESS"]
    winner = next(number for number, first in enumerate(firsts) if first.startswith("REGISTER SUCCESS"))
    assert [client.session.account for client in clients].count("tester") == 1
    assert stage.open().sends(f"PASS tester:password-{winner}").session.account == "tester"


def test_who_goes_while_registering() -> None:
    """The account is there all the same, and every node knows its nickname."""
    stage = Stage()
    client = stage.connect("tester")
    client.session.receive(b"REGISTER * * hunter22\r\n")
    stage.work.popleft()()  # the password is hashed; the account is on its way
    client.session.lost("gone")
    stage.settle()
    assert stage.accounts.find("tester") is not None
    assert stage.server.network.registry.owners == {"tester": "tester"}


def token_in(client: Client, verb: str) -> str:
    """The session token that came in a NOTE, with nothing else of it."""
    (line,) = [line for line in client.take() if " NOTE " in line]
    head, _, text = line.partition(" :")
    assert text == "Come back with this session token instead of the password; it is not shown again"
    words = head.split(" ")
    assert words[1:5] == ["NOTE", verb, "TOKEN", "tester"]
    assert read_token(words[5]) is not None
    return words[5]


def test_a_token_on_request(stage: Stage) -> None:
    """Whoever registers or logs in may ask for a session token, and comes back with it instead of the password."""
    client = stage.connect("tester", caps="sasl")
    client.sends("REGISTER * * hunter22 token=phone")
    first = token_in(client, "REGISTER")
    client.disappears()
    client = stage.open().sends(f"PASS {first}", "NICK tester", "USER t 0 * :t")
    assert client.session.user.account == "tester"
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN TOKEN", "AUTHENTICATE AHRlc3RlcgBodW50ZXIyMg==")
    second = token_in(client, "AUTHENTICATE")
    assert first != second
    account = stage.accounts.find("tester")
    assert account is not None
    kept = stage.accounts.tokens(account.account_id)
    assert [(each.device, each.address, each.is_valid(stage.server.now_ms())) for each in kept] == [
        ("phone", "192.0.2.1", True), ("", "192.0.2.1", True),
    ]  # fmt: skip
    assert {each.expires_ms - each.created_ms for each in kept} == {90 * 86_400_000}
    assert client.sends("PING x").take() == [f":{client.node.name} PONG {client.node.name} :x"]


def test_no_more_tokens_than_allowed(stage: Stage) -> None:
    """The log-in succeeds, the token is missing, and it is said why."""
    configure(stage, accounts={"tokens": 1})
    client = stage.connect("tester")
    client.sends("REGISTER * * hunter22 token").take()
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN token", "AUTHENTICATE AHRlc3RlcgBodW50ZXIyMg==")
    lines = client.take()
    assert lines[-2].split(" ")[1] == "903"
    assert lines[-1].split(" ", 1)[1] == (
        "WARN AUTHENTICATE NO_TOKEN tester :The account has 1 session tokens already; revoke one first"
    )


def test_only_for_accounts(stage: Stage) -> None:
    """"FAIL * ACCOUNT_REQUIRED <message>": "Sent by the server in response to the end of connection registration (e.g.
    to `USER`, `NICK`, or `CAP END`) if connection registration cannot proceed unless the user logs into an account with
    SASL." "This specification also defines the `draft/ACCOUNTREQUIRED` ISUPPORT token. If present, it indicates that
    the connection to the server cannot be completed unless the clients authenticates, typically via SASL."
    """
    configure(stage, accounts={"required": True})
    required = "FAIL * ACCOUNT_REQUIRED :Log in first, by SASL or PASS; an account is made by REGISTER"
    client = stage.open().sends("CAP LS 302", "NICK tester", "USER t 0 * :t")
    client.take()
    assert asks(client, "CAP END") == [required]
    assert any("draft/ACCOUNTREQUIRED" in line for line in stage.server.isupport())
    first, second, third, *_ = asks(client, "REGISTER * * hunter22")
    assert [first.split(" ")[0], second.split(" ")[0], third.split(" ")[0]] == ["REGISTER", "900", "001"]
    client.disappears()
    client = stage.open().sends("CAP REQ :sasl", "NICK tester", "USER t 0 * :t", "CAP END")
    assert client.take()[-1].endswith(required)
    client.sends("AUTHENTICATE PLAIN", "AUTHENTICATE AHRlc3RlcgBodW50ZXIyMg==")
    assert [line.split(" ")[1] for line in client.take()][1:4] == ["900", "903", "001"]


def test_verifying_an_account_that_waits_no_longer(stage: Stage) -> None:
    """A code of another kind, or an old one, verifies nothing."""
    account = stage.registers("alice")
    client = stage.connect("bob")
    assert " INVALID_CODE " in asks(client, "VERIFY alice AAAAAAAAAAAA")[0]
    assert stage.accounts.find("alice") == replace(account)


def test_passwords_over_tls_only(stage: Stage) -> None:
    """As configured, no password is taken on the open line."""
    configure(stage, accounts={"passwords_need_tls": True})
    assert asks(stage.connect("tester"), "REGISTER * * hunter22") == [
        "FAIL REGISTER UNACCEPTABLE_PASSWORD tester :Passwords are taken over TLS only"
    ]
    assert asks(stage.connect("other", secure=True), "REGISTER * * hunter22")[0].startswith("REGISTER SUCCESS")


def test_capability_value(stage: Stage) -> None:
    """"The capability MAY be advertised by servers with an OPTIONAL value: a comma (`,`) (0x2C) separated list of
    tokens." "Keys specified in this document MUST only occur at most once."
    """
    client = stage.open()
    assert value(client) == ["before-connect", "custom-account-name"]
    mail = {"host": "mail.example.org", "sender": "chat@example.org"}
    configure(stage, mail=mail, accounts={"email_required": True, "custom_names": False})
    client.take()
    assert value(client) == ["before-connect", "email-required"]
    configure(stage, accounts={"email_required": False, "register_before_connect": False})
    client.take()
    assert value(client) == [""]
    configure(stage, accounts={"registration": "closed"})
    client.sees(f":{client.node.name} CAP * DEL :draft/account-registration")
    assert "draft/account-registration" not in " ".join(client.sends("CAP LS 302").take())
