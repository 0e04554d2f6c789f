"""Usage logs are read in the order of their users: without an index for it, each row is sorted once."""

from __future__ import annotations

import random

import pytest

from migration.mapping import USAGE
from migration.source import LegacyDatabase
from tests.integration.migration.migration_harness import LegacySource

ROWS, PAGE = 6_000, 200


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.source.database.PAGE_ROWS", PAGE)


def fill(legacy: LegacySource, users: list[int | None]) -> list[tuple[int, int]]:
    """Logs of these users in the order of their ids; their keys in the order of the users."""
    legacy.sql("ALTER TABLE usage_logs MODIFY user_id BIGINT NULL")
    legacy.add(
        "usage_logs",
        *[{"id": n, "user_id": user, "created_at": "2024-01-01"} for n, user in enumerate(users, 1)],
    )
    legacy.sql("ANALYZE TABLE usage_logs")
    numbered = [(-(2**63) if user is None else user, n) for n, user in enumerate(users, 1)]
    return sorted(numbered)


INDEXES = {
    "as Django makes it": "SELECT 1",
    "on the user alone": "ALTER TABLE usage_logs DROP INDEX usage_user_action_created, ADD INDEX by_user (user_id)",
    "on user and id": "ALTER TABLE usage_logs DROP INDEX usage_user_action_created, ADD INDEX by_user (user_id, id)",
    "none": "ALTER TABLE usage_logs DROP INDEX usage_user_action_created",
}
USERS = {
    "many users": lambda rng: [rng.randrange(400) for _ in range(ROWS)],
    "one user": lambda rng: [7] * ROWS,
    "few users and nobody": lambda rng: [rng.choice([None, 1, 2**50]) for _ in range(ROWS)],
}


def rows_handled(database: LegacyDatabase) -> int:
    """How many rows the server has read or sorted for this connection."""
    status = database.query(
        "SELECT variable_value FROM information_schema.session_status WHERE variable_name IN "
        "('HANDLER_READ_NEXT', 'HANDLER_READ_PREV', 'HANDLER_READ_RND_NEXT', 'SORT_ROWS')"
    )
    return sum(int(value or 0) for (value,) in status)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("users", USERS.values(), ids=USERS)
@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_the_server_reads_and_sorts_each_log_a_few_times_however_many_there_are(
    legacy: LegacySource, index: str, users: object
) -> None:
    assert callable(users)
    legacy.drop_foreign_keys()
    legacy.sql(index)
    keys = fill(legacy, users(random.Random(5)))
    with LegacyDatabase(legacy.source) as database:
        until = database.last_key(USAGE)
        assert until == keys[-1]
        before = rows_handled(database)
        assert [USAGE.key(row) for row in database.rows(USAGE, None, until)] == keys
        assert rows_handled(database) - before < 5 * ROWS


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
def test_reading_can_begin_behind_any_key_and_end_at_any(legacy: LegacySource, index: str) -> None:
    legacy.drop_foreign_keys()
    legacy.sql(index)
    rng = random.Random(6)
    keys = fill(legacy, [rng.choice([None, *range(1, 40, 3)]) for _ in range(1_000)])
    with LegacyDatabase(legacy.source) as database:
        for _ in range(20):
            first, last = sorted(rng.sample(range(len(keys)), 2))
            after, until = keys[first], (keys[last][0], 2**63 - 1)
            read = [USAGE.key(row) for row in database.rows(USAGE, after, until)]
            assert read == [key for key in keys if after < key <= until]
