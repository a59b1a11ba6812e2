"""Logging in with clients not written here, by every mechanism they know; and channel bindings over real TLS."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path
from typing import Any

import pytest
from makers import make
from OpenSSL import SSL
from running import PATIENCE_S, Server, Talker
from scramside import ScramClient
from terminal import irssi, need, netcat, weechat
from test_libraries import Framework, Pydle, need_framework

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("programs")]
QUICK = "[accounts]\nbcrypt_cost = 4\nscram_iterations = 4096\n"
PASSWORD = "correct-horse"


def has_account(server: Server, nick: str, directory: Path) -> str:
    """Register somebody who also has a certificate; returns the path of that, with its key in the same file."""
    made = make(directory, nick)
    both = directory / f"{nick}.pem"
    both.write_text(Path(made.certificate).read_text() + Path(made.key).read_text())
    both.chmod(0o600)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(both)
    talker = server.connect()
    talker.close()
    talker = Talker(context.wrap_socket(server_socket(server.tls_port)))
    talker.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}", f"REGISTER * * {PASSWORD}")
    talker.until(" 900 ")
    talker.send("NS CERT ADD", "QUIT")
    talker.until("ERROR")
    talker.close()
    return str(both)


def server_socket(port: int) -> Any:
    """A connection to this machine."""
    import socket

    return socket.create_connection(("127.0.0.1", port), PATIENCE_S)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "EXTERNAL"])
def test_weechat(serve, tmp_path, mechanism):
    """WeeChat logs in before it is registered, and has its nickname."""
    need("weechat")
    server = serve(QUICK)
    options = {"sasl_mechanism": mechanism.lower(), "sasl_username": "wendy", "sasl_password": PASSWORD}
    certificate = has_account(server, "wendy", tmp_path)
    if mechanism == "EXTERNAL":
        # One of the names is right, in version 4 and before.
        options |= {"ssl_cert": certificate, "tls_cert": certificate, "sasl_password": ""}
    with weechat(tmp_path / "weechat", server.tls_port, True, **options) as wendy:
        wendy.shows("chatd", "You are now logged in as wendy", "SASL authentication successful", "End of /MOTD")
        wendy.types("/whois wendy")
        wendy.shows("chatd", r"\[wendy\] is logged in as wendy")


def test_weechat_with_a_wrong_password(serve, tmp_path):
    """WeeChat shows why it was not logged in."""
    need("weechat")
    server = serve(QUICK)
    has_account(server, "wendy", tmp_path)
    options = {"sasl_mechanism": "plain", "sasl_username": "wendy", "sasl_password": "wrong-horse"}
    with weechat(tmp_path / "weechat", server.tls_port, True, **options) as wendy:
        wendy.shows("chatd", "SASL authentication failed: The account or the password is wrong")


@pytest.mark.parametrize("mechanism", ["PLAIN", "EXTERNAL"])
def test_irssi(serve, tmp_path, mechanism):
    """irssi logs in before it is registered, and has its nickname."""
    need("irssi")
    server = serve(QUICK)
    certificate = has_account(server, "irene", tmp_path)
    sasl = {"mechanism": mechanism, "username": "irene", "password": PASSWORD}
    if mechanism == "EXTERNAL":
        sasl = {"mechanism": mechanism, "cert": certificate}
    with irssi(tmp_path / "irssi", server.tls_port, True, **sasl) as irene:
        irene.draws("SASL authentication succeeded")
        irene.types("/whois irene")
        irene.draws("account  : irene")


def test_weechat_registers(serve, tmp_path):
    """A new user registers from WeeChat with what old clients know: a message to NickServ."""
    need("weechat")
    server = serve(QUICK)
    with weechat(tmp_path / "weechat", server.port, False) as wendy:
        wendy.shows("chatd", "End of /MOTD")
        wendy.types(f"/msg NickServ REGISTER {PASSWORD}", "/whois wendy")
        wendy.shows("chatd", "You are now logged in as wendy", r"\[wendy\] is logged in as wendy")


def test_netcat_registers(serve):
    """A new user registers from netcat, and comes back by the password."""
    need("nc")
    server = serve(QUICK)
    with netcat(server.port) as ned:
        ned.types(f"LOGIN ned {PASSWORD}")
        ned.shows("Nobody has registered ned. To make it yours, type: REGISTER ")
        ned.types(f"REGISTER * * {PASSWORD}", "QUIT")
        ned.shows(" REGISTER SUCCESS ned ")
        ned.shows("^ERROR")
    with netcat(server.port) as ned:
        ned.types("LOGIN ned wrong-horse")
        ned.shows("You may try again")
        ned.types(f"LOGIN ned {PASSWORD}")
        ned.shows(" 900 .* ned :You are now logged in as ned")
        ned.shows(" 001 ned ")


@pytest.mark.parametrize("mechanism", ["PLAIN", "EXTERNAL"])
def test_irc_framework(serve, tmp_path, mechanism):
    """irc-framework logs in and says to which account."""
    need_framework()
    server = serve(QUICK)
    certificate = Path(has_account(server, "nora", tmp_path)).read_text()
    options: dict[str, Any] = {"account": {"account": "nora", "password": PASSWORD}, "sasl_mechanism": mechanism}
    if mechanism == "EXTERNAL":
        begin = certificate.index("-----BEGIN PRIVATE")
        pair = {"certificate": certificate[:begin], "private_key": certificate[begin:]}
        options = {"sasl_mechanism": mechanism, "client_certificate": pair}
    client = Framework(server.tls_port, "nora", tls=True, rejectUnauthorized=False, **options)
    try:
        client.until("loggedin", account="nora")
        client.until("registered", nick="nora")
    finally:
        client.close()


def test_irc_framework_with_a_wrong_password(serve, tmp_path):
    """irc-framework says that it was not logged in."""
    need_framework()
    server = serve(QUICK)
    has_account(server, "nora", tmp_path)
    client = Framework(server.port, "nora", account={"account": "nora", "password": "wrong-horse"})
    try:
        client.until("sasl failed", reason="fail")
    finally:
        client.close()


class Registered(Pydle):
    """pydle, which says that it was logged in."""

    async def on_raw_900(self, message: Any) -> None:
        self.seen.put_nowait(("logged in", message.params[2]))


@pytest.mark.parametrize("mechanism", ["PLAIN", "EXTERNAL"])
def test_pydle(serve, tmp_path, mechanism):
    """pydle logs in with what it and the server both know: after registration, as it ends negotiation too early."""
    server = serve(QUICK)
    certificate = has_account(server, "ann", tmp_path)

    other = server.connect("other")
    known: dict[str, Any] = {"sasl_username": "ann", "sasl_password": PASSWORD}
    if mechanism == "EXTERNAL":
        known = {"sasl_username": "ann", "sasl_mechanism": mechanism, "tls_client_cert": certificate}

    async def logs_in() -> None:
        ann = Registered("ann", **known)
        await ann.connect("127.0.0.1", server.tls_port, tls=True, tls_verify=False)
        await ann.until("logged in", "ann")
        other.send("WHOIS ann")
        assert any(line.endswith(" 330 other ann ann :is logged in as") for line in other.until(" 318 "))
        await ann.disconnect()

    asyncio.run(logs_in())


def speak(tls: SSL.Connection, line: str) -> str:
    """Send a line and return the last word of the answer, whatever notices come before it."""
    tls.sendall(f"{line}\r\n".encode())
    heard = b""
    while not heard.endswith(b"\r\n") or heard.splitlines()[-1].split(b" ")[1] == b"NOTICE":
        heard += tls.recv(4096)
    return heard.decode().splitlines()[-1].rpartition(" ")[2]


@pytest.mark.parametrize("binding", ["tls-exporter", "tls-server-end-point"])
def test_scram_is_bound_to_the_connection(serve, tmp_path, binding):
    """SCRAM-SHA-256-PLUS over TLS, with what this end of the connection knows of it by itself."""
    server = serve(QUICK)
    has_account(server, "paula", tmp_path)
    socket = server_socket(server.tls_port)
    socket.setblocking(True)
    tls = SSL.Connection(SSL.Context(SSL.TLS_METHOD), socket)
    tls.set_connect_state()
    tls.do_handshake()
    if binding == "tls-exporter":
        bound = tls.export_keying_material(b"EXPORTER-Channel-Binding", 32, b"")
    else:
        bound = bytes.fromhex(tls.get_peer_certificate().digest("sha256").decode().replace(":", ""))
    scram = ScramClient("paula", PASSWORD, f"p={binding},,", bound)
    assert speak(tls, "CAP REQ :sasl") == ":sasl"
    assert speak(tls, "AUTHENTICATE SCRAM-SHA-256-PLUS") == "+"
    challenge = speak(tls, f"AUTHENTICATE {scram.first()}")
    assert scram.believes(speak(tls, f"AUTHENTICATE {scram.final(challenge)}"))
    assert speak(tls, "AUTHENTICATE +") == "successful"
    socket.close()


def test_acknowledged_accounts_survive_a_kill(serve):
    """After SIGKILL in the middle of many registrations, each acknowledged account logs in, and none is half there."""
    server = serve(f"{QUICK}[flood]\nenabled = false\n")
    talkers = [server.connect() for _ in range(20)]
    for number, talker in enumerate(talkers):
        talker.send(f"NICK user{number}", f"REGISTER * * {PASSWORD}-{number}")
    acknowledged = []
    for number, talker in enumerate(talkers[:10]):
        talker.until(f" REGISTER SUCCESS user{number} ")
        acknowledged.append(number)
    server.process.kill()
    server.process.wait(PATIENCE_S)
    server.process.stdout.close()
    for talker in talkers:
        talker.close()
    server.process = server.start()
    for number in range(20):
        talker = server.connect()
        talker.send(f"PASS user{number}:{PASSWORD}-{number}", f"NICK user{number}", f"USER u 0 * :{os.getpid()}")
        lines = talker.until(" 001 ")
        logged_in = any(" 900 " in line for line in lines)
        assert logged_in or number not in acknowledged
        assert logged_in or any(" 464 " in line for line in lines), "neither half: it is there, or it is not"
        talker.close()
