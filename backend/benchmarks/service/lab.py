"""Both services with the same rows behind them: MariaDB and MiniStack filled alike, gunicorn in front of each."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Self, cast

from benchmarks.figures import JSON, PRODUCT
from benchmarks.lab import Peer, PeerFailed, run_python, surroundings
from benchmarks.service import client
from benchmarks.service.population import FIRST_WRITER, Population, fill
from config.environment import BACKEND_DIR, MySQLSource
from engines.ministack import start_ministack
from engines.processes import (
    LOOPBACK,
    die_with_parent,
    free_port,
    start,
    tail,
    terminate,
    wait_until,
)

DRF = Peer("drf", "drf_service.wsgi", "djangorestframework")
SERVER = Peer("gunicorn", "bare_wsgi")
APPLICATION, DATA, FLOOR = "application", "data", "floor"
GUNICORN = (
    "--workers", "1", "--worker-class", "gthread", "--threads", "4", "--no-control-socket",
    "--log-level", "warning",
)  # fmt: skip
# As `make run` serves, but with one worker.
PRODUCT_GUNICORN = ("--config", "python:config.gunicorn_settings", "--workers", "1", "--log-level", "warning")
_KEPT = ("PATH", "HOME", "LANG", "PYTHONPATH")
START_SECONDS = 60.0
TOKEN_SECONDS = 600


@dataclass(frozen=True)
class DemoRows:
    """How many of the demonstration's rows lie beside those that are asked for."""

    users: int
    problems: int
    history: int
    usage: int

    def options(self) -> list[str]:
        """For `seed_demo.py`."""
        return [f"--{name}={number}" for name, number in vars(self).items()]


