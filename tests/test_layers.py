"""The import rule of docs/architecture.md, read from the source with ast."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "chatd"
RANKS = {
    "wire": 0, "core": 1, "interfaces": 1, "config": 1, "delivery": 2, "clock": 2, "admission": 2, "credentials": 2,
    "session": 3, "context": 3, "features": 4, "server": 4, "testing": 5, "history": 5, "stores": 5, "net": 5, "tap": 6,
}  # fmt: skip


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module a file imports, and whether at module level (type-checking imports left out)."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node in tree.body) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{name.name}", node in tree.body) for name in node.names)


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in RANKS else ""


SOURCES = sorted(path for path in ROOT.rglob("*.py") if path.name != "__init__.py" or path.parent != ROOT)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    """A file imports from its own layer or below; features never import each other; Twisted is at the edge."""
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    text = path.read_text()
    for module, at_top in imports(path):
        if module.startswith("chatd."):
            other = layer(module)
            if other and f"if TYPE_CHECKING:\n    from {module.rpartition('.')[0]}" not in text:
                assert RANKS[other] <= RANKS[own], f"{path} imports {module}"
            if own == "features":
                assert other != "features", f"{path} imports another feature: {module}"
        if module.startswith("twisted"):
            at_edge = own in ("net", "tap", "history", "stores")
            allowed = at_edge or (own == "server" and module == "twisted.logger.Logger")
            assert allowed, f"{path} imports {module}"
            if module.startswith("twisted.internet.reactor"):
                assert own == "tap" and not at_top


def test_every_layer_is_named():
    """A new top-level package or module must be given its layer here."""
    names = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names - {"__init__"} <= set(RANKS)
