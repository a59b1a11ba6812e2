"""METADATA: subscriptions, being told of changes, synchronization; drafts -2 and -3 of IRCv3 metadata."""

from __future__ import annotations

import pytest
from logins import several
from subscribing import DRAFTS, SECOND, THIRD, answer, plain, source, with_metadata

from chatd.config import Config
from chatd.testing import Client, Stage

# --- before registration ----------------------------------------------------------------------------------------


@DRAFTS
def test_before_connect(stage: Stage, caps: str) -> None:
    """"Clients MAY use this command during connection registration if the server advertises the `before-connect` token.
    Clients that have not completed connection registration MUST use `*` to target themselves, since they have not been
    assigned a nickname, even if they sent a `NICK` command." -2: "clients receive their current metadata (any metadata
    stored by the server or by services, plus any metadata set by the client during connection registration via
    `before-connect`) in a `metadata` batch with their own nick as target as part of the registration burst, i.e. before
    `RPL_ENDOFMOTD` or `ERR_NOMOTD`." -3: "servers MUST send clients a list of their current metadata"; "This batch MUST
    include all visible keys set on the client, irrespective of whether the client has subscribed to that key."
    """
    watcher = stage.connect("watcher", caps=SECOND)
    watcher.sends("METADATA * SUB display-name", "MONITOR + abc").take()
    alice = stage.open()
    alice.sends("CAP LS 302", f"CAP REQ :{caps}").take()
    assert answer(alice, "METADATA * SUB display-name") == ["770 * display-name"]
    assert answer(alice, "METADATA * SET display-name :a b c") == ["761 * * display-name * :a b c"]
    assert answer(alice, "METADATA * SET url x", "METADATA * SET url") == [
        "761 * * url * :x", "766 * * url :Key not set",
    ]  # fmt: skip
    assert answer(alice, "METADATA * SYNC")[0] == "BATCH metadata *"
    assert answer(alice, "METADATA watcher SET a b")[0].startswith("FAIL METADATA INVALID_TARGET watcher ")
    alice.sends("METADATA * SET color red", "NICK abc", "USER u s e r").take()
    burst = answer(alice, "CAP END")
    assert burst[0].startswith("001 abc ")
    start = burst.index("BATCH metadata abc")
    assert burst[start + 1 : start + 3] == (
        ["  METADATA abc display-name * :a b c", "  METADATA abc color * :red"]
        if caps == SECOND
        else ["  761 abc abc display-name * :a b c", "  761 abc abc color * :red"]
    )
    assert start < next(number for number, line in enumerate(burst) if line.startswith("376 "))
    assert answer(alice, "METADATA * SUBS")[1:] == ["  772 abc display-name"]
    assert answer(alice, "METADATA * CLEAR")[0] == "BATCH metadata abc"
    assert plain(watcher)[:3] == [
        f"730 watcher {source(alice)}", "BATCH metadata abc", "  METADATA abc display-name * :a b c",
    ]  # fmt: skip


@DRAFTS
def test_empty_batch_in_the_greeting(stage: Stage, caps: str) -> None:
    """-2: "If none exists, the server MUST send an empty batch instead"."""
    alice = stage.open()
    alice.sends(f"CAP REQ :{caps}", "NICK alice", "USER u s e r").take()
    burst = answer(alice, "CAP END")
    start = burst.index("BATCH metadata alice")
    assert not burst[start + 1].startswith("  ")


# --- keys for operators -----------------------------------------------------------------------------------------


@pytest.fixture
def guarded(staffed: Stage) -> tuple[Client, Client, Client]:
    """Root, who may do everything, Alice (-2) and Bob (-3) in #a; score is hidden, net.* is reserved."""
    stage = with_metadata(staffed, hidden=("score",), reserved=("net.*",))
    clients = stage.connect("root", caps=SECOND), stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    clients[0].sends("OPER root secret")
    for client in clients:
        client.sends("JOIN #a", "METADATA * SUB net.id")
    for client in clients:
        client.take()
    return clients


DENIED = "You may not do that with this key"


