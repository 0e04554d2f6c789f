"""The policies of the move and of its files together are what the export and the import call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table_schema import table_declaration
from api.dynamodb.transport.access import service_client
from config.environment import SQLiteSource, environment
from legacy.demo import DemoSize, fill_sqlite
from lifecycle.imported_table import ImportFiles, import_table
from lifecycle.infrastructure.grants import BUCKET_NAME, by_itself
from lifecycle.infrastructure.policies import FILES, MIGRATION
from migration.files import s3_destination
from migration.files.checked_files import check_files
from migration.files.destination import open_destination
from migration.files.export import export
from migration.job import MigrationOptions
from tests.support.engines import Engine
from tests.support.iam import record, refused
from tests.support.sources import settings_of

SIZE = DemoSize(users=12, problems=6, history=40, usage=80, large_cases=1)
# What AWS itself does in the caller's name, and settings that a table of `dev` does not have.
NOT_CALLED = {
    *(action for action in FILES.actions if action.startswith("logs:")), "dynamodb:UpdateTable",
    "dynamodb:UpdateContinuousBackups", "dynamodb:TagResource", "dynamodb:UpdateContributorInsights",
}  # fmt: skip


@pytest.fixture
def table(
    ministack: Engine,
    table_name: str,
    use_settings: Callable[..., None],
    tmp_path: Path,
    django_db_blocker: Any,
) -> Iterator[str]:
    """The name of a table that is not there yet, a small source, and the bucket."""
    source = SQLiteSource(tmp_path / "legacy.sqlite3")
    with django_db_blocker.unblock():
        fill_sqlite(source.path, SIZE, 7, datetime(2026, 1, 2, tzinfo=UTC))
    state = {"ALGOITNY_STATE_DIR": str(tmp_path / "state")}
    use_settings(**ministack.settings(table_name), **settings_of(source), **state)
    service_client("s3").create_bucket(Bucket=BUCKET_NAME)
    yield table_name
    client = ministack.client()
    for name in client.list_tables()["TableNames"]:
        if name.startswith(table_name):
            client.delete_table(TableName=name)


def test_the_export_and_the_import_need_both_policies_and_no_more(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = record(monkeypatch)
    url, settings = f"s3://{BUCKET_NAME}/{table}", environment()
    with open_destination(url) as destination:  # an upload in parts, and one that is left unfinished
        monkeypatch.setattr(s3_destination, "PART_BYTES", 5 << 20)
        for name in ("left", "abandoned"):
            sink = destination.create(name)
            sink.write(bytes(6 << 20))
        sink.abandon()
    export(settings, MigrationOptions(quiet=True), url, ())
    export(settings, MigrationOptions(quiet=True, restart=True, confirm=lambda action: None), url, ())
    manifest = check_files(settings, url)
    import_table(
        DynamoDBClient.get_client(patient=True), settings, table_declaration(table),
        ImportFiles(BUCKET_NAME, f"{table}/data/", len(manifest.files), manifest.items, manifest.uncompressed,
                    manifest.compressed, "d" * 24, ("migration_20261121_000000_create_algoitny_main",)),
    )  # fmt: skip
    documents = [policy.document(by_itself(table)) for policy in (MIGRATION, FILES)]
    refused_by_both = set(refused(documents[0], seen.needs)) & set(refused(documents[1], seen.needs))
    assert refused_by_both == set()
    assert FILES.actions - seen.actions == NOT_CALLED
