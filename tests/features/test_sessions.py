"""Several connections of one person."""

from __future__ import annotations

from base64 import b64encode

from consistency import check
from logins import log_in, several

from chatd.config import Config, Presence
from chatd.core.events import SessionDismissed
from chatd.testing import Client, Stage


def verbs(client: Client) -> list[str]:
    """The second word of each line since the last look."""
    return [line.split(" ")[2 if line[0] == "@" else 1] for line in client.take()]


def test_the_nickname_is_shared(stage: Stage) -> None:
    """Who has logged in to the account of a nickname's holder is not refused, but greeted with that nickname."""
    one = log_in(stage, "alice")
    two = log_in(stage, "ALICE")
    assert two.session.user.uid == one.session.user.uid
    assert [line.split(" ")[2] for line in two.take() if " 001 " in line] == ["alice"]
    for node in stage.nodes:
        check(node.network)
        assert len(node.network.users) == 1


def test_the_greeting_is_whole(stage: Stage) -> None:
    """001 to 005, LUSERS, the message of the day, and the modes that the user has."""
    one = log_in(stage, "alice")
    first = verbs(one)
    two = log_in(stage, "alice")
    assert verbs(two) == first
    assert first[:4] == ["001", "002", "003", "004"]
    assert first[-2:] == ["376", "221"]


def test_not_without_the_account(stage: Stage) -> None:
    """Who has not logged in, or to another account, is refused the nickname once everything has been said."""
    log_in(stage, "alice")
    stranger = stage.open()
    stranger.sends("CAP REQ :echo-message", "NICK alice", "USER alice 0 * :alice").take()
    stranger.sends("CAP END")
    stranger.sees(f":{stranger.node.name} 433 * alice :Nickname is already in use")
    other = log_in(stage, "alice", account="bob")
    other.sees(f":{other.node.name} 433 * alice :Nickname is already in use")
    other.sends("NICK bob")
    assert verbs(other)[0] == "001"


def test_it_can_be_switched_off(nodes: int) -> None:
    """With presence.multiclient off every connection is a user of its own."""
    stage = Stage(Config(presence=Presence(multiclient=False)), nodes=nodes)
    log_in(stage, "alice")
    two = log_in(stage, "alice")
    two.sees(f":{two.node.name} 433 * alice :Nickname is already in use")


def test_channels_are_shown_as_if_just_joined(stage: Stage) -> None:
    """After the greeting each channel has its own JOIN, topic and names; nobody else sees anything."""
    (one,) = several(stage, "")
    bob = stage.connect("bob")
    one.sends("JOIN #a", "TOPIC #a :tea", "JOIN #b")
    bob.sends("JOIN #a")
    for client in (one, bob):
        client.take()
    two = log_in(stage, "alice", caps="extended-join")
    lines = two.take()
    source, name = f":{one.session.user.source}", f":{two.node.name}"
    topic_ms = two.node.network.channel("#a").topic_ms
    after = next(number for number, line in enumerate(lines) if " 221 " in line) + 1
    assert lines[after:] == [
        f"{source} JOIN #a alice :alice",
        f"{name} 332 alice #a :tea",
        f"{name} 333 alice #a {source[1:]} {topic_ms // 1000}",
        f"{name} 353 alice = #a :@alice bob",
        f"{name} 366 alice #a :End of /NAMES list",
        f"{source} JOIN #b alice :alice",
        f"{name} 353 alice = #b :@alice",
        f"{name} 366 alice #b :End of /NAMES list",
    ]
    one.sees()
    bob.sees()


def test_after_join_as_after_join(stage: Stage) -> None:
    """What other features tell after JOIN is told too: markers, metadata; and names are left out when not wanted."""
    (one,) = several(stage, "draft/read-marker")
    one.sends("JOIN #a", "MARKREAD #a timestamp=2020-01-01T00:00:00.000Z").take()
    two = log_in(stage, "alice", caps="draft/read-marker no-implicit-names")
    assert two.take()[-2:] == [
        f":{one.session.user.source} JOIN #a",
        f":{two.node.name} MARKREAD #a timestamp=2020-01-01T00:00:00.000Z",
    ]


