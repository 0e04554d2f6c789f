"""The demonstration behind `make run`: engine, source, table, move and proof, then the service.

Everything that it starts is a child of its own, in its own process group, and is stopped by its
process id: first the service, then the engine, which writes its state at a clean stop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from types import FrameType

if str(Path(__file__).resolve().parent.parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import DataLayerError
from config.environment import BACKEND_DIR, ConfigurationError, Environment, SQLiteSource, environment
from engines.ministack import is_healthy, start_ministack
from engines.processes import LOOPBACK, EngineFailed, EngineUnavailable, is_listening, start, terminate
from engines.running import RunningEngine
from scripts._demo_state import MovedState, digest_of

_DIFFERENT, _FAILED = 1, 2
_SERVICE_STOP_SECONDS = 40.0  # gunicorn gives its workers 30


# As many workers and threads as a small machine serves with.
_GUNICORN = (
    "--log-level", "warning", "--workers", "2", "--threads", "4",
    "--worker-class", "gthread", "--no-control-socket",
)  # fmt: skip


def service_command(port: int, application: str = "config.wsgi") -> list[str]:
    """The arguments by which Python serves an application, the service, on a port of 127.0.0.1."""
    return ["-m", "gunicorn", application, "--bind", f"{LOOPBACK}:{port}", *_GUNICORN]


class DemoFailed(Exception):
    """The demonstration cannot go on; the message is one line for the person who started it."""


class Stopped(Exception):
    """Somebody asked the demonstration to stop."""


@dataclass(frozen=True)
class Plan:
    """What a run of the demonstration works with; the source is always a SQLite file, never a MySQL."""

    source: Path
    table: str
    state_dir: Path
    engine_port: int
    web_port: int
    secret_key: str = field(repr=False)

    @classmethod
    def from_environment(cls, settings: Environment) -> Plan:
        """The plan that the settings ask for."""
        source = settings.source
        path = source.path if isinstance(source, SQLiteSource) else settings.state_dir / "legacy.sqlite3"
        # What one worker signs, the other reads: they share a key, be it one of this run alone.
        secret_key = settings.secret_key or token_urlsafe(50)
        return cls(
            path, settings.table_name, settings.state_dir, settings.engine_port, settings.web_port, secret_key
        )

    @property
    def endpoint_url(self) -> str:
        """Where the engine of the demonstration serves."""
        return f"http://{LOOPBACK}:{self.engine_port}"

    def adopt(self) -> None:
        """Makes the plan the settings of this process and of all that it starts: this engine and this source only."""
        settings = {
            "LOCALSTACK_URL": self.endpoint_url,
            "LEGACY_SQLITE": str(self.source),
            "MYSQL_HOST": "",
            "DYNAMODB_TABLE": self.table,
            "ALGOITNY_STATE_DIR": str(self.state_dir),
            "DJANGO_SECRET_KEY": self.secret_key,
            "PYTHONUNBUFFERED": "1",
        }
        os.environ.update(settings)
        environment.cache_clear()


class Demo:
    """One run of the demonstration."""

    def __init__(self, plan: Plan, asked_to_stop: threading.Event) -> None:
        self.plan = plan
        self._asked = asked_to_stop
        plan.adopt()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        return start([sys.executable, *arguments], log=None, env=dict(os.environ), cwd=BACKEND_DIR)

    def _command(self, title: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> int:
        """Runs one of the project's commands to its end, its output on the screen; returns its exit code."""
        print(f"\n== {title}: python {' '.join(arguments)}", flush=True)
        process = self._start(arguments)
        while process.poll() is None:
            if self._asked.is_set():
                terminate(process, seconds=20)
                raise Stopped
            time.sleep(0.02)
        if process.returncode not in accept:
            raise DemoFailed(
                f"{arguments[0]} ended with code {process.returncode}; what it said stands above"
            )
        return process.returncode

    def prepare(self) -> None:
        """Brings the source into the table, unless the table says that it was, and the source is as it was then.

        What people did with the service since is kept then. A table that was filled from another source is
        emptied first: what people did belongs to that one.
        """
        state = MovedState(self.plan.table)
        moved = state.read()
        if moved is not None and moved == digest_of(self.plan.source):
            self._command("Check the table", "scripts/init_dynamodb.py")
            print("\nThe table holds what was moved from this source, and what was done since.", flush=True)
            return
        self._command("Fill the source", "scripts/seed_demo.py")
        if moved is not None:
            print("\nThe table was filled from another source: moving everything again.", flush=True)
            self._command("Delete the table", "scripts/delete_dynamodb.py", "--yes")
        self._command("Create the table", "scripts/init_dynamodb.py")
        source = digest_of(self.plan.source)
        if source is None:
            raise DemoFailed(f"{self.plan.source} is not there any more")
        self._move()
        state.write(source)

    def _move(self) -> None:
        """Moves everything and proves it; goes on where an earlier run was stopped."""
        migrate, verify = "scripts/migrate_to_dynamodb.py", "scripts/verify_migration.py"
        self._command("Rehearse the move", migrate, "--dry-run")
        self._command("Move the data", migrate)
        if self._command("Verify the move", verify, accept=(0, _DIFFERENT)) != 0:
            # A checkpoint can be ahead of an engine that lost its state: then moving again repairs it.
            self._command("Move the data again", migrate, "--restart")
            self._command("Verify the move", verify)

    def serve(self, engine: RunningEngine | None) -> None:
        """Serves with gunicorn until asked to stop; raises `DemoFailed` when a server ends by itself."""
        address = f"{LOOPBACK}:{self.plan.web_port}"
        print(f"\n== Serve: gunicorn config.wsgi on http://{address}", flush=True)
        service = self._start(service_command(self.plan.web_port))
        try:
            told = False
            while not self._asked.wait(0.1):
                if service.poll() is not None:
                    raise DemoFailed(f"the service ended with code {service.returncode}")
                if engine is not None and engine.process.poll() is not None:
                    raise DemoFailed(f"the engine ended by itself; its log is {engine.log}")
                if not told and is_listening(self.plan.web_port):
                    told = True
                    print(
                        f"AlgoItny serves: http://{address}/api/health/ready/  "
                        f"DynamoDB: {self.plan.endpoint_url}  Ctrl-C stops both.",
                        flush=True,
                    )
        finally:
            terminate(service, seconds=_SERVICE_STOP_SECONDS)


