"""Every numeric reply the server can send: its three digits, its name, and its fixed last parameter.

Knows nothing of what the parameters before it mean; the feature that sends a numeric does.
Names and texts are Modern IRC's where it prints them, then IRCv3's; the comments say where else a text is from.
"""

from __future__ import annotations

from typing import NamedTuple


class Numeric(NamedTuple):
    """One numeric reply.

    ``text`` is appended as the last parameter; None where the whole reply is up to the sender, because the
    specification leaves the last parameter free, puts values into it, or has none.  ``free`` says that the sender's
    last parameter is such a text (or a list in one), which has its ":" even where it is a single word.
    """

    code: str
    name: str
    text: str | None = None
    free: bool = False


# Greeting
RPL_WELCOME = Numeric("001", "RPL_WELCOME", free=True)
RPL_YOURHOST = Numeric("002", "RPL_YOURHOST", free=True)
RPL_CREATED = Numeric("003", "RPL_CREATED", free=True)
RPL_MYINFO = Numeric("004", "RPL_MYINFO")
RPL_ISUPPORT = Numeric("005", "RPL_ISUPPORT", "are supported by this server")

# MAP as ircu, the ratbox family and InspIRCd number it; UnrealIRCd and old InspIRCd have 006 and 007 instead.
RPL_MAP = Numeric("015", "RPL_MAP", free=True)
RPL_MAPEND = Numeric("017", "RPL_MAPEND", "End of /MAP")

# STATS; the lines are RFC 1459's, and the ratbox family's where the comment says so
RPL_STATSCOMMANDS = Numeric("212", "RPL_STATSCOMMANDS")
RPL_STATSILINE = Numeric("215", "RPL_STATSILINE")
RPL_STATSKLINE = Numeric("216", "RPL_STATSKLINE", free=True)
RPL_STATSYLINE = Numeric("218", "RPL_STATSYLINE", free=True)
RPL_ENDOFSTATS = Numeric("219", "RPL_ENDOFSTATS", "End of /STATS report")
RPL_STATSPLINE = Numeric("220", "RPL_STATSPLINE", free=True)  # ratbox family: listening ports
RPL_STATSDLINE = Numeric("225", "RPL_STATSDLINE", free=True)  # ratbox family: bans by address
RPL_STATSUPTIME = Numeric("242", "RPL_STATSUPTIME", free=True)
RPL_STATSOLINE = Numeric("243", "RPL_STATSOLINE", free=True)
RPL_STATSDEBUG = Numeric("249", "RPL_STATSDEBUG", free=True)

# User modes, LUSERS, ADMIN
RPL_UMODEIS = Numeric("221", "RPL_UMODEIS")
RPL_LUSERCLIENT = Numeric("251", "RPL_LUSERCLIENT", free=True)
RPL_LUSEROP = Numeric("252", "RPL_LUSEROP", "operator(s) online")
RPL_LUSERUNKNOWN = Numeric("253", "RPL_LUSERUNKNOWN", "unknown connection(s)")
RPL_LUSERCHANNELS = Numeric("254", "RPL_LUSERCHANNELS", "channels formed")
RPL_LUSERME = Numeric("255", "RPL_LUSERME", free=True)
RPL_ADMINME = Numeric("256", "RPL_ADMINME", "Administrative info")
RPL_ADMINLOC1 = Numeric("257", "RPL_ADMINLOC1", free=True)
RPL_ADMINLOC2 = Numeric("258", "RPL_ADMINLOC2", free=True)
RPL_ADMINEMAIL = Numeric("259", "RPL_ADMINEMAIL", free=True)
RPL_TRYAGAIN = Numeric("263", "RPL_TRYAGAIN", "Please wait a while and try again.")
RPL_LOCALUSERS = Numeric("265", "RPL_LOCALUSERS", free=True)
RPL_GLOBALUSERS = Numeric("266", "RPL_GLOBALUSERS", free=True)

# SILENCE (ircu's numbers, InspIRCd's too) and ACCEPT (ratbox family and InspIRCd)
RPL_SILELIST = Numeric("271", "RPL_SILELIST")
RPL_ENDOFSILELIST = Numeric("272", "RPL_ENDOFSILELIST", "End of silence list")
RPL_ACCEPTLIST = Numeric("281", "RPL_ACCEPTLIST")
RPL_ENDOFACCEPT = Numeric("282", "RPL_ENDOFACCEPT", "End of /ACCEPT list")

