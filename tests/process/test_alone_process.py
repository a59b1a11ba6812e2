"""Two servers on one database: the second says in one line who has it, and ends with exit status 1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from running import PATIENCE_S, ROOT
from sqlalchemy import create_engine, make_url, text

pytestmark = pytest.mark.process


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """What ``accounts.database`` says."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/shared.db"
        return
    setting = os.environ.get("CHATD_TEST_POSTGRES")
    if not setting:
        pytest.skip("CHATD_TEST_POSTGRES names no PostgreSQL (.ci/run starts one)")
    url = make_url(setting).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"chatd_test_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(setting).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def test_two_servers(serve, tmp_path, database):
    """After a SIGKILL of the first the database is free; who was acknowledged by it is there."""
    server = serve(f'[accounts]\ndatabase = "{database}"\n')
    (tmp_path / "other.toml").write_text(
        f'[server]\ndata = "{tmp_path}/other"\n[listen]\nplain = []\ntls = []\n[accounts]\ndatabase = "{database}"\n'
    )
    twistd = [sys.executable, str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "chatd"]
    second = subprocess.run(
        [*twistd, "--config", "other.toml"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    (line,) = [line for line in second.stderr.splitlines() if line.startswith("chatd:")]
    assert f": another server is using this database (process {server.process.pid} on {os.uname().nodename}" in line
    assert "Traceback" not in second.stdout + second.stderr
    alice = server.connect("alice")
    alice.send("NS REGISTER correct-horse")
    alice.until("is made")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(PATIENCE_S)
    server.process.stdout.close()
    server.process = server.start()
    alice = server.connect()
    alice.send("LOGIN alice correct-horse")
    assert alice.until(" 900 ")
