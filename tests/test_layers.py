"""The import rule of docs/architecture.md, read from the source with ast."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1] / "chatd"
RANKS = {
    "wire": 0, "core": 1, "interfaces": 1, "config": 1, "delivery": 2, "clock": 2, "admission": 2, "credentials": 2,
    "reports": 2, "queueing": 2, "lanes": 2, "session": 3, "context": 3, "channels": 3, "metadata": 3, "accounts": 3,
    "services": 3, "presence": 3, "journal": 3, "reading": 3, "features": 4, "server": 4, "memory_history": 4,
    "testing": 5, "history": 5, "stores": 5, "net": 5, "mail": 5,
    "tap": 6, "logtools": 6, "accounttools": 6, "index": 6, "__main__": 6,
}  # fmt: skip
EDGE = {"history", "stores", "net", "mail"}
STRANGERS = {frozenset({"features", "server"}), *(frozenset({one, "testing"}) for one in EDGE - {"stores"}),
             *(frozenset({one, other}) for one in EDGE for other in EDGE if one != other),
             *(frozenset({one, "features"}) for one in EDGE)}  # fmt: skip
"""Who never imports whom, in neither direction, whatever the layers allow."""
THIRD_PARTY = {
    "config": {"msgspec"},
    "credentials": {"bcrypt"},
    "reports": {"twisted.logger"},
    "history": {"twisted"},
    "mail": {"twisted", "OpenSSL"},
    "stores": {"twisted", "msgspec", "sqlalchemy", "alembic"},
    "net": {"twisted", "zope", "OpenSSL", "cryptography", "service_identity", "h11", "wsproto"},
    "testing": {"msgspec"},
    "tap": {"twisted", "msgspec", "bcrypt"},
}
"""What does not come with Python, and where it may be imported."""
OUTSIDE = {"asyncio", "select", "selectors", "socket", "subprocess", "threading", "time"}
"""What comes with Python, but touches the world; only for the edge."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Import(NamedTuple):
    """``module`` is the full name; ``at_top`` says it is done when the file is, ``for_types`` that it never is."""

    module: str
    at_top: bool
    for_types: bool


def imports(source: str, package: list[str]) -> Iterator[Import]:
    """Everything that a file of this package imports."""
    tree = ast.parse(source)
    for_types: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for_types.update(inner for statement in node.body for inner in ast.walk(statement))
    inside = {inner for node in ast.walk(tree) if isinstance(node, FUNCTIONS) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names = [".".join([*base, *filter(None, [node.module]), name.name]) for name in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            names = [str(given.value) for given in node.args[:1] if isinstance(given, ast.Constant)]
        yield from (Import(name, node not in inside, node in for_types) for name in names)


def offences(path: str, source: str) -> list[str]:
    """What a file, named from ``chatd/``, imports though it must not."""
    *folders, _ = path.split("/")
    own = path.split("/")[0].removesuffix(".py")
    found = imports(source, ["chatd", *folders])
    return [f"{path} imports {each.module}" for each in found if not is_allowed(own, each)]


def is_allowed(own: str, each: Import) -> bool:
    """Say whether what is in ``own`` may import this."""
    first, *rest = each.module.split(".")
    if first == "chatd":
        if not rest or rest[0] not in RANKS:
            return True  # the version
        other = rest[0]
        if {own, other} == {"features"} or other == "tap":
            return False
        return frozenset({own, other}) not in STRANGERS and (each.for_types or RANKS[other] <= RANKS[own])
    if each.module.startswith("twisted.internet.reactor"):
        return own == "tap" and not each.at_top
    if first in OUTSIDE:
        return own in {*EDGE, "tap", "logtools", "index"}
    if first in sys.stdlib_module_names:
        return True
    return any(f"{each.module}.".startswith(f"{known}.") for known in THIRD_PARTY.get(own, ()))


SOURCES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


@pytest.mark.parametrize("path", SOURCES)
def test_imports_go_down(path: str) -> None:
    """A file imports from its own layer or below; features and the packages of the edge never import each other."""
    assert offences(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/user.py", "from chatd.session import Session"),
        ("core/user.py", "from ..session import Session"),
        ("core/events/base.py", "from ... import session"),
        ("core/user.py", "if TYPE_CHECKING:\n    from chatd.session import Session\nfrom chatd.session import Other"),
        ("core/user.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import chatd.session"),
        ("core/user.py", "def late():\n    from chatd import server"),
        ("core/user.py", "importlib.import_module('chatd.server')"),
        ("core/user.py", "import time"),
        ("core/user.py", "from twisted.logger import Logger"),
        ("features/topics.py", "from . import names"),
        ("features/topics.py", "from chatd.features.names import names"),
        ("features/topics.py", "from chatd.server import ChatServer"),
        ("features/topics.py", "if TYPE_CHECKING:\n    from chatd.server import ChatServer"),
        ("server.py", "import chatd.features"),
        ("server.py", "from twisted.logger import Logger"),
        ("net/tcp.py", "from chatd.history.files import LogFiles"),
        ("history/files.py", "from chatd.stores.bans import BanFile"),
        ("stores/bans.py", "from ..net import tcp"),
        ("stores/bans.py", "from chatd.features import names"),
        ("net/tcp.py", "from chatd.tap import Options"),
        ("net/tcp.py", "def late():\n    from twisted.internet import reactor"),
        ("tap.py", "from twisted.internet import reactor"),
        ("wire/message.py", "import msgspec"),
        ("reports.py", "from twisted.internet import defer"),
    ],
)
def test_offences_are_seen(path: str, source: str) -> None:
    """Each of these is one import too many."""
    assert len(offences(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("core/user.py", "if TYPE_CHECKING:\n    from chatd.session import Session"),
        ("core/user.py", "from . import names"),
        ("features/about.py", "from chatd import __version__"),
        ("core/events/base.py", "from ...wire import masks"),
        ("tap.py", "def late():\n    from twisted.internet import reactor"),
        ("net/tcp.py", "import socket\nfrom twisted.internet import tcp\nfrom chatd.interfaces import Gate"),
    ],
)
def test_what_is_allowed_is_no_offence(path: str, source: str) -> None:
    """Downward, among neighbours, and upward for types alone."""
    assert offences(path, source) == []


def test_every_layer_is_named() -> None:
    """A new top-level package or module must be given its layer here."""
    names = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names - {"__init__"} <= set(RANKS)


ASKING = {"capabilities": "this is CAP", "names": "this renders NAMES"}
"""The features that ask what a client has negotiated, and why."""


def test_features_say_what_they_need() -> None:
    """A capability is a matter of needs and lacks; no feature but these asks a session for it."""

    def asks(node: ast.AST) -> bool:
        return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd) and ".caps" in ast.unparse(node)

    found = {
        path.stem
        for path in (ROOT / "features").rglob("*.py")
        if any(map(asks, ast.walk(ast.parse(path.read_text()))))
    }
    assert found == set(ASKING)