# RULES as UnrealIRCd and InspIRCd 2 have it; laid out like MOTD
RPL_RULES = Numeric("232", "RPL_RULES", free=True)
RPL_RULESSTART = Numeric("308", "RPL_RULESSTART", free=True)
RPL_ENDOFRULES = Numeric("309", "RPL_ENDOFRULES", "End of /RULES command.")

# AWAY, USERHOST, ISON, USERIP
RPL_AWAY = Numeric("301", "RPL_AWAY", free=True)
RPL_USERHOST = Numeric("302", "RPL_USERHOST", free=True)
RPL_ISON = Numeric("303", "RPL_ISON", free=True)
RPL_UNAWAY = Numeric("305", "RPL_UNAWAY", "You are no longer marked as being away")
RPL_NOWAWAY = Numeric("306", "RPL_NOWAWAY", "You have been marked as being away")
RPL_USERIP = Numeric("340", "RPL_USERIP", free=True)

# WHOIS, WHOWAS, WHO
RPL_WHOISCERTFP = Numeric("276", "RPL_WHOISCERTFP", free=True)
RPL_WHOISUSER = Numeric("311", "RPL_WHOISUSER", free=True)
RPL_WHOISSERVER = Numeric("312", "RPL_WHOISSERVER", free=True)
RPL_WHOISOPERATOR = Numeric("313", "RPL_WHOISOPERATOR", "is an IRC operator")
RPL_WHOWASUSER = Numeric("314", "RPL_WHOWASUSER", free=True)
RPL_ENDOFWHO = Numeric("315", "RPL_ENDOFWHO", "End of WHO list")
RPL_WHOISIDLE = Numeric("317", "RPL_WHOISIDLE", "seconds idle, signon time")
RPL_ENDOFWHOIS = Numeric("318", "RPL_ENDOFWHOIS", "End of /WHOIS list")
RPL_WHOISCHANNELS = Numeric("319", "RPL_WHOISCHANNELS", free=True)
RPL_WHOISACCOUNT = Numeric("330", "RPL_WHOISACCOUNT", "is logged in as")
RPL_WHOISBOT = Numeric("335", "RPL_WHOISBOT", "is a bot")  # IRCv3 bot-mode leaves the text free
RPL_WHOISACTUALLY = Numeric("338", "RPL_WHOISACTUALLY", "Is actually using host")
RPL_WHOISGATEWAY = Numeric("350", "RPL_WHOISGATEWAY", free=True)  # InspIRCd, for WEBIRC
RPL_WHOREPLY = Numeric("352", "RPL_WHOREPLY", free=True)
RPL_WHOSPCRPL = Numeric("354", "RPL_WHOSPCRPL")
RPL_ENDOFWHOWAS = Numeric("369", "RPL_ENDOFWHOWAS", "End of WHOWAS")
RPL_WHOISHOST = Numeric("378", "RPL_WHOISHOST", free=True)
RPL_WHOISMODES = Numeric("379", "RPL_WHOISMODES", free=True)
RPL_WHOISSECURE = Numeric("671", "RPL_WHOISSECURE", "is using a secure connection")

# LIST and channels; the parameter "Channel" of 321 is the sender's
RPL_LISTSTART = Numeric("321", "RPL_LISTSTART", "Users  Name")
RPL_LIST = Numeric("322", "RPL_LIST", free=True)
RPL_LISTEND = Numeric("323", "RPL_LISTEND", "End of /LIST")
RPL_CHANNELMODEIS = Numeric("324", "RPL_CHANNELMODEIS")
RPL_CREATIONTIME = Numeric("329", "RPL_CREATIONTIME")
RPL_NOTOPIC = Numeric("331", "RPL_NOTOPIC", "No topic is set")
RPL_TOPIC = Numeric("332", "RPL_TOPIC", free=True)
RPL_TOPICWHOTIME = Numeric("333", "RPL_TOPICWHOTIME")
RPL_INVITELIST = Numeric("336", "RPL_INVITELIST")
RPL_ENDOFINVITELIST = Numeric("337", "RPL_ENDOFINVITELIST", "End of /INVITE list")
RPL_INVITING = Numeric("341", "RPL_INVITING")
RPL_INVEXLIST = Numeric("346", "RPL_INVEXLIST")
RPL_ENDOFINVEXLIST = Numeric("347", "RPL_ENDOFINVEXLIST", "End of Channel Invite Exception List")
RPL_EXCEPTLIST = Numeric("348", "RPL_EXCEPTLIST")
RPL_ENDOFEXCEPTLIST = Numeric("349", "RPL_ENDOFEXCEPTLIST", "End of channel exception list")
RPL_NAMREPLY = Numeric("353", "RPL_NAMREPLY", free=True)
RPL_ENDOFNAMES = Numeric("366", "RPL_ENDOFNAMES", "End of /NAMES list")
RPL_BANLIST = Numeric("367", "RPL_BANLIST")
RPL_ENDOFBANLIST = Numeric("368", "RPL_ENDOFBANLIST", "End of channel ban list")

