"""Starts a private MariaDB (or MySQL) server for tests, with a temporary data folder, on loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pymysql

from config.environment import MySQLSource
from engines.processes import (
    LOOPBACK,
    EngineFailed,
    EngineUnavailable,
    free_port,
    start,
    tail,
    terminate,
)
from engines.processes import wait_until as wait_until_ready

HOW_TO_GET = (
    "no MariaDB or MySQL server found: install one (Debian: sudo apt-get install mariadb-server) "
    "or set MYSQL_HOST, MYSQL_PORT, MYSQL_USER and MYSQL_PASSWORD to a server that tests may use"
)
# On Debian, servers are not in an ordinary user's PATH.
_SEARCH_PATH = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/mysql/bin"])
# Tests need no durability across a power cut.
_FAST = [
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=256M",
    "--performance-schema=OFF",
    # A statement that waits for another's transaction fails, with the reason, instead of waiting for a day.
    "--lock-wait-timeout=60",
]

# The log that a live move follows. It is not synced to the disk, for the same reason.
_BINLOG = [
    "--log-bin=bin",
    "--binlog-format=ROW",
    "--binlog-row-image=FULL",
    "--log-bin-trust-function-creators=1",  # an account without SUPER may create triggers
    "--server-id=1",
    "--sync-binlog=0",
]


def _find(*names: str) -> str | None:
    for name in names:
        path = shutil.which(name) or shutil.which(name, path=_SEARCH_PATH)
        if path:
            return path
    return None


@dataclass(frozen=True)
class ServerProgram:
    """A server that can be started: its command, the command that creates a data folder, and its own options.

    `template` is a data folder to copy instead of creating one.
    """

    name: str
    command: tuple[str, ...]
    installer: tuple[str, ...]
    options: tuple[str, ...] = ()
    template: Path | None = None


@dataclass
class RunningMariaDB:
    """A private server and its only account, which has all privileges; a context manager that stops it."""

    name: str
    source: MySQLSource
    folder: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self.process.pid

    def stop(self) -> None:
        """Stops the server by its process id and removes its data.

        Raises `EngineFailed` with the end of its log when it had already ended.
        """
        ended = self.process.poll()
        terminate(self.process, seconds=30)
        log_end = tail(self.folder / "server.log", lines=8)
        shutil.rmtree(self.folder, ignore_errors=True)
        if ended is not None:
            raise EngineFailed(f"{self.name} had already ended with code {ended}: {log_end}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def find_server() -> ServerProgram:
    """The installed `mariadbd` or `mysqld`; raises `EngineUnavailable` when there is none."""
    server = _find("mariadbd", "mysqld")
    if server is None:
        raise EngineUnavailable(HOW_TO_GET)
    installer = _find("mariadb-install-db", "mysql_install_db")
    if installer is None:
        return ServerProgram("MySQL", (server,), (server, "--no-defaults", "--initialize-insecure"))
    method = ("--auth-root-authentication-method=normal", "--skip-test-db")
    return ServerProgram("MariaDB", (server,), (installer, "--no-defaults", *method))


def initialise(program: ServerProgram, data: Path, temporary: Path) -> None:
    """Fills an empty data folder. Raises `EngineFailed`."""
    if program.template is not None:
        shutil.copytree(program.template, data, dirs_exist_ok=True)
        return
    command = [*program.installer, f"--datadir={data}", f"--tmpdir={temporary}", *_run_as()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["no reason given"]
        raise EngineFailed(f"{program.name} could not create a data folder: {last[0]}")


def _run_as() -> list[str]:
    """The kernel drops the death signal of a process that changes its user, so root remains root."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _first_statements(user: str, password: str) -> str:
    """SQL for the server's first start: creates the tests' account and gives root a password."""
    return (
        f"CREATE USER '{user}'@'{LOOPBACK}' IDENTIFIED BY '{password}';\n"
        f"GRANT ALL PRIVILEGES ON *.* TO '{user}'@'{LOOPBACK}' WITH GRANT OPTION;\n"
        f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';\n"
    )


def admits(source: MySQLSource) -> bool:
    """Whether an account can connect to its database."""
    try:
        pymysql.connect(
            host=source.host, port=source.port, user=source.user, password=source.password,
            database=source.database, connect_timeout=2,
        ).close()  # fmt: skip
    except pymysql.Error:
        return False
    return True


def start_mariadb(*options: str) -> RunningMariaDB:
    """Starts a private server on a free port of 127.0.0.1 (3 to 5 s, utf8mb4) and waits for it.

    `options` are more options of the server, such as `--ssl-cert=FILE`. Its socket is `sock` in its folder.
    The account's password is random. The database named in `source` exists and is empty.
    Raises `EngineUnavailable` when no server is installed and `EngineFailed` when it does not start.
    """
    return start_server(find_server(), *options)


def start_server(program: ServerProgram, *options: str) -> RunningMariaDB:
    """Starts a private server of this program, as `start_mariadb` does.

    Raises `EngineFailed` when it does not start.
    """
    folder = Path(tempfile.mkdtemp(prefix="algoitny-mariadb-"))
    data = folder / "data"
    data.mkdir()
    log = folder / "server.log"
    source = MySQLSource(LOOPBACK, free_port(), "algoitny", secrets.token_hex(16), "algoitny")
    try:
        initialise(program, data, folder)
        first = folder / "first.sql"
        first.touch(mode=0o600)
        first.write_text(_first_statements(source.user, source.password) + "CREATE DATABASE algoitny;\n")
        process = start(
            [
                *program.command,
                "--no-defaults",
                f"--datadir={data}",
                # A starting server deletes all temporary tables in its folder for them, those of other servers too.
                f"--tmpdir={folder}",
                f"--socket={folder / 'sock'}",
                f"--pid-file={folder / 'pid'}",
                f"--bind-address={LOOPBACK}",
                f"--port={source.port}",
                f"--init-file={first}",
                "--skip-networking=0",
                "--skip-name-resolve",
                "--character-set-server=utf8mb4",
                "--max-allowed-packet=256M",
                "--max-connections=200",
                *_FAST,
                *_BINLOG,
                *program.options,
                *options,
                *_run_as(),
            ],
            log=log,
        )
        # The port opens before the init file is read; the account can connect when the file has run.
        wait_until_ready(lambda: admits(source), process, name=program.name, log=log, seconds=60)
        first.unlink()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return RunningMariaDB(name=program.name, source=source, folder=folder, process=process)
