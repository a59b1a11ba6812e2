"""The core protocol, line by line, on one node and on two."""

from __future__ import annotations

import pytest
from company import HOST, name, src, together

from chatd.testing import Stage
from chatd.wire.message import parse


def test_registration_needs_nick_and_user(stage):
    """001 to 004, 005, LUSERS and MOTD follow NICK and USER in any order."""
    client = stage.open()
    client.sends("USER a 0 * :Alice")
    client.sees()
    client.sends("NICK alice")
    codes = [line.split(" ")[1] for line in client.take()]
    assert codes[:4] == ["001", "002", "003", "004"]
    assert codes[-2:] == ["376", "221"]
    assert {"005", "251", "252", "254", "255", "265", "266", "375"} <= set(codes)


def test_at_most_13_tokens_a_line(stage):
    """At most 13 tokens are in one RPL_ISUPPORT line."""
    client = stage.open().sends("NICK alice", "USER a 0 * :Alice")
    lines = [line for line in client.take() if line.split(" ")[1] == "005"]
    assert all(len(line.split(" :")[0].split(" ")) - 3 <= 13 for line in lines)
    assert " UTF8ONLY" in " ".join(lines)


def test_commands_before_registration(stage):
    """`JOIN :` before registration wants 451, not a disconnect."""
    client = stage.open()
    client.sends("CAP LS 302").take()
    client.sends("JOIN :")
    client.sees(f":{name(client)} 451 * :You have not registered")
    assert not client.closed


def test_unknown_command(stage):
    """421 ERR_UNKNOWNCOMMAND."""
    alice = stage.connect("alice")
    alice.sends("FROBNICATE x")
    alice.sees(f":{name(alice)} 421 alice FROBNICATE :Unknown command")


@pytest.mark.parametrize("verb", ["JOIN", "PART", "TOPIC", "KICK", "MODE", "PING", "ISON", "USERHOST"])
def test_missing_parameters(stage, verb):
    """461 ERR_NEEDMOREPARAMS."""
    alice = stage.connect("alice")
    alice.sends(verb)
    alice.sees(f":{name(alice)} 461 alice {verb} :Not enough parameters")


def test_nick_in_use(stage):
    """433, in any spelling."""
    stage.connect("alice")
    other = stage.open().sends("NICK ALICE")
    other.sees(f":{name(other)} 433 * ALICE :Nickname is already in use")


def test_bad_nick(stage):
    """432 for what is no nickname, 431 for none."""
    alice = stage.connect("alice")
    alice.sends("NICK 1x", "NICK")
    alice.sees(
        f":{name(alice)} 432 alice 1x :Erroneus nickname", f":{name(alice)} 431 alice :No nickname given"
    )


def test_nick_change_reaches_who_shares_a_channel_once():
    """Nick changes reach exactly those who share a channel, once each."""
    stage = Stage()
    alice, bob, carol = together(stage, "alice", "bob", "carol")
    outsider = stage.connect("outsider")
    alice.sends("JOIN #two")
    bob.sends("JOIN #two")
    for client in (alice, bob, carol):
        client.take()
    alice.sends("NICK alicia")
    for client in (alice, bob, carol):
        client.sees(f"{src('alice')} NICK alicia")
    outsider.sees()


def test_two_nicks_at_once():
    """A lost race for a nick ends in the ordinary numeric, and the loser can take another."""
    stage = Stage(nodes=2)
    one, two = stage.open(), stage.open()
    for client in (one, two):
        client.sends("USER u 0 * :u")
        client.session.receive(b"NICK same\r\n")
    stage.settle()
    assert any(" 001 same " in line for line in one.take())
    two.sees(f":{name(two)} 433 * same :Nickname is already in use")
    two.sends("NICK other")
    assert any(" 001 other " in line for line in two.take())
    assert all(set(node.network.nicks) == {"same", "other"} for node in stage.nodes)


def test_two_new_channels_at_once():
    """A lost race for a new channel: one operator, two members, the same on both nodes."""
    stage = Stage(nodes=2)
    one, two = stage.connect("one"), stage.connect("two")
    for client in (one, two):
        client.session.receive(b"JOIN #new\r\n")
    stage.settle()
    for node in stage.nodes:
        channel = node.network.channels["#new"]
        assert {m.user.nick: m.ranks for m in channel.members.values()} == {"one": 4, "two": 0}
        assert len(channel.audience) == 1


