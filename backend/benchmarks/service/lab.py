"""Both services with the same rows behind them: MariaDB and MiniStack filled alike, gunicorn in front of each."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import jwt
import pymysql

from benchmarks.figures import JSON, PRODUCT
from benchmarks.lab import Peer, PeerFailed, surroundings
from benchmarks.service.world import World, fill
from config.environment import BACKEND_DIR, MySQLSource
from engines.mariadb import start_mariadb
from engines.ministack import start_ministack
from engines.processes import LOOPBACK, free_port, is_listening, start, tail, terminate, wait_until

DRF = Peer("drf", "drf_service.wsgi", "djangorestframework")
SERVER = Peer("gunicorn", "bare_wsgi")
PROTECTED = (Peer(PRODUCT, ""), DRF, SERVER)
# As `make run` serves, but with one worker.
GUNICORN = (
    "--workers", "1", "--worker-class", "gthread", "--threads", "4", "--no-control-socket",
    "--log-level", "warning",
)  # fmt: skip
SECONDS = 300.0
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
    """A service behind gunicorn: its port, its one worker, and what it wrote to its log."""

    name: str
    port: int
    worker: int
    log: Path
    process: subprocess.Popen[bytes]


def worker_of(master: int) -> int | None:
    """The process id of gunicorn's one worker; None while there is none."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(children[0]) if len(children) == 1 else None


def serve(name: str, python: str, application: str, env: Mapping[str, str], folder: Path) -> Served:
    """Starts gunicorn on a free port and waits for its worker. Raises `EngineFailed`."""
    port, log = free_port(), folder / f"{name}.log"
    process = start(
        [python, "-m", "gunicorn", application, "--bind", f"{LOOPBACK}:{port}", *GUNICORN],
        log=log, env=env, cwd=BACKEND_DIR,
    )  # fmt: skip
    wait_until(
        lambda: is_listening(port) and worker_of(process.pid) is not None,
        process, name=name, log=log, seconds=START_SECONDS,
    )  # fmt: skip
    worker = worker_of(process.pid)
    assert worker is not None
    return Served(name, port, worker, log, process)


class ServiceLab:
    """Sends requests to the services, and runs the product's own code without a server."""

    def __init__(self, env: Mapping[str, str], drf_key: str, world: World, folder: Path) -> None:
        self._env, self._drf_key, self._folder = dict(env), drf_key, folder
        self.world = world
        self.services: dict[str, Served] = {}
        self._next_writer = world.first_writer

    def writers(self, number: int) -> list[int]:
        """So many people who have not recorded a run yet."""
        first = self._next_writer
        self._next_writer += number
        return list(range(first, first + number))

    def tokens(self, name: str, users: Sequence[int]) -> list[str]:
        """One access token a user, as that service makes them."""
        if name == PRODUCT:
            return cast(
                list[str], json.loads(self._python("benchmarks.service.tokens", *[str(u) for u in users]))
            )
        until = int(time.time()) + TOKEN_SECONDS
        return [jwt.encode({"user_id": user, "exp": until}, self._drf_key, "HS256") for user in users]

    def _python(self, module: str, *arguments: str, stdin: str | None = None) -> str:
        """What one of the bench's programs printed. Raises `PeerFailed`."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=BACKEND_DIR, env=self._env, input=stdin,
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PeerFailed(f"{module} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def load(self, name: str, **plan: Any) -> JSON:
        """What a client measured (see `client.Plan`). Raises `PeerFailed` with the service's last words."""
        served = self.services[name]
        plan |= {"port": served.port, "pid": served.worker}
        try:
            printed = self._python("benchmarks.service.client", stdin=json.dumps(plan))
        except PeerFailed as failure:
            raise PeerFailed(f"{name}: {failure}; its log ends: {tail(served.log)}") from None
        return cast(JSON, json.loads(printed))

    def inside(self, **task: Any) -> JSON:
        """What the product's code costs without a server (see `inside.Task`)."""
        return cast(JSON, json.loads(self._python("benchmarks.service.inside", stdin=json.dumps(task))))

    def log_lines(self, name: str, request_id: str) -> list[JSON]:
        """What a service logged of the requests that had this id."""
        lines = self.services[name].log.read_text().splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{") and request_id in line]
        return [line for line in found if line.get("request_id") == request_id and "db_calls" in line]


def _command(env: Mapping[str, str], *arguments: str) -> None:
    """One of the project's commands. Raises `PeerFailed` with what it said."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=BACKEND_DIR, env=dict(env), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PeerFailed(f"{arguments[0]} failed: {(done.stdout + done.stderr).strip()[-2000:]}")


def _filled(source: MySQLSource, env: Mapping[str, str], rows: DemoRows, runs: int, writers: int) -> World:
    """Fills MariaDB, then moves everything into the table, as an operator does."""
    moving = {
        **env, "MYSQL_HOST": source.host, "MYSQL_PORT": str(source.port), "MYSQL_USER": source.user,
        "MYSQL_PASSWORD": source.password, "MYSQL_DATABASE": source.database,
    }  # fmt: skip
    _command(moving, "scripts/seed_demo.py", "--into-mysql", *rows.options())
    with pymysql.connect(
        host=source.host, port=source.port, user=source.user, password=source.password,
        database=source.database, charset="utf8mb4", init_command="SET time_zone='+00:00'",
    ) as connection:  # fmt: skip
        world = fill(connection, runs=runs, writers=writers)
    _command(moving, "scripts/init_dynamodb.py")
    _command(moving, "scripts/migrate_to_dynamodb.py")
    return world


@contextmanager
def service_laboratory(folder: Path, rows: DemoRows, *, runs: int, writers: int) -> Iterator[ServiceLab]:
    """Both engines, both services and gunicorn alone, all on loopback; stopped at the end.

    `runs` of the reader, `writers` who have none. Raises `PeerMissing` before anything is started.
    """
    python = DRF.python()
    drf_key = secrets.token_hex(32)
    with ExitStack() as stack:
        mariadb = stack.enter_context(start_mariadb())
        engine = stack.enter_context(start_ministack(folder / "engine"))
        env = surroundings(engine.endpoint_url) | {
            "DJANGO_SECRET_KEY": secrets.token_hex(32), "DJANGO_ALLOWED_HOSTS": LOOPBACK,
            "ALGOITNY_STATE_DIR": str(folder / "state"),
        }  # fmt: skip
        source = mariadb.source
        lab = ServiceLab(env, drf_key, _filled(source, env, rows, runs, writers), folder)
        plain = {name: env[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in env}
        drf_env = plain | {
            "PEER_SECRET_KEY": drf_key, "PEER_MYSQL_HOST": source.host, "PEER_MYSQL_PORT": str(source.port),
            "PEER_MYSQL_USER": source.user, "PEER_MYSQL_PASSWORD": source.password,
            "PEER_MYSQL_DATABASE": source.database,
        }  # fmt: skip
        for name, interpreter, application, environment in (
            (PRODUCT, sys.executable, "config.wsgi", env),
            (DRF.name, python, f"benchmarks.peers.{DRF.module}", drf_env),
            (SERVER.name, sys.executable, f"benchmarks.peers.{SERVER.module}", plain),
        ):
            served = serve(name, interpreter, application, environment, folder)
            stack.callback(terminate, served.process, seconds=10)
            lab.services[name] = served
        yield lab