# The server about itself; the parameter "*" of 365 is the sender's
RPL_VERSION = Numeric("351", "RPL_VERSION", free=True)
RPL_LINKS = Numeric("364", "RPL_LINKS", free=True)
RPL_ENDOFLINKS = Numeric("365", "RPL_ENDOFLINKS", "End of /LINKS list")
RPL_INFO = Numeric("371", "RPL_INFO", free=True)
RPL_MOTD = Numeric("372", "RPL_MOTD", free=True)
RPL_ENDOFINFO = Numeric("374", "RPL_ENDOFINFO", "End of INFO list")
RPL_MOTDSTART = Numeric("375", "RPL_MOTDSTART", free=True)
RPL_ENDOFMOTD = Numeric("376", "RPL_ENDOFMOTD", "End of /MOTD command.")
RPL_YOUREOPER = Numeric("381", "RPL_YOUREOPER", "You are now an IRC operator")
RPL_REHASHING = Numeric("382", "RPL_REHASHING", "Rehashing")
RPL_TIME = Numeric("391", "RPL_TIME", free=True)
RPL_VISIBLEHOST = Numeric("396", "RPL_VISIBLEHOST", "is now your displayed host")  # InspIRCd

# Errors: targets and text
ERR_UNKNOWNERROR = Numeric("400", "ERR_UNKNOWNERROR", free=True)
ERR_NOSUCHNICK = Numeric("401", "ERR_NOSUCHNICK", "No such nick/channel")
ERR_NOSUCHSERVER = Numeric("402", "ERR_NOSUCHSERVER", "No such server")
ERR_NOSUCHCHANNEL = Numeric("403", "ERR_NOSUCHCHANNEL", "No such channel")
ERR_CANNOTSENDTOCHAN = Numeric("404", "ERR_CANNOTSENDTOCHAN", "Cannot send to channel")
ERR_TOOMANYCHANNELS = Numeric("405", "ERR_TOOMANYCHANNELS", "You have joined too many channels")
ERR_WASNOSUCHNICK = Numeric("406", "ERR_WASNOSUCHNICK", "There was no such nickname")
ERR_TOOMANYTARGETS = Numeric("407", "ERR_TOOMANYTARGETS", "Too many recipients.")  # ratbox family
ERR_NOORIGIN = Numeric("409", "ERR_NOORIGIN", "No origin specified")
ERR_INVALIDCAPCMD = Numeric("410", "ERR_INVALIDCAPCMD", "Invalid CAP command")  # IRCv3
ERR_NORECIPIENT = Numeric("411", "ERR_NORECIPIENT", free=True)
ERR_NOTEXTTOSEND = Numeric("412", "ERR_NOTEXTTOSEND", "No text to send")
ERR_INPUTTOOLONG = Numeric("417", "ERR_INPUTTOOLONG", "Input line was too long")
ERR_UNKNOWNCOMMAND = Numeric("421", "ERR_UNKNOWNCOMMAND", "Unknown command")
ERR_NOADMININFO = Numeric("423", "ERR_NOADMININFO", "No administrative info available")  # RFC 1459

