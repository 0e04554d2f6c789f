"""Usage of limited actions: the daily limit, which every request asks about, and the log of uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from api.dynamodb import keys, ledger
from api.dynamodb.codec import epoch_seconds
from api.dynamodb.cursor import Page
from api.dynamodb.entities import SK, TTL
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, usage_log_items
from api.dynamodb.ledger import State
from api.dynamodb.repositories.checks import check_moment
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import UsageLog
from api.dynamodb.repositories.things import decoded
from api.dynamodb.repositories.usage_admission import UsageAdmission, log_of, log_thing, owner_of, usage_pk
from api.dynamodb.windows import day_start, local_day, next_day

_CODEC = CODECS["usage_log"]


@dataclass(frozen=True)
class _Days(Range):
    """The ledgers of a range of time: each day's item stands for the logs in it."""

    user_id: int = 0
    action: str = ""

    def sort(self) -> tuple[str, str]:
        """The keys of the first and the last day that have a part in the range."""
        return keys.DAY_PREFIX + _day_of(self.low), keys.DAY_PREFIX + _day_of(self.high)

    def entries(self, item: WireItem, sk: str, *, forward: bool) -> list[tuple[str, WireItem]]:
        """The logs of a day as items of their own, in order."""
        found = []
        for log in ledger.entries(item, self.user_id, self.action):
            position = keys.time_and_id(log["created_at"], log["log_id"])
            if self.low <= position <= self.high:
                found.append((position, usage_log_items(log).main))
        return found if forward else found[::-1]


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

        Returns (allowed, uses so far today, the aware moment at which the count starts anew: the next
        local midnight). It reserves nothing: `admit` decides and counts in one. Raises `InvalidInput`.
        One GetItem of the day's item: 0.5 RCU. It may be a moment behind the last use.
        """
        if type(limit) is not int or limit < 1:
            raise InvalidInput(f"limit is {limit!r}: give a whole number of uses a day, from 1")
        today = local_day(self._now())
        count = self._count(user_id, action, today)
        return count < limit, count, day_start(next_day(today))

    def get_usage_count(
        self, user_id: int, action: str, day: date | None = None, *, consistent: bool = False
    ) -> int:
        """How often a user did an action on a local day, by default today; 0 once it has expired.

        One GetItem: 0.5 RCU, 1 when consistent. Raises `InvalidInput`.
        """
        wanted = local_day(self._now()) if day is None else _check_day(day)
        return self._count(user_id, action, wanted, consistent=consistent)

    def get_daily_counts(self, user_id: int, action: str, first: date, last: date) -> dict[date, int]:
        """How often a user did an action on each local day from `first` to `last`, by day, in order.

        Days without uses, and days that have expired (after 90 days), are left out. One Query: 0.5 RCU per
        started 4 KB of the days' uses. Raises `InvalidInput`.
        """
        pk = usage_pk(user_id, action)
        if _check_day(last) < _check_day(first):
            raise InvalidInput("last must not be before first")
        sort = (keys.usage_day_sk(first), keys.usage_day_sk(last))
        items = self._store.query_all(pk, entity="usage_day", sort=sort)
        counts = {_day_in(item): State.of(item).count for item in items if not self._expired(item)}
        return {day: count for day, count in counts.items() if count}

    def _count(self, user_id: int, action: str, day: date, *, consistent: bool = False) -> int:
        key = (usage_pk(user_id, action), keys.usage_day_sk(day))
        item = self._store.get(key, entity="usage_day", consistent=consistent)
        return 0 if item is None or self._expired(item) else State.of(item).count

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
        """Records one use now and counts it for today, whatever the limit: both or neither, and once.

        `metadata` is JSON of at most 8 KB. Returns the log, which expires after 90 days. Raises
        `InvalidInput`; `OutcomeUnknown` when no answer came. One UpdateItem while the day's ledger has
        room (4 KB; about 170 plain uses): 1 WCU per started KB of it. Then also one TransactWriteItems:
        2 WCU per KB of the log and 2 per KB of the day's item; and one BatchWriteItem first if metadata
        stay over 4 KB compressed.
        """
        use = self._record(user_id, action, problem_id, metadata)
        items = usage_log_items(log_of(use))
        return cast(UsageLog, decoded(log_thing(items.main), items))

    def get_usage_of_day(
        self, user_id: int, action: str, day: date, *, limit: int = 50, cursor: str | None = None
    ) -> Page[UsageLog]:
        """A user's uses of an action on a local day, newest first. Shape and cost as `get_usage_range`."""
        return self.get_usage_range(
            user_id, action, day_start(_check_day(day)), day_start(next_day(day)), limit=limit, cursor=cursor
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
    ) -> Page[UsageLog]:
        """A user's uses of an action from `start` until before `end` (aware datetimes), newest first.

        Logs that have expired are left out, removed from the table or not. One Query: 0.5 RCU for each
        4 KB, about 20 logs; one more for the days' ledgers; and one BatchGetItem when metadata stand in
        parts. Raises `InvalidInput`.
        """
        check_moment("start", start)
        if check_moment("end", end) <= start:
            raise InvalidInput("end must be later than start")
        low, high = keys.time_text(start), keys.time_text(end)
        pk = usage_pk(user_id, action)
        listing = Listing(
            "usage", {"user_id": user_id, "action": action, "start": low, "end": high}, "usage_log",
            [Range(pk, keys.LOG_PREFIX, low, high), _Days(pk, "", low, high, user_id, action)], spread=False,
        )  # fmt: skip
        page = merged_page(
            self._store, listing, lambda _, item: None if self._expired(item) else (owner_of(item), item),
            limit=limit, cursor=cursor,
        )  # fmt: skip
        return Page(cast("list[UsageLog]", self._complete(_CODEC, page.items)), page.cursor)


def _day_in(item: WireItem) -> date:
    try:
        return date.fromisoformat(item[SK]["S"].removeprefix(keys.DAY_PREFIX))
    except ValueError as error:
        raise Corrupt(f"a usage_day item cannot be read: {error}") from error


def _check_day(day: Any) -> date:
    if type(day) is not date:
        raise InvalidInput(f"day must be a date, not {type(day).__name__}")
    return day
