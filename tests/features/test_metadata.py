"""METADATA: draft/metadata-2 as in IRCv3 metadata, draft/metadata-3 as in its pull request 613."""

from __future__ import annotations

import re
from itertools import product

import pytest
from subscribing import DRAFTS, SECOND, THIRD, answer, plain, server, with_metadata

from chatd.testing import Client, Stage


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice (-2), Bob (-3) and Carol (nothing) in #a; Alice is its operator."""
    clients = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD), stage.connect("carol")
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def test_capability_tells_the_limits(stage: Stage) -> None:
    """"provides any limits and information about the system that clients must be aware of". -3: "`before-connect`: If
    present, indicates the server supports `METADATA` commands during connection registration." "`max-subs`: The maximum
    number of keys a client is allowed in its subscription list." "`max-key-bytes`: The maximum size of keys a client is
    allowed to set." "`max-value-bytes`: The maximum size of values a client is allowed to set."
    """
    tokens = "before-connect,max-subs=50,max-keys=25,max-key-bytes=64,max-value-bytes=240"
    stranger = stage.open()
    stranger.sends("CAP LS 302")
    offered = " ".join(stranger.take())
    value = re.search(r"draft/metadata-2=(\S+)", offered)
    assert value is not None
    assert value[1] == tokens
    assert f"draft/metadata-3={value[1]}" in offered


def test_only_one_draft(stage: Stage) -> None:
    """-2: "Clients MUST NOT request both `metadata-notify` and `draft/metadata-2`. Servers MUST NOT accept these
    requests either." -3: "Clients MUST NOT request more than one of `metadata-notify`, `draft/metadata-2`, and
    `draft/metadata-3`. Servers MUST NOT accept these requests either." There is no metadata-notify here.
    """
    alice = stage.connect("alice", caps=SECOND)
    assert answer(alice, "CAP REQ :draft/metadata-3") == ["CAP alice NAK :draft/metadata-3"]
    assert answer(alice, "CAP REQ :draft/metadata-3 -draft/metadata-2") == [
        "CAP alice ACK :draft/metadata-3 -draft/metadata-2"
    ]
    assert answer(alice, "CAP REQ :draft/metadata-2") == ["CAP alice NAK :draft/metadata-2"]


@pytest.mark.parametrize("caps", ["", "draft/metadata-2", "draft/metadata-3"])
def test_needs_the_capability_and_batch(stage: Stage, caps: str) -> None:
    """"This specification depends on the `batch` capability which MUST be negotiated to use ``draft/metadata-2``", -3:
    "which MUST be negotiated to use `draft/metadata-3`".
    """
    alice = stage.connect("alice", caps=caps)
    assert answer(alice, "METADATA * SET url x") == [
        "FAIL METADATA CAPABILITY_REQUIRED draft/metadata-3 :Negotiate this capability first"
    ]
    stranger = stage.open().sends("USER alice 0 * :Alice")
    assert answer(stranger, "METADATA * SET url x") == ["451 * :You have not registered"]


@pytest.mark.parametrize("caps", [SECOND, THIRD])
def test_set_get_and_list_oneself(stage: Stage, caps: str) -> None:
    """"If the request is successful, the server carries out the requested change and responds with one `RPL_KEYVALUE`
    event, representing the new value if any, or `RPL_KEYNOTSET` if not." "The `metadata` batch type MUST be sent to
    clients under the following circumstances: To enclose 0 or more `761 RPL_KEYVALUE` responses to `METADATA GET` or
    `METADATA LIST`"; "It takes one parameter and clients MUST ignore extra parameters. This parameter contains the
    target for which the metadata was requested". -3: "the response will be a `metadata` batch containing one of the
    following responses for each key specified by the client"; "The ordering of responses within the batch MUST match
    the order keys were specified by the client." "If the target is valid, the response is a `metadata` batch containing
    `761 RPL_KEYVALUE` for all visible keys."
    """
    alice = stage.connect("alice", caps=caps)
    assert answer(alice, "METADATA * SET url :http://www.example.com") == ["761 alice alice url * :http://www.example.com"]
    assert answer(alice, "METADATA ALICE set x.y_z/1-2 :a b") == ["761 alice alice x.y_z/1-2 * :a b"]
    assert answer(alice, "METADATA * GET x.y_z/1-2 nothing url") == [
        "BATCH metadata alice",
        "  761 alice alice x.y_z/1-2 * :a b",
        "  766 alice alice nothing :Key not set",
        "  761 alice alice url * :http://www.example.com",
    ]
    assert answer(alice, "METADATA alice LIST") == [
        "BATCH metadata alice",
        "  761 alice alice url * :http://www.example.com",
        "  761 alice alice x.y_z/1-2 * :a b",
    ]
    assert answer(alice, "METADATA * SET url") == ["766 alice alice url :Key not set"]
    assert answer(alice, "METADATA * LIST")[1:] == ["  761 alice alice x.y_z/1-2 * :a b"]


