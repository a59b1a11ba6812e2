"""Settings as values: roles, overriding one by one, what shows of secrets."""

from __future__ import annotations

import pytest

from chatd import config
from chatd.config import Config, ConfigError, Operator, Role, networks, override

HASH = "$2b$12$" + "a" * 53


def test_builtin_roles() -> None:
    """ "admin" may do everything, "moderator" what is needed against abuse."""
    moderator = Operator(name="m", password=HASH, role="moderator")
    assert Config().privileges_of(Operator(name="a", password=HASH)) == set(config.PRIVILEGES)
    assert Config().privileges_of(moderator) == {"kill", "kline", "wallops", "see-addresses"}


def test_a_built_in_role_can_be_redefined() -> None:
    """A role of the file stands in for the built-in one of the same name."""
    changed = Config(roles=(Role(name="moderator", privileges=("kill",)),))
    assert changed.privileges_of(Operator(name="m", password=HASH, role="moderator")) == {"kill"}


def test_secrets_never_show_in_repr() -> None:
    """A configuration in a log line gives nothing away."""
    shown = repr(
        Config(
            cloak=config.Cloak(secret="hunter2"),
            operators=(Operator(name="alice", password="hunter2"),),
            webirc=(config.WebIrc(name="gate", password="hunter2", networks=("::1",)),),
        )
    )
    assert "hunter2" not in shown
    assert "Cloak(enabled=True, secret=(secret), suffix='users.chatd')" in shown
    assert "Cloak(enabled=True, secret='', suffix='users.chatd')" in repr(Config())


def test_override_replaces_single_settings() -> None:
    """The command line has its own words for a few settings, checked like those of the file."""
    before = Config(operators=(Operator(name="alice", password=HASH),))
    after = override(before, {"server.name": "irc.example.org", "listen.plain": ["tcp:7000"]})
    assert (after.server.name, after.listen.plain) == ("irc.example.org", ("tcp:7000",))
    assert (after.operators, after.listen.tls, before.server.name) == (
        before.operators, Config().listen.tls, "chatd.localhost"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("server.name", "x", 'server.name: needs a dot, as in "irc.example.org", not "x"'),
        ("server.nam", "x", "server.nam: unknown setting; did you mean server.name?"),
        ("operators.name", "x", "operators.name: unknown setting"),
        ("nowhere", "x", "nowhere: unknown setting"),
    ],
)
def test_override_refuses_what_a_file_could_not_say(key: str, value: str, said: str) -> None:
    """The message names where the value came from."""
    with pytest.raises(ConfigError) as caught:
        override(Config(), {key: value})
    assert str(caught.value) == f"command line: {said}"


def test_networks_of_settings() -> None:
    """An address alone is a network of one; ``*`` is every address of both families."""
    assert [str(network) for network in networks(["192.0.2.1", "::1/128", "*"])] == [
        "192.0.2.1/32", "::1/128", "0.0.0.0/0", "::/0"
    ]  # fmt: skip


def test_settings_cannot_be_changed_in_place() -> None:
    """A rehash makes a new configuration; nobody sees half of one."""
    with pytest.raises(AttributeError):
        Config().server.name = "a.b"  # type: ignore[misc]
