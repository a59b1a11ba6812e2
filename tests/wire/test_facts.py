"""What IRC software agrees on, from facts.toml, held to our own reading and writing."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from speaking import format_line

from chatd.wire.casemap import CASEMAPPINGS
from chatd.wire.hosts import is_host
from chatd.wire.masks import compile_mask
from chatd.wire.message import format_tags, parse

FACTS = tomllib.loads(Path(__file__).with_name("facts.toml").read_text(encoding="utf-8"))
CASEMAPPING = pytest.mark.parametrize("casemapping", CASEMAPPINGS.values(), ids=CASEMAPPINGS)


@pytest.mark.parametrize("fact", FACTS["read"], ids=lambda fact: fact["line"])
def test_what_a_line_means(fact: dict[str, Any]) -> None:
    """Tags, source, verb and parameters."""
    meant = (fact.get("tags", {}), fact.get("source", ""), fact["verb"], fact.get("params", []))
    assert parse(fact["line"]) == meant


@pytest.mark.parametrize("fact", FACTS["write"], ids=lambda fact: fact["right"][0])
def test_how_it_is_written(fact: dict[str, Any]) -> None:
    """In one of the ways that are right."""
    tags = f"@{format_tags(fact['tags'])} " if "tags" in fact else ""
    assert tags + format_line(fact.get("source", ""), fact["verb"], *fact.get("params", [])) in fact["right"]


@CASEMAPPING
@pytest.mark.parametrize("fact", FACTS["mask"], ids=lambda fact: fact["mask"])
def test_what_a_mask_matches(fact: dict[str, Any], casemapping: Any) -> None:
    """In each casemapping, as both sides are folded."""
    mask = compile_mask(fact["mask"], casemapping.fold)
    assert [text for text in fact["matches"] + fact["fails"] if mask.matches(casemapping.fold(text))] == fact["matches"]


def test_what_a_host_is_called() -> None:
    """Letters, digits and hyphens in labels, at least one dot, nothing else."""
    (fact,) = FACTS["host"]
    assert [host for host in fact["valid"] + fact["invalid"] if is_host(host)] == fact["valid"]
