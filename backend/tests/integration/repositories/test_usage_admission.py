"""The rate limiter: it decides, counts and logs in one write, gives back, remembers, and never counts twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from api.dynamodb.errors import InvalidInput, OutcomeUnknown, RefundTooLate
from api.dynamodb.metering import meter
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.table.store import Store
from api.dynamodb.usage_limits import denial_cache, ledger
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Decision, Receipt
from api.dynamodb.usage_limits.windows import Limit
from tests.integration.repositories.conftest import ALICE, BOB, Clock
from tests.integration.repositories.helpers import whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.every_transport

TODAY = date(2036, 11, 21)
MIDNIGHT = datetime(2036, 11, 22, tzinfo=ZoneInfo("Asia/Seoul"))
LONG = {"text": "x" * 1_000}
# The same tests for both forms: a use logged in the day's item, and one whose log is an item of its own.
FORMS = pytest.mark.parametrize("metadata", [None, LONG], ids=["inline", "apart"])


def charged(decision: Decision) -> Receipt:
    assert decision.allowed and decision.receipt is not None
    return decision.receipt


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    denial_cache.denial_cache.cache_clear()


@pytest.fixture
def other_process(table: Table, clock: Clock) -> Callable[[], UsageLogRepository]:
    """A repository that remembers nothing of what was denied before."""

    def make() -> UsageLogRepository:
        denial_cache.denial_cache.cache_clear()
        return UsageLogRepository(table, now=clock)

    return make


@FORMS
def test_as_many_as_the_limit_are_admitted(usage: UsageLogRepository, metadata: Any) -> None:
    for number in range(1, 4):
        decision = usage.admit(ALICE, "hint", 5 if metadata else 3, 100, metadata)
        assert (decision.allowed, decision.count, decision.reset_time) == (True, number, MIDNIGHT)
        assert (decision.remaining, decision.retry_after) == (decision.limit - number, 0)
    denied = usage.admit(ALICE, "hint", 3, 100, metadata)
    assert (denied.allowed, denied.count, denied.limit, denied.remaining) == (False, 3, 3, 0)
    assert (denied.reset_time, denied.receipt, denied.source) == (MIDNIGHT, None, "table")
    assert denied.retry_after == 12 * 3600
    assert usage.check_rate_limit(ALICE, "hint", 3) == (False, 3, MIDNIGHT)
    logs = usage.get_usage_of_day(ALICE, "hint", TODAY).items
    assert [(log["problem_id"], log["metadata"]) for log in logs] == [(100, metadata)] * 3
    assert usage.admit(BOB, "hint", 3).allowed
    assert usage.admit(ALICE, "execution", 3).allowed


def test_both_forms_share_one_limit(usage: UsageLogRepository) -> None:
    forms = [None, LONG, None, LONG, None]
    assert [usage.admit(ALICE, "hint", 5, metadata=form).count for form in forms] == [1, 2, 3, 4, 5]
    assert not usage.admit(ALICE, "hint", 5).allowed
    assert not usage.admit(ALICE, "hint", 5, metadata=LONG).allowed
    assert usage.get_usage_count(ALICE, "hint") == 5


def test_a_plan_that_changes_during_the_day_keeps_what_was_used(usage: UsageLogRepository) -> None:
    for _ in range(3):
        usage.admit(ALICE, "execution", 5)
    assert usage.admit(ALICE, "execution", 1_000).count == 4
    assert usage.admit(ALICE, "execution", 5).count == 5
    assert not usage.admit(ALICE, "execution", 5).allowed
    assert usage.admit(ALICE, "execution", 1_000).count == 6
    assert not usage.admit(ALICE, "execution", 3).allowed


@FORMS
def test_uses_moved_from_mysql_count(usage: UsageLogRepository, table: Table, metadata: Any) -> None:
    table.put_item(Item={"PK": "USR#1#USE#hint", "SK": "DAY#2036-11-21", "n": 3, "ttl": 2_200_000_000})
    assert usage.check_rate_limit(ALICE, "hint", 5)[:2] == (True, 3)
    assert usage.admit(ALICE, "hint", 5, metadata=metadata).count == 4
    assert usage.admit(ALICE, "hint", 5, metadata=metadata).count == 5
    assert not usage.admit(ALICE, "hint", 5, metadata=metadata).allowed


@FORMS
def test_two_limits_hold_at_once(usage: UsageLogRepository, clock: Clock, metadata: Any) -> None:
    limits = [Limit(5), Limit(2, 60)]

    def admit() -> Decision:
        return usage.admit(ALICE, "hint", limits, metadata=metadata)

    assert [admit().allowed for _ in range(3)] == [True, True, False]
    denied = admit()
    assert (denied.limit, denied.count, denied.retry_after) == (2, 2, 60)
    assert denied.reset_time == clock() + timedelta(minutes=1)
    clock.advance(seconds=60)
    assert [admit().remaining for _ in range(2)] == [1, 0]
    clock.advance(seconds=60)
    last = admit()
    assert [use.count for use in last.windows] == [5, 1]
    assert (last.limit, last.remaining) == (5, 0)
    clock.advance(seconds=60)
    denied = admit()
    assert (denied.allowed, denied.limit, denied.reset_time) == (False, 5, MIDNIGHT)


@FORMS
def test_a_new_day_begins_at_local_midnight(usage: UsageLogRepository, clock: Clock, metadata: Any) -> None:
    clock.moment = MIDNIGHT.astimezone(UTC) - timedelta(microseconds=1)
    assert usage.admit(ALICE, "hint", 3, metadata=metadata).retry_after == 0
    assert [usage.admit(ALICE, "hint", 3).allowed for _ in range(3)] == [True, True, False]
    assert usage.admit(ALICE, "hint", 3).retry_after == 1
    clock.advance(microseconds=1)
    decision = usage.admit(ALICE, "hint", 3, metadata=metadata)
    assert (decision.allowed, decision.count) == (True, 1)
    assert len(usage.get_usage_of_day(ALICE, "hint", TODAY).items) == 3


@FORMS
def test_a_use_is_given_back_once(usage: UsageLogRepository, metadata: Any) -> None:
    first, second = (charged(usage.admit(ALICE, "hint", 2, metadata=metadata)) for _ in range(2))
    assert not usage.admit(ALICE, "hint", 2, metadata=metadata).allowed
    assert usage.refund(first)
    assert not usage.refund(first)
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 1
    logs = usage.get_usage_of_day(ALICE, "hint", TODAY).items
    assert [log["log_id"] for log in logs] == [second.log_id]
    assert usage.admit(ALICE, "hint", 2, metadata=metadata).allowed
    assert not usage.admit(ALICE, "hint", 2, metadata=metadata).allowed


def test_a_use_given_back_frees_its_minute_too(usage: UsageLogRepository) -> None:
    limits = [Limit(9), Limit(1, 60)]
    receipt = charged(usage.admit(ALICE, "hint", limits))
    assert not usage.admit(ALICE, "hint", limits).allowed
    assert usage.refund(receipt)
    assert usage.admit(ALICE, "hint", limits).allowed


def test_the_last_use_given_back_leaves_a_day_without_uses(usage: UsageLogRepository) -> None:
    for metadata in (None, LONG):
        usage.refund(charged(usage.admit(ALICE, "hint", 3, metadata=metadata)))
        assert usage.get_usage_count(ALICE, "hint", consistent=True) == 0
    assert [usage.admit(ALICE, "hint", 3, metadata=m).count for m in (None, LONG, None)] == [1, 2, 3]


def test_giving_back_is_for_minutes_only(usage: UsageLogRepository, clock: Clock) -> None:
    receipt = charged(usage.admit(ALICE, "hint", 2))
    clock.advance(seconds=ledger.REFUND_SECONDS + 1)
    with pytest.raises(RefundTooLate, match="600 seconds"):
        usage.refund(receipt)
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 1


@FORMS
def test_a_known_denial_costs_no_call_until_its_window_ends(
    usage: UsageLogRepository, clock: Clock, metadata: Any
) -> None:
    usage.admit(ALICE, "hint", 1, metadata=metadata)
    clock.advance(seconds=ledger.REFUND_SECONDS)
    assert not usage.admit(ALICE, "hint", 1, metadata=metadata).allowed
    with meter.recording() as recording:
        for _ in range(11):
            clock.advance(hours=1)
            again = usage.admit(ALICE, "hint", 1, metadata=metadata)
            assert (again.allowed, again.count, again.source) == (False, 1, "memory")
    assert recording.calls == []
    clock.advance(hours=1)
    assert usage.admit(ALICE, "hint", 1, metadata=metadata).allowed


def test_a_denial_is_asked_again_once_when_its_uses_cannot_be_given_back_any_more(
    usage: UsageLogRepository, other_process: Callable[[], UsageLogRepository], clock: Clock
) -> None:
    receipt = charged(usage.admit(ALICE, "hint", 1))
    assert not usage.admit(ALICE, "hint", 1).allowed
    assert other_process().refund(receipt)  # `usage` does not hear of it
    assert usage.admit(ALICE, "hint", 1).source == "memory"
    clock.advance(seconds=ledger.REFUND_SECONDS)
    assert usage.admit(ALICE, "hint", 1).allowed


def test_a_remembered_denial_tells_the_same_counts(usage: UsageLogRepository) -> None:
    limits = [Limit(10), Limit(2, 60)]
    first, second = [usage.admit(ALICE, "execution", limits) for _ in range(4)][2:]
    assert (first.source, second.source) == ("table", "memory")
    assert first.windows == second.windows
    assert [use.count for use in second.windows] == [2, 2]
    assert usage.known_denial(ALICE, "execution", limits) == second
    assert usage.known_denial(ALICE, "execution", 10) is None


def test_a_denial_is_remembered_for_its_limit_alone(usage: UsageLogRepository) -> None:
    usage.admit(ALICE, "hint", 1)
    assert not usage.admit(ALICE, "hint", 1).allowed
    assert usage.admit(ALICE, "hint", 2).allowed


@FORMS
def test_a_use_that_is_sent_twice_counts_once(
    usage: UsageLogRepository, monkeypatch: pytest.MonkeyPatch, metadata: Any
) -> None:
    whole = Store._call

    def sent_twice(self: Store, operation: str, request: dict[str, Any], **how: Any) -> Any:
        answer = whole(self, operation, request, **how)
        return whole(self, operation, request, **how) if operation != "GetItem" else answer

    monkeypatch.setattr(Store, "_call", sent_twice)
    receipts = [charged(usage.admit(ALICE, "hint", 3, metadata=metadata)) for _ in range(3)]
    assert not usage.admit(ALICE, "hint", 3).allowed
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 3
    logs = usage.get_usage_of_day(ALICE, "hint", TODAY).items
    assert sorted(log["log_id"] for log in logs) == sorted(receipt.log_id for receipt in receipts)


@FORMS
def test_no_answer_is_told_with_the_receipt(
    usage: UsageLogRepository, monkeypatch: pytest.MonkeyPatch, metadata: Any
) -> None:
    whole = Store._call

    def lost(self: Store, operation: str, request: dict[str, Any], **how: Any) -> Any:
        answer = whole(self, operation, request, **how)
        if operation in ("UpdateItem", "TransactWriteItems"):
            raise OutcomeUnknown("lost")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_call", lost)
        with pytest.raises(AdmissionUnknown, match="may be counted") as caught:
            usage.admit(ALICE, "hint", 3, metadata=metadata)
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 1
    assert usage.refund(caught.value.receipt)
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 0
    assert usage.get_usage_of_day(ALICE, "hint", TODAY).items == []


@FORMS
def test_everybody_at_once_gets_what_the_limit_allows(table: Table, clock: Clock, metadata: Any) -> None:
    usage = UsageLogRepository(table, now=clock)
    decisions: list[Decision] = []

    def ask() -> None:
        decisions.extend(usage.admit(ALICE, "hint", 5, metadata=metadata) for _ in range(3))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(decision.allowed for decision in decisions) == 5
    assert usage.get_usage_count(ALICE, "hint", consistent=True) == 5


def test_logs_of_both_forms_make_one_list(usage: UsageLogRepository, clock: Clock) -> None:
    clock.moment = datetime(2036, 11, 20, tzinfo=UTC)
    made: list[tuple[int, datetime, int]] = []
    for number in range(60):
        receipt = charged(usage.admit(ALICE, "hint", 60, number, LONG if number % 3 == 0 else None))
        made.insert(0, (receipt.log_id, clock(), number))
        clock.advance(minutes=47)
    first, last = made[-1][1], clock()
    for limit in (1, 7, 100):
        found = whole_list(
            lambda cursor, limit=limit: usage.get_usage_range(  # type: ignore[misc]
                ALICE, "hint", first, last, limit=limit, cursor=cursor
            )
        )
        assert [(log["log_id"], log["created_at"], log["problem_id"]) for log in found] == made
    part = usage.get_usage_range(ALICE, "hint", made[40][1], made[20][1], limit=100).items
    assert [log["problem_id"] for log in part] == [number for _, _, number in made[21:41]]


def test_a_check_costs_the_same_after_ten_thousand_uses(usage: UsageLogRepository, table: Table) -> None:
    table.put_item(Item={"PK": "USR#1#USE#execution", "SK": "DAY#2036-11-21", "n": 10_000, "ttl": 2**31})
    usage.log_usage(ALICE, "execution")
    with meter.recording() as recording:
        assert usage.check_rate_limit(ALICE, "execution", 20_000)[:2] == (True, 10_001)
    assert [(call.operation, call.read_units) for call in recording.calls] == [("GetItem", 0.5)]


def test_a_full_ledger_stays_within_four_kilobytes(usage: UsageLogRepository, clock: Clock) -> None:
    """The border between the forms: the largest limit that is served in one item."""
    clock.moment = datetime(2036, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)
    room = ledger.capacity("q3Zk0a_V10800123,1000")
    with meter.recording() as recording:
        for _ in range(room):
            assert usage.admit(ALICE, "execution", room, 1000).allowed
        assert not usage.admit(ALICE, "execution", room, 1000).allowed
    assert set(recording.operations) == {"UpdateItem"}
    with meter.recording() as recording:
        assert usage.check_rate_limit(ALICE, "execution", room)[:2] == (False, room)
    assert recording.read_units == 0.5


BAD: dict[str, Callable[[UsageLogRepository], object]] = {
    "negative limit": lambda u: u.admit(1, "hint", -1),
    "no limit": lambda u: u.admit(1, "hint", 0),
    "limit is true": lambda u: u.admit(1, "hint", True),
    "unknown action": lambda u: u.admit(1, "nap", 5),
    "user is a text": lambda u: u.admit("1", "hint", 5),  # type: ignore[arg-type]
    "user is negative": lambda u: u.admit(-1, "hint", 5),
    "problem is a fraction": lambda u: u.admit(1, "hint", 5, 1.5),  # type: ignore[arg-type]
    "metadata is a list": lambda u: u.admit(1, "hint", 5, None, [1]),  # type: ignore[arg-type]
    "metadata is not JSON": lambda u: u.admit(1, "hint", 5, None, {"a": {1, 2}}),
    "metadata is not a number": lambda u: u.admit(1, "hint", 5, None, {"a": float("nan")}),
    "metadata is too large": lambda u: u.admit(1, "hint", 5, None, {"a": "x" * 8_192}),
    "metadata is no UTF-8": lambda u: u.admit(1, "hint", 5, None, {"a": "\ud800"}),
    "two limits of a day": lambda u: u.admit(1, "hint", [Limit(5), Limit(6)]),
    "log: unknown action": lambda u: u.log_usage(1, "nap"),
    "log: metadata is not JSON": lambda u: u.log_usage(1, "hint", None, {"a": object()}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_any_call(
    usage: UsageLogRepository, stored: Callable[[], list[Any]], name: str
) -> None:
    with meter.recording() as recording, pytest.raises(InvalidInput):
        BAD[name](usage)
    assert recording.calls == []
    assert stored() == []
