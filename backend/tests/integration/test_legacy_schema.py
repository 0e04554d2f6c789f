"""The legacy schema on a real MySQL or MariaDB: what its columns are, and that rows come back as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pymysql
import pytest
from pymysql.connections import Connection

from config.environment import MySQLSource
from legacy.demo import COLUMNS, TABLES, DemoSize, Row, demo_rows, fill_mysql

SIZE = DemoSize(users=30, problems=12, history=120, usage=200, large_cases=2)
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
SEED = 7

LONG_TEXT = {
    "problems": {"solution_code", "constraints"},
    "test_cases": {"input", "output"},
    "search_history": {"code", "result_summary"},
}
JSON = {
    "problems": {"tags", "hints", "metadata"},
    "search_history": {"test_results", "hints"},
    "usage_logs": {"metadata"},
}
TIMES = {"created_at", "updated_at", "last_login"}
TRUTH = {"is_active", "is_staff", "is_completed", "is_deleted", "is_sample", "is_code_public"}


@pytest.fixture
def connection(legacy_mysql: MySQLSource) -> Iterator[Connection[Any]]:
    opened = pymysql.connect(
        host=legacy_mysql.host,
        port=legacy_mysql.port,
        user=legacy_mysql.user,
        password=legacy_mysql.password,
        database=legacy_mysql.database,
        charset="utf8mb4",
        init_command="SET time_zone = '+00:00'",
    )
    yield opened
    opened.close()


def select(connection: Connection[Any], statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@pytest.fixture
def columns(connection: Connection[Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(table, column) to (column type, nullable, character set)."""
    found = select(
        connection,
        "SELECT table_name, column_name, column_type, is_nullable, character_set_name "
        "FROM information_schema.columns WHERE table_schema = DATABASE()",
    )
    return {(table, column): (kind, nullable, charset) for table, column, kind, nullable, charset in found}


Columns = dict[tuple[str, str], tuple[Any, ...]]


def test_the_tables_have_the_columns_that_the_demonstration_fills(columns: Columns) -> None:
    for table in TABLES:
        assert {column for found, column in columns if found == table} == set(COLUMNS[table])


def test_long_texts_are_longtext(columns: Columns) -> None:
    for table, names in LONG_TEXT.items():
        assert {name: columns[table, name][0] for name in names} == dict.fromkeys(names, "longtext")


def test_json_is_json_or_what_mariadb_stores_it_as(columns: Columns) -> None:
    for table, names in JSON.items():
        assert {columns[table, name][0] for name in names} <= {"json", "longtext"}


def test_times_hold_microseconds_and_only_the_last_login_may_be_unknown(columns: Columns) -> None:
    times = {key: value for key, value in columns.items() if key[0] in TABLES and key[1] in TIMES}
    assert {kind for kind, _, _ in times.values()} == {"datetime(6)"}
    assert {key for key, (_, nullable, _) in times.items() if nullable == "YES"} == {("users", "last_login")}


def test_truth_is_tinyint_1(columns: Columns) -> None:
    assert {columns[key][0] for key in columns if key[1] in TRUTH} == {"tinyint(1)"}


def test_every_text_is_utf8mb4(columns: Columns) -> None:
    texts = {
        key: charset
        for key, (kind, _, charset) in columns.items()
        if key[0] in TABLES and kind.startswith(("varchar", "longtext"))
    }
    assert texts
    assert set(texts.values()) == {"utf8mb4"}


def test_ids_are_8_bytes_and_made_by_the_server(connection: Connection[Any]) -> None:
    found = select(
        connection,
        "SELECT table_name, column_type FROM information_schema.columns "
        "WHERE table_schema = DATABASE() AND column_name = 'id' AND extra LIKE '%%auto_increment%%'",
    )
    kinds = {table: kind.split("(")[0] for table, kind in found if table in TABLES}
    assert kinds == dict.fromkeys(TABLES, "bigint")


def test_other_types_are_as_they_were(columns: Columns) -> None:
    wanted = {
        ("subscription_plans", "name"): ("varchar(64)", "NO"),
        ("users", "email"): ("varchar(255)", "YES"),
        ("users", "picture"): ("varchar(1024)", "YES"),
        ("users", "google_id"): ("varchar(255)", "YES"),
        ("problems", "platform"): ("varchar(50)", "NO"),
        ("problems", "problem_id"): ("varchar(100)", "NO"),
        ("problems", "title"): ("varchar(500)", "NO"),
        ("problems", "url"): ("varchar(1000)", "NO"),
        ("problems", "time_limit"): ("double", "YES"),
        ("search_history", "problem_number"): ("varchar(100)", "NO"),
        ("usage_logs", "action"): ("varchar(20)", "NO"),
    }
    assert {key: columns[key][:2] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("table", "indexed", "unique"),
    [
        ("users", "email", True),
        ("users", "google_id", True),
        ("problems", "platform,problem_id", True),
        ("search_history", "user_id,created_at", False),
        ("search_history", "is_code_public,created_at", False),
        ("usage_logs", "user_id,action,created_at", False),
    ],
)
def test_indexes_stand(connection: Connection[Any], table: str, indexed: str, unique: bool) -> None:
    found = select(
        connection,
        "SELECT GROUP_CONCAT(column_name ORDER BY seq_in_index), MIN(non_unique) "
        "FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = %s "
        "GROUP BY index_name",
        table,
    )
    assert (indexed, int(not unique)) in found


def as_demo_row(table: str, stored: tuple[Any, ...]) -> Row:
    """A row as MySQL gives it, in the form of the generator; JSON is compared in one spelling."""
    values = []
    for name, value in zip(COLUMNS[table], stored, strict=True):
        if isinstance(value, datetime):
            value = value.isoformat(" ", "microseconds")
        elif name in JSON.get(table, ()) and value is not None:
            value = json.dumps(json.loads(value), ensure_ascii=False, sort_keys=True)
        values.append(value)
    return tuple(values)


def test_rows_come_back_as_they_were_made(connection: Connection[Any]) -> None:
    written = fill_mysql(connection, SIZE, SEED, AS_OF)
    for table in TABLES:
        names = ", ".join(f"`{name}`" for name in COLUMNS[table])
        stored = select(connection, f"SELECT {names} FROM {table} ORDER BY id")
        made = [as_demo_row(table, row) for row in demo_rows(table, SIZE, SEED, AS_OF)]
        assert [as_demo_row(table, row) for row in stored] == made
        assert written[table].rows == len(made)
