"""Logged messages as lines for one client: with the tags it negotiated, and in the form it knows.

Knows what is in logs; who may be shown it was decided before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from chatd.core.archive import CONCAT, Entry, Page, messages
from chatd.core.caps import CHANNEL_RENAME, EVENT_PLAYBACK, EXTENDED_JOIN, MESSAGE_EDIT, MESSAGE_TAGS, MULTILINE
from chatd.core.clienttags import EDIT_TEXT, TARGET_MSGID
from chatd.wire.message import NO_TAGS, format_tags

if TYPE_CHECKING:
    from chatd.delivery.outgoing import TagTable

CONTEXT: Final = "draft/chathistory-context"
DELETED: Final = "(This message was deleted.)"

_STATE: Final = ("JOIN", "PART", "QUIT", "KICK", "NICK", "MODE", "TOPIC")
_NEEDS: Final[Mapping[str, int]] = {
    "PRIVMSG": 0,
    "NOTICE": 0,
    "TAGMSG": EVENT_PLAYBACK.bit | MESSAGE_TAGS.bit,
    "RENAME": EVENT_PLAYBACK.bit | CHANNEL_RENAME.bit,
    **dict.fromkeys(_STATE, EVENT_PLAYBACK.bit),
}
"""What of the log is shown, and the capabilities that each verb needs."""
_USUAL: Final[tuple[tuple[str, ...], ...]] = (("time", "msgid"), ("time", "msgid", "account"))
"""Tags of most lines, in their order."""
_SIMPLE: Final = ("PRIVMSG", "NOTICE")
_OUTSIDE: Final = ("PRIVMSG", "NOTICE", "TAGMSG")


def verbs_for(caps: int, inside: bool) -> frozenset[str]:
    """What a client is shown of a log; who is not in the channel is not shown who was."""
    shown = _NEEDS if inside else _OUTSIDE
    return frozenset(verb for verb in shown if caps & _NEEDS[verb] == _NEEDS[verb])


class Showing:
    """Writes pages for one set of capabilities; ``table`` says which of them a tag needs."""

    __slots__ = ("_caps", "_forms", "_shown")

    def __init__(self, caps: int, table: TagTable) -> None:
        self._caps = caps
        self._shown = {name: bool(caps & bit) for bit, name, _ in table.rows}
        self._forms = {names: self._form(names) for names in _USUAL}

    def _form(self, names: tuple[str, ...]) -> str:
        shown = ";".join([f"{name}=%({name})s" for name in names if self._shown[name]])
        return f"@{shown} " if shown else ""

    def lines(self, page: Page) -> list[bytes]:
        """Write a page, CR LF included."""
        lines: list[str] = []
        for message in messages(page.entries):
            first = message[0]
            redaction = page.redactions.get(first.msgid)
            if first.verb in _SIMPLE and redaction is None and "batch" not in first.tags:
                lines.append(self._head(first.tags) + first.body)
            else:
                lines += self._message(message, redaction)
            if first.msgid in page.edits and self._caps & MESSAGE_EDIT.bit:
                lines.append(self._edit(first.msgid, page.edits[first.msgid]))
        return [f"{line}\r\n".encode() for line in lines]

    def _edit(self, msgid: str, edit: list[Entry]) -> str:
        """The last EDIT of a message, which tells that this is not what was said first."""
        text = "\n".join([entry.params[-1] for entry in edit])
        marks = {CONTEXT: "", TARGET_MSGID: msgid, EDIT_TEXT: text}
        tags = {name: value for name, value in edit[0].tags.items() if name != "batch"}
        return f"{self._head(tags, marks)}:{edit[0].source} EDIT {edit[0].params[0]}"

    def _message(self, message: list[Entry], redaction: Entry | None) -> Iterator[str]:
        first = message[0]
        if redaction is not None:
            yield from self._redacted(first, redaction)
        elif "batch" in first.tags:
            yield from self._multiline(message) if self._caps & MULTILINE.bit else self._one_by_one(message)
        elif first.verb == "JOIN" and len(first.params) > 1 and not self._caps & EXTENDED_JOIN.bit:
            yield f"{self._head(first.tags)}:{first.source} JOIN {first.params[0]}"
        else:
            yield self._head(first.tags) + first.body

    def _redacted(self, entry: Entry, redaction: Entry) -> Iterator[str]:
        """A message that was taken back, without what it said, and the REDACT."""
        tags = {name: value for name, value in entry.tags.items() if name[0] != "+" and name != "batch"}
        yield f"{self._head(tags)}:{entry.source} {entry.verb} {entry.params[0]} :{DELETED}"
        yield self._head(redaction.tags, {CONTEXT: ""}) + redaction.body

    def _multiline(self, message: list[Entry]) -> Iterator[str]:
        first = message[0]
        batch = first.msgid
        yield f"{self._head(first.tags)}:{first.source} BATCH +{batch} {MULTILINE.name} {first.params[0]}"
        for entry in message:
            concat = f";{CONCAT}" if CONCAT in entry.tags else ""
            yield f"@batch={batch}{concat} {entry.body}"
        yield f":{first.source} BATCH -{batch}"

    def _one_by_one(self, message: list[Entry]) -> Iterator[str]:
        """The lines that are not blank; the id is that of the first."""
        tags = message[0].tags
        rest = {name: value for name, value in tags.items() if name != "msgid"}
        for entry in message:
            if entry.params[-1]:
                yield self._head(tags) + entry.body
                tags = rest

    def _head(self, tags: Mapping[str, str], marks: Mapping[str, str] = NO_TAGS) -> str:
        """What of a line's tags the client is shown; ``marks`` are more of them."""
        form = self._forms.get((*tags,)) if not marks else None
        if form is not None and tags.get("account", "0").isalnum():  # nothing to be escaped
            return form % tags
        may = self._shown
        shown = {name: value for name, value in tags.items() if (may[name] if name in may else self._is_known(name))}
        if marks and self._caps & MESSAGE_TAGS.bit:
            shown.update(marks)
        return f"@{format_tags(shown)} " if shown else ""

    def _is_known(self, name: str) -> bool:
        """Say whether a tag that the server itself does not make is shown: one of a client."""
        return name[0] == "+" and bool(self._caps & MESSAGE_TAGS.bit)
