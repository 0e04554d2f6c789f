"""Usage of limited actions: checking the daily limit, counts by day, and the log of uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, usage_log_items
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import SK, TTL
from api.dynamodb.schema.records import UsageLog
from api.dynamodb.table.aggregate import decode_items
from api.dynamodb.table.argument_checks import check_moment
from api.dynamodb.table.cursor import Page
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.usage_limits import ledger
from api.dynamodb.usage_limits.admission import (
    UsageAdmission,
    log_aggregate,
    log_owner,
    log_record,
    usage_pk,
)
from api.dynamodb.usage_limits.ledger import DayUsage
from api.dynamodb.usage_limits.windows import day_start, local_day, next_day

_CODEC = CODECS["usage_log"]


@dataclass(frozen=True)
class _LedgerRange(Range):
    """The ledgers of a range of time. Each of them holds the logs of one day."""

    user_id: int = 0
    action: str = ""

    def sort(self) -> tuple[str, str]:
        """The sort keys of the first and the last day of the range."""
        return keys.DAY_PREFIX + _day_of(self.low), keys.DAY_PREFIX + _day_of(self.high)

    def entries(self, item: WireItem, sk: str, *, forward: bool) -> list[tuple[str, WireItem]]:
        """The logs of a ledger, as if they were separate items, in order."""
        entries = []
        for log in ledger.logs(item, self.user_id, self.action):
            position = keys.time_and_id(log["created_at"], log["log_id"])
            if self.low <= position <= self.high:
                entries.append((position, usage_log_items(log).main))
        return entries if forward else entries[::-1]


def _day_of(position: str) -> str:
    """The local day of a position in a list of logs."""
    try:
        moment = datetime.fromisoformat(position.partition("#")[0]).replace(tzinfo=UTC)
        return local_day(moment).isoformat()
    except (ValueError, OverflowError):
        raise InvalidInput("the cursor is not one that this list gave out") from None


class UsageLogRepository(UsageAdmission):
    """Uses of `hint` and `execution`. Days are those of the product's time zone (`ALGOITNY_TIME_ZONE`)."""

    def check_rate_limit(self, user_id: int, action: str, limit: int) -> tuple[bool, int, datetime]:
        """Whether a user may do an action now, under a limit of uses a day (at least 1).

        Returns (allowed, uses so far today, the next local midnight as an aware datetime). Reserves nothing:
        `admit` decides and counts in one step. Raises `InvalidInput`. One GetItem: 0.5 RCU, eventually consistent.
        """
        if type(limit) is not int or limit < 1:
            raise InvalidInput(f"limit is {limit!r}: give a whole number of uses a day, from 1")
        today = local_day(self._now())
        count = self._count(user_id, action, today)
        return count < limit, count, day_start(next_day(today))

    def get_usage_count(
        self, user_id: int, action: str, day: date | None = None, *, consistent: bool = False
    ) -> int:
        """How often a user did an action on a local day, by default today; 0 after it has expired (90 days).

        One GetItem: 0.5 RCU, 1 when consistent. Raises `InvalidInput`.
        """
        day = local_day(self._now()) if day is None else _check_day(day)
        return self._count(user_id, action, day, consistent=consistent)

    def get_daily_counts(self, user_id: int, action: str, first: date, last: date) -> dict[date, int]:
        """How often a user did an action on each local day from `first` to `last` (both included), in order.

        Days without uses, and days that have expired (after 90 days), are left out. One Query: 0.5 RCU per
        started 4 KB of the days' uses. Raises `InvalidInput`.
        """
        pk = usage_pk(user_id, action)
        if _check_day(last) < _check_day(first):
            raise InvalidInput("last must not be before first")
        sort = (keys.usage_day_sk(first), keys.usage_day_sk(last))
        items = self._store.query_all(pk, entity="usage_day", sort=sort)
        counts = {_day_in(item): DayUsage.of(item).count for item in items if not self._expired(item)}
        return {day: count for day, count in counts.items() if count}

    def _count(self, user_id: int, action: str, day: date, *, consistent: bool = False) -> int:
        key = (usage_pk(user_id, action), keys.usage_day_sk(day))
        item = self._store.get(key, entity="usage_day", consistent=consistent)
        return 0 if item is None or self._expired(item) else DayUsage.of(item).count

    def _expired(self, item: Mapping[str, Any]) -> bool:
        try:
            return TTL in item and int(item[TTL]["N"]) <= epoch_seconds(self._now())
        except (KeyError, ValueError) as error:
            raise Corrupt(f"an item's time to live cannot be read: {error}") from error

    def log_usage(
        self,
        user_id: int,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> UsageLog:
        """Logs one use now and counts it for today, without a limit. Does both exactly once, or neither.

        metadata: JSON of at most 8 KB. Returns the log, which expires after 90 days. Raises `InvalidInput`, and
        `OutcomeUnknown` if the response was lost.

        One UpdateItem if the use fits into the ledger (4 KB; about 170 plain uses): 1 WCU per started KB of it.
        Otherwise also one TransactWriteItems: 2 WCU per KB of the log and 2 per KB of the ledger; and before it
        one BatchWriteItem if the metadata are larger than 4 KB when compressed.
        """
        use = self._record(user_id, action, problem_id, metadata)
        items = usage_log_items(log_record(use))
        return cast(UsageLog, decode_items(log_aggregate(items.main), items))

    def get_usage_of_day(
        self,
        user_id: int,
        action: str,
        day: date,
        *,
        limit: int = 50,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page[UsageLog]:
        """A page of a user's uses of an action on a local day. Order, errors and cost as `get_usage_range`."""
        start, end = day_start(_check_day(day)), day_start(next_day(day))
        return self.get_usage_range(
            user_id, action, start, end, limit=limit, cursor=cursor, consistent=consistent
        )

    def get_usage_range(
        self,
        user_id: int,
        action: str,
        start: datetime,
        end: datetime,
        *,
        limit: int = 50,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page[UsageLog]:
        """A page of a user's uses of an action from `start` until before `end` (aware), newest first; 1 to 100.

        Expired logs are left out, whether or not the TTL has removed them. One Query of separate log items:
        0.5 RCU per 4 KB, about 20 logs. One Query of the ledgers. One BatchGetItem if metadata are stored in
        parts. Twice the RCU when consistent. Raises `InvalidInput`.
        """
        check_moment("start", start)
        if check_moment("end", end) <= start:
            raise InvalidInput("end must be later than start")
        low, high = keys.time_text(start), keys.time_text(end)
        pk = usage_pk(user_id, action)
        query = ListQuery(
            "usage", {"user_id": user_id, "action": action, "start": low, "end": high}, "usage_log",
            [Range(pk, keys.LOG_PREFIX, low, high), _LedgerRange(pk, "", low, high, user_id, action)],
            consistent=consistent, evenly_spread=False,
        )  # fmt: skip
        page = merged_page(
            self._store, query, lambda _, item: None if self._expired(item) else (log_owner(item), item),
            limit=limit, cursor=cursor,
        )  # fmt: skip
        return Page(
            cast("list[UsageLog]", self._read_texts(_CODEC, page.items, consistent=consistent)), page.cursor
        )


def _day_in(item: WireItem) -> date:
    try:
        return date.fromisoformat(item[SK]["S"].removeprefix(keys.DAY_PREFIX))
    except ValueError as error:
        raise Corrupt(f"a usage_day item cannot be read: {error}") from error


def _check_day(day: Any) -> date:
    if type(day) is not date:
        raise InvalidInput(f"day must be a date, not {type(day).__name__}")
    return day
