"""The move by files: what ImportTable makes of them is the table that the move writes, and nothing half is imported."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.table_schema import check_table
from config.environment import environment
from lifecycle.history import History
from migration.files.data_file import DATA
from migration.files.destination import open_destination
from migration.files.export import export
from migration.files.manifest import read_manifest
from migration.job import MigrationOptions
from migration.lease import job_key
from tests.integration.migration import mixed_rows
from tests.integration.migration.dying_export import CHANGES
from tests.integration.migration.files_harness import ALL_CHANGES, BUCKET, FILE_BYTES, Files, lines_of
from tests.integration.migration.migration_harness import Move, agrees
from tests.support.engines import Engine
from tests.support.forks import run_fork
from tests.support.scripts import COMMAND_SECONDS, run_script, script_environment
from tests.support.torture import Sample


def test_an_imported_table_is_item_by_item_the_moved_one(files: Files, quick_move: Move) -> None:
    mixed_rows.fill(files.move.legacy)
    moved = quick_move.run()
    done = files.move.call("--to-files", files.url, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["dead_letters"]) == (3, sum(mixed_rows.DEAD.values()))
    assert report["steps"] == {
        name: {**vars(state.counts), "consumed": 0.0} for name, state in moved.steps.items()
    }
    imported = files.bring_in("--json")
    assert imported.returncode == 0, imported.stderr
    assert json.loads(imported.stdout)["imported"] == report["items"]
    assert "being imported, AWS goes on even if this command ends" in imported.stderr
    # Nothing but the job's own records (OPS#) differs: the lease is missing, and the job has another id.
    assert files.move.dump() == quick_move.dump()
    assert agrees(files.move)


def test_dead_letters_are_the_moves_and_are_retried_into_the_imported_table(
    files: Files, quick_move: Move
) -> None:
    mixed_rows.fill(files.move.legacy)
    quick_move.run()
    files.export()
    files.bring_in()
    assert files.move.letters() == quick_move.letters()
    files.move.legacy.sql("UPDATE users SET is_active = 1")
    assert files.move.replay().moved == quick_move.replay().moved == 1
    assert files.move.dump() == quick_move.dump()
    assert agrees(files.move)


def test_the_table_is_as_declared_with_its_history_and_the_mark_of_the_finished_job(users: Files) -> None:
    users.export()
    assert users.bring_in().returncode == 0
    client = users.move.engine.client()
    assert check_table(client, users.move.table) == []
    records = History(client, environment().history_table, "dev").read()
    assert {name: record.status for name, record in records.items()} == dict.fromkeys(ALL_CHANGES, "applied")
    checked = run_script("dynamodb_migrations", "check", settings=users.move.settings())
    assert checked.returncode == 0, checked.stdout
    again = users.move.call()
    assert again.returncode == 0
    assert "nothing to do: this job is finished" in again.stdout


def test_running_the_import_again_changes_nothing(users: Files) -> None:
    users.export()
    first, second = users.bring_in(), users.bring_in()
    assert (first.returncode, second.returncode) == (0, 0)
    assert "has all" in second.stdout
    assert "history" not in second.stdout


def test_changes_that_came_after_the_export_stay_pending(users: Files) -> None:
    later = "migration_20261130_010000_add_output_digests"
    users.move.use_settings(**users.move.settings())
    export(environment(), MigrationOptions(quiet=True), users.url, ALL_CHANGES[: ALL_CHANGES.index(later)])
    assert users.bring_in().returncode == 0
    status = run_script("dynamodb_migrations", "status", settings=users.move.settings())
    assert f"pending   {later}" in status.stdout


def test_another_entity_can_be_moved_directly_after_an_import(files: Files, quick_move: Move) -> None:
    mixed_rows.fill(files.move.legacy)
    quick_move.run()
    files.export(entity="users")
    assert files.bring_in().returncode == 0
    files.move.run()
    assert files.move.dump() == quick_move.dump()


def test_a_folder_and_a_bucket_get_the_same_files(files: Files, tmp_path: Path) -> None:
    mixed_rows.fill(files.move.legacy)
    folder = tmp_path / "export"
    manifests = [files.export().manifest, files.export(str(folder)).manifest]
    with_s3, in_folder = ([f for f in manifest.files if f.step != "job"] for manifest in manifests)
    assert with_s3 == in_folder
    assert len(in_folder) > 12
    items = lines_of(manifests[1], str(folder))
    keys = [(item["PK"]["S"], item["SK"]["S"]) for item in items]
    assert len(set(keys)) == len(keys) == manifests[1].items
    assert keys[-1] == (job_key()["PK"]["S"], job_key()["SK"]["S"])


def test_the_dry_run_says_how_many_bytes_the_files_have(files: Files) -> None:
    mixed_rows.fill(files.move.legacy)
    predicted = files.move.dry_run()
    manifest = files.export().manifest
    assert predicted.file_bytes == sum(file.bytes for file in manifest.files if file.step != "job")
    assert predicted.import_cost == pytest.approx(predicted.file_bytes / 1e9 * 0.15)
    done = files.move.call("--dry-run", "--to-files", files.url)
    assert "by files   $" in done.stdout


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_an_export_that_is_killed_at_any_write_ends_like_an_undisturbed_one(
    kind: str, files: Files, tmp_path: Path, sample: Sample
) -> None:
    mixed_rows.fill(files.move.legacy)

    def run(name: str, deaths: int) -> subprocess.CompletedProcess[str]:
        arguments = (address(name), str(FILE_BYTES), str(deaths))
        environment = script_environment(files.move.settings())
        return run_fork(
            "tests/integration/migration/dying_export.py", arguments, environment, COMMAND_SECONDS
        )

    def address(name: str) -> str:
        return str(tmp_path / name) if kind == "folder" else f"{files.url}/{name}"

    def result(name: str) -> tuple[list[Any], list[str]]:
        with open_destination(address(name)) as destination:
            manifest = read_manifest(destination)
            assert set(destination.sizes(DATA)) == {file.name for file in manifest.files}
        letters = (
            files.move.state_dir / "migration" / f"{files.move.table}-{manifest.job}" / "dead-letters.jsonl"
        )
        return [file for file in manifest.files if file.step != "job"], letters.read_text().splitlines()

    files.move.use_settings(**files.move.settings())
    writes = int(run("undisturbed", -1).stdout)
    assert writes > 30
    expected = result("undisturbed")
    for deaths in sample.of(range(writes), between=4):
        name = f"killed-{deaths}"
        assert run(name, deaths).returncode == -9
        again = run(name, -1)
        assert again.returncode == 0, again.stderr
        assert result(name) == expected


def test_a_half_written_export_is_not_imported(users: Files) -> None:
    users.export()
    users.s3.delete_object(Bucket=BUCKET, Key=users.key("manifest.json"))
    done = users.bring_in()
    assert done.returncode == 2
    assert (
        "has no manifest.json: the export is not finished; run migrate_to_dynamodb.py --to-files"
        in done.stderr
    )
    assert not users.table_exists
    users.export()  # writes the manifest again
    assert users.bring_in("--dry-run").returncode == 0
    assert not users.table_exists


def test_a_damaged_missing_or_foreign_file_is_refused(users: Files) -> None:
    users.export()
    name = "data/users-00001.json.gz"
    content = users.data(name)
    users.put(name, content[:-1] + bytes([content[-1] ^ 1]))
    done = users.bring_in()
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert f"{name} is damaged: its SHA-256 is" in done.stderr
    users.put(name, content[:-1])
    assert (
        f"{name} has {len(content) - 1:,} bytes instead of {len(content):,}"
        in users.bring_in("--sizes-only").stderr
    )
    users.s3.delete_object(Bucket=BUCKET, Key=users.key(name))
    assert f"{name} is missing" in users.bring_in().stderr
    users.put(name, content)
    users.put("data/more.json.gz", content)
    assert "data/more.json.gz is not in the manifest" in users.bring_in().stderr
    assert not users.table_exists


def test_an_item_that_dynamodb_refuses_fails_the_import_with_its_counts(users: Files) -> None:
    users.export()
    name = "data/users-00001.json.gz"
    content = gzip.compress(gzip.decompress(users.data(name)) + b'{"Item": {"PK": {"S": "USR#1"}}}\n')
    manifest = json.loads(users.data("manifest.json"))
    (entry,) = [file for file in manifest["files"] if file["name"] == name]
    for counts in (manifest, entry):
        counts["items"] += 1
        counts["bytes"] += len(b'{"Item": {"PK": {"S": "USR#1"}}}\n')
    entry.update(sha256=hashlib.sha256(content).hexdigest(), compressed=len(content))
    users.put(name, content)
    users.put("manifest.json", json.dumps(manifest).encode())
    done = users.bring_in()
    total = manifest["items"]
    assert done.returncode == 2
    assert "ended as FAILED (ItemValidationError" in done.stderr
    assert f"of {total} items {total} were processed, {total - 1} imported, 1 refused" in done.stderr
    assert "delete the table with make dynamodb-delete" in done.stderr


def test_a_table_that_exists_is_refused(users: Files, quick_move: Move) -> None:
    users.move.table = quick_move.table
    users.export()
    done = users.bring_in()
    assert done.returncode == 2
    assert f"table {quick_move.table} exists, and ImportTable always makes a new one" in done.stderr
    assert quick_move.dump() == {}


def test_dynamodb_local_has_no_import(users: Files, dynamodb_local: Engine) -> None:
    users.export()
    settings = {**users.move.settings(), "LOCALSTACK_URL": dynamodb_local.endpoint_url}
    done = run_script("import_files", users.url, settings=settings)
    assert done.returncode == 2
    assert "has no ImportTable: AWS and MiniStack have it; move directly" in done.stderr


def test_what_was_exported_for_another_table_is_refused(users: Files) -> None:
    users.export()
    users.move.more["DYNAMODB_TABLE"] = "another_table"
    assert (
        f"was exported for table {users.move.table}, and DYNAMODB_TABLE is another_table"
        in users.bring_in().stderr
    )


def test_limits_are_checked_before_anything_is_sent(users: Files) -> None:
    from api.dynamodb.table_schema import table_declaration
    from lifecycle.imported_table import ImportFiles, check_import

    client, config = users.move.engine.client(), table_declaration(users.move.table)
    usual: dict[str, Any] = {
        "bucket": BUCKET, "prefix": "x", "files": 1, "items": 1, "bytes": 1, "compressed": 1, "digest": "d",
        "changes": CHANGES,
    }  # fmt: skip
    check_import(client, config, ImportFiles(**usual))
    for changed, problem in (
        ({"files": 50_001}, "takes 50,000 files, and there are 50,001"),
        ({"compressed": 16 * 10**12}, "takes 15,000,000,000,000 bytes in S3"),
        ({"changes": ("later",)}, "have the form of later, which this version does not know"),
    ):
        with pytest.raises(TableChangeError, match=problem):
            check_import(client, config, ImportFiles(**{**usual, **changed}))
