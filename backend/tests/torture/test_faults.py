"""A fifth of the calls fails in every way there is: charged is what was admitted, and at most what is unknown."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.dynamodb.errors import DataLayerError, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits import denial_cache
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Receipt
from api.dynamodb.usage_limits.windows import Limit
from tests.integration.repositories.helpers import noise, whole_list
from tests.support.fault_proxy import Fault, FaultProxy, RandomFaults
from tests.torture.figures import Report
from tests.torture.run_sizes import Scale
from tests.torture.torture_table import TortureTable

DAY = 86_400
MOMENT = datetime(2036, 11, 21, 3, tzinfo=UTC)
SHARE = 0.2
THREADS = 8
LIMIT = 50
QUICK = (
    Fault.CUT, Fault.LOSE_REPLY, Fault.DELAY, Fault.ERROR_500, Fault.THROTTLE, Fault.GARBAGE, Fault.DAMAGED,
)  # fmt: skip
# A late answer takes long to wait for, so it is rarer than the others.
FAULTS = (*QUICK, *QUICK, Fault.LATE)
LOST = (Fault.CUT, Fault.LOSE_REPLY, Fault.LOSE_REPLY, Fault.GARBAGE, Fault.DAMAGED)


@dataclass
class Outcome:
    """What the callers were told."""

    admitted: list[Receipt] = field(default_factory=list)
    unknown: list[Receipt] = field(default_factory=list)
    denied: int = 0
    failed: int = 0  # nothing was charged, says the failure
    unexpected: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Form:
    """How uses are charged."""

    name: str
    limits: tuple[Limit, ...] = (Limit(LIMIT),)
    metadata: Mapping[str, Any] | None = None
    admits: int = LIMIT


FORMS = [
    Form("in the ledger"),
    Form("with a minute's limit", (Limit(LIMIT), Limit(20, 60)), admits=20),
    Form("logs apart", metadata={"text": "x" * 600}),
    Form("logs in parts", metadata={"text": noise(7_000).encode()[:7_000].decode(errors="ignore")}),
]


_local = threading.local()


def now() -> datetime:
    """Every use has a moment of its own, all of them in one minute."""
    moment: datetime = getattr(_local, "moment", MOMENT)
    return moment


class Customers:
    """Threads that all want to act for one user."""

    def __init__(self, usage: UsageLogRepository, form: Form, user_id: int, ticks: Iterator[int]) -> None:
        self._usage, self._form, self._user_id, self._ticks = usage, form, user_id, ticks
        self._lock = threading.Lock()
        self.outcome = Outcome()

    def _want(self, number: int) -> None:
        outcome = self.outcome
        _local.moment = MOMENT + timedelta(milliseconds=next(self._ticks))
        try:
            decision = self._usage.admit(
                self._user_id, "hint", self._form.limits, number, self._form.metadata
            )
        except AdmissionUnknown as unknown:
            with self._lock:
                outcome.unknown.append(unknown.receipt)
        except (Unavailable, Throttled):
            with self._lock:
                outcome.failed += 1
        except Exception as error:
            with self._lock:
                outcome.unexpected.append(repr(error))
        else:
            with self._lock:
                if decision.receipt is None:
                    outcome.denied += 1
                else:
                    outcome.admitted.append(decision.receipt)

    def all_want(self, attempts: int) -> Outcome:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._want, range(attempts)))
        return self.outcome


def give_back(usage: UsageLogRepository, receipt: Receipt) -> None:
    for _ in range(100):
        try:
            usage.refund(receipt)
        except (OutcomeUnknown, Unavailable, Throttled):
            continue
        return
    raise AssertionError("a refund never got an answer")


def logged(usage: UsageLogRepository, user_id: int) -> Counter[int]:
    """How often each log id stands in the list of the user's uses."""
    logs = whole_list(
        lambda cursor: usage.get_usage_range(
            user_id, "hint", MOMENT - timedelta(days=1), MOMENT + timedelta(days=1), limit=40, cursor=cursor
        )
    )
    return Counter(log["log_id"] for log in logs)


@dataclass
class Totals:
    attempts: int = 0
    calls: int = 0
    admitted: int = 0
    unknown: int = 0
    failed: int = 0
    refunded: int = 0
    over_limit: int = 0
    outside: int = 0
    inexact: int = 0
    wrong: list[str] = field(default_factory=list)


