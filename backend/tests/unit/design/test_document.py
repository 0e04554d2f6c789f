"""The documents agree with the code: generated blocks, methods of access patterns, links."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from api.dynamodb import repositories
from api.dynamodb.schema.entities import ENTITIES
from config.environment import PROJECT_DIR
from design import document
from design.document import BlockError, Document
from design.patterns import PATTERNS
from scripts import design_doc
from tests.support.scripts import run_script

DOCUMENTS = pytest.mark.parametrize("checked", document.DOCUMENTS, ids=lambda checked: checked.path.name)
LINKED = [
    document.DESIGN.path,
    document.REFERENCE.path,
    PROJECT_DIR / "README.md",
    PROJECT_DIR / "docs" / "operations.md",
    *sorted((PROJECT_DIR / "docs" / "decisions").glob("*.md")),
]


@DOCUMENTS
def test_every_generated_block_is_up_to_date(checked: Document) -> None:
    assert document.stale_blocks(checked.read(), checked) == [], "run: make docs"


def test_a_changed_figure_is_found_and_written_again() -> None:
    text = document.REFERENCE.read()
    changed = text.replace("`USRLIST#{user_id % shards}`", "`USRLIST#{user_id % 5}`")
    assert changed != text
    assert document.stale_blocks(changed, document.REFERENCE) == ["entities"]
    assert document.with_current_blocks(changed, document.REFERENCE) == text
    assert document.with_current_blocks(text, document.REFERENCE) == text


@DOCUMENTS
def test_text_outside_the_blocks_is_left_alone(checked: Document) -> None:
    text = "\\1 at first\n" + checked.read()
    assert document.with_current_blocks(text, checked) == text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nothing", "the block 'items' is missing"),
        ("<!-- generated: weather -->\n<!-- end -->", "there is no block 'weather'"),
        ("<!-- generated: growth -->\n<!-- end -->\n" * 2, "appears twice"),
        ("<!-- generated: growth -->\n| a |\n", "is not closed"),
    ],
)
def test_a_broken_document_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BlockError, match=complaint):
        document.parse_blocks(text, document.DESIGN.blocks)


def test_the_design_document_shows_an_item_of_every_entity_as_json() -> None:
    body = document.parse_blocks(document.DESIGN.read(), document.DESIGN.blocks)["items"]
    shown = dict(re.findall(r"\*\*`(\w+)`\*\* .+\n\n```json\n(.+)\n```", body))
    assert list(shown) == [entity.name for entity in ENTITIES]
    for entity in ENTITIES:
        item = json.loads(shown[entity.name])
        assert {"PK", "SK"} <= item.keys()
        assert item.keys() >= {field.short for field in entity.fields if field.required}


def test_the_design_document_can_be_read_in_twenty_minutes() -> None:
    generated = re.compile(r"<!-- generated:.*?<!-- end -->", re.DOTALL)
    assert len(generated.sub("", document.DESIGN.read()).split()) < 4_000
    assert len(document.DESIGN.read().encode()) < 28_000


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


def test_every_entity_and_field_is_in_the_reference() -> None:
    text = document.REFERENCE.read()
    for entity in ENTITIES:
        assert f"`{entity.name}`" in text
        for field in entity.fields:
            assert f"| {field.name} | `{field.short}` |" in text


def anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", LINKED, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors_of(target), link


@pytest.mark.parametrize("path", LINKED, ids=lambda path: path.name)
def test_every_make_target_exists(path: Path) -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text()
    for target in set(
        re.findall(r"\bmake ((?:dynamodb|bench)[a-z-]*[a-z])", path.read_text(encoding="utf-8"))
    ):
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), target


@DOCUMENTS
def test_tables_have_as_many_cells_in_each_line(checked: Document) -> None:
    for block in re.findall(r"(?:^\|.*\|\n)+", checked.read(), re.MULTILINE):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1, block[:200]


# The command, here, where the simulations have been made: they take seconds.


def test_the_check_passes_whatever_prices_are_configured(
    use_settings: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    use_settings(PRICE_PER_MILLION_WRU="9")
    assert design_doc.main(design_doc.arguments().parse_args(["--check"])) == 0
    assert (
        capsys.readouterr().out
        == "DYNAMODB_SINGLE_TABLE_DESIGN_V2.md is up to date\nreference.md is up to date\n"
    )


def test_the_simulation_is_printed_for_machines_at_the_configured_prices(
    use_settings: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    use_settings(PRICE_PER_GB_MONTH="0")
    assert design_doc.main(design_doc.arguments().parse_args(["--simulate", "--json"])) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["prices"]["per_gb_month"] == 0
    small, middle, huge = report["scales"]
    assert [scale["users"] for scale in (small, middle, huge)] == [10_000, 10_000_000, 1_000_000_000]
    assert middle["dollars_a_month"]["storage"] == 0
    assert [heat["overloaded"] for heat in middle["heat"]] == [[]]
    declared, remedied = huge["heat"]
    assert "PUB#0" in declared["overloaded"]
    assert remedied["overloaded"] == []


def test_something_must_be_asked_for() -> None:
    done = run_script("design_doc")
    assert done.returncode == 2
    assert "--write" in done.stderr
