"""Subscriptions to metadata, and what members of a channel are told: at once, when they join, and later."""

from __future__ import annotations

import pytest
from subscribing import DRAFTS, SECOND, THIRD, answer, plain, source, with_metadata

from chatd.testing import Client, Stage


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
    """"By default, clients are not subscribed to any keys." -2: "If the client successfully subscribes to a key, or is
    already subscribed to a requested key, that key MUST appear in a `RPL_METADATASUBOK` reply numeric." "If the client
    successfully unsubscribes from a key, or is not subscribed to a requested key, that key MUST appear in a
    `RPL_METADATAUNSUBOK` reply numeric." "The `metadata-subs` batch type MUST be sent to clients in response to the
    `SUBS` subcommand, to enclose 0 or more `772 RPL_METADATASUBS` replies. It takes no parameters". "The server MUST
    NOT list the same key multiple times in a response to this subcommand." -3: "`770 RPL_METADATASUBOK` for successful
    subscriptions or when the client is already subscribed to that key"; "`771 RPL_METADATAUNSUBOK` for successful
    removal of subscriptions or when the client is not subscribed to that key".
    """
    alice = stage.connect("alice", caps=caps)
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs"]
    assert answer(alice, "METADATA * SUB avatar website avatar")[0] == "770 alice avatar website"
    assert answer(alice, "METADATA alice SUB website foo")[0] == "770 alice website foo"
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs", "  772 alice avatar website foo"]
    assert answer(alice, "METADATA * UNSUB website website nothing") == ["771 alice website nothing"]
    assert answer(alice, "METADATA * SUBS") == ["BATCH metadata-subs", "  772 alice avatar foo"]


def test_only_new_subscriptions_are_caught_up_with(stage: Stage) -> None:
    """-3: "After finishing sending responses as described above, if the client has completed connection registration
    and has added new subscriptions, the server MUST then either send a `metadata` batch with `*ALL` as its parameter
    containing the current values of all newly-subscribed keys visible to the user for all visible targets or a `774
    ERR_METADATASYNCLATER` message with `*ALL` as its `<Target>` to indicate postponed synchronization."
    """
    bob = stage.connect("bob", caps=THIRD)
    assert answer(bob, "METADATA * SUB a") == ["770 bob a", "774 bob *ALL 0 :Ask for it with METADATA SYNC"]
    assert answer(bob, "METADATA * SUB a") == ["770 bob a"]


@DRAFTS
def test_subscribing_with_a_label(stage: Stage, caps: str) -> None:
    """-3: "In the event that the client has also negotiated `labeled-response`, the `metadata` batch MUST be nested
    within the `labeled-response` batch": as is what stands in its place.
    """
    alice = stage.connect("alice", caps=f"{caps} labeled-response")
    alice.sends("JOIN #a", "METADATA #a SET a 1").take()
    alice.sends("@label=x METADATA * SUB a b")
    first, *lines, last = alice.take()
    reference = first.partition(" BATCH +")[2].split(" ")[0]
    assert first == f"@label=x :{alice.node.name} BATCH +{reference} labeled-response"
    news = "METADATA" if caps == SECOND else "774"
    assert [line.split(" ")[:3:2] for line in lines] == [[f"@batch={reference}", verb] for verb in ("770", news)]
    assert last == f":{alice.node.name} BATCH -{reference}"


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
    """-2: "The server MUST process each key in order"; "If the client has subscribed to too many keys, the server does
    not process any further keys in the subcommand. The `<key>` parameter of the `FAIL METADATA TOO_MANY_SUBS` reply
    MUST be this first key that the client could not subscribe to (so the client knows all keys sent after that one were
    not processed)." -3: "`FAIL METADATA LIMIT_REACHED` if the client has reached the maximum allowable number of
    subscriptions. If the server sends this, it MUST stop processing any further keys. The `<Item>` parameter of the
    `FAIL METADATA LIMIT_REACHED` reply MUST be this first key that the client could not subscribe to".
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
    """-2: "If a channel/user the client is receiving updates for changes one of the keys the client is subscribed to,
    they will receive a `METADATA` message notifying them of the change." "The format of the `METADATA` server message
    is: METADATA <Target> <Key> <Visibility> <Value>". -3: "These updates will be either a `761 RPL_KEYVALUE` indicating
    the key on the target was set to a particular value or a `766 RPL_KEYNOTSET` indicating that the key was removed
    from the target"; "to other clients in the channels that subscriber is joined to".
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
    """-2: "For channel metadata, this applies only to subscribers who are members of the updated channel." -3: "to
    channels that subscriber is joined to".
    """
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
    """-2: "For user metadata, this applies only to subscribers who either share a channel with the updated user or are
    monitoring them." "Clients SHOULD receive the current values of keys they are subscribed to when they `MONITOR` a
    user, or when one of their monitored users comes online." -3: "to users that subscriber is currently monitoring";
    "If the server sends a batch, the batch MUST be identical to what would be returned if `METADATA SYNC` was issued
    against that target."
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
    """-2: "On joining a channel, users will get the channel's current metadata sent to them with `METADATA` messages,
    and get the same information for all users who are in the channel. Specifically, they get that information for the
    keys they are subscribed to." -3: "When a metadata-aware client joins a channel, the server MUST send either a
    `metadata` batch containing the channel's metadata as well as the metadata for all users on the channel or a `774
    ERR_METADATASYNCLATER` message to indicate postponed synchronization."
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
    """"If the target is a channel, it also syncs the metadata for all other users in that channel." "If the sync can be
    performed, the server responds with a `metadata` batch containing zero or more METADATA events." -3: "If the server
    sends a batch, the batch MUST be identical to what would be returned if `METADATA SYNC` was issued against that
    channel"; a metadata-aware client gets it even without subscriptions.
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
    """"Clients MAY also receive metadata notifications for keys they have not subscribed to, or even when they have not
    subscribed to any keys": those inside learn what a newcomer has of what they have subscribed to.
    """
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
    """-3: "If the target is an asterisk followed by uppercase "ALL" (`*ALL`), it synchronizes metadata for all visible
    targets." "If the sync can be performed, the server responds with a `metadata` batch containing zero or more of the
    following messages for each key the client is subscribed to".
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
    """-2: "In this case, the server MUST respond with a `RPL_METADATASYNCLATER` numeric instead of propagating the
    current metadata of the targets." "If the sync cannot be performed at this time (due to load or other
    implementation-defined details), the server responds with a `RPL_METADATASYNCLATER`." -3: "Servers MAY respond with
    `774 ERR_METADATASYNCLATER` to certain types of automatic synchronization as well as to the `METADATA SYNC` command
    for implementation-defined reasons, such as joining a channel with too many users or internal rate-limiting."
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
