"""The password of the server itself: PASS, LOGIN, and who is not asked.  See Modern IRC, "PASS message"."""

from __future__ import annotations

import bcrypt
import pytest
from msgspec.structs import replace

from chatd.config import Accounts, Config, Password
from chatd.testing import Client, Stage

HASH = bcrypt.hashpw(b"open:sesame", bcrypt.gensalt(4)).decode()
NAMED = ("NICK alice", "USER alice 0 * :Alice")
CLOSING = "ERROR :Closing link: 192.0.2.1 (This server asks for a password: PASS <password> before NICK and USER)"


def guarded(nodes: int = 1, accounts: Accounts | None = None, **settings) -> Stage:
    """A stage whose servers ask for a password."""
    config = Config(password=Password(hash=HASH, **settings), accounts=accounts or Accounts())
    return Stage(config, nodes=nodes)


def is_in(client: Client) -> bool:
    """Whether the client has become a user, and was welcomed."""
    welcomed = any(line.split(" ")[1] == "001" for line in client.take())
    assert welcomed == (client.session.user is not None)
    return welcomed


def is_turned_away(client: Client) -> bool:
    """Whether the client was told 464 and why, and is closed."""
    taken = client.take()
    assert client.session.user is None
    return client.closed and taken[-2:] == [f":{client.node.name} 464 {client.session.shown_nick} :Password incorrect",
                                            CLOSING]  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [
        ("PASS open:sesame", *NAMED),
        ("PASS :open:sesame", *NAMED),
        ("NICK alice", "PASS open:sesame", "USER alice 0 * :Alice"),
        ("PASS wrong", "PASS open:sesame", *NAMED),
        ("CAP LS 302", *NAMED, "PASS open:sesame", "CAP END"),
    ],
)
def test_the_right_password_opens(nodes: int, lines: tuple[str, ...]) -> None:
    """The password supplied must match the one defined in the server configuration."""
    assert is_in(guarded(nodes).open().sends(*lines))


@pytest.mark.parametrize(
    "lines",
    [
        NAMED,
        ("PASS wrong", *NAMED),
        ("PASS open:sesame", "PASS wrong", *NAMED),
        ("PASS OPEN:SESAME", *NAMED),
        ("CAP REQ :server-time", *NAMED, "CAP REQ :-server-time", "CAP END"),
    ],
)
def test_no_password_or_another_closes(nodes: int, lines: tuple[str, ...]) -> None:
    """If it does not match: ERR_PASSWDMISMATCH, and ERROR; of several PASS only the last one sent is used."""
    assert is_turned_away(guarded(nodes).open().sends(*lines))


def test_an_account_beside_it(nodes: int) -> None:
    """Two PASS, in this order, give the server's password and log in."""
    stage = guarded(nodes)
    stage.registers("alice", "in-wonderland")
    client = stage.open().sends("PASS open:sesame", "PASS alice:in-wonderland", *NAMED)
    assert any(" 900 " in line for line in client.lines)
    assert is_in(client) and client.session.user.account == "alice"
    assert is_turned_away(stage.open().sends("PASS alice:in-wonderland", *NAMED))


def test_an_account_may_suffice(nodes: int) -> None:
    """Then who logs in is not asked, by PASS with and without a name, nor by LOGIN; others are."""
    stage = guarded(nodes, accounts_suffice=True)
    stage.registers("alice", "in-wonderland")
    for lines in (
        ("PASS alice:in-wonderland", "NICK alice", "USER alice 0 * :Alice"),
        ("PASS in-wonderland", "NICK alice", "USER alice 0 * :Alice"),
        ("LOGIN alice in-wonderland",),
    ):
        client = stage.open().sends(*lines)
        assert is_in(client) and client.session.user.account == "alice"
        client.sends("QUIT")
    assert is_turned_away(stage.open().sends("PASS :wrong", *NAMED))
    assert is_turned_away(stage.open().sends("PASS alice:wrong", *NAMED))
    assert is_turned_away(stage.open().sends("PASS in-wonderland", "NICK bob", "USER bob 0 * :Bob"))
    assert is_in(stage.open().sends("PASS open:sesame", "NICK bob", "USER bob 0 * :Bob"))


def test_by_hand(nodes: int) -> None:
    """LOGIN takes it behind the nickname; without it one is told so, with a wrong one closed."""
    stage = guarded(nodes)
    assert is_in(stage.open().sends("LOGIN alice open:sesame"))
    assert is_in(stage.open().sends("PASS open:sesame", "LOGIN carol"))
    client = stage.open().sends("LOGIN bob")
    client.sees(
        f":{client.node.name} NOTICE * :This server asks for a password. Type: LOGIN bob <password>",
        f":{client.node.name} 464 * :Password incorrect",
    )
    assert not client.closed
    client.sends("LOGIN bob wrong")
    client.sees(
        f":{client.node.name} 464 * :Password incorrect",
        "ERROR :Closing link: 192.0.2.1 (That is not the password of this server)",
    )
    assert client.closed
    assert is_in(stage.open().sends("LOGIN bob open:sesame"))


