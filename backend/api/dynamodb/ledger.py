"""The day's item as a ledger of uses: a set with an entry for each use, whose size is the count.

Adding an entry to a set twice changes nothing, so a write may be repeated without counting twice. An
admission is one UpdateItem that checks the limits, counts and logs:

- `us` has an entry for every use of the day that is logged in the item: eight characters of an id, then
  milliseconds since 0:00 UTC of the item's date (which is the local day's), problem id and metadata as
  JSON, without trailing nulls: `q3Zk0a_V1815123,100,{"history_id":5000}`;
- `n` counts the uses whose logs are items of their own: those moved from MySQL, and those that do not
  fit here;
- `w{seconds}.{number}` has the ids of one window shorter than the day;
- `la` is the moment of the last use, in seconds: older ones cannot be refunded any more.
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

from api.dynamodb import ids, json_text
from api.dynamodb.codec import epoch_seconds
from api.dynamodb.decisions import Receipt
from api.dynamodb.entities import SK, TTL
from api.dynamodb.errors import Corrupt
from api.dynamodb.expressions import (
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
from api.dynamodb.item_size import WireValue
from api.dynamodb.keys import DAY_PREFIX
from api.dynamodb.scalars import EPOCH
from api.dynamodb.windows import USES, Window, local_day

APART, LAST = "n", "la"
_WINDOW = re.compile(r"w\d+\.\d+")
ID_LENGTH = 8
# A full ledger and what else its item holds stay within 4 KB: a check then costs 0.5 RCU at most,
# and an admission 4 WCU at most, which is what the two items of the other form always cost.
LEDGER_BYTES = 3_900
# What a use adds under a shorter window: its id, and a name if nobody else used that window.
_WINDOW_BYTES = 16
# A use may be refunded this long, in seconds; a full window without younger uses stays full.
REFUND_SECONDS = 600
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Use:
    """One use on its way: who does what when; `id` is made here, eight characters of 48 random bits."""

    user_id: int
    action: str
    problem_id: int | None
    metadata: json_text.JsonText | None
    at: datetime
    id: str = field(default_factory=lambda: base64.urlsafe_b64encode(secrets.token_bytes(6)).decode())

    @property
    def log_id(self) -> int:
        """The id of the use's log: of its moment, with the first 12 bits of its own id."""
        return _log_id(self.at, self.id)

    @cached_property
    def day(self) -> date:
        """The local day that the use counts for."""
        return local_day(self.at)

    @cached_property
    def entry(self) -> str:
        """What stands for the use in the ledger: its id and its log."""
        text = f"{self.id}{(self.at - _midnight(self.day)) // _MILLISECOND}"
        if self.metadata is not None:
            return f"{text},{'null' if self.problem_id is None else self.problem_id},{self.metadata}"
        return text if self.problem_id is None else f"{text},{self.problem_id}"

    def receipt(self, windows: Sequence[Window], log_key: str | None = None) -> Receipt:
        """What names the use in a refund."""
        shorter = tuple(name for window in windows if (name := window.attribute) != USES)
        return Receipt(
            self.user_id, self.action, self.day, self.entry, self.at, shorter, log_key, self.log_id
        )


def room(entry: str, windows: Sequence[Window] = ()) -> int:
    """How many uses of that size a ledger holds; each shorter window takes an id and a name more."""
    return LEDGER_BYTES // (len(entry.encode()) + _WINDOW_BYTES * max(0, len(windows) - 1))


@dataclass(frozen=True)
class State:
    """What a day's item says: uses in the ledger and apart from it, uses by shorter window, the last one's moment."""

    entries: frozenset[str] = frozenset()
    apart: int = 0
    spans: Mapping[str, int] = field(default_factory=dict)
    last: int | None = None

    @classmethod
    def of(cls, item: Mapping[str, WireValue] | None) -> State:
        """The state of an item, or of none. Raises `Corrupt`."""
        if item is None:
            return cls()
        try:
            spans = {name: len(value["SS"]) for name, value in item.items() if _WINDOW.fullmatch(name)}
            found = frozenset(item[USES]["SS"]) if USES in item else frozenset()
            last = int(item[LAST]["N"]) if LAST in item else None
            return cls(found, int(item[APART]["N"]) if APART in item else 0, spans, last)
        except (KeyError, ValueError, TypeError) as error:
            raise Corrupt(f"a usage_day item cannot be read: {error}") from error

    @property
    def count(self) -> int:
        """All uses of the day."""
        return len(self.entries) + self.apart

    def counts(self, windows: Sequence[Window]) -> list[int]:
        """The uses in each window."""
        names = [window.attribute for window in windows]
        return [self.count if name == USES else self.spans.get(name, 0) for name in names]

    def admits(self, windows: Sequence[Window]) -> bool:
        """Whether one more use stays within every limit."""
        return all(
            count < window.limit.count for window, count in zip(windows, self.counts(windows), strict=True)
        )

    def final_at(self, now: datetime) -> datetime:
        """From when on no refund can make the count smaller."""
        seconds = epoch_seconds(now) if self.last is None else self.last + REFUND_SECONDS
        return EPOCH + timedelta(seconds=seconds)


def _has_room(attribute: str, limit: int, member: str) -> Condition:
    """The set has less members than the limit, or this is one of them already."""
    if limit < 1:
        return contains(attribute, {"S": member})
    return any_of(absent(attribute), smaller(attribute, limit), contains(attribute, {"S": member}))


