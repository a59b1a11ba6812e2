"""Reading the configuration: what is taken, and the one line that says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatd import config
from chatd.config import Config, ConfigError, Role, load

HASH = "$2b$12$" + "a" * 53
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write chatd.toml into the working directory, so that messages name it as a person would."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes) -> Path:
        path = Path("chatd.toml")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def complaint(path: Path) -> str:
    """Load a file that must be refused and return what is said about it."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    return str(caught.value)


def test_an_empty_file_is_the_default_configuration(write: Write) -> None:
    """Every setting has a default."""
    assert load(write("")) == Config()


def test_settings_are_read_into_their_sections(write: Write) -> None:
    """Tables, lists, lists of tables and nested lists of tables all arrive."""
    loaded = load(
        write(
            f"""
            [server]
            name = "irc.example.org"
            [listen]
            plain = []
            tls = ["unix:/run/chatd.sock:mode=666", "tcp:0", "tcp6:port=6697"]
            [cloak]
            secret = "a secret of enough letters"
            [limits]
            topic = 200
            [history]
            off = ["#private*", "*?"]
            [connections]
            ping_interval_s = 1.5
            [tls]
            [[tls.sni]]
            certificate = "a.crt"
            key = "a.key"
            [[operators]]
            name = "alice"
            password = "{HASH}"
            networks = ["192.0.2.0/24", "2001:db8::/32", "*"]
            role = "guide"
            [[operators]]
            name = "bob"
            certfp = ["{"0f" * 32}"]
            privileges = ["kill"]
            [[roles]]
            name = "guide"
            privileges = ["wallops"]
            """
        )
    )
    assert loaded.server.name == "irc.example.org"
    assert loaded.listen.plain == ()
    assert loaded.listen.tls == ("unix:/run/chatd.sock:mode=666", "tcp:0", "tcp6:port=6697")
    assert loaded.cloak.secret == "a secret of enough letters"
    assert loaded.limits.topic == 200
    assert loaded.history.off == ("#private*", "*?")
    assert loaded.connections.ping_interval_s == 1.5
    assert loaded.tls.sni == (config.Certificate(certificate="a.crt", key="a.key"),)
    assert [operator.name for operator in loaded.operators] == ["alice", "bob"]
    assert loaded.operators[0].networks == ("192.0.2.0/24", "2001:db8::/32", "*")
    assert loaded.roles == (Role(name="guide", privileges=("wallops",)),)
    assert [loaded.privileges_of(operator) for operator in loaded.operators] == [{"wallops"}, {"kill"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[limits]\nnick = 20\ntopc = 3", '3: limits.topc: unknown setting; did you mean limits.topic?'),
        ("topic = 3", "1: topic: unknown setting; did you mean limits.topic?"),
        ("[limits]\nsuffix = 'x'", "2: limits.suffix: unknown setting; did you mean cloak.suffix?"),
        ("\n[limit]\nnick = 3", "2: limit: unknown section; did you mean limits?"),
        ("[server]\nzzz = 1", "2: server.zzz: unknown setting"),
        ('[server]\n"a\\nb" = 1', '2: server."a\\u000ab": unknown setting'),
        ('[[operators]]\nname="a"\n', "1: operators[1].password: is missing, and there is neither certfp nor account"),
        (f'[[operators]]\nname="a"\npassword="{HASH}"\n\n[[operators]]\nnam="b"',
         "6: operators[2].nam: unknown setting; did you mean operators[2].name?"),
        ('[[tls.sni]]\ncertificate="a"\nkey="a"\n[[tls.sni]]\ncertificate="b"',
         "4: tls.sni[2].key: is missing"),
        ("tls.sni = [\n  {certificate='a', key='a'},\n  {certificate='b', kee='b'},\n]",
         "3: tls.sni[2].kee: unknown setting; did you mean tls.sni[2].key?"),
        ('[limits]\ntopic = "390"', "2: limits.topic: must be a whole number, not text in quotes"),
        ("[limits]\ntopic = true", "2: limits.topic: must be a whole number, not true"),
        ("[limits]\ntopic = 3.0", "2: limits.topic: must be a whole number, not a number with a point"),
        ("[limits]\ntopic = 0", "2: limits.topic: must be at least 1, not 0"),
        ("limits.topic = 999", "1: limits.topic: must be at most 450, not 999"),
        (f"limits.topic = 1{'0' * 999}", "1: limits.topic: must be at most 450"),
        (f"flood.per_second = 0x{'f' * 9999}", "1: flood.per_second: must be at most 1000000"),
        ("flood.per_second = 1e99", "1: flood.per_second: must be at most 1000000, not 1e+99"),
        ("limits = {nick = 9, topic = 999}", "1: limits.topic: must be at most 450, not 999"),
        ("[flood]\nper_second = false", "2: flood.per_second: must be a number, not false"),
        ("[flood]\nper_second = nan", "2: flood.per_second: must be a finite number, not nan"),
        ("[connections]\nping_timeout_s = inf",
         "2: connections.ping_timeout_s: must be a finite number, not inf"),
        ("[connections]\nping_timeout_s = -0.5",
         "2: connections.ping_timeout_s: must be at least 0, not -0.5"),
        ("[flood]\nenabled = 1", "2: flood.enabled: must be true or false, not a number"),
        ("[server]\nname = 1979-05-27", "2: server.name: must be text in quotes, not a date or time"),
        ("[server]\nname = ['a.b']", "2: server.name: must be text in quotes, not a list"),
        ("server = 3", "1: server: must be a table, not a number"),
        ("[[server]]\nname='a.b'", "1: server: must be one table: [server], not [[server]]"),
        ("[operators]\nname='a'", "1: operators: must be a list of tables: [[operators]], not [operators]"),
        ("operators = ['a']", "1: operators[1]: must be a table, not text in quotes"),
        ("[listen]\nplain = 'tcp:6667'", "2: listen.plain: must be a list in brackets, not text in quotes"),
        ("[listen]\nplain = [\n 'tcp:6667', # one\n 6668]",
         "4: listen.plain[2]: must be text in quotes, not a number"),
        ("[tls]\nminimum = '1.1'", '2: tls.minimum: must be "1.2" or "1.3", not "1.1"'),
        ("[tls]\nminimum = 1.2", "2: tls.minimum: must be text in quotes, not a number with a point"),
        ("[log]\nlevel = 'all'", '2: log.level: must be "debug", "error", "info" or "warn", not "all"'),
    ],
)  # fmt: skip
def test_a_wrong_key_or_type_is_named_with_its_line(write: Write, text: str, said: str) -> None:
    """The message has the file, the line, the full path of the setting and what is wrong with it."""
    assert complaint(write(text)) == f"chatd.toml:{said}"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("server.name", '"localhost"', 'needs a dot, as in "irc.example.org", not "localhost"'),
        ("server.name", '"-a.org"', 'must be a host name (letters, digits, - and dots), not "-a.org"'),
        ("server.name", '"a b.org"', 'must be a host name (letters, digits, - and dots), not "a b.org"'),
        ("server.name", '"a..b"', 'must be a host name (letters, digits, - and dots), not "a..b"'),
        ("server.name", f'"{"a.b" * 30}"', "is longer than 63 letters"),
        ("server.network", '"a b"',
         'must be one word of at most 50 letters, digits and ASCII signs, not "a b"'),
        ("server.description", '"a\\nQUIT"', "must be one line without control characters"),
        ("server.admin_name", f'"{"ä" * 101}"', "is longer than 200 bytes"),
        ("server.data", '""', "must not be empty"),
        ("server.motd", '"a\\u0000b"', "must be a path without control characters"),
        ("proxy.networks", '["192.0.2.300"]',
         'must be an address, a network such as "192.0.2.0/24", or "*", not "192.0.2.300"'),
        ("connections.exempt", '["::1", "192.0.2.1/24"]',
         'has bits set outside its network: write "192.0.2.0/24", not "192.0.2.1/24"'),
        ("channels.default_modes", '"nto"', 'may hold the mode letters "CMRcimnpst", not "o"'),
        ("channels.default_modes", '"ntn"', 'has the mode letter "n" twice'),
        ("users.default_modes", '"+i"', 'may hold the mode letters "RTgipwx", not "+"'),
        ("cloak.suffix", '"a b"', 'must be letters, digits, - and dots, at most 40, not "a b"'),
        ("cloak.secret", '"short-one"', "must have at least 16 letters (or none)"),
        ("tls.ciphers", '"; rm"', "must be an OpenSSL cipher list"),
        ("history.off", '["private"]', 'must be a channel or a mask such as "#private*", not "private"'),
        ("history.off", '["#a,#b"]', 'must be a channel or a mask such as "#private*", not "#a,#b"'),
        ("listen.plain", '["6667"]', 'must be a Twisted endpoint such as "tcp:6667", not "6667"'),
        ("listen.plain", '["tcp:irc"]', 'needs a port between 0 and 65535, not "irc"'),
        ("listen.tls", '["tcp:port=65536"]', 'needs a port between 0 and 65535, not "65536"'),
        ("listen.tls", '["ssl:6697"]', 'must not be an ssl endpoint: name it "tcp:..." in listen.tls'),
        ("listen.plain", '["tcp:1", "tcp:1"]', 'is already in listen.plain: "tcp:1"'),
        ("listen.proxied", '["tcp:1"]', "needs proxy.networks, or nobody could connect there"),
        ("listen.proxied_websocket", '["tcp:1"]', "needs proxy.networks, or nobody could connect there"),
        ("websocket.origins", '["https://a.example/"]',
         'must be an origin in lower case, such as "https://chat.example.org", or "*", not "https://a.example/"'),
        ("websocket.origins", '["a.example"]',
         'must be an origin in lower case, such as "https://chat.example.org", or "*", not "a.example"'),
        ("websocket.forwarded_header", '"X-Real-IP"', 'must be "Forwarded" or "X-Forwarded-For", not "X-Real-IP"'),
        ("tls.key", '"a.key"', "needs tls.certificate too"),
        ("tls.certificate", '"a.crt"', "needs tls.key too"),
        ("tls.chain", '"a.crt"', "needs tls.certificate and tls.key too"),
    ],
)  # fmt: skip
def test_a_value_out_of_its_kind_is_refused(write: Write, key: str, value: str, said: str) -> None:
    """Each check says what the value should be; of a list it names the element."""
    message = complaint(write(f"# {key}\n\n{key} = {value}\n"))
    path, _, problem = message.removeprefix("chatd.toml:3: ").partition(": ")
    assert (path.partition("[")[0], problem) == (key, said)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (f"name='a'\npassword='{HASH}'\nrole='moderater'",
         '4: operators[1].role: unknown role "moderater"; did you mean "moderator"?'),
        (f"name='a'\npassword='{HASH}'\nrole='zzz'",
         '4: operators[1].role: unknown role "zzz"; did you mean "admin" or "moderator"?'),
        (f"name='a'\npassword='{HASH}'\nrole='moderator'\nprivileges=['kill']",
         "5: operators[1].privileges: cannot stand beside role: give one of the two"),
        ("name='a'\ncertfp=[]\nautomatic=true",
         "1: operators[1].password: is missing, and there is neither certfp nor account"),
        (f"name='a'\naccount='a'\npassword='{HASH}'\nautomatic=true",
         "5: operators[1].automatic: goes with an account, and not with a password"),
        (f"name='a'\ncertfp=['{'ab' * 32}']\nautomatic=true",
         "4: operators[1].automatic: goes with an account, and not with a password"),
        (f"name='a'\npassword='{HASH}'\nnetworks=[]",
         '4: operators[1].networks: must name at least one network ("*" is anywhere)'),
        ("name='a'\ncertfp=['AB']",
         "3: operators[1].certfp[1]: must be a SHA-256 fingerprint: 64 hexadecimal digits in lower case"),
        (f"name='a'\npassword='{HASH}'\n[[operators]]\nname='a'\npassword='{HASH}'",
         '5: operators[2].name: is already taken above: "a"'),
        (f"name='a'\npassword='{HASH}'\n[[webirc]]\nname='a'\npassword='{HASH}'\nnetworks=[]",
         "7: webirc[1].networks: must name at least one network"),
        (f"name='a'\npassword='{HASH}'\n[[webirc]]\nname='a'\npassword=''\nnetworks=[]",
         '6: webirc[1].password: must be a bcrypt hash, 60 letters that begin with "$2b$"'),
        (f"name='a'\npassword='{HASH}'\n[[roles]]\nname='a'\nprivileges=['kill']\n[[roles]]\nname='a'\nprivileges=[]",
         '8: roles[2].name: is already taken above: "a"'),
    ],
)  # fmt: skip
def test_operators_are_checked_as_a_whole(write: Write, block: str, said: str) -> None:
    """Names, roles and ways to log in have to go together."""
    assert complaint(write(f"[[operators]]\n{block}\n")) == f"chatd.toml:{said}"


