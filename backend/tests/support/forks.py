"""Starts the project's scripts in hundredths of a second: forked from a process that has their imports done.

Python takes half a second to import boto3, Django's parts and the product, and the tests start some hundred scripts.
A forked script still has its own process, environment, arguments, files and exit code. Tests of a start itself (the
README's commands, `make run`, what a module imports) start Python instead.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from config.environment import BACKEND_DIR
from engines.processes import die_with_parent

# What reads no setting when it is imported.
_PRELOADED = (
    "scripts._entry", "scripts._gsi", "scripts.add_gsi", "scripts.drop_gsi", "scripts.dynamodb_migrations",
    "scripts.gsi_status", "scripts.init_dynamodb", "scripts.migrate_to_dynamodb", "scripts.verify_migration",
    # Scripts import these in their functions, after they have read the options.
    "api.dynamodb.table_schema", "lifecycle.online.build", "lifecycle.online.verification", "lifecycle.service_table",
    "migration.dry_run", "migration.replay", "migration.run", "migration.verify.report", "scripts._change_commands",
    "api.dynamodb.repositories", "boto3", "botocore.client", "pymysql", "django.core.management",
)  # fmt: skip


@dataclass
class Fork:
    """A started script."""

    pid: int
    _connection: socket.socket

    def kill(self) -> None:
        """Kills it and waits until it is gone; `wait` still tells its exit code."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            for _ in range(60_000):
                os.kill(self.pid, 0)
                time.sleep(0.001)

    def wait(self, seconds: float = 120) -> int:
        """Its exit code, negative for a signal.

        After `seconds` it is ended, so that it prints where its threads stand, and `TimeoutError` is raised.
        """
        self._connection.settimeout(seconds)
        try:
            line = self._connection.makefile().readline()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGABRT)
                self._connection.settimeout(60)
                self._connection.makefile().readline()
            raise
        finally:
            self._connection.close()
        return int(line)


def start_fork(
    script: str, arguments: Sequence[str], environment: Mapping[str, str], stdout: int, stderr: int
) -> Fork:
    """Starts `backend/SCRIPT` in `backend/` with this whole environment, nothing to read, and two open files."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(_server())
    order = {"script": script, "arguments": list(arguments), "environment": dict(environment)}
    payload = json.dumps(order).encode()
    socket.send_fds(connection, [len(payload).to_bytes(8, "big")], [stdout, stderr])
    connection.sendall(payload)
    return Fork(int.from_bytes(_receive(connection, 8), "big"), connection)


def run_fork(
    script: str, arguments: Sequence[str], environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Runs a script to its end: what it printed and its exit code, whichever."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        fork = start_fork(script, arguments, environment, out.fileno(), err.fileno())
        try:
            code = fork.wait(seconds)
        except TimeoutError as late:
            err.seek(0)
            raise TimeoutError(f"{script} did not end within {seconds:.0f} s: {err.read()}") from late
        printed = []
        for file in (out, err):
            file.seek(0)
            printed.append(file.read())
    return subprocess.CompletedProcess([script, *arguments], code, *printed)


def _receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise EOFError("the process that starts scripts has ended")
        received += part
    return received


@cache
def _server() -> str:
    """Starts the process that forks, for as long as this one lives; the path of its socket."""
    from tests.support.scripts import script_environment

    folder = tempfile.mkdtemp(prefix="algoitny-forks-")
    path = f"{folder}/socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forks", path],
        cwd=BACKEND_DIR, env=script_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        preexec_fn=die_with_parent(),
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    _running.append(process)
    return path


_running: list[subprocess.Popen[bytes]] = []


def stop_server() -> None:
    """Ends the process that forks, if it was started."""
    for process in _running:
        process.terminate()
        process.wait()
        assert process.stdout
        process.stdout.close()
    _running.clear()
    _server.cache_clear()


def _run(order: dict[str, object], stdout: int, stderr: int) -> int:
    """Becomes the script, in the forked process; its exit code."""
    import atexit
    import random
    import runpy
    import threading
    import traceback

    from config.environment import environment

    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    environment.cache_clear()
    time.tzset()
    random.seed()
    script = str(order["script"])
    sys.argv = [script, *order["arguments"]]  # type: ignore[misc]
    # As each script has it: a package such as `rollout` comes before the script of that name.
    sys.path[:1] = [str(BACKEND_DIR), str((BACKEND_DIR / script).parent)]
    code = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as stopped:
        if isinstance(stopped.code, str):
            print(stopped.code, file=sys.stderr)
        code = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    return code


def _fork(connection: socket.socket) -> None:
    """Forks the script, tells its process id, waits for it, and tells its exit code."""
    size, files, _, _ = socket.recv_fds(connection, 8, 2)
    order = json.loads(_receive(connection, int.from_bytes(size, "big")))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    script = os.fork()
    if script == 0:
        code = 70  # when it raises what no command lets out
        try:
            connection.close()
            code = _run(order, *files)
        finally:
            os._exit(code)
    connection.sendall(script.to_bytes(8, "big"))
    _, status = os.waitpid(script, 0)
    with contextlib.suppress(OSError):  # nobody waits for it any more
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _serve(path: str) -> None:
    """Forks for each connection a process that looks after one script. It has one thread, so forking is safe."""
    from importlib import import_module

    import boto3

    from tests.support import shared_caches

    shared_caches.install()
    for name in _PRELOADED:
        import_module(name)
    # What boto3 reads for a client, each script has from here.
    boto3.Session(region_name="us-east-1").client("dynamodb").close()
    sys.dont_write_bytecode = True  # as in conftest.py
    # Children need not look through what is shared with this process, whose pages they would copy.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(16)
        os.write(1, b"ready\n")
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                try:
                    listener.close()
                    _fork(connection)
                finally:
                    os._exit(0)
            connection.close()


if __name__ == "__main__":
    _serve(sys.argv[1])
