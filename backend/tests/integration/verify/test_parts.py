"""A verification in parts: together they find what one finds, and a part alone says what it does not prove."""

from __future__ import annotations

import json
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from config.environment import environment
from migration.errors import MigrationError
from migration.parts import Part
from migration.verify import PartReport, VerificationOptions, VerificationReport, combine, verify_part
from migration.verify.report import part_text, text
from migration.verify.scan import ScanPlan
from tests.integration.verify.verification_harness import DAY, MigratedTable, P, R, U
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine

OPTIONS = VerificationOptions(all_differences=True, workers=2)
# Parts leave out what expires within the day of their reading.
MIDNIGHT = (DAY + timedelta(days=2)).replace(tzinfo=UTC)


def read_parts(folder: Path, count: int) -> list[PartReport]:
    return [
        verify_part(environment(), OPTIONS, Part(number, count), folder / f"{number}.json", MIDNIGHT)
        for number in range(1, count + 1)
    ]


def combined(reports: list[PartReport]) -> VerificationReport:
    return combine(environment(), OPTIONS, [report.file for report in reversed(reports)], MIDNIGHT)


@pytest.mark.parametrize("count", [1, 3, 5])
def test_parts_of_an_undamaged_table_agree_and_read_everything_once(
    migrated: MigratedTable, tmp_path: Path, count: int
) -> None:
    whole = migrated.verify(now=MIDNIGHT)
    reports = read_parts(tmp_path, count)
    result = combined(reports)
    assert result.agrees, text(result)
    assert (result.rows, result.items, result.dead_letters) == (whole.rows, whole.items, whole.dead_letters)
    assert [(line.kind, line.source, line.table) for line in result.lines if line.kind != "operation"] == [
        (line.kind, line.source, line.table) for line in whole.lines if line.kind != "operation"
    ]
    assert (result.ignored_source, result.ignored_table) == (whole.ignored_source, whole.ignored_table)
    assert sum(report.items for report in reports) == whole.items
    assert not any("a second time" in note for note in result.notes)
    assert count == 1 or all(report.items < whole.items for report in reports)


def test_parts_find_what_is_missing_extra_or_changed_wherever_it_is(
    migrated: MigratedTable, tmp_path: Path
) -> None:
    migrated.change(migrated.get(f"USR#{U + 1}"), nm={"S": "Mallory"})
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    migrated.delete(migrated.find(f"TXT#RUN#{R + 4}")[0])
    migrated.change(migrated.get(f"PRB#{P + 1}"), PK={"S": f"PRB#{P + 7_000}"}, id={"N": str(P + 7_000)})
    migrated.put({"PK": {"S": "XYZ#1"}, "SK": {"S": "META"}})
    expected = {(d.problem, d.kind, d.id) for d in migrated.verify(now=MIDNIGHT).differences.listed}
    assert len(expected) >= 5
    reports = read_parts(tmp_path, 3)
    assert {(d.problem, d.kind, d.id) for d in combined(reports).differences.listed} == expected
    assert [report.unknown for report in reports if report.unknown] == [1]
    assert [report.agrees for report in reports].count(False) == 1


def test_every_item_is_in_the_share_of_one_part(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on AWS, where a share has many segments."""
    of_part = ScanPlan.of_part
    monkeypatch.setattr(ScanPlan, "of_part", lambda part, workers, local: of_part(part, workers, local=False))
    monkeypatch.setattr("migration.verify.scan.SEGMENTS_OF_A_PART", 4)
    reports = read_parts(tmp_path, 3)
    assert combined(reports).agrees
    assert sum(report.items for report in reports) == migrated.verify(now=MIDNIGHT).items


def test_what_was_not_read_or_read_differently_is_refused(migrated: MigratedTable, tmp_path: Path) -> None:
    files = [report.file for report in read_parts(tmp_path, 3)]
    with pytest.raises(MigrationError, match="part 1 and 3 of 3 is missing"):
        combine(environment(), OPTIONS, files[1:2])
    with pytest.raises(MigrationError, match="as another file is"):
        combine(environment(), OPTIONS, [*files, files[0]])
    other = verify_part(environment(), OPTIONS, Part(1, 2), tmp_path / "other.json").file
    with pytest.raises(MigrationError, match="do not belong together"):
        combine(environment(), OPTIONS, [other, *files[1:]])
    with pytest.raises(MigrationError, match="of another table, source or job"):
        combine(environment(), VerificationOptions(entity="users"), files)
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(MigrationError, match="was not saved by a part"):
        combine(environment(), OPTIONS, [tmp_path / "broken.json"])
    with pytest.raises(MigrationError, match="cannot read"):
        combine(environment(), OPTIONS, [tmp_path / "none.json"])


def test_a_row_that_the_source_gains_between_the_parts_is_noticed(
    migrated: MigratedTable, tmp_path: Path
) -> None:
    reports = read_parts(tmp_path, 2)
    migrated.legacy.add("users", {"id": U + 5})
    try:
        result = combined(reports)
        assert [(d.problem, d.kind) for d in result.differences.listed] == [("unread", "user")], text(result)
    finally:
        migrated.legacy.sql("DELETE FROM users WHERE id = %s", U + 5)


def test_a_part_alone_says_what_it_does_not_prove(migrated: MigratedTable, tmp_path: Path) -> None:
    (report,) = read_parts(tmp_path, 1)
    assert part_text(report).splitlines()[-1] == (
        "whether an item is missing, extra or changed is known when all 1 parts are combined: "
        "verify_migration.py --combine FILE..."
    )
    settings = migrated.settings()
    files = [tmp_path / f"{number}.json" for number in (1, 2)]
    for number, file in enumerate(files, 1):
        done = run_script(
            "verify_migration", "--part", f"{number}/2", "--save", str(file), "--json", settings=settings
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["verdict"] == "not_combined"
    done = run_script("verify_migration", "--combine", *map(str, files), settings=settings)
    assert done.returncode == 0, done.stderr
    assert "everything agrees" in done.stdout
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    again = run_script("verify_migration", "--part", "1/2", "--save", str(files[0]), settings=settings)
    other = run_script("verify_migration", "--part", "2/2", "--save", str(files[1]), settings=settings)
    assert (again.returncode, other.returncode) == (0, 0)
    done = run_script("verify_migration", "--combine", *map(str, files), settings=settings)
    assert done.returncode == 1
    assert f"missing run {R + 1}" in done.stdout
    no_file = run_script("verify_migration", "--part", "1/2", settings=settings)
    assert (no_file.returncode, "--save FILE" in no_file.stderr) == (2, True)
