"""Labels, and the batches that responses come in.  Quotes are from IRCv3 labeled-response."""

from __future__ import annotations

import pytest
from batches import batches_are_whole

from chatd.testing import Client, Stage
from chatd.wire.message import parse

CAPS = "batch labeled-response"


def test_one_line_is_labelled(stage: Stage) -> None:
    """"For any message received from a client that includes this tag, the server MUST include the same tag and value in
    any response required from this message where it is feasible to do so."
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("@label=dc11f13f11 PRIVMSG nick :Hello")
    alice.sees(f"@label=dc11f13f11 :{alice.node.name} 401 alice nick :No such nick/channel")


def test_several_lines_are_a_batch(stage: Stage) -> None:
    """"If a response consists of more than one message, a batch MUST be used to group them into a single logical
    response."; "The start of the batch MUST be tagged with the `label` tag."
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("@label=a1 WHOIS alice")
    first, *lines, last = alice.take()
    _, _, verb, reference, kind = first.split(" ")
    assert first.startswith(f"@label=a1 :{alice.node.name} BATCH +")
    assert (verb, kind) == ("BATCH", "labeled-response")
    assert all(line.startswith(f"@batch={reference[1:]} :{alice.node.name} ") for line in lines)
    assert lines[-1].split(" ")[2] == "318"
    assert last == f":{alice.node.name} BATCH -{reference[1:]}"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("CHATHISTORY LATEST #a * 10", "chathistory"),
        ("METADATA * GET url,color", "metadata"),
        ("ISUPPORT", "draft/isupport"),
        ("WHOIS alice", "labeled-response"),
        ("JOIN #b,#c", "labeled-response"),
    ],
)
def test_the_type_of_the_batch(stage: Stage, line: str, kind: str) -> None:
    """"The batch type MUST be one of": "An existing type applicable to the entire response"; "`labeled-response`"."""
    alice = stage.connect("alice", caps=f"{CAPS} draft/chathistory draft/metadata-2 draft/extended-isupport")
    alice.sends("JOIN #a").take()
    told = alice.sends(f"@label=a1 {line}").take()
    batches_are_whole(told, ended=False)
    outer, *inside, last = map(parse, told)
    assert (outer[0], outer[2], outer[3][1]) == ({"label": "a1"}, "BATCH", kind)
    assert all("label" not in tags and "batch" in tags for tags, *_ in inside)
    assert (last[0], last[3]) == ({}, [f"-{outer[3][0][1:]}"])


@pytest.mark.parametrize(
    "line",
    [
        "JOIN #b", "PART #a", "NICK al", "TOPIC #a :x", "MODE #a +v alice", "MODE alice -i", "NAMES #a", "LIST",
        "WHO #a", "WHOWAS alice", "INVITE bob #a", "KICK #a bob", "AWAY :x", "SETNAME :A", "MONITOR + bob",
        "PRIVMSG bob,x :hi", "NOTICE bob :hi", "TAGMSG bob", "CAP LS 302", "CAP LIST", "MOTD", "LUSERS", "VERSION",
        "ADMIN", "TIME", "INFO", "STATS u", "HELP", "USERHOST bob", "ISON bob", "PING x", "PONG x", "OPER x y",
        "NONSENSE", "PRIVMSG", "AUTHENTICATE *", "PRIVMSG NickServ :HELP", "REGISTER * * x", "WEBIRC", "PASS x",
        "USER x 0 * :x", "BATCH -x", "KNOCK #a", "LINKS",
    ],
)  # fmt: skip
def test_every_command_is_one_response(stage: Stage, line: str) -> None:
    """"Servers MUST include the tag in exactly one logical message.": that answers, fails, or acknowledges."""
    alice, bob = stage.connect("alice", caps=f"{CAPS} draft/account-registration"), stage.connect("bob")
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take()
    told = alice.sends(f"@label=a1 {line}").take()
    batches_are_whole(told, ended=False)
    assert [parse(each)[0].get("label") for each in told] == ["a1", *[None] * (len(told) - 1)]
    assert len(told) == 1 or parse(told[0])[2] == "BATCH"
    assert all("batch" in parse(each)[0] for each in told[1:-1])


def test_no_answer_is_acknowledged(stage: Stage) -> None:
    """"Servers MUST respond with a labeled `ACK` message when a client sends a labeled command that normally produces
    no response.": "It takes no additional parameters".
    """
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob")
    alice.sends("@label=abc PONG :foobar", "@label=d PRIVMSG bob :hi")
    alice.sees(f"@label=abc :{alice.node.name} ACK", f"@label=d :{alice.node.name} ACK")
    assert [line.split(" ")[1] for line in bob.take()] == ["PRIVMSG"]


def test_echo_is_labelled(stage: Stage) -> None:
    """The echo of a message is its response; what others are sent has no label."""
    alice, bob = stage.connect("alice", caps=f"{CAPS} echo-message"), stage.connect("bob", caps=CAPS)
    for client in (alice, bob):
        client.sends("JOIN #a")
    alice.take(), bob.take()
    alice.sends("@label=1 PRIVMSG #a :hi", "@label=2 PRIVMSG bob :hi")
    source = f":{alice.session.user.source}"
    alice.sees(f"@label=1 {source} PRIVMSG #a :hi", f"@label=2 {source} PRIVMSG bob :hi")
    bob.sees(f"{source} PRIVMSG #a :hi", f"{source} PRIVMSG bob :hi")


