"""Services: how NickServ and its like are addressed, and how they answer; a layer below the features.

A feature adds a command with ``@NICKSERV.command("NAME", "<usage>")`` on a function of a ``Request`` and words; HELP
and the checks derive from that.
"""
