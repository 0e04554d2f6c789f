"""The ledger: the item with a user's uses of one action on one local day. Expressions that check and change it.

The uses are a set with one entry per use, and the size of the set is the count. Adding an entry twice changes
nothing, so a write can be sent again without counting twice. One UpdateItem checks the limits, counts the use
and logs it. Attributes, by field of `usage_day`:

- `uses`: an entry for every use that is logged in the item itself: eight characters of an id, then as JSON
  without trailing nulls the milliseconds since 0:00 UTC of the item's (local) date, the problem id and the
  metadata: `q3Zk0a_V1815123,100,{"history_id":5000}`. The entry of a log that was moved from MySQL begins with
  `=` and has the log's own id and microseconds: `=4711,1815123456,100,{"history_id": 5000}`;
- `count`: the number of uses that are counted and have no entry: those with a separate log item, because it was too
  large for the set, and those of rows that were not moved;
- `w{seconds}.{number}`: the ids of the uses in one window that is shorter than a day;
- `last_use`: the moment of the last use, in epoch seconds. Uses can be refunded for a limited time after it.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from api.dynamodb.codec import json_text
from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.item_size import WireValue
from api.dynamodb.codec.scalars import EPOCH
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema import ids
from api.dynamodb.schema.entities import SK, TTL, USAGE_DAY
from api.dynamodb.schema.keys import DAY_PREFIX
from api.dynamodb.table.expressions import (
    Changes,
    Condition,
    absent,
    all_of,
    any_of,
    below,
    contains,
    equals,
    has_size,
    smaller,
)
from api.dynamodb.usage_limits.decisions import Receipt
from api.dynamodb.usage_limits.windows import USES, Window, local_day

SEPARATE_COUNT, LAST_USE = (USAGE_DAY.field(name).short for name in ("count", "last_use"))
_WINDOW = re.compile(r"w\d+\.\d+")
ID_LENGTH = 8
# A full ledger and the rest of its item stay within 4 KB. So a check costs at most 0.5 RCU, and an admission
# at most 4 WCU, which is what an admission with a separate log item always costs.
LEDGER_BYTES = 3_900
# The bytes of a use in a shorter window: its id, and the attribute's name if no other use is in the window.
_WINDOW_BYTES = 16
# How long a use can be refunded, in seconds. A full window without more recent uses stays full.
REFUND_SECONDS = 600
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
# What the entry of a moved log begins with; no id of a use does.
MOVED = "="


@dataclass(frozen=True)
class Use:
    """One use of an action at the moment `at` (aware). `id` is new: eight characters of 48 random bits."""

    user_id: int
    action: str
    problem_id: int | None
    metadata: json_text.JsonText | None
    at: datetime
    id: str = field(default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(6)).decode())

    @property
    def log_id(self) -> int:
        """The id of the use's log, from its moment and the first 12 bits of its id."""
        return _log_id(self.at, self.id)

    @cached_property
    def day(self) -> date:
        """The local day on which the use counts."""
        return local_day(self.at)

    @cached_property
    def entry(self) -> str:
        """The use's entry in the ledger: its id and its log."""
        text = f"{self.id}{(self.at - _midnight(self.day)) // _MILLISECOND}"
        if self.metadata is not None:
            return f"{text},{'null' if self.problem_id is None else self.problem_id},{self.metadata}"
        return text if self.problem_id is None else f"{text},{self.problem_id}"

    def receipt(self, windows: Sequence[Window], log_key: str | None = None) -> Receipt:
        """The receipt by which the use can be refunded; `log_key` is the sort key of a separate log item."""
        shorter = tuple(name for window in windows if (name := window.attribute) != USES)
        return Receipt(
            self.user_id, self.action, self.day, self.entry, self.at, shorter, log_key, self.log_id
        )


def capacity(entry: str, windows: Sequence[Window] = ()) -> int:
    """How many uses with entries of that size fit into a ledger, if they count in these windows."""
    return LEDGER_BYTES // (len(entry.encode()) + _WINDOW_BYTES * max(0, len(windows) - 1))