@dataclass(frozen=True)
class Served:
    """A service behind gunicorn: its port, and what it writes to its log."""

    name: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, name: str, python: str, application: str, env: Mapping[str, str], folder: Path) -> Self:
        """Starts gunicorn on a free port."""
        port, log = free_port(), folder / f"{name}.log"
        options = GUNICORN if name == DRF.name else PRODUCT_GUNICORN
        command = [python, "-m", "gunicorn", application, "--bind", f"{LOOPBACK}:{port}", *options]
        return cls(name, port, log, start(command, log=log, env=env, cwd=BACKEND_DIR))

    def wait(self) -> None:
        """Waits until it answers. Raises `EngineFailed`."""
        wait_until(self._answers, self.process, name=self.name, log=self.log, seconds=START_SECONDS)

    def _answers(self) -> bool:
        """Whether it answers anything at all; the port is open before the application is there."""
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status > 0
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _workers(self) -> list[int]:
        master = self.process.pid
        return [int(text) for text in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    @property
    def worker(self) -> int:
        """The process id of its one worker. Raises `PeerFailed` when it has none any more."""
        workers = self._workers()
        if len(workers) != 1:
            raise PeerFailed(f"{self.name} has {len(workers)} workers; its log ends: {tail(self.log)}")
        return workers[0]


class Program:
    """One of the product's own programs, kept running: each value that it is asked is answered by one."""

    def __init__(self, module: str, *arguments: str, env: Mapping[str, str], log: Path) -> None:
        self._module, self._log = module, log
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=BACKEND_DIR, env=dict(env),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, preexec_fn=die_with_parent(),
            )  # fmt: skip

    def ask(self, question: Any) -> Any:
        """The answer. Raises `PeerFailed` when the program ends instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise PeerFailed(f"{self._module} failed: {tail(self._log)}")
        return json.loads(answer)

    def close(self) -> None:
        """Stops it."""
        terminate(self._process, seconds=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


class ServiceLab:
    """Sends requests to the services, and runs the product's own code without a server; also a context manager."""

    def __init__(
        self,
        env: Mapping[str, str],
        drf_key: str,
        population: Population,
        services: Mapping[str, Served],
        folder: Path,
    ) -> None:
        self._env, self._drf_key = dict(env), drf_key
        self.population, self.services = population, services
        self._next_writer: dict[str, int] = {}
        self._tokens = Program("benchmarks.service.tokens", env=env, log=folder / "tokens.log")
        self._loops = {
            program: Program("benchmarks.service.inside", program, env=env, log=folder / f"{program}.log")
            for program in (APPLICATION, DATA, FLOOR)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for program in (self._tokens, *self._loops.values()):
            program.close()

    def writers(self, name: str, number: int) -> list[int]:
        """So many people who have not recorded a run at that service yet, the same at each."""
        first = self._next_writer.get(name, FIRST_WRITER)
        self._next_writer[name] = first + number
        return list(range(first, first + number))

    def tokens(self, name: str, users: Sequence[int]) -> list[str]:
        """One access token a user, as that service makes them."""
        import jwt

        if name == PRODUCT:
            return cast(list[str], self._tokens.ask(list(users)))
        until = int(time.time()) + TOKEN_SECONDS
        return [jwt.encode({"user_id": user, "exp": until}, self._drf_key, "HS256") for user in users]

    def load(self, name: str, **plan: Any) -> JSON:
        """What a client measured (see `client.Plan`). Raises `PeerFailed` with the service's last words."""
        served = self.services[name]
        plan |= {"port": served.port, "pid": served.worker}
        try:
            printed = run_python(self._env, "-m", "benchmarks.service.client", stdin=json.dumps(plan))
        except PeerFailed as failure:
            raise PeerFailed(f"{name}: {failure}; its log ends: {tail(served.log)}") from None
        return cast(JSON, json.loads(printed))

    def inside(self, program: str, **task: Any) -> JSON:
        """What the product's application or its data calls cost in a loop (see `inside.Task`)."""
        return cast(JSON, self._loops[program].ask(task))

    def page_units(self, user_id: int, limit: int) -> list[float]:
        """RCU of each page of somebody's runs, by the sizes of their items."""
        printed = run_python(self._env, "-m", "benchmarks.service.page_units", str(user_id), str(limit))
        return cast(list[float], json.loads(printed))

    def answer(self, name: str, request: client.Plan) -> JSON:
        """What a service answers to the first request of a plan. Raises `PeerFailed` if not with its status."""
        with closing(client.Connection(self.services[name].port)) as connection:
            status, body = connection.exchange(request.request(0))
        if status != request.status:
            raise PeerFailed(f"{name} answered {status}: {body[:300]!r}")
        return cast(JSON, json.loads(body))

    def log_lines(self, name: str, request_id: str) -> list[JSON]:
        """What a service logged of the requests that had this id."""
        lines = self.services[name].log.read_text().splitlines()
        candidates = [json.loads(line) for line in lines if line.startswith("{") and request_id in line]
        return [line for line in candidates if line.get("request_id") == request_id and "db_calls" in line]


def _filled(
    source: MySQLSource, env: Mapping[str, str], rows: DemoRows, long_runs: int, writers: int
) -> Population:
    """Fills MariaDB, then moves everything into the table, as an operator does."""
    import pymysql

    moving = {
        **env, "MYSQL_HOST": source.host, "MYSQL_PORT": str(source.port), "MYSQL_USER": source.user,
        "MYSQL_PASSWORD": source.password, "MYSQL_DATABASE": source.database,
    }  # fmt: skip
    run_python(moving, "scripts/seed_demo.py", "--into-mysql", *rows.options())
    with pymysql.connect(
        host=source.host, port=source.port, user=source.user, password=source.password,
        database=source.database, charset="utf8mb4", init_command="SET time_zone='+00:00'",
    ) as connection:  # fmt: skip
        population = fill(connection, long_runs=long_runs, writers=writers)
    run_python(moving, "scripts/init_dynamodb.py")
    run_python(moving, "scripts/migrate_to_dynamodb.py")
    return population


@contextmanager
def service_laboratory(folder: Path, rows: DemoRows, *, long_runs: int, writers: int) -> Iterator[ServiceLab]:
    """Both engines, both services and gunicorn alone, all on loopback; stopped at the end.

    `long_runs` are those of the long reader; `writers` have none. Raises `PeerMissing` before anything is started.
    """
    from engines.mariadb import start_mariadb

    python = DRF.python()
    drf_key = secrets.token_hex(32)
    with ExitStack() as stack:
        mariadb = stack.enter_context(start_mariadb())
        engine = stack.enter_context(start_ministack(folder / "engine"))
        env = surroundings(engine.endpoint_url) | {
            "DJANGO_SECRET_KEY": secrets.token_hex(32), "DJANGO_ALLOWED_HOSTS": LOOPBACK,
            "GOOGLE_CLIENT_ID": "bench.apps.googleusercontent.com", "ALGOITNY_STATE_DIR": str(folder / "state"),
            "ALGOITNY_TRUSTED_PROXIES": "0",
        }  # fmt: skip
        source = mariadb.source
        plain = {name: value for name, value in env.items() if name in _KEPT}
        drf_env = plain | {
            "PEER_SECRET_KEY": drf_key, "PEER_MYSQL_HOST": source.host, "PEER_MYSQL_PORT": str(source.port),
            "PEER_MYSQL_USER": source.user, "PEER_MYSQL_PASSWORD": source.password,
            "PEER_MYSQL_DATABASE": source.database,
        }  # fmt: skip
        services = {}
        for name, interpreter, application, environment in (
            (PRODUCT, sys.executable, "config.wsgi", env),
            (DRF.name, python, f"benchmarks.peers.{DRF.module}", drf_env),
            (SERVER.name, sys.executable, f"benchmarks.peers.{SERVER.module}", plain),
        ):
            services[name] = Served.start(name, interpreter, application, environment, folder)
            stack.callback(terminate, services[name].process, seconds=10)
        # They import while the rows are made.
        population = _filled(source, env, rows, long_runs, writers)
        for served in services.values():
            served.wait()
        yield stack.enter_context(ServiceLab(env, drf_key, population, services, folder))
