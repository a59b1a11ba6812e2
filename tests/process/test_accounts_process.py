"""Accounts of a real server: what is on the disk, and what becomes of people when the database is in trouble."""

from __future__ import annotations

import json
import signal
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from threading import Event
from typing import Any

import bcrypt
import pytest
from sqlalchemy import text
from test_process import run

from chatd.credentials.passwords import Passwords
from chatd.stores.sql.accounts import SqlAccounts
from chatd.stores.sql.opening import open_database

pytestmark = pytest.mark.process
CHEAP = "[accounts]\nbcrypt_cost = 4\nscram_iterations = 4096\n"
OPERATOR = f'[[operators]]\nname = "root"\npassword = "{bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}"\n'


def with_accounts(server: Any, *names: str) -> Any:
    """The same server, restarted with accounts whose password is "secret"."""
    server.connect("first").close()  # before it serves it does not take signals either
    assert server.stop() == 0
    accounts = SqlAccounts(open_database("", server.data))
    for name in names:
        accounts.register(name, name, Passwords(4, 4096).make("secret"), 1)
    accounts.close()
    server.process = server.start()
    return server


def log_in(server: Any, name: str, password: str = "secret") -> str:
    """The line that ends a log-in by SASL PLAIN."""
    talker = server.connect()
    message = b64encode(f"\0{name}\0{password}".encode()).decode()
    talker.send("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {message}")
    while line := talker.line():
        if line.split(" ")[1] in ("903", "904", "FAIL"):
            break
    talker.close()
    return str(line)


def test_a_newer_database_is_one_line(tmp_path):
    """A server that is too old for its database ends with exit status 1 and leaves it alone."""
    (tmp_path / "data").mkdir()
    database = open_database("", tmp_path / "data")
    database.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0999'")))
    database.rest()
    before = (tmp_path / "data" / "chatd.db").read_bytes()
    ended = run("--data", "data", cwd=tmp_path)
    assert ended.returncode == 1
    assert f"chatd: {tmp_path}/data/chatd.db: was made by a newer chatd" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert (tmp_path / "data" / "chatd.db").read_bytes() == before


def test_a_database_that_cannot_be_reached_is_one_line(tmp_path):
    """As well; the password in its address is not shown."""
    pytest.importorskip("psycopg")
    (tmp_path / "chatd.toml").write_text(
        f'[accounts]\ndatabase = "postgresql://u:letmein@/x?host={tmp_path}"\n[listen]\nplain = []\ntls = []\n'
    )
    ended = run("--config", "chatd.toml", cwd=tmp_path)
    assert ended.returncode == 1
    assert "chatd: postgresql+psycopg://u:***@/x" in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout
    assert "letmein" not in ended.stderr + ended.stdout


def test_the_database_goes_away_and_comes_back(serve):
    """Log-ins fail for the time being, nobody is logged in by mistake, others chat on, and operators are told."""
    server = with_accounts(serve(CHEAP + OPERATOR), "alice")
    operator, bob, carol = (server.connect(nick) for nick in ("op", "bob", "carol"))
    operator.send("OPER root secret", "MODE op +s")
    for talker in (bob, carol):
        talker.send("JOIN #chat")
        talker.barrier()
    operator.barrier()
    assert " 903 " in log_in(server, "alice")
    assert " 904 " in log_in(server, "alice", "wrong")

    path, away = server.data / "chatd.db", server.data / "away.db"
    path.rename(away)
    for password in ("secret", "wrong"):
        line = log_in(server, "alice", password)
        assert " 904 " in line
        assert "try again in a minute" in line
    bob.send("PRIVMSG #chat :still here")
    assert carol.until("still here")
    told = operator.barrier()
    assert any("accounts: the database cannot be read: " in line for line in told), told

    away.rename(path)
    assert " 903 " in log_in(server, "alice")
    assert any("accounts: the database can be read again" in line for line in operator.barrier())
    assert server.stop() == 0
    assert "secret" not in "".join(server.log)
    assert "Traceback" not in "".join(server.log)


