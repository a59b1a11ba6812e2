"""METADATA: subscriptions, being told of changes, synchronization; drafts -2 and -3 of IRCv3 metadata."""

from __future__ import annotations

import re

import pytest
from logins import several
from msgspec.structs import replace

from chatd.config import Config
from chatd.testing import Client, Stage

SECOND = "batch draft/metadata-2"
THIRD = "batch draft/metadata-3"
DRAFTS = pytest.mark.parametrize("caps", [SECOND, THIRD])


def server(client: Client) -> str:
    """The name of the client's server, as a source."""
    return f":{client.node.name}"


def plain(client: Client) -> list[str]:
    """What a client was told, with its batches as indentation and without its server's name."""
    lines = []
    for line in client.take():
        line = re.sub(r"^@batch=\d+ ", "  ", line).replace(f"{server(client)} ", "")
        line = re.sub(r"BATCH \+\d+ ?", "BATCH ", line)
        if not re.fullmatch(r"BATCH -\d+", line):
            lines.append(line)
    return lines


def answer(client: Client, *lines: str) -> list[str]:
    """What a client is told when it sends these."""
    client.take()
    client.sends(*lines)
    return plain(client)


def source(client: Client) -> str:
    """The client as others see it."""
    return f":{client.session.user.source}"


def with_metadata(stage: Stage, **settings: object) -> Stage:
    """The same number of nodes, with other settings."""
    config = stage.server.config
    return Stage(replace(config, metadata=replace(config.metadata, **settings)), nodes=len(stage.nodes))


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice (-2, an operator) and Bob (-3), subscribed to a and b, and Carol (nothing), in #a."""
    clients = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD), stage.connect("carol")
    for client in clients:
        client.sends("JOIN #a")
    for client in clients[:2]:
        client.sends("METADATA * SUB a b")
    for client in clients:
        client.take()
    return clients


# --- subscriptions ----------------------------------------------------------------------------------------------


@DRAFTS
def test_subscribe_and_unsubscribe(stage: Stage, caps: str) -> None:
    """"If the client successfully subscribes to a key, or is already subscribed to a requested key, that key MUST
    appear"; "The server MUST NOT list the same key multiple times".
    """
    alice = stage.connect("alice", caps=caps)
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs"]
    assert answer(alice, "METADATA * SUB avatar website avatar")[0] == "770 alice avatar website"
    assert answer(alice, "METADATA alice SUB website foo")[0] == "770 alice website foo"
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs", "  772 alice avatar website foo"]
    assert answer(alice, "METADATA * UNSUB website website nothing") == ["771 alice website nothing"]
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs", "  772 alice avatar foo"]


def test_only_new_subscriptions_are_caught_up_with(stage: Stage) -> None:
    """-3: "if the client ... has added new subscriptions, the server MUST then either send a metadata batch ... or a
    774 RPL_METADATASYNCLATER message with *ALL as its <Target>".
    """
    bob = stage.connect("bob", caps=THIRD)
    assert answer(bob, "METADATA * SUB a") == ["770 bob a", "774 bob *ALL 0 :Ask for it with METADATA SYNC"]
    assert answer(bob, "METADATA * SUB a") == ["770 bob a"]


def test_many_subscriptions_take_several_lines(stage: Stage) -> None:
    """No key is lost where they do not fit one line."""
    alice = stage.connect("alice", caps=SECOND)
    keys = [f"{number:02}{'k' * 30}" for number in range(24)]
    for start in range(0, 24, 12):
        alice.sends(f"METADATA * SUB {' '.join(keys[start : start + 12])}")
    lines = answer(alice, "METADATA * SUBS")[1:]
    assert len(lines) == 2
    assert [key for line in lines for key in line.split()[2:]] == keys


def test_too_many_subscriptions(stage: Stage) -> None:
    """"If the client has subscribed to too many keys, the server does not process any further keys in the subcommand.
    The <key> parameter ... MUST be this first key that the client could not subscribe to".
    """
    stage = with_metadata(stage, max_subs=3)
    alice, bob = stage.connect("alice", caps=SECOND), stage.connect("bob", caps=THIRD)
    assert answer(alice, "METADATA * SUB a b c d $ e") == [
        "770 alice a b c",
        "FAIL METADATA TOO_MANY_SUBS d :You can subscribe to no more than 3 keys",
    ]
    assert answer(bob, "METADATA * SUB a b $ c d e") == [
        "770 bob a b c",
        "WARN METADATA INVALID_KEY $ :Invalid key",
        "FAIL METADATA LIMIT_REACHED SUB d 3 :You can subscribe to no more than 3 keys",
        "774 bob *ALL 0 :Ask for it with METADATA SYNC",
    ]
    assert answer(alice, "METADATA * SUBS")[1:] == ["  772 alice a b c"]


