"""The rate limiter beside a list of uses: every decision, count, window and log, whatever is done in whatever order."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from api.dynamodb.errors import OutcomeUnknown, RefundTooLate, Throttled, Unavailable
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Receipt
from api.dynamodb.usage_limits.windows import Limit
from tests.integration.repositories.helpers import noise, whole_list
from tests.torture.torture_table import DayBook, TortureTable, seoul_day

DAY, HOUR, MINUTE = 86_400, 3_600, 60
PLANS = [
    (Limit(2),), (Limit(5),), (Limit(200),),
    (Limit(4), Limit(2, MINUTE)), (Limit(200), Limit(2, MINUTE)),
    (Limit(6), Limit(3, HOUR)), (Limit(150), Limit(4, HOUR), Limit(2, MINUTE)),
]  # fmt: skip
METADATA: list[dict[str, Any] | None] = [
    None, None, {"history_id": 7}, {"text": "x" * 600}, {"text": noise(6_500)[:6_000]},
]  # fmt: skip
REFUND_SECONDS = 600


@dataclass
class Use:
    """One use as the model knows it; `windows` are those in which it counts besides the day."""

    user: int
    at: datetime
    problem_id: int | None
    metadata: dict[str, Any] | None
    windows: frozenset[str]
    log_id: int
    receipt: Receipt | None = None
    counts: bool = True

    @property
    def day(self) -> str:
        return seoul_day(self.at)


def window_name(seconds: int, at: datetime) -> str:
    """What a window is called in the day's item."""
    midnight = datetime.fromisoformat(f"{seoul_day(at)}T00:00:00+09:00")
    return f"w{seconds}.{int((at - midnight).total_seconds()) // seconds}"


def midnight_after(at: datetime) -> datetime:
    """When the next day begins in Seoul."""
    return (datetime.fromisoformat(f"{seoul_day(at)}T00:00:00+09:00") + timedelta(days=1)).astimezone(UTC)


