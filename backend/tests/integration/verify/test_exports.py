"""A verification of a DynamoDB export says what a scan of the table says, as of the export's moment."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import InvalidInput
from config.environment import environment
from migration.errors import MigrationError
from migration.verify import VerificationOptions, VerificationReport, opened_export, verify
from migration.verify.table_digest import WAS_RUNNING
from table_exports import exported_table
from tests.integration.verify.test_command import call
from tests.integration.verify.test_damage import DAMAGES
from tests.integration.verify.verification_harness import Damage, L, MigratedTable, R, U, shape
from tests.support.table_exports import write_export

pytestmark = pytest.mark.any_engine

NO_ENGINE = {"LOCALSTACK_URL": "http://127.0.0.1:9"}
MOMENT = "compared as of 2"
SEEDED = {
    "a dropped test case", "swapped keys", "an item of no kind", "cut compressed bytes", "a missing text part",
    "an altered text part", "a log in its ledger and beside it", "a log lost from its ledger", "a lost GSI2 key",
    "a text that nothing refers to", "a foreign text part without bytes",
}  # fmt: skip


def export(migrated: MigratedTable, folder: Path, **options: Any) -> list[Path]:
    """Exports the table as it is now; returns the data files."""
    pages = migrated.client.get_paginator("scan").paginate(TableName=migrated.table, ConsistentRead=True)
    items = [dict(item) for page in pages for item in page["Items"]]
    return write_export(folder, items, table=migrated.table, **options)


def verify_export(folder: Path) -> VerificationReport:
    with opened_export(folder, quiet=True) as opened:
        return verify(environment(), VerificationOptions(all_differences=True, export=opened))


@pytest.mark.parametrize("mode", [(), ("--counts-only",), ("--sample", "20"), ("--entity", "users")])
def test_every_mode_agrees_and_nothing_is_asked_of_the_table(
    migrated: MigratedTable, tmp_path: Path, mode: tuple[str, ...]
) -> None:
    moment = datetime.now(UTC).replace(microsecond=0)
    export(migrated, tmp_path / "x", moment=moment)
    of_table = json.loads(call(migrated, *mode, "--json").stdout)
    done = call(migrated, *mode, "--from-export", str(tmp_path / "x"), "--json", **NO_ENGINE)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["verdict"] == "agrees"
    assert report["export"].pop("temporary_bytes") > 50_000
    number = json.loads((tmp_path / "x" / "manifest-summary.json").read_text())["itemCount"]
    assert report["export"] == {
        "folder": str(tmp_path / "x"), "table": migrated.table, "time": moment.isoformat(), "items": number,
    }  # fmt: skip
    assert of_table["export"] is None
    if not mode:
        assert report["kinds"] == of_table["kinds"]
    assert sum(MOMENT in note for note in report["notes"]) == 1


def test_the_report_says_of_which_moment_it_is(migrated: MigratedTable, tmp_path: Path) -> None:
    export(migrated, tmp_path, moment=datetime.now(UTC))
    time = json.loads((tmp_path / "manifest-summary.json").read_text())["exportTime"][:19].replace("T", " ")
    done = call(migrated, "--from-export", str(tmp_path), **NO_ENGINE)
    first, *_, last = done.stdout.splitlines()
    assert first.endswith(f"with the export {tmp_path} of table {migrated.table} as of {time} UTC")
    assert (
        f"note       table {migrated.table} was compared as of {time} UTC, when it was exported"
        in done.stdout
    )
    assert "rows of the source that have changed since may be listed as differences" in done.stdout
    assert " in the temporary folder, and no read units" in done.stdout
    assert last.startswith("everything agrees: ") and f", as of {time} UTC" in last


@pytest.mark.parametrize(
    "damage", [damage for damage in DAMAGES if damage.name in SEEDED], ids=lambda damage: damage.name
)
def test_damage_is_found_in_an_export_as_in_the_table(
    migrated: MigratedTable, tmp_path: Path, damage: Damage
) -> None:
    damage.do(migrated)
    export(migrated, tmp_path)
    of_table, of_export = migrated.verify(), verify_export(tmp_path)
    assert sorted(map(shape, of_export.differences)) == sorted(damage.reports)
    found = [
        sorted(json.dumps(difference.as_json()) for difference in report.differences)
        for report in (of_table, of_export)
    ]
    assert found[0] == found[1]


def test_what_was_written_since_is_not_in_it(migrated: MigratedTable, tmp_path: Path) -> None:
    export(migrated, tmp_path)
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    assert call(migrated, "--from-export", str(tmp_path)).returncode == 0
    migrated.legacy.add("users", {"id": U + 20, "email": "late@example.org", "google_id": "g-late"})
    try:
        done = call(migrated, "--from-export", str(tmp_path), "--json")
    finally:
        migrated.legacy.sql("DELETE FROM users WHERE id = %s", U + 20)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert {difference["what"] for difference in report["differences"]} == {"missing"}
    assert {difference["id"] for difference in report["differences"]} == {str(U + 20)}
    assert any(MOMENT in note for note in report["notes"])


def test_logs_have_expired_by_the_exports_moment_or_not(migrated: MigratedTable, tmp_path: Path) -> None:
    now = utc_now()
    export(migrated, tmp_path / "now", moment=now)
    export(migrated, tmp_path / "old", moment=now - timedelta(days=150))
    assert verify_export(tmp_path / "now").agrees
    # The move left it behind as expired; 150 days ago it had not.
    assert ("missing", "usage_log", str(L + 5), "") in map(shape, verify_export(tmp_path / "old").differences)


def test_a_migration_that_was_running_is_told(migrated: MigratedTable, tmp_path: Path) -> None:
    moment = utc_now() - timedelta(hours=1)
    until = {"N": str(int(moment.timestamp()) + 30)}
    migrated.put({"PK": {"S": "OPS#migration"}, "SK": {"S": "LEASE"}, "until": until})
    export(migrated, tmp_path, moment=moment)
    assert WAS_RUNNING in verify_export(tmp_path).notes


def test_a_damaged_export_is_told_with_its_file_and_never_as_a_difference(
    migrated: MigratedTable, tmp_path: Path
) -> None:
    first, *_ = export(migrated, tmp_path)
    whole = first.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    broken = gzip.compress(b"".join([*lines[:4], lines[4][:-9], *lines[5:]]))
    for damaged, place in (
        (whole[:100], "after line "), (whole[:-8], f"after line {len(lines)}: "), (broken, "line 5: "),
        (gzip.compress(b"".join(lines[:-1])), f"ends after {len(lines) - 1} of {len(lines)} items"),
    ):  # fmt: skip
        first.write_bytes(damaged)
        done = call(migrated, "--from-export", str(tmp_path), "--json")
        assert (done.returncode, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: {first}")
        assert place in line
        assert "copy the export from S3 again" in line
    done = call(migrated, "--from-export", str(tmp_path / "nothing"))
    assert done.returncode == 2
    assert "is no DynamoDB export" in done.stderr


@pytest.mark.parametrize("mode", [("--part", "1/2", "--save", "p.json"), ("--combine", "p.json")])
def test_parts_are_of_a_live_table(migrated: MigratedTable, tmp_path: Path, mode: tuple[str, ...]) -> None:
    done = call(migrated, "--from-export", str(tmp_path), *mode)
    assert (done.returncode, done.stdout) == (2, "")
    assert "compare the export whole" in done.stderr


def test_no_room_for_the_export_is_an_error_in_one_line(
    migrated: MigratedTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(migrated, tmp_path)
    monkeypatch.setattr(exported_table, "_SCHEMA", f"{exported_table._SCHEMA} PRAGMA max_page_count = 4;")
    with pytest.raises(MigrationError, match=r"disk is full.*TMPDIR") as caught:
        verify_export(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_an_export_takes_no_writes(migrated: MigratedTable, tmp_path: Path) -> None:
    export(migrated, tmp_path)
    with opened_export(tmp_path, quiet=True) as opened, pytest.raises(InvalidInput, match="only be read"):
        opened.transport.call("PutItem", {})