def test_empty_value(stage: Stage) -> None:
    """-2: "The empty string is a valid value." -3: "If the Value parameter is omitted or is an empty string, the key is
    removed."
    """
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    assert answer(alice, "METADATA * SET url :") == ["761 alice alice url * :"]
    assert answer(alice, "METADATA alice GET url")[1:] == ["  761 alice alice url * :"]
    assert answer(bob, "METADATA alice GET url")[1:] == ["  766 bob alice url :Key not set"]
    assert answer(bob, "METADATA alice LIST") == ["BATCH metadata alice"]
    assert answer(bob, "METADATA * SET url x", "METADATA * SET url :") == [
        "761 bob bob url * :x",
        "766 bob bob url :Key not set",
    ]


def test_removing_what_is_not_there(stage: Stage) -> None:
    """-2: "If the key is valid, but not set, and the client tries to remove the key, the server responds with `FAIL
    METADATA KEY_NOT_SET` and fails the request." -3: "It is not an error if a client attempts to set a key to its
    current value or remove a nonexistent key; such attempts generate successful responses if there are no other issues
    with the request."
    """
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    assert answer(alice, "METADATA * SET url") == ["FAIL METADATA KEY_NOT_SET * url :That key is not set"]
    assert answer(bob, "METADATA * SET url") == ["766 bob bob url :Key not set"]


@pytest.mark.parametrize("key", ["$url$", "URL", "caf\u00e9", "a" * 65, ":"])
def test_invalid_keys(stage: Stage, key: str) -> None:
    """"Key names are restricted to the ranges `a-z`, `0-9`, and `_./-`. The empty string is an invalid value." -2: "If
    the key is invalid, the server responsds with `FAIL METADATA KEY_INVALID` and fails the request"; "If the key's name
    is invalid, the server sends a `FAIL METADATA KEY_INVALID` reply to the client and continues processing keys." -3:
    "`FAIL METADATA INVALID_KEY` if the key contains invalid characters or is otherwise deemed invalid by the server";
    "`WARN METADATA INVALID_KEY` for keys that contain invalid characters or are otherwise deemed as invalid by the
    server".
    """
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    shown = "*" if key[0] == ":" else key
    for client, failing, partly in (
        (alice, f"FAIL METADATA KEY_INVALID {shown}", "FAIL METADATA KEY_INVALID"),
        (bob, f"FAIL METADATA INVALID_KEY {shown}", "WARN METADATA INVALID_KEY"),
    ):
        nick = client.session.user.nick
        assert answer(client, f"METADATA * SET {key}{' :x' if key[0] != ':' else ''}") == [f"{failing} :Invalid key"]
        assert answer(client, f"METADATA * GET ok {key}") == [
            f"BATCH metadata {nick}",
            f"  766 {nick} {nick} ok :Key not set",
            f"  {partly} {shown} :Invalid key",
        ]
        assert answer(client, f"METADATA * UNSUB ok {key}") == [f"771 {nick} ok", f"{partly} {shown} :Invalid key"]
        assert answer(client, f"METADATA * SUB ok {key}")[:2] == [f"770 {nick} ok", f"{partly} {shown} :Invalid key"]


def test_too_long_a_value(stage: Stage) -> None:
    """"`max-value-bytes`: the maximum size of values a client is allowed to set." -2: "| `VALUE_INVALID` | `:value is
    too long or not UTF8` |"; -3: "| `INVALID_VALUE` | `<Key> :Invalid value` |".
    """
    stage = with_metadata(stage, max_value_bytes=8)
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    assert answer(alice, "METADATA * SET url :12345678") == ["761 alice alice url * :12345678"]
    too_long = "METADATA * SET url :1234567\u00e9"
    assert answer(alice, too_long) == ["FAIL METADATA VALUE_INVALID :That value is too long"]
    assert answer(bob, too_long) == ["FAIL METADATA INVALID_VALUE url :That value is too long"]


def test_longest_value_is_told_whole(stage: Stage) -> None:
    """What is as long as is allowed fits a line, with the longest names there can be."""
    stage = with_metadata(stage, max_value_bytes=400)
    limits = stage.server.config.limits
    nick, channel, key = "n" * limits.nick, "#" + "c" * (limits.channel - 1), "k" * 64
    longest, bob = stage.connect(nick, caps=SECOND), stage.connect("b" * limits.nick, caps=SECOND)
    stage_limit = re.search(r"max-value-bytes=(\d+)", "".join(answer(bob, "CAP LS 302")))
    assert stage_limit is not None
    value = "v" * int(stage_limit[1])
    for client in (longest, bob):
        client.sends(f"JOIN {channel}", f"METADATA * SUB {key}")
    bob.take()
    longest.sends(f"METADATA {channel} SET {key} :{value}", f"METADATA * SET {key} :{value}")
    news = bob.take()
    assert len(news) == 2
    assert all(line.endswith(f"{key} * :{value}") for line in news)


def test_too_many_keys(stage: Stage) -> None:
    """"`max-keys`: the maximum number of keys a client is allowed to set on its own nickname." -2: "| `LIMIT_REACHED` |
    `<Target> :metadata limit reached` |"; -3: "`FAIL METADATA LIMIT_REACHED` if trying to add a new key when the
    maximum number of keys has already been set on the target"; "The `<Item>` parameter of `LIMIT_REACHED` will be the
    target if the metadata limit for a particular target was reached while performing `METADATA SET`". "Otherwise, the
    server MUST send a `FAIL METADATA` response with an appropriate error message".
    """
    stage = with_metadata(stage, max_keys=2)
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    for client in (alice, bob):
        client.sends("METADATA * SET a 1", "METADATA * SET b 2")
    assert answer(alice, "METADATA * SET c 3") == ["FAIL METADATA LIMIT_REACHED * :No more than 2 keys can be set"]
    assert answer(bob, "METADATA * SET c 3") == ["FAIL METADATA LIMIT_REACHED SET * 2 :No more than 2 keys can be set"]
    assert answer(bob, "METADATA * SET a 3") == ["761 bob bob a * :3"]


def test_too_many_changes(stage: Stage) -> None:
    """-2: "Servers MAY respond with `FAIL METADATA RATE_LIMITED` and fail the request"; "the parameter value MUST be a
    positive integer indicating the minimum number of seconds the client should wait before retrying the request". -3:
    "Servers MAY rate limit any `METADATA` subcommand. If they do so and a client is rate limited, servers SHOULD send
    `775 ERR_METADATARATELIMIT`"; "The `<Target>`, `<Command>`, and `<Params>` parameters of `775 ERR_METADATARATELIMIT`
    reflect the target, subcommand, and any additional parameters that were passed into the rate-limited command"; "The
    `<RetryAfter>` parameter of `774 ERR_METADATASYNCLATER` and `775 ERR_METADATARATELIMIT` MUST be a non-negative
    integer."
    """
    stage = with_metadata(stage, changes=2, changes_per_minute=6)
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    for client in (alice, bob):
        client.sends("METADATA * SET a 1", "METADATA * SET a 1", "METADATA * SET a 2")
    assert answer(alice, "METADATA * SET a :x y") == [
        "FAIL METADATA RATE_LIMITED * a 11 :You change metadata too fast"
    ]
    assert answer(bob, "METADATA * SET a :x y") == ["775 bob 11 * SET a :x y"]
    assert answer(bob, "METADATA * CLEAR") == ["775 bob 11 * CLEAR"]
    stage.passes(11)
    assert answer(alice, "METADATA * SET a x") == ["761 alice alice a * :x"]
    assert answer(bob, "METADATA * CLEAR") == ["BATCH metadata bob", "  766 bob bob a :Key not set"]


def test_clear(stage: Stage) -> None:
    """"This subcommand removes all metadata from the target, equivalently to using `METADATA SET` on all currently-set
    keys with no value." -2: "If the request is successful, the server responds with a `metadata` batch containing one
    `RPL_KEYVALUE` event per cleared key, and failure messages if any." -3: "If the request is successful, the server
    responds with a `metadata` batch containing one `766 RPL_KEYNOTSET` message per cleared key."
    """
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    for client in (alice, bob):
        client.sends("METADATA * SET a 1", "METADATA * SET b 2")
    assert answer(alice, "METADATA * CLEAR") == [
        "BATCH metadata alice", "  761 alice alice a * :", "  761 alice alice b * :",
    ]  # fmt: skip
    assert answer(bob, "METADATA bob CLEAR") == [
        "BATCH metadata bob", "  766 bob bob a :Key not set", "  766 bob bob b :Key not set",
    ]  # fmt: skip
    assert answer(bob, "METADATA * CLEAR") == ["BATCH metadata bob"]
    assert answer(bob, "METADATA alice LIST") == ["BATCH metadata alice"]