# Errors: nicknames, membership, registration; texts beyond Modern IRC are the ratbox family's unless marked
ERR_NONICKNAMEGIVEN = Numeric("431", "ERR_NONICKNAMEGIVEN", "No nickname given")
ERR_ERRONEUSNICKNAME = Numeric("432", "ERR_ERRONEUSNICKNAME", "Erroneus nickname")
ERR_NICKNAMEINUSE = Numeric("433", "ERR_NICKNAMEINUSE", "Nickname is already in use")
ERR_BANNICKCHANGE = Numeric("435", "ERR_BANNICKCHANGE", "Cannot change nickname while banned on channel")
ERR_USERNOTINCHANNEL = Numeric("441", "ERR_USERNOTINCHANNEL", "They aren't on that channel")
ERR_NOTONCHANNEL = Numeric("442", "ERR_NOTONCHANNEL", "You're not on that channel")
ERR_USERONCHANNEL = Numeric("443", "ERR_USERONCHANNEL", "is already on channel")
ERR_NOTREGISTERED = Numeric("451", "ERR_NOTREGISTERED", "You have not registered")
ERR_ACCEPTFULL = Numeric("456", "ERR_ACCEPTFULL", "Accept list is full")
ERR_ACCEPTEXIST = Numeric("457", "ERR_ACCEPTEXIST", "is already on your accept list")
ERR_ACCEPTNOT = Numeric("458", "ERR_ACCEPTNOT", "is not on your accept list")
ERR_NEEDMOREPARAMS = Numeric("461", "ERR_NEEDMOREPARAMS", "Not enough parameters")
ERR_ALREADYREGISTERED = Numeric("462", "ERR_ALREADYREGISTERED", "You may not reregister")
ERR_PASSWDMISMATCH = Numeric("464", "ERR_PASSWDMISMATCH", "Password incorrect")
ERR_YOUREBANNEDCREEP = Numeric("465", "ERR_YOUREBANNEDCREEP", "You are banned from this server.")

# Errors: channels
ERR_LINKCHANNEL = Numeric("470", "ERR_LINKCHANNEL", "Forwarding to another channel")  # ratbox family
ERR_CHANNELISFULL = Numeric("471", "ERR_CHANNELISFULL", "Cannot join channel (+l)")
ERR_UNKNOWNMODE = Numeric("472", "ERR_UNKNOWNMODE", "is unknown mode char to me")
ERR_INVITEONLYCHAN = Numeric("473", "ERR_INVITEONLYCHAN", "Cannot join channel (+i)")
ERR_BANNEDFROMCHAN = Numeric("474", "ERR_BANNEDFROMCHAN", "Cannot join channel (+b)")
ERR_BADCHANNELKEY = Numeric("475", "ERR_BADCHANNELKEY", "Cannot join channel (+k)")
ERR_BADCHANMASK = Numeric("476", "ERR_BADCHANMASK", "Bad Channel Mask")
ERR_NEEDREGGEDNICK = Numeric("477", "ERR_NEEDREGGEDNICK", free=True)  # the text must name what needs the account
# RFC 2812's text: the ratbox family's "Channel ban list is full" is untrue of the lists e and I.
ERR_BANLISTFULL = Numeric("478", "ERR_BANLISTFULL", "Channel list is full")
ERR_CANNOTKNOCK = Numeric("480", "ERR_CANNOTKNOCK", free=True)  # InspIRCd and UnrealIRCd: the text carries the reason
ERR_CHANOPRIVSNEEDED = Numeric("482", "ERR_CHANOPRIVSNEEDED", "You're not channel operator")
ERR_LISTSYNTAX = Numeric("521", "ERR_LISTSYNTAX", "Bad list syntax")  # bahamut, UnrealIRCd
ERR_INVALIDKEY = Numeric("525", "ERR_INVALIDKEY", "Key is not well-formed")
ERR_INVALIDMODEPARAM = Numeric("696", "ERR_INVALIDMODEPARAM", free=True)

# Errors: operators, user modes, lists of one's own
ERR_NOPRIVILEGES = Numeric("481", "ERR_NOPRIVILEGES", "Permission Denied- You're not an IRC operator")
ERR_NOOPERHOST = Numeric("491", "ERR_NOOPERHOST", "No O-lines for your host")
ERR_UMODEUNKNOWNFLAG = Numeric("501", "ERR_UMODEUNKNOWNFLAG", "Unknown MODE flag")
ERR_USERSDONTMATCH = Numeric("502", "ERR_USERSDONTMATCH", "Cant change mode for other users")
ERR_SILELISTFULL = Numeric("511", "ERR_SILELISTFULL", "Your silence list is full")  # ircu
ERR_CANTSENDTOUSER = Numeric("531", "ERR_CANTSENDTOUSER", free=True)  # InspIRCd, UnrealIRCd: the text is the reason

