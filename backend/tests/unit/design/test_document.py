"""The design document agrees with the code: its generated blocks, its methods, its anchors."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from api.dynamodb import repositories
from api.dynamodb.entities import ENTITIES
from design import document
from design.document import BlockError
from design.patterns import PATTERNS

TEXT = document.PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    return document.made()


def test_every_generated_block_is_up_to_date(fresh: dict[str, str]) -> None:
    assert document.stale(TEXT, fresh) == [], "run: make docs"


def test_a_changed_figure_is_found_and_written_again(fresh: dict[str, str], tmp_path: Path) -> None:
    changed = TEXT.replace("`USRLIST#{user_id % 4}`", "`USRLIST#{user_id % 5}`")
    assert changed != TEXT
    assert document.stale(changed, fresh) == ["entities"]
    assert document.rewritten(changed, fresh) == TEXT
    assert document.rewritten(TEXT, fresh) == TEXT


def test_text_outside_the_blocks_is_left_alone(fresh: dict[str, str]) -> None:
    assert document.rewritten("\\1 at first\n" + TEXT, fresh) == "\\1 at first\n" + TEXT


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nothing", "lacks the block 'entities'"),
        ("<!-- generated: weather -->\n<!-- end -->", "nobody makes the block 'weather'"),
        ("<!-- generated: growth -->\n<!-- end -->\n" * 2, "stands twice"),
        ("<!-- generated: growth -->\n| a |\n", "has no end"),
    ],
)
def test_a_broken_document_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BlockError, match=complaint):
        document.blocks_of(text)


def test_every_access_pattern_names_methods_that_the_repositories_have() -> None:
    for pattern in PATTERNS:
        repository = getattr(repositories, pattern.repository)
        for method in pattern.methods:
            assert inspect.isfunction(getattr(repository, method, None)), f"{pattern.repository}.{method}"


def test_every_method_of_the_repositories_has_an_access_pattern() -> None:
    told = {(pattern.repository, method) for pattern in PATTERNS for method in pattern.methods}
    for name in {repository for repository, _ in told}:
        for method, _ in inspect.getmembers(getattr(repositories, name), inspect.isfunction):
            assert method.startswith("_") or (name, method) in told, f"{name}.{method} is not in the document"


def test_every_entity_and_field_stands_in_the_document() -> None:
    for entity in ENTITIES:
        assert f"`{entity.name}`" in TEXT
        for field in entity.fields:
            assert f"| {field.name} | `{field.short}` |" in TEXT


def test_every_link_inside_the_document_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_tables_have_as_many_cells_in_each_line() -> None:
    for block in re.findall(r"(?:^\|.*\|\n)+", TEXT, re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block[:200]
