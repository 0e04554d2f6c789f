"""What a table holds: whether it is empty, what the service has written, and the items of each migration step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.statement_items import is_statement_alone
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROBLEM, RUN, SK, USER
from api.dynamodb.schema.ids import id_at
from api.dynamodb.schema.templates import KeyTemplate
from api.dynamodb.transport.retry import Caller, call_through_throttling
from api.dynamodb.usage_limits.ledger import LAST_USE, is_moved
from api.dynamodb.usage_limits.windows import USES
from migration.checkpoint import Checkpoint

_VERSIONED = {"users": USER, "problems": PROBLEM, "history": RUN}
_CLOCKS_DIFFER_BY = timedelta(hours=1)
_NUMBERS = ("user_id", "problem_id", "history_id", "test_case_id", "log_id")
_CASES = (keys.SAMPLE_PREFIX, keys.HIDDEN_PREFIX)


def _pattern(template: str) -> str:
    """The expression of a key: ids of ours are numbers, any other part is any text."""
    texts_and_names = re.split(r"\{([^}]+)\}", template)
    return "".join(
        re.escape(part) if n % 2 == 0 else r"\d+" if part in _NUMBERS else ".*"
        for n, part in enumerate(texts_and_names)
    )


def _parts_of(owner: KeyTemplate) -> str:
    return keys.PARTS_PK.with_text(owner=owner.text)


# By migration step, the partition keys of the items that its rows become, and of what the service derives from them.
_KEYS: Mapping[str, tuple[str, ...]] = {
    "plans": (keys.PLANS,),
    "users": (
        keys.USER_PK.text, keys.EMAIL_PK.text, keys.GOOGLE_PK.text, keys.USER_LIST.entry_text,
    ),
    "problems": (
        keys.PROBLEM_PK.text, keys.PROBLEM_NUMBER_PK.text, keys.PROBLEM_LIST_PREFIX.text + "{shard}",
        keys.WORD_PK.text, _parts_of(keys.PROBLEM_PK),
    ),
    "test_cases": (_parts_of(keys.TEST_CASE_OWNER),),
    "history": (
        keys.RUN_PK.text, keys.USER_RUNS_PK.text, keys.USER_PROBLEM_RUNS_PK.text, keys.PROGRESS_PK.text,
        _parts_of(keys.RUN_PK),
    ),
    "usage": (keys.USAGE_PK.text, _parts_of(keys.USAGE_LOG_OWNER)),
}  # fmt: skip
_STEP_OF_KEY = re.compile(
    "|".join(f"(?P<{step}>{'|'.join(map(_pattern, templates))})" for step, templates in _KEYS.items()),
    re.DOTALL,
)

_SERVICE_KEYS = tuple(
    (re.compile(_pattern(template.text), re.DOTALL), name)
    for template, name in (
        (keys.SESSIONS_PK, "a session"),
        (keys.PROGRESS_PK, "the totals of a user's runs"),
        (keys.PRACTICE_PK, "bookmarks or a setting of a user"),
        (keys.PROBLEM_NOTES_PK, "a note on a problem"),
        (keys.OPENED_HINTS_PK, "an opened hint"),
        (keys.NONCE_PK, "a sign-in"),
        (keys.ADDRESS_PK, "a count of sign-ins"),
        (keys.AUDIT_PK, "an audit entry"),
    )
)


def step_of(item: WireItem) -> str | None:
    """The migration step that an item belongs to; None for an item of the service or the tools alone."""
    pk, sk = item[PK]["S"], item[SK]["S"]
    match = _STEP_OF_KEY.fullmatch(pk)
    if match is None:
        return None
    if match.lastgroup == "problems" and sk.startswith(_CASES):
        return "test_cases"
    return match.lastgroup


def read_items(
    transport: Caller, table: str, progress: Callable[[int], None] = lambda number: None
) -> Iterator[WireItem]:
    """Every item but the tools' own records, by a consistent Scan: the table's size / 4 KB in RCU.

    `progress` is called with the number of items of each page.
    """
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        response = call_through_throttling(transport, "Scan", request)
        items = response.get("Items") or []
        progress(len(items))
        yield from (item for item in items if not item[PK]["S"].startswith(keys.OPERATIONS_PREFIX))
        if not response.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def is_empty(transport: Caller, table: str) -> bool:
    """Whether the table holds nothing but the tools' own records. As a rule one Scan of one page."""
    return next(read_items(transport, table), None) is None


def find_service_write(state: Checkpoint, items: Iterator[WireItem], now: datetime) -> str | None:
    """What shows that the service has written into the table since the job began, as text; None if nothing does.

    These are items that a move never writes, records that were changed or created, and finished steps that have
    fewer records than were moved. Statements of problems are none of these: a move keeps them.
    """
    first_id = id_at(state.as_of, 0)
    last_id = id_at(now.astimezone(UTC) + _CLOCKS_DIFFER_BY, 0)
    records: Counter[str] = Counter()
    for item in items:
        step = step_of(item)
        pk, sk = item[PK]["S"], item[SK]["S"]
        if (name := _service_item(pk)) or step is None:
            return name or "an item that no move writes"
        if is_statement_alone(item):
            continue
        if step == "usage" and counted_by_service(item):
            return f"a use that was counted on {sk.removeprefix(keys.DAY_PREFIX)}"
        if sk == keys.META and step in _VERSIONED:
            entity, number = _VERSIONED[step], int(pk.partition("#")[2])
            if item.get(entity.short("version")) != {"N": "1"}:
                return f"{entity.name} {number}, which was changed"
            if first_id <= number <= last_id:
                return f"{entity.name} {number}, which was created since the move began"
        if sk == keys.META or pk == keys.PLANS or sk.startswith(_CASES):
            records[step] += 1
    for name, step_state in state.steps.items():
        missing = step_state.counts.written - records[name]
        if step_state.done and name != "usage" and missing > 0:
            return f"{missing:,} of the {name} that were moved are gone"
    return None


def counted_by_service(ledger: WireItem) -> bool:
    """Whether the service has counted a use in a day's ledger, which holds moved logs alone otherwise."""
    entries = ledger.get(USES, {}).get("SS", ())
    return LAST_USE in ledger or not all(map(is_moved, entries))


def _service_item(pk: str) -> str:
    """What an item that only the service writes is, without the address or token in its key; else empty."""
    return next((name for pattern, name in _SERVICE_KEYS if pattern.fullmatch(pk)), "")