@pytest.mark.parametrize("given_up", ["draft/metadata-3", "batch"])
def test_subscriptions_end_with_the_capability(stage: Stage, given_up: str) -> None:
    """"If a client removes this capability or the batch capability from themselves, servers MUST clear that client's
    subscription list."
    """
    bob = stage.connect("bob", caps=THIRD)
    bob.sends("METADATA * SUB a", "CAP REQ :server-time", "CAP REQ :-server-time")
    assert answer(bob, "METADATA * SUBS")[1:] == ["  772 bob a"]
    bob.sends(f"CAP REQ :-{given_up}", f"CAP REQ :{given_up}")
    assert answer(bob, "METADATA * SUBS") == ["BATCH metadata-subs"]


# --- being told -------------------------------------------------------------------------------------------------


def test_members_are_told_of_members(room: tuple[Client, Client, Client]) -> None:
    """"If a channel/user the client is receiving updates for changes one of the keys the client is subscribed to, they
    will receive a METADATA message notifying them of the change"; -3: "either a 761 RPL_KEYVALUE ... or a 766
    RPL_KEYNOTSET".
    """
    alice, bob, carol = room
    assert answer(alice, "METADATA * SET a 1") == ["761 alice alice a * :1"]
    assert plain(bob) == ["761 bob alice a * :1"]
    assert answer(bob, "METADATA * SET b :x y") == ["761 bob bob b * :x y"]
    assert plain(alice) == [f"{source(bob)} METADATA bob b * :x y"]
    alice.sends("METADATA * SET a", "METADATA * SET c 1")
    assert plain(bob) == ["766 bob alice a :Key not set"]
    bob.sends("METADATA * CLEAR")
    assert plain(alice)[-1] == f"{source(bob)} METADATA bob b *"
    assert carol.take() == []