def test_message_to_oneself(stage: Stage) -> None:
    """"When a client sends a message to itself, the server MUST NOT include the label tag, except for any
    acknowledgment sent with the `echo-message` mechanism."
    """
    alice = stage.connect("alice", caps=f"{CAPS} echo-message")
    alice.sends("@label=me PRIVMSG alice :note")
    source = f":{alice.session.user.source}"
    alice.sees(f"{source} PRIVMSG alice :note", f"@label=me {source} PRIVMSG alice :note")


def test_message_to_oneself_without_echo(stage: Stage) -> None:
    """Without echo-message the delivered copy has no label either, and the command is acknowledged."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("@label=me PRIVMSG alice :note")
    alice.sees(f":{alice.session.user.source} PRIVMSG alice :note", f"@label=me :{alice.node.name} ACK")


def test_join_is_one_response(stage: Stage) -> None:
    """A JOIN with all that follows it is one batch, on any bus; lines of others come outside of it."""
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob")
    bob.sends("JOIN #a")
    alice.sends("@label=j JOIN #a")
    first, *lines, last = alice.take()
    reference = first.split(" ")[3][1:]
    assert first == f"@label=j :{alice.node.name} BATCH +{reference} labeled-response"
    assert [line.split(" ")[2] for line in lines] == ["JOIN", "353", "366"]
    assert last == f":{alice.node.name} BATCH -{reference}"


def test_unknown_and_malformed_commands(stage: Stage) -> None:
    """Every answer to a labelled line has the label: unknown verbs, missing parameters, over-long lines, bad bytes."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("@label=1 NONSENSE", "@label=2 JOIN", f"@label=3 PRIVMSG alice :{'x' * 600}")
    alice.sends_bytes(b"@label=4 PRIVMSG alice :\xfe\r\n")
    assert [line.split(" ")[:3:2] for line in alice.take()] == [
        ["@label=1", "421"], ["@label=2", "461"], ["@label=3", "417"], ["@label=4", "FAIL"],
    ]  # fmt: skip


def test_without_batch_there_are_no_labels(stage: Stage) -> None:
    """"This specification depends on the `batch` capability which MUST be negotiated to use labeled
    responses. The order of capability negotiation is not significant and MUST not be enforced."
    """
    alice = stage.connect("alice", caps="labeled-response")
    alice.sends("@label=1 PING x")
    alice.sees(f":{alice.node.name} PONG {alice.node.name} :x")
    alice.sends("CAP REQ batch")
    alice.take()
    alice.sends("@label=1 PING x")
    alice.sees(f"@label=1 :{alice.node.name} PONG {alice.node.name} :x")


def test_labels_are_opaque(stage: Stage) -> None:
    """"The tag value is chosen by the client and MUST be treated as an opaque identifier."; "The value MUST NOT exceed
    64 bytes.": a longer one is not repeated, nor an empty one, as the tag "has a required value".
    """
    alice = stage.connect("alice", caps=CAPS)
    alice.sends(r"@label=a\sb\:c PING x", f"@label={'x' * 64} PING x", f"@label={'x' * 65} PING x", "@label= PING x")
    pong = f":{alice.node.name} PONG {alice.node.name} :x"
    alice.sees(rf"@label=a\sb\:c {pong}", f"@label={'x' * 64} {pong}", pong, pong)


@pytest.mark.parametrize("text", [b"PING x", b"PRIVMSG #a :" + b"x" * 600])
def test_labels_that_are_no_text(stage: Stage, text: bytes) -> None:
    """IRCv3 message-tags, of values "that cannot be decoded as UTF8": "implementations MAY drop the value entirely but
    SHOULD NOT substitute replacement bytes in place of invalid data, which can result in collisions."
    """
    alice = stage.connect("alice", caps=CAPS)
    (refused,) = alice.sends_bytes(b"@label=\xc3;x=1 " + text + b"\r\n").take()
    assert refused.startswith(f":{alice.node.name} ")
    (refused,) = alice.sends_bytes(b"@x=\xc3;label=a1 " + text + b"\r\n").take()
    assert refused.startswith(f"@label=a1 :{alice.node.name} ")


def test_label_beside_other_tags(stage: Stage) -> None:
    """The label joins the tags a line has anyway."""
    alice = stage.connect("alice", caps=f"{CAPS} server-time")
    alice.sends("@label=1 PING x", "@label=2 PONG")
    time = alice.server_time()
    alice.sees(
        f"@label=1;time={time} :{alice.node.name} PONG {alice.node.name} :x",
        f"@label=2;time={time} :{alice.node.name} ACK",
    )


def test_slow_commands(stage: Stage) -> None:
    """A command that waits for something is answered with its label when it is done; others' lines are outside."""
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob")
    alice.sends("@label=o OPER nobody wrong")
    alice.sees(f"@label=o :{alice.node.name} 464 alice :Password incorrect")
    bob.sends("PRIVMSG alice :hi")
    alice.sees(f":{bob.session.user.source} PRIVMSG alice :hi")


def test_quit(stage: Stage) -> None:
    """Also the last word is labelled."""
    alice = stage.connect("alice", caps=CAPS)
    alice.sends("@label=q QUIT")
    (line,) = alice.take()
    assert line.startswith("@label=q ERROR :Closing link: ")


def labelled_pair(stage: Stage) -> tuple[Client, Client]:
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob")
    return alice, bob


def test_two_labels_in_one_read(stage: Stage) -> None:
    """Responses keep the order of the commands, each with its own label."""
    alice, _ = labelled_pair(stage)
    alice.sends_bytes(b"@label=1 JOIN #a\r\n@label=2 PING x\r\n")
    labels = [line.split(" ")[0] for line in alice.take() if "label=" in line.split(" ")[0]]
    assert labels == ["@label=1", "@label=2"]