def test_unknown_and_misshapen_commands(stage: Stage) -> None:
    """-2: "`FAIL METADATA SUBCOMMAND_INVALID destr0y :Invalid subcommand.` when a client calls a `METADATA` subcommand
    which is not defined." -3: "If the server receives a syntactically invalid `METADATA` command, e.g., an unknown
    subcommand, missing parameters, or excess parameters, the server SHOULD reply with `FAIL METADATA INVALID_PARAMS`."
    "The `<Command>` parameter of `INVALID_PARAMS` and `LIMIT_REACHED` is the subcommand specified by the client, or an
    asterisk (`*`) if no subcommand was provided or the subcommand is not valid as a middle parameter."
    """
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    assert answer(alice, "METADATA * destr0y") == [
        "FAIL METADATA SUBCOMMAND_INVALID destr0y :There is no such subcommand"
    ]
    for line in ("METADATA", "METADATA *", "METADATA * GET", "METADATA * SET", "METADATA * SUB", "METADATA * UNSUB"):
        assert answer(alice, line) == ["461 alice METADATA :Not enough parameters"]
    assert answer(alice, "METADATA * SET a b c") == ["761 alice alice a * :b"]
    missing = "Not enough parameters"
    assert answer(bob, "METADATA") == [f"FAIL METADATA INVALID_PARAMS * :{missing}"]
    assert answer(bob, "METADATA #chan GET") == [f"FAIL METADATA INVALID_PARAMS GET :{missing}"]
    assert answer(bob, "METADATA #chan SNEEZE") == ["FAIL METADATA INVALID_PARAMS SNEEZE :There is no such subcommand"]
    assert answer(bob, "METADATA #chan :: hi!") == ["FAIL METADATA INVALID_PARAMS * :There is no such subcommand"]
    assert answer(bob, "METADATA * SET a b c") == ["FAIL METADATA INVALID_PARAMS SET :Too many parameters"]


@DRAFTS
@pytest.mark.parametrize(
    ("target", "rest"),
    [
        *product(("$a:user", "nobody", "#nowhere"), ("GET a", "LIST", "SET a b", "CLEAR", "SUB a", "SUBS", "SYNC")),
        *product(("*ALL",), ("GET a", "LIST", "SET a b", "CLEAR", "SUB a", "UNSUB a", "SUBS")),
    ],
)
def test_invalid_targets(stage: Stage, target: str, rest: str, caps: str) -> None:
    """-2: "If the target is not valid, ONLY a `FAIL METADATA INVALID_TARGET` reply is sent." -3: "If the target is not
    valid, the server MUST reply with `FAIL METADATA INVALID_TARGET` instead of a batch"; "`FAIL METADATA
    INVALID_TARGET` if the specified target is not valid".
    """
    alice = stage.connect("alice", caps=caps)
    assert answer(alice, f"METADATA {target} {rest}") == [
        f"FAIL METADATA INVALID_TARGET {target} :There is no such user or channel"
    ]


def test_everything_is_no_target_of_the_older_draft(stage: Stage) -> None:
    """-3: "The `*ALL` target has been specified for `METADATA SYNC` to synchronize all visible targets": in -2 there is
    none.
    """
    alice = stage.connect("alice", caps=SECOND)
    refused = "FAIL METADATA INVALID_TARGET *ALL :There is no such user or channel"
    assert answer(alice, "METADATA *ALL SYNC") == [refused]


@pytest.mark.parametrize("rest", ["SUB a", "UNSUB a", "SUBS"])
@pytest.mark.parametrize("target", ["bob", "#a"])
def test_subscriptions_are_ones_own(room: tuple[Client, Client, Client], target: str, rest: str) -> None:
    """"If the `<Target>` parameter is not an asterisk (`*`) or the client's nickname, the server MUST fail the request
    with `FAIL METADATA INVALID_TARGET`."
    """
    alice, _, _ = room
    assert answer(alice, f"METADATA {target} {rest}") == [
        f"FAIL METADATA INVALID_TARGET {target} :Subscriptions are your own: use *"
    ]


