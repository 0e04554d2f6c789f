"""Rows that are stored in unusual ways: not in UTF-8, with padding, behind views, in generated columns."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime

import pytest

from config.environment import SQLiteSource, environment
from migration.verify import VerificationOptions, verify
from tests.integration.migration.migration_harness import Move, agrees, record
from tests.integration.migration.test_usage_policy import counters_of, midnight_today, text
from tests.support.sources import settings_of

pytestmark = pytest.mark.any_engine

SURROGATES = "CAST(X'41EDA0BDEDB880' AS CHAR CHARACTER SET utf8mb4)"


def test_a_row_that_is_not_utf8_is_a_dead_letter_and_the_others_are_moved(move: Move) -> None:
    move.legacy.add("users", {"id": 1}, {"id": 2}, {"id": 3})
    move.legacy.sql(f"UPDATE users SET name = {SURROGATES} WHERE id = 2")
    assert [letter["key"] for letter in move.dry_run().dead] == ["2"]
    assert move.run().dead == 1
    (letter,) = move.letters()
    assert (letter["entity"], letter["key"]) == ("users", "2")
    assert letter["reason"] == "name: byte 2 is not UTF-8: ED A0 BD ED B8 80"
    assert letter["row"]["name"] == {"hex": "41eda0bdedb880"}
    assert letter["row"]["email"] == "user2@example.org"
    assert {pk for pk, sk in move.items() if sk == "META"} == {"USR#1", "USR#3"}
    assert agrees(move)


def test_an_undecodable_row_is_moved_once_it_is_mended(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 2})
    quick_move.legacy.sql(f"UPDATE users SET name = {SURROGATES}")
    quick_move.run()
    assert quick_move.replay().moved == 0
    quick_move.legacy.sql("UPDATE users SET name = 'mended'")
    assert quick_move.replay().moved == 1
    assert record("user", quick_move.items(), "USR#2")["name"] == "mended"


def test_an_undecodable_row_that_is_no_dead_letter_is_a_difference(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.run()
    quick_move.legacy.sql(f"UPDATE users SET name = {SURROGATES}")
    quick_move.use_settings(**quick_move.settings())
    report = verify(environment(), VerificationOptions(all_differences=True))
    assert "name: byte 2 is not UTF-8" in " ".join(str(each) for each in report.differences.listed)


@pytest.mark.parametrize(
    ("table", "column", "entity"),
    [
        ("subscription_plans", "name", "plans"), ("problems", "title", "problems"), ("problems", "tags", "problems"),
        ("test_cases", "input", "test_cases"), ("search_history", "code", "history"),
        ("usage_logs", "action", "usage"), ("usage_logs", "metadata", "usage"),
    ],
)  # fmt: skip
def test_an_undecodable_value_is_a_dead_letter_in_every_table(
    quick_move: Move, table: str, column: str, entity: str
) -> None:
    quick_move.legacy.drop_checks("problems", "tags")
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    now = {"created_at": text(midnight_today())} if table == "usage_logs" else {}
    quick_move.legacy.add(table, {"id": 1, **now}, {"id": 2, **now})
    quick_move.legacy.sql(f"UPDATE `{table}` SET `{column}` = {SURROGATES} WHERE id = 1")
    assert quick_move.run().dead == 1
    (letter,) = quick_move.letters()
    assert (letter["entity"], letter["key"]) == (entity, "1")
    assert letter["reason"].startswith(f"{column}: byte 2 is not UTF-8")
    assert agrees(quick_move)


def test_zerofill_numbers_are_the_numbers(move: Move) -> None:
    legacy = move.legacy
    legacy.drop_foreign_keys()
    now = text(midnight_today())
    legacy.add("users", {"id": 7, "subscription_plan_id": 3, "is_staff": 1})
    legacy.add("problems", {"id": 7, "time_limit": 0.5, "memory_limit": 64})
    legacy.add(
        "usage_logs", {"id": 5, "user_id": 7, "created_at": now}, {"id": 6, "user_id": 7, "created_at": now}
    )
    unsigned = "BIGINT(12) UNSIGNED ZEROFILL"
    legacy.sql(
        f"ALTER TABLE users MODIFY id {unsigned} NOT NULL, MODIFY subscription_plan_id {unsigned} NULL, "
        "MODIFY is_staff TINYINT(3) ZEROFILL NOT NULL, MODIFY is_active TINYINT(3) ZEROFILL NOT NULL"
    )
    legacy.sql(
        f"ALTER TABLE problems MODIFY id {unsigned} NOT NULL, MODIFY time_limit DECIMAL(8,2) ZEROFILL NULL, "
        "MODIFY memory_limit INT(8) ZEROFILL NULL"
    )
    legacy.sql(f"ALTER TABLE usage_logs MODIFY id {unsigned} NOT NULL, MODIFY user_id {unsigned} NOT NULL")
    assert legacy.sql("SELECT CONCAT(id) FROM users") == (("000000000007",),)
    assert move.run().dead == 0
    items = move.items()
    user, problem = record("user", items, "USR#7"), record("problem", items, "PRB#7")
    assert (user["is_staff"], user["is_active"], user["subscription_plan_id"]) == (True, True, 3)
    assert (problem["time_limit"], problem["memory_limit"]) == (0.5, 64)
    assert list(counters_of(move).values()) == [2]
    assert agrees(move)


def test_bit_flags_unsigned_ids_and_generated_columns_are_their_values(quick_move: Move) -> None:
    legacy = quick_move.legacy
    legacy.drop_foreign_keys()
    legacy.add("users", {"id": 1, "is_staff": 1}, {"id": 2})
    legacy.sql(
        "ALTER TABLE users MODIFY is_staff BIT(1) NOT NULL, MODIFY is_active BIT(8) NOT NULL, "
        "MODIFY id BIGINT UNSIGNED NOT NULL, DROP COLUMN name, "
        "ADD COLUMN name VARCHAR(255) AS (CONCAT('User ', email)) VIRTUAL"
    )
    assert quick_move.run().dead == 0
    user = record("user", quick_move.items(), "USR#1")
    assert (user["is_staff"], user["is_active"], user["name"]) == (True, True, "User user1@example.org")
    assert agrees(quick_move)


def test_views_over_zerofill_tables_are_read_like_tables(quick_move: Move) -> None:
    legacy = quick_move.legacy
    legacy.drop_foreign_keys()
    legacy.add("users", {"id": 7})
    legacy.sql("ALTER TABLE users MODIFY id BIGINT(12) UNSIGNED ZEROFILL NOT NULL")
    now = text(midnight_today())
    legacy.add("usage_logs", *[{"id": 9 - n, "user_id": n % 3, "created_at": now} for n in range(9)])
    for table in ("users", "usage_logs"):
        legacy.sql(f"RENAME TABLE {table} TO real_{table}")
        legacy.sql(f"CREATE VIEW {table} AS SELECT * FROM real_{table}")
    assert quick_move.run().dead == 0
    assert record("user", quick_move.items(), "USR#7")["name"] == "User 7"
    assert sorted(counters_of(quick_move).values()) == [3, 3, 3]
    assert agrees(quick_move)


def test_char_columns_are_moved_without_padding_whatever_the_servers_mode(
    quick_move: Move,
) -> None:
    legacy = quick_move.legacy
    legacy.sql("ALTER TABLE users MODIFY name CHAR(40) NULL, MODIFY email CHAR(60) NULL")
    legacy.add("users", {"id": 1, "name": "Ada"})
    before = legacy.sql("SELECT @@global.sql_mode")[0][0]
    legacy.sql("SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'")
    try:
        quick_move.run()
        user = record("user", quick_move.items(), "USR#1")
        assert (user["name"], user["email"]) == ("Ada", "user1@example.org")
        assert agrees(quick_move)
    finally:
        legacy.sql("SET GLOBAL sql_mode = %s", before)


def test_json_with_an_integer_of_any_length_is_moved_and_read(move: Move) -> None:
    from api.dynamodb.client import DynamoDBClient
    from api.dynamodb.repositories import SearchHistoryRepository

    digits = "7" * 1_000
    move.legacy.drop_checks("search_history", "test_results", "hints")
    move.legacy.drop_checks("problems", "tags", "metadata")
    move.legacy.add("search_history", {"id": 1, "test_results": f'[{{"n": {digits}}}, 1]'})
    move.legacy.add("problems", {"id": 1, "tags": f'["dp", {digits}]', "metadata": digits})
    assert move.run().dead == 0
    assert agrees(move)
    run = SearchHistoryRepository(DynamoDBClient.get_table()).get_history(1)
    assert run is not None
    assert str(run["test_results"][0]["n"]) == digits
    assert run["test_results"][1] == 1


@pytest.mark.parametrize("depth", [100, 101, 300, 800, 990, 5_000])
def test_json_is_refused_by_one_depth_in_a_run_and_in_a_replay(quick_move: Move, depth: int) -> None:
    nested = "[" * depth + '"]["' + "]" * depth
    quick_move.legacy.drop_checks("problems", "tags", "metadata")
    quick_move.legacy.add("problems", {"id": 1, "tags": nested, "is_deleted": 9})
    quick_move.run()
    quick_move.legacy.sql("UPDATE problems SET is_deleted = 0")
    replayed = quick_move.replay()
    fits = depth <= 100
    assert (replayed.moved, replayed.left) == ((1, 0) if fits else (0, 1))
    assert [letter["reason"] for letter in replayed.listed] == (
        [] if fits else ["tags: invalid JSON: it is nested more than 100 levels deep"]
    )
    assert agrees(quick_move)


@pytest.mark.parametrize("created", ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"])
def test_the_first_and_the_last_year_in_usage_logs_are_said(quick_move: Move, created: str) -> None:
    now = midnight_today()
    quick_move.legacy.add("usage_logs", {"id": 1, "created_at": created}, {"id": 2, "created_at": text(now)})
    report = quick_move.run()
    assert report.steps["usage"].counts.read == 2
    for letter in quick_move.letters():
        assert "created_at" in letter["reason"]
    assert agrees(quick_move)


def test_a_sqlite_source_is_read_in_the_same_way(quick_move: Move, legacy_sqlite: SQLiteSource) -> None:
    with contextlib.closing(sqlite3.connect(legacy_sqlite.path)) as connection, connection:
        connection.executemany(
            "INSERT INTO users (id, email, name, is_active, is_staff, created_at, updated_at) "
            "VALUES (?, ?, CAST(? AS TEXT), 1, 0, '2024-05-06 07:08:09', '2024-05-06 07:08:09')",
            [(1, "a@x.org", b"Ada"), (2, "b@x.org", b"\xed\xa0\xbd"), (3, "c@x.org", "정답".encode())],
        )
        connection.executemany(
            "INSERT INTO usage_logs (id, user_id, action, created_at) VALUES (?, ?, 'hint', ?)",
            [(9 - n, 1 + 2 * (n % 2), text(midnight_today())) for n in range(8)],
        )
    quick_move.more.update(settings_of(legacy_sqlite))
    prediction, report = quick_move.dry_run(), quick_move.run()
    assert prediction.undeclared_tables == ["django_migrations"]
    assert prediction.newest["users"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert [entry["reason"] for entry in prediction.dead] == ["name: byte 1 is not UTF-8: ED A0 BD"]
    assert (report.dead, report.steps["usage"].counts.written) == (1, 8)
    assert agrees(quick_move)