# HELP
ERR_HELPNOTFOUND = Numeric("524", "ERR_HELPNOTFOUND", "No help available on this topic")
RPL_HELPSTART = Numeric("704", "RPL_HELPSTART", free=True)
RPL_HELPTXT = Numeric("705", "RPL_HELPTXT", free=True)
RPL_ENDOFHELP = Numeric("706", "RPL_ENDOFHELP", free=True)

# KNOCK and caller-id, numbers and texts of the ratbox family
RPL_KNOCK = Numeric("710", "RPL_KNOCK", "has asked for an invite.")
RPL_KNOCKDLVR = Numeric("711", "RPL_KNOCKDLVR", "Your KNOCK has been delivered.")
ERR_CHANOPEN = Numeric("713", "ERR_CHANOPEN", "Channel is open.")
ERR_KNOCKONCHAN = Numeric("714", "ERR_KNOCKONCHAN", "You are already on that channel.")
RPL_TARGUMODEG = Numeric("716", "RPL_TARGUMODEG", "is in +g mode (server-side ignore.)")
RPL_TARGNOTIFY = Numeric("717", "RPL_TARGNOTIFY", "has been informed that you messaged them.")
RPL_UMODEGMSG = Numeric("718", "RPL_UMODEGMSG", "is messaging you, and you have umode +g.")

# MONITOR (IRCv3)
RPL_MONONLINE = Numeric("730", "RPL_MONONLINE", free=True)
RPL_MONOFFLINE = Numeric("731", "RPL_MONOFFLINE", free=True)
RPL_MONLIST = Numeric("732", "RPL_MONLIST", free=True)
RPL_ENDOFMONLIST = Numeric("733", "RPL_ENDOFMONLIST", "End of MONITOR list")
ERR_MONLISTFULL = Numeric("734", "ERR_MONLISTFULL", "Monitor list is full.")

# Metadata (IRCv3 metadata)
RPL_WHOISKEYVALUE = Numeric("760", "RPL_WHOISKEYVALUE", free=True)
RPL_KEYVALUE = Numeric("761", "RPL_KEYVALUE", free=True)
RPL_KEYNOTSET = Numeric("766", "RPL_KEYNOTSET", "Key not set")
RPL_METADATASUBOK = Numeric("770", "RPL_METADATASUBOK")
RPL_METADATAUNSUBOK = Numeric("771", "RPL_METADATAUNSUBOK")
RPL_METADATASUBS = Numeric("772", "RPL_METADATASUBS")
RPL_METADATASYNCLATER = Numeric("774", "RPL_METADATASYNCLATER")
ERR_METADATARATELIMIT = Numeric("775", "ERR_METADATARATELIMIT")

# SASL and accounts (IRCv3)
RPL_LOGGEDIN = Numeric("900", "RPL_LOGGEDIN", free=True)
RPL_LOGGEDOUT = Numeric("901", "RPL_LOGGEDOUT", "You are now logged out")
ERR_NICKLOCKED = Numeric("902", "ERR_NICKLOCKED", free=True)  # IRCv3's text says nothing of a locked account
RPL_SASLSUCCESS = Numeric("903", "RPL_SASLSUCCESS", "SASL authentication successful")
ERR_SASLFAIL = Numeric("904", "ERR_SASLFAIL", free=True)  # the text carries the reason
ERR_SASLTOOLONG = Numeric("905", "ERR_SASLTOOLONG", "SASL message too long")
ERR_SASLABORTED = Numeric("906", "ERR_SASLABORTED", "SASL authentication aborted")
ERR_SASLALREADY = Numeric("907", "ERR_SASLALREADY", "You have already authenticated using SASL")
RPL_SASLMECHS = Numeric("908", "RPL_SASLMECHS", "are available SASL mechanisms")

ALL: dict[str, Numeric] = {row.name: row for row in list(globals().values()) if isinstance(row, Numeric)}
