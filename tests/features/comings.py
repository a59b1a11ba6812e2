"""Random comings and goings in a channel, what is said, edited and taken back meanwhile, and who may read it then."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st
from onfiles import put_on_files
from speaking import bare, forget

from chatd.config import Config, History
from chatd.testing import Client, Stage

CAPS = (
    "draft/chathistory batch server-time message-tags draft/event-playback echo-message draft/search "
    "draft/message-redaction draft/message-edit znc.in/playback"
)
NICKS = ("alice", "bob", "carol")
RULES = ("join", "registration", "members", "everyone")


class Act(NamedTuple):
    """Somebody (by number) does something, about ``other``, and, if it ``waits``, a second after what was before."""

    who: int
    what: str
    other: int
    waits: bool


ACTS = st.builds(
    Act,
    st.integers(0, 2),
    st.sampled_from(["JOIN", "JOIN", "PART", "KICK", "say", "say", "say", "say to operators", "ban", "unban", "op",
                     "deop", "invite only", "open", "log in", "log out", "redact", "redact", "edit", "edit", "forget"]),
    st.integers(0, 2),
    st.booleans(),
)


class Message:
    """What was said, in which of the channels of that name, by whom, and when each member had come; and the moment."""

    def __init__(self, text: str, msgid: str, channel: int, stays: dict[int, int], by: Act, moment_ms: int) -> None:
        self.text = text
        self.msgid = msgid
        self.channel = channel
        self.stays = stays
        self.author = by.who
        self.moment_ms = moment_ms
        self.of_account = False
        self.operators: dict[int, int] | None = None
        self.gone = False


class Room:
    """One channel name and three people, with the oracle's memory: who is in, since which stay, in which channel.

    With ``root`` logs and index are on disk, as the server has them.
    """

    def __init__(self, access: str, root: Path | None = None) -> None:
        self.access = access
        self.stage = Stage(Config(history=History(access=access)))
        if root is not None:
            put_on_files(self.stage, root)
        self.clients = [self.stage.connect(nick, caps=CAPS) for nick in NICKS]
        for client in self.clients:
            client.session.allowance = 1e9
        self.said: list[Message] = []
        self.stays: dict[int, int] = {}
        self.operators: dict[int, int] = {}
        self.channel = self.count = 0
        self.made_ms: dict[int, int] = {}
        self.logged_in: set[int] = set()

    def act(self, act: Act) -> None:
        """Let it happen, and remember it."""
        if act.waits:
            self.stage.passes(1)
        self.count += 1
        if act.what in ("log in", "log out"):
            self.log_in_or_out(act.who, act.what == "log in")
        elif act.what == "forget":
            forget(self.stage)
        elif act.what in ("redact", "edit"):
            self.change(act)
        else:
            self.come_or_go(act)

    def come_or_go(self, act: Act) -> None:
        """Say something, join, leave, or change who may."""
        client, nick, text = self.clients[act.who], NICKS[act.other], f"text {self.count}"
        line = {
            "JOIN": "JOIN #a", "PART": "PART #a", "KICK": f"KICK #a {nick}", "say": f"PRIVMSG #a :{text}",
            "say to operators": f"PRIVMSG @#a :{text}",
            "ban": f"MODE #a +b {nick}!*@*", "unban": f"MODE #a -b {nick}!*@*", "invite only": "MODE #a +i",
            "open": "MODE #a -i", "op": f"MODE #a +o {nick}", "deop": f"MODE #a -o {nick}",
        }[act.what]  # fmt: skip
        client.take()
        self.remember(act, text, client.sends(line).take())

    def log_in_or_out(self, who: int, is_in: bool) -> None:
        """An account is made when it is first needed."""
        if who not in self.made_ms:
            self.stage.registers(f"Account{who}")
            self.made_ms[who] = self.stage.server.now_ms()
        self.stage.logs_in(self.clients[who], f"Account{who}" if is_in else None)
        (self.logged_in.add if is_in else self.logged_in.discard)(who)

    def remember(self, act: Act, text: str, answer: list[str]) -> None:
        """Look at who is in now, as a client would by NAMES; a new channel begins when nobody was."""
        channel = self.stage.server.network.channel("#a")
        members = {member.user.nick for member in channel.members.values()} if channel is not None else set()
        before = dict(self.stays)
        self.stays = {who: stay for who, stay in self.stays.items() if NICKS[who] in members}
        for who in range(3):
            if NICKS[who] in members and who not in self.stays:
                self.channel += not before
                self.stays[who] = self.count
        ranked = {who for who in self.stays if self.is_operator(who)}
        self.operators = {who: self.operators.get(who, self.count) for who in ranked}
        if act.what.startswith("say") and act.who in self.stays and self.may_speak(act.who):
            msgid = answer[-1].partition("msgid=")[2].partition(" ")[0].partition(";")[0]
            message = Message(text, msgid, self.channel, dict(self.stays), act, self.stage.server.now_ms())
            message.of_account = act.who in self.logged_in
            message.operators = dict(self.operators) if act.what == "say to operators" else None
            self.said.append(message)

    def change(self, act: Act) -> None:
        """Take back or edit one of the last messages: it happens if, and only if, it is allowed."""
        if not self.said:
            return
        message = self.said[-1 - act.other % len(self.said)]
        own = self.is_own(act.who, message)
        text = f"text {self.count}"
        tags = f"@draft/target-msgid={message.msgid};draft/edit-text=text\\s{self.count} "
        line = f"REDACT #a {message.msgid}" if act.what == "redact" else f"{tags}EDIT #a"
        self.clients[act.who].take()
        (answer,) = bare(self.clients[act.who].sends(line).take())
        if act.who not in self.stays:
            expected = "INVALID_TARGET"
        elif message.channel != self.channel or message.gone or not (own or self.knows(act.who, message)):
            expected = "UNKNOWN_MSGID"
        elif act.what == "redact":
            expected = "REDACT" if own or self.is_operator(act.who) else "REDACT_FORBIDDEN"
        else:
            expected = "EDIT" if own and self.may_speak(act.who) else "EDIT_FORBIDDEN"
        words = answer.split(" ")
        assert (words[3] if words[1] == "FAIL" else words[1]) == expected, (act, message.__dict__)
        message.gone |= expected == "REDACT"
        message.text = text if expected == "EDIT" else message.text

    def is_own(self, who: int, message: Message) -> bool:
        """Say whether somebody has said something; what an account said is its own."""
        return message.author == who and (who in self.logged_in or not message.of_account)

    def unread(self, who: int) -> int:
        """Count what others have said that somebody may read."""
        texts = self.expected(who) or ()
        return sum(message.text in texts and not self.is_own(who, message) for message in self.said)

    def knows(self, who: int, message: Message) -> bool:
        """Say whether somebody in the channel is told that there is such a message."""
        return self.is_operator(who) or message.text in (self.expected(who) or ())

    def may_speak(self, who: int) -> bool:
        """Say whether a member may say something."""
        channel = self.stage.server.network.channel("#a")
        return self.is_operator(who) or not (channel and channel.listed("b", self.clients[who].session.user))

    def is_operator(self, who: int) -> bool:
        """Say whether a member has a rank."""
        return bool(self.clients[who].session.user.channels["#a"].ranks)

    def may_enter(self, who: int) -> bool:
        """Say whether somebody outside could join."""
        channel = self.stage.server.network.channel("#a")
        user = self.clients[who].session.user
        return channel is not None and not channel.listed("b", user) and "i" not in channel.modes

    def expected(self, who: int) -> list[str] | None:
        """The texts that somebody may read; None where that is nothing, not even that there is a channel."""
        if who not in self.stays and not (self.access == "everyone" and self.may_enter(who)):
            return None
        here = [message for message in self.said if message.channel == self.channel and not message.gone]
        if self.access == "join":
            here = [message for message in here if message.stays.get(who) == self.stays[who]]
        if self.access == "registration" and who in self.logged_in:
            here = [message for message in here if message.moment_ms >= self.made_ms[who]]
        return [message.text for message in here if self.has_rank(who, message)]

    def has_rank(self, who: int, message: Message) -> bool:
        """Say whether a message was for somebody: to all, or to operators, who are such since then."""
        return message.operators is None or (
            who in self.operators and message.operators.get(who) == self.operators[who]
        )

    def reads(self, who: int, question: str) -> list[str] | None:
        """What somebody is shown: the texts, or None for a failure."""
        lines = self.answer(who, question)
        if " FAIL " in lines[-1]:
            assert " INVALID_TARGET " in lines[-1] or " INVALID_PARAMS in " in lines[-1]
            return None
        said = (line.rpartition(" :")[2] for line in lines if " PRIVMSG #a " in line or " PRIVMSG @#a " in line)
        return [text for text in said if text.startswith("text ")]

    def answer(self, who: int, question: str) -> list[str]:
        """The lines that somebody is answered with."""
        client: Client = self.clients[who]
        client.take()
        return client.sends(question).take()
