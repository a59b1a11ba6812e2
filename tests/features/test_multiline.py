"""Messages of several lines: IRCv3 draft/multiline.  Of any batch that clients open see test_client_batch.py."""

from __future__ import annotations

import pytest

from chatd.testing import Client, Stage

CAPS = "batch draft/multiline labeled-response echo-message message-tags"


@pytest.fixture
def room(stage: Stage) -> tuple[Client, Client, Client]:
    """Alice and Bob, who know it all, and Carol, who knows nothing, in #a."""
    clients = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS), stage.connect("carol")
    for client in clients:
        client.sends("JOIN #a")
    for client in clients:
        client.take()
    return clients


def bare(line: str) -> str:
    """A line without its msgid."""
    tags, _, rest = line.partition(" ")
    if line[0] != "@":
        return line
    kept = [tag for tag in tags[1:].split(";") if not tag.startswith("msgid=")]
    return f"@{';'.join(kept)} {rest}" if kept else rest


HOW_IS_EVERYONE = (
    "BATCH +123 draft/multiline #a",
    "@batch=123 PRIVMSG #a hello",
    "@batch=123 privmsg #a :",
    "@batch=123 PRIVMSG #a :how is ",
    "@batch=123;draft/multiline-concat PRIVMSG #a :everyone?",
    "BATCH -123",
)


def test_batch_for_those_who_know_it(room: tuple[Client, Client, Client]) -> None:
    """"When receiving a well-formed multiline message batch, implementations MUST collect the message content from each
    line in the batch and wait until the full batch has been received before processing the message." "In addition to
    the base batch parameters (reference-tag and type) a multiline batch has one additional parameter, the target
    recipient." "Servers MUST NOT reject blank lines".
    """
    alice, bob, _ = room
    alice.sends(*HOW_IS_EVERYONE[:-1])
    bob.sees()
    alice.sees()
    alice.sends(HOW_IS_EVERYONE[-1])
    source = f":{alice.session.user.source}"
    taken = bob.take()
    reference = taken[0].split(" ")[3][1:]
    expected = [
        f"{source} BATCH +{reference} draft/multiline #a",
        f"@batch={reference} {source} PRIVMSG #a :hello",
        f"@batch={reference} {source} PRIVMSG #a :",
        f"@batch={reference} {source} PRIVMSG #a :how is ",
        f"@batch={reference};draft/multiline-concat {source} PRIVMSG #a :everyone?",
        f"{source} BATCH -{reference}",
    ]
    assert [bare(line) for line in taken] == expected
    assert [bare(line) for line in alice.take()] == expected
    assert taken[0].startswith("@msgid=")


