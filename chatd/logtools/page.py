"""A log as one web page for reading: a heading for each day, names in colours, replies that lead to what they answer.

Needs no script and nothing from elsewhere. Everything that somebody wrote is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final
from zlib import crc32

from chatd.clock import utc_text
from chatd.core.archive import Entry
from chatd.history.entry import read_entry
from chatd.history.gap import is_comment
from chatd.logtools.words import clean, sentence
from chatd.wire.formatting import is_action

_LINK: Final = re.compile(r"https?://[^\s<>\"']+")
_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; border-bottom: 1px solid #8884; }
p { margin: 0; padding-left: 5rem; text-indent: -5rem; overflow-wrap: anywhere; }
p:target { background: #fd03; }
time { display: inline-block; width: 5rem; text-indent: 0; font-size: .8rem; opacity: .6; }
b { color: hsl(var(--hue) 55% 45%); }
.event { opacity: .65; }
.gap { color: #c33; }
"""


class Page:
    """The page of one log, line by line."""

    def __init__(self, name: str) -> None:
        self._name = html.escape(name)
        self._day = ""

    def head(self) -> Iterator[str]:
        """The beginning."""
        yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{self._name}</title>\n<style>{_STYLE}</style>\n<h1>{self._name}</h1>"
        yield "<p>Times are UTC.</p>"

    def rows(self, line: bytes) -> Iterator[str]:
        """A line of the log; before the first one of a day its date."""
        if is_comment(line):
            yield f'<p class="gap">{html.escape(clean(line.decode("utf-8", "replace")))}</p>'
            return
        entry = read_entry(line)
        moment = utc_text(max(entry.time_ms, 0))
        if moment[:10] != self._day:
            self._day = moment[:10]
            yield f'<h2 id="{self._day}">{self._day}</h2>'
        mark = f' id="m-{html.escape(entry.msgid)}"' if entry.msgid else ""
        time = f'<time datetime="{moment}">{moment[11:19]}</time>'
        if entry.verb == "PRIVMSG" and len(entry.params) > 1 and not is_action(entry.params[1]):
            yield f"<p{mark}>{time}{who(entry)} {answered(entry)}{linked(clean(entry.params[1]))}</p>"
        else:
            yield f'<p{mark} class="event">{time}{linked(sentence(entry))}</p>'

    @staticmethod
    def foot() -> str:
        """The end."""
        return "</html>"


def who(entry: Entry) -> str:
    """The name, in the colour it always has."""
    hue = crc32(entry.nick.lower().encode("utf-8", "surrogateescape")) % 360
    return f'<b style="--hue:{hue}">{html.escape(clean(entry.nick))}</b>'


def answered(entry: Entry) -> str:
    """A link to the message that this one answers."""
    about = entry.tags.get("+reply") or entry.tags.get("+draft/reply", "")
    if not about:
        return ""
    return f'<a href="#m-{html.escape(about)}" title="what this answers">\N{LEFTWARDS ARROW WITH HOOK}</a> '


def linked(text: str) -> str:
    """A text with its addresses as links."""
    pieces = []
    end = 0
    for found in _LINK.finditer(text):
        address = html.escape(found[0])
        pieces += [html.escape(text[end : found.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        end = found.end()
    return "".join([*pieces, html.escape(text[end:])])
