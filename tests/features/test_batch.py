"""BATCH.  Quotes are from IRCv3 batch; batches of clients are in test_client_batch.py."""

from __future__ import annotations

import pytest
from batches import batches_are_whole
from company import meeting

from chatd.testing import Client, Stage
from chatd.wire.message import parse

CAPS = "batch labeled-response draft/metadata-2 draft/chathistory draft/multiline echo-message message-tags"
TWO_LINES = ("BATCH +a draft/multiline #a", "@batch=a PRIVMSG #a :one", "@batch=a PRIVMSG #a :two", "BATCH -a")
KINDS = [
    (["@label=1 WHOIS alice"], ["labeled-response"]),
    (["METADATA * GET url"], ["metadata", "alice"]),
    (["METADATA * LIST"], ["metadata", "alice"]),
    (["CHATHISTORY LATEST #a * 10"], ["chathistory", "#a"]),
    (list(TWO_LINES), ["draft/multiline", "#a"]),
]


def alone(stage: Stage) -> Client:
    (alice,) = meeting(stage, alice=CAPS)
    return alice


@pytest.mark.parametrize(("lines", "kind"), KINDS, ids=lambda value: value[0].partition(" ")[0])
def test_the_verb(stage: Stage, lines: list[str], kind: list[str]) -> None:
    """"The following syntax MUST be used when starting a batch:"; "BATCH +reference-tag type [<parameter 1> [<parameter
    2>"; "The following syntax MUST be used when ending a batch:"; "BATCH -reference-tag"; "The batched events MUST use
    `batch` message tag referring to the batch's reference tag."; "For every started batch, server MUST end that batch."
    """
    alice = alone(stage)
    alice.sends("PRIVMSG #a :hi").take()
    told = alice.sends(*lines).take()
    batches_are_whole(told, ended=False)
    first, *inside, last = map(parse, told)
    reference = first[3][0][1:]
    assert (first[2], first[3]) == ("BATCH", [f"+{reference}", *kind])
    assert all(tags["batch"] == reference for tags, *_ in inside)
    assert (last[2], last[3]) == ("BATCH", [f"-{reference}"])
    assert "batch" not in first[0] and "batch" not in last[0]


def test_references_are_not_used_again(stage: Stage) -> None:
    """"Reference tag MUST contain only ASCII letters, numbers, and/or hyphen", and no two batches have the same."""
    alice = alone(stage)
    references = set()
    for lines, _ in KINDS * 2:
        told = alice.sends(*lines).take()
        batches_are_whole(told, ended=False)
        references.add(parse(told[0])[3][0][1:])
    assert len(references) == 2 * len(KINDS)
    assert all(reference.replace("-", "").isalnum() and reference.isascii() for reference in references)


def test_references_are_case_sensitive(stage: Stage) -> None:
    """"The reference tag MUST be treated as an opaque identifier."; it "MUST be case-sensitive": also a client's; "The
    full batch type name MUST be treated as an opaque identifier."
    """
    alice = alone(stage)
    for line, code in (
        ("BATCH +a DRAFT/multiline #a", "UNKNOWN_TYPE"),
        ("BATCH +a multiline #a", "UNKNOWN_TYPE"),
        ("BATCH -A", "INVALID_REFTAG"),
    ):
        alice.sends(line, "BATCH +a draft/multiline #a")
        assert [told.split(" ")[1:4] for told in alice.take()] == [["FAIL", "BATCH", code]]
        alice.sends("@batch=a PRIVMSG #a :x", "BATCH -a").take()


def test_an_empty_batch(stage: Stage) -> None:
    """"An empty batch is allowed, and SHOULD be treated as a no-op"."""
    alice = alone(stage)
    told = alice.sends("METADATA * LIST").take()
    assert [parse(line)[2] for line in told] == ["BATCH", "BATCH"]
    batches_are_whole(told, ended=False)


def test_one_in_another(stage: Stage) -> None:
    """"Start and end messages of one batch MAY refer to another batch."; "they both MUST have batch tag, and they MUST
    refer to the same batch": metadata within the answer to a labelled JOIN.
    """
    alice, bob = stage.connect("alice", caps=CAPS), stage.connect("bob", caps=CAPS)
    bob.sends("JOIN #b", "METADATA #b SET url :x")
    alice.sends("METADATA * SUB url").take()
    told = alice.sends("@label=1 JOIN #b").take()
    batches_are_whole(told, ended=False)
    outer, *_ = map(parse, told)
    reference = outer[3][0][1:]
    inner = [line for line in map(parse, told[1:-1]) if line[2] == "BATCH"]
    assert [line[3][0][0] for line in inner] == ["+", "-"]
    assert [line[0]["batch"] for line in inner] == [reference] * 2


def test_without_the_capability(stage: Stage) -> None:
    """"This client capability MUST be named `batch`.": who did not ask for it is sent the lines by themselves."""
    alice = stage.connect("alice", caps="draft/chathistory labeled-response draft/extended-isupport")
    alice.sends("JOIN #a", "PRIVMSG #a :hi").take()
    told = alice.sends("CHATHISTORY LATEST #a * 10", "@label=1 WHOIS alice", "ISUPPORT").take()
    assert told and not any(" BATCH " in line or line.startswith("@") for line in told)


def test_types_of_drafts_and_vendors(stage: Stage) -> None:
    """"vendor-specific types MUST be prefixed the same way as how vendor-specific capabilities are prefixed"."""
    (alice,) = meeting(stage, alice=f"{CAPS} draft/extended-isupport draft/search soju.im/search")
    alice.sends("PRIVMSG #a :hi").take()
    asked = ["ISUPPORT", "SEARCH text=hi", "REACTIONS #a x", "CHATHISTORY TARGETS * * 10", *TWO_LINES]
    alice.sends(*asked)
    kinds = {parse(line)[3][1] for line in alice.take() if " BATCH +" in line}
    assert kinds - {"draft/isupport", "draft/multiline"} and all("/" in kind for kind in kinds), kinds
