"""Starts DynamoDB Local in memory on a free loopback port."""

from __future__ import annotations

import http.client
from pathlib import Path

from engines.dynamodb_local.fetch import CACHE_DIR, fetch, find_java
from engines.processes import LOOPBACK, free_port, start, wait_until
from engines.running import RunningEngine


def _answers(port: int) -> bool:
    """Whether DynamoDB Local is up: it rejects an unsigned request with an HTTP error, but any response will do."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start_dynamodb_local(
    folder: Path, *, port: int | None = None, slow_indexes: bool = False, cache: Path = CACHE_DIR
) -> RunningEngine:
    """Starts DynamoDB Local, empty and in memory, and waits until it answers (60 s at most).

    `folder` receives its log. With `slow_indexes`, index changes go through the states CREATING,
    Backfilling and DELETING, as on AWS, instead of finishing at once.

    Raises `EngineUnavailable` when it cannot be installed and `EngineFailed` when it does not start.
    """
    libraries = fetch(cache)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    log = folder / "dynamodb-local.log"
    options = ["-inMemory", "-disableTelemetry", "-port", str(chosen)]
    if slow_indexes:
        options.append("-delayTransientStatuses")
    process = start(
        [
            find_java(),
            "-Xmx1g",
            "-XX:TieredStopAtLevel=1",  # a short run does not repay what the second compiler takes
            f"-Djava.library.path={libraries}",
            "-cp",
            f"{libraries / 'classes'}:{libraries}/*",
            "LoopbackServer",
            *options,
        ],
        log=log,
        cwd=folder,
    )
    wait_until(lambda: _answers(chosen), process, name="DynamoDB Local", log=log, seconds=60)
    return RunningEngine(
        name="dynamodb-local", endpoint_url=f"http://{LOOPBACK}:{chosen}", log=log, process=process
    )
