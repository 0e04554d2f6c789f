"""The documents' generated blocks, `<!-- generated: NAME -->` to `<!-- end -->`: checked, and written again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from config.environment import PROJECT_DIR
from design import cost_tables, tables

BLOCKS: dict[str, Callable[[], str]] = {
    "items": tables.items,
    "entities": tables.entities,
    "fields": tables.fields,
    "indexes": tables.indexes,
    "names": tables.names,
    "source": tables.source,
    "main-patterns": cost_tables.main_patterns,
    "patterns": cost_tables.patterns,
    "pages": cost_tables.pages,
    "prices": cost_tables.prices,
    "guide": cost_tables.guide,
    "partitions": cost_tables.partitions,
    "shards": cost_tables.shards,
    "load-model": cost_tables.load_model,
    "growth": cost_tables.growth,
    "heat": cost_tables.heat,
}


@dataclass(frozen=True)
class Document:
    """A Markdown file of the project, and the generated blocks that it has to hold."""

    path: Path
    blocks: tuple[str, ...]

    def read(self) -> str:
        """The file's text."""
        return self.path.read_text(encoding="utf-8")


DESIGN = Document(
    PROJECT_DIR / "DYNAMODB_SINGLE_TABLE_DESIGN_V2.md", ("items", "indexes", "main-patterns", "growth")
)
REFERENCE = Document(
    PROJECT_DIR / "docs" / "reference.md",
    tuple(name for name in BLOCKS if name not in ("items", "main-patterns", "growth")),
)
DOCUMENTS = (DESIGN, REFERENCE)

_BLOCK = re.compile(
    r"(?P<begin><!-- generated: (?P<name>[^>]*?) -->\n)(?P<body>.*?)(?P<end><!-- end -->)", re.DOTALL
)


class BlockError(ValueError):
    """A document lacks a block, has one twice, or names one that does not exist."""


def parse_blocks(text: str, expected: Iterable[str]) -> dict[str, str]:
    """The generated blocks of a text by name. Raises `BlockError` unless they are the expected ones, once each."""
    blocks: dict[str, str] = {}
    for match in _BLOCK.finditer(text):
        name = match["name"]
        if name not in BLOCKS:
            raise BlockError(f"there is no block {name!r}; there are {', '.join(BLOCKS)}")
        if name in blocks:
            raise BlockError(f"the block {name!r} appears twice")
        blocks[name] = match["body"].strip("\n")
    if text.count("<!-- generated:") != len(blocks):
        raise BlockError("a generated block is not closed: end it with <!-- end -->")
    for name in expected:
        if name not in blocks:
            raise BlockError(f"the block {name!r} is missing")
    return blocks


@lru_cache(maxsize=1)
def render_blocks() -> Mapping[str, str]:
    """Every block as the code says now; the simulation takes some seconds."""
    return {name: render() for name, render in BLOCKS.items()}


def stale_blocks(text: str, document: Document) -> list[str]:
    """The names of the blocks of `text` that are out of date. Raises `BlockError`."""
    current = render_blocks()
    return [name for name, body in parse_blocks(text, document.blocks).items() if body != current[name]]


def with_current_blocks(text: str, document: Document) -> str:
    """The text with every block up to date. Raises `BlockError`."""
    parse_blocks(text, document.blocks)
    current = render_blocks()
    return _BLOCK.sub(lambda match: f"{match['begin']}\n{current[match['name']]}\n\n{match['end']}", text)


def write(document: Document) -> list[str]:
    """Rewrites the stale blocks of a document's file; their names. Raises `BlockError`, `OSError`."""
    text = document.read()
    names = stale_blocks(text, document)
    if names:
        document.path.write_text(with_current_blocks(text, document), encoding="utf-8")
    return names
