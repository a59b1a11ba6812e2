"""The configuration: typed settings with their defaults, and ``load``, the only reader of the file.

``Config()`` is the default configuration.  May import chatd.wire, never Twisted.
"""

from __future__ import annotations

from chatd.config.accounts import Accounts
from chatd.config.changes import changes
from chatd.config.checks import is_within, networks
from chatd.config.history import History, Readers
from chatd.config.limits import Connections, Flood, Limits
from chatd.config.listening import Certificate, Listen, Proxy, Tls, WebSocket
from chatd.config.mail import Mail
from chatd.config.password import Password
from chatd.config.people import BUILTIN_ROLES, PRIVILEGES, Operator, Privilege, Role, WebIrc
from chatd.config.presence import Presence
from chatd.config.reading import ConfigError, load, override
from chatd.config.sample import sample
from chatd.config.settings import Channels, Cloak, Config, Log, Server, Tags, Users
from chatd.config.sts import Sts, StsHost

__all__ = [
    "BUILTIN_ROLES",
    "PRIVILEGES",
    "Accounts",
    "Certificate",
    "Channels",
    "Cloak",
    "Config",
    "ConfigError",
    "Connections",
    "Flood",
    "History",
    "Limits",
    "Listen",
    "Log",
    "Mail",
    "Operator",
    "Password",
    "Presence",
    "Privilege",
    "Proxy",
    "Readers",
    "Role",
    "Server",
    "Sts",
    "StsHost",
    "Tags",
    "Tls",
    "Users",
    "WebIrc",
    "WebSocket",
    "changes",
    "is_within",
    "load",
    "networks",
    "override",
    "sample",
]