def test_hidden_keys(guarded: tuple[Client, Client, Client]) -> None:
    """-2: "Servers MAY replace metadata which is considered not visible for the requesting user, with `RPL_KEYNOTSET`
    or with `FAIL METADATA KEY_NO_PERMISSION`." "Servers MAY omit metadata which is considered not visible for the
    requesting user, or replace it with `FAIL METADATA KEY_NO_PERMISSION` within the batch." -3: "Servers MUST allow
    clients to subscribe to any valid keys, including privileged keys the client cannot access at the time of
    subscription." -2: "and may also restrict the setting/viewing of keys depending on whether the user is an admin";
    "The server MUST allow clients to subscribe to any valid keys, including privileged keys the client cannot access at
    the time of subscription"; "If the client does not have permission to view a given key, the server sends a `FAIL
    METADATA KEY_NO_PERMISSION` reply to the client and continues processing keys. However, the subscription MUST still
    be successful, and that key MUST appear in a `RPL_METADATASUBOK` reply numeric." -3: "If the client does not have
    permission to view a given key, the server MAY send a `NOTE METADATA KEY_NO_PERMISSION` reply to the client. The
    subscription MUST still be successful and that key MUST appear in a `770 RPL_METADATASUBOK` reply." "the server MAY
    choose to send either `766 RPL_KEYNOTSET` or `WARN METADATA KEY_NO_PERMISSION`, but MUST NOT send both". "is an
    asterisk (`*`) for keys visible to everyone, or an implementation-defined value which describes".
    """
    root, alice, bob = guarded
    assert answer(alice, "METADATA * SUB score") == [
        "770 alice score", f"FAIL METADATA KEY_NO_PERMISSION * score :{DENIED}",
    ]  # fmt: skip
    assert answer(bob, "METADATA * SUB score")[:2] == [
        "770 bob score", f"NOTE METADATA KEY_NO_PERMISSION * score :{DENIED}",
    ]  # fmt: skip
    root.sends("METADATA * SUB score").take()
    assert answer(root, "METADATA bob SET score 42") == ["761 root bob score operators :42"]
    assert answer(root, "METADATA bob LIST") == ["BATCH metadata bob", "  761 root bob score operators :42"]
    assert answer(root, "METADATA bob SYNC") == ["BATCH metadata bob", "  METADATA bob score operators :42"]
    assert alice.take() == bob.take() == []
    assert answer(alice, "METADATA bob GET score")[1:] == [f"  FAIL METADATA KEY_NO_PERMISSION bob score :{DENIED}"]
    assert answer(bob, "METADATA * GET score")[1:] == [f"  WARN METADATA KEY_NO_PERMISSION * score :{DENIED}"]
    assert answer(bob, "METADATA * LIST", "METADATA * CLEAR") == ["BATCH metadata bob", "BATCH metadata bob"]
    assert answer(bob, "METADATA * SET score") == [f"FAIL METADATA KEY_NO_PERMISSION * score :{DENIED}"]
    assert not any(line.startswith("760") for line in answer(bob, "WHOIS bob"))
    assert "760 root bob score operators :42" in answer(root, "WHOIS bob")


def test_reserved_keys(guarded: tuple[Client, Client, Client]) -> None:
    """"Privileged users (e.g. network admins) may be able to set certain metadata on other users, and set special keys
    on themselves or channels." "Servers MAY omit certain keys which are considered not settable by the requesting
    user". The user is told as well: "to that subscriber (excluding changes the subscriber made on themselves)". -2:
    "Servers MAY respond to certain keys considered not settable by the requesting user, or otherwise disallowed by the
    server, with `FAIL METADATA KEY_NO_PERMISSION` and fail the request."
    """
    root, alice, bob = guarded
    assert answer(alice, "METADATA * SET net.id 1") == [f"FAIL METADATA KEY_NO_PERMISSION * net.id :{DENIED}"]
    assert answer(root, "METADATA alice SET net.id 1") == ["761 root alice net.id * :1"]
    assert plain(alice) == [f"{source(root)} METADATA alice net.id * :1"]
    assert plain(bob) == ["761 bob alice net.id * :1"]
    assert answer(alice, "METADATA * SET a 1", "METADATA * CLEAR") == [
        "761 alice alice a * :1", "BATCH metadata alice", "  761 alice alice a * :",
    ]  # fmt: skip
    assert answer(root, "METADATA #a SET net.id 1", "METADATA alice CLEAR")[0] == "761 root #a net.id * :1"


def test_a_race_is_lost_in_silence(stage: Stage) -> None:
    """A channel that is gone by the time its metadata would change: nothing happens anywhere."""
    alice = stage.connect("alice", caps=SECOND)
    alice.sends("JOIN #a", "METADATA #a SET a 1").take()
    alice.sends_bytes(b"PART #a\r\nMETADATA #a SET a 2\r\nJOIN #a\r\nMETADATA #a LIST\r\n")
    assert plain(alice)[-1] == "BATCH metadata #a"


def test_default_config_hides_nothing() -> None:
    """No key is kept from anybody unless somebody says so."""
    assert (Config().metadata.hidden, Config().metadata.reserved) == ((), ())


# --- several connections ----------------------------------------------------------------------------------------


@DRAFTS
def test_other_connections_of_oneself(stage: Stage, caps: str) -> None:
    """"Servers MUST send notifications to subscribers the key is visible to for changes made: to that subscriber
    (excluding changes the subscriber made on themselves)": the connection that made a change is answered, another one
    of the same user is told.
    """
    one, two = several(stage, caps, caps)
    for client in (one, two):
        client.sends("METADATA * SUB url").take()
    assert answer(one, "METADATA * SET url x") == ["761 alice alice url * :x"]
    news = f"{source(one)} METADATA alice url * :x" if caps == SECOND else "761 alice alice url * :x"
    assert plain(two) == [news]
    assert answer(two, "METADATA * SET url y") == ["761 alice alice url * :y"]
    assert plain(one) == [news.replace(":x", ":y")]


def test_asking_who_of_the_monitored_is_here(stage: Stage) -> None:
    """-3: "the server MUST additionally send either a `metadata` batch containing the monitored user's metadata to the
    client or a `774 ERR_METADATASYNCLATER` message to indicate postponed synchronization": with each 730.
    """
    bob = stage.connect("bob", caps=SECOND)
    bob.sends("METADATA * SET a 1").take()
    alice = stage.connect("alice", caps=THIRD)
    alice.sends("METADATA * SUB a", "MONITOR + bob")
    assert answer(alice, "MONITOR S") == [f"730 alice {source(bob)}", "BATCH metadata bob", "  761 alice bob a * :1"]
