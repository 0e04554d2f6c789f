"""A source to fill, and a migration of it into a table, for tests."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymysql.connections import Connection

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.large_text import part_keys
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport.boto3_transport import from_boto3
from config.environment import BACKEND_DIR, MySQLSource, environment
from migration.dry_run import DryRunReport, dry_run
from migration.job import MigrationOptions
from migration.lease import job_key
from migration.replay import replay
from migration.replay_report import ReplayReport
from migration.run import MigrationReport, migrate
from migration.verify import VerificationOptions, verify, verify_counts, verify_sample
from tests.support.engines import Engine
from tests.support.forks import run_fork
from tests.support.scripts import COMMAND_SECONDS, finished, script_environment
from tests.support.sources import connect, settings_of

Key = tuple[str, str]
Dump = dict[Key, str]

SETTLED_AFTER = "2024-05-06 07:08:09.123456"
_DEFAULTS: dict[str, dict[str, Any]] = {
    "subscription_plans": {
        "name": "Plan {id}", "max_hints_per_day": 5, "max_executions_per_day": 50, "is_active": 1,
        "created_at": SETTLED_AFTER,
    },
    "users": {
        "email": "user{id}@example.org", "name": "User {id}", "picture": None, "google_id": "g-{id}",
        "subscription_plan_id": None, "is_active": 1, "is_staff": 0, "created_at": SETTLED_AFTER,
        "updated_at": SETTLED_AFTER, "last_login": None,
    },
    "problems": {
        "platform": "baekjoon", "problem_id": "{id}", "title": "Problem {id}", "url": "https://example.org/{id}",
        "tags": '["dp"]', "difficulty": "gold", "language": "python", "solution_code": None, "constraints": None,
        "hints": None, "time_limit": 1.5, "memory_limit": 256, "is_completed": 1, "is_deleted": 0,
        "metadata": None, "created_at": SETTLED_AFTER, "updated_at": SETTLED_AFTER,
    },
    "test_cases": {"problem_id": 1, "input": "1 2", "output": "3", "is_sample": 0, "position": 0},
    "search_history": {
        "user_id": 1, "problem_id": 1, "platform": "baekjoon", "problem_number": "1", "problem_title": "Problem 1",
        "language": "python", "code": "print({id})", "result_summary": None, "passed_count": 1, "failed_count": 0,
        "total_count": 1, "is_code_public": 0, "test_results": None, "hints": None, "created_at": SETTLED_AFTER,
    },
    "usage_logs": {
        "user_id": 1, "action": "hint", "problem_id": None, "metadata": None, "created_at": None,
    },
}  # fmt: skip


class LegacySource:
    """A legacy database that a test fills with any rows, without foreign keys or strict mode."""

    def __init__(self, source: MySQLSource) -> None:
        self.source = source
        self.connection: Connection[Any] = connect(source)
        self.sql("SET SESSION sql_mode = ''")
        self.sql("SET SESSION foreign_key_checks = 0")

    def sql(self, statement: str, *values: object) -> Sequence[Sequence[Any]]:
        """Runs a statement and returns its rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            rows: Sequence[Sequence[Any]] = cursor.fetchall()
            return rows

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Inserts rows; missing columns have default values, in which `{id}` is the row's id."""
        names = ["id", *_DEFAULTS[table]]
        filled = []
        for row in rows:
            usual = {
                name: value.replace("{id}", str(row["id"])) if isinstance(value, str) else value
                for name, value in _DEFAULTS[table].items()
            }
            unknown = set(row) - set(names)
            assert not unknown, unknown
            filled.append([{**usual, **row}[name] for name in names])
        columns = ", ".join(f"`{name}`" for name in names)
        places = ", ".join(["%s"] * len(names))
        with self.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO `{table}` ({columns}) VALUES ({places})", filled)

    def drop_checks(self, table: str, *columns: str) -> None:
        """Makes JSON columns plain text, as they are where the server does not check them."""
        for column in columns:
            self.sql(f"ALTER TABLE `{table}` MODIFY `{column}` LONGTEXT NULL")

    def drop_foreign_keys(self) -> None:
        """Lets the types of ids be changed."""
        keys = self.sql(
            "SELECT table_name, constraint_name FROM information_schema.table_constraints "
            "WHERE constraint_schema = DATABASE() AND constraint_type = 'FOREIGN KEY'"
        )
        for table, name in keys:
            self.sql(f"ALTER TABLE `{table}` DROP FOREIGN KEY `{name}`")

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()