def test_a_locked_database(serve):
    """Somebody else holds the lock for writing: who has an account logs in all the same; later it is written again."""
    server = with_accounts(serve(CHEAP + OPERATOR), "alice")
    operator = server.connect("op")
    operator.send("OPER root secret", "MODE op +s")
    operator.barrier()
    with closing(sqlite3.connect(server.data / "chatd.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert " 903 " in log_in(server, "alice")
        operator.until("accounts: the database cannot be written: database is locked")
        other.execute("ROLLBACK")
    assert " 903 " in log_in(server, "alice")
    operator.until("accounts: the database can be written again")


def register_all(server: Any, names: Iterable[str], acknowledged: list[str], enough: Callable[[], object]) -> None:
    """Register one after the other, each on a connection of its own, until the server is gone."""
    with suppress(OSError):
        for name in names:
            talker = server.connect()
            talker.send("CAP LS 302", f"NICK {name}", f"REGISTER * * {password_of(name)}")
            while line := talker.line():
                if " REGISTER SUCCESS " in line:
                    acknowledged.append(name)
                    enough()
                    break
            talker.close()


def change_all(server: Any, founder: Any, acknowledged: dict[str, int]) -> None:
    """Change a setting of a channel, metadata of it and of its founder, again and again, until the server is gone."""
    with suppress(OSError):
        for number in range(1, 10**6):
            founder.send(
                f"CS SET #kept description {number}", f"METADATA #kept SET number {number}",
                f"METADATA * SET number {number}",
            )  # fmt: skip
            for what, answer in (("setting", f" is {number} now."), ("channel", " 761 "), ("account", " 761 ")):
                line = founder.line()
                if not line or answer not in line:
                    return
                acknowledged[what] = number


def founder_of(server: Any) -> Any:
    """Somebody who has registered #kept."""
    founder = server.connect()
    founder.send(
        "CAP REQ :draft/metadata-2 batch", "NICK founder", "USER founder 0 * :f", "REGISTER * * secret-of-founder",
        "CAP END", "JOIN #kept", "CS REGISTER #kept",
    )  # fmt: skip
    founder.until("#kept is registered")
    return founder


def check_changes(database: sqlite3.Connection, acknowledged: dict[str, int]) -> None:
    """What was acknowledged last is there, or what came after it."""
    ((channel,),) = database.execute("SELECT document FROM channels")
    ((account,),) = database.execute("SELECT document FROM documents WHERE kind = 'metadata'")
    document = json.loads(channel)
    found = {
        "setting": document["settings"]["description"],
        "channel": document["metadata"]["number"],
        "account": json.loads(account)["number"],
    }
    assert acknowledged["account"] > 1
    for what, number in acknowledged.items():
        assert int(found[what]) in (number, number + 1), (what, number, found)


def password_of(name: str) -> str:
    """Everybody has another one."""
    return f"secret-of-{name}"


def test_killed_in_the_middle_of_a_thousand_registrations(serve):
    """Whoever was told that an account is made can log in to it; every other account is whole, or is not there.

    What a channel's founder was told meanwhile that is set, is set.
    """
    server = serve(CHEAP + "[flood]\nenabled = false\n[metadata]\nchanges = 10000\n")
    server.connect("first").close()
    changed: dict[str, int] = {}
    founder = founder_of(server)
    acknowledged: list[str] = []
    names = iter([f"user{number}" for number in range(1000)])
    kill = Event()

    def enough() -> None:
        if len(acknowledged) >= 400:
            kill.set()

    with ThreadPoolExecutor(17) as pool:
        under_way = [pool.submit(register_all, server, names, acknowledged, enough) for _ in range(16)]
        under_way.append(pool.submit(change_all, server, founder, changed))
        assert kill.wait(100)
        server.stop(signal.SIGKILL)
        for each in under_way:
            each.result()
    assert 400 <= len(acknowledged) < 1000

    with closing(sqlite3.connect(server.data / "chatd.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        check_changes(database, changed)
        made = {name for (name,) in database.execute("SELECT name FROM accounts")}
        assert made == {nick for (nick,) in database.execute("SELECT nick FROM nicknames")}
    assert set(acknowledged) <= made
    server.process = server.start()
    with ThreadPoolExecutor(8) as pool:
        lines = dict(zip(made, pool.map(lambda name: log_in(server, name, password_of(name)), made), strict=True))
    assert [name for name, line in lines.items() if " 903 " not in line] == []
    for name in ("user998", "user999"):
        again: list[str] = []
        register_all(server, [name], again, lambda: None)
        assert again == [name]


def test_ten_race_for_one_account(serve):
    """Ten clients ask for one name at once: one is told that it has it, and after a kill its password alone logs in."""
    # whoever wins, nine wrong passwords are tried here, the last of them perhaps before the right one
    limits = "registrations_per_address = 100\nattempts_per_account = 100\nattempts_per_address = 100\n"
    server = serve(CHEAP + limits)
    talkers = [server.connect() for _ in range(10)]
    for number, talker in enumerate(talkers):
        talker.send("CAP LS 302", f"NICK guest{number}", "USER x 0 * :x")
        talker.until(" CAP * LS ")
    for number, talker in enumerate(talkers):
        talker.send(f"REGISTER wanted * password-of-{number}")
    said = [next(line for line in iter(talker.line, "") if " REGISTER " in line) for talker in talkers]
    won = [number for number, line in enumerate(said) if " REGISTER SUCCESS wanted " in line]
    assert len(won) == 1
    assert [line.split(" ")[3] for line in said if " FAIL REGISTER " in line] == ["ACCOUNT_EXISTS"] * 9
    server.stop(signal.SIGKILL)
    server.process = server.start()
    logged_in = [number for number in range(10) if " 903 " in log_in(server, "wanted", f"password-of-{number}")]
    assert logged_in == won
