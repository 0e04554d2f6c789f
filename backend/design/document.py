"""The document's generated blocks: `<!-- generated: NAME -->` to `<!-- end -->`, checked and written again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from config.environment import PROJECT_DIR
from design import cost_tables, tables

PATH = PROJECT_DIR / "DYNAMODB_SINGLE_TABLE_DESIGN_V2.md"

BLOCKS: dict[str, Callable[[], str]] = {
    "entities": tables.entities,
    "fields": tables.fields,
    "indexes": tables.indexes,
    "names": tables.names,
    "source": tables.source,
    "patterns": cost_tables.patterns,
    "pages": cost_tables.pages,
    "prices": cost_tables.prices,
    "guide": cost_tables.guide,
    "partitions": cost_tables.partitions,
    "load-model": cost_tables.load_model,
    "growth": cost_tables.growth,
    "heat": cost_tables.heat,
}
_BLOCK = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[^>]*?) -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL
)


class BlockError(ValueError):
    """The document lacks a block, has one twice, or names one that nobody makes."""


def blocks_of(text: str) -> dict[str, str]:
    """The generated blocks that stand in a text, by name. Raises `BlockError`."""
    found: dict[str, str] = {}
    for match in _BLOCK.finditer(text):
        name = match["name"]
        if name not in BLOCKS:
            raise BlockError(f"nobody makes the block {name!r}; there are {', '.join(BLOCKS)}")
        if name in found:
            raise BlockError(f"the block {name!r} stands twice")
        found[name] = match["body"].strip("\n")
    if text.count("<!-- generated:") != len(found):
        raise BlockError("a generated block has no end: close it with <!-- end -->")
    missing = [name for name in BLOCKS if name not in found]
    if missing:
        raise BlockError(f"the document lacks the block {missing[0]!r}")
    return found


def made() -> dict[str, str]:
    """Every block as it should be now; the simulation takes some seconds."""
    return {name: make() for name, make in BLOCKS.items()}


def stale(text: str, fresh: dict[str, str]) -> list[str]:
    """The names of the blocks that differ from what they should be."""
    return [name for name, body in blocks_of(text).items() if body != fresh[name]]


def rewritten(text: str, fresh: dict[str, str]) -> str:
    """The text with every block as it should be."""
    blocks_of(text)
    return _BLOCK.sub(lambda match: f"{match['begin']}\n{fresh[match['name']]}\n\n{match['end']}", text)


def write(path: Path = PATH) -> list[str]:
    """Writes stale blocks of the document again; their names."""
    text = path.read_text(encoding="utf-8")
    fresh = made()
    names = stale(text, fresh)
    if names:
        path.write_text(rewritten(text, fresh), encoding="utf-8")
    return names