def test_join_shows_topic_and_names(stage):
    """After JOIN: the topic if there is one, then NAMES."""
    (alice,) = together(stage, "alice")
    alice.sends("TOPIC #chat :weather")
    alice.sees(f"{src('alice')} TOPIC #chat :weather")
    bob = stage.connect("bob")
    bob.sends("JOIN #CHAT")
    lines = bob.take()
    assert lines[0] == f"{src('bob')} JOIN #chat"
    assert lines[1] == f":{name(bob)} 332 bob #chat :weather" or lines[1] == f":{name(bob)} 332 bob #chat weather"
    assert lines[2].startswith(f":{name(bob)} 333 bob #chat alice!~alice@")
    assert lines[3:] == [f":{name(bob)} 353 bob = #chat :@alice bob", f":{name(bob)} 366 bob #chat :End of /NAMES list"]


def test_messages_reach_the_others(stage):
    """A channel message reaches every other member, once; the sender only with echo-message."""
    alice, bob, carol = together(stage, "alice", "bob", "carol")
    echo = stage.connect("echo", caps="echo-message")
    echo.sends("JOIN #chat")
    for client in (alice, bob, carol, echo):
        client.take()
    alice.sends("PRIVMSG #chat :hello all")
    alice.sees()
    for client in (bob, carol, echo):
        client.sees(f"{src('alice')} PRIVMSG #chat :hello all")
    echo.sends("NOTICE #chat :me too")
    echo.sees(f"{src('echo')} NOTICE #chat :me too")


def test_private_message_and_away(stage):
    """A private message reaches its target; the sender learns that it is away (301)."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("AWAY :lunch")
    bob.sees(f":{name(bob)} 306 bob :You have been marked as being away")
    alice.sends("PRIVMSG bob :hi")
    alice.sees(f":{name(alice)} 301 alice bob :lunch")
    bob.sees(f"{src('alice')} PRIVMSG bob :hi")


def test_message_errors(stage):
    """411, 412, 401, 403 and 404."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("JOIN #closed")
    alice.sends("PRIVMSG", "PRIVMSG bob", "PRIVMSG nobody :x", "PRIVMSG #none :x", "PRIVMSG #closed :x")
    me = f":{name(alice)}"
    alice.sees(
        f"{me} 411 alice :No recipient given (PRIVMSG)",
        f"{me} 412 alice :No text to send",
        f"{me} 401 alice nobody :No such nick/channel",
        f"{me} 403 alice #none :No such channel",
        f"{me} 404 alice #closed :Cannot send to channel",
    )


def test_notice_is_never_answered(stage):
    """NOTICE is never answered."""
    alice = stage.connect("alice")
    alice.sends("NOTICE nobody :x", "NOTICE", "NOTICE #none :x")
    alice.sees()


@pytest.mark.parametrize(
    ("modes", "numeric", "join"),
    [
        ("+i", "473", "JOIN #chat"),
        ("+k secret", "475", "JOIN #chat wrong"),
        ("+l 1", "471", "JOIN #chat"),
        ("+b bob!*@*", "474", "JOIN #chat"),
        ("+b r:bo?", "474", "JOIN #chat"),
    ],
)
def test_what_keeps_out(stage, modes, numeric, join):
    """Modes i, k, l and b keep people out with their numeric."""
    (alice,) = together(stage, "alice")
    bob = stage.connect("bob")
    alice.sends(f"MODE #chat {modes}")
    bob.sends(join)
    assert [line.split(" ")[1] for line in bob.take()] == [numeric]


def test_invitation_opens_an_invite_only_channel(stage):
    """341 to the inviter, INVITE to the invited, who may then join."""
    (alice,) = together(stage, "alice")
    bob = stage.connect("bob")
    alice.sends("MODE #chat +i", "INVITE bob #chat")
    alice.sees(f"{src('alice')} MODE #chat +i", f":{name(alice)} 341 alice bob #chat")
    bob.sees(f"{src('alice')} INVITE bob #chat")
    bob.sends("JOIN #chat")
    assert bob.take()[0] == f"{src('bob')} JOIN #chat"


