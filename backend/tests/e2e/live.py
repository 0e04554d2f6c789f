"""The service as `make run` serves it: gunicorn on loopback, before it a table into which a demonstration was moved."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

import boto3

from config.environment import BACKEND_DIR
from engines.processes import LOOPBACK, free_port, start, terminate, wait_until
from scripts.run_demo import service_command
from tests.support.engines import Engine
from tests.support.fault_proxy import FaultProxy
from tests.support.scripts import run_script, script_environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# More than one page of problems, and users with more than one page of runs.
SIZE = ("--users", "16", "--history", "500", "--usage", "120")
_READY = "/api/health/ready/"


@dataclass(frozen=True)
class Live:
    """The running service: its address, its table, the way between the two, and its log."""

    url: str
    table: Table
    proxy: FaultProxy
    log: Path
    sign_in_secret: str

    def requests(self) -> list[dict[str, Any]]:
        """What the service's log says of each request so far, in order."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("logger") == "algoitny.requests" and "status" in line]

    def stored(self) -> set[tuple[str, str]]:
        """The keys of everything in the table, asked of the engine itself."""
        found: set[tuple[str, str]] = set()
        where: dict[str, Any] = {}
        while True:
            page = self.table.scan(ConsistentRead=True, ProjectionExpression="PK, SK", **where)
            found |= {(str(item["PK"]), str(item["SK"])) for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return found
            where = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _fill(settings: dict[str, str], folder: Path) -> None:
    """A small demonstration, from its source into the table, by the commands that `make run` uses."""
    settings = {
        **settings,
        "LEGACY_SQLITE": str(folder / "legacy.sqlite3"),
        "ALGOITNY_STATE_DIR": str(folder / "state"),
    }
    statements = ("import_statements", str(BACKEND_DIR / "legacy/demo/problems"))
    for command in (("seed_demo", *SIZE), ("init_dynamodb",), ("migrate_to_dynamodb",), statements):
        done = run_script(*command, settings=settings)
        assert done.returncode == 0, done.stderr


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", _READY)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def serving(engine: Engine, table_name: str, folder: Path) -> Iterator[Live]:
    """The service for the block, in debug as `make run` has it, so that the development sign-in is there."""
    settings = engine.settings(table_name)
    _fill(settings, folder)
    table = boto3.resource("dynamodb", endpoint_url=engine.endpoint_url, region_name="us-east-1").Table(
        table_name
    )
    port, log, sign_in_secret = free_port(), folder / "service.log", token_urlsafe(32)
    with FaultProxy(engine.endpoint_url) as proxy:
        environment = script_environment(
            {
                **settings,
                "LOCALSTACK_URL": proxy.url,
                "DYNAMODB_CATALOGUE_PROBLEMS": "1000",
                "DJANGO_SECRET_KEY": token_urlsafe(50),
                "ALGOITNY_SIGN_IN_SECRET": sign_in_secret,
                "ALGOITNY_STATE_DIR": str(folder / "state"),
            }
        )
        process = start(
            [sys.executable, *service_command(port, "tests.e2e.patient_wsgi")],
            log=log,
            env=environment,
            cwd=BACKEND_DIR,
        )
        try:
            wait_until(lambda: _is_ready(port), process, name="the service", log=log, seconds=60)
            yield Live(f"http://{LOOPBACK}:{port}", table, proxy, log, sign_in_secret)
        finally:
            terminate(process, seconds=20)
