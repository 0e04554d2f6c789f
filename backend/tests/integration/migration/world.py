"""A source, a table and the command that moves one into the other, as the tests of the move handle them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymysql.connections import Connection

from api.dynamodb.boto3_transport import from_boto3
from api.dynamodb.codec import Record
from api.dynamodb.entities import PK, SK
from api.dynamodb.items import CODECS
from api.dynamodb.large_text import part_keys
from config.environment import BACKEND_DIR, MySQLSource, environment
from migration.rehearsal import Rehearsal, rehearse
from migration.replay import Replay, replay
from migration.run import Options, RunReport, migrate
from tests.support.engines import Engine
from tests.support.scripts import script_environment
from tests.support.sources import connect, settings_of

Key = tuple[str, str]
Dump = dict[Key, str]

LONG_AGO = "2024-05-06 07:08:09.123456"
_DEFAULTS: dict[str, dict[str, Any]] = {
    "subscription_plans": {
        "name": "Plan {id}", "max_hints_per_day": 5, "max_executions_per_day": 50, "is_active": 1,
        "created_at": LONG_AGO,
    },
    "users": {
        "email": "user{id}@example.org", "name": "User {id}", "picture": None, "google_id": "g-{id}",
        "subscription_plan_id": None, "is_active": 1, "is_staff": 0, "created_at": LONG_AGO,
        "updated_at": LONG_AGO, "last_login": None,
    },
    "problems": {
        "platform": "baekjoon", "problem_id": "{id}", "title": "Problem {id}", "url": "https://example.org/{id}",
        "tags": '["dp"]', "difficulty": "gold", "language": "python", "solution_code": None, "constraints": None,
        "hints": None, "time_limit": 1.5, "memory_limit": 256, "is_completed": 1, "is_deleted": 0,
        "metadata": None, "created_at": LONG_AGO, "updated_at": LONG_AGO,
    },
    "test_cases": {"problem_id": 1, "input": "1 2", "output": "3", "is_sample": 0, "position": 0},
    "search_history": {
        "user_id": 1, "problem_id": 1, "platform": "baekjoon", "problem_number": "1", "problem_title": "Problem 1",
        "language": "python", "code": "print({id})", "result_summary": None, "passed_count": 1, "failed_count": 0,
        "total_count": 1, "is_code_public": 0, "test_results": None, "hints": None, "created_at": LONG_AGO,
    },
    "usage_logs": {
        "user_id": 1, "action": "hint", "problem_id": None, "metadata": None, "created_at": None,
    },
}  # fmt: skip


class LegacySource:
    """The legacy database as a test fills it: any row goes in, without foreign keys and without strictness."""

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
        """Inserts rows; what they do not say is filled with what is usual, `{id}` with their id."""
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

    def settings(self) -> dict[str, str]:
        """The environment of the move."""
        return {
            **self.engine.settings(self.table),
            **settings_of(self.legacy.source),
            "LOCALSTACK_URL": self.endpoint_url or self.engine.endpoint_url,
            "ALGOITNY_STATE_DIR": str(self.state_dir),
            **self.more,
        }

    def _options(self, options: dict[str, Any]) -> Options:
        self.use_settings(**self.settings())
        return Options(**{"quiet": True, "batch_size": 50, **options})

    def run(self, **options: Any) -> RunReport:
        """The real run, in this process."""
        asked = self._options(options)
        return migrate(environment(), asked)

    def rehearse(self, **options: Any) -> Rehearsal:
        """The dry run, in this process."""
        asked = self._options(options)
        return rehearse(environment(), asked)

    def replay(self, **options: Any) -> Replay:
        """The replay of the dead letters, in this process."""
        asked = self._options(options)
        return replay(environment(), asked)

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
        with self.start(*arguments, **popen) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def dump(self, table: str | None = None) -> Dump:
        """Every item by key, as canonical JSON; the lease is no data."""
        return {key: canonical(item) for key, item in self.items(table).items()}

    def items(self, table: str | None = None) -> dict[Key, dict[str, Any]]:
        """Every item by key, in wire form as it travels."""
        client = self.engine.client()
        found: dict[Key, dict[str, Any]] = {}
        try:
            for page in client.get_paginator("scan").paginate(
                TableName=table or self.table, ConsistentRead=True
            ):
                for item in page["Items"]:
                    wire: dict[str, Any] = from_boto3(dict(item))
                    key = (wire[PK]["S"], wire[SK]["S"])
                    assert key not in found
                    if not key[0].startswith("OPS#"):
                        found[key] = wire
        finally:
            client.close()
        return found

    def letters(self) -> list[dict[str, Any]]:
        """The dead letters of the job, in the order of the file."""
        return [json.loads(line) for line in self.letter_file().read_text().splitlines()]

    def letter_file(self) -> Path:
        """The job's own dead-letter file."""
        (path,) = self.state_dir.glob("migration/*/dead-letters.jsonl")
        return path

    def checkpoint(self) -> Path:
        """The job's checkpoint file."""
        (path,) = self.state_dir.glob("migration/*/checkpoint.json")
        return path


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
    return codec.decode(item, {short: list(found) for short, found in parts.items() if found})


def raw_text(
    items: Mapping[Key, dict[str, Any]], pk: str, short: str, sk: str = "META", owner: str = ""
) -> str:
    """A stored large or JSON text exactly as it stands."""
    from api.dynamodb.large_text import is_external, unpack_inline, unpack_parts

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