def test_by_hand_with_an_account_as_well(nodes: int) -> None:
    """First the server's password, then the account's."""
    stage = guarded(nodes)
    stage.registers("alice", "in-wonderland")
    client = stage.open().sends("LOGIN alice open:sesame")
    assert client.take()[0].endswith("If it is yours, type: LOGIN alice <password>")
    client.sends("LOGIN alice in-wonderland")
    assert is_in(client) and client.session.user.account == "alice"


def test_the_greeting_says_so() -> None:
    """Whoever types by hand learns what is asked."""
    stage = guarded(free_networks=("198.51.100.0/24",))
    asked, free = stage.server, []
    for ip in ("192.0.2.1", "198.51.100.7"):
        client = Client(stage, asked, stage.open(ip=ip).session.peer)
        free.append("password" in client.take()[0])
    assert free == [True, False]


def test_who_is_not_asked(nodes: int) -> None:
    """Networks and listeners can be left out; a gateway's clients count by their own address."""
    stage = guarded(nodes, free_networks=("198.51.100.0/24",), free_listeners=("tcp:6667",))
    assert is_in(stage.open(ip="198.51.100.7").sends("NICK a", "USER a 0 * :A"))
    assert is_in(stage.open(listener="tcp:6667").sends("NICK b", "USER b 0 * :B"))
    assert is_turned_away(stage.open(listener="tcp:6697").sends("NICK c", "USER c 0 * :C"))


def test_no_account_is_made_without_it(nodes: int) -> None:
    """A stranger cannot REGISTER while connecting, and has nothing after it.  Not by COMPLETE_CONNECTION_REQUIRED: "The
    server MUST NOT sent these replies if it advertizes the `before-connect` key".
    """
    stage = guarded(nodes)
    client = stage.open().sends("CAP REQ :draft/account-registration", "NICK alice", "REGISTER * * in-wonderland")
    assert "FAIL REGISTER TEMPORARILY_UNAVAILABLE * :First give the password" in client.take()[-1]
    client.sends("VERIFY alice CODE")
    assert "FAIL VERIFY TEMPORARILY_UNAVAILABLE alice :First give the password" in client.take()[-1]
    client.sends("PASS open:sesame", "REGISTER * * in-wonderland")
    assert any("REGISTER SUCCESS alice" in line for line in client.take())


def test_after_registration_it_stays(nodes: int) -> None:
    """It may not be changed once the client has been registered."""
    client = guarded(nodes).open().sends("PASS open:sesame", *NAMED)
    client.take()
    client.sends("PASS wrong")
    client.sees(f":{client.node.name} 462 alice :You may not reregister")


def test_guessing_is_throttled(nodes: int) -> None:
    """By address, like log-ins; the right password is let in at once from anywhere else."""
    stage = guarded(nodes, accounts=Accounts(attempts_per_address=3))
    on_one_node = len(stage.nodes)
    for guess in range(3 * on_one_node):
        stage.open().sends(f"PASS wrong{guess}")
    last = stage.open().sends("PASS wrong-again")
    assert last.closed
    assert last.take()[-1].startswith("ERROR :Closing link: 192.0.2.1 (Too many wrong passwords; try again in ")
    assert is_in(stage.open(ip="192.0.2.99").sends("PASS open:sesame", "NICK bob", "USER bob 0 * :Bob"))


def test_many_who_are_right_are_never_throttled() -> None:
    """All come back at once after a restart, from behind one address: they share one hash, then cost none."""
    stage = guarded(accounts=Accounts(attempts_per_address=1))
    clients = [stage.open() for _ in range(5)]
    for client in clients:
        client.session.receive(b"PASS open:sesame\r\nNICK n%d\r\nUSER n 0 * :N\r\n" % clients.index(client))
    assert len(stage.work) == 1
    stage.settle()
    assert all(is_in(client) for client in clients)
    late = stage.open()
    late.session.receive(b"PASS open:sesame\r\n")
    assert not stage.work and late.session.knows_password


def test_what_logs_in_is_charged_once() -> None:
    """PASS <account>:<password> is tried as both, and leaves no charge when it is right as one of them."""
    stage = guarded(accounts=Accounts(attempts_per_address=2), accounts_suffice=True)
    stage.registers("alice", "in-wonderland")
    for _ in range(4):
        client = stage.open().sends("PASS alice:in-wonderland", *NAMED)
        assert is_in(client)
        client.sends("QUIT")


def test_another_password_after_rehash() -> None:
    """The old one opens no longer; who is there stays."""
    stage = guarded()
    here = stage.open().sends("PASS open:sesame", *NAMED)
    assert is_in(here)
    other = bcrypt.hashpw(b"another", bcrypt.gensalt(4)).decode()
    stage.server.reconfigure(replace(stage.server.config, password=Password(hash=other)), stage.server.texts)
    assert not here.closed
    assert is_turned_away(stage.open().sends("PASS open:sesame", "NICK bob", "USER bob 0 * :Bob"))
    assert is_in(stage.open().sends("PASS another", "NICK carol", "USER carol 0 * :Carol"))
