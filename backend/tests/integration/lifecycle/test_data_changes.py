"""Changes of data: in chunks that are continued, beside writers whose writes are kept, the same however often."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from lifecycle import planning
from lifecycle.data_changes.table_rewrite import SEGMENTS, TableRewrite
from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.lease import holder_of
from lifecycle.operations import Context, DataChange, Item
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_runner_killed import killed_run
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.fault_proxy import Fault, FaultProxy, RandomFaults

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine

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
    context = Context(engine.client(), "dev", save_checkpoint=notes.append)
    change(filled, rename).carry_out(context)
    for n, item in items(filled, engine).items():
        assert item == {
            "id": {"S": f"i{n % 5}"}, "n": {"N": str(n)}, "new": {"N": str(n)}, "none": {"NULL": True},
            "b": {"B": b"\x00\xff"},
        }  # fmt: skip
    assert len(notes) >= 4 and 40 <= notes[-1]["seen"] == notes[-1]["changed"] < ITEMS
    said: list[str] = []
    change(filled, rename).carry_out(Context(engine.client(), "dev", progress=said.append))
    assert f"0 of {ITEMS} items changed" in said[-1]


FILE = """
def rename(item):
    if "old" not in item:
        return None
    return {**{k: v for k, v in item.items() if k != "old"}, "new": int(item["old"])}
"""

FILE_THAT_FAILS = """
from pathlib import Path
read = []
def rename(item):
    read.append(1)
    if len(read) > 11 and not Path(__file__).with_name("mended").exists():
        raise ValueError("not now")
    if "old" not in item:
        return None
    return {**{k: v for k, v in item.items() if k != "old"}, "new": int(item["old"])}