@contextmanager
def _engine(plan: Plan) -> Iterator[RunningEngine | None]:
    """MiniStack for the block; None when a healthy engine serves already, which is then not stopped."""
    if is_listening(plan.engine_port):
        if not is_healthy(plan.engine_port, seconds=5):
            raise DemoFailed(
                f"something that is no DynamoDB engine listens on {LOOPBACK}:{plan.engine_port}: "
                "stop it, or set ALGOITNY_ENGINE_PORT"
            )
        print(f"== Engine: the one that serves on {plan.endpoint_url} already, and stays", flush=True)
        yield None
        return
    print(f"== Engine: MiniStack on {plan.endpoint_url}", flush=True)
    with start_ministack(plan.state_dir / "ministack", port=plan.engine_port, keep_state=True) as engine:
        try:
            yield engine
        finally:
            print("\nstopping MiniStack; its state is being written", flush=True)


def _run(asked: threading.Event) -> None:
    settings = environment()
    plan = Plan.from_environment(settings)
    plan.state_dir.mkdir(parents=True, exist_ok=True)
    if is_listening(plan.web_port):
        raise DemoFailed(
            f"{LOOPBACK}:{plan.web_port} is in use already: stop what listens there, or set ALGOITNY_PORT"
        )
    with _engine(plan) as engine:
        demo = Demo(plan, asked)
        demo.prepare()
        demo.serve(engine)


def main() -> int:
    """The command: 0 when it was asked to stop, 2 with one line on standard error when it could not go on."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    try:
        _run(asked)
    except Stopped:
        return 0
    except (
        ConfigurationError, DataLayerError, DemoFailed, EngineFailed, EngineUnavailable, OSError,
    ) as error:  # fmt: skip
        print(f"run: {error}", file=sys.stderr)
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
