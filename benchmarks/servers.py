"""Starts chatd, InspIRCd and ngIRCd fresh on loopback, with their throttles off and the same certificate."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]

INSPIRCD = """
<server name="bench.example" description="bench" network="bench">
<admin name="a" nick="a" email="a@example">
<bind address="127.0.0.1" port="{port}" type="clients">
{tls}
{web}
<connect allow="*" timeout="60" flood="0" threshold="100000000" commandrate="100000000" fakelag="no"
 pingfreq="600" hardsendq="1000000000" softsendq="1000000000" recvq="100000000" localmax="100000" globalmax="100000"
 resolvehostnames="no" useident="no" limit="100000" maxchans="1000">
<cidr ipv4clone="32" ipv6clone="128">
<performance quietbursts="yes" softlimit="100000" somaxconn="1024" netbuffersize="65534" maxwho="4096">
<security announceinvites="dynamic" hidemodes="eI">
<options splitwhois="no" defaultmodes="nt">
<dns timeout="1">
<class name="none"><power>
<pid file="{directory}/inspircd.pid">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="none" target="{directory}/log">
"""

NGIRCD = """
[Global]
Name = bench.example
Info = bench
Listen = 127.0.0.1
Ports = {port}
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 600
{tls}
[Options]
Ident = no
DNS = no
PAM = no
"""

CHATD = """
[server]
name = "bench.example"
data = "{directory}/data"
[listen]
plain = ["tcp:{port}:interface=127.0.0.1"]
{web}
{tls}
[connections]
maximum = 0
per_address = 0
throttle_count = 0
ping_interval_s = 600
sendq_bytes = 0
recvq_bytes = 0
[flood]
enabled = false
[log]
level = "warn"
"""

# What each needs for TLS on one more port.
TLS = {
    "chatd": """tls = ["tcp:{tls_port}:interface=127.0.0.1"]
[tls]
certificate = "{directory}/certificate.pem"
key = "{directory}/key.pem"
""",
    "inspircd": """<module name="ssl_gnutls">
<sslprofile name="bench" provider="gnutls" certfile="{directory}/certificate.pem" keyfile="{directory}/key.pem">
<bind address="127.0.0.1" port="{tls_port}" type="clients" sslprofile="bench">
""",
    "ngircd": """[SSL]
CertFile = {directory}/certificate.pem
KeyFile = {directory}/key.pem
Ports = {tls_port}
""",
}
PLAIN = {"chatd": "tls = []", "inspircd": "", "ngircd": ""}
# What each needs for WebSockets on one more port; ngIRCd has none.
WEB = {
    "chatd": 'websocket = ["tcp:{web_port}:interface=127.0.0.1"]',
    "inspircd": """<module name="sha1">
<module name="websocket">
<websocket sendastext="yes">
<wsorigin allow="*">
<bind address="127.0.0.1" port="{web_port}" type="clients" hook="websocket">
""",
}


def make_certificate(directory: Path) -> None:
    """A self-signed certificate, ECDSA on P-256."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench.example "
        "-keyout key.pem -out certificate.pem"
    )
    subprocess.run(command.split(), cwd=directory, check=True, capture_output=True)


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One running server."""

    def __init__(self, name: str, directory: Path, tls: bool = False, web: bool = False, extra: str = "") -> None:
        self.name = name
        self.port = free_port()
        self.tls_port = free_port()
        self.web_port = free_port()
        if tls:
            make_certificate(directory)
        encryption = (TLS if tls else PLAIN)[name].format(directory=directory, tls_port=self.tls_port)
        more = WEB[name].format(web_port=self.web_port) if web else ""
        template, command = {
            "chatd": (CHATD, [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "chatd", "--config"]),
            "inspircd": (INSPIRCD, ["/usr/sbin/inspircd", "--nofork", "--runasroot", "--config"]),
            "ngircd": (NGIRCD, ["/usr/sbin/ngircd", "-n", "-f"]),
        }[name]
        config = directory / "config"
        config.write_text(template.format(port=self.port, directory=directory, tls=encryption, web=more) + extra)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (directory / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [*command, str(config)], cwd=directory, env=environment, stdout=output, stderr=output
            )
        ports = [self.port, *([self.tls_port] if tls else []), *([self.web_port] if web else [])]
        for _ in range(600):
            try:
                for port in ports:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"{name} did not start: {(directory / 'output').read_text()[-2000:]}")

    def cpu_s(self) -> float:
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """Resident memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def read_bytes(self) -> int:
        """What it has read so far, from files and from sockets, in memory or not."""
        fields = Path(f"/proc/{self.process.pid}/io").read_text().split()
        return int(fields[fields.index("rchar:") + 1])

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def installed(name: str) -> bool:
    """Say whether a server can be started here."""
    return name == "chatd" or shutil.which(name, path="/usr/sbin:/usr/bin") is not None
