"""irssi, WeeChat and netcat chat with one another, over plain TCP and over TLS."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import DEADLINE_S, Netcat, Terminal, irssi, need, netcat, weechat

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("programs")]

Three = tuple[Netcat, Terminal, Terminal]
WEECHAT_KNOWS = {
    "account-notify", "away-notify", "cap-notify", "chghost", "extended-join", "invite-notify", "message-tags",
    "multi-prefix", "server-time", "setname", "userhost-in-names",
}  # fmt: skip
"""What every WeeChat of today asks for by default; later ones know more."""
HOST = r"[(\[]~\w+@[0-9a-f.]+\.users\.chatd[])]"


@contextlib.contextmanager
def in_channel(serve: Callable[..., Any], directory: Path, tls: bool) -> Iterator[Three]:
    """Ned with netcat (who opened it), irene with irssi and wendy with WeeChat, all in #pub."""
    need("nc", "irssi", "weechat")
    server = serve()
    port = server.tls_port if tls else server.port
    with netcat(server.port) as ned, irssi(directory / "irssi", port, tls) as irene:
        ned.types("LOGIN ned", "JOIN #pub")
        ned.shows(r" 366 ned #pub ")
        irene.types("/join #pub")
        ned.shows(r"^:irene!~irene@\S+ JOIN #pub$")
        irene.shows("#pub", rf"irene {HOST} has joined #pub")
        with weechat(directory / "weechat", port, tls) as wendy:
            wendy.shows("chatd", "End of /MOTD")
            wendy.types("/join #pub")
            ned.shows(r"^:wendy!\S+ JOIN #pub$")
            irene.shows("#pub", rf"wendy {HOST} has joined #pub")
            wendy.shows("#pub", rf"wendy \(.+\) {HOST} has joined #pub")
            yield ned, irene, wendy


@pytest.fixture
def three(serve: Callable[..., Any], tmp_path: Path) -> Iterator[Three]:
    """All three in one channel, without TLS."""
    with in_channel(serve, tmp_path, tls=False) as together:
        yield together


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_they_talk(serve: Callable[..., Any], tmp_path: Path, tls: bool) -> None:
    """What each says in the channel the two others see, and itself once; WeeChat has all capabilities it asked for."""
    with in_channel(serve, tmp_path, tls) as three:
        talk(*three)


def talk(ned: Netcat, irene: Terminal, wendy: Terminal) -> None:
    """Each says something in the channel."""
    asked, had = (
        set(wendy.shows("chatd", rf"client capability, {word}: ").rpartition(f"{word}: ")[2].split())
        for word in ("requesting", "enabled")
    )
    assert WEECHAT_KNOWS <= asked == had
    ned.types("PRIVMSG #pub :good evening")
    irene.shows("#pub", r"<@ned> good evening$")
    wendy.shows("#pub", r"@ned\tgood evening$")
    irene.types("hello ned, wie schön")
    ned.shows(r"^:irene!\S+ PRIVMSG #pub :hello ned, wie schön$")
    wendy.shows("#pub", r"\tirene\thello ned, wie schön$")
    wendy.types("and hello irene 🙂", "/me waves")
    ned.shows(r"^:wendy!\S+ PRIVMSG #pub :and hello irene 🙂$")
    ned.shows("^:wendy!\\S+ PRIVMSG #pub :\x01ACTION waves\x01$")
    irene.shows("#pub", r"< ?wendy> and hello irene 🙂$", r"\* wendy waves$")
    assert [line for line in wendy.shown("#pub") if "and hello irene" in line] == [
        wendy.shows("#pub", r"\twendy\tand hello irene 🙂$")
    ]
    assert [line for line in irene.shown("#pub") if "wie schön" in line] == [irene.shows("#pub", "irene> hello ned,")]


def test_they_talk_in_private(three: Three) -> None:
    """A private message opens a window with the other's name, and is seen nowhere else."""
    ned, irene, wendy = three
    irene.types("/msg wendy between us")
    wendy.shows("irene", r"\tirene\tbetween us$")
    wendy.types("/msg irene of course")
    irene.shows("wendy", r"<irene> between us$", r"<wendy> of course$")
    wendy.types("/msg ned psst")
    ned.shows(r"^:wendy!\S+ PRIVMSG ned :?psst$")
    ned.types("PRIVMSG wendy :what is it?")
    wendy.shows("ned", r"\tned\twhat is it\?$")
    assert [line for line in irene.shown("#pub") + wendy.shown("#pub") if "us" in line.split() or "psst" in line] == []


def test_topic_and_modes(three: Three) -> None:
    """The topic and who may change it are shown to all."""
    ned, irene, wendy = three
    ned.types("TOPIC #pub :Darts at eight", "MODE #pub +o irene")
    irene.shows("#pub", "ned changed the topic of #pub to: Darts at eight", r"mode/#pub \[\+o irene\] by ned")
    wendy.shows("#pub", 'ned has changed topic for #pub from .* to "Darts at eight"|ned has .*"Darts at eight"')
    wendy.shows("#pub", r"Mode #pub \[\+o irene\] by ned")
    irene.types("/topic Darts at nine")
    ned.shows(r"^:irene!\S+ TOPIC #pub :Darts at nine$")
    wendy.shows("#pub", 'irene has changed topic for #pub from "Darts at eight" to "Darts at nine"')
    wendy.types("/topic Darts at ten")
    wendy.shows("#pub", "You're not channel operator")


def test_kick_part_nick_and_quit(three: Three) -> None:
    """Each is shown to those who share the channel, with its reason."""
    ned, irene, wendy = three
    ned.types("MODE #pub +o irene")
    irene.shows("#pub", r"mode/#pub \[\+o irene\] by ned")
    irene.types("/kick wendy too loud")
    ned.shows(r"^:irene!\S+ KICK #pub wendy :too loud$")
    wendy.shows("#pub", r"irene has kicked wendy \(too loud\)")
    wendy.types("/join #pub")
    ned.shows(r"^:wendy!\S+ JOIN #pub$")
    wendy.types("/nick wanda")
    ned.shows(r"^:wendy!\S+ NICK wanda$")
    irene.shows("#pub", "wendy is now known as wanda")
    wendy.shows("#pub", "You are now known as wanda")
    wendy.types("/part #pub off to bed")
    ned.shows(r'^:wanda!\S+ PART #pub :"?off to bed"?$')
    irene.shows("#pub", r"wanda .*has left #pub \[.*off to bed.*\]")
    irene.types("/quit last orders")
    ned.shows(r"^:irene!\S+ QUIT :Quit: last orders$")
    assert irene.ends() == 0
    ned.types("QUIT")
    ned.shows(r"^ERROR :")
    assert ned.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_whois(serve: Callable[..., Any], tmp_path: Path, tls: bool) -> None:
    """WHOIS says where somebody is and whether they came over TLS, and hides the address."""
    with in_channel(serve, tmp_path, tls) as (_, _, wendy):
        wendy.types("/whois irene", "/whois ned")
        wendy.shows("chatd", r"\[irene\] End of /WHOIS", r"\[ned\] End of /WHOIS", r"\[irene\] \(.*\): Irene")
        secure = [line for line in wendy.shown("chatd") if "secure connection" in line]
        assert [("[irene]" in line, "[ned]" in line) for line in secure] == [(True, False)] * tls
        assert [line for line in wendy.shown("chatd") if "] " in line and "127.0.0.1" in line and "[ned]" in line] == []
