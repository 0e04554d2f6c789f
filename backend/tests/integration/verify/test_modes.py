"""What the quick modes find and what they do not, other sources, and the process beside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table_schema import create_table, delete_table
from config.environment import MySQLSource, SQLiteSource, environment
from migration.run import Options as MoveOptions
from migration.run import migrate
from migration.verify import Options, run, verify, verify_counts, verify_sample
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
) -> str:
    client = engine.client()
    create_table(client, table)
    try:
        use(**engine.settings(table), **settings_of(source), ALGOITNY_STATE_DIR=str(state))
        migrate(environment(), MoveOptions(quiet=True, keep_expired=keep_expired))
        return text(verify(environment(), Options(workers=2)))
    finally:
        delete_table(client, table)
        client.close()
        DynamoDBClient.forget()


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
