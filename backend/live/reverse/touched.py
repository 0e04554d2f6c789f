"""What a batch of stream records says was changed, by the main items alone.

List entries, guards and totals follow from main items, and text parts change with them. Their records say nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROBLEM, SK
from api.dynamodb.usage_limits import ledger

TTL_PRINCIPAL = "dynamodb.amazonaws.com"
# The kind of the letters about records that cannot be understood, and how much of their key names them.
UNREADABLE, _NAME = "record", 100
_GENERATION = PROBLEM.short("case_generation")
_PLAN, _USER, _PROBLEM, _RUN = "plans", "users", "problems", "history"


class Day(NamedTuple):
    """A user's uses of an action on one local day."""

    user_id: int
    action: str
    day: date


@dataclass
class Touched:
    """The things to bring to their present state, by id; `removed` has those that somebody deleted.

    `days` has for each day the ids of logs that were taken out of it. `cases` has the problems whose test cases may
    have changed. `unreadable` has the keys of records that say nothing that can be understood, with the reason; "" for
    one whose item is gone.
    """

    ids: dict[str, set[int]] = field(
        default_factory=lambda: {name: set() for name in (_PLAN, _USER, _PROBLEM, _RUN)}
    )
    removed: dict[str, set[int]] = field(
        default_factory=lambda: {name: set() for name in (_PLAN, _USER, _PROBLEM, _RUN)}
    )
    cases: set[int] = field(default_factory=set)
    days: dict[Day, set[int]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of things."""
        return sum(map(len, self.ids.values())) + len(self.cases) + len(self.days)


def touched_by(records: Iterable[Mapping[str, Any]], local_day: Callable[[datetime], date]) -> Touched:
    """What these records, of the stream or of an AWS Lambda event, have changed."""
    touched = Touched()
    for record in records:
        change = record["dynamodb"]
        pk, sk = (str(change["Keys"][name]["S"]) for name in (PK, SK))
        removed = record["eventName"] == "REMOVE"
        if removed and _is_expiry(record):
            continue
        try:
            _note(touched, pk, sk, change, removed, local_day)
        except (LookupError, TypeError, ValueError) as failure:
            name = f"{pk} {sk}".encode("ascii", "backslashreplace").decode()[:_NAME]
            touched.unreadable[name] = "" if removed else _reason(failure)
    return touched


def _reason(failure: Exception) -> str:
    return f"the record of this item cannot be read ({type(failure).__name__}: {failure})"


def _is_expiry(record: Mapping[str, Any]) -> bool:
    """Whether the TTL removed the item: MySQL keeps what DynamoDB lets expire."""
    identity = record.get("userIdentity") or {}
    return TTL_PRINCIPAL in (identity.get("PrincipalId"), identity.get("principalId"))


def _note(
    touched: Touched,
    pk: str,
    sk: str,
    change: Mapping[str, Any],
    removed: bool,
    local_day: Callable[[datetime], date],
) -> None:
    kind, _, suffix = pk.partition("#")
    if pk == keys.PLANS:
        _note_thing(touched, _PLAN, int(sk), removed)
    elif kind == "USR" and "#USE#" in suffix:
        _note_use(touched, suffix, sk, change, removed, local_day)
    elif not suffix.isdecimal():
        return
    elif kind == "USR" and sk == keys.META:
        _note_thing(touched, _USER, int(suffix), removed)
    elif kind == "RUN" and sk == keys.META:
        _note_thing(touched, _RUN, int(suffix), removed)
    elif kind == "PRB" and sk == keys.META:
        _note_thing(touched, _PROBLEM, int(suffix), removed)
        old, new = change.get("OldImage", {}), change.get("NewImage", {})
        if removed or old.get(_GENERATION) != new.get(_GENERATION):
            touched.cases.add(int(suffix))
    elif kind == "PRB" and sk.startswith((keys.SAMPLE_PREFIX, keys.HIDDEN_PREFIX)):
        touched.cases.add(int(suffix))


def _note_thing(touched: Touched, name: str, number: int, removed: bool) -> None:
    touched.ids[name].add(number)
    if removed:
        touched.removed[name].add(number)


def _note_use(
    touched: Touched,
    suffix: str,
    sk: str,
    change: Mapping[str, Any],
    removed: bool,
    local_day: Callable[[datetime], date],
) -> None:
    user, _, action = suffix.split("#", 2)
    if sk.startswith(keys.DAY_PREFIX):
        day = Day(int(user), action, date.fromisoformat(sk.removeprefix(keys.DAY_PREFIX)))
        gone = _log_ids(change.get("OldImage"), day) - _log_ids(change.get("NewImage"), day)
    elif sk.startswith(keys.LOG_PREFIX):
        moment, number = sk.removeprefix(keys.LOG_PREFIX).split("#")[:2]
        created_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        day = Day(int(user), action, local_day(created_at))
        gone = {int(number)} if removed else set()
    else:
        return
    touched.days.setdefault(day, set()).update(gone)


def _log_ids(image: Mapping[str, Any] | None, day: Day) -> set[int]:
    if not image:
        return set()
    return {log["log_id"] for log in ledger.logs(image, day.user_id, day.action)}
