"""Usage logs: what has expired, what is counted against which local day, what cannot be moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.codec.codec import Record, epoch_seconds
from api.dynamodb.usage_limits import ledger
from api.dynamodb.usage_limits.ledger import DayUsage
from tests.integration.migration.migration_harness import Move, only_letter, record

pytestmark = pytest.mark.any_engine


def midnight_today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def logs_of(move: Move) -> dict[int, Record]:
    """The logs by id, those of ledgers with the expiry of their ledger."""
    items = move.items()
    logs = [record("usage_log", items, pk, sk, owner="?") for pk, sk in items if sk.startswith("LOG#")]
    for (pk, sk), item in items.items():
        if sk.startswith("DAY#"):
            _, user_id, _, action = pk.split("#")
            expires_at = int(item["ttl"]["N"])
            logs += [{**log, "expires_at": expires_at} for log in ledger.logs(item, int(user_id), action)]
    assert len({log["log_id"] for log in logs}) == len(logs)
    return {log["log_id"]: log for log in logs}


def counters_of(move: Move) -> dict[tuple[str, str], int]:
    return {
        (pk, sk.removeprefix("DAY#")): DayUsage.of(item).count
        for (pk, sk), item in move.items().items()
        if sk.startswith("DAY#")
    }


def test_a_log_older_than_90_days_is_skipped_and_counted(move: Move) -> None:
    edge = midnight_today() - timedelta(days=90)
    move.legacy.add(
        "usage_logs",
        {"id": 1, "created_at": text(edge - timedelta(days=1))},
        {"id": 2, "created_at": text(edge)},
        {"id": 3, "created_at": text(edge + timedelta(seconds=1))},
        {"id": 4, "created_at": text(midnight_today())},
    )
    report = move.run()
    counts = report.steps["usage"].counts
    assert (counts.read, counts.written, counts.skipped, counts.dead) == (4, 2, 2, 0)
    logs = logs_of(move)
    assert set(logs) == {3, 4}
    zone = ZoneInfo("Asia/Seoul")
    for number, moment in ((3, edge), (4, midnight_today())):
        day = moment.astimezone(zone).date() + timedelta(days=1)
        end = datetime.combine(day, datetime.min.time(), tzinfo=zone)
        assert logs[number]["expires_at"] == epoch_seconds(end.astimezone(UTC) + timedelta(days=90))


def test_with_keep_expired_an_old_log_moves_without_an_expiry(move: Move) -> None:
    move.legacy.add(
        "usage_logs",
        {"id": 1, "created_at": "1969-01-01 00:00:00", "metadata": '"' + "m" * 9_000 + '"'},
        {"id": 2, "created_at": text(midnight_today())},
    )
    report = move.run(keep_expired=True)
    assert report.steps["usage"].counts.skipped == 0
    logs = logs_of(move)
    assert logs[1]["expires_at"] is None
    assert logs[2]["expires_at"] is not None
    assert [key for key, item in move.items().items() if "ttl" not in item] == [
        ("USR#1#USE#hint", "LOG#1969-01-01T00:00:00.000000#0000000000000001")
    ]


def test_an_action_that_nobody_knows_is_a_dead_letter(move: Move) -> None:
    move.legacy.add("usage_logs", {"id": 1, "action": "peek", "created_at": text(midnight_today())})
    move.run()
    assert only_letter(move, "usage", 1)["reason"] == "action 'peek' is not one of hint, execution"
    assert counters_of(move) == {}


def test_a_log_that_could_never_expire_is_a_dead_letter(move: Move) -> None:
    move.legacy.add("usage_logs", {"id": 1, "created_at": "9999-12-31 23:59:59.999999"})
    move.run()
    assert only_letter(move, "usage", 1)["reason"].startswith("created_at: ")


def test_a_dead_letter_of_today_counts_against_its_users_day(move: Move) -> None:
    now = midnight_today()
    move.legacy.drop_checks("usage_logs", "metadata")
    move.legacy.add(
        "usage_logs",
        {"id": 1, "created_at": text(now), "metadata": "NaN"},
        {"id": 2, "created_at": text(now)},
        {"id": 3, "created_at": text(now), "action": "execution"},
    )
    move.run(batch_size=1)
    only_letter(move, "usage", 1)
    day = now.astimezone(ZoneInfo("Asia/Seoul")).date().isoformat()
    assert counters_of(move) == {("USR#1#USE#hint", day): 2, ("USR#1#USE#execution", day): 1}


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York", "Pacific/Kiritimati"])
def test_a_use_counts_on_its_local_day_to_the_microsecond(move: Move, zone: str) -> None:
    move.more["ALGOITNY_TIME_ZONE"] = zone
    local = ZoneInfo(zone)
    day = datetime.now(local).date() - timedelta(days=10)
    start = datetime.combine(day, datetime.min.time(), tzinfo=local).astimezone(UTC)
    after = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=local).astimezone(UTC)
    tick = timedelta(microseconds=1)
    move.legacy.add(
        "usage_logs",
        {"id": 1, "created_at": text(start - tick)},
        {"id": 2, "created_at": text(start)},
        {"id": 3, "created_at": text(start)},
        {"id": 4, "created_at": text(after - tick)},
        {"id": 5, "created_at": text(after)},
    )
    move.run()
    days = [(day + timedelta(days=n)).isoformat() for n in (-1, 0, 1)]
    pk = "USR#1#USE#hint"
    assert counters_of(move) == {(pk, days[0]): 1, (pk, days[1]): 3, (pk, days[2]): 1}
    ttl = move.items()[pk, f"DAY#{days[1]}"]["ttl"]["N"]
    assert int(ttl) == epoch_seconds(after + timedelta(days=90))


def test_a_user_with_more_logs_than_a_page_is_counted_once(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migration.source.database.PAGE_ROWS", 7)
    now = text(midnight_today() - timedelta(hours=1))
    rows = [{"id": 100 - n, "user_id": 1 + n % 3 // 2, "created_at": now} for n in range(60)]
    quick_move.legacy.add("usage_logs", *rows)
    report = quick_move.run(batch_size=5)
    assert report.steps["usage"].counts.written == 60
    assert sorted(counters_of(quick_move).values()) == [20, 40]
