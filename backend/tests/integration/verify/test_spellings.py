"""Every spelling of a value in MySQL compares as the value: zeros in front, BIT, unsigned, generated columns, views."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.environment import environment
from migration.verify import VerificationOptions, verify, verify_counts, verify_sample
from migration.verify.report import text
from tests.integration.migration.migration_harness import LegacySource, Move

pytestmark = pytest.mark.any_engine

ZEROFILL = (
    "ALTER TABLE subscription_plans MODIFY id BIGINT(20) ZEROFILL, MODIFY max_hints_per_day INT(6) ZEROFILL",
    "ALTER TABLE users MODIFY id BIGINT(20) ZEROFILL, MODIFY subscription_plan_id BIGINT(9) ZEROFILL",
    "ALTER TABLE problems MODIFY id INT(10) ZEROFILL, MODIFY memory_limit INT(8) ZEROFILL, "
    "MODIFY time_limit DOUBLE ZEROFILL",
    "ALTER TABLE test_cases MODIFY id INT(10) ZEROFILL, MODIFY problem_id INT(12) ZEROFILL, "
    "MODIFY position INT(5) ZEROFILL",
    "ALTER TABLE search_history MODIFY id BIGINT(20) ZEROFILL, MODIFY user_id BIGINT(20) ZEROFILL, "
    "MODIFY problem_id BIGINT(20) ZEROFILL NULL, MODIFY passed_count INT(4) ZEROFILL",
    "ALTER TABLE usage_logs MODIFY id BIGINT(20) ZEROFILL, MODIFY user_id BIGINT(20) ZEROFILL, "
    "MODIFY problem_id BIGINT(20) ZEROFILL NULL",
)
BIT_AND_UNSIGNED = (
    "ALTER TABLE subscription_plans MODIFY is_active BIT(1)",
    "ALTER TABLE users MODIFY is_active BIT(1), MODIFY is_staff BIT(8), MODIFY id BIGINT UNSIGNED",
    "ALTER TABLE problems MODIFY is_completed BIT(1), MODIFY is_deleted TINYINT UNSIGNED, MODIFY id INT UNSIGNED",
    "ALTER TABLE test_cases MODIFY is_sample BIT(1), MODIFY id MEDIUMINT UNSIGNED",
    "ALTER TABLE search_history MODIFY is_code_public BIT(1), MODIFY total_count SMALLINT UNSIGNED",
)
GENERATED = (
    "ALTER TABLE problems DROP COLUMN memory_limit, ADD memory_limit INT AS (128 * 2) VIRTUAL",
    "ALTER TABLE search_history DROP COLUMN total_count, "
    "ADD total_count INT AS (passed_count + failed_count) PERSISTENT",
)
VIEWS = (
    "RENAME TABLE users TO stored_users, search_history TO stored_history",
    "CREATE VIEW users AS SELECT * FROM stored_users WHERE is_active <> 9",
    "CREATE VIEW search_history AS SELECT * FROM stored_history",
)


def fill(legacy: LegacySource) -> None:
    legacy.add("subscription_plans", {"id": 5})
    legacy.add(
        "users", {"id": 7, "subscription_plan_id": 5}, {"id": 12, "is_staff": 1}, {"id": 40, "is_active": 0}
    )
    legacy.add(
        "problems", {"id": 3, "time_limit": 0.5}, {"id": 4, "is_completed": 0}, {"id": 8, "is_deleted": 1}
    )
    legacy.add(
        "test_cases", {"id": 1, "problem_id": 3, "is_sample": 1, "position": 2}, {"id": 2, "problem_id": 3}
    )
    legacy.add(
        "search_history",
        {"id": 1, "user_id": 7, "problem_id": 3, "is_code_public": 1},
        {"id": 2, "user_id": 12, "problem_id": None},
    )
    legacy.add(
        "usage_logs",
        {"id": 1, "user_id": 7, "created_at": "2999-01-02 03:04:05", "problem_id": 3},
        {"id": 2, "user_id": 12, "created_at": "2999-01-02 03:04:06"},
    )


def drop_foreign_keys(legacy: LegacySource) -> None:
    """Their columns' types could not be changed otherwise."""
    for table, name in legacy.sql(
        "SELECT table_name, constraint_name FROM information_schema.referential_constraints "
        "WHERE constraint_schema = DATABASE()"
    ):
        legacy.sql(f"ALTER TABLE `{table}` DROP FOREIGN KEY `{name}`")


@pytest.mark.parametrize(
    "statements",
    [ZEROFILL, BIT_AND_UNSIGNED, GENERATED, VIEWS],
    ids=["zerofill", "bit_and_unsigned", "generated_columns", "views"],
)
def test_every_mode_agrees(move: Move, statements: tuple[str, ...]) -> None:
    fill(move.legacy)
    drop_foreign_keys(move.legacy)
    for statement in statements:
        move.legacy.sql(statement)
    report = move.run()
    assert report.dead == 0, move.letters()
    options = VerificationOptions(workers=2)
    for result in (
        verify(environment(), options),
        verify_counts(environment(), options),
        verify_sample(environment(), options, 50),
    ):
        assert result.agrees, text(result)
        assert result.rows == 13


def test_an_expired_log_with_zeros_in_front_of_its_id_is_found_in_the_source(move: Move) -> None:
    fill(move.legacy)
    drop_foreign_keys(move.legacy)
    move.legacy.sql(ZEROFILL[-1])
    move.run()
    report = verify(environment(), VerificationOptions(), datetime(4000, 1, 1, tzinfo=UTC))
    assert report.agrees, text(report)
    assert report.ignored_table["expired usage_log"] == 2
    assert report.ignored_table["expired usage_day"] == 2