class Limiter(RuleBasedStateMachine):
    """Two users of one table; `shaken` says that calls may fail."""

    torture_table: TortureTable
    shaken = False
    steps: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2036, 11, 20, 13, 59, 30, tzinfo=UTC)  # an hour before midnight in Seoul
        self.users = (self.torture_table.new_user(), self.torture_table.new_user())
        self.usage = UsageLogRepository(now=lambda: self.moment)
        self.uses: list[Use] = []
        self.steps["begun"] += 1

    def counting(self, user: int, day: str) -> list[Use]:
        return [use for use in self.uses if use.counts and (use.user, use.day) == (user, day)]

    def expected(self, user: int, plan: tuple[Limit, ...]) -> list[int]:
        """The uses in each of a plan's windows now."""
        today = self.counting(user, seoul_day(self.moment))
        names = [None if limit.seconds == DAY else window_name(limit.seconds, self.moment) for limit in plan]
        return [sum(name is None or name in use.windows for use in today) for name in names]

    def is_charged(self, receipt: Receipt) -> bool:
        book = self.torture_table.days(receipt.user_id).get(receipt.day.isoformat(), DayBook())
        return receipt.use_id in book.ids if receipt.log_key is None else receipt.log_key in book.logs

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A read may fail when calls may; what it says otherwise is true."""
        try:
            yield
        except (Unavailable, Throttled):
            self.fail()

    def fail(self) -> None:
        assert self.shaken
        self.steps["failed"] += 1

    @rule(
        who=st.integers(0, 1),
        plan=st.sampled_from(PLANS),
        metadata=st.sampled_from(METADATA),
        problem_id=st.sampled_from([None, 7]),
    )
    def admit(
        self, who: int, plan: tuple[Limit, ...], metadata: dict[str, Any] | None, problem_id: int | None
    ) -> None:
        user = self.users[who]
        self.moment += timedelta(milliseconds=1)
        before = self.expected(user, plan)
        allowed = all(count < limit.count for count, limit in zip(before, plan, strict=True))
        try:
            decision = self.usage.admit(user, "hint", plan, problem_id, metadata)
        except AdmissionUnknown as unknown:
            self.fail()
            receipt: Receipt | None = unknown.receipt
            if not self.is_charged(unknown.receipt):
                return
        except (Unavailable, Throttled):  # nothing was charged: the invariant looks
            self.fail()
            return
        else:
            receipt = decision.receipt
            assert decision.allowed == (receipt is not None)
            assert decision.allowed == allowed, (before, decision)
            if decision.source == "table":
                counts = [use.count for use in decision.windows]
                assert counts == [count + decision.allowed for count in before]
            if not decision.allowed:
                assert decision.retry_after > 0
                assert decision.remaining == 0
                assert decision.reset_time > self.moment
        if receipt is None:
            return
        assert allowed
        windows = frozenset(window_name(limit.seconds, self.moment) for limit in plan if limit.seconds != DAY)
        self.uses.append(Use(user, self.moment, problem_id, metadata, windows, receipt.log_id, receipt))

    @rule(who=st.integers(0, 1), metadata=st.sampled_from(METADATA))
    def log(self, who: int, metadata: dict[str, Any] | None) -> None:
        user = self.users[who]
        self.moment += timedelta(milliseconds=1)
        try:
            log_id = self.usage.log_usage(user, "hint", None, metadata)["log_id"]
        except (Unavailable, Throttled):
            self.fail()
            return
        except OutcomeUnknown:
            self.fail()
            book = self.torture_table.book(user, self.moment)
            if book.count == len(self.counting(user, seoul_day(self.moment))):
                return
            log_id = 0
        self.uses.append(Use(user, self.moment, None, metadata, frozenset(), log_id))

    @precondition(lambda self: any(use.receipt for use in self.uses))
    @rule(number=st.integers(0, 1_000))
    def refund(self, number: int) -> None:
        with_receipt = [use for use in self.uses if use.receipt is not None][-6:]
        use = with_receipt[number % len(with_receipt)]
        receipt = use.receipt
        assert receipt is not None
        if (self.moment - use.at).total_seconds() > REFUND_SECONDS:
            with pytest.raises(RefundTooLate):
                self.usage.refund(receipt)
            return
        try:
            given_back = self.usage.refund(receipt)
        except (OutcomeUnknown, Unavailable, Throttled):
            self.fail()
            use.counts = use.counts and self.is_charged(receipt)
            return
        # A repeated refund cannot know whether its first, lost attempt was the one that did it.
        assert given_back == use.counts or (self.shaken and given_back)
        use.counts = False

    @rule(seconds=st.sampled_from([0.5, 20, 59, 61, 300, 599, 601, 3_600, 90_000]))
    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    @rule(milliseconds=st.sampled_from([-1_000, -2, 0, 30_000]))
    def wait_until_midnight(self, milliseconds: int) -> None:
        then = midnight_after(self.moment) + timedelta(milliseconds=milliseconds)
        self.moment = max(self.moment, then)

    @rule(who=st.integers(0, 1), limit=st.integers(1, 4))
    def check(self, who: int, limit: int) -> None:
        count = len(self.counting(self.users[who], seoul_day(self.moment)))
        with self.reading():
            answer = self.usage.check_rate_limit(self.users[who], "hint", limit)
            assert answer == (count < limit, count, midnight_after(self.moment))

    @rule(who=st.integers(0, 1), hours=st.sampled_from([1, 30]), page=st.sampled_from([1, 3, 50]))
    def read(self, who: int, hours: int, page: int) -> None:
        user, end = self.users[who], self.moment + timedelta(microseconds=1)
        start = end - timedelta(hours=hours)
        mine = [use for use in self.uses if use.counts and use.user == user and start <= use.at < end]
        with self.reading():
            logs = whole_list(
                lambda cursor: self.usage.get_usage_range(user, "hint", start, end, limit=page, cursor=cursor)
            )
            assert [(log["created_at"], log["problem_id"], log["metadata"]) for log in logs] == [
                (use.at, use.problem_id, use.metadata) for use in reversed(mine)
            ]
            for log, use in zip(logs, reversed(mine), strict=True):
                assert log["log_id"] == use.log_id or use.log_id == 0

    @invariant()
    def the_table_is_as_the_model_says(self) -> None:
        self.steps["checked"] += 1
        for user in self.users:
            books = self.torture_table.days(user)
            for day in {use.day for use in self.uses if use.user == user} | set(books):
                book, mine = books.get(day, DayBook()), self.counting(user, day)
                assert book.disagreements() == []
                assert book.count == len(mine), (day, json.dumps(sorted(book.ids)), mine)
                receipts = {use.receipt for use in mine if use.receipt is not None}
                assert {r.use_id for r in receipts if r.log_key is None} <= book.ids
                assert {r.log_key for r in receipts if r.log_key is not None} <= set(book.logs)
            self.windows_are_as_the_model_says(user, books.get(seoul_day(self.moment), DayBook()))

    def windows_are_as_the_model_says(self, user: int, book: DayBook) -> None:
        today = self.counting(user, seoul_day(self.moment))
        for seconds in (MINUTE, HOUR):
            name = window_name(seconds, self.moment)
            inside = sum(name in use.windows for use in today)
            assert len(book.windows.get(name, ())) == inside, name
