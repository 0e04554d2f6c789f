"""The day's item as a ledger of uses: a set of use ids whose size is the count, the logs beside it.

Adding an id to a set twice changes nothing, so a write may be repeated without counting twice. An
admission is one UpdateItem that checks the limits, counts and logs:

- `ids` has the id of every use of the day that is logged in the item, `@{id}` that log as JSON:
  [microseconds since 1970, problem id, metadata], without trailing nulls;
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
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb import ids, json_text
from api.dynamodb.codec import epoch_seconds, microseconds
from api.dynamodb.decisions import Receipt
from api.dynamodb.entities import TTL
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
from api.dynamodb.windows import Window, local_day

IDS, APART, LAST = "ids", "n", "la"
_ENTRY = "@"
_WINDOW = re.compile(r"w\d+\.\d+")
ID_BYTES = 8
# An id in the set, and the same id in its entry's name.
_OVERHEAD = 2 * ID_BYTES + 1
# A full ledger and what else its item holds stay within 4 KB: a check then costs 0.5 RCU at most,
# and an admission 4 WCU at most, which is what the two items of the other form always cost.
LEDGER_BYTES = 3_900
# A use may be refunded this long, in seconds; a full window without younger uses stays full.
REFUND_SECONDS = 600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

    def entry(self) -> str:
        """The log as it stands in the ledger."""
        text = f"[{microseconds(self.at)}"
        if self.metadata is not None:
            return f"{text},{'null' if self.problem_id is None else self.problem_id},{self.metadata}]"
        return f"{text}]" if self.problem_id is None else f"{text},{self.problem_id}]"

    def receipt(self, windows: Sequence[Window], log_key: str | None = None) -> Receipt:
        """What names the use in a refund."""
        sets = tuple(window.attribute for window in windows)
        return Receipt(
            self.user_id, self.action, local_day(self.at), self.id, self.at, sets, log_key, self.log_id
        )


def room(entry: str, windows: Sequence[Window] = ()) -> int:
    """How many uses of that size a ledger holds; each shorter window takes an id and a name more."""
    return LEDGER_BYTES // (len(entry.encode()) + _OVERHEAD + 2 * ID_BYTES * max(0, len(windows) - 1))


@dataclass(frozen=True)
class State:
    """What a day's item says: uses in the ledger and apart from it, uses by shorter window, the last one's moment."""

    ids: frozenset[str] = frozenset()
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
            found = frozenset(item[IDS]["SS"]) if IDS in item else frozenset()
            last = int(item[LAST]["N"]) if LAST in item else None
            return cls(found, int(item[APART]["N"]) if APART in item else 0, spans, last)
        except (KeyError, ValueError, TypeError) as error:
            raise Corrupt(f"a usage_day item cannot be read: {error}") from error

    @property
    def count(self) -> int:
        """All uses of the day."""
        return len(self.ids) + self.apart

    def counts(self, windows: Sequence[Window]) -> list[int]:
        """The uses in each window."""
        return [
            self.count if (name := window.attribute) == IDS else self.spans.get(name, 0) for window in windows
        ]

    def admits(self, windows: Sequence[Window]) -> bool:
        """Whether one more use stays within every limit."""
        return all(
            count < window.limit.count for window, count in zip(windows, self.counts(windows), strict=True)
        )

    def final_at(self, now: datetime) -> datetime:
        """From when on no refund can make the count smaller."""
        seconds = epoch_seconds(now) if self.last is None else self.last + REFUND_SECONDS
        return _EPOCH + timedelta(seconds=seconds)


def _has_room(attribute: str, limit: int, use_id: str) -> Condition:
    """The set has less members than the limit, or the use is one of them already."""
    if limit < 1:
        return contains(attribute, {"S": use_id})
    return any_of(absent(attribute), smaller(attribute, limit), contains(attribute, {"S": use_id}))


def _number_is(attribute: str, number: int) -> Condition:
    same = equals(attribute, {"N": str(number)})
    return same if number else any_of(absent(attribute), same)


def _adds(use: Use, windows: Sequence[Window], *, inline: bool) -> dict[str, WireValue]:
    names = [window.attribute for window in windows]
    return {name: {"SS": [use.id]} for name in names if inline or name != IDS}


def _stamps(use: Use, expires_at: int) -> dict[str, WireValue]:
    return {TTL: {"N": str(expires_at)}, LAST: {"N": str(epoch_seconds(use.at))}}


def admission(use: Use, windows: Sequence[Window], apart: int, expires_at: int) -> tuple[Changes, Condition]:
    """The update that admits a use into the ledger, given that `apart` uses are counted beside it."""
    changes = Changes(
        set={_ENTRY + use.id: {"S": use.entry()}, **_stamps(use, expires_at)},
        add=_adds(use, windows, inline=True),
    )
    conditions = [_number_is(APART, apart)]
    for window in windows:
        limit = window.limit.count
        name = window.attribute
        conditions.append(_has_room(name, limit - apart if name == IDS else limit, use.id))
    return changes, all_of(*conditions)


def record(use: Use, expires_at: int) -> tuple[Changes, Condition]:
    """The update that logs a use in the ledger without any limit, as long as it has room."""
    changes = Changes(
        set={_ENTRY + use.id: {"S": use.entry()}, **_stamps(use, expires_at)},
        add={IDS: {"SS": [use.id]}},
    )
    return changes, _has_room(IDS, room(use.entry()), use.id)


def admission_apart(
    use: Use, windows: Sequence[Window], state: State, expires_at: int
) -> tuple[Changes, Condition]:
    """The update that counts a use whose log is an item of its own, given the state that was read.

    It takes windows that are over out of the item, so that it does not grow.
    """
    current = [window.attribute for window in windows]
    stale = tuple(name for name in state.spans if name not in current)
    adds = {APART: {"N": "1"}, **_adds(use, windows, inline=False)}
    changes = Changes(set=_stamps(use, expires_at), remove=stale, add=adds)
    conditions = []
    for window in windows:
        name, limit = window.attribute, window.limit.count
        if name == IDS:
            inline = len(state.ids)
            conditions.append(has_size(IDS, inline) if inline else absent(IDS))
            conditions.append(any_of(absent(APART), below(APART, limit - inline)))
        else:
            conditions.append(_has_room(name, limit, use.id))
    return changes, all_of(*conditions)


def attributes(uses: Sequence[Use], expires_at: int) -> dict[str, Any]:
    """What uses without limits leave in their day's item, keys apart."""
    entries = {_ENTRY + use.id: {"S": use.entry()} for use in uses}
    return {IDS: {"SS": [use.id for use in uses]}, **entries, **_stamps(uses[-1], expires_at)}


