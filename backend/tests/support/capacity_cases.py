"""The recorded cases of capacity: how they are read, and what the rule says of them.

The cases are in `tests/unit/dynamodb/capacity_cases.json`, each one request:

- `operation`, and for TransactWriteItems the `action`; `index`, `consistent`, `filtered` (a filter that lets
  nothing through) and `refused` (a condition that fails) as far as they apply;
- of a write `before` and `after`, the whole item in wire form; of a read `read`, all that it evaluates, null
  for a key that has no item;
- `units`, by table and index, and `source`, where they were recorded. Where that is not DynamoDB Local, `local`
  is what DynamoDB Local answers, which it gets wrong or does not say.

Long values are written short: {"repeat": ["x", 1000]} for a text or a list, {"range": [1, 200]} for texts of numbers,
{"copies": [20, item]} for items whose sort keys go up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from api.dynamodb.codec.item_size import WireItem, projected_size
from api.dynamodb.metering.capacity import ReadOperation, Units, estimate_rcu, estimate_wcu
from api.dynamodb.schema.indexes import INDEXES

CASES_FILE = Path(__file__).parents[1] / "unit" / "dynamodb" / "capacity_cases.json"
LOCAL = "DynamoDB Local"


def expand(value: Any) -> Any:
    """A value with its short notations written out."""
    if isinstance(value, dict):
        if value.keys() == {"repeat"} and isinstance(value["repeat"], list):
            part, times = value["repeat"]
            return part * times if isinstance(part, str) else [expand(part) for _ in range(times)]
        if value.keys() == {"range"} and isinstance(value["range"], list):
            return [str(number) for number in range(*value["range"])]
        return {name: expand(inner) for name, inner in value.items()}
    return [expand(inner) for inner in value] if isinstance(value, list) else value


def _read(entries: list[Any]) -> Iterator[WireItem | None]:
    for entry in entries:
        if entry is not None and entry.keys() == {"copies"}:
            times, item = entry["copies"]
            for number in range(times):
                yield {**expand(item), "SK": {"S": f"{number:04}"}}
        else:
            yield expand(entry)


def units_of(written: Mapping[str, Any]) -> Units:
    """Units as they are written in the file."""
    return Units(written["table"], written.get("indexes", {}))


@dataclass(frozen=True)
class Case:
    """One request and the units that it took."""

    name: str
    operation: str
    before: WireItem | None
    after: WireItem | None
    read: tuple[WireItem | None, ...]
    units: Units | None
    local: Units | None
    source: str
    action: str = ""
    index: str | None = None
    consistent: bool = False
    refused: bool = False
    filtered: bool = False

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Case:
        """The case as it stands in the file; one that was never recorded has no units."""
        flags = {
            name: raw[name]
            for name in ("action", "index", "consistent", "refused", "filtered")
            if name in raw
        }
        units = units_of(raw["units"]) if "units" in raw else None
        is_local = raw.get("source", LOCAL).startswith(LOCAL)
        local = units if is_local else (units_of(raw["local"]) if raw.get("local") else None)
        return cls(
            raw["name"], raw["operation"], expand(raw.get("before")), expand(raw.get("after")),
            tuple(_read(raw.get("read", []))), units, local, raw.get("source", LOCAL), **flags,
        )  # fmt: skip

    @property
    def is_read(self) -> bool:
        """Whether it costs RCU."""
        return self.operation in get_args(ReadOperation)

    def estimate(self) -> Units:
        """What the rule says of it."""
        if self.is_read:
            index = next((index for index in INDEXES if index.name == self.index), None)
            carried = index.carried() if index else None
            sizes = [projected_size(item, carried) if item else 0 for item in self.read]
            operation: Any = self.operation
            return estimate_rcu(sizes, operation=operation, consistent=self.consistent, index=index)
        return estimate_wcu(
            self.after,
            self.before,
            transaction=self.operation == "TransactWriteItems",
            indexes=() if self.refused else INDEXES,
        )


def raw_cases() -> list[dict[str, Any]]:
    """The cases as they stand in the file."""
    cases: list[dict[str, Any]] = json.loads(CASES_FILE.read_text(encoding="utf-8"))
    return cases


def cases() -> list[Case]:
    """All cases, written out."""
    return [Case.of(raw) for raw in raw_cases()]
