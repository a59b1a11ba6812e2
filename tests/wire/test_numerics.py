"""The table of numerics, against the specifications."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatd.wire import numerics
from chatd.wire.numerics import ALL, Numeric

# Codes, names and last parameters as Modern IRC ("Numerics") prints them; MONITOR and CAP are IRCv3's.
FIXED = [
    ("005", "RPL_ISUPPORT", "are supported by this server"),
    ("219", "RPL_ENDOFSTATS", "End of /STATS report"),
    ("252", "RPL_LUSEROP", "operator(s) online"),
    ("253", "RPL_LUSERUNKNOWN", "unknown connection(s)"),
    ("254", "RPL_LUSERCHANNELS", "channels formed"),
    ("256", "RPL_ADMINME", "Administrative info"),
    ("263", "RPL_TRYAGAIN", "Please wait a while and try again."),
    ("305", "RPL_UNAWAY", "You are no longer marked as being away"),
    ("306", "RPL_NOWAWAY", "You have been marked as being away"),
    ("313", "RPL_WHOISOPERATOR", "is an IRC operator"),
    ("315", "RPL_ENDOFWHO", "End of WHO list"),
    ("317", "RPL_WHOISIDLE", "seconds idle, signon time"),
    ("318", "RPL_ENDOFWHOIS", "End of /WHOIS list"),
    ("321", "RPL_LISTSTART", "Users  Name"),
    ("323", "RPL_LISTEND", "End of /LIST"),
    ("330", "RPL_WHOISACCOUNT", "is logged in as"),
    ("331", "RPL_NOTOPIC", "No topic is set"),
    ("337", "RPL_ENDOFINVITELIST", "End of /INVITE list"),
    ("338", "RPL_WHOISACTUALLY", "Is actually using host"),
    ("347", "RPL_ENDOFINVEXLIST", "End of Channel Invite Exception List"),
    ("349", "RPL_ENDOFEXCEPTLIST", "End of channel exception list"),
    ("365", "RPL_ENDOFLINKS", "End of /LINKS list"),
    ("366", "RPL_ENDOFNAMES", "End of /NAMES list"),
    ("368", "RPL_ENDOFBANLIST", "End of channel ban list"),
    ("369", "RPL_ENDOFWHOWAS", "End of WHOWAS"),
    ("374", "RPL_ENDOFINFO", "End of INFO list"),
    ("376", "RPL_ENDOFMOTD", "End of /MOTD command."),
    ("381", "RPL_YOUREOPER", "You are now an IRC operator"),
    ("382", "RPL_REHASHING", "Rehashing"),
    ("401", "ERR_NOSUCHNICK", "No such nick/channel"),
    ("402", "ERR_NOSUCHSERVER", "No such server"),
    ("403", "ERR_NOSUCHCHANNEL", "No such channel"),
    ("404", "ERR_CANNOTSENDTOCHAN", "Cannot send to channel"),
    ("405", "ERR_TOOMANYCHANNELS", "You have joined too many channels"),
    ("406", "ERR_WASNOSUCHNICK", "There was no such nickname"),
    ("409", "ERR_NOORIGIN", "No origin specified"),
    ("410", "ERR_INVALIDCAPCMD", "Invalid CAP command"),
    ("412", "ERR_NOTEXTTOSEND", "No text to send"),
    ("417", "ERR_INPUTTOOLONG", "Input line was too long"),
    ("421", "ERR_UNKNOWNCOMMAND", "Unknown command"),
    ("431", "ERR_NONICKNAMEGIVEN", "No nickname given"),
    ("432", "ERR_ERRONEUSNICKNAME", "Erroneus nickname"),
    ("433", "ERR_NICKNAMEINUSE", "Nickname is already in use"),
    ("441", "ERR_USERNOTINCHANNEL", "They aren't on that channel"),
    ("442", "ERR_NOTONCHANNEL", "You're not on that channel"),
    ("443", "ERR_USERONCHANNEL", "is already on channel"),
    ("451", "ERR_NOTREGISTERED", "You have not registered"),
    ("461", "ERR_NEEDMOREPARAMS", "Not enough parameters"),
    ("462", "ERR_ALREADYREGISTERED", "You may not reregister"),
    ("464", "ERR_PASSWDMISMATCH", "Password incorrect"),
    ("465", "ERR_YOUREBANNEDCREEP", "You are banned from this server."),
    ("471", "ERR_CHANNELISFULL", "Cannot join channel (+l)"),
    ("472", "ERR_UNKNOWNMODE", "is unknown mode char to me"),
    ("473", "ERR_INVITEONLYCHAN", "Cannot join channel (+i)"),
    ("474", "ERR_BANNEDFROMCHAN", "Cannot join channel (+b)"),
    ("475", "ERR_BADCHANNELKEY", "Cannot join channel (+k)"),
    ("476", "ERR_BADCHANMASK", "Bad Channel Mask"),
    ("481", "ERR_NOPRIVILEGES", "Permission Denied- You're not an IRC operator"),
    ("482", "ERR_CHANOPRIVSNEEDED", "You're not channel operator"),
    ("491", "ERR_NOOPERHOST", "No O-lines for your host"),
    ("501", "ERR_UMODEUNKNOWNFLAG", "Unknown MODE flag"),
    ("502", "ERR_USERSDONTMATCH", "Cant change mode for other users"),
    ("524", "ERR_HELPNOTFOUND", "No help available on this topic"),
    ("525", "ERR_INVALIDKEY", "Key is not well-formed"),
    ("671", "RPL_WHOISSECURE", "is using a secure connection"),
    ("733", "RPL_ENDOFMONLIST", "End of MONITOR list"),
    ("734", "ERR_MONLISTFULL", "Monitor list is full."),
    ("901", "RPL_LOGGEDOUT", "You are now logged out"),
    ("903", "RPL_SASLSUCCESS", "SASL authentication successful"),
    ("905", "ERR_SASLTOOLONG", "SASL message too long"),
    ("906", "ERR_SASLABORTED", "SASL authentication aborted"),
    ("907", "ERR_SASLALREADY", "You have already authenticated using SASL"),
    ("908", "RPL_SASLMECHS", "are available SASL mechanisms"),
]

# Whose last parameter the specification prints with a ":", but leaves free (as IRCv3 sasl-3.1 does of all its texts) or
# fills with values.
FREE = [
    ("001", "RPL_WELCOME"),
    ("002", "RPL_YOURHOST"),
    ("003", "RPL_CREATED"),
    ("242", "RPL_STATSUPTIME"),
    ("251", "RPL_LUSERCLIENT"),
    ("255", "RPL_LUSERME"),
    ("257", "RPL_ADMINLOC1"),
    ("258", "RPL_ADMINLOC2"),
    ("259", "RPL_ADMINEMAIL"),
    ("265", "RPL_LOCALUSERS"),
    ("266", "RPL_GLOBALUSERS"),
    ("276", "RPL_WHOISCERTFP"),
    ("301", "RPL_AWAY"),
    ("302", "RPL_USERHOST"),
    ("311", "RPL_WHOISUSER"),
    ("312", "RPL_WHOISSERVER"),
    ("314", "RPL_WHOWASUSER"),
    ("319", "RPL_WHOISCHANNELS"),
    ("322", "RPL_LIST"),
    ("332", "RPL_TOPIC"),
    ("351", "RPL_VERSION"),
    ("352", "RPL_WHOREPLY"),
    ("353", "RPL_NAMREPLY"),
    ("364", "RPL_LINKS"),
    ("371", "RPL_INFO"),
    ("372", "RPL_MOTD"),
    ("375", "RPL_MOTDSTART"),
    ("378", "RPL_WHOISHOST"),
    ("379", "RPL_WHOISMODES"),
    ("391", "RPL_TIME"),
    ("400", "ERR_UNKNOWNERROR"),
    ("411", "ERR_NORECIPIENT"),
    ("696", "ERR_INVALIDMODEPARAM"),
    ("704", "RPL_HELPSTART"),
    ("705", "RPL_HELPTXT"),
    ("706", "RPL_ENDOFHELP"),
    ("730", "RPL_MONONLINE"),
    ("731", "RPL_MONOFFLINE"),
    ("732", "RPL_MONLIST"),
    ("900", "RPL_LOGGEDIN"),
    ("902", "ERR_NICKLOCKED"),
    ("904", "ERR_SASLFAIL"),
]

# Whose last parameter it prints without, or which have none.
WORDS = [
    ("004", "RPL_MYINFO"),
    ("212", "RPL_STATSCOMMANDS"),
    ("221", "RPL_UMODEIS"),
    ("324", "RPL_CHANNELMODEIS"),
    ("329", "RPL_CREATIONTIME"),
    ("333", "RPL_TOPICWHOTIME"),
    ("336", "RPL_INVITELIST"),
    ("341", "RPL_INVITING"),
    ("346", "RPL_INVEXLIST"),
    ("348", "RPL_EXCEPTLIST"),
    ("354", "RPL_WHOSPCRPL"),
    ("367", "RPL_BANLIST"),
]

# Errors that neither prints, and whose they are.
OTHERS = {
    "407": "RFC 1459", "423": "RFC 1459", "435": "Bahamut, ratbox", "456": "Hybrid", "457": "Hybrid", "458": "Hybrid",
    "470": "ircd-seven", "477": "Bahamut, ratbox", "478": "ircu, ratbox", "480": "UnrealIRCd", "511": "ircu",
    "521": "Bahamut", "531": "InspIRCd, UnrealIRCd", "713": "ratbox", "714": "ratbox", "775": "IRCv3 metadata",
}  # fmt: skip


@pytest.mark.parametrize(("code", "name", "text"), FIXED, ids=[name for _, name, _ in FIXED])
def test_texts_are_the_specification_s(code: str, name: str, text: str) -> None:
    """The reply ends with the very text that the specification prints."""
    assert ALL[name] == Numeric(code, name, text)


@pytest.mark.parametrize(("code", "name"), FREE, ids=[name for _, name in FREE])
def test_no_text_where_values_belong(code: str, name: str) -> None:
    """The sender writes the last parameter, so nothing may be appended to it; it is a text, whatever it holds."""
    assert ALL[name] == Numeric(code, name, None, free=True)


@pytest.mark.parametrize(("code", "name"), WORDS, ids=[name for _, name in WORDS])
def test_words_are_no_texts(code: str, name: str) -> None:
    """The last parameter is a word, like those before it."""
    assert ALL[name] == Numeric(code, name)


def test_constants_have_their_own_names() -> None:
    """A constant carries its own name, and every constant is in the table."""
    constants = {name: value for name, value in vars(numerics).items() if name.startswith(("RPL_", "ERR_"))}
    assert {name: row.name for name, row in constants.items()} == {name: name for name in constants}
    assert constants == ALL


def test_codes_are_three_digits_used_once() -> None:
    """The specification: "a numeric (a three-digit number represented as text)"; none of ours has two meanings."""
    codes = [row.code for row in ALL.values()]
    assert [code for code in codes if not (len(code) == 3 and code.isascii() and code.isdigit())] == []
    assert sorted(codes) == sorted(set(codes))


def test_names_tell_errors_from_replies() -> None:
    """001 to 399 are replies and 400 to 599 errors; above, every extension chose as it liked."""
    replies = {row.name[:4] for row in ALL.values() if int(row.code) < 400}
    errors = {row.name[:4] for row in ALL.values() if 400 <= int(row.code) < 600}
    assert (replies, errors) == ({"RPL_"}, {"ERR_"})


def test_no_errors_of_our_own() -> None:
    """IRCv3 standard-replies: "It is NOT RECOMMENDED that servers which support this capability add new custom error
    numerics."
    """
    printed = {code for code, *_ in (*FIXED, *FREE, *WORDS)}
    assert {row.code for row in ALL.values() if row.name.startswith("ERR_")} - printed == set(OTHERS)


def test_texts_fit_on_a_line() -> None:
    """Plain ASCII without line ends or placeholders, short enough to leave the parameters their room."""
    texts = [row.text for row in ALL.values() if row.text is not None]
    assert [text for text in texts if not (text.isascii() and text.isprintable() and 0 < len(text) <= 80)] == []
    assert [text for text in texts if set(text) & set("<>{}%")] == []


def test_every_numeric_is_sent() -> None:
    """What nothing sends is not in the table."""
    table = Path(numerics.__file__)
    sources = "\n".join(path.read_text() for path in table.parents[1].rglob("*.py") if path != table)
    words = set(re.findall(r"\w+", sources))
    assert {name for name in ALL if name not in words} == set()
