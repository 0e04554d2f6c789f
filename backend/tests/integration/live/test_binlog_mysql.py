"""What MySQL alone writes into its binlog: GTIDs, compressed transactions, parts of JSON values."""

from __future__ import annotations

import pytest

from live.preflight import checks
from live.source.changes import Commit, SourceRefused
from live.source.server import SourceServer
from tests.integration.live.binlog_harness import TIME, Reads, plan, rows
from tests.integration.migration.migration_harness import LegacySource
from tests.support.sources import MYSQL

pytestmark = MYSQL
SERVER = "11111111-2222-3333-4444-555555555555"
WITH_RESULT = f"INSERT INTO usage_logs VALUES (1, 5, 'hint', NULL, '{{\"a\": \"{'x' * 200}\"}}', '{TIME}')"


def test_it_names_the_end_of_its_binlog_by_the_newer_statement(legacy: LegacySource) -> None:
    with SourceServer(legacy.source) as server, pytest.raises(SourceRefused, match="MASTER"):
        server.query("SHOW MASTER STATUS")
    with SourceServer(legacy.source) as server:
        before = server.position()
        legacy.sql(plan(1))
        assert before < server.position()


@pytest.mark.parametrize("gtid", [f"{SERVER}:1", f"{SERVER}:tagged:1"])
def test_transactions_with_a_gtid_are_read(read: Reads, legacy: LegacySource, gtid: str) -> None:
    number = 1 + ("tagged" in gtid)
    events = read(f"SET GTID_NEXT = '{gtid}'", plan(number), "SET GTID_NEXT = 'AUTOMATIC'", plan(9))
    assert [row.row_id for row in rows(events)] == [number, 9]
    assert sum(isinstance(event, Commit) for event in events) == 2


def test_a_compressed_transaction_is_refused_and_the_preflight_warns_of_it(
    read: Reads, legacy: LegacySource
) -> None:
    with pytest.raises(
        SourceRefused, match="compressed transaction: set binlog_transaction_compression to OFF"
    ):
        read("SET SESSION binlog_transaction_compression = ON", WITH_RESULT)
    legacy.sql("SET GLOBAL binlog_transaction_compression = ON")
    try:
        failed = [check.name for check in checks(legacy.source) if not check.passed]
    finally:
        legacy.sql("SET GLOBAL binlog_transaction_compression = OFF")
    assert failed == ["binlog_transaction_compression"]


def test_a_part_of_a_json_value_is_refused(read: Reads) -> None:
    with pytest.raises(SourceRefused, match="partial JSON values: empty binlog_row_value_options"):
        read(
            WITH_RESULT,
            "SET SESSION binlog_row_value_options = 'PARTIAL_JSON'",
            "UPDATE usage_logs SET metadata = JSON_SET(metadata, '$.a', 'y')",
        )


def test_a_cascade_is_refused_before_anything_though_its_rows_are_logged(legacy: LegacySource) -> None:
    legacy.sql("CREATE TABLE parents (id BIGINT PRIMARY KEY)")
    legacy.sql(
        "ALTER TABLE users ADD CONSTRAINT cascading FOREIGN KEY (id) REFERENCES parents (id) ON DELETE CASCADE"
    )
    assert [check.state for check in checks(legacy.source) if not check.passed] == ["users.cascading"]