def test_fallback(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """"When delivering multiline batches to clients that have not negotiated the multiline capability, servers MUST
    deliver the component messages without using a multiline BATCH." "Servers MUST NOT send blank lines to clients that
    have not negotiated the multiline capability." "Servers MUST only include a message ID on the first message of a
    batch when sending a fallback to non-supporting clients."
    """
    alice, _, carol = room
    dave = stage.connect("dave", caps="message-tags")
    dave.sends("JOIN #a").take()
    carol.take(), alice.take()
    alice.sends(*HOW_IS_EVERYONE)
    source = f":{alice.session.user.source}"
    texts = [f"{source} PRIVMSG #a :hello", f"{source} PRIVMSG #a :how is ", f"{source} PRIVMSG #a :everyone?"]
    carol.sees(*texts)
    taken = dave.take()
    assert [bare(line) for line in taken] == texts
    assert ["msgid=" in line for line in taken] == [True, False, False]


def test_log_has_every_line(room: tuple[Client, Client, Client], stage: Stage) -> None:
    """The log keeps each line by itself, with the batch it belongs to."""
    alice, _, _ = room
    alice.sends(*HOW_IS_EVERYONE)
    lines = [line for line in stage.history.logs["#a"] if "PRIVMSG" in line]
    reference = lines[0].split("batch=")[1].split(" ")[0].split(";")[0]
    assert f"msgid={reference};" in lines[0]
    assert [line.split("PRIVMSG")[1] for line in lines] == [
        " #a :hello\r\n", " #a :\r\n", " #a :how is \r\n", " #a :everyone?\r\n",
    ]  # fmt: skip
    assert all(f"batch={reference}" in line for line in lines)
    assert "draft/multiline-concat" in lines[3]


def test_label_on_the_opening_of_the_echo(room: tuple[Client, Client, Client]) -> None:
    """"Servers MUST only include the label tag on the opening BATCH command when replying to a client using
    `echo-message`."
    """
    alice, _, _ = room
    alice.sends("@label=m " + HOW_IS_EVERYONE[0], *HOW_IS_EVERYONE[1:])
    taken = alice.take()
    assert taken[0].startswith("@label=m;msgid=")
    assert not any("label" in line.split(" ")[0] for line in taken[1:])
    assert len(taken) == 6


def test_client_only_tags_are_on_the_batch(room: tuple[Client, Client, Client]) -> None:
    """"Clients MUST NOT send tags other than `draft/multiline-concat` and `batch` on messages within the batch. In
    particular, all client-only tags associated with the message must be sent attached to the initial BATCH command":
    those on other lines are not relayed.
    """
    alice, bob, _ = room
    within = HOW_IS_EVERYONE[1].replace("@", "@+draft/reply=y;+other=z;")
    alice.sends("@+draft/reply=x " + HOW_IS_EVERYONE[0], within, *HOW_IS_EVERYONE[2:])
    taken = bob.take()
    assert "+draft/reply=x" in taken[0].split(" ")[0]
    assert not any("@+" in line or ";+" in line for line in taken[1:])


def test_private(room: tuple[Client, Client, Client]) -> None:
    """A person gets it as a channel does."""
    alice, bob, carol = room
    for nick in ("bob", "carol"):
        lines = f"@batch=1 NOTICE {nick} :a", f"@batch=1 NOTICE {nick} :b"
        alice.sends(f"BATCH +1 draft/multiline {nick}", *lines, "BATCH -1")
    words = [bare(line).split(" ") for line in bob.take()]
    assert [line[1] if line[0][0] == ":" else line[2] for line in words] == ["BATCH", "NOTICE", "NOTICE", "BATCH"]
    carol.sees(f":{alice.session.user.source} NOTICE carol :a", f":{alice.session.user.source} NOTICE carol :b")


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        (["PRIVMSG #b hello"], "MULTILINE_INVALID_TARGET #a #b :Invalid multiline target"),
        (["PRIVMSG #a hi", "NOTICE #a hi"], "MULTILINE_INVALID :Invalid multiline batch"),
        (["TOPIC #a hi"], "MULTILINE_INVALID :Invalid multiline batch"),
        (["PRIVMSG #a"], "MULTILINE_INVALID :Invalid multiline batch"),
        (["PRIVMSG #a :", "PRIVMSG #a :"], "MULTILINE_INVALID :Invalid multiline batch with blank lines only"),
        ([], "MULTILINE_INVALID :Invalid multiline batch with blank lines only"),
        (["PRIVMSG #a :x"] * 65, "MULTILINE_MAX_LINES 64 :Multiline batch max-lines exceeded"),
        ([f"PRIVMSG #a :{'x' * 450}"] * 19, "MULTILINE_MAX_BYTES 8192 :Multiline batch max-bytes exceeded"),
    ],
)
def test_failures(room: tuple[Client, Client, Client], lines: list[str], failure: str) -> None:
    """"Servers MUST use `FAIL` messages from the standard replies framework to notify clients of errors with multiline
    batches": "`MULTILINE_MAX_BYTES <limit>`", "`MULTILINE_MAX_LINES <limit>`", "`MULTILINE_INVALID_TARGET
    <batch-target> <provided-target>`: mismatched PRIVMSG target within a batch", "`MULTILINE_INVALID`: any other
    error". "Multiline batches MUST only contain one or more PRIVMSG lines, or one or more NOTICE lines. These lines
    MUST all have a target which matches the batch target." "Clients MUST NOT send messages consisting entirely of blank
    lines." Nothing is delivered, and there is one failure for the whole batch, with its label.
    """
    alice, bob, _ = room
    alice.sends("@label=7 BATCH +1 draft/multiline #a", *[f"@batch=1 {line}" for line in lines], "BATCH -1")
    alice.sees(f"@label=7 :{alice.node.name} FAIL BATCH {failure}")
    bob.sees()
    alice.sends("PING after")
    alice.sees(f":{alice.node.name} PONG {alice.node.name} :after")


def test_concatenated_blank_line(room: tuple[Client, Client, Client]) -> None:
    """"Clients MUST NOT send blank lines with the `draft/multiline-concat` tag"."""
    alice, bob, _ = room
    alice.sends(
        "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :a", "@batch=1;draft/multiline-concat PRIVMSG #a :",
        "@batch=1 PRIVMSG #a :b", "BATCH -1",
    )  # fmt: skip
    text = "Invalid multiline batch with concatenated blank line"
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :{text}")
    bob.sees()


def test_exactly_the_limits(room: tuple[Client, Client, Client]) -> None:
    """"Each line feed used to join line messages contributes one byte towards the `max-bytes` limit. No line feed is
    appended to the final line message of a batch." "Only the last parameter of PRIVMSG and NOTICE are counted toward
    `max-bytes`; not origin, command, or target."
    """
    alice, _, carol = room
    lines = [f"@batch=1 PRIVMSG #a :{'x' * 127}"] * 63 + [f"@batch=1 PRIVMSG #a :{'x' * 128}"]
    alice.sends("BATCH +1 draft/multiline #a", *lines, "BATCH -1")
    assert len(carol.take()) == 64
    lines[0] += "x"
    alice.take()
    alice.sends("BATCH +1 draft/multiline #a", *lines, "BATCH -1")
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_MAX_BYTES 8192 :Multiline batch max-bytes exceeded")


