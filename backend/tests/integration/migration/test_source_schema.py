"""Schemas of a source that differ from the declared one in spelling, or that lack a table, a column or a grant."""

from __future__ import annotations

import pytest

from config.environment import environment
from migration.verify import VerificationOptions, verify, verify_counts, verify_sample
from tests.integration.migration.migration_harness import Move, record
from tests.integration.migration.test_errors import one_line
from tests.integration.migration.test_usage_policy import counters_of, midnight_today, text

pytestmark = pytest.mark.any_engine


def test_upper_case_names_are_read_as_the_declared_ones(move: Move) -> None:
    legacy = move.legacy
    legacy.drop_foreign_keys()
    now = text(midnight_today())
    legacy.add("users", {"id": 1})
    legacy.add("search_history", {"id": 1})
    legacy.add("usage_logs", {"id": 1, "created_at": now}, {"id": 2, "created_at": now})
    for table, column in (("users", "email"), ("usage_logs", "user_id"), ("search_history", "code")):
        kind = legacy.sql(f"SHOW COLUMNS FROM {table} LIKE '{column}'")[0][1]
        legacy.sql(f"ALTER TABLE {table} CHANGE {column} {column.upper()} {kind} NULL")
        legacy.sql(f"RENAME TABLE {table} TO {table.upper()}")
    assert move.dry_run().orphans == {"search_history.problem_id": 1}
    assert move.run().dead == 0
    assert record("user", move.items(), "USR#1")["email"] == "user1@example.org"
    assert list(counters_of(move).values()) == [2]
    move.use_settings(**move.settings())
    options = VerificationOptions()
    for report in (
        verify(environment(), options),
        verify_counts(environment(), options),
        verify_sample(environment(), options, 9),
    ):
        assert report.agrees, report.differences.listed


def test_tables_with_a_prefix_are_named_with_the_statement_that_mends_it(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.legacy.sql("RENAME TABLE users TO api_users")
    one_line(
        quick_move.call("--dry-run"),
        "has no table users, but api_users: make views of the declared names",
        "CREATE VIEW `users` AS SELECT * FROM `api_users`",
    )
    quick_move.legacy.sql("CREATE VIEW `users` AS SELECT * FROM `api_users`")
    assert quick_move.run().steps["users"].counts.written == 1


def test_all_undeclared_columns_are_named_at_once_with_the_options_that_leave_them_behind(
    quick_move: Move,
) -> None:
    quick_move.legacy.sql("ALTER TABLE users ADD nickname TEXT NULL, ADD Age INT NULL")
    quick_move.legacy.sql("ALTER TABLE problems ADD votes INT NULL")
    options = [
        "--ignore-column", "users.nickname", "--ignore-column", "users.age", "--ignore-column", "problems.votes",
    ]  # fmt: skip
    one_line(
        quick_move.call(),
        "columns users.nickname, users.age, problems.votes are not declared and would be lost",
        f"leave them behind on purpose with {' '.join(options)}",
    )
    done = quick_move.call(*options[:2], "--ignore-column", "USERS.AGE", *options[4:])
    assert (done.returncode, done.stderr) == (0, "")


def test_all_missing_columns_and_all_wrong_types_of_a_table_are_named_at_once(quick_move: Move) -> None:
    quick_move.legacy.sql("ALTER TABLE problems MODIFY time_limit BLOB NULL, MODIFY url BLOB NULL")
    one_line(quick_move.call(), "problems.url is of type blob", "problems.time_limit is of type blob")
    quick_move.legacy.sql("ALTER TABLE users DROP COLUMN picture, DROP COLUMN name")
    one_line(quick_move.call(), "table users has no columns name, picture")


def test_the_dry_run_lists_the_tables_that_are_not_moved(quick_move: Move) -> None:
    quick_move.legacy.sql("CREATE TABLE favourites (id INT)")
    quick_move.legacy.sql("CREATE VIEW best_users AS SELECT * FROM users")
    assert quick_move.dry_run().undeclared_tables == ["best_users", "favourites"]
    done = quick_move.call("--dry-run")
    assert "ignored    the source's other tables: best_users, favourites" in done.stdout
