"""Daily limits and the log of uses: what is counted, when the count starts anew, and what has expired."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.schema.records import UsageLog
from api.dynamodb.table.store import Store
from tests.integration.repositories.conftest import ALICE, CHARLIE, Clock
from tests.integration.repositories.helpers import noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
SEOUL = ZoneInfo("Asia/Seoul")


def test_a_user_may_act_until_the_limit(usage: UsageLogRepository) -> None:
    for used in range(3):
        assert usage.check_rate_limit(user_id=ALICE, action="hint", limit=3)[:2] == (True, used)
        usage.log_usage(user_id=ALICE, action="hint")
    assert usage.check_rate_limit(user_id=ALICE, action="hint", limit=3)[:2] == (False, 3)
    assert usage.check_rate_limit(user_id=ALICE, action="hint", limit=4)[:2] == (True, 3)


def test_actions_and_users_are_counted_apart(usage: UsageLogRepository) -> None:
    usage.log_usage(user_id=ALICE, action="hint")
    assert usage.get_usage_count(ALICE, "hint") == 1
    assert usage.get_usage_count(ALICE, "execution") == 0
    assert usage.get_usage_count(CHARLIE, "hint") == 0
    assert usage.get_usage_of_day(CHARLIE, "hint", date(2036, 11, 21)).items == []


def test_the_count_starts_anew_at_midnight_in_seoul(usage: UsageLogRepository, clock: Clock) -> None:
    clock.moment = datetime(2036, 11, 21, 14, 59, 59, 999_999, tzinfo=UTC)
    usage.log_usage(user_id=ALICE, action="hint")
    allowed, count, reset = usage.check_rate_limit(user_id=ALICE, action="hint", limit=1)
    assert (allowed, count) == (False, 1)
    assert reset == datetime(2036, 11, 22, tzinfo=SEOUL) == datetime(2036, 11, 21, 15, tzinfo=UTC)
    assert reset.tzinfo == SEOUL
    clock.moment = reset
    assert usage.check_rate_limit(user_id=ALICE, action="hint", limit=1) == (
        True, 0, datetime(2036, 11, 23, tzinfo=SEOUL),
    )  # fmt: skip
    assert usage.get_usage_count(ALICE, "hint", date(2036, 11, 21)) == 1


@pytest.mark.parametrize(
    ("zone", "moment", "reset"),
    [
        # The day the clocks go forward has 23 hours, the day they go back has 25.
        ("America/New_York", "2026-03-08T05:00:00+00:00", "2026-03-09T04:00:00+00:00"),
        ("America/New_York", "2026-11-01T04:00:00+00:00", "2026-11-02T05:00:00+00:00"),
        # Midnight of 4 November 2018 does not exist in São Paulo: the day begins at 1:00.
        ("America/Sao_Paulo", "2018-11-03T15:00:00+00:00", "2018-11-04T03:00:00+00:00"),
        # 23:00 to 24:00 of 17 February 2018 came twice there; the day ends after the second.
        ("America/Sao_Paulo", "2018-02-18T01:30:00+00:00", "2018-02-18T03:00:00+00:00"),
        ("America/Sao_Paulo", "2018-02-18T02:30:00+00:00", "2018-02-18T03:00:00+00:00"),
        # Midnight of 1 November 2026 comes twice in Havana; the day begins with the first.
        ("America/Havana", "2026-11-01T03:00:00+00:00", "2026-11-01T04:00:00+00:00"),
        ("America/Havana", "2026-11-01T05:30:00+00:00", "2026-11-02T05:00:00+00:00"),
        # 30 December 2011 does not exist in Samoa.
        ("Pacific/Apia", "2011-12-30T09:00:00+00:00", "2011-12-30T10:00:00+00:00"),
        ("Asia/Kathmandu", "2026-06-01T00:00:00+00:00", "2026-06-01T18:15:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_wherever_clocks_go(
    usage: UsageLogRepository,
    clock: Clock,
    use_settings: Callable[..., None],
    zone: str,
    moment: str,
    reset: str,
) -> None:
    use_settings(ALGOITNY_TIME_ZONE=zone)
    clock.moment = datetime.fromisoformat(moment)
    found = usage.check_rate_limit(user_id=ALICE, action="hint", limit=1)[2]
    assert found.astimezone(UTC) == datetime.fromisoformat(reset)
    assert found.tzinfo == ZoneInfo(zone)
    assert found == found.astimezone(UTC).astimezone(ZoneInfo(zone))


def test_the_first_moment_of_a_day_without_midnight_is_one_oclock(
    usage: UsageLogRepository, clock: Clock, use_settings: Callable[..., None]
) -> None:
    use_settings(ALGOITNY_TIME_ZONE="America/Sao_Paulo")
    clock.moment = datetime(2018, 11, 4, 2, 59, tzinfo=UTC)
    usage.log_usage(user_id=ALICE, action="hint")
    reset = usage.check_rate_limit(user_id=ALICE, action="hint", limit=1)[2]
    assert (reset.hour, reset.utcoffset()) == (1, timedelta(hours=-2))
    clock.moment = reset
    usage.log_usage(user_id=ALICE, action="hint")
    assert len(usage.get_usage_of_day(ALICE, "hint", date(2018, 11, 3))) == 1
    assert len(usage.get_usage_of_day(ALICE, "hint", date(2018, 11, 4))) == 1


def test_a_log_keeps_what_it_was_given(usage: UsageLogRepository, clock: Clock) -> None:
    log = usage.log_usage(user_id=ALICE, action="hint", problem_id=100, metadata={"history_id": 5000})
    assert log == {
        "log_id": log["log_id"], "user_id": ALICE, "action": "hint", "problem_id": 100,
        "metadata": {"history_id": 5000}, "created_at": clock(),
        "expires_at": int((clock() + timedelta(days=90)).timestamp()),
    }  # fmt: skip
    assert usage.get_usage_of_day(ALICE, "hint", date(2036, 11, 21)).items == [log]


def test_metadata_of_8_kb_come_back_whole_and_larger_ones_are_refused(usage: UsageLogRepository) -> None:
    metadata = {"text": "".join(noise(9_000).split())[:7_000].encode()[:8_000].decode(errors="ignore")}
    log = usage.log_usage(user_id=ALICE, action="hint", metadata=metadata)
    assert usage.get_usage_of_day(ALICE, "hint", date(2036, 11, 21)).items == [log]
    with pytest.raises(InvalidInput, match="8192"):
        usage.log_usage(user_id=ALICE, action="hint", metadata={"text": "x" * 8182})
    assert usage.get_usage_count(ALICE, "hint") == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"user_id": "1"}, {"user_id": True}, {"user_id": -1}, {"action": "login"}, {"action": None},
        {"problem_id": "7"}, {"metadata": {"x": float("nan")}}, {"metadata": {"x": {1}}}, {"metadata": [1]},
        {"metadata": {"x": "\ud800"}}, {"metadata": "text"},
    ],
)  # fmt: skip
def test_it_refuses_uses_that_cannot_be_stored(
    usage: UsageLogRepository, stored: Stored, bad: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        usage.log_usage(**{"user_id": ALICE, "action": "hint", **bad})
    assert stored() == []


@pytest.mark.parametrize(
    "bad",
    [{"limit": 0}, {"limit": -1}, {"limit": 1.5}, {"limit": True}, {"limit": None}, {"action": "login"},
     {"user_id": "1"}],
)  # fmt: skip
def test_it_refuses_limits_that_cannot_be(usage: UsageLogRepository, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        usage.check_rate_limit(**{"user_id": ALICE, "action": "hint", "limit": 5, **bad})


def test_uses_at_once_are_all_counted(table: Table, clock: Clock, usage: UsageLogRepository) -> None:
    def use() -> None:
        for _ in range(5):
            UsageLogRepository(table, now=clock).log_usage(user_id=ALICE, action="hint")

    threads = [threading.Thread(target=use, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    logs = usage.get_usage_of_day(ALICE, "hint", date(2036, 11, 21), limit=100)
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == len(logs) == 15


def test_a_use_that_is_sent_twice_counts_once(
    usage: UsageLogRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Store._call

    def sent_twice(self: Store, operation: str, request: dict[str, Any], **how: Any) -> Any:
        answer = whole(self, operation, request, **how)
        if operation == "TransactWriteItems":
            answer = whole(self, operation, request, **how)
        return answer

    monkeypatch.setattr(Store, "_call", sent_twice)
    log = usage.log_usage(user_id=ALICE, action="hint")
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 1
    assert usage.get_usage_of_day(ALICE, "hint", date(2036, 11, 21)).items == [log]


def test_the_uses_of_a_day_come_newest_first_each_once(usage: UsageLogRepository, clock: Clock) -> None:
    clock.moment = datetime(2036, 11, 21, tzinfo=SEOUL) - timedelta(minutes=10)
    made: list[UsageLog] = []
    for _ in range(40):
        made.insert(0, usage.log_usage(user_id=ALICE, action="execution"))
        clock.advance(minutes=1)
    for limit in (1, 7, 100):
        found = whole_list(
            lambda cursor, limit=limit: usage.get_usage_of_day(  # type: ignore[misc]
                ALICE, "execution", date(2036, 11, 21), limit=limit, cursor=cursor
            )
        )
        assert found == made[:30]
    assert usage.get_usage_count(ALICE, "execution", date(2036, 11, 21)) == 30
    assert usage.get_usage_count(ALICE, "execution", date(2036, 11, 20)) == 10


def test_a_range_has_its_start_and_not_its_end(usage: UsageLogRepository, clock: Clock) -> None:
    start = clock()
    logs = []
    for _ in range(5):
        logs.append(usage.log_usage(user_id=ALICE, action="hint"))
        clock.advance(seconds=1)
    found = usage.get_usage_range(ALICE, "hint", start + timedelta(seconds=1), start + timedelta(seconds=3))
    assert found.items == [logs[2], logs[1]]
    assert found.cursor is None


def test_a_range_must_be_one(usage: UsageLogRepository, clock: Clock) -> None:
    with pytest.raises(InvalidInput, match="later"):
        usage.get_usage_range(ALICE, "hint", clock(), clock())
    with pytest.raises(InvalidInput, match="time zone"):
        usage.get_usage_range(ALICE, "hint", datetime(2026, 1, 1), clock())  # noqa: DTZ001
    with pytest.raises(InvalidInput):
        usage.get_usage_of_day(ALICE, "hint", clock())
    with pytest.raises(InvalidInput):
        usage.get_usage_count(ALICE, "hint", "2026-01-01")  # type: ignore[arg-type]


def test_a_cursor_belongs_to_its_user_and_day(usage: UsageLogRepository) -> None:
    for _ in range(3):
        usage.log_usage(user_id=ALICE, action="hint")
    today = date(2036, 11, 21)
    cursor = usage.get_usage_of_day(ALICE, "hint", today, limit=1).cursor
    for user_id, action, day in ((CHARLIE, "hint", today), (ALICE, "execution", today),
                                 (ALICE, "hint", date(2036, 11, 22))):  # fmt: skip
        with pytest.raises(InvalidInput, match="another list"):
            usage.get_usage_of_day(user_id, action, day, limit=1, cursor=cursor)


def test_expired_uses_are_dropped_though_the_table_still_has_them(
    usage: UsageLogRepository, clock: Clock, stored: Stored
) -> None:
    first = clock()
    usage.log_usage(user_id=ALICE, action="hint")
    clock.advance(days=1)
    kept = usage.log_usage(user_id=ALICE, action="hint")
    clock.moment = first + timedelta(days=90, seconds=-1)
    assert len(usage.get_usage_range(ALICE, "hint", first, clock())) == 2
    clock.moment = first + timedelta(days=90)
    assert usage.get_usage_range(ALICE, "hint", first, clock()).items == [kept]
    assert usage.get_usage_count(ALICE, "hint", date(2036, 11, 21)) == 1  # until the day's end and 90 days
    clock.moment = first + timedelta(days=91)
    assert usage.get_usage_range(ALICE, "hint", first, clock()).items == []
    assert usage.get_usage_count(ALICE, "hint", date(2036, 11, 21)) == 0
    assert len(stored()) == 2  # the items of the two days


def test_counts_by_day_leave_out_days_without_uses_and_expired_ones(
    usage: UsageLogRepository, clock: Clock, table: Table
) -> None:
    first = clock().date()
    for uses in (2, 0, 1):
        for _ in range(uses):
            usage.log_usage(ALICE, "hint", metadata={"n": noise(3_000)} if uses == 1 else None)
        clock.advance(days=1)
    usage.log_usage(ALICE, "execution")
    usage.log_usage(CHARLIE, "hint")
    day = timedelta(days=1)
    assert usage.get_daily_counts(ALICE, "hint", first, first + 9 * day) == {first: 2, first + 2 * day: 1}
    assert usage.get_daily_counts(ALICE, "hint", first, first) == {first: 2}
    assert usage.get_daily_counts(ALICE, "hint", first + day, first + day) == {}
    clock.moment = datetime.combine(first + 91 * day, datetime.min.time(), SEOUL)
    assert usage.get_daily_counts(ALICE, "hint", first, first + 9 * day) == {first + 2 * day: 1}
    refused: list[Any] = [(first, first - day), (clock(), first), (first, "2036-11-21")]
    for bad in refused:
        with pytest.raises(InvalidInput):
            usage.get_daily_counts(ALICE, "hint", *bad)
    with pytest.raises(InvalidInput):
        usage.get_daily_counts(ALICE, "nap", first, first)
    table.put_item(Item={"PK": f"USR#{ALICE}#USE#hint", "SK": "DAY#2036-11-2x", "ttl": 9_999_999_999})
    with pytest.raises(Corrupt):
        usage.get_daily_counts(ALICE, "hint", first, first + 9 * day)
