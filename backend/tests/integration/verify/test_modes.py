"""What the quick modes find and what they do not, other sources, and the process beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import factory
from config.environment import MySQLSource, SQLiteSource, environment
from migration.errors import MigrationError
from migration.job import MigrationOptions
from migration.mapping import MigrationStep, Row
from migration.run import migrate
from migration.source import LegacyDatabase
from migration.verify import (
    VerificationOptions,
    bucket_comparison,
    verification,
    verify,
    verify_counts,
    verify_sample,
)
from migration.verify.report import text
from migration.verify.scan import ScanPlan
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import LegacySource
from tests.integration.verify.verification_harness import MigratedTable, P, R, U
from tests.support.engines import Engine
from tests.support.scripts import run_script
from tests.support.sources import settings_of

pytestmark = pytest.mark.any_engine


def test_counts_find_what_is_missing_and_what_is_extra_but_no_change(migrated: MigratedTable) -> None:
    problem = migrated.get(f"PRB#{P + 1}")
    migrated.change(problem, tit={"S": "another"})
    assert verify_counts(environment(), VerificationOptions()).agrees
    migrated.delete(problem)
    run_item = migrated.get(f"RUN#{R + 1}")
    migrated.change(run_item, PK={"S": "RUN#600777"}, id={"N": "600777"})
    report = verify_counts(environment(), VerificationOptions())
    assert not report.agrees
    assert [line.kind for line in report.lines if not line.agrees] == ["problem", "run"]
    assert text(report).splitlines()[-1] == "2 differences"


def test_a_sample_as_large_as_the_table_finds_a_change_and_a_loss(migrated: MigratedTable) -> None:
    migrated.change(migrated.get(f"USR#{U + 1}"), nm={"S": "Mallory"})
    migrated.delete(migrated.get("GID#g-bob", "GUARD"))
    migrated.delete(migrated.find(f"TXT#RUN#{R + 4}")[0])
    report = verify_sample(environment(), VerificationOptions(), 500)
    assert {(d.problem, d.kind) for d in report.differences.listed} == {
        ("changed", "user"),
        ("missing", "google_guard"),
        ("changed", "text_part"),
    }, text(report)


def test_the_process_beside_comes_to_the_same_result(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "PROCESS_ROWS", 1)
    assert migrated.verify().agrees
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    (difference,) = migrated.verify().differences.listed
    assert (difference.problem, difference.kind, difference.id) == ("missing", "run", str(R + 1))


def test_segments_in_small_pages_come_to_the_same_result(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS: texts are split between pages, and their parts are put together again."""
    monkeypatch.setattr(ScanPlan, "of", lambda items, workers, local: ScanPlan(7, workers, page_items=2))
    report = migrated.verify(workers=3)
    assert report.agrees, text(report)
    assert verify_counts(environment(), VerificationOptions(workers=3)).agrees
    migrated.delete(migrated.find(f"TXT#RUN#{R + 4}")[0])
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    shapes = {(d.problem, d.kind, d.id) for d in migrated.verify(workers=3).differences.listed}
    assert shapes == {("missing", "run", str(R + 1)), ("missing", "text_part", f"RUN#{R + 4} cod")}


def test_a_row_that_the_source_gained_since_is_missing_in_the_table(migrated: MigratedTable) -> None:
    migrated.legacy.add("users", {"id": U + 50})
    try:
        report = migrated.verify()
        assert {(d.problem, d.kind, d.id) for d in report.differences.listed} == {
            ("missing", kind, str(U + 50)) for kind in ("user", "email_guard", "google_guard", "user_entry")
        }
    finally:
        migrated.legacy.sql("DELETE FROM users WHERE id = %s", U + 50)


