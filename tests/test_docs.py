"""The tables of docs/protocol.md, compared with the catalog: what is documented is what there is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import msgspec
import pytest

import chatd.accounts.login
import chatd.context
import chatd.features
import chatd.metadata.wording
import chatd.server.gate
import chatd.server.saying
from chatd.config import Config
from chatd.core import catalog
from chatd.core.catalog import Catalog
from chatd.core.flags import LETTERS
from chatd.core.modes import Kind
from chatd.tap import Options
from chatd.testing import Stage
from chatd.wire.numerics import Numeric

ROOT = Path(__file__).parents[1]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])
CATALOG = Catalog.collect(chatd.features)


def table(header: str) -> list[list[str]]:
    """The rows below the table head that begins like this, as cells without backticks."""
    assert PROTOCOL.count(f"\n{header}") == 1, header
    _, _, rest = PROTOCOL.partition(f"\n{header}")
    rows = []
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([re.sub(r"^`([^`]*)`$", r"\1", cell.strip()) for cell in line.split("|")[1:-1]])
    return rows


def isupport() -> dict[str, str]:
    """The tokens a standard server announces, with their values."""
    tokens = " ".join(Stage().server.isupport()).split(" ")
    return {name: value for name, _, value in (token.partition("=") for token in tokens)}


def test_every_command_has_a_row():
    """The rows of the table of commands are the commands that are not hidden, each once."""
    documented = [row[0] for row in table("| command |")]
    assert sorted(documented) == sorted(verb for verb, row in CATALOG.commands.items() if not row.hidden)


def test_every_command_of_nickserv_has_a_row():
    """The rows of its table are its commands but for other names of them, in its own words."""
    documented = {row[0]: row[1] for row in table("| NickServ command |")}
    commands = CATALOG.services["nickserv"].commands.values()
    assert documented == {row.name: row.usage for row in commands if not row.hidden}


def test_rows_name_the_privilege():
    """A command that needs a privilege names it, or is an SA command, which all need override."""
    silent = {
        row[0]
        for row in table("| command |")
        if (privilege := CATALOG.commands[row[0]].privilege) and f"privilege `{privilege}`" not in row[2]
    }
    assert {verb for verb in silent if not verb.startswith("SA")} == {"UNKLINE", "UNDLINE"}
    assert {CATALOG.commands[verb].privilege for verb in silent if verb.startswith("SA")} == {"override"}


def test_commands_before_registration():
    """The sentence on what is answered before registration names exactly those commands."""
    (named,) = re.findall(r"registration only ([A-Z, ]+ and [A-Z]+) are answered", PROTOCOL.replace("\n", " "))
    documented = set(re.findall(r"[A-Z]+", named))
    assert documented == {verb for verb, row in CATALOG.commands.items() if row.early and not row.hidden}


def test_costs():
    """The commands that take more than one from the flood allowance are named with what they take."""
    (named,) = re.findall(r"more than once: ([^)]*)\)", PROTOCOL.replace("\n", " "))
    documented: dict[str, float] = {}
    verbs: list[str] = []
    for word in re.findall(r"[A-Z]+|\d+", named):
        if word.isdigit():
            documented |= dict.fromkeys(verbs, float(word))
            verbs = []
        else:
            verbs.append(word)
    assert documented == {verb: row.cost for verb, row in CATALOG.commands.items() if row.cost > 1}


def test_channel_modes():
    """Every mode of channels has its row, with its type."""
    modes = CATALOG.modes.channel.values()
    documented = {row[0]: row[1] for row in table("| letter | type |")}
    assert documented == {mode.letter: mode.kind.value for mode in modes if mode.kind is not Kind.RANK}


def test_ranks():
    """Every rank has its row, highest first."""
    documented = [(row[0], row[1]) for row in table("| letter | prefix |")]
    assert documented == [(mode.letter, mode.prefix) for mode in CATALOG.modes.ranks]


def test_chanserv():
    """Every command of ChanServ is in its table; those that take a rank stand beside those that give it."""
    shown = " ".join(row[0] for row in table("| command to ChanServ |"))
    documented = set(re.findall(r"[A-Z]{2,}", shown))
    known = {name for name, row in CATALOG.services["chanserv"].commands.items() if not row.hidden}
    taking = {f"DE{name}" for name in ("OP", "HALFOP", "VOICE", "OWNER", "ADMIN")}
    assert known - taking - documented == {"FLAGLIST"}


def test_flags():
    """Every flag of access has its row, with its letter."""
    rows = table("| flag | letter |")
    words = [word for row in rows for word in re.findall(r"[a-z-]+", row[0])]
    letters = [letter for row in rows for letter in re.findall(r"[A-Za-z]", row[1])]
    assert dict(zip(words, letters, strict=True)) == dict(LETTERS)


def test_user_modes():
    """Every mode of users has its row."""
    assert sorted(row[0] for row in table("| letter | meaning |")) == sorted(CATALOG.modes.user)


def test_isupport():
    """Every token of 005 has its row, with the value a standard server announces."""
    announced = isupport()
    documented = {row[0]: row[1] for row in table("| token |")}
    documented["TARGMAX"] = documented["TARGMAX"].replace("JOIN:20,...", announced["TARGMAX"])
    assert documented == announced


def test_extended_bans():
    """Every extended ban has its row."""
    assert sorted(row[0][:2] for row in table("| extended ban |")) == sorted(f"{letter}:" for letter in CATALOG.extbans)


def test_capabilities():
    """Every capability has its row."""
    assert sorted(row[0] for row in table("| capability |")) == sorted(CATALOG.capabilities)


def test_capabilities_are_shown():
    """A transcript asks for every capability."""
    asked = re.findall(r"^(?:\w+ )?C: CAP REQ :?(.*)$", PROTOCOL, re.MULTILINE)
    assert set(CATALOG.capabilities) - {name for line in asked for name in line.split(" ")} == set()


def test_numerics():
    """Every numeric that is sent has its row: its name and its fixed text, or a ":" before a free one."""
    names = [module.name for module in pkgutil.walk_packages(chatd.features.__path__, "chatd.features.")]
    used = {
        numeric
        for module in [
            *map(importlib.import_module, names),
            chatd.metadata.wording,
            chatd.accounts.login,
            chatd.server.gate,
            chatd.server.saying,
            chatd.context,
        ]
        for numeric in vars(module).values()
        if isinstance(numeric, Numeric)
    }
    documented = {(row[0], row[1], row[3], ":" in row[2]) for row in table("| number |")}
    assert documented == {(n.code, n.name, n.text or "", n.free) for n in used}


def test_replies_of_commands_are_explained():
    """A number in the table of commands is a numeric of the table of numerics."""
    known = {row[0] for row in table("| number |")}
    named = {code for row in table("| command |") for code in re.findall(r"\b\d{3}\b", f"{row[2]} {row[3]}")}
    assert named - known == set()


def test_options():
    """Every option after `twistd chatd` is in the table of operations.md, and what is there is an option."""
    documented = re.findall(r"^\| `--([a-z-]+)", OPERATIONS, re.MULTILINE)
    accepted = {option.rstrip("=") for option in Options().longOpt} - {"help", "version"}
    assert sorted(documented) == sorted(accepted)


def test_hooks():
    """Every hook of the catalog is in the table of architecture.md, and what is there is a hook."""
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table_of_hooks = architecture.partition("| hook | called |")[2].partition("\n\n")[0]
    documented = set(re.findall(r"`@([a-z]+)", table_of_hooks))
    marking = {
        name
        for name, function in vars(catalog).items()
        if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == catalog.__name__
    }
    assert documented == marking - {"command", "otherwise"}


def test_settings_exist():
    """A setting named as `section.key` in any document is one."""
    sections = {field.name: field.type for field in msgspec.structs.fields(Config)}
    wrong = []
    for document in DOCUMENTS:
        for section, key in re.findall(r"`([a-z]+)\.([a-z_]+)(?: = [^`]*)?`", document.read_text(encoding="utf-8")):
            if section in sections and key not in sections[section].__struct_fields__:
                wrong.append(f"{document.name}: {section}.{key}")
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    """Every link within the project leads to a file that exists."""
    targets = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []
