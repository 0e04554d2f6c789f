"""Whether a day's counter says how many logs of that day are items of their own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import RETENTION, usage_day_expiry
from api.dynamodb.errors import ConditionFailed, Corrupt
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import TTL
from api.dynamodb.table.expressions import Changes, absent, equals
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Update
from api.dynamodb.usage_limits.ledger import SEPARATE_COUNT, DayUsage
from api.dynamodb.usage_limits.windows import day_start, local_day, next_day
from repair.derivation import is_same
from repair.findings import Finding
from repair.notebook import Notebook

_ATTEMPTS = 20


def log_day(item: WireItem) -> tuple[str, str, int]:
    """(partition key, local day, 1) of a log that is an item of its own."""
    moment = datetime.fromisoformat(item["SK"]["S"].split("#")[1]).replace(tzinfo=UTC)
    return item["PK"]["S"], local_day(moment).isoformat(), 1


def counter(item: WireItem) -> tuple[str, str, int]:
    """(partition key, local day, number of separate logs) of a counter. Raises `Corrupt`."""
    return item["PK"]["S"], item["SK"]["S"].removeprefix(keys.DAY_PREFIX), DayUsage.of(item).separate


class UsageCounterChecks:
    """Looks at the counters that differ from the logs of a scan. `now` is an aware datetime."""

    def __init__(self, store: Store, notebook: Notebook, now: datetime) -> None:
        self._store, self._notebook, self._now = store, notebook, now

    def findings(self) -> Iterator[Finding]:
        """What is wrong. For each suspicious day two GetItems (1 RCU each) and a Query of its logs.

        Days of which logs may have expired are left out: the logs go one by one, before their counter.
        """
        for pk, day_text in self._notebook.differing_counters():
            day = date.fromisoformat(day_text)
            if day_start(day) + RETENTION - timedelta(days=1) > self._now:
                yield from self._check(pk, day)

    def _check(self, pk: str, day: date) -> Iterator[Finding]:
        key = pk, keys.usage_day_sk(day)
        start, end = (keys.LOG_PREFIX + keys.time_text(day_start(d)) for d in (day, next_day(day)))
        for _ in range(_ATTEMPTS):
            item = self._store.get(key, entity=e.USAGE_DAY.name, consistent=True)
            logs = self._store.query_all(pk, entity=e.USAGE_LOG.name, sort=(start, end), consistent=True)
            if is_same(item, self._store.get(key, entity=e.USAGE_DAY.name, consistent=True)):
                break
        else:
            raise ConditionFailed(f"{pk} changes so often that it cannot be counted")
        try:
            counted = DayUsage.of(item).separate
        except Corrupt:
            return  # told as unreadable
        number = len(logs)
        if counted == number:
            return
        changes = {SEPARATE_COUNT: {"N": str(number)}}
        if item is None:
            changes[TTL] = {"N": str(usage_day_expiry(day_start(next_day(day))))}
            update = Update(key, Changes(set=changes), absent())
            yield Finding("counter.missing", key, f"{number} logs", update)
            return
        stored = item.get(SEPARATE_COUNT)
        condition = absent(SEPARATE_COUNT) if stored is None else equals(SEPARATE_COUNT, stored)
        text = f"{counted}, with {number} logs"
        yield Finding("counter.different", key, text, Update(key, Changes(set=changes), condition))
