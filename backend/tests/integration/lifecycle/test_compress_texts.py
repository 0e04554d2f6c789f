"""The change that compresses texts, on a copy of the demonstration as the version before it stored it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from api.dynamodb.codec import large_text
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.repositories import SearchHistoryRepository
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.transport.http import Transport
from config.environment import environment
from legacy.demo import DemoSize, demo_rows
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.history import History
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.service_table import FIRST_CHANGE
from migration.mapping import STEPS, utc_midnight
from migration.row_encoder import MigrationPolicy, RowEncoder
from migration.table_contents import read_items
from tests.support.engines import Engine

NAME = "migration_20261130_000000_compress_texts"
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
SIZE = DemoSize(users=10, problems=8, history=120, usage=20, large_cases=1)
# The form of the version before: every text of up to 4 KB stands plain.
COMPRESSED_FROM_BEFORE = large_text.INLINE_BYTES + 1
RUN_IDS = range(1, 100)


def _cell(value: object) -> str | None:
    return None if value is None else str(value)


def moved_items() -> dict[Key, WireItem]:
    """The demonstration's items as the move from MySQL writes them."""
    policy = MigrationPolicy(utc_midnight(AS_OF), False, environment().time_zone)
    items: dict[Key, WireItem] = {}
    for step in STEPS:
        encoder = RowEncoder(step, policy, None)
        for row in demo_rows(step.table, SIZE, 7, AS_OF):
            encoded = encoder.encode(tuple(map(_cell, row)))
            items.update(by_key(encoded.all() if encoded else ()))
    return items


def by_key(items: Iterable[WireItem]) -> dict[Key, WireItem]:
    """Items by key, with the members of sets in order."""
    return {
        key_of(item): {
            name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()
        }
        for item in items
    }


def plain_texts(items: dict[Key, WireItem]) -> int:
    """How many texts stand plain that would be compressed today."""
    return sum(
        len(value["S"].encode()) >= large_text.COMPRESSED_FROM
        for item in items.values() for value in item.values() if "S" in value
    )  # fmt: skip


def with_plain_numbers(items: dict[Key, WireItem]) -> dict[Key, WireItem]:
    """The items with numbers as DynamoDB returns them: 2 for 2.0."""
    return {
        key: {
            name: {"N": f"{Decimal(value['N']).normalize():f}"} if "N" in value else value
            for name, value in item.items()
        }
        for key, item in items.items()
    }


def test_an_old_table_gets_the_form_that_is_written_today_and_back(
    use_engine: Engine, table_name: str, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, transport = use_engine.client(), Transport.of_environment()
    runner = Runner(
        client, "dev", load_changes([CHANGES_DIR]), history, lambda line: None, lambda tables: None
    )

    def stored() -> dict[Key, WireItem]:
        return with_plain_numbers(by_key(read_items(transport, table_name)))

    def runs() -> list[Any]:
        found = SearchHistoryRepository().get_histories(RUN_IDS)
        assert len(found) == len(RUN_IDS)
        return found

    runner.migrate(Selection(target=FIRST_CHANGE))
    with monkeypatch.context() as before:
        before.setattr(large_text, "COMPRESSED_FROM", COMPRESSED_FROM_BEFORE)
        old = moved_items()
    new = moved_items()
    assert plain_texts(old) > 100 and plain_texts(new) == 0
    for item in old.values():
        transport.call("PutItem", {"TableName": table_name, "Item": item})
    as_they_were = runs()

    assert runner.migrate(Selection(target=NAME)).changes == [NAME]
    assert stored() == with_plain_numbers(new)
    assert runs() == as_they_were
    runner.rollback(Selection(target=NAME))
    assert stored() == with_plain_numbers(old)
