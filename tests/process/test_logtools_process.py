"""`chatd log` as a command of its own, beside a server that is writing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from running import ROOT

if TYPE_CHECKING:
    from running import Server

pytestmark = pytest.mark.process


def chatd(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chatd", "log", *arguments[:1], "--config", str(server.config), *arguments[1:]]
    return subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)


def test_beside_a_server(serve: Callable[..., Server]) -> None:
    """What was said a moment ago is found, the files are sound, and nothing that is in use is deleted."""
    server = serve()
    alice = server.connect("alice")
    alice.send("JOIN #chat", "PRIVMSG #chat :a word about yesterday")
    alice.barrier()
    found = chatd(server, "grep", "yesterday", "#chat")
    assert (found.returncode, found.stdout[19:]) == (0, " <alice> a word about yesterday\n")
    checked = chatd(server, "check")
    assert (checked.returncode, checked.stdout) == (0, "logs: 1, files: 1, lines: 2, troubles: 0\n")
    assert chatd(server, "prune", "--days", "1").stdout == "deleted: 0 files, 0 bytes\n"
    assert server.stop() == 0


def test_a_reader_that_has_seen_enough(serve: Callable[..., Server]) -> None:
    """`chatd log cat | head` ends quietly."""
    server = serve("[flood]\nenabled = false\n")
    alice = server.connect("alice")
    alice.send("JOIN #chat", *[f"PRIVMSG #chat :{'x' * 300}" for _ in range(1000)])
    alice.barrier()
    command = f"{sys.executable} -m chatd log cat --config {server.config} '#chat' | head -n 1"
    ended = subprocess.run(
        ["/bin/sh", "-c", command], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert ended.stdout.endswith("joins\n")
    assert ended.stderr == ""
