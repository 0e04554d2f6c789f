"""Applying changes: order, targets, what is there already, what was deleted, what fails."""

from __future__ import annotations

import pytest

from api.dynamodb.control_plane.errors import TableChangeError
from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.selection import Selection
from tests.support.changes import Project
from tests.support.engines import Engine

EVERYTHING = Selection()
INDEX = 'IndexConfig("by-user", Key("user"), Key("at", "N"))'
SAMPLES = 'sample_items=({"id": "a", "n": 1}, {"id": "b", "n": 2})'


def two_tables(project: Project) -> tuple[str, str]:
    project.declare("orders", f'Key("id"), ttl="ttl", indexes=({INDEX},), {SAMPLES}')
    project.declare("logs", 'Key("id"), Key("at", "N")')
    orders = project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    logs = project.add("logs", "CreateTable(LOGS)", "DeleteTable(LOGS)", tables=["logs"])
    return orders, logs


def states(project: Project, engine: Engine, env: str = "dev") -> dict[str, str]:
    return {one.change.name: one.state for one in project.runner(engine, env=env).statuses() if one.change}


def test_everything_pending_is_applied_once_in_order(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    assert states(project, engine) == {orders: "pending", logs: "pending"}
    assert project.runner(engine).migrate(EVERYTHING).changes == [orders, logs]
    assert states(project, engine) == {orders: "applied", logs: "applied"}
    described = engine.client().describe_table(TableName=project.table("orders"))["Table"]
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["by-user"]
    ttl = engine.client().describe_time_to_live(TableName=project.table("orders"))["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "ttl"
    assert project.runner(engine).migrate(EVERYTHING).changes == []
    record = project.history(engine).read()[orders]
    assert (record.status, record.steps_done, record.steps) == ("applied", 1, 1)
    assert "@" in record.by and record.ended and record.checksum.startswith("steps-1:")


def test_a_target_runs_alone_with_what_it_depends_on(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    assert project.runner(engine).migrate(Selection(target=logs)).changes == [logs]
    assert states(project, engine) == {orders: "pending", logs: "applied"}


@pytest.mark.parametrize(("env", "samples"), [("dev", ["a", "b"]), ("staging", [])])
def test_sample_items_are_written_in_dev_alone(
    project: Project, engine: Engine, env: str, samples: list[str]
) -> None:
    two_tables(project)
    project.runner(engine, env=env).migrate(EVERYTHING)
    items = engine.client().scan(TableName=project.table("orders", env))["Items"]
    assert sorted(item["id"]["S"] for item in items) == samples


def test_environments_have_tables_and_histories_of_their_own(project: Project, engine: Engine) -> None:
    two_tables(project)
    project.runner(engine, env="prod").migrate(EVERYTHING)
    assert set(states(project, engine, "prod").values()) == {"applied"}
    assert set(states(project, engine).values()) == {"pending"}


def test_a_table_that_is_there_is_skipped_and_left_as_it_is(project: Project, engine: Engine) -> None:
    orders, _ = two_tables(project)
    definition = project.config("orders").definition("dev")
    engine.client().create_table(**definition)
    engine.client().put_item(TableName=project.table("orders"), Item={"id": {"S": "mine"}})
    project.runner(engine).migrate(EVERYTHING)
    items = engine.client().scan(TableName=project.table("orders"))["Items"]
    assert items == [{"id": {"S": "mine"}}]
    assert project.history(engine).read()[orders].status == "applied"


def test_a_table_that_is_there_and_is_another_is_refused_before_anything_is_changed(
    project: Project, engine: Engine
) -> None:
    two_tables(project)
    project.declare("logs", 'Key("id"), Key("at", "N")')
    engine.client().create_table(
        TableName=project.table("logs"), BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
    )  # fmt: skip
    with pytest.raises(
        TableChangeError, match=r"exists but is not as declared \(keys: declared id \+ at, found other"
    ):
        project.runner(engine).migrate(EVERYTHING)
    assert project.table("orders") not in engine.client().list_tables()["TableNames"]
    assert project.history(engine).read() == {}


def test_a_table_that_somebody_deleted_is_told_of_and_created_again(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    more = project.add(
        "index", 'AddIndex(ORDERS, IndexConfig("by-n", Key("n", "N")))', 'DropIndex(ORDERS, "by-n")',
        tables=["orders"], after=[orders],
    )  # fmt: skip
    project.runner(engine).migrate(EVERYTHING)
    engine.client().delete_table(TableName=project.table("orders"))
    assert states(project, engine) == {orders: "lost", logs: "applied", more: "lost"}
    assert project.runner(engine).migrate(EVERYTHING).changes == [orders, more]
    described = engine.client().describe_table(TableName=project.table("orders"))["Table"]
    assert {one["IndexName"] for one in described["GlobalSecondaryIndexes"]} == {"by-user", "by-n"}
    assert set(states(project, engine).values()) == {"applied"}


def test_a_change_whose_steps_were_edited_after_it_was_applied_is_refused(
    project: Project, engine: Engine
) -> None:
    orders, logs = two_tables(project)
    project.runner(engine).migrate(Selection(target=orders))
    file = project.changes / f"{orders}.py"
    file.write_text(file.read_text() + "# a thought\n")
    assert states(project, engine) == {orders: "applied", logs: "pending"}
    file.write_text(
        file.read_text().replace("[DeleteTable(ORDERS)]", "[DeleteTable(ORDERS, even_protected=True)]")
    )
    for act in (project.runner(engine).migrate, project.runner(engine).rollback):
        with pytest.raises(BadInput, match=f"steps of {orders} were edited after .* if .*: accept {orders}"):
            act(EVERYTHING)
    assert states(project, engine) == {orders: "edited", logs: "pending"}


def test_an_index_that_contradicts_the_real_table_is_refused_before_anything_is_changed(
    project: Project, engine: Engine
) -> None:
    orders, _ = two_tables(project)
    project.runner(engine).migrate(Selection(target=orders))
    project.add("bad", 'AddIndex(LOGS, IndexConfig("by-x", Key("x")))', tables=["logs"])
    for index, said in (
        ('IndexConfig("by-at", Key("at", "S"))', "at:S contradicts"),
        ('IndexConfig("by", Key("user"))', "'by' cannot be an index's name"),
    ):
        other = Project(project.folder, name=project.name)
        name = other.add("wrong", f"AddIndex(ORDERS, {index})", tables=["orders"], stamp="20270101_000000")
        with pytest.raises(BadInput, match=said):
            other.runner(engine).migrate(Selection(target=name))
    assert name not in project.history(engine).read()


BROKEN = """
from pathlib import Path
def explode(item):
    if not Path(__file__).with_name("mended").exists():
        raise ValueError("no price")
    return {**item, "price": 1}
"""


def test_a_step_that_fails_leaves_a_true_history_and_says_how_to_go_on(
    project: Project, engine: Engine
) -> None:
    orders, _ = two_tables(project)
    bad = project.add(
        "prices", 'SetStream(ORDERS, "KEYS_ONLY"), DataChange("prices", ORDERS, explode), SetTTL(ORDERS, None)',
        "SetStream(ORDERS, None)", tables=["orders"], after=[orders], extra=BROKEN,
    )  # fmt: skip
    with pytest.raises(ChangeFailed) as failure:
        project.runner(engine).migrate(EVERYTHING)
    said = str(failure.value)
    assert f"{bad} failed at step 2 of 3" in said and "ValueError: no price" in said
    assert f"run migrate again to continue there, or rollback --target {bad} to undo it" in said
    record = project.history(engine).read()[bad]
    assert (record.status, record.steps_done) == ("failed", 1)
    assert record.error is not None and record.error.endswith("ValueError: no price")
    (project.changes / "mended").touch()
    project.said.clear()
    assert project.runner(engine).migrate(EVERYTHING).changes == [bad]
    assert not any("stream of" in line for line in project.said)  # it went on at the second step
    assert project.history(engine).read()[bad].error is None
    items = engine.client().scan(TableName=project.table("orders"))["Items"]
    assert {item["price"]["N"] for item in items} == {"1"}


def test_a_failed_change_can_be_undone(project: Project, engine: Engine) -> None:
    orders, _ = two_tables(project)
    bad = project.add(
        "prices", 'SetStream(ORDERS, "KEYS_ONLY"), DataChange("prices", ORDERS, explode)',
        "SetStream(ORDERS, None)", tables=["orders"], after=[orders], extra=BROKEN,
    )  # fmt: skip
    with pytest.raises(ChangeFailed):
        project.runner(engine).migrate(EVERYTHING)
    assert project.runner(engine).rollback(Selection(target=bad)).changes == [bad]
    described = engine.client().describe_table(TableName=project.table("orders"))["Table"]
    assert not described.get("StreamSpecification", {}).get("StreamEnabled")
    assert states(project, engine)[bad] == "undone"


def test_a_change_of_a_table_that_nobody_created_is_refused_with_the_next_step(
    project: Project, engine: Engine
) -> None:
    two_tables(project)
    name = project.add("ttl", 'SetTTL(LOGS, "gone")', tables=["logs"])
    with pytest.raises(BadInput, match=r"there is no table .*; apply the change that creates it first"):
        project.runner(engine).migrate(Selection(target=name))
