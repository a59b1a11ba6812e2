"""What makes the text of a setting valid: types that carry their check, for the definitions in settings.

A check returns the sentence that says what is wrong, or None; it must not repeat a secret.
Knows nothing of sections, keys or TOML.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Annotated

from msgspec import Meta

from chatd.config.written import quoted
from chatd.wire.addresses import is_email

Check = Callable[[str], str | None]
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

CHANNEL_FLAGS = "CMRcimnpst"
"""Channel modes that are plain flags, so that a new channel can have them without a parameter."""
USER_FLAGS = "RTgipwx"
"""User modes that a user may set on their own; the others say what somebody is, not what they want."""

ANYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)\Z")
_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}\Z")
_ENDPOINT_KIND = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")
_NAME = re.compile(r"[!-~]{1,50}\Z")
_NICK = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,19}\Z")
_ORIGIN = re.compile(r"https?://[a-z0-9.*-]+(:([0-9]{1,5}|\*))?\Z|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?\Z|null\Z|\*\Z")
_TAG = re.compile(r"-?[A-Za-z0-9][A-Za-z0-9./-]{0,99}\Z")
_URL = re.compile(r"(?=.{9,250}\Z)https?://[!-~]+\Z")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")


def networks(texts: Iterable[str]) -> tuple[IPNetwork, ...]:
    """Turn valid network settings into networks; ``*`` becomes all of IPv4 and all of IPv6.

    Raises ValueError for text that a loaded configuration cannot hold.
    """
    found: list[IPNetwork] = []
    for text in texts:
        found += ANYWHERE if text == "*" else [ipaddress.ip_network(text)]
    return tuple(found)


def is_within(ip: str, within: Iterable[IPNetwork]) -> bool:
    """Say whether a textual address is in one of these networks; what is no address is in none."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in within)


def _one_line(text: str) -> str | None:
    if _CONTROL.search(text):
        return "must be one line without control characters"
    return "is longer than 200 bytes" if len(text.encode()) > 200 else None


def _server_name(text: str) -> str | None:
    if len(text) > 63:
        return "is longer than 63 letters"
    if "." not in text:
        return f'needs a dot, as in "irc.example.org", not {quoted(text)}'
    if not all(_LABEL.match(label) for label in text.split(".")):
        return f"must be a host name (letters, digits, - and dots), not {quoted(text)}"
    return None


def _label(text: str) -> str | None:
    if _NAME.match(text):
        return None
    return f"must be one word of at most 50 letters, digits and ASCII signs, not {quoted(text)}"


def _optional_label(text: str) -> str | None:
    return _label(text) if text else None


def _path(text: str) -> str | None:
    return "must be a path without control characters" if _CONTROL.search(text) else None


def _required_path(text: str) -> str | None:
    return _path(text) if text else "must not be empty"


def _network(text: str) -> str | None:
    if text == "*":
        return None
    try:
        ipaddress.ip_network(text)
    except ValueError:
        pass
    else:
        return None
    try:
        meant = ipaddress.ip_interface(text).network
    except ValueError:
        return f'must be an address, a network such as "192.0.2.0/24", or "*", not {quoted(text)}'
    return f'has bits set outside its network: write "{meant}", not {quoted(text)}'


def _endpoint(text: str) -> str | None:
    kind, colon, rest = text.partition(":")
    if not colon or not rest or not _ENDPOINT_KIND.match(kind):
        return f'must be a Twisted endpoint such as "tcp:6667", not {quoted(text)}'
    if kind == "ssl":
        return 'must not be an ssl endpoint: name it "tcp:..." in listen.tls'
    if kind in ("tcp", "tcp4", "tcp6"):
        port = rest.split(":")[0].removeprefix("port=")
        if not (port.isascii() and port.isdigit() and int(port[:6]) <= 65535):
            return f"needs a port between 0 and 65535, not {quoted(port)}"
    return None


def _channel_mask(text: str) -> str | None:
    if not text.startswith(("#", "*", "?")) or re.search(r"[ ,]", text) or _CONTROL.search(text):
        return f'must be a channel or a mask such as "#private*", not {quoted(text)}'
    return None


def _origin(text: str) -> str | None:
    if _ORIGIN.match(text):
        return None
    return f'must be an origin in lower case, such as "https://chat.example.org", or "*", not {quoted(text)}'


