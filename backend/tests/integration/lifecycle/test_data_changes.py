"""Changes of data: in chunks that are continued, beside writers whose writes are kept, the same however often."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.operations import Context, DataChange, Item
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_runner_killed import killed_run
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Fault, FaultProxy, RandomFaults
from tests.support.forks import Forks

ITEMS = 57


@pytest.fixture
def filled(project: Project, engine: Engine) -> Project:
    project.declare("orders", 'Key("id"), Key("n", "N")')
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    project.runner(engine).migrate(Selection())
    for n in range(ITEMS):
        engine.client().put_item(
            TableName=project.table("orders"),
            Item={
                "id": {"S": f"i{n % 5}"},
                "n": {"N": str(n)},
                "old": {"S": str(n)},
                "b": {"B": b"\x00\xff"},
            },
        )
    return project


def items(project: Project, engine: Engine) -> dict[int, dict[str, Any]]:
    found = engine.client().scan(TableName=project.table("orders"), ConsistentRead=True)["Items"]
    return {int(item["n"]["N"]): item for item in found}


def change(project: Project, transform: Any, chunk: int = 10) -> DataChange:
    return DataChange("rename", project.config("orders"), transform, chunk)


def rename(item: Item) -> Item | None:
    """Moves `old` to `new`."""
    if "old" not in item:
        return None
    return {**{k: v for k, v in item.items() if k != "old"}, "new": int(item["old"]), "none": None}


def test_every_item_is_changed_and_nothing_else_of_it(filled: Project, engine: Engine) -> None:
    notes: list[Any] = []
    context = Context(engine.client(), "dev", note=notes.append)
    change(filled, rename).carry_out(context)
    for n, item in items(filled, engine).items():
        assert item == {
            "id": {"S": f"i{n % 5}"}, "n": {"N": str(n)}, "new": {"N": str(n)}, "none": {"NULL": True},
            "b": {"B": b"\x00\xff"},
        }  # fmt: skip
    assert len(notes) >= 5 and notes[-1]["seen"] == notes[-1]["changed"] == 50
    said: list[str] = []
    change(filled, rename).carry_out(Context(engine.client(), "dev", say=said.append))
    assert f"0 of {ITEMS} items changed" in said[-1]


FILE = """
def rename(item):
    if "old" not in item:
        return None
    return {**{k: v for k, v in item.items() if k != "old"}, "new": int(item["old"])}
"""


@pytest.mark.parametrize("number", [20, 33, 47, 60])
def test_it_goes_on_behind_the_last_chunk_after_a_kill(
    filled: Project, engine: Engine, forks: Forks, number: int
) -> None:
    name = filled.add(
        "rename", 'DataChange("rename", ORDERS, rename, chunk=10)', tables=["orders"], extra=FILE
    )
    code, last = killed_run(filled, engine, forks, number, "migrate")
    assert code == -9 and last is not None
    position = filled.history(engine).read()[name].noted.get("seen", 0)
    assert (filled.history(engine).read()[name].status, position % 10) == ("applying", 0)
    filled.runner(engine).migrate(Selection())
    assert all(item["new"]["N"] == str(n) and "old" not in item for n, item in items(filled, engine).items())
    if position:
        assert any(f"going on behind {position} items" in line for line in filled.said)


def test_it_waits_while_the_table_is_throttled(filled: Project, engine: Engine) -> None:
    throttled = RandomFaults(0.2, (Fault.THROTTLE,))
    with FaultProxy(engine.endpoint_url, throttled) as proxy:
        client = Engine(engine.name, proxy.url).client()
        change(filled, rename).carry_out(Context(client, "dev"))
    assert throttled.made and all("new" in item for item in items(filled, engine).values())


def test_it_stops_when_it_is_told_to_and_goes_on_later(filled: Project, engine: Engine, forks: Forks) -> None:
    name = filled.add(
        "rename", 'DataChange("rename", ORDERS, rename, chunk=10)', tables=["orders"], extra=FILE
    )
    code, last = killed_run(filled, engine, forks, 40, "migrate", how=signal.SIGTERM)
    assert (code, last is not None) == (130, True)
    assert (filled.path / "out").read_text().splitlines()[-1].startswith("stopped: what was done is kept")
    assert filled.history(engine).read()[name].status == "applying"
    assert filled.history(engine).lease() is None
    filled.runner(engine).migrate(Selection())
    assert all("new" in item for item in items(filled, engine).values())


def test_a_write_of_the_service_in_between_is_kept(filled: Project, engine: Engine) -> None:
    once = threading.Lock()
    table = filled.table("orders")

    def meanwhile(item: Item) -> Item | None:
        if item["n"] == 3 and once.acquire(blocking=False):
            key: Any = {"id": {"S": item["id"]}, "n": {"N": "3"}}
            engine.client().put_item(
                TableName=table, Item={**key, "old": {"S": "300"}, "fresh": {"BOOL": True}}
            )
            engine.client().delete_item(TableName=table, Key={"id": {"S": "i4"}, "n": {"N": "4"}})
        return rename(item)

    change(filled, meanwhile, chunk=100).carry_out(Context(engine.client(), "dev"))
    found = items(filled, engine)
    assert found[3]["new"] == {"N": "300"} and found[3]["fresh"] == {"BOOL": True}
    assert len(found) in (ITEMS - 1, ITEMS)
    assert 4 not in found or "old" not in found[4]  # changed before it was deleted, or not brought back


def test_an_item_that_was_deleted_is_not_brought_back(filled: Project, engine: Engine) -> None:
    table = filled.table("orders")

    def deletes(item: Item) -> Item | None:
        engine.client().delete_item(
            TableName=table, Key={"id": {"S": item["id"]}, "n": {"N": str(item["n"])}}
        )
        return rename(item)

    change(filled, deletes, chunk=100).carry_out(Context(engine.client(), "dev"))
    assert items(filled, engine) == {}


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        (lambda item: {**item, "count": item.get("count", 0) + 1}, "changes the item .* anew each time"),
        (lambda item: {**item, "id": "other"}, "changes the key id of"),
    ],
)
def test_a_function_that_cannot_be_repeated_or_changes_a_key_is_refused(
    filled: Project, engine: Engine, transform: Any, said: str
) -> None:
    before = items(filled, engine)
    with pytest.raises(BadInput, match=said):
        change(filled, transform).carry_out(Context(engine.client(), "dev"))
    assert items(filled, engine) == before


def test_what_it_stumbles_over_is_told_by_the_runner(filled: Project, engine: Engine, tmp_path: Path) -> None:
    filled.add("bad", 'DataChange("bad", ORDERS, lambda item: {**item, "x": 0.5})', tables=["orders"])
    with pytest.raises(ChangeFailed, match="TypeError: Float types are not supported"):
        filled.runner(engine).migrate(Selection())
