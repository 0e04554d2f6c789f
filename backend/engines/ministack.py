"""Starts MiniStack, the embedded DynamoDB engine, from its own virtual environment, without Docker or Java."""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path

from config.environment import PROJECT_DIR
from engines.processes import LOOPBACK, EngineUnavailable, free_port, start, wait_until
from engines.running import RunningEngine

ENGINE_PYTHON = PROJECT_DIR / ".venv-engine" / "bin" / "python"
SERVER = Path(__file__).with_name("ministack_server.py")
HEALTH_PATH = "/_localstack/health"
SERVICES = ("sqs", "dynamodb", "dynamodbstreams", "s3", "logs")  # the last two for ImportTable
# MiniStack writes its state only at a clean shutdown; a large table takes a while, and SIGKILL would lose it.
STOP_SECONDS = 120.0


def is_healthy(port: int, host: str = LOOPBACK, seconds: float = 1.0) -> bool:
    """Whether MiniStack or LocalStack answers on `host:port` and offers DynamoDB."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", HEALTH_PATH)
        response = connection.getresponse()
        document = json.loads(response.read())
        return response.status == 200 and "dynamodb" in document.get("services", {})
    except (OSError, ValueError, AttributeError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _environment(port: int, folder: Path, keep_state: bool, services: tuple[str, ...]) -> dict[str, str]:
    """MiniStack's whole environment; nothing is inherited from the caller."""
    return {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),  # its pid file goes there
        "BIND_HOST": LOOPBACK,  # its own default is every interface
        "GATEWAY_PORT": str(port),
        "SERVICES": ",".join(services),
        "PERSIST_STATE": "1" if keep_state else "0",
        "STATE_DIR": str(folder / "state"),
        "LOG_LEVEL": "WARNING",
        # No further listeners, and no access to the machine's Docker containers.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder / 'no-docker.sock'}",
    }


def start_ministack(
    folder: Path,
    *,
    port: int | None = None,
    keep_state: bool = False,
    python: Path = ENGINE_PYTHON,
    services: tuple[str, ...] = SERVICES,
) -> RunningEngine:
    """Starts MiniStack on 127.0.0.1 and waits until it is healthy (60 s at most; loading state counts).

    `folder` receives its log, `ministack.log`, and with `keep_state` its state, which is loaded at the
    start and written at a clean stop. `port` defaults to a free one. `services` are the AWS services
    to emulate.

    Raises `EngineUnavailable` when its virtual environment is missing and `EngineFailed` when it
    does not start.
    """
    if not python.exists():
        raise EngineUnavailable(
            "MiniStack is not installed: run `make .venv-engine` at the top of the checkout"
        )
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    log = folder / "ministack.log"
    log.unlink(missing_ok=True)
    process = start(
        [python, "-P", SERVER],  # -P: its folder, which has a module ministack too, is not searched
        log=log,
        env=_environment(chosen, folder, keep_state, services),
        cwd=folder,
    )
    wait_until(lambda: is_healthy(chosen), process, name="MiniStack", log=log, seconds=60)
    return RunningEngine(
        name="ministack",
        endpoint_url=f"http://{LOOPBACK}:{chosen}",
        log=log,
        process=process,
        stop_seconds=STOP_SECONDS,
    )
