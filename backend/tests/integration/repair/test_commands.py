"""`make dynamodb-check-data`, `make dynamodb-rederive` and `make dynamodb-restore-drill` as a person runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from repair.findings import KINDS
from tests.integration.repair.world import World
from tests.support.engines import Engine
from tests.support.scripts import run_script

LOST = "PRBLIST#ALL"


def run(
    world: World, engine: Engine, state: Path, name: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    settings = {**engine.settings(world.table.name), "ALGOITNY_STATE_DIR": str(state)}
    return run_script(name, *arguments, settings=settings)


@pytest.mark.any_engine
def test_a_check_says_what_is_wrong_and_a_repair_mends_it(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    clean = run(world, engine, tmp_path, "check_data")
    assert (clean.returncode, clean.stderr) == (0, "")
    number = len(world.items())
    assert clean.stdout.startswith(
        f"{world.table.name} at {engine.endpoint_url}: {number:,} items, 0 findings, 0 left"
    )
    pk, sk = world.delete(world.keys(LOST)[0])
    wrong = run(world, engine, tmp_path, "check_data")
    assert (wrong.returncode, wrong.stderr) == (1, "")
    assert wrong.stdout.startswith(f"open     entry.missing        {pk} {sk} of PRB#")
    file = tmp_path / "report.json"
    assert run(world, engine, tmp_path, "check_data", "--json", str(file)).returncode == 1
    report = json.loads(file.read_text())
    assert (report["found"], report["left"], report["repair"]) == (1, 1, False)
    (finding,) = report["findings"]
    assert (finding["kind"], finding["pk"], finding["sk"], finding["state"]) == (
        "entry.missing",
        pk,
        sk,
        "open",
    )
    mended = run(world, engine, tmp_path, "check_data", "--repair", "--max-wcu", "50", "--max-rcu", "5000")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert "mended   entry.missing" in mended.stdout and "1 findings, 0 left" in mended.stdout
    assert (pk, sk) in world.items()
    assert not list(tmp_path.glob("check-data/*"))


def test_every_kind_of_finding_is_listed(table: Any, engine: Engine, tmp_path: Path) -> None:
    lines = run_script("check_data", "--list-kinds").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(KINDS)
    assert json.loads(run_script("check_data", "--list-kinds", "--json").stdout).keys() == KINDS.keys()


@pytest.mark.any_engine
def test_rederive_counts_and_writes(world: World, engine: Engine, tmp_path: Path) -> None:
    key = world.delete(world.keys(LOST)[0])
    counted = run(world, engine, tmp_path, "rederive", "--dry-run", "--json")
    assert (counted.returncode, counted.stderr) == (0, "")
    assert json.loads(counted.stdout)["done"] == {"added": 1, "rewritten": 0, "removed": 0, "index keys": 0}
    assert key not in world.items()
    skipped = run(world, engine, tmp_path, "rederive", "--only", "users", "--only", "runs")
    assert "0 added" in skipped.stdout
    written = run(world, engine, tmp_path, "rederive", "--phase", "backfill")
    assert (written.returncode, written.stderr) == (0, "")
    assert "1 added, 0 rewritten, 0 removed, 0 index keys" in written.stdout
    assert key in world.items()


def test_a_table_that_does_not_exist_is_said(engine: Engine, table_name: str, tmp_path: Path) -> None:
    settings = {**engine.settings(table_name), "ALGOITNY_STATE_DIR": str(tmp_path)}
    for name in ("check_data", "rederive"):
        done = run_script(name, settings=settings)
        assert done.returncode == 2
        assert f"table {table_name} does not exist" in done.stderr


class TestDrill:
    """On MiniStack, which restores the table as it is now."""

    @pytest.fixture
    def engine(self, ministack: Engine) -> Engine:
        return ministack

    @pytest.fixture
    def copy(self, world: World) -> Iterator[str]:
        name = f"{world.table.name}_restored"
        yield name
        if name in world.client.list_tables()["TableNames"]:
            world.client.update_table(TableName=name, DeletionProtectionEnabled=False)
            world.client.delete_table(TableName=name)

    def test_the_copy_is_checked_timed_and_deleted(
        self, world: World, engine: Engine, copy: str, tmp_path: Path
    ) -> None:
        plan = run(world, engine, tmp_path, "restore_drill", "--dry-run")
        assert (plan.returncode, plan.stderr) == (0, "")
        assert f"restore {world.table.name} as of the latest possible moment to {copy}" in plan.stdout
        done = run(world, engine, tmp_path, "restore_drill", "--json")
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert [step["step"] for step in report["steps"]] == ["restore", "settings", "check", "delete"]
        assert report["steps"][2]["result"] == {"items": len(world.items()), "findings": []}
        assert all(step["seconds"] >= 0 for step in report["steps"])
        (line,) = (tmp_path / "restore-drills.jsonl").read_text().splitlines()
        assert json.loads(line) == {**report, "at": json.loads(line)["at"]}
        assert copy not in world.client.list_tables()["TableNames"]

    def test_a_kept_copy_has_what_a_restore_leaves_out(
        self, world: World, engine: Engine, copy: str, tmp_path: Path
    ) -> None:
        settings = {
            **engine.settings(world.table.name), "ALGOITNY_STATE_DIR": str(tmp_path), "ALGOITNY_ENVIRONMENT": "prod",
        }  # fmt: skip
        done = run_script("restore_drill", "--keep", settings=settings)
        assert done.returncode == 0, done.stderr
        description = world.client.describe_table(TableName=copy)["Table"]
        assert description["DeletionProtectionEnabled"]
        ttl = world.client.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
        backups = world.client.describe_continuous_backups(TableName=copy)["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        tags = world.client.list_tags_of_resource(ResourceArn=description["TableArn"])["Tags"]
        assert {"Key": "environment", "Value": "prod"} in tags
        again = run_script("restore_drill", "--keep", settings=settings)
        assert again.returncode == 2
        assert f"table {copy} exists already: delete it, or name another with --to" in again.stderr

    def test_damage_in_the_copy_is_told(
        self, world: World, engine: Engine, copy: str, tmp_path: Path
    ) -> None:
        world.delete(world.keys(LOST)[0])
        done = run(world, engine, tmp_path, "restore_drill")
        assert done.returncode == 1
        assert "entry.missing" in done.stdout
        assert copy not in world.client.list_tables()["TableNames"]


def test_an_engine_without_recovery_says_so(dynamodb_local: Engine, table_name: str, tmp_path: Path) -> None:
    client = dynamodb_local.client()
    from api.dynamodb.table_schema import create_table

    create_table(client, table_name)
    try:
        settings = {**dynamodb_local.settings(table_name), "ALGOITNY_STATE_DIR": str(tmp_path)}
        done = run_script("restore_drill", settings=settings)
        assert done.returncode == 2
        assert "this engine has no point-in-time recovery" in done.stderr
    finally:
        client.delete_table(TableName=table_name)


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-30T12:00:00"])
def test_a_moment_needs_its_zone(moment: str) -> None:
    done = run_script("restore_drill", "--at", moment)
    assert done.returncode == 2
    assert "--at" in done.stderr
