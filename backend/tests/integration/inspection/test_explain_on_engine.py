"""`explain` against engines: every access pattern makes the calls that were explained, and takes the units."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from api.dynamodb.clock import frozen
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.metering import meter
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema import keys
from api.dynamodb.table.audit_entries import marked_months
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.transport.factory import transport_for
from design.patterns import PATTERNS
from design.recording import SEED
from design.repositories import Repositories
from design.typical_table import NOW, typical_items
from inspection.explanation import explain
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class TypicalTable:
    """A table with the typical items, which are put back after each pattern."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._store = Store(transport_for(), table.name)
        self._items = typical_items()
        assert self._store.batch_write(puts=self._items.values(), entity="typical") == []
        self.repositories = Repositories.built(lambda repository_class: repository_class())
        endpoint = table.meta.client.meta.endpoint_url
        marked_months(endpoint, table.name).add(keys.audit_month(NOW))
        self.repositories.audit.record_audit(AuditNote(1, "mark"), "this month", {})
        # As in a process that has shown each list before.
        self.repositories.users.list_users()
        self.repositories.problems.list_problems()
        self.repositories.runs.list_public_timeline()
        self.restore()

    def restore(self) -> None:
        """Makes the table what it was: what a pattern wrote is removed, what it changed or removed is put back."""
        stored = self._stored()
        changed = [
            item for key, item in self._items.items() if _comparable(stored.get(key)) != _comparable(item)
        ]
        added = [key for key in stored if key not in self._items]
        assert self._store.batch_write(puts=changed, deletes=added, entity="typical") == []

    def _stored(self) -> dict[Key, WireItem]:
        items: dict[Key, WireItem] = {}
        request: dict[str, Any] = {"TableName": self._table.name, "ConsistentRead": True}
        transport = transport_for()
        while True:
            page, _ = transport.send("Scan", dict(request))
            items |= {key_of(item): item for item in page["Items"]}
            if not page.get("LastEvaluatedKey"):
                return items
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _comparable(item: WireItem | None) -> object:
    if item is None:
        return None
    return {name: sorted(v["SS"]) if "SS" in v else v for name, v in item.items()}


@pytest.fixture
def typical_table(
    use_engine: Engine, table_pool: TablePool, use_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TypicalTable]:
    extend_deadlines(monkeypatch)
    monkeypatch.setattr("api.dynamodb.table.list_partitions.FIRST_SECONDS", math.inf)
    name = table_pool.take(use_engine)
    use_settings(DYNAMODB_TABLE=name)
    resource = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url)
    with frozen(NOW):
        yield TypicalTable(resource.Table(name))
    table_pool.put_back(use_engine, name)


def _comparable_units(engine: Engine, step: tuple[str, float, float], made: tuple[str, float, float]) -> bool:
    """Whether the engine counts such a call as AWS does.

    DynamoDB Local does, but for transactions, for a Query that finds nothing, which it takes for nothing, and for
    a delete of nothing in a batch, which it takes for two; MiniStack takes every item for 1 KB.
    """
    if engine.name != "dynamodb-local" or step[0] == "TransactWriteItems":
        return False
    if step[0] == "BatchWriteItem" and made[2] == 2 * step[2]:
        return False
    return not (step[0] == "Query" and made[1] == 0 and step[1] <= 1)


@pytest.mark.long
@pytest.mark.any_engine
def test_every_pattern_makes_the_calls_and_takes_the_units_that_were_explained(
    typical_table: TypicalTable, use_engine: Engine
) -> None:
    import random

    different: dict[str, Any] = {}
    for pattern in PATTERNS:
        steps = explain(pattern, {}).steps
        random.seed(SEED)
        with meter.recording() as metered:
            pattern.run(typical_table.repositories)
        explained = [(step.operation, step.index) for step in steps]
        made = [(call.operation, call.index) for call in metered.calls]
        units = [
            (explained_units, made_units)
            for step, call in zip(steps, metered.calls, strict=False)
            for explained_units in [(step.operation, step.read_units, step.write_units)]
            for made_units in [(call.operation, call.read_units, call.write_units)]
            if explained_units != made_units and _comparable_units(use_engine, explained_units, made_units)
        ]
        if made != explained or units:
            different[pattern.name] = (made, explained, units)
        if metered.write_units:
            typical_table.restore()
    assert different == {}