def one_run(
    torture_table: TortureTable,
    form: Form,
    attempts: int,
    faults: RandomFaults,
    totals: Totals,
    reach: Callable[[str], None],
) -> None:
    user_id, ticks = torture_table.new_user(), itertools.count(1)
    with FaultProxy(torture_table.engine.endpoint_url, faults) as proxy:
        reach(proxy.url)
        usage = UsageLogRepository(now=now)
        usage._denials = denial_cache.DenialCache(0)  # so that denials are asked for as well
        outcome = Customers(usage, form, user_id, ticks).all_want(attempts)
        proxy.settle()
        book = torture_table.book(user_id, MOMENT)
        admitted, unknown = len(outcome.admitted), len(outcome.unknown)
        totals.outside += not admitted <= book.count <= admitted + unknown
        totals.over_limit = max(totals.over_limit, book.count - form.admits)
        charged = book.ids | set(book.logs)
        for receipt in outcome.unknown:
            totals.refunded += (receipt.log_key or receipt.use_id) in charged
            give_back(usage, receipt)
        proxy.settle()
        totals.calls += len(proxy.calls)
    reach(torture_table.engine.endpoint_url)
    book = torture_table.book(user_id, MOMENT)
    totals.wrong += [*outcome.unexpected, *book.disagreements()]
    totals.inexact += book.count != admitted
    inline = {receipt.use_id for receipt in outcome.admitted if receipt.log_key is None}
    apart = sorted(receipt.log_key for receipt in outcome.admitted if receipt.log_key is not None)
    if (book.ids, sorted(book.logs)) != (inline, apart):
        totals.wrong.append("the uses in the table are not the admitted ones")
    calm = UsageLogRepository(now=now)
    if logged(calm, user_id) != Counter(receipt.log_id for receipt in outcome.admitted):
        totals.wrong.append("the listed logs are not those of the admitted uses, each once")
    # What was given back can be used again, and no more than that.
    again = Customers(calm, form, user_id, ticks).all_want(form.admits)
    book = torture_table.book(user_id, MOMENT)
    if (len(again.admitted), book.count) != (form.admits - admitted, form.admits):
        totals.wrong.append(f"{admitted} and then {len(again.admitted)} of {form.admits} were admitted")
    totals.attempts += attempts
    totals.admitted += admitted
    totals.unknown += unknown
    totals.failed += outcome.failed


@pytest.mark.parametrize("kinds", [FAULTS, LOST], ids=["every-fault", "lost-answers"])
@pytest.mark.parametrize("way", ["lean", "boto3"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name.replace(" ", "-"))
def test_what_is_charged_is_what_was_admitted(
    torture_table_on_ministack: TortureTable,
    use_settings: Callable[..., None],
    scale: Scale,
    report: Report,
    form: Form,
    way: str,
    kinds: tuple[Fault, ...],
) -> None:
    torture_table = torture_table_on_ministack

    def reach(url: str) -> None:
        use_settings(LOCALSTACK_URL=url, DYNAMODB_TRANSPORT=way)
        factory.clear_cache()

    totals = Totals()
    made: Counter[Fault] = Counter()
    for seed in range(scale.fault_runs):
        faults = RandomFaults(SHARE, kinds, seed)
        one_run(torture_table, form, scale.fault_attempts, faults, totals, reach)
        made.update(faults.made)
    name = f"faults, {'all kinds' if kinds is FAULTS else 'answers lost'}, {way}, {form.name}"
    report.add(f"{name}: share of {totals.calls} calls that failed", round(made.total() / totals.calls, 3))
    report.exactly(
        f"{name}: runs charged outside of admitted ({totals.admitted}) .. + unknown ({totals.unknown})",
        totals.outside,
        0,
    )
    report.add(f"{name}: charged above the limit, worst run", max(0, totals.over_limit), high=0)
    report.exactly(
        f"{name}: runs inexact once unknown uses are given back ({totals.refunded} were charged)",
        totals.inexact,
        0,
    )
    report.exactly(f"{name}: uses not in the log exactly once, and other faults", len(totals.wrong), 0)
    assert (totals.wrong, totals.outside, totals.inexact, max(0, totals.over_limit)) == ([], 0, 0, 0)
    assert made.total() > 0


@pytest.mark.parametrize("way", ["lean", "boto3"])
def test_an_answer_that_was_damaged_is_no_answer(
    torture_table_on_ministack: TortureTable, use_settings: Callable[..., None], way: str
) -> None:
    use_settings(DYNAMODB_TRANSPORT=way)
    factory.clear_cache()
    user_id = torture_table_on_ministack.new_user()
    assert UsageLogRepository(now=now).admit(user_id, "hint", 5).allowed
    with FaultProxy(torture_table_on_ministack.engine.endpoint_url, lambda call: Fault.DAMAGED) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        usage = UsageLogRepository(now=now)
        with pytest.raises(Unavailable):
            usage.get_usage_count(user_id, "hint")
        with pytest.raises(AdmissionUnknown):
            usage.admit(user_id, "hint", 5)
        with pytest.raises((AdmissionUnknown, Unavailable)):
            usage.admit(user_id, "hint", 1)  # the answer says no, but not legibly


def test_every_failure_is_one_of_the_data_layer() -> None:
    assert issubclass(AdmissionUnknown, OutcomeUnknown)
    assert all(issubclass(kind, DataLayerError) for kind in (OutcomeUnknown, Unavailable, Throttled))
