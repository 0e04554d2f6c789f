"""What the quick modes find and what they do not, other sources, and the process beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb import transports
from api.dynamodb.table_schema import create_table, delete_table
from config.environment import MySQLSource, SQLiteSource, environment
from migration.errors import MigrationError
from migration.mapping import Row, Step
from migration.run import Options as MoveOptions
from migration.run import migrate
from migration.source import LegacyDatabase
from migration.verify import Options, drill, run, verify, verify_counts, verify_sample
from migration.verify.report import text
from tests.integration.migration import mixed
from tests.integration.migration.world import LegacySource
from tests.integration.verify.world import P, Proof, R, U
from tests.support.engines import Engine
from tests.support.scripts import run_script
from tests.support.sources import settings_of


def test_counts_find_what_is_missing_and_what_is_extra_but_no_change(proof: Proof) -> None:
    problem = proof.get(f"PRB#{P + 1}")
    proof.change(problem, tit={"S": "another"})
    assert verify_counts(environment(), Options()).agrees
    proof.drop(problem)
    run_item = proof.get(f"RUN#{R + 1}")
    proof.change(run_item, PK={"S": "RUN#600777"}, id={"N": "600777"})
    found = verify_counts(environment(), Options())
    assert not found.agrees
    assert [line.kind for line in found.lines if not line.agrees] == ["problem", "run"]
    assert text(found).splitlines()[-1] == "2 differences"


def test_a_sample_as_large_as_the_table_finds_a_change_and_a_loss(proof: Proof) -> None:
    proof.change(proof.get(f"USR#{U + 1}"), nm={"S": "Mallory"})
    proof.drop(proof.get("GID#g-bob", "GUARD"))
    proof.drop(proof.find(f"TXT#RUN#{R + 4}")[0])
    found = verify_sample(environment(), Options(), 500)
    assert {(d.what, d.kind) for d in found.differences.kept} == {
        ("changed", "user"),
        ("missing", "google_guard"),
        ("changed", "text_part"),
    }, text(found)


def test_the_process_beside_comes_to_the_same_result(proof: Proof, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PROCESS_ROWS", 1)
    assert proof.verify().agrees
    proof.drop(proof.get(f"RUN#{R + 1}"))
    (difference,) = proof.verify().differences.kept
    assert (difference.what, difference.kind, difference.id) == ("missing", "run", str(R + 1))


def test_a_row_that_the_source_gained_since_is_missing_in_the_table(proof: Proof) -> None:
    proof.legacy.add("users", {"id": U + 50})
    try:
        found = proof.verify()
        assert {(d.what, d.kind, d.id) for d in found.differences.kept} == {
            ("missing", kind, str(U + 50)) for kind in ("user", "email_guard", "google_guard", "user_entry")
        }
    finally:
        proof.legacy.sql("DELETE FROM users WHERE id = %s", U + 50)


def test_a_row_that_is_counted_and_not_read_is_a_difference(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = LegacyDatabase.rows

    def all_but_one(self: LegacyDatabase, step: Step, *bounds: Any) -> Iterator[Row]:
        return (row for row in rows(self, step, *bounds) if (step.name, row[0]) != ("users", str(U + 5)))

    # Neither the move nor the proof has seen the row: only the count tells.
    proof.legacy.add("users", {"id": U + 5})
    monkeypatch.setattr(LegacyDatabase, "rows", all_but_one)
    try:
        found = proof.verify()
        total = len(proof.legacy.sql("SELECT id FROM users"))
    finally:
        proof.legacy.sql("DELETE FROM users WHERE id = %s", U + 5)
    (difference,) = found.differences.kept
    assert not found.agrees
    assert str(difference) == f"unread user: the source has {total} rows of users, {total - 1} could be read"
    assert text(found).splitlines()[-1] == "1 differences"
    assert proof.verify().agrees


def test_a_row_that_comes_while_rows_are_read_is_not_taken_for_an_unread_one(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = run._plan

    def and_then_some(job: run.Job) -> Any:
        found = plan(job)
        # One row that is still read, and one behind the last that is.
        proof.legacy.add("users", {"id": U + 5}, {"id": U + 50})
        return found

    monkeypatch.setattr(run, "_plan", and_then_some)
    try:
        found = proof.verify()
    finally:
        proof.legacy.sql("DELETE FROM users WHERE id IN (%s, %s)", U + 5, U + 50)
    assert {(d.what, d.id) for d in found.differences.kept} == {("missing", str(U + 5))}


def test_no_room_for_what_differs_is_an_error_in_one_line(
    proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof.drop(proof.get(f"RUN#{R + 1}"))
    monkeypatch.setattr(drill, "_SCHEMA", f"{drill._SCHEMA} PRAGMA max_page_count = 1;")
    with pytest.raises(MigrationError, match=r"disk is full.*TMPDIR") as caught:
        proof.verify()
    assert "\n" not in str(caught.value)


def test_more_differences_than_are_kept_are_still_counted(proof: Proof) -> None:
    for line in proof.find(f"USR#{U + 1}#RUN") + proof.find(f"USR#{U + 2}#RUN"):
        proof.drop(line)
    for item in proof.find("PLAN"):
        proof.drop(item)
    for number in range(30):
        proof.put({"PK": {"S": f"RUN#77{number:02}"}, "SK": {"S": "META"}, "id": {"N": f"77{number:02}"}})
    found = proof.verify(all_differences=False)
    assert sum(d.step == "history" for d in found.differences.kept) == 20
    assert found.differences.by_step["history"] > 30
    assert "more (--json lists all)" in text(found)


def _moved_and_verified(
    source: MySQLSource | SQLiteSource,
    engine: Engine,
    table: str,
    state: Path,
    use: Callable[..., None],
    keep_expired: bool = False,
    then: Callable[[], str] = lambda: text(verify(environment(), Options(workers=2))),
) -> str:
    client = engine.client()
    create_table(client, table)
    try:
        use(**engine.settings(table), **settings_of(source), ALGOITNY_STATE_DIR=str(state))
        migrate(environment(), MoveOptions(quiet=True, keep_expired=keep_expired))
        return then()
    finally:
        delete_table(client, table)
        client.close()
        transports.forget()


def test_an_empty_source_and_an_empty_table_agree(
    legacy_mysql: MySQLSource,
    engine: Engine,
    table_name: str,
    tmp_path: Path,
    use_settings: Callable[..., None],
) -> None:
    report = _moved_and_verified(legacy_mysql, engine, table_name, tmp_path, use_settings)
    assert report.endswith("everything agrees: 0 rows, 0 items compared by content")


@pytest.mark.parametrize("keep_expired", [False, True])
def test_a_source_full_of_traps_agrees_but_for_its_dead_letters(
    legacy_mysql: MySQLSource, engine: Engine, table_name: str, tmp_path: Path, use_settings: Callable[..., None],
    keep_expired: bool,
) -> None:  # fmt: skip
    legacy = LegacySource(legacy_mysql)
    mixed.fill(legacy)
    legacy.close()
    report = _moved_and_verified(
        legacy_mysql, engine, table_name, tmp_path, use_settings, keep_expired=keep_expired
    )
    assert "everything agrees" in report, report
    assert f"{sum(mixed.DEAD.values())} dead-lettered rows are left out" in report


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
        agreeing = text(verify(environment(), Options(workers=2)))
        found = verify(environment(), Options(workers=2, dead_letter=empty))
        assert [(d.what, d.kind, d.id) for d in found.differences.kept] == [("unmovable", "usage_log", "1")]
        assert not found.agrees
        return agreeing

    report = _moved_and_verified(legacy_mysql, engine, table_name, tmp_path, use_settings, then=twice)
    assert "everything agrees: " in report, report
