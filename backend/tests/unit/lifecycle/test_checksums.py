"""Checksums of changes: edits of what the steps make count, edits of how the file is written do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lifecycle.checksums import PREFIX
from tests.support.changes import Project

STEPS = (
    'CreateTable(ORDERS), AddIndex(ORDERS, IndexConfig("by-x", Key("x"))), SetTTL(ORDERS), '
    'SetTags(ORDERS), SetBilling(ORDERS, Throughput(1, 2)), DataChange("data", ORDERS, mend)'
)
DECLARED = 'Key("id"), ttl="ttl", tags={"a": "1", "b": "2"}'
MEND = "def mend(item):\n    return None if 'a' in item else {**item, 'a': 1}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.declare("orders", DECLARED)
    project.add("all", STEPS, 'DropIndex(ORDERS, "by-x")', tables=["orders"], extra=MEND)
    return project


def checksum(project: Project, env: str = "dev") -> str:
    (change,) = project.loaded()
    return change.checksum(env)


def edit(project: Project, old: str, new: str) -> None:
    (change,) = project.loaded()
    text = change.path.read_text()
    assert old in text
    change.path.write_text(text.replace(old, new))


def test_it_is_the_same_each_time_and_says_its_form(project: Project) -> None:
    assert checksum(project) == checksum(project)
    assert checksum(project).startswith(PREFIX) and len(checksum(project)) == len(PREFIX) + 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def up():", "# a thought\n\ndef up():"),
        ("def up():", 'def up():\n    """Applies it."""'),
        ("def mend(item):\n", 'def mend(item):\n    """Mends."""  # gently\n'),
        ("\n", "\r\n"),
        ("DESCRIPTION = 'all'", "DESCRIPTION = 'Everything.'"),
        ("GROUP = 'main'", "GROUP = 'orders'"),
        ("CreateTable(ORDERS), AddIndex", "CreateTable(config=ORDERS), AddIndex"),
        ("DataChange(\"data\", ORDERS, mend)", "DataChange(\"data\", ORDERS, mend, chunk=200)"),
    ],
)  # fmt: skip
def test_how_the_file_is_written_does_not_count(project: Project, old: str, new: str) -> None:
    before = checksum(project)
    edit(project, old, new)
    assert checksum(project) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('Key("x")', 'Key("x", "N")'),
        ('"by-x", Key', '"by-y", Key'),
        ("Throughput(1, 2)", "Throughput(1, 3)"),
        ("SetTTL(ORDERS)", "SetTTL(ORDERS, None)"),
        ("SetTTL(ORDERS), SetTags(ORDERS)", "SetTags(ORDERS), SetTTL(ORDERS)"),
        ("'a': 1}", "'a': 2}"),
        ('DropIndex(ORDERS, "by-x")', 'DropIndex(ORDERS, "by-y")'),
        ('DataChange("data", ORDERS, mend)', 'DataChange("data", ORDERS, lambda item: mend(item))'),
        ("CreateTable(ORDERS)", 'CreateTable(TableConfig(ORDERS.name, Key("id")))'),
    ],
)
def test_what_the_steps_make_counts(project: Project, old: str, new: str) -> None:
    before = checksum(project)
    edit(project, old, new)
    assert checksum(project) != before


def test_a_function_in_a_step_counts_by_its_source(project: Project) -> None:
    edit(project, ", mend)", ", lambda item: {**item, 'a': 1})")
    before = checksum(project)
    edit(project, "lambda item: {**item, 'a': 1}", "lambda item: {**item, 'a': 2}")
    assert checksum(project) != before


@pytest.mark.parametrize(
    "declared",
    [
        'Key("id"), ttl="expires", tags={"a": "1", "b": "2"}',
        'Key("id"), ttl="ttl", tags={"a": "1", "b": "3"}',
        'Key("id"), ttl="ttl", tags={"a": "1", "b": "2"}, stream="KEYS_ONLY"',
        'Key("id"), ttl="ttl", tags={"a": "1", "b": "2"}, sample_items=({"id": "a"},)',
    ],
)
def test_an_imported_declaration_counts(project: Project, declared: str) -> None:
    before = checksum(project)
    project.declare("orders", declared)
    assert checksum(project) != before


def test_the_order_of_a_mapping_does_not_count(project: Project) -> None:
    before = checksum(project)
    project.declare("orders", 'Key("id"), ttl="ttl", tags={"b": "2", "a": "1"}')
    assert checksum(project) == before


def test_what_is_declared_for_another_environment_does_not_count(project: Project) -> None:
    before = {env: checksum(project, env) for env in ("dev", "prod")}
    project.declare("orders", DECLARED + ', per_environment={"prod": {"ttl": "expires"}}')
    assert checksum(project, "dev") == before["dev"] and checksum(project, "prod") != before["prod"]


def test_sample_items_count_where_they_are_written(project: Project) -> None:
    before = {env: checksum(project, env) for env in ("dev", "prod")}
    project.declare("orders", DECLARED + ', sample_items=({"id": "a"},)')
    assert checksum(project, "dev") != before["dev"] and checksum(project, "prod") == before["prod"]