def test_mute_extban(stage):
    """m: mutes but does not keep out."""
    (alice,) = together(stage, "alice")
    alice.sends("MODE #chat +b m:bob!*@*")
    bob = stage.connect("bob")
    bob.sends("JOIN #chat")
    bob.take()
    bob.sends("PRIVMSG #chat :x")
    bob.sees(f":{name(bob)} 404 bob #chat :Cannot send to channel")
    alice.take()
    alice.sends("MODE #chat +v bob")
    bob.take()
    bob.sends("PRIVMSG #chat :now")
    alice.sees(f"{src('alice')} MODE #chat +v bob", f"{src('bob')} PRIVMSG #chat :now")


def test_kick(stage):
    """KICK reaches everybody, the kicked one too; without rank 482."""
    alice, bob, carol = together(stage, "alice", "bob", "carol")
    bob.sends("KICK #chat carol")
    bob.sees(f":{name(bob)} 482 bob #chat :You're not channel operator")
    alice.sends("KICK #chat bob :enough")
    for client in (alice, bob, carol):
        client.sees(f"{src('alice')} KICK #chat bob :enough")
    assert all("#chat" not in user.channels for node in stage.nodes for user in [node.network.nicks["bob"]])


def test_mode_errors(stage):
    """472, 696, 525, 441, 482."""
    alice, bob = together(stage, "alice", "bob")
    stage.connect("carol")
    me = f":{name(alice)}"
    alice.sends("MODE #chat +Y", "MODE #chat +l x", "MODE #chat +k a,b", "MODE #chat +o carol")
    alice.sees(
        f"{me} 472 alice Y :is unknown mode char to me",
        f"{me} 696 alice #chat l x :The limit must be a number above zero",
        f"{me} 525 alice #chat :Key is not well-formed",
        f"{me} 441 alice carol #chat :They aren't on that channel",
    )
    bob.sends("MODE #chat +im")
    bob.sees(f":{name(bob)} 482 bob #chat :You're not channel operator")


def test_quit_reaches_the_others_once(stage):
    """QUIT reaches exactly those who share a channel, once each; the one who quits is told ERROR."""
    alice, bob = together(stage, "alice", "bob")
    for client in (alice, bob):
        client.sends("JOIN #two")
    alice.take(), bob.take()
    alice.sends("QUIT :bye")
    alice.sees("ERROR :Closing link: 192.0.2.1 (Quit: bye)")
    assert alice.closed
    bob.sees(f"{src('alice')} QUIT :Quit: bye")
    assert all("alice" not in node.network.nicks for node in stage.nodes)


def test_secret_channels_stay_secret(stage):
    """LIST, NAMES, WHO, TOPIC and WHOIS show nothing of a secret channel to others."""
    (alice,) = together(stage, "alice", channel="#hidden")
    alice.sends("MODE #hidden +s", "TOPIC #hidden :treasure")
    bob = stage.connect("bob")
    bob.sends("LIST", "NAMES #hidden", "WHO #hidden", "TOPIC #hidden", "WHOIS alice", "LIST #hidden")
    seen = [line for line in bob.take() if "@alice" in line or "treasure" in line or " 322 " in line or " 319 " in line]
    assert seen == []


def test_addresses_are_cloaked(stage):
    """No ordinary user ever sees another's address."""
    alice, bob = together(stage, "alice", "bob")
    alice.sends("WHOIS bob", "WHO bob", "WHO bob %i", "USERHOST bob", "USERIP bob", "NAMES #chat")
    bob.sends("QUIT")
    alice.sends("WHOWAS bob")
    assert not [line for line in alice.take() if "192.0.2.1" in line]


def test_whox_keeps_order_and_token(stage):
    """WHOX keeps field order and token."""
    (alice,) = together(stage, "alice")
    alice.sends("WHO #chat %tcuhnfdar,743")
    alice.sees(
        f":{name(alice)} 354 alice 743 #chat ~alice {HOST} alice H@ 0 0 :alice",
        f":{name(alice)} 315 alice #chat :End of WHO list",
    )


def test_monitor(stage):
    """MONITOR tells of arrivals and departures."""
    alice = stage.connect("alice")
    alice.sends("MONITOR + bob")
    alice.sees(f":{name(alice)} 731 alice :bob")
    bob = stage.connect("bob")
    alice.sees(f":{name(alice)} 730 alice :bob!~bob@{HOST}")
    bob.sends("QUIT")
    alice.sees(f":{name(alice)} 731 alice :bob")


