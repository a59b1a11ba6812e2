"""`chatd log export`: for others to read, without what was taken back."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from logplace import DAY, SECOND, T0, Place


class Parsed(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def tell_some(place: Place) -> tuple[str, str]:
    kept = place.tell("#chat", "PRIVMSG #chat :see <https://example.org/?a=1&b=2> & </p><script>x</script>")
    gone = place.tell("#chat", "PRIVMSG #chat :wrong window", T0 + SECOND)
    place.tell("#chat", f"REDACT #chat {gone} :oops", T0 + 2 * SECOND)
    place.tell("#chat", "PRIVMSG #chat :an answer", T0 + DAY, source="<b>eve!e@h", tags=f";+reply={kept}")
    return kept, gone


def test_text_without_what_was_taken_back(place: Place) -> None:
    """The log keeps the truth, an export what people let stand."""
    tell_some(place)
    words = "wrong window"
    assert not any(words in line for line in place.call("export", "#chat")[1])
    assert not any(words in line for line in place.call("export", "--to", "2026-11-24T00:00:02", "#chat")[1])
    assert any(words in line for line in place.call("export", "--with-redacted", "#chat")[1])


def test_all_lines_of_a_message_are_taken_back(place: Place) -> None:
    """A message of several lines goes as a whole."""
    gone = place.tell("#chat", "PRIVMSG #chat :one")
    place.archive.said("#chat", f"@time=2026-11-24T00:00:00.000Z;batch={gone} :bob!b@h PRIVMSG #chat :two")
    place.tell("#chat", f"REDACT #chat {gone}", T0 + SECOND)
    assert [line[20:] for line in place.call("export", "#chat")[1]] == [f"* bob takes back {gone}"]


def test_what_was_edited(place: Place) -> None:
    """An export has the text that a message has now; the log, and who asks for it, all of them."""
    msgid = place.tell("#chat", "PRIVMSG #chat :anex ample", tags=";+reply=x")
    place.tell("#chat", "PRIVMSG #chat :an answer", T0 + SECOND)
    place.tell("#chat", "EDIT #chat :an exam", T0 + 2 * SECOND, tags=f";draft/target-msgid={msgid}")
    place.tell("#chat", "EDIT #chat :an example", T0 + 3 * SECOND, tags=f";draft/target-msgid={msgid}")
    assert [line[20:] for line in place.call("export", "#chat")[1]] == ["<bob> an example", "<bob> an answer"]
    first = json.loads(place.call("export", "--format", "json", "#chat")[1][0])
    assert (first["msgid"], first["verb"], first["params"]) == (msgid, "PRIVMSG", ["#chat", "an example"])
    assert first["tags"] == {"+reply": "x"}
    truth = [
        "<bob> anex ample", "<bob> an answer", f"* bob edits {msgid}: an exam", f"* bob edits {msgid}: an example",
    ]  # fmt: skip
    assert [line[20:] for line in place.call("export", "--with-redacted", "#chat")[1]] == truth
    assert [line[20:] for line in place.call("cat", "#chat")[1]] == truth
    assert place.call("check", "#chat")[0] == 0


def test_json_lines(place: Place) -> None:
    """Each line is an object."""
    kept, gone = tell_some(place)
    objects = [json.loads(line) for line in place.call("export", "--format", "json", "#chat")[1]]
    ids = [each["msgid"] for each in objects]
    assert kept in ids
    assert gone not in ids


def test_a_page(place: Place) -> None:
    """What people wrote is text on it, addresses are links, answers lead to what they answer."""
    kept, _ = tell_some(place)
    page = Parsed("\n".join(place.call("export", "--format", "html", "#chat")[1]))
    tags = [tag for tag, _ in page.elements]
    assert "script" not in tags
    assert tags.count("b") == 2
    assert [attrs["href"] for tag, attrs in page.elements if tag == "a"] == [
        "https://example.org/?a=1&b=2", f"#m-{kept}",
    ]  # fmt: skip
    assert [attrs["id"] for tag, attrs in page.elements if tag == "h2"] == ["2026-11-24", "2026-11-25"]
    assert any("</p><script>x</script>" in text for text in page.texts)
    assert "<b>eve" in page.texts


def test_a_folder(place: Place, tmp_path: Path) -> None:
    """A file for each log, and none is written over."""
    tell_some(place)
    place.tell("alice bob", "PRIVMSG alice :hi")
    out = tmp_path / "out"
    status, lines = place.call("export", "--format", "html", "--output", str(out))
    assert (status, lines) == (0, [f"logs exported to {out}: 2"])
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*.html"))
    assert files == ["channels/#chat.html", "private/alice+bob.html"]
    assert (out / files[0]).stat().st_mode & 0o77 == 0
    assert place.call("export", "--format", "html", "--output", str(out)) == (2, [])
    assert "File exists" in place.err
