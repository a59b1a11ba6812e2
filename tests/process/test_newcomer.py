"""Somebody new: registers with WeeChat, netcat and irc-framework, comes back in every way, and keeps a channel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from makers import make
from running import Server
from terminal import need, netcat, weechat
from test_libraries import Framework, need_framework

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("programs")]
QUICK = "[accounts]\nbcrypt_cost = 4\nscram_iterations = 4096\n"
PASSWORD = "correct-horse"
TOKEN = r"\b(ct-[\w-]{20,})"


def restart(server: Server) -> None:
    """Stop it as an operator does, and start it again."""
    assert server.stop() == 0
    server.process = server.start()


def missed(server: Server) -> None:
    """Somebody says something in a channel and to who stays in it without a connection."""
    greta = server.connect("greta")
    greta.send("JOIN #home")
    while not any(" 301 " in line for line in greta.barrier()):
        greta.send("WHOIS wendy")
    greta.send("PRIVMSG #home :Where is the cat?", "PRIVMSG #home :Found it", "PRIVMSG wendy :It was under the roof")
    greta.barrier()


def certificate(directory: Path) -> str:
    """A certificate with its key, in one file."""
    made = make(directory, "wendy")
    both = directory / "wendy.pem"
    both.write_text(Path(made.certificate).read_text() + Path(made.key).read_text())
    both.chmod(0o600)
    return str(both)


def test_weechat_from_nothing_to_a_channel_that_stays(serve, tmp_path):
    """Registers by a message to NickServ; back by certificate, and by a token in place of the password.

    This WeeChat cannot ask for history: what it has missed it is shown when it comes back.
    """
    need("weechat")
    server = serve(QUICK)
    shown = certificate(tmp_path)
    cert = {"ssl_cert": shown, "tls_cert": shown}
    with weechat(tmp_path / "first", server.tls_port, True, **cert) as wendy:
        wendy.shows("chatd", "End of /MOTD")
        wendy.types(f"/msg NickServ REGISTER {PASSWORD}")
        wendy.shows("chatd", "You are now logged in as wendy")
        wendy.types("/msg NickServ CERT ADD", "/msg NickServ TOKEN NEW laptop", "/join #home")
        wendy.shows("chatd", "logs in to your account now")
        token = re.search(TOKEN, wendy.shows("chatd", TOKEN))
        wendy.shows("#home", "wendy")
        wendy.types("/msg ChanServ REGISTER #home", "/topic #home nothing like it")
        wendy.shows("chatd", "#home is registered, and you are its founder")
        wendy.shows("#home", "nothing like it")
        wendy.types("/msg NickServ SET ALWAYS-ON on")
        wendy.shows("chatd", "ALWAYS-ON is on now")
    assert token is not None
    missed(server)
    restart(server)
    options = {"sasl_mechanism": "external", "sasl_username": "wendy"}
    with weechat(tmp_path / "second", server.tls_port, True, **options, **cert) as wendy:
        wendy.shows("chatd", "You are now logged in as wendy", "SASL authentication successful", "End of /MOTD")
        wendy.shows("#home", r"\tgreta\tWhere is the cat\?$", r"\tgreta\tFound it$")
        wendy.shows("greta", r"\tgreta\tIt was under the roof$")
        assert len([line for line in wendy.shown("#home") if "Where is the cat?" in line]) == 1
        wendy.types("/join #home", "/mode #home", "/names #home")
        wendy.shows("#home", "nothing like it", r"[~@]wendy")
    options = {"sasl_mechanism": "plain", "sasl_username": "wendy", "sasl_password": token[1]}
    with weechat(tmp_path / "third", server.tls_port, True, **options) as wendy:
        wendy.shows("chatd", "You are now logged in as wendy", "SASL authentication successful", "End of /MOTD")
        wendy.types("/msg NickServ SESSIONS")
        wendy.shows("chatd", "1: laptop, as wendy, from 127.0.0.1, TLS")


def test_netcat_from_nothing_to_a_channel_that_stays(serve):
    """Registers by typing; back by a token; nothing else is needed than lines."""
    need("nc")
    server = serve(QUICK)
    with netcat(server.port) as ned:
        ned.types("LOGIN ned", f"REGISTER * * {PASSWORD}", "TOKEN NEW :old laptop", "JOIN #shed", "CS REGISTER #shed")
        ned.shows(" REGISTER SUCCESS ned ")
        token = re.search(TOKEN, ned.shows(TOKEN))
        ned.shows("#shed is registered, and you are its founder")
        ned.types("TOPIC #shed :tools", "QUIT")
        ned.shows("^ERROR")
    assert token is not None
    restart(server)
    with netcat(server.port) as ned:
        ned.types(f"LOGIN ned {token[1]}")
        ned.shows(" 900 .* ned :You are now logged in as ned")
        ned.shows(" 001 ned ")
        ned.types("JOIN #shed", "TOKEN REVOKE ALL", "QUIT")
        ned.shows(" 332 ned #shed :tools")
        ned.shows(" 353 ned = #shed :~ned")
        ned.shows(" TOKEN REVOKED ")
    with netcat(server.port) as ned:
        ned.types(f"LOGIN ned {token[1]}")
        ned.shows("You may try again")


def test_irc_framework_from_nothing_to_a_channel_that_stays(serve):
    """Registers by REGISTER; back by SASL with the password, and with a token in its place."""
    need_framework()
    server = serve(QUICK)
    nora = Framework(server.port, "nora")
    try:
        nora.until("registered")
        nora.does("raw", f"REGISTER * * {PASSWORD}")
        nora.until("loggedin", account="nora")
        nora.does("join", "#den")
        nora.until("join", channel="#den", nick="nora")
        nora.does("say", "ChanServ", "REGISTER #den")
        nora.until("notice", message="#den is registered, and you are its founder.")
        nora.does("setTopic", "#den", "books")
        nora.until("topic", topic="books")
        nora.does("say", "NickServ", "TOKEN NEW web")
        notice: dict[str, Any] = {"message": ""}
        while not (token := re.search(TOKEN, notice["message"])):
            notice = nora.until("notice")
    finally:
        nora.close()
    restart(server)
    for secret in (PASSWORD, token[1]):
        nora = Framework(server.port, "nora", account={"account": "nora", "password": secret})
        try:
            nora.until("loggedin", account="nora")
            nora.does("join", "#den")
            nora.until("topic", channel="#den", topic="books")
        finally:
            nora.close()