"""


@pytest.mark.parametrize("number", [20, 33, 47, 60])
def test_it_goes_on_behind_the_last_chunk_after_a_kill(filled: Project, engine: Engine, number: int) -> None:
    name = filled.add(
        "rename", 'DataChange("rename", ORDERS, rename, chunk=10)', tables=["orders"], extra=FILE
    )
    code, last = killed_run(filled, engine, number, "migrate")
    assert code == -9 and last is not None
    position = filled.history(engine).read()[name].noted.get("seen", 0)
    assert filled.history(engine).read()[name].status == "applying"
    filled.runner(engine).migrate(Selection())
    assert all(item["new"]["N"] == str(n) and "old" not in item for n, item in items(filled, engine).items())
    if position:
        assert any(f"continuing after {position} items" in line for line in filled.said)


def test_it_waits_while_the_table_is_throttled(filled: Project, engine: Engine) -> None:
    throttled = RandomFaults(0.2, (Fault.THROTTLE,))
    with FaultProxy(engine.endpoint_url, throttled) as proxy:
        client = Engine(engine.name, proxy.url).client()
        change(filled, rename).carry_out(Context(client, "dev"))
    assert throttled.made and all("new" in item for item in items(filled, engine).values())


def test_it_stops_when_it_is_told_to_and_goes_on_later(filled: Project, engine: Engine) -> None:
    name = filled.add(
        "rename", 'DataChange("rename", ORDERS, rename, chunk=10)', tables=["orders"], extra=FILE
    )
    code, last = killed_run(filled, engine, 40, "migrate", how=signal.SIGTERM)
    assert (code, last is not None) == (130, True)
    assert (filled.path / "out").read_text().splitlines()[-1].startswith("stopped: what was done is kept")
    assert filled.history(engine).read()[name].status == "applying"
    assert holder_of(engine.client(), filled.history(engine)) is None
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


def by_lookup(item: Item) -> Item | None:
    """Puts a visible item into the feed; `hidden` is only read."""
    if item.get("hidden") or "feed" in item:
        return None
    item["feed"] = item["old"]
    return item


def by_copy(item: Item) -> Item | None:
    return None if item.get("hidden") or "feed" in item else {**item, "feed": "all"}


def by_value(item: Item) -> Item | None:
    return None if item["old"] == "hidden" or "feed" in item else {**item, "feed": "all"}


HIDDEN: dict[str, Any] = {"hidden": {"BOOL": True}}


@pytest.mark.parametrize(
    ("function", "hidden"), [(by_lookup, HIDDEN), (by_copy, HIDDEN), (by_value, {"old": {"S": "hidden"}})]
)
def test_a_write_of_an_attribute_that_is_only_read_is_seen(
    filled: Project, engine: Engine, function: Any, hidden: dict[str, Any]
) -> None:
    """The item is hidden between the scan and the write; what is derived from it has to follow."""
    once = threading.Lock()

    def meanwhile(item: Item) -> Item | None:
        result: Item | None = function(item)
        if dict.get(item, "n") == 3 and once.acquire(blocking=False):
            ((name, value),) = hidden.items()
            engine.client().update_item(
                TableName=filled.table("orders"), Key={"id": {"S": "i3"}, "n": {"N": "3"}},
                UpdateExpression="SET #name = :value", ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )  # fmt: skip
        return result

    change(filled, meanwhile).carry_out(Context(engine.client(), "dev"))
    stored = items(filled, engine)
    assert "feed" not in stored.pop(3)
    assert all("feed" in item for item in stored.values())


def test_a_write_of_another_attribute_is_no_reason_to_read_again(filled: Project, engine: Engine) -> None:
    calls: list[int] = []
    once = threading.Lock()

    def meanwhile(item: Item) -> Item | None:
        if item["n"] == 3:
            calls.append(3)
            if once.acquire(blocking=False):
                engine.client().update_item(
                    TableName=filled.table("orders"), Key={"id": {"S": "i3"}, "n": {"N": "3"}},
                    UpdateExpression="SET clicks = :one", ExpressionAttributeValues={":one": {"N": "1"}},
                )  # fmt: skip
        return by_lookup(item)

    change(filled, meanwhile).carry_out(Context(engine.client(), "dev"))
    assert len(calls) == 2  # the change, and the proof that it leaves alone what it changed
    assert items(filled, engine)[3].keys() >= {"feed", "clicks"}


def test_a_number_that_becomes_a_boolean_is_a_change(filled: Project, engine: Engine) -> None:
    engine.client().update_item(
        TableName=filled.table("orders"), Key={"id": {"S": "i1"}, "n": {"N": "1"}},
        UpdateExpression="SET active = :one, tags = :list",
        ExpressionAttributeValues={":one": {"N": "1"}, ":list": {"L": [{"N": "0"}]}},
    )  # fmt: skip

    def to_boolean(item: Item) -> Item | None:
        return {**item, "active": True, "tags": [False]} if "active" in item else None

    change(filled, to_boolean).carry_out(Context(engine.client(), "dev"))
    stored = items(filled, engine)[1]
    assert (stored["active"], stored["tags"]) == ({"BOOL": True}, {"L": [{"BOOL": False}]})


def test_a_failing_function_names_its_item(filled: Project, engine: Engine) -> None:
    with pytest.raises(
        BadInput, match=r"the function fails on the item id=i4, n=4 of .*: KeyError: 'missing'"
    ):
        change(filled, lambda item: item["missing"] if item["n"] == 4 else None).carry_out(
            Context(engine.client(), "dev")
        )


def test_items_are_read_in_parallel_segments(filled: Project, engine: Engine) -> None:
    with FaultProxy(engine.endpoint_url) as proxy:
        client = Engine(engine.name, proxy.url).client()
        change(filled, rename).carry_out(Context(client, "dev"))
        scans = [call.request for call in proxy.calls if call.operation == "Scan"]
    assert {scan["Segment"] for scan in scans} == set(range(SEGMENTS))


def test_the_write_units_per_second_are_limited(filled: Project, engine: Engine) -> None:
    """A bucket of our own clock: every write waits for the units of those before it."""
    spent: list[float] = []

    class Bucket:
        def wait_for(self, units: float) -> float:
            spent.append(units)
            return 0.0

    context = Context(engine.client(), "dev", max_wcu=7)
    rewrite = TableRewrite(context, change(filled, rename)._item_transform(context), 10, ITEMS)
    rewrite._bucket = Bucket()  # type: ignore[assignment]
    rewrite.run()
    assert spent == [1.0] * ITEMS


def test_a_run_with_a_limit_changes_everything(filled: Project, engine: Engine) -> None:
    change(filled, rename).carry_out(Context(engine.client(), "dev", max_wcu=1000))
    assert all("new" in item for item in items(filled, engine).values())


def test_a_plan_shows_real_items_before_and_after(filled: Project, engine: Engine) -> None:
    filled.add("rename", 'DataChange("rename", ORDERS, rename)', tables=["orders"], extra=FILE)
    before = items(filled, engine)
    ((planned,),) = [plan.steps for plan in planning.plan(filled.runner(engine), Selection())]
    assert planned.preview is not None
    assert (planned.preview.items_changed, planned.preview.is_complete) == (ITEMS, True)
    example = planned.preview.examples[0]
    number = example.key.rpartition("=")[2]
    assert example.attributes == {"new": ("missing", number), "old": (repr(number), "missing")}
    completed = filled.script(engine, "migrate", "--dry-run", "--max-wcu", "1")
    assert f"57 of all {ITEMS} items would change" in completed.stdout, completed.stderr
    assert f"    old: '{number}' -> missing" in completed.stdout
    assert items(filled, engine) == before


def test_a_function_that_fails_is_told_by_the_plan(filled: Project, engine: Engine) -> None:
    filled.add("bad", 'DataChange("bad", ORDERS, lambda item: {**item, "x": 1 / 0})', tables=["orders"])
    with pytest.raises(BadInput, match=r"the function fails on the item .*ZeroDivisionError"):
        planning.plan(filled.runner(engine), Selection())


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
        (lambda item: {**item, "count": item.get("count", 0) + 1}, "changes the item .* again each time"),
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


@pytest.mark.parametrize("name", ["hex", "B", "after", "binary"])
@pytest.mark.parametrize("kind", ["S", "N", "B"])
def test_it_goes_on_in_a_table_whose_key_has_any_name(
    project: Project, engine: Engine, name: str, kind: str
) -> None:
    values: dict[str, Any] = {"S": "ab{}", "N": "{}", "B": b"\x00{}"}
    project.declare("orders", f'Key("{name}", "{kind}")')
    project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    project.runner(engine).migrate(Selection())
    for n in range(12):
        value = values[kind]
        key = value.replace(b"{}", bytes([n])) if kind == "B" else value.format(n)
        item: Any = {name: {kind: key}, "old": {"S": str(n)}}
        engine.client().put_item(TableName=project.table("orders"), Item=item)
    change_name = project.add(
        "rename", 'DataChange("rename", ORDERS, rename, chunk=1)', tables=["orders"], extra=FILE_THAT_FAILS
    )
    with pytest.raises(ChangeFailed, match="not now"):
        project.runner(engine).migrate(Selection())
    record = project.history(engine).read()[change_name]
    assert record.status == "failed" and record.noted
    shown = project.script(engine, "status")
    assert shown.returncode == 0 and "Traceback" not in shown.stderr
    (project.changes / "mended").touch()
    project.runner(engine).migrate(Selection())
    found = engine.client().scan(TableName=project.table("orders"))["Items"]
    assert len(found) == 12 and all("new" in item for item in found)