def test_a_listener_that_asks_no_password_is_one(write: Write) -> None:
    """The place says which of several is no listener."""
    text = '[listen]\nplain = ["tcp:6667"]\n[password]\nfree_listeners = ["tcp:6667", "tcp:1"]\n'
    assert complaint(write(text)) == 'chatd.toml:4: password.free_listeners[2]: is no listener: "tcp:1"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[sts.hosts]]\nname = 'a.b'\n[[sts.hosts]]\nname = 'a.b'",
         '4: sts.hosts[2].name: is already taken above: "a.b"'),
        ("[listen]\ntls = []\n[sts]\nport = 6697", "4: sts.port: needs a listener with TLS"),
        ("[[sts.hosts]]\nname = 'a.b'\nduration_s = -1", "3: sts.hosts[1].duration_s: must be at least 0, not -1"),
    ],
)  # fmt: skip
def test_sts_is_checked_as_a_whole(write: Write, text: str, said: str) -> None:
    """Each name is there once, and nobody is sent to TLS where there is none."""
    assert complaint(write(text)) == f"chatd.toml:{said}"


def test_an_unknown_privilege_names_all_there_are(write: Write) -> None:
    """A mistyped privilege is refused, since it would silently grant nothing."""
    message = complaint(write("[[roles]]\nname = 'a'\nprivileges = ['kill', 'oper']\n"))
    assert message == (
        'chatd.toml:3: roles[1].privileges[2]: must be "accounts", "broadcast", "channels", "die", "dline", "kill", '
        '"kline", "metadata", "override", "rehash", "relay", "restart", "see-addresses", "see-secret", "stats" or '
        '"wallops", not "oper"'
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"[limits]\ntopic 3\n",
            ":2: not valid TOML: Expected '=' after a key in a key/value pair (column 7)",
        ),
        (b"[server]\nname = irc.a.b\n", ":2: not valid TOML: Invalid value (text needs quotes) (column 8)"),
        (b"a = 1\r\n\r\na = 2\r\n", ":3: not valid TOML: This key is already set above (column 6)"),
        (
            b"[server]\nname =",
            ":2: not valid TOML: Invalid value (text needs quotes) (at the end of the file)",
        ),
        (b"[server]\n# caf\xe9\n", ":2: is not UTF-8 text (byte 0xe9)"),
        (b"a = " + b"[" * 100_000, ": not valid TOML: nested too deeply"),
        (b"a = " + b"9" * 10_000, ": not valid TOML: a number or date is out of range"),
    ],
)
def test_a_file_that_is_not_toml(write: Write, text: bytes, said: str) -> None:
    """Syntax errors have a line wherever there is one to name."""
    assert complaint(write(text)) == f"chatd.toml{said}"


