"""The sample file and the list of changes, both made from the definitions."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from chatd.config import PRIVILEGES, Cloak, Config, Limits, Listen, Operator, Role, changes, load, sample
from chatd.config.section import Section, bare, element, fields, section_of

HASH = "$2b$12$" + "a" * 53


def sections() -> list[type[Section]]:
    """Every section of the configuration, those in lists too."""
    found: list[type[Section]] = []
    ahead: list[type[Section]] = [Config]
    while ahead:
        section = ahead.pop()
        found.append(section)
        ahead += [
            inner
            for field in fields(section).values()
            if (inner := section_of(field.type) or element(field.type))
        ]
    return found


def described(section: type[Section]) -> dict[str, str]:
    """The description of each plain setting of a section."""
    return {
        key: (getattr(field.type, "extra_json_schema", None) or {}).get("description", "")
        for key, field in fields(section).items()
        if not section_of(field.type) and not element(field.type)
    }


def test_the_sample_changes_nothing(tmp_path: Path) -> None:
    """As it is printed, it is a valid configuration with every default."""
    path = tmp_path / "chatd.toml"
    path.write_text(sample())
    assert load(path) == Config()


def test_the_sample_uncommented_says_the_defaults(tmp_path: Path) -> None:
    """With every # before a setting taken away, only the example blocks are added to the defaults."""
    path = tmp_path / "chatd.toml"
    path.write_text(re.sub(r"(?m)^#(?! )", "", sample()))
    loaded = load(path)
    assert [operator.name for operator in loaded.operators] == ["somebody"]
    assert [gateway.name for gateway in loaded.webirc] == ["gateway"]
    assert [certificate.key for certificate in loaded.tls.sni] == ["irc.example.org.key"]
    assert loaded.roles == (Role(name="guide", privileges=("kill", "wallops")),)
    assert [host.name for host in loaded.sts.hosts] == ["irc.example.org"]
    tls = msgspec.structs.replace(loaded.tls, sni=())
    sts = msgspec.structs.replace(loaded.sts, hosts=())
    assert [rule.mask for rule in loaded.history.retain] == ["#private*"]
    assert [rule.mask for rule in loaded.history.readers] == ["#public*"]
    history = msgspec.structs.replace(loaded.history, retain=(), readers=())
    emptied = {"operators": (), "webirc": (), "roles": (), "tls": tls, "sts": sts, "history": history}
    assert msgspec.structs.replace(loaded, **emptied) == Config()


def test_the_sample_has_every_setting() -> None:
    """Every setting of every section stands in it once for each place where it can be."""
    written = re.findall(r"(?m)^#([a-z_]+) = ", sample())
    assert sorted(written) == sorted(key for section in sections() for key in described(section))


def test_a_part_of_the_sample() -> None:
    """Description, bounds and choices stand above a setting."""
    assert """
# How long and how many; clients are told most of these when they connect (ISUPPORT).
[limits]

# Letters in a nickname. (1 to 64)
#nick = 30

# Letters in a user name. (1 to 64)
#user = 12
""" in sample()
    assert """
# Oldest version of TLS to accept. ("1.2" or "1.3")
#minimum = "1.2"
""" in sample()
    assert """
# Proxies in front of those listeners whose names begin with "proxied".
[proxy]

# Addresses and networks of the proxies; all others are refused on these listeners.
#networks = []
""" in sample()


def test_the_sample_explains_every_privilege() -> None:
    """Whoever makes a role can see what there is to give."""
    assert [f"# {name}: {text}" in sample().splitlines() for name, text in PRIVILEGES.items()] == [True] * 16


def test_lines_of_the_sample_fit_a_screen() -> None:
    """It is read in terminals."""
    assert max(map(len, sample().splitlines())) <= 110


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.__name__)
def test_every_definition_is_complete(section: type[Section]) -> None:
    """Each section and setting is described, and each number has bounds."""
    assert section.__doc__
    assert "" not in described(section).values()
    numbers = [
        (kind.ge, kind.le)
        for field in fields(section).values()
        if isinstance(kind := bare(field.type), msgspec.inspect.IntType | msgspec.inspect.FloatType)
    ]
    assert not [pair for pair in numbers if None in pair]


def test_no_changes() -> None:
    """A configuration does not differ from itself."""
    assert changes(Config(), Config()) == []


def test_changes_in_sections() -> None:
    """Each changed setting has a line, in the order of the file."""
    old = Config()
    new = Config(
        listen=Listen(plain=()), limits=Limits(topic=300, nick=20), cloak=Cloak(enabled=False, suffix='a"b')
    )
    assert changes(old, new) == [
        'listen.plain: ["tcp:6667:interface=127.0.0.1", "tcp:6667:interface=\\\\:\\\\:1"] -> []',
        "limits.nick: 30 -> 20",
        "limits.topic: 390 -> 300",
        "cloak.enabled: true -> false",
        'cloak.suffix: "users.chatd" -> "a\\"b"',
    ]


def test_changes_of_operators() -> None:
    """Blocks are told apart by name, wherever they stand in the file."""
    alice = Operator(name="alice", password=HASH)
    old = Config(operators=(alice, Operator(name="bob", password=HASH)))
    new = Config(
        operators=(Operator(name="eve", password=HASH), Operator(name="alice", password=HASH, role="guide"))
    )
    assert changes(old, new) == [
        'operators["alice"].role: "admin" -> "guide"',
        'operators["bob"]: removed',
        'operators["eve"]: added',
    ]


def test_changes_do_not_show_secrets() -> None:
    """REHASH prints these lines."""
    old = Config(cloak=Cloak(secret="a" * 16), operators=(Operator(name="alice", password=HASH),))
    new = Config(cloak=Cloak(secret="b" * 16), operators=(Operator(name="alice", password=HASH[:-1] + "b"),))
    assert changes(old, new) == ["cloak.secret: (changed)", 'operators["alice"].password: (changed)']
