"""What MySQL lets into its date columns, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from api.dynamodb.codec.codec import microseconds
from config.environment import MySQLSource
from tests.integration.migration.migration_harness import LegacySource, Move, only_letter, record
from tests.integration.migration.test_usage_policy import logs_of
from tests.support.sources import connect

pytestmark = pytest.mark.any_engine

ZERO_DATES = ("0000-00-00 00:00:00", "2020-00-10 00:00:00", "2020-10-00 00:00:00")


def test_a_zero_date_that_may_be_missing_becomes_no_value_and_is_counted(move: Move) -> None:
    rows = [{"id": n, "last_login": zero, "created_at": zero} for n, zero in enumerate(ZERO_DATES, 1)]
    move.legacy.add("users", *rows, {"id": 9})
    report = move.run()
    items = move.items()
    for row in rows:
        user = record("user", items, f"USR#{row['id']}")
        assert (user["last_login"], user["created_at"]) == (None, None)
        assert not {"lgn", "crt"} & set(items[f"USR#{row['id']}", "META"])
    assert record("user", items, "USR#9")["created_at"] == datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)
    assert report.steps["users"].counts.zero_dates == 2 * len(ZERO_DATES)
    assert report.dead == 0


def test_a_run_of_code_with_a_zero_date_is_a_dead_letter(move: Move) -> None:
    move.legacy.add("search_history", {"id": 1}, {"id": 2, "created_at": "0000-00-00 00:00:00"}, {"id": 3})
    report = move.run()
    letter = only_letter(move, "history", 2)
    assert letter["reason"] == "created_at: zero date '0000-00-00 00:00:00.000000'"
    assert letter["row"]["code"] == "print(2)"
    assert report.dead == 1
    assert {key[0] for key in move.dump() if key[0].startswith("RUN#")} == {"RUN#1", "RUN#3"}


def test_a_usage_log_with_a_zero_date_is_a_dead_letter(move: Move) -> None:
    now = datetime.now(UTC).isoformat(sep=" ")[:26]
    move.legacy.add(
        "usage_logs", {"id": 1, "created_at": "2020-00-10 00:00:00"}, {"id": 2, "created_at": now}
    )
    move.run()
    assert only_letter(move, "usage", 1)["reason"] == "created_at: zero date '2020-00-10 00:00:00.000000'"
    assert set(logs_of(move)) == {2}


def test_a_day_that_no_calendar_has_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.legacy.sql("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
    quick_move.legacy.add("users", {"id": 1, "last_login": "2023-02-31 10:00:00"})
    quick_move.run()
    letter = only_letter(quick_move, "users", 1)
    assert letter["reason"] == "last_login: '2023-02-31 10:00:00.000000' is not a date and time"


FAR_TIMES = (
    "1000-01-01 00:00:00.000000",
    "1583-10-15 12:00:00.000001",
    "1900-01-01 00:00:00.000000",
    "1969-12-31 23:59:59.999999",
    "1970-01-01 00:00:00.000000",
    "2100-03-01 00:00:00.000000",
    "9999-12-31 23:59:59.999999",
)


def test_times_before_1970_and_after_2100_keep_every_microsecond_and_their_order(move: Move) -> None:
    for number, text in enumerate(FAR_TIMES, 1):
        move.legacy.add("search_history", {"id": number, "created_at": text, "is_code_public": 1})
        move.legacy.add("users", {"id": number, "created_at": text})
    report = move.run()
    assert report.dead == 0
    items = move.items()
    for number, text in enumerate(FAR_TIMES, 1):
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        assert items[f"RUN#{number}", "META"]["crt"] == {"N": str(microseconds(moment))}
        assert record("run", items, f"RUN#{number}")["created_at"] == moment
        assert record("user", items, f"USR#{number}")["created_at"] == moment
    listed = sorted(sk for pk, sk in items if pk == "USR#1#RUN")
    assert [int(sk.rpartition("#")[2]) for sk in listed] == list(range(1, len(FAR_TIMES) + 1))


def test_a_column_without_microseconds_reads_as_whole_seconds(quick_move: Move) -> None:
    quick_move.legacy.sql(
        "ALTER TABLE users MODIFY created_at DATETIME NULL, MODIFY updated_at DATETIME(3) NULL"
    )
    quick_move.legacy.sql("ALTER TABLE users MODIFY last_login DATE NULL")
    quick_move.legacy.add(
        "users",
        {"id": 1, "created_at": "2024-05-06 07:08:09", "updated_at": "2024-05-06 07:08:09.125",
         "last_login": "2024-05-06"},
    )  # fmt: skip
    quick_move.run()
    user = record("user", quick_move.items(), "USR#1")
    assert user["created_at"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert user["updated_at"] == datetime(2024, 5, 6, 7, 8, 9, 125000, tzinfo=UTC)
    assert user["last_login"] == datetime(2024, 5, 6, tzinfo=UTC)


@pytest.fixture
def server_in_seoul(mysql_server: MySQLSource) -> Iterator[None]:
    """The server's own time zone is nine hours ahead while a test runs."""
    with connect(mysql_server, "") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT @@global.time_zone")
        (before,) = cursor.fetchone()
        cursor.execute("SET GLOBAL time_zone = '+09:00'")
        try:
            yield
        finally:
            cursor.execute("SET GLOBAL time_zone = %s", (before,))


@pytest.mark.usefixtures("server_in_seoul")
def test_a_timestamp_column_means_utc_whatever_the_server_is_set_to(move: Move) -> None:
    legacy = LegacySource(move.legacy.source)
    legacy.sql("ALTER TABLE users MODIFY last_login TIMESTAMP(6) NULL")
    legacy.sql("SET SESSION time_zone = '+00:00'")
    legacy.add("users", {"id": 1, "last_login": "2024-05-06 23:30:00.000001"})
    legacy.close()
    move.run()
    login = record("user", move.items(), "USR#1")["last_login"]
    assert login == datetime(2024, 5, 6, 23, 30, 0, 1, UTC)