def test_a_row_that_is_counted_and_not_read_is_a_difference(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = LegacyDatabase.rows

    def all_but_one(self: LegacyDatabase, step: MigrationStep, *bounds: Any) -> Iterator[Row]:
        return (row for row in rows(self, step, *bounds) if (step.name, row[0]) != ("users", str(U + 5)))

    # Neither the migration nor the verification reads the row: only the count reveals it.
    migrated.legacy.add("users", {"id": U + 5})
    monkeypatch.setattr(LegacyDatabase, "rows", all_but_one)
    try:
        report = migrated.verify()
        total = len(migrated.legacy.sql("SELECT id FROM users"))
    finally:
        migrated.legacy.sql("DELETE FROM users WHERE id = %s", U + 5)
    (difference,) = report.differences.listed
    assert not report.agrees
    assert str(difference) == f"unread user: the source has {total} rows of users, {total - 1} could be read"
    assert text(report).splitlines()[-1] == "1 differences"
    assert migrated.verify().agrees


def test_a_row_that_comes_while_rows_are_read_is_not_taken_for_an_unread_one(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = verification._plan

    def and_then_some(job: verification.VerificationJob) -> Any:
        planned = plan(job)
        # One row that is still read, and one behind the last that is.
        migrated.legacy.add("users", {"id": U + 5}, {"id": U + 50})
        return planned

    monkeypatch.setattr(verification, "_plan", and_then_some)
    try:
        report = migrated.verify()
    finally:
        migrated.legacy.sql("DELETE FROM users WHERE id IN (%s, %s)", U + 5, U + 50)
    assert {(d.problem, d.id) for d in report.differences.listed} == {("missing", str(U + 5))}


def test_no_room_for_what_differs_is_an_error_in_one_line(
    migrated: MigratedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    monkeypatch.setattr(
        bucket_comparison, "_SCHEMA", f"{bucket_comparison._SCHEMA} PRAGMA max_page_count = 1;"
    )
    with pytest.raises(MigrationError, match=r"disk is full.*TMPDIR") as caught:
        migrated.verify()
    assert "\n" not in str(caught.value)


def test_more_differences_than_are_kept_are_still_counted(migrated: MigratedTable) -> None:
    for line in migrated.find(f"USR#{U + 1}#RUN") + migrated.find(f"USR#{U + 2}#RUN"):
        migrated.delete(line)
    for item in migrated.find("PLAN"):
        migrated.delete(item)
    for number in range(30):
        migrated.put({"PK": {"S": f"RUN#77{number:02}"}, "SK": {"S": "META"}, "id": {"N": f"77{number:02}"}})
    report = migrated.verify(all_differences=False)
    assert sum(d.step == "history" for d in report.differences.listed) == 20
    assert report.differences.by_step["history"] > 30
    assert "more (--json lists all)" in text(report)


def _moved_and_verified(
    source: MySQLSource | SQLiteSource,
    engine: Engine,
    table: str,
    state: Path,
    use: Callable[..., None],
    keep_expired: bool = False,
    then: Callable[[], str] = lambda: text(verify(environment(), VerificationOptions(workers=2))),
) -> str:
    client = engine.client()
    create_table(client, table)
    try:
        use(**engine.settings(table), **settings_of(source), ALGOITNY_STATE_DIR=str(state))
        migrate(environment(), MigrationOptions(quiet=True, keep_expired=keep_expired))
        return then()
    finally:
        delete_table(client, table)
        client.close()
        factory.clear_cache()


def test_an_empty_source_and_an_empty_table_agree(
    legacy_mysql: MySQLSource,
    engine: Engine,
    table_name: str,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> None:
    report = _moved_and_verified(legacy_mysql, engine, table_name, tmp_path, use_settings)
    assert report.splitlines()[-1] == "nothing was compared: the source has no rows"


@pytest.mark.parametrize("keep_expired", [False, True])
def test_a_source_full_of_traps_agrees_but_for_its_dead_letters(
    legacy_mysql: MySQLSource, engine: Engine, table_name: str, tmp_path: Path, use_settings: Callable[..., None],
    keep_expired: bool,
) -> None:  # fmt: skip
    legacy = LegacySource(legacy_mysql)
    mixed_rows.fill(legacy)
    legacy.close()
    report = _moved_and_verified(
        legacy_mysql, engine, table_name, tmp_path, use_settings, keep_expired=keep_expired
    )
    assert "everything agrees" in report, report
    assert f"{sum(mixed_rows.DEAD.values())} dead-lettered rows are left out" in report


def test_the_demonstration_in_sqlite_agrees(
    ministack: Engine, table_name: str, tmp_path: Path, use_settings: Callable[..., None]
) -> None:
    source = SQLiteSource(tmp_path / "legacy.sqlite3")
    sizes = ("--users", "40", "--problems", "8", "--history", "80", "--usage", "200")
    seeded = run_script("seed_demo", *sizes, settings=settings_of(source))
    assert seeded.returncode == 0, seeded.stderr
    report = _moved_and_verified(source, ministack, table_name, tmp_path / "state", use_settings)
    assert "everything agrees" in report, report


def test_usage_logs_of_nobody_are_looked_for_in_the_dead_letter_file(
    legacy_mysql: MySQLSource, engine: Engine, table_name: str, tmp_path: Path, use_settings: Callable[..., None]
) -> None:  # fmt: skip
    legacy = LegacySource(legacy_mysql)
    legacy.sql("SET SESSION foreign_key_checks = 0")
    legacy.sql("ALTER TABLE usage_logs MODIFY user_id BIGINT NULL")
    when = {"created_at": datetime.now(UTC).strftime("%Y-%m-%d 00:00:00")}
    legacy.add("usage_logs", {"id": 1, "user_id": None, **when}, {"id": 2, "user_id": 40, **when})
    legacy.close()
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")

    def twice() -> str:
        agreeing = text(verify(environment(), VerificationOptions(workers=2)))
        found = verify(environment(), VerificationOptions(workers=2, dead_letter=empty))
        assert [(d.problem, d.kind, d.id) for d in found.differences.listed] == [
            ("unmovable", "usage_log", "1")
        ]
        assert not found.agrees
        return agreeing

    report = _moved_and_verified(legacy_mysql, engine, table_name, tmp_path, use_settings, then=twice)
    assert "everything agrees: " in report, report
