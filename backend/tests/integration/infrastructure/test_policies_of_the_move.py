"""The migration's policy is what the move, its lease and the proof call, and nothing else.

What `make dynamodb-init` calls by way of the first change is in test_policies_of_the_lifecycle.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table.lease import LeaseHeld
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import factory
from api.dynamodb.transport.http import Transport
from config.environment import SQLiteSource, environment
from legacy.demo import DemoSize, fill_sqlite
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import MIGRATION
from migration.dry_run import dry_run
from migration.job import MigrationOptions
from migration.lease import table_lease
from migration.run import migrate
from migration.verify import VerificationOptions, verify, verify_counts, verify_sample
from tests.support.engines import Engine
from tests.support.iam import Need, record, refused
from tests.support.sources import settings_of

SIZE = DemoSize(users=12, problems=6, history=40, usage=80, large_cases=1)
OPTIONS = MigrationOptions(quiet=True, batch_size=50)


@pytest.fixture
def table(
    ministack: Engine,
    table_name: str,
    use_settings: Callable[..., None],
    tmp_path: Path,
    django_db_blocker: Any,
) -> Iterator[str]:
    """The name of a table that is not there yet, and a small source to fill it from."""
    source = SQLiteSource(tmp_path / "legacy.sqlite3")
    with django_db_blocker.unblock():
        fill_sqlite(source.path, SIZE, 7, datetime(2026, 1, 2, tzinfo=UTC))
    state = {"ALGOITNY_STATE_DIR": str(tmp_path / "state")}
    use_settings(**ministack.settings(table_name), **settings_of(source), **state)
    factory.clear_cache()
    yield table_name
    delete_table(ministack.client(), table_name)
    factory.clear_cache()


def granted(*sids: str) -> set[str]:
    """The actions of statements of the policy."""
    return {action for s in MIGRATION.statements if s.sid in sids for action in s.actions}


def test_the_move_and_its_proof_need_all_of_the_policy_and_no_more(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = record(monkeypatch)
    every: set[Need] = set()

    def needed() -> set[str]:
        """The actions since the last time; what is called is gathered."""
        every.update(seen.needs)
        actions = seen.actions
        seen.made.clear()
        return actions

    create_table(DynamoDBClient.get_client(patient=True))
    assert needed() == granted("Look") | {"dynamodb:CreateTable", "dynamodb:UpdateTimeToLive"}
    dry_run(environment(), OPTIONS)
    assert needed() <= granted("Look", "Verify")
    migrate(environment(), OPTIONS)
    assert needed() <= granted("Look", "Load", "Problems", "Lease", "Verify")
    migrate(environment(), replace(OPTIONS, restart=True, confirm=lambda _action: None))
    assert "dynamodb:DeleteItem" in needed()

    transport = Transport.of_environment()
    with table_lease(transport, table) as lease:
        lease._item.renew(lease._holder.token)
        with pytest.raises(LeaseHeld), table_lease(Transport.of_environment(), table):
            pass
        lease._item.holder()
    assert needed() == granted("Lease")

    assert verify(environment(), VerificationOptions()).agrees
    assert verify_counts(environment(), VerificationOptions()).agrees
    assert verify_sample(environment(), VerificationOptions(), 500).agrees
    assert needed() == granted("Look", "Verify")

    assert granted("Look", "Load", "Problems", "Lease", "Verify") <= {need.action for need in every}
    assert refused(MIGRATION.document(by_itself(table)), every) == []
