"""HELP of a service, derived from its table: all commands with a sentence each, or everything about one."""

from __future__ import annotations

from chatd.core.services import ServiceCommand, ServiceTable
from chatd.services.request import Declined, Request


def show_help(request: Request, table: ServiceTable, subject: str = "", topic: str = "") -> None:
    """Answer HELP, or HELP and the name of a command, or one of its topics as well."""
    if not subject or subject.upper() == "HELP":
        show_all(request, table)
        return
    command = table.commands.get(subject.upper())
    if command is None:
        raise Declined(f"There is no command of that name. HELP lists those of {table.service.name}.")
    if topic.upper() in command.topics:
        request.say(f"\x02{command.name} {topic.upper()}\x02 {command.topics[topic.upper()]}")
    elif topic and command.topics:
        raise Declined(f"{command.name} has no {topic[:40]}. HELP {command.name} lists what it has.")
    else:
        show_one(request, command)


def show_all(request: Request, table: ServiceTable) -> None:
    """What the service is for, and the commands the asker may use."""
    service = table.service
    request.say(f"{service.name} {service.purpose}. Its commands are written like this: /msg {service.name} HELP")
    shown = [
        command
        for command in table.commands.values()
        if not command.hidden and (not command.privilege or request.ctx.has_privilege(command.privilege))
    ]
    for command in sorted(shown, key=lambda command: (command.privilege, command.name)):
        mark = " (operators)" if command.privilege else ""
        request.say(f"\x02{command.name}\x02 - {first_sentence(command)}{mark}")
    request.say("HELP <command> says how one of them is used.")


def first_sentence(command: ServiceCommand) -> str:
    """What a command does, in short."""
    head, _, _ = " ".join(command.summary.split()).partition(". ")
    return head.rstrip(".")


def show_one(request: Request, command: ServiceCommand) -> None:
    """Usage, meaning, an example, and what it needs."""
    name = request.service.name
    request.say(f"\x02{command.syntax}\x02")
    request.say(" ".join(command.summary.split()))
    for word, meaning in command.topics.items():
        request.say(f"\x02{word}\x02 {meaning}")
    if command.example:
        request.say(f"Example: /msg {name} {command.example}")
    if command.login:
        request.say("For those who are logged in.")
    if command.privilege:
        request.say(f"For server operators with the privilege {command.privilege}.")
