"""Servers that a test starts as processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import PATIENCE_S, Server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers; all are killed at the end."""
    servers: list[Server] = []

    def start(extra: str = "") -> Server:
        directory = tmp_path / f"server{len(servers)}"
        directory.mkdir()
        servers.append(Server(directory, extra))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(PATIENCE_S)
        if server.process.stdout is not None and not server.process.stdout.closed:
            server.process.stdout.close()
