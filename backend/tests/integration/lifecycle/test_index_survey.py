"""An index in a change file is built after the survey that `add_gsi.py` makes: unusable items stop it."""

from __future__ import annotations

import pytest

from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.selection import Selection
from tests.support.changes import Project
from tests.support.engines import Engine

EVERYTHING = Selection()
ADD = 'AddIndex(ORDERS, IndexConfig("by-at", Key("at", "N")){more})'
MEND = """
def mend(item):
    return {**item, "at": 0} if isinstance(item.get("at"), str) else None
"""


@pytest.fixture
def filled(project: Project, engine: Engine) -> Project:
    """A table with usable items, one without the key, and one whose key has another type."""
    project.declare("orders", 'Key("id")')
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    project.runner(engine).migrate(EVERYTHING)
    for number in range(5):
        item = {"id": {"S": f"good-{number}"}, "at": {"N": str(number)}}
        engine.client().put_item(TableName=project.table("orders"), Item=item)
    engine.client().put_item(TableName=project.table("orders"), Item={"id": {"S": "without"}})
    engine.client().put_item(
        TableName=project.table("orders"), Item={"id": {"S": "bad"}, "at": {"S": "noon"}}
    )
    return project


def indexes(project: Project, engine: Engine) -> list[str]:
    table = engine.client().describe_table(TableName=project.table("orders"))["Table"]
    return [index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])]


@pytest.mark.parametrize("command", ["plan", "migrate"])
def test_items_that_could_not_be_written_again_stop_it_before_anything_is_changed(
    filled: Project, engine: Engine, command: str
) -> None:
    name = filled.add("index", ADD.format(more=""), 'DropIndex(ORDERS, "by-at")', tables=["orders"])
    refused = filled.script(engine, command)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert "has items that by-at would skip" in refused.stderr
    assert "1 with at of type S, not N (such as id bad)" in refused.stderr
    assert "allow_unusable_items=True" in refused.stderr
    assert indexes(filled, engine) == [] and name not in filled.history(engine).read()


def test_it_is_built_when_the_change_allows_them(filled: Project, engine: Engine) -> None:
    filled.add("index", ADD.format(more=", allow_unusable_items=True"), tables=["orders"])
    filled.runner(engine).migrate(EVERYTHING)
    assert indexes(filled, engine) == ["by-at"]


def test_a_change_of_data_before_it_may_mend_them(filled: Project, engine: Engine) -> None:
    filled.add(
        "index", f'DataChange("mend", ORDERS, mend), {ADD.format(more="")}', tables=["orders"], extra=MEND
    )
    filled.runner(engine).migrate(EVERYTHING)
    assert indexes(filled, engine) == ["by-at"]


def test_what_a_change_of_data_leaves_stops_it_after_that(filled: Project, engine: Engine) -> None:
    nothing = "def mend(item):\n    return None\n"
    filled.add(
        "index", f'DataChange("mend", ORDERS, mend), {ADD.format(more="")}', tables=["orders"], extra=nothing
    )
    with pytest.raises(ChangeFailed, match=r"failed at step 2 of 2 .* has items that by-at would skip"):
        filled.runner(engine).migrate(EVERYTHING)
    assert indexes(filled, engine) == []


def test_an_index_that_is_there_is_not_surveyed(filled: Project, engine: Engine) -> None:
    allowed = filled.add("index", ADD.format(more=", allow_unusable_items=True"), tables=["orders"])
    filled.runner(engine).migrate(EVERYTHING)
    filled.add("again", ADD.format(more=""), tables=["orders"], after=[allowed])
    filled.runner(engine).migrate(EVERYTHING)
    with pytest.raises(BadInput, match="there is no change nope"):
        filled.runner(engine).migrate(Selection(target="nope"))