def counted_apart(use: Use, expires_at: int) -> Changes:
    """The update that counts a use whose log is an item of its own, without any limit."""
    return Changes(set=_stamps(use, expires_at), add={APART: {"N": "1"}})


def refund(receipt: Receipt) -> tuple[Changes, Condition]:
    """The update that takes a use out of the ledger, if it is in it."""
    member: WireValue = {"SS": [receipt.use_id]}
    changes = Changes(remove=(_ENTRY + receipt.use_id,), delete=dict.fromkeys(receipt.sets, member))
    return changes, contains(IDS, {"S": receipt.use_id})


def refund_apart(receipt: Receipt) -> Changes:
    """The update that takes back the count of a use whose log is removed in the same transaction."""
    member: WireValue = {"SS": [receipt.use_id]}
    return Changes(add={APART: {"N": "-1"}}, delete={name: member for name in receipt.sets if name != IDS})


def entries(item: Mapping[str, WireValue], user_id: int, action: str) -> list[dict[str, Any]]:
    """The logs in a ledger as records without `expires_at`, oldest first. Raises `Corrupt`."""
    found = []
    for name, value in item.items():
        if name.startswith(_ENTRY):
            try:
                micros, problem_id, metadata = (*json_text.loads(value["S"]), None, None)[:3]
                at = _EPOCH + timedelta(microseconds=micros)
            except (KeyError, ValueError, TypeError, OverflowError) as error:
                raise Corrupt(f"a use in a usage_day item cannot be read: {error}") from error
            found.append(
                {
                    "log_id": _log_id(at, name[1:]), "user_id": user_id, "action": action,
                    "problem_id": problem_id, "metadata": metadata, "created_at": at,
                }
            )  # fmt: skip
    return sorted(found, key=lambda log: (log["created_at"], log["log_id"]))


def _log_id(at: datetime, use_id: str) -> int:
    return ids.id_at(at, int.from_bytes(base64.urlsafe_b64decode(use_id)[:2], "big") >> 4)
