"""NickServ: REGISTER, VERIFY and RESETPASS."""

from __future__ import annotations

import pytest
from talk import account_of, answers, code_in, told, with_mail, with_settings

from chatd.core.accounts import Account, Suspension
from chatd.testing import Stage


def account(stage: Stage, name: str) -> Account:
    """An account that is there."""
    found = stage.accounts.find(name)
    assert found is not None
    return found


def test_an_account_of_ones_nickname(stage: Stage) -> None:
    """It is made, everybody knows whose the nickname is, and one is logged in."""
    alice, bob = stage.connect("Alice"), stage.connect("bob")
    bob.sends("JOIN #x")
    alice.sends("JOIN #x")
    assert told(alice, "PRIVMSG NickServ :REGISTER correct-horse") == [
        "The account Alice is made, and you are logged in to it."
    ]
    assert account_of(alice) == "Alice"
    assert account(stage, "alice").name == "Alice"
    assert all(node.network.registry.owner("alice") == "Alice" for node in stage.nodes)
    alice.sends("QUIT")
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["You are logged in as Alice."]
    assert account_of(bob) == "Alice"


def test_the_log_in_is_told_as_any_other(stage: Stage) -> None:
    """900 comes to who registers; ACCOUNT to those who asked for it."""
    alice, bob = stage.connect("alice"), stage.connect("bob", caps="account-notify")
    bob.sends("JOIN #x")
    alice.sends("JOIN #x")
    bob.take()
    alice.take()
    alice.sends("NS REGISTER correct-horse")
    source = alice.session.context.user.source
    assert f":{alice.node.name} 900 alice {source} alice :You are now logged in as alice" in alice.take()
    bob.sees(f":{source} ACCOUNT alice")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("short", "A password has at least 6 letters."),
        ("Alice-liddell", "The name of the account is no password for it."),
        ("x" * 301, "A password has at most 300 bytes."),
        ("\u00ad\u200b", "There is nothing in that password."),
        (f"ct-ABCDEFGHJK-{'x' * 43}", "That is a session token, and no password."),
        ("correct-horse a@b", "That is no e-mail address."),
        ("correct-horse a@b.c d@e.f", "That is too much. HELP REGISTER says how it is written."),
        ("correct-horse one two", "That is too much. HELP REGISTER says how it is written."),
    ],
)
def test_what_is_not_taken(stage: Stage, given: str, said: str) -> None:
    """Each in a sentence, and no account is made."""
    alice = stage.connect("alice-liddell")
    assert told(alice, f"NS REGISTER {given}") == [said]
    assert stage.accounts.owners() == []


def test_a_name_that_is_taken(stage: Stage) -> None:
    """Also when it is another account's further nickname, and also when the news has not come here yet."""
    stage.registers("alice")
    with_settings(stage, accounts={"nick_enforcement": "off"})
    alice = stage.connect("alice")
    assert told(alice, "NS REGISTER correct-horse") == ["That name is taken."]
    stage.accounts.register("carol", "carol", None, 0)
    assert told(stage.connect("carol"), "NS REGISTER correct-horse") == ["That name is taken."]


def test_guests_do_not_register(stage: Stage) -> None:
    """The names that the server gives away are the server's."""
    assert told(stage.connect("guest123"), "NS REGISTER correct-horse") == ["That name is kept by the server."]
    assert told(stage.connect("guestling"), "NS REGISTER correct-horse")[0].startswith("The account guestling is made")


def test_who_is_logged_in_does_not_register(stage: Stage) -> None:
    """One person, one account."""
    alice = stage.connect("alice")
    stage.registers("other")
    stage.logs_in(alice, "other")
    assert told(alice, "NS REGISTER correct-horse") == [
        "You are logged in as other already. GROUP adds a nickname to your account."
    ]


