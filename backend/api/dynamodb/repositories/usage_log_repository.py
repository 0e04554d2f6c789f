"""Usage of limited actions: the daily limit, which every request asks about, and the log of uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from api.dynamodb import ids, json_text, keys, large_text
from api.dynamodb.codec import Record, epoch_seconds
from api.dynamodb.cursor import Page
from api.dynamodb.entities import TTL, USAGE_ACTIONS
from api.dynamodb.errors import Duplicate, InvalidInput
from api.dynamodb.expressions import Changes, absent
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, usage_day_expiry, usage_log_items
from api.dynamodb.repositories.base_repository import BaseRepository, Thing, VersionMoved, decoded, stamped
from api.dynamodb.repositories.checks import check_id, check_moment
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import UsageLog
from api.dynamodb.store import Action, Put, Update, key_of
from config.environment import environment

_CODEC = CODECS["usage_log"]
_DAY = CODECS["usage_day"]
MAX_METADATA_BYTES = 8192


def _check_action(action: Any) -> str:
    if action not in USAGE_ACTIONS:
        raise InvalidInput(f"action {action!r} is not one of {', '.join(USAGE_ACTIONS)}")
    return str(action)


def _pk(user_id: int, action: str) -> str:
    return keys.usage_pk(check_id("user_id", user_id), _check_action(action))


def local_day(moment: datetime) -> date:
    """The day of a moment in the product's time zone."""
    return moment.astimezone(environment().time_zone).date()


def day_start(day: date) -> datetime:
    """The first moment of a local day, in the product's time zone; later than 0:00 where clocks skip it."""
    zone = environment().time_zone
    return datetime.combine(day, time.min, zone).astimezone(UTC).astimezone(zone)


def _next_day(day: date) -> date:
    return day + timedelta(days=1)


class UsageLogRepository(BaseRepository):
    """Uses of `hint` and `execution`. Days are those of the product's time zone (`ALGOITNY_TIME_ZONE`)."""

    def check_rate_limit(self, user_id: int, action: str, limit: int) -> tuple[bool, int, datetime]:
        """Whether a user may do an action now, under a limit of uses a day (at least 1).

        Returns (allowed, uses so far today, the aware moment at which the count starts anew: the next
        local midnight). It reserves nothing; `log_usage` counts the use. Raises `InvalidInput`.
        One GetItem of the day's counter: 0.5 RCU. It may be a moment behind the last use.
        """
        if type(limit) is not int or limit < 1:
            raise InvalidInput(f"limit is {limit!r}: give a whole number of uses a day, from 1")
        today = local_day(self._now())
        count = self._count(user_id, action, today)
        return count < limit, count, day_start(_next_day(today))

    def get_usage_count(
        self, user_id: int, action: str, day: date | None = None, *, consistent: bool = False
    ) -> int:
        """How often a user did an action on a local day, by default today; 0 once it has expired.

        One GetItem: 0.5 RCU, 1 when consistent. Raises `InvalidInput`.
        """
        wanted = local_day(self._now()) if day is None else _check_day(day)
        return self._count(user_id, action, wanted, consistent=consistent)

    def _count(self, user_id: int, action: str, day: date, *, consistent: bool = False) -> int:
        key = (_pk(user_id, action), keys.usage_day_sk(day))
        item = self._store.get(key, entity="usage_day", consistent=consistent)
        if item is None or self._expired(item):
            return 0
        return int(_DAY.decode(item)["count"])

    def _expired(self, item: Mapping[str, Any]) -> bool:
        return TTL in item and int(item[TTL]["N"]) <= epoch_seconds(self._now())

    def log_usage(
        self,
        user_id: int,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> UsageLog:
        """Records one use now and counts it for today: both or neither, once even if it is sent again.

        `metadata` is JSON of at most 8 KB. Returns the log, which expires after 90 days. Raises
        `InvalidInput`; `OutcomeUnknown` when no answer came. One TransactWriteItems: 2 WCU per KB of the
        log and 2 for the counter; and one BatchWriteItem first if metadata stay over 4 KB compressed.
        """
        pk = _pk(user_id, action)
        now = self._now()
        record: Record = {
            "log_id": ids.new_id(),
            "user_id": user_id,
            "action": action,
            "problem_id": None if problem_id is None else check_id("problem_id", problem_id),
            "metadata": None if metadata is None else _checked_metadata(metadata),
            "created_at": now,
        }
        items = stamped(usage_log_items(record))
        thing = _thing(items.main)
        day = local_day(now)
        expires_at = usage_day_expiry(day_start(_next_day(day)))
        counted = Changes(set={TTL: {"N": str(expires_at)}}, add={"n": 1})
        actions: list[Action] = [Put(items.main, absent()), Update((pk, keys.usage_day_sk(day)), counted)]
        try:
            self._commit(thing, actions, record, main=items.main, parts=items.parts)
        except VersionMoved as moved:
            raise Duplicate("log_id", record["log_id"]) from moved.__cause__
        return cast(UsageLog, decoded(thing, items))

    def get_usage_of_day(
        self, user_id: int, action: str, day: date, *, limit: int = 50, cursor: str | None = None
    ) -> Page[UsageLog]:
        """A user's uses of an action on a local day, newest first. Shape and cost as `get_usage_range`."""
        return self.get_usage_range(
            user_id, action, day_start(_check_day(day)), day_start(_next_day(day)), limit=limit, cursor=cursor
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
        4 KB, about 20 logs; and one BatchGetItem when metadata stand in parts. Raises `InvalidInput`.
        """
        check_moment("start", start)
        if check_moment("end", end) <= start:
            raise InvalidInput("end must be later than start")
        low, high = keys.time_text(start), keys.time_text(end)
        listing = Listing(
            "usage", {"user_id": user_id, "action": action, "start": low, "end": high}, "usage_log",
            [Range(_pk(user_id, action), keys.LOG_PREFIX, low, high)],
        )  # fmt: skip
        page = merged_page(
            self._store, listing, lambda _, item: None if self._expired(item) else (_owner(item), item),
            limit=limit, cursor=cursor,
        )  # fmt: skip
        return Page(cast("list[UsageLog]", self._complete(_CODEC, page.items)), page.cursor)


def _owner(item: WireItem) -> str:
    return f"USE#{item['id']['N']}"


def _thing(item: WireItem) -> Thing:
    return Thing(_CODEC, usage_log_items, key_of(item), _owner(item), {})


def _check_day(day: Any) -> date:
    if type(day) is not date:
        raise InvalidInput(f"day must be a date, not {type(day).__name__}")
    return day


def _checked_metadata(metadata: Any) -> json_text.JsonText:
    if not isinstance(metadata, Mapping):
        raise InvalidInput(f"metadata must be a JSON object, not {type(metadata).__name__}")
    text = json_text.dumps(metadata)
    size = len(large_text.check_utf8(text))
    if size > MAX_METADATA_BYTES:
        raise InvalidInput(f"metadata have {size} bytes, at most {MAX_METADATA_BYTES} are allowed")
    return text
