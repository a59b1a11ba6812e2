"""Channel modes R, M and P."""

from __future__ import annotations

from chanserv import asks, founded, log_in, person, restarted
from consistency import check

from chatd.testing import Stage


def joined(stage: Stage, modes: str):
    """An operator in #chat with these modes, and a stranger."""
    op, stranger = stage.connect("op"), stage.connect("stranger")
    op.sends("JOIN #chat", f"MODE #chat {modes}").take()
    return op, stranger


def test_registered_join(stage: Stage) -> None:
    """With +R only who is logged in enters, or who is invited."""
    op, stranger = joined(stage, "+R")
    friend = person(stage, "friend")
    stranger.sends("JOIN #chat")
    stranger.sees(f":{stranger.node.name} 477 stranger #chat :Cannot join channel (+R): log in first")
    friend.sends("JOIN #chat")
    assert friend.take()[0] == f":{friend.session.user.source} JOIN #chat"
    op.sends("INVITE stranger #chat").take()
    stranger.take()
    stranger.sends("JOIN #chat")
    assert stranger.take()[0] == f":{stranger.session.user.source} JOIN #chat"


def test_registered_join_besides_other_modes(stage: Stage) -> None:
    """An invitation mask lets past +i, not past +R."""
    op, stranger = joined(stage, "+RiI stranger!*@*")
    op.take()
    stranger.sends("JOIN #chat")
    stranger.sees(f":{stranger.node.name} 477 stranger #chat :Cannot join channel (+R): log in first")
    log_in(stranger, "stranger").sends("JOIN #chat")
    assert stranger.take()[0] == f":{stranger.session.user.source} JOIN #chat"


def test_accounts_on_the_invitation_list(stage: Stage) -> None:
    """Registered-only join with +i and +I of an account lets in that account, and nobody else."""
    op, stranger = joined(stage, "+RiI a:friend")
    op.take()
    friend = person(stage, "somebody", "friend")
    friend.sends("JOIN #chat")
    assert friend.take()[0] == f":{friend.session.user.source} JOIN #chat"
    log_in(stranger, "stranger").sends("JOIN #chat")
    stranger.sees(f":{stranger.node.name} 473 stranger #chat :Cannot join channel (+i)")


def test_registered_speak(stage: Stage) -> None:
    """With +M only who is logged in speaks, or has voice."""
    op, stranger = joined(stage, "+M")
    stranger.sends("JOIN #chat").take()
    op.take()
    stranger.sends("PRIVMSG #chat :hello", "NOTICE #chat :hello")
    stranger.sees(f":{stranger.node.name} 404 stranger #chat :Cannot send to channel (+M): log in first")
    op.sees()
    op.sends("MODE #chat +v stranger").take()
    stranger.take()
    stranger.sends("PRIVMSG #chat :hello")
    op.sees(f":{stranger.session.user.source} PRIVMSG #chat :hello")
    op.sends("MODE #chat -v stranger").take()
    log_in(stranger, "stranger").sends("PRIVMSG #chat :again")
    op.sees(f":{stranger.session.user.source} PRIVMSG #chat :again")


def test_permanence_is_for_registered_channels(stage: Stage) -> None:
    """Nobody makes a channel permanent that is not registered, nor does who is no owner."""
    op, _ = joined(stage, "+P")
    op.sends("MODE #chat +P")
    op.sees(f":{op.node.name} 482 op #chat :You're not channel operator")
    alice, bob = founded(stage, channel="#own"), stage.connect("bob")
    bob.sends("JOIN #own").take()
    alice.sends("MODE #own +o bob").take()
    bob.take()
    bob.sends("MODE #own +P")
    bob.sees(f":{bob.node.name} 482 bob #own :You're not channel operator")
    alice.sends("MODE #own +P")
    bob.sees(f":{alice.session.user.source} MODE #own +P")


def test_a_permanent_channel_is_listed_when_empty(stage: Stage) -> None:
    """With +P the channel is there, and listed, when nobody is in it; another registered one is not."""
    alice = founded(stage)
    alice.sends("JOIN #other", "CS REGISTER #other", "MODE #chat +P", "TOPIC #chat :roses", "JOIN 0").take()
    alice.sends("LIST", "LUSERS")
    lines = alice.take()
    assert [line for line in lines if " 322 " in line] == [f":{alice.node.name} 322 alice #chat 0 :roses"]
    assert any(" 254 alice 0 :" in line for line in lines)
    for node in restarted(stage).nodes:
        check(node.network)
        assert "P" in node.network.channels["#chat"].modes


def test_operators_make_any_channel_permanent(staffed: Stage) -> None:
    """+P of a channel that is not registered keeps it while the server runs; without it the channel ends."""
    root, user = staffed.connect("root"), staffed.connect("user")
    user.sends("JOIN #chat").take()
    root.sends("OPER root secret", "SAMODE #chat +P").take()
    user.sends("PART #chat").take()
    user.sends("JOIN #chat")
    assert f":{user.node.name} 353 user = #chat :user" in user.take()
    user.sends("PART #chat").take()
    root.sends("SAMODE #chat -P").take()
    for node in staffed.nodes:
        check(node.network)
        assert not node.network.channels


def test_dropping_a_permanent_channel(stage: Stage) -> None:
    """What is not registered any more is not permanent either."""
    alice = founded(stage)
    alice.sends("MODE #chat +P")
    code = asks(alice, "DROP #chat")[1].rpartition(" ")[2]
    alice.sends(f"CS DROP #chat {code}")
    assert f":ChanServ!services@{alice.node.name} MODE #chat -P" in alice.take()
    alice.sends("PART #chat")
    assert all(not node.network.channels for node in stage.nodes)
