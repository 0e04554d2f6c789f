"""A check of a DynamoDB export finds what a check of the table finds, and writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.inspection.test_export_table import lines
from tests.integration.repair.damages import DAMAGES, NOT_MENDED
from tests.integration.repair.test_commands import LOST, run
from tests.integration.repair.world import World
from tests.support.engines import Engine
from tests.support.table_exports import write_export


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_of_a_sound_table_has_no_findings(world: World, engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    items = world.items()
    write_export(folder, items.values(), table="algoitny_copy")
    done = run(world, engine, tmp_path, "check_data", "--from-export", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"algoitny_copy at {folder}: {len(items):,} items, 0 findings, 0 left; 0 RCU and 0 WCU\n"
    )


@pytest.mark.long
@pytest.mark.any_engine
def test_everything_that_is_wrong_is_found_in_an_export_too(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    for seed in (*DAMAGES.values(), *NOT_MENDED.values()):
        seed(world)
    folder = tmp_path / "export"
    write_export(folder, world.items().values())
    before = contents(folder)
    expected = world.check()[1]
    # Nothing is asked of an engine.
    settings = Engine(engine.name, "http://127.0.0.1:9")
    done = run(world, settings, tmp_path, "check_data", "--from-export", str(folder), "--json")
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert {
        (found["kind"], found["pk"], found["sk"]): found["state"] for found in report["findings"]
    } == expected
    assert (report["table"], report["target"], report["read_units"]) == ("algoitny_main", str(folder), 0)
    assert contents(folder) == before


@pytest.mark.any_engine
def test_an_export_is_not_repaired(world: World, engine: Engine, tmp_path: Path) -> None:
    world.delete(world.keys(LOST)[0])
    folder = tmp_path / "export"
    (first, *_) = write_export(folder, world.items().values())
    refused = run(world, engine, tmp_path, "check_data", "--from-export", str(folder), "--repair")
    assert refused.returncode == 2
    assert "an export cannot be changed" in refused.stderr
    assert "repair the table without --from-export" in refused.stderr
    first.write_bytes(first.read_bytes()[:-20])
    damaged = run(world, engine, tmp_path, "check_data", "--from-export", str(folder))
    assert damaged.returncode == 2
    assert f"{first}, after line " in damaged.stderr and "copy the export from S3 again" in damaged.stderr
    assert "Traceback" not in damaged.stderr
    model = run(
        world, engine, tmp_path, "export_table", "--workbench", "x.json", "--from-export", str(folder)
    )
    assert (model.returncode, model.stdout) == (2, "")
    assert "--from-export goes with --jsonl" in model.stderr


@pytest.mark.any_engine
def test_json_lines_of_an_export_are_those_of_the_table(world: World, engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write_export(folder, world.items().values(), table=world.table.name)
    reports = [
        run(world, engine, tmp_path, "export_table", "--jsonl", str(tmp_path / name), "--json", *arguments)
        for name, arguments in (("a", ()), ("b", ("--from-export", str(folder))))
    ]
    assert [(done.returncode, done.stderr) for done in reports] == [(0, "")] * 2
    of_table, of_export = (json.loads(done.stdout) for done in reports)
    assert of_export["kinds"] == of_table["kinds"]
    assert of_export["read_units"] == 0
    for kind in of_table["kinds"]:
        in_table, in_export = (
            sorted(json.dumps(line, sort_keys=True) for line in lines(tmp_path / name, kind)) for name in "ab"
        )
        assert in_export == in_table
    check = run(world, engine, tmp_path, "check_data", "--from-export", str(tmp_path / "a"))
    assert check.returncode == 2
    assert "holds JSON Lines" in check.stderr
