"""A source whose DATETIME columns are local times: MYSQL_TIME_ZONE moves them as UTC, and the dry run shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.environment import environment
from migration.source.values import utc_text
from migration.verify import VerificationOptions, verify, verify_counts, verify_sample
from tests.integration.migration.migration_harness import Move, record
from tests.integration.migration.test_usage_policy import counters_of, midnight_today, text

pytestmark = pytest.mark.any_engine

SEOUL = ZoneInfo("Asia/Seoul")


def test_local_times_are_moved_as_utc_and_timestamps_as_they_are(move: Move) -> None:
    move.more["MYSQL_TIME_ZONE"] = "Asia/Seoul"
    legacy = move.legacy
    legacy.sql("ALTER TABLE users MODIFY updated_at TIMESTAMP(6) NULL, MODIFY last_login DATE NULL")
    local = "2024-05-06 07:08:09.123456"
    legacy.add("users", {"id": 1, "created_at": local, "updated_at": local, "last_login": "2024-05-06"})
    legacy.add("users", {"id": 2, "created_at": "0000-00-00 00:00:00"})
    legacy.add("search_history", {"id": 1, "created_at": local})
    assert move.run().dead == 0
    items = move.items()
    user = record("user", items, "USR#1")
    assert user["created_at"] == datetime(2024, 5, 5, 22, 8, 9, 123456, UTC)
    assert user["updated_at"] == datetime(2024, 5, 6, 7, 8, 9, 123456, UTC)
    assert user["last_login"] == datetime(2024, 5, 5, 15, tzinfo=UTC)
    assert record("user", items, "USR#2")["created_at"] is None
    assert record("run", items, "RUN#1")["created_at"] == user["created_at"]


@pytest.mark.parametrize("minutes", [1, 59, 61, 119, 121, 179])
def test_counts_agree_in_the_hour_in_which_a_log_expires(quick_move: Move, minutes: int) -> None:
    """The first hour that has not expired is counted on both sides."""
    created = midnight_today() - timedelta(days=89) + timedelta(hours=3)
    quick_move.legacy.add("usage_logs", {"id": 1, "created_at": f"{created:%Y-%m-%d %H:%M:%S}"})
    quick_move.run()
    quick_move.use_settings(**quick_move.settings())
    now = created + timedelta(days=90) - timedelta(minutes=minutes)
    lines = verify_counts(environment(), VerificationOptions(), now).lines
    assert [str(line) for line in lines if not line.agrees] == []


@pytest.mark.parametrize("kind", ["DATETIME(6)", "TIMESTAMP(6)"])
def test_usage_of_local_times_expires_counts_and_is_proven_by_utc(quick_move: Move, kind: str) -> None:
    quick_move.more["MYSQL_TIME_ZONE"] = "Asia/Seoul"
    quick_move.legacy.sql(f"ALTER TABLE usage_logs MODIFY created_at {kind} NOT NULL")
    limit = midnight_today() - timedelta(days=90)
    moments = [
        limit - timedelta(hours=8), limit - timedelta(seconds=1), limit + timedelta(hours=3),
        limit + timedelta(hours=20), midnight_today(),
    ]  # fmt: skip
    local = [moment.astimezone(SEOUL) if kind.startswith("DATETIME") else moment for moment in moments]
    rows = [{"id": n, "created_at": f"{at:%Y-%m-%d %H:%M:%S}"} for n, at in enumerate(local, 1)]
    quick_move.legacy.add("usage_logs", *rows)
    report = quick_move.run()
    assert (report.steps["usage"].counts.skipped, report.steps["usage"].counts.written) == (2, 3)
    assert sum(counters_of(quick_move).values()) >= 1
    quick_move.use_settings(**quick_move.settings())
    options = VerificationOptions(all_differences=True)
    assert verify(environment(), options).differences.listed == []
    assert [str(line) for line in verify_counts(environment(), options).lines if not line.agrees] == []
    assert verify_sample(environment(), options, 9).agrees


def test_the_proof_under_another_zone_sees_every_time_differ(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    quick_move.more["MYSQL_TIME_ZONE"] = "Asia/Seoul"
    quick_move.run()
    quick_move.more["MYSQL_TIME_ZONE"] = "UTC"
    quick_move.use_settings(**quick_move.settings())
    assert not verify(environment(), VerificationOptions()).agrees


def test_the_command_says_which_zone_it_reads_in(quick_move: Move) -> None:
    quick_move.more["MYSQL_TIME_ZONE"] = "Asia/Seoul"
    assert " in Asia/Seoul -> " in quick_move.call("--dry-run").stdout


def test_the_dry_run_shows_the_newest_rows_times_and_those_of_the_future(quick_move: Move) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    quick_move.legacy.add("users", {"id": 1, "created_at": text(tomorrow)}, {"id": 2})
    quick_move.legacy.add("search_history", {"id": 1}, {"id": 2, "created_at": text(tomorrow)})
    quick_move.legacy.add("usage_logs", {"id": 1, "created_at": "0000-00-00 00:00:00"})
    lines = quick_move.call("--dry-run").stdout.splitlines()
    shown = [line for line in lines if line.startswith("newest ")]
    assert shown == [
        "newest     users: 2024-05-06 07:08 UTC, 2024-05-06 16:08 KST",
        f"newest     history: {tomorrow:%Y-%m-%d %H:%M} UTC, {tomorrow.astimezone(SEOUL):%Y-%m-%d %H:%M} KST; "
        "that is in the future: set MYSQL_TIME_ZONE if the source stores local times",
    ]


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2024-05-06 07:08:09", "Asia/Seoul", "2024-05-05 22:08:09"),
        ("2024-05-06 07:08:09.5", "America/New_York", "2024-05-06 11:08:09.500000"),
        ("2024-11-03 01:30:00", "America/New_York", "2024-11-03 05:30:00"),  # the first of two
        ("0000-00-00 00:00:00", "Asia/Seoul", "0000-00-00 00:00:00"),
        ("2023-02-31 10:00:00", "Asia/Seoul", "2023-02-31 10:00:00"),
        ("0001-01-01 00:00:00", "Asia/Seoul", "Asia/Seoul 0001-01-01 00:00:00"),
        ("9999-12-31 23:00:00", "America/New_York", "America/New_York 9999-12-31 23:00:00"),
    ],
)
def test_a_local_time_in_utc(local: str, zone: str, utc: str) -> None:
    assert utc_text(local, ZoneInfo(zone)) == utc


def test_a_time_whose_utc_is_outside_the_calendar_is_a_dead_letter(quick_move: Move) -> None:
    quick_move.more["MYSQL_TIME_ZONE"] = "America/New_York"
    quick_move.legacy.add("search_history", {"id": 1, "created_at": "9999-12-31 23:00:00"})
    assert quick_move.run().dead == 1
    (letter,) = quick_move.letters()
    assert letter["reason"].startswith("created_at: 'America/New_York 9999-12-31 23:00:00")
