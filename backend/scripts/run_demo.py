"""The demonstration behind `make run`: engine, source, table, migration and verification, then the service.

Each process that it starts is in a process group of its own and is stopped by its process id: the service
first, then the engine, which writes its state at a clean stop.
"""

from __future__ import annotations

import argparse
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import DataLayerError
from config.environment import BACKEND_DIR, Environment, SQLiteSource, environment
from config.setting_values import ConfigurationError
from engines.ministack import start_ministack
from engines.processes import LOOPBACK, EngineFailed, EngineUnavailable, is_listening, start, terminate
from engines.running import RunningEngine
from scripts import _preflight

_DIFFERENT, _FAILED, _INCOMPLETE = 1, 2, 3
_SERVICE_STOP_SECONDS = 40.0  # gunicorn gives its workers 30


_STATEMENTS = BACKEND_DIR / "legacy" / "demo" / "problems"
_GUNICORN = ("--config", "python:config.gunicorn_settings", "--log-level", "warning")


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
    # Of this run alone: whoever has the printed link can sign in as anybody.
    sign_in_secret: str = field(repr=False, default_factory=lambda: token_urlsafe(32))

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

    @property
    def origin(self) -> str:
        """Where the service is."""
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def sign_in_link(self) -> str:
        """What opens the development sign-in."""
        return f"{self.origin}/sign-in/development/open/?secret={self.sign_in_secret}"

    def adopt(self) -> None:
        """Makes the plan the settings of this process and of all that it starts: this engine and this source only."""
        settings = {
            "LOCALSTACK_URL": self.endpoint_url,
            "LEGACY_SQLITE": str(self.source),
            "MYSQL_HOST": "",
            "DYNAMODB_TABLE": self.table,
            "ALGOITNY_STATE_DIR": str(self.state_dir),
            "DJANGO_SECRET_KEY": self.secret_key,
            "ALGOITNY_SIGN_IN_SECRET": self.sign_in_secret,
            "PYTHONUNBUFFERED": "1",
        }
        os.environ.update(settings)
        environment.cache_clear()