def test_others_are_not_changed(room: tuple[Client, Client, Client]) -> None:
    """-2: "If the user cannot set keys on the given target, the server responds with `FAIL METADATA KEY_NO_PERMISSION`
    and fails the request." "If the user cannot clear keys on the given target, the server responds with `FAIL METADATA
    KEY_NO_PERMISSION` with an asterisk (`*`) in the `<Key>` field and fails the request." -3: "`FAIL METADATA
    KEY_NO_PERMISSION` if the client does not have permission to set keys on the specified target or is otherwise
    disallowed from setting or removing this key by the server".
    """
    alice, bob, _ = room
    alice.sends("METADATA * SET color red", "METADATA #a SET color red")
    denied = "You may not do that with this key"
    for target in ("alice", "#A"):
        assert answer(bob, f"METADATA {target} SET color blue") == [
            f"FAIL METADATA KEY_NO_PERMISSION {target} color :{denied}"
        ]
        assert answer(bob, f"METADATA {target} CLEAR") == [f"FAIL METADATA KEY_NO_PERMISSION {target} * :{denied}"]
        assert answer(bob, f"METADATA {target} GET color")[1].endswith("color * :red")
    assert answer(alice, "METADATA bob SET color blue") == [f"FAIL METADATA KEY_NO_PERMISSION bob color :{denied}"]


@pytest.mark.parametrize("mode", ["+i", "+s", "+p", "+k x"])
def test_closed_channels_tell_outsiders_nothing(room: tuple[Client, Client, Client], stage: Stage, mode: str) -> None:
    """Outsiders learn as much of an open channel as of its topic, of a closed one nothing; SYNC is for members."""
    alice, _, _ = room
    eve = stage.connect("eve", caps=THIRD)
    alice.sends("METADATA #a SET url x")
    assert answer(eve, "METADATA #a GET url")[1] == "  761 eve #a url * :x"
    assert answer(eve, "METADATA #a SYNC") == ["FAIL METADATA INVALID_TARGET #a :You are not in that channel"]
    alice.sends(f"MODE #a {mode}")
    for rest in ("GET url", "LIST", "SYNC", "SET url y", "CLEAR"):
        assert answer(eve, f"METADATA #a {rest}") == [
            "FAIL METADATA INVALID_TARGET #a :There is no such user or channel"
        ]
    assert answer(alice, "METADATA #a GET url")[1] == "  761 alice #a url * :x"


def test_whois(room: tuple[Client, Client, Client]) -> None:
    """"When a user with the capability enabled runs `WHOIS` on a user with metadata set, a subset of that metadata MAY
    be sent with `RPL_WHOISKEYVALUE` numerics."
    """
    alice, bob, carol = room
    alice.sends("METADATA * SET display-name :Alice L.")
    assert [line for line in answer(bob, "WHOIS alice") if line.startswith("760")] == [
        "760 bob alice display-name * :Alice L."
    ]
    assert [line for line in answer(carol, "WHOIS alice") if line.startswith("760")] == []


def test_metadata_ends_with_its_owner(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """A user's metadata ends with the user, a channel's with the channel."""
    alice, bob, carol = room
    alice.sends("METADATA * SET url x", "METADATA #a SET url x")
    for client in (bob, carol):
        client.sends("PART #a")
    alice.disappears()
    alice = stage.connect("alice", caps=SECOND)
    alice.sends("JOIN #a")
    assert answer(alice, "METADATA * LIST", "METADATA #a LIST") == ["BATCH metadata alice", "BATCH metadata #a"]


def test_label(stage: Stage) -> None:
    """One label on the one line or the one batch of the answer."""
    alice = stage.connect("alice", caps=f"{SECOND} labeled-response")
    alice.sends("@label=1 METADATA * SET a b")
    alice.sees(f"@label=1 {server(alice)} 761 alice alice a * :b")
    alice.sends("@label=2 METADATA * LIST")
    first, *_ = alice.take()
    assert first.startswith(f"@label=2 {server(alice)} BATCH +")


def test_values_are_utf8(stage: Stage) -> None:
    """"Values can take any form, but MUST be encoded using UTF-8": what is not is set nowhere."""
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    for client in (alice, bob):
        assert answer(client, "METADATA * SET url :gr\u00fc\u00dfe \U0001f600") != []
        client.sends_bytes(b"METADATA * SET url :\xff\r\n")
        assert plain(client) == ["FAIL METADATA INVALID_UTF8 :Message rejected, it is not valid UTF-8"]
        nick = client.session.user.nick
        assert answer(client, "METADATA * GET url")[1:] == [f"  761 {nick} {nick} url * :gr\u00fc\u00dfe \U0001f600"]


@pytest.mark.parametrize("draft", ["draft/metadata-2", "draft/metadata-3"])
@pytest.mark.parametrize("batch_first", [True, False])
def test_order_of_negotiation(stage: Stage, draft: str, batch_first: bool) -> None:
    """"The order of capability negotiation is not significant and MUST NOT be enforced."""
    alice = stage.connect("alice")
    wanted = ["CAP REQ batch", f"CAP REQ {draft}"]
    alice.sends(*(wanted if batch_first else reversed(wanted)))
    assert answer(alice, "METADATA * LIST") == ["BATCH metadata alice"]