def test_members_are_told_of_the_channel(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"For channel metadata, this applies only to subscribers who are members of the updated channel."""
    alice, bob, carol = room
    eve = stage.connect("eve", caps=SECOND)
    eve.sends("METADATA * SUB a").take()
    alice.sends("MODE #a +o bob")
    for client in room:
        client.take()
    assert answer(alice, "METADATA #A SET a 1") == ["761 alice #a a * :1"]
    assert plain(bob) == ["761 bob #a a * :1"]
    assert answer(bob, "METADATA #a CLEAR") == ["BATCH metadata #a", "  766 bob #a a :Key not set"]
    assert plain(alice) == [f"{source(bob)} METADATA #a a *"]
    assert carol.take() == []
    assert eve.take() == []


def test_unchanged_is_no_news(room: tuple[Client, Client, Client]) -> None:
    """Setting what is set already is answered, and nobody else is told."""
    alice, bob, _ = room
    alice.sends("METADATA * SET a 1")
    bob.take()
    assert answer(alice, "METADATA * SET a 1") == ["761 alice alice a * :1"]
    assert bob.take() == []


def test_once_for_several_channels(room: tuple[Client, Client, Client]) -> None:
    """Who shares several channels with somebody, and monitors him as well, is told once."""
    alice, bob, _ = room
    alice.sends("JOIN #b", "MONITOR + bob")
    bob.sends("JOIN #b", "METADATA * SET a 1")
    assert [line for line in plain(alice) if "METADATA" in line] == [f"{source(bob)} METADATA bob a * :1"]


@DRAFTS
def test_metadata_and_monitor(stage: Stage, caps: str) -> None:
    """"For user metadata, this applies only to subscribers who either share a channel with the updated user or are
    monitoring them."; "when they MONITOR a user, or when one of their monitored users comes online".
    """
    newest = caps == THIRD
    bob = stage.connect("bob", caps=SECOND)
    bob.sends("METADATA * SET a 1", "METADATA * SET c 3").take()
    alice = stage.connect("alice", caps=caps)
    alice.sends("METADATA * SUB a b").take()
    value = "761 alice bob a * :1" if newest else "METADATA bob a * :1"
    assert answer(alice, "MONITOR + bob,dave") == [
        f"730 alice {source(bob)}", "731 alice :dave", "BATCH metadata bob", f"  {value}",
    ]  # fmt: skip
    assert answer(alice, "METADATA bob SYNC") == ["BATCH metadata bob", f"  {value}"]
    bob.sends("METADATA * SET b 2")
    assert plain(alice) == ["761 alice bob b * :2" if newest else f"{source(bob)} METADATA bob b * :2"]
    dave = stage.connect("dave")
    assert plain(alice) == [f"730 alice {source(dave)}", *(["BATCH metadata dave"] if newest else [])]
    bob.sends("NICK rob")
    alice.take()
    bob.sends("NICK bob")
    assert plain(alice)[:3] == [f"730 alice {source(bob)}", "BATCH metadata bob", f"  {value}"]
    alice.sends("MONITOR - bob")
    bob.sends("METADATA * SET a 5")
    assert alice.take() == []


def test_nobody_without_the_capability_is_told(room: tuple[Client, Client, Client]) -> None:
    """Who gave the capability up is told nothing, whatever it was subscribed to."""
    alice, bob, _ = room
    bob.sends("CAP REQ :-draft/metadata-3").take()
    alice.sends("METADATA * SET a 1", "METADATA #a SET a 1")
    assert bob.take() == []


# --- synchronization --------------------------------------------------------------------------------------------


def test_joining(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"On joining a channel, users will get the channel's current metadata sent to them with METADATA messages, and get
    the same information for all users who are in the channel. Specifically, they get that information for the keys
    they are subscribed to."
    """
    alice, bob, _ = room
    alice.sends("METADATA #a SET a 1", "METADATA #a SET c 3", "METADATA * SET b 2")
    bob.sends("METADATA * SET a 4")
    dave, eve, fred = (stage.connect(nick, caps=caps) for nick, caps in (
        ("dave", SECOND), ("eve", THIRD), ("fred", SECOND)))  # fmt: skip
    for client in (dave, eve):
        client.sends("METADATA * SUB a b").take()
    assert answer(dave, "JOIN #a")[-5:] == [
        "366 dave #a :End of /NAMES list",
        "BATCH metadata #a",
        "  METADATA #a a * :1",
        "  METADATA alice b * :2",
        "  METADATA bob a * :4",
    ]
    assert answer(eve, "JOIN #a")[-5:] == [
        "366 eve #a :End of /NAMES list",
        "BATCH metadata #a",
        "  761 eve #a a * :1",
        "  761 eve alice b * :2",
        "  761 eve bob a * :4",
    ]
    assert answer(fred, "JOIN #a")[-1] == "366 fred #a :End of /NAMES list"
    assert answer(dave, "METADATA #a SYNC")[0] == "BATCH metadata #a"


def test_sync_of_a_channel_is_what_joining_told(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """-3: "the batch MUST be identical to what would be returned if METADATA SYNC was issued against that channel"; a
    metadata-aware client gets it even without subscriptions.
    """
    alice, _, _ = room
    alice.sends("METADATA * SET a 1")
    eve = stage.connect("eve", caps=THIRD)
    assert answer(eve, "JOIN #a")[-2:] == ["366 eve #a :End of /NAMES list", "BATCH metadata #a"]
    eve.sends("METADATA * SUB a", "PART #a")
    on_join = answer(eve, "JOIN #a")[-2:]
    assert on_join == ["BATCH metadata #a", "  761 eve alice a * :1"]
    assert answer(eve, "METADATA #a SYNC") == on_join


def test_renamed_channels(room: tuple[Client, Client, Client]) -> None:
    """A channel keeps its metadata under another name; to whom RENAME looks like a JOIN it is told as after one."""
    alice, bob, _ = room
    alice.sends("CAP REQ draft/channel-rename", "METADATA #a SET a 1")
    bob.take()
    alice.sends("RENAME #a #b")
    assert plain(bob)[-3:] == ["366 bob #b :End of /NAMES list", "BATCH metadata #b", "  761 bob #b a * :1"]
    assert "METADATA" not in "".join(plain(alice)[2:])
    assert answer(alice, "METADATA #b LIST")[1:] == ["  761 alice #b a * :1"]


def test_newcomers_are_introduced(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"Clients MAY also receive metadata notifications": those inside learn what a newcomer has."""
    alice, bob, carol = room
    dave = stage.connect("dave", caps=THIRD)
    dave.sends("METADATA * SET a 1", "METADATA * SET c 3", "JOIN #a")
    join = f"{source(dave)} JOIN #a"
    assert plain(alice) == [join, "METADATA dave a * :1"]
    assert plain(bob) == [join, "761 bob dave a * :1"]
    assert plain(carol) == [join]


def test_subscribing_tells_what_is_there(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """-2: "When subscribing to a key, clients SHOULD receive the current value of that key for channels/users they are
    receiving updates for."
    """
    alice, bob, _ = room
    alice.sends("METADATA #a SET c 1")
    bob.sends("METADATA * SET c 2", "METADATA * SET a 5", "JOIN #b")
    dave = stage.connect("dave", caps=SECOND)
    dave.sends("METADATA * SET c 3")
    alice.sends("JOIN #b", "MONITOR + dave")
    assert answer(alice, "METADATA * SUB a c") == [
        "770 alice a c",
        "METADATA #a c * :1",
        "METADATA dave c * :3",
        "METADATA bob c * :2",
    ]


def test_everything(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """-3: "If the target is an asterisk followed by uppercase "ALL" (*ALL), it synchronizes metadata for all visible
    targets."
    """
    alice, bob, _ = room
    alice.sends("METADATA #a SET a 1", "METADATA * SET b 2", "JOIN #b")
    dave = stage.connect("dave", caps=SECOND)
    dave.sends("METADATA * SET a 3")
    bob.sends("JOIN #b", "MONITOR + dave", "METADATA * SET a 4")
    assert answer(bob, "METADATA *ALL SYNC") == [
        "BATCH metadata *ALL",
        "  761 bob #a a * :1",
        "  761 bob bob a * :4",
        "  761 bob dave a * :3",
        "  761 bob alice b * :2",
    ]
    assert answer(bob, "METADATA * SYNC") == ["BATCH metadata bob", "  761 bob bob a * :4"]


def test_postponed_synchronization(stage: Stage) -> None:
    """"If the client joins a large channel ... the server MUST respond with a RPL_METADATASYNCLATER numeric instead of
    propagating the current metadata"; SYNC: "If the sync cannot be performed at this time ... RPL_METADATASYNCLATER".
    """
    stage = with_metadata(stage, sync_members=2)
    alice, bob, carol, dave = (
        stage.connect(nick, caps=caps) for nick, caps in (("a", SECOND), ("b", THIRD), ("c", SECOND), ("d", THIRD))
    )  # fmt: skip
    for client in (alice, bob):
        client.sends("JOIN #big", "METADATA * SUB x", "METADATA * SET x 1")
    for client in (carol, dave):
        client.sends("METADATA * SUB x").take()
    assert answer(carol, "JOIN #big")[-2:] == ["366 c #big :End of /NAMES list", "774 c #big 5"]
    assert answer(dave, "JOIN #big")[-1] == "774 d #big 5 :Ask for it with METADATA SYNC"
    values = ["  METADATA a x * :1", "  METADATA b x * :1"]
    assert answer(carol, "METADATA #big SYNC") == ["BATCH metadata #big", *values]
    assert answer(carol, "METADATA #big SYNC") == ["774 c #big 5"]
    stage.passes(3)
    assert answer(carol, "METADATA #big SYNC") == ["774 c #big 2"]
    stage.passes(2)
    assert answer(carol, "METADATA #BIG SYNC") == ["BATCH metadata #big", *values]
    assert answer(dave, "METADATA *ALL SYNC")[0] == "BATCH metadata *ALL"
    assert answer(dave, "METADATA *ALL SYNC") == ["774 d *ALL 5 :Ask for it with METADATA SYNC"]
    assert answer(carol, "METADATA * SUB y") == ["770 c y", "774 c #big 5"]


# --- before registration ----------------------------------------------------------------------------------------


@DRAFTS
def test_before_connect(stage: Stage, caps: str) -> None:
    """"Clients MAY use this command during connection registration"; "clients receive their current metadata ... in a
    metadata batch with their own nick as target as part of the registration burst, i.e. before RPL_ENDOFMOTD".
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
    """"If none exists, the server MUST send an empty batch instead."""
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
    """"restrict the setting/viewing of keys depending on whether the user is an admin"; "The server MUST allow clients
    to subscribe to any valid keys, including privileged keys the client cannot access"; "the subscription MUST still be
    successful, and that key MUST appear in a RPL_METADATASUBOK reply"; -3: "NOTE METADATA KEY_NO_PERMISSION".
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
    """"Privileged users (e.g. network admins) may be able to set certain metadata on other users, and set special
    keys"; the user is told as well: "to that subscriber (excluding changes the subscriber made on themselves)".
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
    """"Servers MUST send notifications ... to that subscriber (excluding changes the subscriber made on themselves)":
    the connection that made a change is answered, another one of the same user is told.
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
    """-3: "When server sends 730 RPL_MONONLINE to a metadata-aware client ..., the server MUST additionally send either
    a metadata batch containing the monitored user's metadata to the client or a 774".
    """
    bob = stage.connect("bob", caps=SECOND)
    bob.sends("METADATA * SET a 1").take()
    alice = stage.connect("alice", caps=THIRD)
    alice.sends("METADATA * SUB a", "MONITOR + bob")
    assert answer(alice, "MONITOR S") == [f"730 alice {source(bob)}", "BATCH metadata bob", "  761 alice bob a * :1"]