def test_joining_from_one_is_joining_from_all(stage: Stage) -> None:
    """JOIN on one is seen by all sessions, with the names."""
    one, two = several(stage, "", "no-implicit-names")
    one.sends("JOIN #a")
    source = f":{one.session.user.source}"
    one.sees(
        f"{source} JOIN #a",
        f":{one.node.name} 353 alice = #a :@alice",
        f":{one.node.name} 366 alice #a :End of /NAMES list",
    )
    two.sees(f"{source} JOIN #a")
    two.sends("PART #a :bye")
    one.sees(f"{source} PART #a :bye")
    two.sees(f"{source} PART #a :bye")


def test_what_happens_to_the_user_is_seen_by_all(stage: Stage) -> None:
    """NICK, MODE, KICK and INVITE are seen by all sessions of the user, once."""
    one, two = several(stage, "", "")
    bob = stage.connect("bob")
    bob.sends("JOIN #b")
    one.sends("JOIN #a")
    bob.sends("JOIN #a")
    one.sends("MODE #a +o bob")
    for client in (one, two, bob):
        client.take()
    source, host = one.session.user.source, bob.session.user.source
    one.sends("NICK ally")
    renamed = source.replace("alice!", "ally!")
    two.sends("UMODE +w")
    bob.sends("INVITE ally #b", "KICK #a ally :out")
    seen = [
        f":{source} NICK ally", f":{renamed} MODE ally :+w", f":{host} INVITE ally #b", f":{host} KICK #a ally :out",
    ]  # fmt: skip
    one.sees(*seen)
    two.sees(*seen)


def test_leaving_with_one_of_several_is_no_quit(stage: Stage) -> None:
    """Losing one of several sessions is not a QUIT; the last one is."""
    one, two, three = several(stage, "", "", "")
    bob = stage.connect("bob")
    for client in (one, bob):
        client.sends("JOIN #a")
    for client in (one, two, three, bob):
        client.take()
    source = one.session.user.source
    one.sends("QUIT :later")
    assert one.closed
    one.sees(f"ERROR :Closing link: {one.session.host} (Quit: later)")
    two.disappears()
    three.sees()
    bob.sees()
    three.sends("QUIT :bye")
    bob.sees(f":{source} QUIT :Quit: bye")
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.nicks) == ["bob"]


def test_two_last_ones_leave_at_once(stage: Stage) -> None:
    """Whoever is the last, there is one QUIT and nobody is left behind."""
    one, two = several(stage, "", "")
    bob = stage.connect("bob")
    for client in (one, bob):
        client.sends("JOIN #a")
    bob.take()
    source = one.session.user.source
    one.session.lost("gone")
    two.session.lost("gone")
    stage.settle()
    bob.sees(f":{source} QUIT :gone")
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.nicks) == ["bob"]


def test_attaching_while_the_user_quits(stage: Stage) -> None:
    """Who comes too late to share the user becomes a new one, with the nickname that is free again."""
    (one,) = several(stage, "")
    two = stage.open()
    two.sends("CAP REQ :cap-notify", "NICK alice", "USER alice 0 * :alice").take()
    two.session.account = "alice"
    one.session.lost("gone")
    two.session.receive(b"CAP END\r\n")
    stage.settle()
    assert verbs(two)[0] == "001"
    for node in stage.nodes:
        check(node.network)
        assert [list(user.sessions) for user in node.network.users.values()] == [[two.session.sid]]


def test_the_user_quits_while_attaching(stage: Stage) -> None:
    """Who is on the way in time keeps the user here, and nobody sees a QUIT."""
    (one,) = several(stage, "")
    bob = stage.connect("bob")
    one.sends("JOIN #a")
    bob.sends("JOIN #a")
    two = stage.open()
    two.sends("CAP REQ :cap-notify", "NICK alice", "USER alice 0 * :alice").take()
    two.session.account = "alice"
    bob.take()
    two.session.receive(b"CAP END\r\n")
    one.session.lost("gone")
    stage.settle()
    assert "JOIN" in verbs(two)
    bob.sees()
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.user("alice").sessions) == [two.session.sid]


def test_losing_the_connection_while_attaching(stage: Stage) -> None:
    """A session that is gone before it was attached is not counted."""
    (one,) = several(stage, "")
    two = stage.open()
    two.sends("CAP REQ :cap-notify", "NICK alice", "USER alice 0 * :alice")
    two.session.account = "alice"
    two.session.receive(b"CAP END\r\n")
    two.session.lost("gone")
    stage.settle()
    for node in stage.nodes:
        check(node.network)
        assert list(node.network.user("alice").sessions) == [one.session.sid]