def test_ten_at_once_one_account(stage: Stage) -> None:
    """Ten concurrent clients racing for one name: exactly one wins."""
    with_settings(stage, accounts={"registrations_per_address": 100})
    alice = stage.connect("alice")
    others = [stage.connect(f"other{number}") for number in range(9)]
    verdicts: list[object] = []
    for client in [alice, *others]:
        client.node.registrar.register(
            client.session.context, "shared", f"password {client.session.nick}", verdicts.append
        )
    stage.settle()
    assert sum(isinstance(verdict, Account) for verdict in verdicts) == 1
    assert {verdict.code for verdict in verdicts if not isinstance(verdict, Account)} == {"ACCOUNT_EXISTS"}  # type: ignore[attr-defined]
    assert len(verdicts) == 10


def test_registering_may_be_closed(stage: Stage) -> None:
    """Then nobody can."""
    with_settings(stage, accounts={"registration": "closed"})
    alice = stage.connect("alice")
    assert told(alice, "NS REGISTER correct-horse") == ["Nobody can register here; ask the server's operators."]


def test_an_address_makes_few_accounts(stage: Stage) -> None:
    """Three at once, then one in a while; attempts that were not even tried do not count."""
    for name in ("one", "two", "three"):
        client = stage.connect(name)
        told(client, "NS REGISTER x")
        assert "is made" in told(client, "NS REGISTER correct-horse")[0]
    four = stage.connect("four")
    limit = stage.server.config.accounts.registration_forgotten_s
    refused = told(four, "NS REGISTER correct-horse")
    if len(stage.nodes) == 1:
        assert refused == ["Many accounts were made from your address; try again in 1200 seconds."]
        stage.passes(limit)
        four = stage.connect("four4")
        assert "is made" in told(four, "NS REGISTER correct-horse")[0]
    elsewhere = stage.connect("five", ip="198.51.100.9")
    assert "is made" in told(elsewhere, "NS REGISTER correct-horse")[0]


def test_trusted_addresses_make_any_number(stage: Stage) -> None:
    """Those in connections.exempt."""
    for number in range(10):
        client = stage.connect(f"local{number}", ip="127.0.0.1")
        assert "is made" in told(client, "NS REGISTER correct-horse")[0]


def test_a_store_that_is_away(stage: Stage) -> None:
    """A sentence, no account, and the next try works."""
    alice = stage.connect("alice")
    stage.shelf.is_gone = True
    assert told(alice, "NS REGISTER correct-horse") == ["Accounts cannot be asked just now; try again in a minute."]
    assert account_of(alice) is None
    stage.shelf.is_gone = False
    assert "is made" in told(alice, "NS REGISTER correct-horse")[0]


def test_who_leaves_meanwhile_has_an_account_all_the_same(stage: Stage) -> None:
    """What is in the store is known to the network, though nobody is left to be told."""
    alice = stage.connect("alice")
    alice.session.receive(b"NS REGISTER correct-horse\r\n")
    stage.work.popleft()()  # the password is hashed, and the store is asked
    alice.session.lost("gone")
    stage.settle()
    assert all(node.network.registry.owner("alice") == "alice" for node in stage.nodes)
    bob = stage.connect("bob")
    assert told(bob, "NS IDENTIFY alice correct-horse") == ["You are logged in as alice."]


def test_who_leaves_at_once_has_none(stage: Stage) -> None:
    """Nothing was promised, and nothing was kept."""
    alice = stage.connect("alice")
    alice.session.receive(b"NS REGISTER correct-horse\r\n")
    alice.session.lost("gone")
    stage.settle()
    assert stage.accounts.owners() == []


# --- e-mail ------------------------------------------------------------------------------------------------


