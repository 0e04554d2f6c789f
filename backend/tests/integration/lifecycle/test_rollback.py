"""Undoing changes: reverse order, names typed, and nothing deleted without a finished backup."""

from __future__ import annotations

import pytest

from lifecycle.errors import BadInput
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_migrate import EVERYTHING, states, two_tables
from tests.support.changes import Project
from tests.support.engines import Engine


def tables(project: Project, engine: Engine) -> list[str]:
    names = engine.client().list_tables()["TableNames"]
    return [name for name in names if project.name in name and name != project.history_table]


def test_it_undoes_everything_last_first(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    project.runner(engine).migrate(EVERYTHING)
    assert project.runner(engine, backups=False).rollback(EVERYTHING).changes == [logs, orders]
    assert tables(project, engine) == []
    assert states(project, engine) == {orders: "undone", logs: "undone"}
    assert project.runner(engine).rollback(EVERYTHING).changes == []
    assert project.runner(engine).migrate(EVERYTHING).changes == [orders, logs]


def test_a_target_is_undone_with_what_depends_on_it(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    ttl = project.add(
        "ttl", 'SetStream(ORDERS, "KEYS_ONLY")', "SetStream(ORDERS, None)", tables=["orders"], after=[orders]
    )
    project.runner(engine).migrate(EVERYTHING)
    assert project.runner(engine, backups=False).rollback(Selection(target=orders)).changes == [ttl, orders]
    assert states(project, engine) == {orders: "undone", logs: "applied", ttl: "undone"}


def test_a_name_that_is_not_typed_changes_nothing(project: Project, engine: Engine) -> None:
    orders, logs = two_tables(project)
    project.runner(engine).migrate(EVERYTHING)
    with pytest.raises(BadInput, match="does not match"):
        project.runner(engine, typed=False).rollback(EVERYTHING)
    assert f"asked for {project.table('logs')}, {project.table('orders')}" in project.said
    assert len(tables(project, engine)) == 2
    assert states(project, engine) == {orders: "applied", logs: "applied"}


def test_every_backup_is_finished_before_anything_is_deleted_and_its_arn_is_in_the_history(
    on_ministack: Project, ministack: Engine
) -> None:
    project = on_ministack
    orders, logs = two_tables(project)
    project.runner(ministack).migrate(EVERYTHING)
    project.said.clear()
    outcome = project.runner(ministack).rollback(EVERYTHING)
    finished = [n for n, line in enumerate(project.said) if "is finished" in line]
    first = next(n for n, line in enumerate(project.said) if line.startswith("undoing"))
    assert len(finished) == 2 and max(finished) < first
    records = project.history(ministack).read()
    assert sorted(outcome.backups) == sorted(records[orders].backups + records[logs].backups)
    for arn in outcome.backups:
        found = ministack.client().describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
        assert found["BackupStatus"] == "AVAILABLE"
    project.runner(ministack).migrate(EVERYTHING)
    assert project.history(ministack).read()[orders].backups == records[orders].backups


def test_an_engine_without_backups_deletes_nothing_unless_told_to(
    dynamodb_local: Engine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = Project(tmp_path_factory.mktemp("project"))
    orders, logs = two_tables(project)
    project.runner(dynamodb_local).migrate(EVERYTHING)
    with pytest.raises(BadInput, match=r"would be deleted without a backup, .* add --no-backup"):
        project.runner(dynamodb_local).rollback(EVERYTHING)
    assert len(tables(project, dynamodb_local)) == 2
    assert states(project, dynamodb_local) == {orders: "applied", logs: "applied"}
    assert project.runner(dynamodb_local, backups=False).rollback(EVERYTHING).changes == [logs, orders]
    dynamodb_local.client().delete_table(TableName=project.history_table)


def test_a_protected_table_is_deleted_only_by_a_step_that_says_so(project: Project, engine: Engine) -> None:
    project.declare("safe", 'Key("id"), protection=True')
    plain = project.add("plain", "CreateTable(SAFE)", "DeleteTable(SAFE)", tables=["safe"])
    project.runner(engine).migrate(EVERYTHING)
    with pytest.raises(BadInput, match="is protected against deletion: turn it off"):
        project.runner(engine, backups=False).rollback(EVERYTHING)
    assert states(project, engine) == {plain: "applied"}
    project.add("explicit", "CreateTable(SAFE)", "DeleteTable(SAFE, even_protected=True)", tables=["safe"])
    explicit = project.loaded()[1].name
    project.runner(engine).migrate(EVERYTHING)
    assert project.runner(engine, backups=False).rollback(Selection(target=explicit)).changes == [explicit]
    assert tables(project, engine) == []


def test_a_change_that_deletes_a_table_asks_and_backs_up_as_well(
    on_ministack: Project, ministack: Engine
) -> None:
    project = on_ministack
    _, logs = two_tables(project)
    project.runner(ministack).migrate(EVERYTHING)
    drop = project.add("drop", "DeleteTable(LOGS)", "CreateTable(LOGS)", tables=["logs"], after=[logs])
    with pytest.raises(BadInput, match="does not match"):
        project.runner(ministack, typed=False).migrate(EVERYTHING)
    outcome = project.runner(ministack).migrate(EVERYTHING)
    assert outcome.changes == [drop]
    assert project.history(ministack).read()[drop].backups == outcome.backups != []
    assert states(project, ministack)[logs] == "applied"  # deleted by a change, not lost
    assert project.runner(ministack).rollback(Selection(target=drop)).changes == [drop]
    assert project.table("logs") in tables(project, ministack)