@dataclass(frozen=True)
class DayUsage:
    """The content of a ledger.

    entries: of the uses in the set. separate: the number of uses with a separate log item.
    window_counts: uses by the attribute of a shorter window. last_use: in epoch seconds.
    """

    entries: frozenset[str] = frozenset()
    separate: int = 0
    window_counts: Mapping[str, int] = field(default_factory=dict)
    last_use: int | None = None

    @classmethod
    def of(cls, item: Mapping[str, WireValue] | None) -> DayUsage:
        """The content of an item; empty for None. Raises `Corrupt`."""
        if item is None:
            return cls()
        try:
            window_counts = {
                name: len(value["SS"]) for name, value in item.items() if _WINDOW.fullmatch(name)
            }
            entries = frozenset(item[USES]["SS"]) if USES in item else frozenset()
            separate = int(item[SEPARATE_COUNT]["N"]) if SEPARATE_COUNT in item else 0
            last_use = int(item[LAST_USE]["N"]) if LAST_USE in item else None
            return cls(entries, separate, window_counts, last_use)
        except (KeyError, ValueError, TypeError) as error:
            raise Corrupt(f"a usage_day item cannot be read: {error}") from error

    @property
    def count(self) -> int:
        """All uses of the day."""
        return len(self.entries) + self.separate

    def counts(self, windows: Sequence[Window]) -> list[int]:
        """The uses in each window."""
        names = [window.attribute for window in windows]
        return [self.count if name == USES else self.window_counts.get(name, 0) for name in names]

    def admits(self, windows: Sequence[Window]) -> bool:
        """Whether one more use stays within every limit."""
        return all(
            count < window.limit.count for window, count in zip(windows, self.counts(windows), strict=True)
        )

    def final_at(self, now: datetime) -> datetime:
        """The moment from which no refund can reduce the count."""
        seconds = epoch_seconds(now) if self.last_use is None else self.last_use + REFUND_SECONDS
        return EPOCH + timedelta(seconds=seconds)


def _has_room(attribute: str, limit: int, member: str) -> Condition:
    """The set has fewer members than the limit, or already contains this one."""
    if limit < 1:
        return contains(attribute, {"S": member})
    return any_of(absent(attribute), smaller(attribute, limit), contains(attribute, {"S": member}))


def _number_is(attribute: str, number: int) -> Condition:
    """The attribute is this number; a missing attribute is 0."""
    same = equals(attribute, {"N": str(number)})
    return same if number else any_of(absent(attribute), same)


def _window_ids(use: Use, windows: Sequence[Window]) -> dict[str, WireValue]:
    """The use's id as a set, by the attribute of each window shorter than a day."""
    return {name: {"SS": [use.id]} for window in windows if (name := window.attribute) != USES}


def _has_ended(window_attribute: str, day_start: datetime, now: datetime) -> bool:
    """Whether a shorter window ended longer ago than a refund, or a clock that is late, can matter."""
    seconds, _, number = window_attribute[1:].partition(".")
    end = day_start + timedelta(seconds=int(seconds) * (int(number) + 1))
    return end + timedelta(seconds=REFUND_SECONDS) <= now


def _timestamps(use: Use, expires_at: int) -> dict[str, WireValue]:
    return {TTL: {"N": str(expires_at)}, LAST_USE: {"N": str(epoch_seconds(use.at))}}


def admission(
    use: Use, windows: Sequence[Window], separate: int, expires_at: int
) -> tuple[Changes, Condition]:
    """The update that admits a use and logs it in the ledger.

    It is refused unless exactly `separate` uses have separate log items: an expression cannot add that number to
    the size of the set, so the limit of the day is reduced by it here.
    """
    conditions = [_number_is(SEPARATE_COUNT, separate)]
    for window in windows:
        limit, name = window.limit.count, window.attribute
        if name == USES:
            conditions.append(_has_room(USES, limit - separate, use.entry))
        else:
            conditions.append(_has_room(name, limit, use.id))
    additions: dict[str, WireValue] = {USES: {"SS": [use.entry]}, **_window_ids(use, windows)}
    return Changes(set=_timestamps(use, expires_at), add=additions), all_of(*conditions)


def record(use: Use, expires_at: int) -> tuple[Changes, Condition]:
    """The update that logs a use in the ledger without any limit, if it fits."""
    changes = Changes(set=_timestamps(use, expires_at), add={USES: {"SS": [use.entry]}})
    return changes, _has_room(USES, capacity(use.entry), use.entry)


