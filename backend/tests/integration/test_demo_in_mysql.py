"""The demonstration's rows go into an empty MySQL on request, and never into one that holds data."""

from __future__ import annotations

import json

from config.environment import MySQLSource
from tests.support.scripts import run_script
from tests.support.sources import connect, settings_of

SMALL = ("--users", "5", "--problems", "3", "--history", "10", "--usage", "20", "--as-of", "2026-01-02")


def test_it_makes_the_tables_and_fills_them(legacy_mysql: MySQLSource) -> None:
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE `{legacy_mysql.database}`")
        cursor.execute(f"CREATE DATABASE `{legacy_mysql.database}` CHARACTER SET utf8mb4")
    settings = {**settings_of(legacy_mysql), "DJANGO_DEBUG": "1"}
    done = run_script("seed_demo", "--into-mysql", "--json", *SMALL, settings=settings)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tables"]["search_history"]["rows"] == 10
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM usage_logs")
        assert cursor.fetchone() == (20,)


def test_it_refuses_a_mysql_that_holds_rows_and_changes_nothing(legacy_mysql: MySQLSource) -> None:
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO subscription_plans VALUES (1, 'free', 1, 1, 1, NOW())")
    settings = {**settings_of(legacy_mysql), "DJANGO_DEBUG": "1"}
    done = run_script("seed_demo", "--into-mysql", *SMALL, settings=settings)
    assert done.returncode == 2
    assert "subscription_plans" in done.stderr and "empty database" in done.stderr
    with connect(legacy_mysql) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM users")
        assert cursor.fetchone() == (0,)


def test_without_being_asked_it_does_not_touch_a_mysql(legacy_mysql: MySQLSource) -> None:
    done = run_script("seed_demo", *SMALL, settings={**settings_of(legacy_mysql), "DJANGO_DEBUG": "1"})
    assert done.returncode == 2
    assert "--into-mysql" in done.stderr
    assert legacy_mysql.password not in done.stderr
