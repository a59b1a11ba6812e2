"""User mode B: who is a program says so.  See IRCv3 bot-mode."""

from __future__ import annotations

from chatd.core.caps import MESSAGE_TAGS, Tag
from chatd.core.catalog import Isupport
from chatd.core.modes import UserMode

BOT = UserMode("B", "bot", "Marks a program.")
BOT_TOKEN = Isupport("BOT", lambda node: BOT.letter)
BOT_TAG = Tag("bot", MESSAGE_TAGS, lambda event: "" if BOT.letter in event.origin.modes else None)