def test_joined_lines_count_as_lines_but_have_no_line_feed(room: tuple[Client, Client, Client]) -> None:
    r""""Line messages are joined by a single line feed (`\n`) byte unless the `draft/multiline-concat` message tag is
    sent, in which case that line's message is directly joined with the previous line's message with no separation."
    "All lines contribute towards the `max-lines` limit, including lines that use the `draft/multiline-concat` tag."
    """
    alice, _, carol = room
    begin, end = "BATCH +1 draft/multiline #a", "BATCH -1"
    first, joined = "@batch=1 PRIVMSG #a :", "@batch=1;draft/multiline-concat PRIVMSG #a :"
    alice.sends(begin, first + "x" * 128, *[joined + "x" * 128] * 63, end)
    assert len(carol.take()) == 64
    alice.take()
    alice.sends(begin, first + "x" * 129, *[joined + "x" * 128] * 63, end)
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_MAX_BYTES 8192 :Multiline batch max-bytes exceeded")
    alice.sends(begin, first + "x", *[joined + "x"] * 64, end)
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_MAX_LINES 64 :Multiline batch max-lines exceeded")
    carol.sees()


def test_guards_see_the_whole_text(room: tuple[Client, Client, Client]) -> None:
    """What a channel refuses is refused as one message, with one answer."""
    alice, bob, carol = room
    alice.sends("MODE #a +m")
    for client in room:
        client.take()
    bob.sends("@label=x BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :a", "@batch=1 PRIVMSG #a :b", "BATCH -1")
    (line,) = bob.take()
    assert line.startswith(f"@label=x :{bob.node.name} 404 bob #a :")
    carol.sees()


def test_capability_value(stage: Stage) -> None:
    """"The capability MUST be advertised by servers with a REQUIRED value: a comma (`,`) (0x2C) separated list of
    tokens." "Keys specified in this document MUST only occur at most once." "`max-bytes` - This defines the maximum
    allowed total byte length of a multiline batch's combined message value, as defined below *REQUIRED*"; "`max-lines`
    - This defines the maximum allowed number of `PRIVMSG` or `NOTICE` commands in a multiline batch *RECOMMENDED*".
    """
    alice = stage.open()
    alice.sends("CAP LS 302")
    assert "draft/multiline=max-bytes=8192,max-lines=64" in " ".join(alice.take())


@pytest.mark.parametrize("order", [("batch", "draft/multiline"), ("draft/multiline", "batch")])
def test_order_of_negotiation(stage: Stage, order: tuple[str, str]) -> None:
    """"The order of capability negotiation is not significant and MUST not be enforced."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    for name in order:
        for client in (alice, bob):
            client.sends(f"CAP REQ {name}")
            client.sees(f":{client.node.name} CAP {client.session.user.nick} ACK :{name}")
    alice.sends("BATCH +1 draft/multiline bob", "@batch=1 PRIVMSG bob :a", "@batch=1 PRIVMSG bob :b", "BATCH -1")
    assert [line.split(" ")[1] for line in bob.take() if line[0] == ":"] == ["BATCH", "BATCH"]


def test_notices_and_tags_of_the_fallback(stage: Stage) -> None:
    """"This example is also valid if every instance of PRIVMSG is replaced with NOTICE." "Any tags that would have been
    added to the batch, e.g. message IDs, account tags etc MUST be included on the first message line to be sent. Tags
    MAY also be included on subsequent lines where it makes sense to do so." "Servers SHOULD maintain the line
    composition sent by the client instead of combining to a normalised form before re-splitting."
    """
    alice = stage.connect("alice", caps=CAPS, account="alice")
    dave = stage.connect("dave", caps="message-tags account-tag server-time")
    for client in (alice, dave):
        client.sends("JOIN #a")
    alice.sends("MODE alice +B")
    dave.take(), alice.take()
    blank_first = (HOW_IS_EVERYONE[0], "@batch=123 PRIVMSG #a :", *HOW_IS_EVERYONE[1:])
    alice.sends(*(line.replace("PRIVMSG", "NOTICE").replace("privmsg", "notice") for line in blank_first))
    taken = [line.split(" ", 3) for line in dave.take()]
    assert [words[2:] for words in taken] == [["NOTICE", f"#a :{text}"] for text in ("hello", "how is ", "everyone?")]
    keys = [[tag.partition("=")[0] for tag in words[0][1:].split(";")] for words in taken]
    assert keys[0] == ["time", "msgid", "account", "bot"]
    assert not any("msgid" in names for names in keys[1:])
    assert all({"time", "account"} <= set(names) for names in keys)
    assert sum(" NOTICE #a :" in line for line in alice.take()) == 5
