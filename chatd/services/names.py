"""The services there are; what each can do is the business of the features."""

from chatd.core.services import Service

NICKSERV = Service("NickServ", "keeps accounts and the nicknames that belong to them")
CHANSERV = Service("ChanServ", "keeps channels for those who have an account")
PLAYBACK = Service("*playback", "plays back what was said, to clients that know it from ZNC (znc.in/playback)")