@dataclass
class Move:
    """One source, one table, one state folder."""

    legacy: LegacySource
    engine: Engine
    table: str
    state_dir: Path
    use_settings: Callable[..., None]
    endpoint_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    confirmed: list[str] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        """The environment of the move."""
        return {
            **self.engine.settings(self.table),
            **settings_of(self.legacy.source),
            "LOCALSTACK_URL": self.endpoint_url or self.engine.endpoint_url,
            "ALGOITNY_STATE_DIR": str(self.state_dir),
            **self.more,
        }

    def _options(self, options: dict[str, Any]) -> MigrationOptions:
        """The options of a run, which confirms everything; applies the settings first."""
        self.use_settings(**self.settings())
        return MigrationOptions(
            **{"quiet": True, "batch_size": 50, "confirm": self.confirmed.append, **options}
        )

    def run(self, **options: Any) -> MigrationReport:
        """The real run, in this process."""
        run_options = self._options(options)
        return migrate(environment(), run_options)

    def dry_run(self, **options: Any) -> DryRunReport:
        """The dry run, in this process."""
        run_options = self._options(options)
        return dry_run(environment(), run_options)

    def replay(self, **options: Any) -> ReplayReport:
        """The replay of the dead letters, in this process."""
        run_options = self._options(options)
        return replay(environment(), run_options)

    def command(self, *arguments: str, script: str = "migrate_to_dynamodb") -> list[str]:
        """The command line."""
        return [sys.executable, f"scripts/{script}.py", *arguments]

    def start(self, *arguments: str, **popen: Any) -> subprocess.Popen[str]:
        """Starts the command as a process of its own."""
        return subprocess.Popen(
            self.command(*arguments), cwd=BACKEND_DIR, env=script_environment(self.settings()), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **popen,
        )  # fmt: skip

    def call(self, *arguments: str, **popen: Any) -> subprocess.CompletedProcess[str]:
        """Runs the command to its end, whatever that is."""
        if not popen:
            script = "scripts/migrate_to_dynamodb.py"
            return run_fork(script, arguments, script_environment(self.settings()), COMMAND_SECONDS)
        with self.start(*arguments, **popen) as process:
            out, err = finished(process)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def dump(self, table: str | None = None) -> Dump:
        """Every item by key, as canonical JSON; the lease is no data."""
        return {key: canonical(item) for key, item in self.items(table).items()}

    def items(self, table: str | None = None) -> dict[Key, dict[str, Any]]:
        """Every item by key, in wire form as it travels."""
        client = self.engine.client()
        items: dict[Key, dict[str, Any]] = {}
        try:
            for page in client.get_paginator("scan").paginate(
                TableName=table or self.table, ConsistentRead=True
            ):
                for item in page["Items"]:
                    wire: dict[str, Any] = from_boto3(dict(item))
                    key = (wire[PK]["S"], wire[SK]["S"])
                    assert key not in items
                    if not key[0].startswith("OPS#"):
                        items[key] = wire
        finally:
            client.close()
        return items

    def letters(self) -> list[dict[str, Any]]:
        """The dead letters of the job, in the order of the file."""
        return [json.loads(line) for line in self.letter_file().read_text().splitlines()]

    def letter_file(self) -> Path:
        """The job's own dead-letter file."""
        return self.job_folder() / "dead-letters.jsonl"

    def job_folder(self) -> Path:
        """The folder of the job's files."""
        return self.state_dir / "migration" / f"{self.table}-{self.checkpoint()['job']}"

    def checkpoint(self) -> dict[str, Any]:
        """The job's checkpoint, from the table."""
        client = self.engine.client()
        try:
            item = client.get_item(TableName=self.table, Key=job_key(), ConsistentRead=True)["Item"]
        finally:
            client.close()
        state: dict[str, Any] = json.loads(str(item["state"]["S"]))
        return state

    def write_checkpoint(self, text: str) -> None:
        """Replaces the checkpoint in the table by any text."""
        client = self.engine.client()
        try:
            client.put_item(TableName=self.table, Item={**job_key(), "state": {"S": text}})
        finally:
            client.close()


@contextlib.contextmanager
def another_move(move: Move, folder: Path) -> Iterator[Move]:
    """The same source and engine with another table and state."""
    client = move.engine.client()
    table = f"{move.table}_b"
    create_table(client, table)
    try:
        yield Move(move.legacy, move.engine, table, folder, move.use_settings)
    finally:
        delete_table(client, table)
        client.close()


def agrees(move: Move) -> bool:
    """Whether the full proof, the counts and a sample agree."""
    move.use_settings(**move.settings())
    options = VerificationOptions(all_differences=True)
    full = verify(environment(), options)
    assert [str(difference) for difference in full.differences.listed] == []
    return (
        full.agrees
        and verify_counts(environment(), options).agrees
        and verify_sample(environment(), options, 50).agrees
    )


def canonical(item: Mapping[str, Any]) -> str:
    """An item as one text, equal for equal items."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"SS"}:
                return {"SS": sorted(value["SS"])}
            return {name: plain(inner) for name, inner in value.items()}
        return value

    return json.dumps(plain(dict(item)), sort_keys=True)


def record(
    entity: str, items: Mapping[Key, dict[str, Any]], pk: str, sk: str = "META", owner: str = ""
) -> Record:
    """The record that is stored under a key, its large texts put together from their parts."""
    item = items[pk, sk]
    codec = CODECS[entity]
    parts = {
        field.short: [items[key] for key in part_keys(owner or pk, field.short, item[field.short])]
        for field in codec.large
        if field.short in item
    }
    return codec.decode(item, {short: list(stored) for short, stored in parts.items() if stored})


def raw_text(
    items: Mapping[Key, dict[str, Any]], pk: str, short: str, sk: str = "META", owner: str = ""
) -> str:
    """A stored large or JSON text exactly as it stands."""
    from api.dynamodb.codec.large_text import is_external, unpack_inline, unpack_parts

    value = items[pk, sk][short]
    if not is_external(value):
        return unpack_inline(value)
    return unpack_parts(value, [items[key] for key in part_keys(owner or pk, short, value)])


def only_letter(move: Move, entity: str, key: int) -> dict[str, Any]:
    """The one dead letter, checked to be of this row and to hold it; its reason is for the test to check."""
    (letter,) = move.letters()
    assert (letter["entity"], letter["key"]) == (entity, str(key))
    assert letter["row"]["id"] == str(key)
    return letter


def peak_memory(pid: int) -> int:
    """The peak resident memory of a running process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no VmHWM; is {os.name} Linux?")