def test_nesting_at_the_edge_of_the_stack(write: Write) -> None:
    """However deep lists are nested, there is one line to say so, or to say what the key is."""
    said = {complaint(write("deep = " + "[" * depth + "]" * depth)) for depth in range(300, 600, 2)}
    assert said <= {
        "chatd.toml:1: deep: unknown setting",
        "chatd.toml: deep: unknown setting",
        "chatd.toml: not valid TOML: nested too deeply",
    }


def test_a_byte_order_mark_is_ignored(write: Write) -> None:
    """Some editors put one in front of UTF-8."""
    assert load(write(b"\xef\xbb\xbf[limits]\r\ntopic = 200\r\n")).limits.topic == 200


def test_a_file_that_cannot_be_read(write: Write) -> None:
    """The system's own words say why."""
    write("")
    assert complaint(Path("missing.toml")) == "missing.toml: cannot be read: No such file or directory"
    assert complaint(Path()) == ".: cannot be read: Is a directory"
    assert complaint(Path("a\0\nb")) == "a\\u0000\\u000ab: cannot be read: not the name of a file"


def test_the_parts_of_an_error_are_at_hand(write: Write) -> None:
    """A program can use file, line, key and problem without taking the sentence apart."""
    with pytest.raises(ConfigError) as caught:
        load(write("\n[limits]\ntopic = 0\n"))
    error = caught.value
    assert (error.source, error.line, error.key, error.problem) == (
        "chatd.toml", 3, "limits.topic", "must be at least 1, not 0"
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "[[operators]]\nname = 'a'\npassword = 'hunter2'\n",
        "[[webirc]]\nname = 'a'\npassword = 'hunter2'\n",
        "[cloak]\nsecret = 'hunter2'\n",
        "[cloak]\nsecret = ['hunter2']\n",
        "[[operators]]\nname = 'a'\npasswort = 'hunter2'\n",
    ],
)
def test_secrets_never_show_in_an_error(write: Write, text: str) -> None:
    """A refused password must not end in a log."""
    assert "hunter2" not in complaint(write(text))


WORDS = [
    *"[]=.,{}#\"' \\\n1", "[[", "]]", '"""', "server", "name", "limits", "topic", "tls", "sni", "operators",
    "password", "0xffffffffffffffffffffffff", "true", "nan", "9e999", "'a.b'", "é",
]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=30).map("".join)))
def test_any_file_is_a_configuration_or_one_line(tmp_path: Path, content: bytes | str) -> None:
    """No file whatever makes anything but a Config or a ConfigError of one line."""
    path = tmp_path / "chatd.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert str(error).startswith(str(path))
        assert str(error).isprintable()
