"""Starts DynamoDB Local in memory on a free loopback port."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path

from engines.dynamodb_local.fetch import CACHE_DIR, fetch, find_java
from engines.processes import LOOPBACK, free_port, start, wait_until
from engines.running import RunningEngine


@dataclass(frozen=True)
class StreamTimes:
    """How fast streams age, in seconds: DynamoDB Local takes hours for all of it.

    A shard gets a successor after `rollover`; its records are trimmed after `survival`; an iterator expires after
    `iterator`.
    """

    rollover: float = 4 * 3600.0
    survival: float = 24 * 3600.0
    iterator: float = 900.0

    def options(self) -> list[str]:
        """The system properties that `LoopbackServer` reads."""
        seconds = {
            "rollover": self.rollover,
            "survival": self.survival,
            "padding": self.survival / 4,
            "iterator": self.iterator,
        }
        return [f"-Dstream.{name}={round(1000 * value)}" for name, value in seconds.items()]


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
    folder: Path,
    *,
    port: int | None = None,
    slow_indexes: bool = False,
    stream: StreamTimes | None = None,
    cache: Path = CACHE_DIR,
) -> RunningEngine:
    """Starts DynamoDB Local, empty and in memory, and waits until it answers (60 s at most).

    `folder` receives its log. With `slow_indexes`, index changes go through the states CREATING,
    Backfilling and DELETING, as on AWS, instead of finishing at once. `stream` makes streams age within seconds.

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
            *(stream.options() if stream else ()),
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