def test_an_address_is_confirmed_by_a_code(stage: Stage) -> None:
    """Where it is required, the account is good for nothing before that."""
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    alice = stage.connect("alice")
    assert told(alice, "NS REGISTER correct-horse") == ["To register here you need an e-mail address."]
    assert told(alice, "NS REGISTER correct-horse alice@example.org") == [
        "The account alice is made. Give the code that goes to alice@example.org: VERIFY alice <code>"
    ]
    assert account_of(alice) is None
    assert told(alice, "NS IDENTIFY alice correct-horse")[0].startswith("First give the code you were sent")
    (letter,) = stage.mailer.letters
    assert letter.recipient == "alice@example.org"
    code = code_in(stage)
    assert told(alice, "NS VERIFY alice WRONGWRONG22") == ["The code is wrong, or no longer good."]
    assert told(alice, f"NS VERIFY alice {code[:4].lower()} {code[4:8]}-{code[8:]}") == [
        "The account alice is confirmed, and you are logged in to it."
    ]
    assert account_of(alice) == "alice"
    assert account(stage, "alice").email == "alice@example.org"
    assert told(alice, f"NS VERIFY alice {code}") == ["The code is wrong, or no longer good."]


def test_an_address_that_is_not_required(stage: Stage) -> None:
    """It becomes the account's when the code is given; until then the account has none."""
    with_mail(stage)
    alice = stage.connect("alice")
    made, then = told(alice, "NS REGISTER correct-horse alice@example.org")
    assert made == "The account alice is made, and you are logged in to it."
    assert then.startswith("A code goes to alice@example.org.")
    assert account(stage, "alice").email == ""
    bob = stage.connect("bob")
    said = "The account alice has the address alice@example.org now."
    assert told(bob, f"NS VERIFY alice {code_in(stage)}") == [said]
    assert account_of(bob) is None, "whoever reads the letter is not logged in by it"
    assert account(stage, "alice").email == "alice@example.org"


def test_codes_expire(stage: Stage) -> None:
    """After a day; the account is gone then."""
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    alice = stage.connect("alice")
    told(alice, "NS REGISTER correct-horse alice@example.org")
    stage.now_s += 86_401
    assert told(alice, f"NS VERIFY alice {code_in(stage)}") == ["The code is wrong, or no longer good."]
    assert [each.name for each in stage.accounts.purge(round(stage.now_s * 1000))] == ["alice"]


@pytest.mark.parametrize("purpose", ["register", "reset"])
def test_strangers_do_not_spoil_a_code(stage: Stage, purpose: str) -> None:
    """Each is held up for guessing, by address; the owner, at an address of their own, is not."""
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    alice = stage.connect("alice")
    told(alice, "NS REGISTER correct-horse alice@example.org")
    if purpose == "reset":
        told(alice, f"NS VERIFY alice {code_in(stage)}")
        told(alice, "NS RESETPASS alice")
    for address in range(40):
        stranger = stage.connect(f"s{address}", ip=f"198.51.100.{address}")
        guess = {"register": "VERIFY alice WRONG", "reset": "RESETPASS alice WRONG new-password"}[purpose]
        assert told(stranger, f"NS {guess}") == ["The code is wrong, or no longer good."]
        stranger.sends("QUIT")
    if purpose == "register":
        assert told(alice, f"NS VERIFY alice {code_in(stage)}")[0].startswith("The account alice is confirmed")
    else:
        assert told(alice, f"NS RESETPASS alice {code_in(stage)} new-password")[0].startswith("The account alice has")


def test_a_letter_that_does_not_go(stage: Stage) -> None:
    """Who waits for it is told."""
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    stage.mailer.problem = "the mail server answered 550"
    alice = stage.connect("alice")
    alice.sends("NS REGISTER correct-horse alice@example.org")
    text = "The letter for alice could not be sent. The server's operators have been told."
    assert f":{alice.node.name} NOTICE alice :{text}" in alice.take()


def test_a_suspended_account_is_not_logged_in_by_a_code(stage: Stage) -> None:
    """A code shows whose the address is, no more."""
    with_mail(stage)
    with_settings(stage, accounts={"email_required": True})
    alice = stage.connect("alice")
    told(alice, "NS REGISTER correct-horse alice@example.org")
    stage.accounts.suspend(account(stage, "alice").account_id, Suspension("spam", "root", 0))
    assert told(alice, f"NS VERIFY alice {code_in(stage)}") == ["The account alice is suspended: spam."]
    assert account_of(alice) is None


