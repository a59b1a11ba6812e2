"""Messages of several lines: IRCv3 client-batch and draft/multiline."""

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
    """"implementations MUST collect the message content from each line in the batch and wait until the full batch has
    been received before processing the message"."""
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
    """"servers MUST deliver the component messages without using a multiline BATCH"; "Servers MUST NOT send blank lines
    to clients that have not negotiated the multiline capability."
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
    echo-message."
    """
    alice, _, _ = room
    alice.sends("@label=m " + HOW_IS_EVERYONE[0], *HOW_IS_EVERYONE[1:])
    taken = alice.take()
    assert taken[0].startswith("@label=m;msgid=")
    assert not any("label" in line.split(" ")[0] for line in taken[1:])
    assert len(taken) == 6


def test_client_only_tags_are_on_the_batch(room: tuple[Client, Client, Client]) -> None:
    """"all client-only tags associated with the message must be sent attached to the initial BATCH command."""
    alice, bob, _ = room
    alice.sends("@+draft/reply=x " + HOW_IS_EVERYONE[0], *HOW_IS_EVERYONE[1:])
    taken = bob.take()
    assert "+draft/reply=x" in taken[0].split(" ")[0]
    assert not any("+draft/reply" in line for line in taken[1:])


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
    """"Servers MUST use FAIL messages from the standard replies framework to notify clients of errors"; nothing is
    delivered, and there is one failure for the whole batch, with its label.
    """
    alice, bob, _ = room
    alice.sends("@label=7 BATCH +1 draft/multiline #a", *[f"@batch=1 {line}" for line in lines], "BATCH -1")
    alice.sees(f"@label=7 :{alice.node.name} FAIL BATCH {failure}")
    bob.sees()
    alice.sends("PING after")
    alice.sees(f":{alice.node.name} PONG {alice.node.name} :after")


def test_concatenated_blank_line(room: tuple[Client, Client, Client]) -> None:
    """"Clients MUST NOT send blank lines with the draft/multiline-concat tag."""
    alice, bob, _ = room
    alice.sends(
        "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :a", "@batch=1;draft/multiline-concat PRIVMSG #a :",
        "@batch=1 PRIVMSG #a :b", "BATCH -1",
    )  # fmt: skip
    text = "Invalid multiline batch with concatenated blank line"
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :{text}")
    bob.sees()


def test_exactly_the_limits(room: tuple[Client, Client, Client]) -> None:
    """"Each line feed used to join line messages contributes one byte towards the max-bytes limit."""
    alice, _, carol = room
    lines = [f"@batch=1 PRIVMSG #a :{'x' * 127}"] * 63 + [f"@batch=1 PRIVMSG #a :{'x' * 128}"]
    alice.sends("BATCH +1 draft/multiline #a", *lines, "BATCH -1")
    assert len(carol.take()) == 64
    lines[0] += "x"
    alice.take()
    alice.sends("BATCH +1 draft/multiline #a", *lines, "BATCH -1")
    alice.sees(f":{alice.node.name} FAIL BATCH MULTILINE_MAX_BYTES 8192 :Multiline batch max-bytes exceeded")


def test_unknown_type(stage: Stage) -> None:
    """"UNKNOWN_TYPE <reference-tag> <type>: ... all past and future messages in this batch will be ignored."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +1 example.com/foo", "@batch=1 PRIVMSG alice :hi", "BATCH -1")
    text = "That is no type of batch clients may open"
    alice.sees(f":{alice.node.name} FAIL BATCH UNKNOWN_TYPE 1 example.com/foo :{text}")


def test_not_negotiated(stage: Stage) -> None:
    """Without the capability the type is unknown."""
    alice = stage.connect("alice", caps="batch")
    alice.sends("BATCH +1 draft/multiline alice", "@batch=1 PRIVMSG alice :hi", "BATCH -1")
    (line,) = alice.take()
    assert line.startswith(f":{alice.node.name} FAIL BATCH UNKNOWN_TYPE 1 draft/multiline :")


def test_invalid_reference(stage: Stage) -> None:
    """"INVALID_REFTAG <reference-tag>: the provided reference tag contains disallowed characters"."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +a_b draft/multiline alice", "@batch=a_b PRIVMSG alice :hi", "BATCH -nothing")
    assert [line.split(" ")[1:5] for line in alice.take()] == [
        ["FAIL", "BATCH", "INVALID_REFTAG", "a_b"], ["FAIL", "BATCH", "INVALID_REFTAG", "nothing"],
    ]  # fmt: skip


def test_left_open(stage: Stage) -> None:
    """"TIMEOUT <reference-tag>: the batch was left open for too long"."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("BATCH +1 draft/multiline alice", "@batch=1 PRIVMSG alice :hi")
    stage.passes(29)
    alice.sees()
    stage.passes(2)
    alice.sees(f":{alice.node.name} FAIL BATCH TIMEOUT 1 :The batch was left open too long")
    alice.sends("@batch=1 PRIVMSG alice :hi", "BATCH -1")
    alice.sees()


def test_other_lines_meanwhile(room: tuple[Client, Client, Client]) -> None:
    """"Once a client has opened a batch, it MUST NOT send any messages that are not part of the batch": the batch
    fails, the other line is carried out.
    """
    alice, bob, _ = room
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :in", "@label=o PRIVMSG #a :out", "BATCH -1")
    source = f"{alice.session.user.source}"
    taken = alice.take()
    assert taken[0].startswith(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :")
    assert taken[1].startswith("@label=o;msgid=")
    assert [bare(line) for line in bob.take()] == [f":{source} PRIVMSG #a :out"]


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
    """"The capability MUST be advertised by servers with a REQUIRED value"; "Keys specified in this document MUST only
    occur at most once"; "`max-lines` - ... RECOMMENDED".
    """
    alice = stage.open()
    alice.sends("CAP LS 302")
    assert "draft/multiline=max-bytes=8192,max-lines=64" in " ".join(alice.take())


def test_notices_and_tags_of_the_fallback(stage: Stage) -> None:
    """"This example is also valid if every instance of PRIVMSG is replaced with NOTICE"; "Any tags that would have been
    added to the batch, e.g. message IDs, account tags etc MUST be included on the first message line to be sent";
    "Servers MUST only include a message ID on the first message of a batch"; "Servers SHOULD maintain the line
    composition".
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


@pytest.mark.parametrize(
    "line", ["@batch=1 BATCH +2 draft/multiline #a", "BATCH +2 draft/multiline #a", "@batch=2 PRIVMSG #a :other"]
)
def test_batches_in_a_batch(room: tuple[Client, Client, Client], line: str) -> None:
    """"Clients MUST NOT send nested batches, i.e. clients may not send `BATCH` commands with a `batch` tag": the batch
    is refused, once, and nothing of it is said.
    """
    alice, bob, _ = room
    alice.sends("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :one", line)
    (answer,) = alice.take()
    assert answer.startswith(f":{alice.node.name} FAIL BATCH MULTILINE_INVALID :")
    alice.sends("@batch=1 PRIVMSG #a :two", "BATCH -1")
    assert not any(" PRIVMSG " in told for told in [*alice.take(), *bob.take()])