def _number_is(attribute: str, number: int) -> Condition:
    same = equals(attribute, {"N": str(number)})
    return same if number else any_of(absent(attribute), same)


def _in_windows(use: Use, windows: Sequence[Window]) -> dict[str, WireValue]:
    """The use's id under each window shorter than the day."""
    return {name: {"SS": [use.id]} for window in windows if (name := window.attribute) != USES}


def _is_long_over(name: str, day_start: datetime, now: datetime) -> bool:
    """Whether nobody's clock can still be in a shorter window: it ended as long ago as a refund may take."""
    seconds, _, number = name[1:].partition(".")
    end = day_start + timedelta(seconds=int(seconds) * (int(number) + 1))
    return end + timedelta(seconds=REFUND_SECONDS) <= now


def _stamps(use: Use, expires_at: int) -> dict[str, WireValue]:
    return {TTL: {"N": str(expires_at)}, LAST: {"N": str(epoch_seconds(use.at))}}


def admission(use: Use, windows: Sequence[Window], apart: int, expires_at: int) -> tuple[Changes, Condition]:
    """The update that admits a use into the ledger, given that `apart` uses are counted beside it."""
    added: dict[str, WireValue] = {USES: {"SS": [use.entry]}, **_in_windows(use, windows)}
    conditions = [_number_is(APART, apart)]
    for window in windows:
        limit, name = window.limit.count, window.attribute
        if name == USES:
            conditions.append(_has_room(USES, limit - apart, use.entry))
        else:
            conditions.append(_has_room(name, limit, use.id))
    return Changes(set=_stamps(use, expires_at), add=added), all_of(*conditions)


def record(use: Use, expires_at: int) -> tuple[Changes, Condition]:
    """The update that logs a use in the ledger without any limit, as long as it has room."""
    changes = Changes(set=_stamps(use, expires_at), add={USES: {"SS": [use.entry]}})
    return changes, _has_room(USES, room(use.entry), use.entry)


def admission_apart(
    use: Use, windows: Sequence[Window], state: State, expires_at: int
) -> tuple[Changes, Condition]:
    """The update that counts a use whose log is an item of its own, given the state that was read.

    It takes windows that have long been over out of the item, so that it does not grow.
    """
    begun = next(window.start for window in windows if window.attribute == USES)
    stale = tuple(name for name in state.spans if _is_long_over(name, begun, use.at))
    added: dict[str, WireValue] = {APART: {"N": "1"}, **_in_windows(use, windows)}
    conditions = []
    for window in windows:
        name, limit = window.attribute, window.limit.count
        if name == USES:
            inside = len(state.entries)
            conditions.append(has_size(USES, inside) if inside else absent(USES))
            conditions.append(any_of(absent(APART), below(APART, limit - inside)))
        else:
            conditions.append(_has_room(name, limit, use.id))
    return Changes(set=_stamps(use, expires_at), remove=stale, add=added), all_of(*conditions)


def counted_apart(use: Use, expires_at: int) -> Changes:
    """The update that counts a use whose log is an item of its own, without any limit."""
    return Changes(set=_stamps(use, expires_at), add={APART: {"N": "1"}})


def attributes(uses: Sequence[Use], expires_at: int) -> dict[str, Any]:
    """What uses without limits leave in their day's item, keys apart."""
    return {USES: {"SS": [use.entry for use in uses]}, **_stamps(uses[-1], expires_at)}


def refund(receipt: Receipt) -> tuple[Changes, Condition]:
    """The update that takes a use out of the ledger, if it is in it."""
    removed: dict[str, WireValue] = {USES: {"SS": [receipt.entry]}, **_ids_in(receipt)}
    return Changes(delete=removed), contains(USES, {"S": receipt.entry})


def refund_apart(receipt: Receipt) -> Changes:
    """The update that takes back the count of a use whose log is removed in the same transaction."""
    return Changes(add={APART: {"N": "-1"}}, delete=_ids_in(receipt))


def _ids_in(receipt: Receipt) -> dict[str, WireValue]:
    return {name: {"SS": [receipt.use_id]} for name in receipt.shorter}


def entries(item: Mapping[str, WireValue], user_id: int, action: str) -> list[dict[str, Any]]:
    """The logs in a ledger as records without `expires_at`, oldest first. Raises `Corrupt`."""
    found = []
    try:
        midnight = _midnight(date.fromisoformat(item[SK]["S"].removeprefix(DAY_PREFIX)))
        for entry in item[USES]["SS"] if USES in item else ():
            log = json_text.loads(f"[{entry[ID_LENGTH:]}]")
            offset, problem_id, metadata = (*log, None, None)[:3]
            at = midnight + offset * _MILLISECOND
            found.append(
                {
                    "log_id": _log_id(at, entry[:ID_LENGTH]), "user_id": user_id, "action": action,
                    "problem_id": problem_id, "metadata": metadata, "created_at": at,
                }
            )  # fmt: skip
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Corrupt(f"a usage_day item cannot be read: {error}") from error
    return sorted(found, key=lambda log: (log["created_at"], log["log_id"]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _log_id(at: datetime, use_id: str) -> int:
    return ids.id_at(at, int.from_bytes(base64.urlsafe_b64decode(use_id)[:2], "big") >> 4)
