"""Files of a step: an item of several rows that DynamoDB would refuse is divided, and one row alone is left out."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.environment import SQLiteSource
from migration.checkpoint import Checkpoint
from migration.dead_letters import DeadLetterFile
from migration.files.destination import FolderDestination
from migration.files.export_job import ExportStore
from migration.files.item_rules import MAX_ITEM_BYTES
from migration.files.step_files import StepFiles
from migration.loader import Chunk, PendingItem
from migration.mapping import USAGE
from migration.source import LegacyDatabase
from migration.source_identity import identify

USER = 7


def item(sk: str, size: int = 1) -> dict[str, Any]:
    return {"PK": {"S": f"USR#{USER}#USE#hint"}, "SK": {"S": sk}, "met": {"S": "x" * size}}


def ledger(day: int, last_log: int, *, size: int = 1, apart: list[tuple[int, dict[str, Any]]]) -> PendingItem:
    """The item of a day's ledger, which is divided into the items of its rows if it is refused."""
    pending = PendingItem.of(item(f"DAY#2026-11-{day:02}", size), last_log)
    pending.instead = lambda: [PendingItem.of(part, row_id) for row_id, part in apart]
    return pending


def source_with_logs(path: Path, number: int) -> SQLiteSource:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE usage_logs ({', '.join(USAGE.column_names)})")
        database.executemany(
            "INSERT INTO usage_logs (id, user_id, action) VALUES (?, ?, 'hint')",
            [(log_id, USER) for log_id in range(1, number + 1)],
        )
    return SQLiteSource(path)


def test_a_refused_ledger_is_divided_and_only_the_refused_row_is_a_dead_letter(tmp_path: Path) -> None:
    destination = FolderDestination(tmp_path / "files")
    with LegacyDatabase(source_with_logs(tmp_path / "legacy.sqlite3", 5)) as source, closing(destination):
        destination.claim()
        store = ExportStore(destination, "algoitny_main", ())
        state = Checkpoint(
            store, tmp_path / "state", "algoitny_main", identify(source), datetime(2026, 11, 30, tzinfo=UTC),
            ZoneInfo("Asia/Seoul"), "host",
        )  # fmt: skip
        letters = DeadLetterFile.of(state)
        files = StepFiles(USAGE, source, state, store, letters, None)
        chunk = Chunk()
        chunk.counts.read = chunk.counts.written = 5
        whole, too_large = [(1, item("unused"))], MAX_ITEM_BYTES + 1
        apart = [
            (2, item("LOG#2")), (3, item("LOG#3", too_large)), (4, item("LOG#4")), (4, item("DAY#2026-11-02")),
        ]  # fmt: skip
        files.add(
            chunk,
            [
                ledger(1, 1, apart=whole),
                ledger(2, 4, size=2 * too_large, apart=apart),
                ledger(3, 5, apart=whole),
            ],
        )
        assert set(chunk.refused) == {3}
        chunk.key = (USER, 5)
        files.end_chunk(chunk, 1)
    (file,) = store.files
    lines = gzip.decompress((tmp_path / "files" / file.name).read_bytes()).decode().splitlines()
    keys = [json.loads(line)["Item"]["SK"]["S"] for line in lines]
    assert keys == ["DAY#2026-11-01", "LOG#2", "LOG#4", "DAY#2026-11-02", "DAY#2026-11-03"]
    (letter,) = map(json.loads, letters.path.read_text().splitlines())
    assert (letter["entity"], letter["key"]) == ("usage", "3")
    assert "at most 409,600 are allowed" in letter["reason"]
    counts = state.step("usage").counts
    assert (counts.read, counts.written, counts.dead) == (5, 4, 1)