def admission_with_separate_log(
    use: Use, windows: Sequence[Window], usage: DayUsage, expires_at: int
) -> tuple[Changes, Condition]:
    """The update that admits a use which is logged in a separate item, given the ledger that was read.

    It is refused if the number of uses in the set has changed since, or if a limit is reached. It also removes
    windows that have ended, so that the item does not grow.
    """
    in_set = len(usage.entries)
    conditions = []
    for window in windows:
        limit, name = window.limit.count, window.attribute
        if name == USES:
            conditions.append(has_size(USES, in_set) if in_set else absent(USES))
            conditions.append(any_of(absent(SEPARATE_COUNT), below(SEPARATE_COUNT, limit - in_set)))
        else:
            conditions.append(_has_room(name, limit, use.id))
    day_start = next(window.start for window in windows if window.attribute == USES)
    ended = tuple(name for name in usage.window_counts if _has_ended(name, day_start, use.at))
    additions: dict[str, WireValue] = {SEPARATE_COUNT: {"N": "1"}, **_window_ids(use, windows)}
    return Changes(set=_timestamps(use, expires_at), remove=ended, add=additions), all_of(*conditions)


def record_with_separate_log(use: Use, expires_at: int) -> Changes:
    """The update that counts a use which is logged in a separate item, without any limit."""
    return Changes(set=_timestamps(use, expires_at), add={SEPARATE_COUNT: {"N": "1"}})


def attributes(uses: Sequence[Use], expires_at: int) -> dict[str, Any]:
    """The attributes of a ledger with these uses, without its key."""
    return {USES: {"SS": [use.entry for use in uses]}, **_timestamps(uses[-1], expires_at)}


def refund(receipt: Receipt) -> tuple[Changes, Condition]:
    """The update that removes a use from the ledger, if it is there."""
    members: dict[str, WireValue] = {USES: {"SS": [receipt.entry]}, **_refunded_ids(receipt)}
    return Changes(delete=members), contains(USES, {"S": receipt.entry})


def refund_with_separate_log(receipt: Receipt) -> Changes:
    """The update that uncounts a use whose separate log item is removed in the same transaction."""
    return Changes(add={SEPARATE_COUNT: {"N": "-1"}}, delete=_refunded_ids(receipt))


def _refunded_ids(receipt: Receipt) -> dict[str, WireValue]:
    return {name: {"SS": [receipt.use_id]} for name in receipt.shorter}


def logs(item: Mapping[str, WireValue], user_id: int, action: str) -> list[dict[str, Any]]:
    """The logs in a ledger as records without `expires_at`, oldest first. Raises `Corrupt`."""
    records = []
    try:
        midnight = _midnight(date.fromisoformat(item[SK]["S"].removeprefix(DAY_PREFIX)))
        for entry in item[USES]["SS"] if USES in item else ():
            if is_moved(entry):
                log_id, offset, *more = json_text.loads(f"[{entry[len(MOVED) :]}]")
                at = midnight + offset * _MICROSECOND
            else:
                offset, *more = json_text.loads(f"[{entry[ID_LENGTH:]}]")
                at = midnight + offset * _MILLISECOND
                log_id = _log_id(at, entry[:ID_LENGTH])
            problem_id, metadata = (*more, None, None)[:2]
            records.append(
                {
                    "log_id": log_id, "user_id": user_id, "action": action,
                    "problem_id": problem_id, "metadata": metadata, "created_at": at,
                }
            )  # fmt: skip
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Corrupt(f"a usage_day item cannot be read: {error}") from error
    return sorted(records, key=lambda log: (log["created_at"], log["log_id"]))


def is_moved(entry: str) -> bool:
    """Whether an entry is a `moved_entry`."""
    return entry.startswith(MOVED)


def moved_entry(log: Mapping[str, Any], day: date) -> str:
    """The entry of a log that is moved from MySQL, in the ledger of its local day; its JSON text stays unchanged.

    log: a record of `usage_log` without `user_id` and `action`, its metadata as `JsonText`.
    """
    offset = (log["created_at"] - _midnight(day)) // _MICROSECOND
    text, problem_id, metadata = f"{MOVED}{log['log_id']},{offset}", log["problem_id"], log["metadata"]
    if metadata is not None:
        return f"{text},{'null' if problem_id is None else problem_id},{metadata}"
    return text if problem_id is None else f"{text},{problem_id}"


def moved_log(entry: str, day: date) -> dict[str, Any]:
    """The log of a `moved_entry`: the record that it was made of. Raises ValueError for another text."""
    log_id, offset, *more = entry.removeprefix(MOVED).split(",", 3)
    problem_id, metadata = (*more, None, None)[:2]
    return {
        "log_id": int(log_id), "created_at": _midnight(day) + int(offset) * _MICROSECOND,
        "problem_id": None if problem_id in (None, "null") else int(problem_id),
        "metadata": None if metadata is None else json_text.JsonText(metadata),
    }  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _log_id(at: datetime, use_id: str) -> int:
    return ids.id_at(at, int.from_bytes(base64.urlsafe_b64decode(use_id)[:2], "big") >> 4)