def _bcrypt_hash(text: str) -> str | None:
    return None if _BCRYPT.match(text) else 'must be a bcrypt hash, 60 letters that begin with "$2b$"'


def _optional_hash(text: str) -> str | None:
    return _bcrypt_hash(text) if text else None


def _database_url(text: str) -> str | None:
    # It may hold a password, so it is not quoted.
    if not text or (text.startswith(("sqlite:///", "postgresql://")) and not _CONTROL.search(text)):
        return None
    return 'must begin with "sqlite:///", then a file, or with "postgresql://"'


def _secret(text: str) -> str | None:
    return None if not text or len(text) >= 16 else "must have at least 16 letters (or none)"


def _fingerprint(text: str) -> str | None:
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return None
    return "must be a SHA-256 fingerprint: 64 hexadecimal digits in lower case"


def _host_suffix(text: str) -> str | None:
    if text and (len(text) > 40 or not all(_LABEL.match(label) for label in text.split("."))):
        return f"must be letters, digits, - and dots, at most 40, not {quoted(text)}"
    return None


def _tag_name(text: str) -> str | None:
    if text == "*" or _TAG.match(text):
        return None
    return f'must be the name of a tag without its +, one with "-" before it, or "*", not {quoted(text)}'


def _nick_beginning(text: str) -> str | None:
    if _NICK.match(text):
        return None
    return f"must be at most 20 letters and digits, the first a letter, not {quoted(text)}"


def _url(text: str) -> str | None:
    if not text or _URL.match(text):
        return None
    return "must be an address that begins with https:// or http://, at most 250 ASCII letters without spaces"


def _email_address(text: str) -> str | None:
    return None if not text or is_email(text) else f'must be an address such as "chat@example.org", not {quoted(text)}'


def _cipher_list(text: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9:+!@=_.-]*", text) else "must be an OpenSSL cipher list"


def _flags(known: str) -> Check:
    """Make the check for a string of mode letters out of ``known``."""

    def check(text: str) -> str | None:
        for place, letter in enumerate(text):
            if letter not in known:
                return f'may hold the mode letters "{known}", not {quoted(letter)}'
            if letter in text[:place]:
                return f"has the mode letter {quoted(letter)} twice"
        return None

    return check


OneLine = Annotated[str, Meta(extra={"check": _one_line})]
ServerName = Annotated[str, Meta(extra={"check": _server_name})]
Label = Annotated[str, Meta(extra={"check": _label})]
OptionalLabel = Annotated[str, Meta(extra={"check": _optional_label})]
Path = Annotated[str, Meta(extra={"check": _path})]
RequiredPath = Annotated[str, Meta(extra={"check": _required_path})]
Network = Annotated[str, Meta(extra={"check": _network})]
Endpoint = Annotated[str, Meta(extra={"check": _endpoint})]
ChannelMask = Annotated[str, Meta(extra={"check": _channel_mask})]
Origin = Annotated[str, Meta(extra={"check": _origin})]
Fingerprint = Annotated[str, Meta(extra={"check": _fingerprint})]
HostSuffix = Annotated[str, Meta(extra={"check": _host_suffix})]
TagName = Annotated[str, Meta(extra={"check": _tag_name})]
NickBeginning = Annotated[str, Meta(extra={"check": _nick_beginning})]
Url = Annotated[str, Meta(extra={"check": _url})]
CipherList = Annotated[str, Meta(extra={"check": _cipher_list})]
ChannelFlags = Annotated[str, Meta(extra={"check": _flags(CHANNEL_FLAGS)})]
UserFlags = Annotated[str, Meta(extra={"check": _flags(USER_FLAGS)})]
BcryptHash = Annotated[str, Meta(extra={"check": _bcrypt_hash, "secret": True})]
OptionalHash = Annotated[str, Meta(extra={"check": _optional_hash, "secret": True})]
Secret = Annotated[str, Meta(extra={"check": _secret, "secret": True})]
PlainSecret = Annotated[str, Meta(extra={"check": _path, "secret": True})]
EmailAddress = Annotated[str, Meta(extra={"check": _email_address})]
DatabaseUrl = Annotated[str, Meta(extra={"check": _database_url, "secret": True})]