class Demo:
    """One run of the demonstration."""

    def __init__(self, plan: Plan, stop_event: threading.Event) -> None:
        self.plan = plan
        self._stop_event = stop_event
        plan.adopt()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        return start([sys.executable, *arguments], log=None, env=dict(os.environ), cwd=BACKEND_DIR)

    def _command(self, title: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> int:
        """Runs one of the project's commands to its end, its output on the screen; returns its exit code."""
        print(f"\n== {title}: python {' '.join(arguments)}", flush=True)
        process = self._start(arguments)
        while process.poll() is None:
            if self._stop_event.is_set():
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
        from scripts._demo_state import MovedState, digest_of

        state = MovedState(self.plan.table)
        moved = state.read()
        if moved is not None and moved == digest_of(self.plan.source):
            self._command("Check the table", "scripts/init_dynamodb.py")
            print("\nThe table holds what was moved from this source, and what was done since.", flush=True)
            return
        self._command("Fill the source", "scripts/seed_demo.py")
        if moved is not None:
            print("\nThe table was filled from another source: moving everything again.", flush=True)
            self._command("Delete the table", "scripts/delete_dynamodb.py", "--yes", "--no-backup")
        self._command("Create the table", "scripts/init_dynamodb.py")
        source = digest_of(self.plan.source)
        if source is None:
            raise DemoFailed(f"{self.plan.source} is not there any more")
        self._move()
        state.write(source)

    def _move(self) -> None:
        """Moves everything and proves it; goes on where an earlier run was stopped."""
        migrate, verify = "scripts/migrate_to_dynamodb.py", "scripts/verify_migration.py"
        self._command("Dry run of the migration", migrate, "--dry-run")
        self._command("Migrate the data", migrate, accept=(0, _INCOMPLETE))
        if self._command("Verify the migration", verify, accept=(0, _DIFFERENT)) != 0:
            # A checkpoint can be ahead of an engine that lost its state: then moving again repairs it.
            self._command("Migrate the data again", migrate, "--restart", "--yes", accept=(0, _INCOMPLETE))
            self._command("Verify the migration", verify)
        if _STATEMENTS.is_dir():  # MySQL has no column for them
            folder = str(_STATEMENTS.relative_to(BACKEND_DIR))
            self._command(
                "Bring the statements", "scripts/import_statements.py", folder, accept=(0, _INCOMPLETE)
            )

    def serve(self, engine: RunningEngine | None) -> None:
        """Serves with gunicorn until asked to stop; raises `DemoFailed` when a server ends by itself."""
        print(f"\n== Serve: gunicorn config.wsgi on {self.plan.origin}", flush=True)
        service = self._start(service_command(self.plan.web_port))
        try:
            is_announced = False
            while not self._stop_event.wait(0.1):
                if service.poll() is not None:
                    raise DemoFailed(f"the service ended with code {service.returncode}")
                if engine is not None and engine.process.poll() is not None:
                    raise DemoFailed(f"the engine ended by itself; its log is {engine.log}")
                if not is_announced and is_listening(self.plan.web_port):
                    is_announced = True
                    self._announce()
        finally:
            terminate(service, seconds=_SERVICE_STOP_SECONDS)

    def _announce(self) -> None:
        plan = self.plan
        print(f"AlgoItny serves {plan.origin}/  DynamoDB: {plan.endpoint_url}  Ctrl-C stops both.")
        if environment().debug:
            print(f"Sign in with this link, which opens nothing after this run:\n{plan.sign_in_link}")
        sys.stdout.flush()


@contextmanager
def _engine(plan: Plan) -> Iterator[RunningEngine | None]:
    """MiniStack for the block; None when a healthy engine serves already, which is then not stopped."""
    if is_listening(plan.engine_port):
        print(f"== Engine: the one that serves on {plan.endpoint_url} already, and stays", flush=True)
        yield None
        return
    print(f"== Engine: MiniStack on {plan.endpoint_url}", flush=True)
    with start_ministack(plan.state_dir / "ministack", port=plan.engine_port, keep_state=True) as engine:
        try:
            yield engine
        finally:
            print("\nstopping MiniStack; its state is being written", flush=True)


def arguments() -> argparse.ArgumentParser:
    """The command line; its options win over the environment and `.env`."""
    parser = argparse.ArgumentParser(
        description="Start the demonstration: the embedded DynamoDB engine, sample data, the migration and its "
        "verification, then the service. Ctrl-C stops everything; the data is kept for the next start.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", metavar="N", help="port of the service (default: ALGOITNY_PORT, or 8000)")
    parser.add_argument(
        "--engine-port", metavar="N", help="port of the engine (default: ALGOITNY_ENGINE_PORT, or 4566)"
    )
    return parser


def _settings(options: argparse.Namespace) -> Environment:
    chosen = {"ALGOITNY_PORT": options.port, "ALGOITNY_ENGINE_PORT": options.engine_port}
    os.environ.update({name: value for name, value in chosen.items() if value is not None})
    return environment()


def _run(options: argparse.Namespace, stop_event: threading.Event) -> None:
    plan = Plan.from_environment(_settings(options))
    _preflight.check_web_port(plan.web_port)
    _preflight.check_engine_port(plan.engine_port)
    plan.state_dir.mkdir(parents=True, exist_ok=True)
    _preflight.check_disk(plan.state_dir)
    demo = Demo(plan, stop_event)
    _preflight.check_service()
    if stop_event.is_set():
        raise Stopped
    with _engine(plan) as engine:
        demo.prepare()
        demo.serve(engine)


def main() -> int:
    """The command: 0 when it was asked to stop, 2 with one line on standard error when it could not go on."""
    options = arguments().parse_args()
    stop_event = threading.Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop_event.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        _run(options, stop_event)
    except Stopped:
        return 0
    except (
        ConfigurationError, DataLayerError, DemoFailed, EngineFailed, EngineUnavailable, OSError,
        _preflight.PreflightFailed,
    ) as error:  # fmt: skip
        print(f"run: {error}", file=sys.stderr)
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