def test_kill_ends_all(staffed: Stage) -> None:
    """KILL takes the user away with every session."""
    one, two = several(staffed, "", "")
    root = staffed.connect("root")
    root.sends("OPER root secret", "KILL alice :spam")
    assert one.closed
    assert two.closed
    for node in staffed.nodes:
        check(node.network)
        assert list(node.network.nicks) == ["root"]


def test_sessions_are_told_apart(stage: Stage) -> None:
    """Who may log out a single session ends that one only; what is known of each is on every node."""
    one, two = several(stage, "", "")
    user = one.session.user
    attached = user.sessions[two.session.sid]
    assert (attached.node, attached.ip, attached.secure) == (two.node.name, "192.0.2.1", False)
    one.node.emit(SessionDismissed(one.session.context.origin, user.uid, two.session.sid, "Logged out"))
    stage.settle()
    two.sees(f"ERROR :Closing link: {two.session.host} (Logged out)")
    one.sends("PING x")
    assert not one.closed
    for node in stage.nodes:
        assert list(node.network.user("alice").sessions) == [one.session.sid]


def test_devices(stage: Stage) -> None:
    """USER may name the device: nick/device or nick@device; the user name is without it."""
    client = stage.open()
    client.sends("NICK alice", "USER alice/phone 0 * :alice")
    assert client.session.user.username == "~alice"
    assert [one.device for one in client.session.user.sessions.values()] == ["phone"]
    other = stage.open()
    other.sends("NICK bob", "USER bob@desk.top 0 * :bob")
    assert [one.device for one in other.session.user.sessions.values()] == ["desk.top"]


def test_security_is_that_of_all(stage: Stage) -> None:
    """671 and mode Z are there only while all sessions are secure; a session without TLS takes them away."""
    one = log_in(stage, "alice", secure=True)
    assert "Z" in one.session.user.modes
    one.take()
    two = log_in(stage, "alice")
    source = one.session.user.source
    one.sees(f":{source} MODE alice :-Z")
    two.sends("WHOIS alice")
    assert not [line for line in two.take() if " 671 " in line]
    two.sends("QUIT")
    one.sees(f":{source} MODE alice :+Z")
    one.sends("WHOIS alice")
    assert [line for line in one.take() if " 671 " in line]


def test_whois_shows_where_each_session_comes_from(stage: Stage) -> None:
    """338 and 378 are for oneself and for operators, once for each address."""
    one = log_in(stage, "alice", ip="192.0.2.7")
    log_in(stage, "alice", ip="198.51.100.9")
    bob = stage.connect("bob")
    one.take()
    one.sends("WHOIS alice")
    addresses = [line.rsplit(" ", 1)[1] for line in one.take() if " 378 " in line]
    assert addresses == ["192.0.2.7", "198.51.100.9"]
    bob.sends("WHOIS alice")
    assert not [line for line in bob.take() if " 378 " in line or " 338 " in line]


def test_a_ban_ends_the_session_that_it_is_about(staffed: Stage) -> None:
    """A banned address loses its connection; the same person's others stay."""
    one = log_in(staffed, "alice", ip="192.0.2.7")
    two = log_in(staffed, "alice", ip="198.51.100.9")
    root = staffed.connect("root", ip="203.0.113.1")
    root.sends("OPER root secret", "DLINE 198.51.100.0/24 :spam")
    assert two.closed
    assert not one.closed
    three = log_in(staffed, "alice", ip="198.51.100.10")
    assert three.closed
    for node in staffed.nodes:
        check(node.network)
        assert list(node.network.user("alice").sessions) == [one.session.sid]


def test_devices_in_logging_in(stage: Stage) -> None:
    """The name of an account may say which device it is, whatever it is given for: SASL, PASS."""
    stage.registers("alice", "secret")
    client = stage.open()
    plain = b64encode(b"alice/phone\0alice/phone\0secret").decode()
    client.sends("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain}")
    client.sends("NICK alice", "USER alice 0 * :alice", "CAP END")
    other = stage.open()
    other.sends("PASS alice@desk:secret", "NICK alice", "USER alice 0 * :alice")
    assert other.session.user is not None
    assert [one.device for one in other.session.user.sessions.values()] == ["phone", "desk"]
