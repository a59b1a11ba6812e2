"""Whether settings that are each valid also go together."""

from __future__ import annotations

from collections.abc import Iterator

from chatd.config.accounts import Accounts
from chatd.config.listening import Listen, Tls
from chatd.config.mail import Mail
from chatd.config.people import BUILTIN_ROLES, Operator, Role, WebIrc
from chatd.config.settings import Config
from chatd.config.shape import Fault, near
from chatd.config.sts import StsHost
from chatd.config.written import Place, alternatives, quoted


def disagreements(config: Config) -> Iterator[Fault]:
    """Yield what does not fit together, each with the setting to change."""
    yield from _listeners(config)
    yield from _certificate(config.tls)
    listeners = {text for name in Listen.__struct_fields__ for text in getattr(config.listen, name)}
    for index, text in enumerate(config.password.free_listeners):
        if text not in listeners:
            yield Fault(("password", "free_listeners", index), f"is no listener: {quoted(text)}")
    for index, gateway in enumerate(config.webirc):
        yield from _gateway(gateway, index)
    yield from _denied_tags(config.tags.deny)
    yield from _mail(config.mail, config.accounts)
    roles = (*BUILTIN_ROLES, *(role.name for role in config.roles))
    for index, operator in enumerate(config.operators):
        yield from _operator(operator, index, roles)
    yield from _twins(("webirc",), config.webirc)
    yield from _twins(("operators",), config.operators)
    yield from _twins(("roles",), config.roles)
    yield from _twins(("sts", "hosts"), config.sts.hosts)
    if config.sts.port and not (config.listen.need_certificate or config.listen.proxied):
        yield Fault(("sts", "port"), "needs a listener with TLS")


def _listeners(config: Config) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name in Listen.__struct_fields__:
        endpoints: tuple[str, ...] = getattr(config.listen, name)
        for index, endpoint in enumerate(endpoints):
            if endpoint in seen:
                yield Fault(
                    ("listen", name, index), f"is already in listen.{seen[endpoint]}: {quoted(endpoint)}"
                )
            seen[endpoint] = name
        if name.startswith("proxied") and endpoints and not config.proxy.networks:
            yield Fault(("listen", name), "needs proxy.networks, or nobody could connect there")


def _certificate(tls: Tls) -> Iterator[Fault]:
    if tls.key and not tls.certificate:
        yield Fault(("tls", "key"), "needs tls.certificate too")
    if tls.certificate and not tls.key:
        yield Fault(("tls", "certificate"), "needs tls.key too")
    if tls.chain and not tls.certificate:
        yield Fault(("tls", "chain"), "needs tls.certificate and tls.key too")


def _denied_tags(names: tuple[str, ...]) -> Iterator[Fault]:
    if "*" in names[1:]:
        yield Fault(("tags", "deny", names.index("*", 1)), 'must be the first: "*" comes before exceptions')
    for index, name in enumerate(names):
        if name[0] == "-" and names[0] != "*":
            yield Fault(("tags", "deny", index), f'is an exception and needs "*" first: {quoted(name)}')
    if len(",".join(names)) > 350:
        yield Fault(("tags", "deny"), "is too long to be announced: more than 350 letters in all")


def _mail(mail: Mail, accounts: Accounts) -> Iterator[Fault]:
    if mail.host and not mail.sender:
        yield Fault(("mail", "sender"), "is missing: letters need somebody they come from")
    if bool(mail.username) != bool(mail.password):
        yield Fault(("mail", "password" if mail.username else "username"), "is missing: the two go together")
    if accounts.email_required and not mail.host:
        yield Fault(("accounts", "email_required"), "needs mail.host, or nobody could register")
    if mail.username and mail.security == "none":
        yield Fault(("mail", "security"), "must not be none where a password is sent")


def _gateway(gateway: WebIrc, index: int) -> Iterator[Fault]:
    if not gateway.networks:
        yield Fault(("webirc", index, "networks"), "must name at least one network")


def _operator(operator: Operator, index: int, roles: tuple[str, ...]) -> Iterator[Fault]:
    place = ("operators", index)
    if not operator.password and not operator.certfp and not operator.account:
        yield Fault((*place, "password"), "is missing, and there is neither certfp nor account")
    if operator.automatic and (operator.password or not operator.account):
        yield Fault((*place, "automatic"), "goes with an account, and not with a password")
    if not operator.networks:
        yield Fault((*place, "networks"), 'must name at least one network ("*" is anywhere)')
    if operator.role not in roles:
        meant = alternatives(map(quoted, near(operator.role, roles) or roles))
        yield Fault((*place, "role"), f"unknown role {quoted(operator.role)}; did you mean {meant}?")
    if operator.privileges and operator.role != "admin":
        yield Fault((*place, "privileges"), "cannot stand beside role: give one of the two")


def _twins(place: Place, blocks: tuple[WebIrc | Operator | Role | StsHost, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if block.name in seen:
            yield Fault((*place, index, "name"), f"is already taken above: {quoted(block.name)}")
        seen.add(block.name)
