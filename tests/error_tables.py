"""Every command's errors, beyond those of the gate: 451, 461 and 481, which ``test_arity`` plays for all of them."""

from __future__ import annotations

from errors import rows

CONNECTION = rows(r"""
    bob | NONSENSE x | 421 NONSENSE
    stranger | CAP NONSENSE | 410 NONSENSE
    stranger | AUTHENTICATE PLAIN | 904
    newcomer | AUTHENTICATE NONSENSE | 908 SCRAM-SHA-256,IRCV3BEARER,PLAIN | 904
    newcomer | AUTHENTICATE * | 906
    newcomer | AUTHENTICATE PLAIN\nAUTHENTICATE ! | 904
    stranger | PASS | 461 PASS
    stranger | PASS : | 461 PASS
    bob | PASS secret | 462
    stranger | NICK | 431
    stranger | NICK 1st | 432 1st
    stranger | NICK :a b | 432 *
    stranger | NICK bob | 433 bob
    bob | NICK | 431
    bob | NICK #chat | 432 #chat
    bob | NICK boss | 433 boss
    bob | NICK NickServ | 433 NickServ
    alice | NICK anna | 435 anna #cage
    stranger | USER x 0 * | 461 USER
    stranger | USER x 0 * : | 461 USER
    bob | USER x 0 * :X | 462
    stranger | LOGIN | 431
    stranger | LOGIN bob | 433 bob
    bob | LOGIN bob | 462
    bob | WEBIRC a b c d | 462
    stranger | PING | 461 PING
    bob | PING : | 409
    stranger | AWAY :x | 451
    stranger | ISUPPORT | 451
    bob | SETNAME : | FAIL INVALID_REALNAME
""")
OPERATORS = rows(r"""
    bob | OPER root | 461 OPER
    bob | OPER root wrong | 464
    bob | OPER home secret | 491
    bob | KILL boss :x | 481
    weak | KILL boss :x | 481
    root | KILL nobody :x | 401 nobody
    root | KILL boss | 461 KILL
    weak | REHASH | 481
    weak | ROTATE | 481
    root | ROTATE #nope | 403 #nope
    weak | RESTART | 481
    weak | DIE | 481
    bob | WALLOPS :x | 481
    weak | WALLOPS : | 461 WALLOPS
    weak | KLINE x | 481
    root | KLINE 9999w x@y | FAIL INVALID_DURATION
    root | KLINE 1d | 461 KLINE
    root | KLINE a@b@c | FAIL INVALID_MASK
    root | KLINE *@* | FAIL INVALID_MASK
    root | UNKLINE x@y | FAIL NO_SUCH_BAN
    root | UNKLINE a@b@c | FAIL INVALID_MASK
    root | DLINE x | FAIL INVALID_MASK
    root | DLINE 9999w 192.0.2.0 | FAIL INVALID_DURATION
    root | DLINE 1d | 461 DLINE
    root | UNDLINE x | FAIL INVALID_MASK
    root | UNDLINE 198.51.100.7 | FAIL NO_SUCH_BAN
    root | SAJOIN nobody #chat | 401 nobody
    root | SAJOIN boss #chat | 443 boss #chat
    root | SAJOIN bob chat | 476 chat
    root | SAPART nobody #chat | 401 nobody
    root | SAPART boss #nope | 403 #nope
    root | SAPART bob #chat | 441 bob #chat
    root | SAKICK #nope boss | 403 #nope
    root | SAKICK #chat nobody | 401 nobody
    root | SAKICK #chat bob | 441 bob #chat
    root | SATOPIC #nope :x | 403 #nope
    root | SAMODE #nope +t | 403 #nope
    root | SAMODE #chat +y | 472 y
    root | SANICK nobody x | 401 nobody
    root | SANICK bob 1st | 432 1st
    root | SANICK bob boss | 433 boss
    root | SANICK bob NickServ | 433 NickServ
""")
CHANNELS = rows(r"""
    bob | JOIN chat | 403 chat
    bob | JOIN :#a b | 403 #a
    bob | JOIN #a:b | 476 #a:b
    full | JOIN #more | 405 #more
    bob | JOIN #banned | 474 #banned
    bob | JOIN #small | 471 #small
    bob | JOIN #closed | 473 #closed
    bob | JOIN #key | 475 #key
    bob | JOIN #key wrong | 475 #key
    bob | JOIN #account | 477 #account
    full | JOIN #forward | 405 #forward
    boss | PART #nope | 403 #nope
    bob | PART #chat | 442 #chat
    bob | PART #secret | 403 #secret
    bob | PART #a,#b,#c | 407 #c | 403 #a | 403 #b
    bob | TOPIC #nope | 403 #nope
    bob | TOPIC #secret | 403 #secret
    bob | TOPIC #private | 442 #private
    bob | TOPIC #chat :x | 442 #chat
    alice | TOPIC #chat :x | 482 #chat
    bob | NAMES #a,#b,#c | 366 #a | 366 #b | 407 #c
    bob | LIST >x | 521
    bob | INVITE boss | 461 INVITE
    bob | INVITE boss #nope | 403 #nope
    bob | INVITE boss #secret | 403 #secret
    bob | INVITE boss #chat | 442 #chat
    alice | INVITE nobody #chat | 401 nobody
    alice | INVITE boss #chat | 443 boss #chat
    bob | KICK #nope boss | 403 #nope
    bob | KICK #secret boss | 403 #secret
    bob | KICK #chat boss | 442 #chat
    alice | KICK #chat boss | 482 #chat
    boss | KICK #chat nobody | 401 nobody
    boss | KICK #chat bob | 441 bob #chat
    boss | KICK #chat x,y,z | 407 z | 401 x | 401 y
    bob | KNOCK #nope | 403 #nope
    boss | KNOCK #chat | 714 #chat
    bob | KNOCK #private | 480 #private
    bob | KNOCK #banned | 474 #banned
    bob | KNOCK #chat | 713 #chat
    bob | RENAME #nope #x | 403 #nope
    bob | RENAME #chat #x | 442 #chat
    alice | RENAME #chat #x | 482 #chat
    boss | RENAME #chat x | FAIL CANNOT_RENAME #chat x
    boss | RENAME #chat #chat | FAIL CANNOT_RENAME #chat #chat
    boss | RENAME #chat #a:b | 476 #a:b
    boss | RENAME #chat #key | FAIL CHANNEL_NAME_IN_USE #chat #key
    bob | MODE #nope | 403 #nope
    bob | MODE #secret +t | 403 #secret
    bob | MODE #chat +t | 482 #chat
    alice | MODE #chat +o bob | 482 #chat
    alice | MODE #chat +e | 482 #chat
    boss | MODE #chat +y | 472 y
    boss | MODE #chat +o | 461 MODE
    boss | MODE #chat +o nobody | 401 nobody
    boss | MODE #chat +o bob | 441 bob #chat
    boss | MODE #chat +k :a b | 525 #chat
    boss | MODE #chat +l x | 696 #chat l x
    boss | MODE #chat +b m: | 696 #chat b m:
    boss | MODE #chat +b :a b | 696 #chat b *
    boss | MODE #cage +b x!*@* | 478 #cage x!*@*
""")
MESSAGES = rows(r"""
    bob | PRIVMSG | 411
    bob | PRIVMSG , :x | 411
    bob | PRIVMSG boss | 412
    bob | PRIVMSG boss : | 412
    bob | PRIVMSG nobody :x | 401 nobody
    bob | PRIVMSG $*.example.org :x | 401 $*.example.org
    bob | PRIVMSG #nope :x | 403 #nope
    bob | PRIVMSG #secret :x | 403 #secret
    bob | PRIVMSG #chat :x | 404 #chat
    alice | PRIVMSG #moderated :x | 404 #moderated
    alice | PRIVMSG #cage :x | 404 #cage
    bob | PRIVMSG a,b,c :x | 407 c | 401 a | 401 b
    bob | PRIVMSG alice :x | 477 alice
    member | PRIVMSG alice :\1VERSION\1 | 531 alice
    boss | PRIVMSG full :x | 716 full | 717 full
    bob | TAGMSG | 411
    bob | @+a=b TAGMSG nobody | 401 nobody
    bob | @+a=b TAGMSG #nope | 403 #nope
    bob | @+a=b TAGMSG #chat | 404 #chat
    bob | @+a=b TAGMSG a,b,c | 407 c | 401 a | 401 b
    bob | NOTICE
    bob | NOTICE nobody :x
    bob | NOTICE #chat :x
    bob | RELAYMSG #nope a/b :x | 403 #nope
    alice | RELAYMSG #chat a/b :x | FAIL PRIVS_NEEDED
    boss | RELAYMSG #chat a/b : | FAIL BLANK_MSG
    boss | RELAYMSG #chat ab :x | FAIL INVALID_NICK
    boss | RELAYMSG #banned bob/x :x | FAIL BANNED
    bob | BATCH +1 nonsense | FAIL UNKNOWN_TYPE 1 nonsense
    bob | BATCH x | FAIL INVALID_REFTAG *
    bob | BATCH +1 draft/multiline nobody\n@batch=1 PRIVMSG nobody :x\nBATCH -1 | 401 nobody
""")
HISTORY = rows(r"""
    plain | CHATHISTORY LATEST #chat * 9 | FAIL CAPABILITY_REQUIRED draft/chathistory
    bob | CHATHISTORY | FAIL INVALID_PARAMS *
    bob | CHATHISTORY NONSENSE #chat * 9 | FAIL INVALID_PARAMS NONSENSE
    bob | CHATHISTORY LATEST #chat * | FAIL INVALID_PARAMS LATEST
    alice | CHATHISTORY LATEST #chat * x | FAIL INVALID_PARAMS LATEST x
    alice | CHATHISTORY LATEST #chat timestamp=x 9 | FAIL INVALID_PARAMS LATEST timestamp=x
    alice | CHATHISTORY LATEST #chat msgid=: 9 | FAIL INVALID_PARAMS LATEST msgid=:
    alice | CHATHISTORY LATEST #chat x=y 9 | FAIL INVALID_MSGREFTYPE LATEST #chat
    alice | CHATHISTORY TARGETS x y 9 | FAIL INVALID_PARAMS TARGETS x
    bob | CHATHISTORY LATEST #chat * 9 | FAIL INVALID_TARGET LATEST #chat
    bob | CHATHISTORY LATEST #nope * 9 | FAIL INVALID_TARGET LATEST #nope
    plain | SEARCH text=x | FAIL CAPABILITY_REQUIRED draft/search
    bob | SEARCH limit=x | FAIL INVALID_PARAMS limit
    plain | MARKREAD #chat | FAIL CAPABILITY_REQUIRED draft/read-marker
    bob | MARKREAD | FAIL NEED_MORE_PARAMS
    bob | MARKREAD 1st | FAIL INVALID_PARAMS 1st
    bob | MARKREAD #chat x | FAIL INVALID_PARAMS x
    plain | REDACT #chat x | FAIL CAPABILITY_REQUIRED draft/message-redaction
    bob | REDACT #chat x | FAIL INVALID_TARGET #chat
    bob | REDACT #nope x | FAIL INVALID_TARGET #nope
    alice | REDACT #chat x | FAIL UNKNOWN_MSGID #chat x
    plain | EDIT #chat | FAIL CAPABILITY_REQUIRED draft/message-edit
    alice | EDIT #chat | FAIL INVALID_EDIT #chat
    alice | @draft/target-msgid=x;draft/edit-text= EDIT #chat | FAIL INVALID_EDIT #chat x
    bob | @draft/target-msgid=x;draft/edit-text=y EDIT #chat | FAIL INVALID_TARGET #chat
    alice | @draft/target-msgid=x;draft/edit-text=y EDIT #chat | FAIL UNKNOWN_MSGID #chat x
    plain | REACTIONS #chat x | FAIL CAPABILITY_REQUIRED draft/chathistory
    alice | REACTIONS #chat x | FAIL INVALID_PARAMS x
    bob | REACTIONS #chat 0lp9qm3lw000q1 | FAIL INVALID_TARGET #chat
    plain | UNREAD | FAIL CAPABILITY_REQUIRED draft/chathistory
    bob | UNREAD #chat | FAIL INVALID_TARGET #chat
    plain | MENTIONS | FAIL CAPABILITY_REQUIRED draft/chathistory
    bob | MENTIONS x | FAIL INVALID_PARAMS x
    bob | MENTIONS * * x | FAIL INVALID_PARAMS x
""")
ACCOUNTS = rows(r"""
    plain | METADATA * LIST | FAIL CAPABILITY_REQUIRED draft/metadata-3
    bob | METADATA | 461 METADATA
    bob | METADATA * | 461 METADATA
    bob | METADATA * NONSENSE | FAIL SUBCOMMAND_INVALID NONSENSE
    bob | METADATA nobody LIST | FAIL INVALID_TARGET nobody
    bob | METADATA #nope SYNC | FAIL INVALID_TARGET #nope
    bob | METADATA * GET Ä | FAIL KEY_INVALID Ä
    alice | METADATA #chat SET url :x | FAIL KEY_NO_PERMISSION #chat url
    bob | METADATA * SET url | FAIL KEY_NOT_SET * url
    bob | PERSISTENCE | FAIL INVALID_PARAMETERS
    bob | PERSISTENCE GET | FAIL ACCOUNT_REQUIRED
    member | PERSISTENCE SET x | FAIL INVALID_PARAMETERS
    stranger | REGISTER x * correct-horse | FAIL NEED_NICK *
    bob | REGISTER boss * correct-horse | FAIL BAD_ACCOUNT_NAME boss
    bob | REGISTER * x correct-horse | FAIL INVALID_EMAIL bob
    bob | REGISTER * * x | FAIL WEAK_PASSWORD bob
    member | REGISTER * * correct-horse | FAIL ALREADY_AUTHENTICATED *
    bob | VERIFY bob x | FAIL INVALID_CODE bob
    bob | TOKEN LIST | FAIL ACCOUNT_REQUIRED
    member | TOKEN NONSENSE | FAIL INVALID_PARAMS NONSENSE
    member | TOKEN REVOKE | FAIL NEED_MORE_PARAMS REVOKE
    member | TOKEN REVOKE x | FAIL UNKNOWN_TOKEN x
""")
QUESTIONS = rows(r"""
    bob | ACCEPT nobody | 401 nobody
    bob | ACCEPT -boss | 458 boss
    full | ACCEPT bob | 457 bob
    full | ACCEPT boss | 456
    full | SILENCE +y | 511 y!*@*
    bob | MONITOR + | 461 MONITOR
    full | MONITOR + boss | 734 1 boss
    bob | UMODE +y | 501
    bob | UMODE +s | 481
    bob | MODE bob +y | 501
    bob | MODE boss +i | 502
    bob | MODE nobody +i | 401 nobody
    bob | WHOIS | 431
    bob | WHOIS nobody | 401 nobody | 318 nobody
    bob | WHOIS irc.example.org bob | 402 irc.example.org
    bob | WHOWAS | 431
    bob | WHOWAS nobody | 406 nobody | 369 nobody
    bob | MOTD irc.example.org | 402 irc.example.org
    bob | RULES irc.example.org | 402 irc.example.org
    bob | VERSION irc.example.org | 402 irc.example.org
    bob | ADMIN irc.example.org | 402 irc.example.org
    bob | ADMIN | 423 {server}
    bob | LUSERS * irc.example.org | 402 irc.example.org
    bob | TIME irc.example.org | 402 irc.example.org
    bob | INFO irc.example.org | 402 irc.example.org
    bob | STATS u irc.example.org | 402 irc.example.org
    bob | STATS l | 481 | 219 l
    bob | HELP nonsense | 524 nonsense
    bob | HELPOP nonsense | 524 nonsense
""")
TABLES = CONNECTION + OPERATORS + CHANNELS + MESSAGES + HISTORY + ACCOUNTS + QUESTIONS