def test_cap_negotiation(stage):
    """ACK exactly what was asked, without a trailing space; NAK leaves everything as it was."""
    client = stage.open()
    client.sends("CAP REQ : server-time", "CAP REQ :server-time nonsense", "CAP LIST")
    me = f":{name(client)} CAP *"
    lines = client.take()
    assert lines[0] == f"{me} ACK :server-time"  # not tagged yet
    assert [line.split(" ", 1)[1] for line in lines[1:]] == [
        f"{me} NAK :server-time nonsense", f"{me} LIST :server-time"
    ]  # fmt: skip


def test_tags_only_to_those_who_negotiated(stage):
    """Tags only to those who negotiated them; msgid on every event line that may carry one."""
    plain, tagged = stage.connect("plain"), stage.connect("tagged", caps="message-tags server-time")
    plain.sends("JOIN #tags")
    tagged.sends("JOIN #tags")
    plain.take(), tagged.take()
    tagged.sends("@+typing=active TAGMSG #tags", "@+x=1;secret=2 PRIVMSG #tags :hi")
    plain.sees(f"{src('tagged')} PRIVMSG #tags :hi")
    plain.sends("PRIVMSG #tags :ho")
    (line,) = tagged.take()
    tags, _, verb, params = parse(line)
    assert (verb, params) == ("PRIVMSG", ["#tags", "ho"])
    assert set(tags) == {"time", "msgid"}


def test_history_is_written_before_anybody_reads(stage):
    """Nobody is shown a message that is not yet in the log."""
    alice, bob = together(stage, "alice", "bob")
    seen_unlogged = []
    write = bob.write

    def check(octets: bytes) -> None:
        seen_unlogged.extend(stage.nodes[1 if len(stage.nodes) > 1 else 0].history.unflushed)
        write(octets)

    bob.session.writer.write = check
    alice.sends("PRIVMSG #chat :logged first", "PRIVMSG bob :me too")
    assert seen_unlogged == []
    assert [line.split(" ", 1)[1] for line in stage.history.logs["#chat"]][-1:] == [
        f"{src('alice')} PRIVMSG #chat :logged first\r\n"
    ]
    assert [line.split(" ", 1)[1] for line in stage.history.logs["~alice ~bob"]] == [
        f"{src('alice')} PRIVMSG bob :me too\r\n"
    ]


def test_silence_and_caller_id(stage):
    """What somebody silenced never arrives; with +g only accepted people get through (716)."""
    alice, bob = stage.connect("alice"), stage.connect("bob")
    bob.sends("SILENCE +alice!*@*")
    bob.take()
    alice.sends("PRIVMSG bob :x")
    alice.sees()
    bob.sees()
    bob.sends("SILENCE -alice!*@*", "MODE bob +g")
    bob.take()
    alice.sends("PRIVMSG bob :y")
    alice.sees(
        f":{name(alice)} 716 alice bob :is in +g mode (server-side ignore.)",
        f":{name(alice)} 717 alice bob :has been informed that you messaged them.",
    )
    shown = alice.session.user.source.replace("!", " ")
    bob.sees(f":{name(alice)} 718 bob {shown} :is messaging you, and you have umode +g.")
    bob.sends("ACCEPT alice")
    alice.sends("PRIVMSG bob :z")
    bob.sees(f"{src('alice')} PRIVMSG bob :z")


def test_help_knows_every_command():
    """HELP COMMAND shows usage and meaning of every command."""
    stage = Stage()
    alice = stage.connect("alice")
    stage.nodes[0].limits.burst = 1e9
    for verb, row in stage.catalog.commands.items():
        if row.hidden:
            continue
        alice.session.allowance = 1e9
        alice.sends(f"HELP {verb}")
        codes = [line.split(" ")[1] for line in alice.take()]
        assert codes[0] == "704" and codes[-1] == "706" and "705" in codes, verb


def test_config_flags_exist():
    """The letters the configuration accepts are modes that exist, all that a new channel can have."""
    from chatd.config.checks import CHANNEL_FLAGS, USER_FLAGS

    modes = Stage().catalog.modes
    assert set(CHANNEL_FLAGS) == {m.letter for m in modes.channel.values() if m.kind.value == "D"} - {"P"}
    assert set(USER_FLAGS) == {m.letter for m in modes.user.values() if m.settable and not m.privileged} - {"B"}
