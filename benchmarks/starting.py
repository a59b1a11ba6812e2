"""What a start costs on a data directory: CPU time, memory and bytes read until a client has said something."""

from __future__ import annotations

from pathlib import Path

from benchmarks.load import Load
from benchmarks.servers import Server


def starting(directory: Path, channel: str, extra: str = "") -> str:
    """Start a server on ``directory/data``, let one join and talk, and give the figures in words."""
    server = Server("chatd", directory, extra=extra)
    try:
        load = Load(server.port)
        [client] = load.connect(1, f"JOIN {channel}\r\n".encode())
        client.send(f"PRIVMSG {channel} :hello\r\n".encode())
        load.barrier([client])
        load.close()
        return (
            f"{server.cpu_s():.2f} s of CPU, {server.memory_bytes() / 1e6:.1f} MB of memory, "
            f"{server.read_bytes() / 1e6:.1f} MB read"
        )
    finally:
        server.stop()