# --- a new password ----------------------------------------------------------------------------------------


def with_address(stage: Stage) -> Account:
    """An account with an address that was confirmed."""
    with_mail(stage)
    made = stage.registers("alice", "old-password")
    stage.accounts.set_email(made.account_id, "alice@example.org")
    return made


def test_a_lost_password(stage: Stage) -> None:
    """A code goes to the address; with it a new password is chosen, and tokens are gone."""
    made = with_address(stage)
    bob = stage.connect("bob")
    stage.logs_in(bob, "alice")
    told(bob, "NS TOKEN NEW phone")
    stranger = stage.connect("stranger")
    asked = "If the account has an e-mail address, a code goes there now. RESETPASS <account> <code> <new password> is"
    assert told(stranger, "NS RESETPASS alice")[0].startswith(asked)
    assert stage.mailer.letters[0].recipient == "alice@example.org"
    assert told(stranger, "NS RESETPASS alice WRONG new-password") == ["The code is wrong, or no longer good."]
    assert told(stranger, f"NS RESETPASS alice {code_in(stage)} new") == ["A password has at least 6 letters."]
    assert told(stranger, f"NS RESETPASS alice {code_in(stage)} new-password") == [
        "The account alice has its new password. IDENTIFY alice <password> logs you in."
    ]
    assert account_of(stranger) is None
    assert told(stranger, "NS IDENTIFY alice old-password") == ["The account or the password is wrong."]
    assert told(stranger, "NS IDENTIFY alice new-password") == ["You are logged in as alice."]
    assert stage.accounts.tokens(made.account_id) == []
    assert told(stranger, f"NS RESETPASS alice {code_in(stage)} third-password") == [
        "The code is wrong, or no longer good."
    ]


def test_who_asks_learns_nothing(stage: Stage) -> None:
    """The answer is the same for an account without an address, for one that is not there, and for the third letter."""
    with_address(stage)
    stage.registers("plain")
    stranger = stage.connect("stranger", ip="127.0.0.1")
    expected = told(stranger, "NS RESETPASS alice")
    for name in ("plain", "nobody", "alice", "alice"):
        assert told(stranger, f"NS RESETPASS {name}") == expected
    assert len(stage.mailer.letters) == 3
    assert told(stranger, "NS RESETPASS alice") == expected
    assert len(stage.mailer.letters) == 3, "nobody's mailbox is filled"


def test_not_many_letters_for_one_who_asks(stage: Stage) -> None:
    """Asking for accounts that are not there is charged as well."""
    with_mail(stage, per_address=2)
    stranger = stage.connect("stranger")
    for name in ("one", "two"):
        assert told(stranger, f"NS RESETPASS {name}")[0].startswith("If the account")
    assert told(stranger, "NS RESETPASS three") == ["Too many letters were sent; try again in 1800 seconds."]


def test_without_a_mail_server_nothing_is_reset(stage: Stage) -> None:
    """A sentence."""
    stage.registers("alice", "old-password")
    assert told(stage.connect("bob"), "NS RESETPASS alice") == ["This server sends no e-mail. Ask its operators."]


def test_guessing_codes_is_throttled(stage: Stage) -> None:
    """As any log-in that fails."""
    with_address(stage)
    with_settings(stage, accounts={"attempts_per_address": 8})
    stranger = stage.connect("stranger")
    said = [told(stranger, f"NS RESETPASS alice CODE{number} new-password")[0] for number in range(12)]
    assert said[0] == "The code is wrong, or no longer good."
    assert said[-1].startswith("Too many attempts; try again in")


def test_help_is_there_for_each(stage: Stage) -> None:
    """Derived from the table."""
    alice = stage.connect("alice")
    for name in stage.catalog.services["nickserv"].commands:
        alice.sends(f"NS HELP {name}")
        assert answers(alice)[0].startswith(f"\x02{name}")
