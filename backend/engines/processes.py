"""Child processes that serve on loopback: finding a port, starting, waiting, stopping."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_TCP_LISTEN = "0A"  # linux: include/net/tcp_states.h


class EngineUnavailable(Exception):
    """Something that a local server needs is not installed; the one-line message says how to install it."""


class EngineFailed(Exception):
    """A local server did not start; the message ends with the last lines of its log."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def is_listening(port: int, host: str = LOOPBACK, seconds: float = 0.5) -> bool:
    """Whether a TCP connection to `host:port` is accepted within `seconds`."""
    try:
        with socket.create_connection((host, port), timeout=seconds):
            return True
    except OSError:
        return False


def listener(port: int) -> str | None:
    """The process that listens on a TCP port of this machine, such as `process 1234 (gunicorn)`.

    None when it belongs to another user, or where there is no /proc.
    """
    sockets = {
        f"socket:[{fields[9]}]"
        for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
        if table.exists()
        for fields in map(str.split, table.read_text().splitlines()[1:])
        if fields[3] == _TCP_LISTEN and int(fields[1].rpartition(":")[2], 16) == port
    }
    for descriptor in Path("/proc").glob("[0-9]*/fd/*") if sockets else ():
        with suppress(OSError):
            if str(descriptor.readlink()) in sockets:
                process = descriptor.parent.parent
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
    return None


def die_with_parent(death_signal: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """A `preexec_fn` that makes the kernel send `death_signal` to the child when its parent dies.

    This covers a parent killed by SIGKILL, which cannot clean up. The kernel watches the thread
    that started the child, so start children from a thread that lives as long as they should
    (the main thread). Linux only; None elsewhere, where the child keeps running.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    return in_child


def start(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a command in its own process group, so that Ctrl-C reaches only its parent.

    `log` receives stdout and stderr; with None both are inherited. `env` replaces the whole
    environment; None inherits it.
    """
    output = None
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("ab")
    try:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            env=None if env is None else dict(env),
            cwd=cwd,
            process_group=0,
            preexec_fn=die_with_parent(),
        )
    finally:
        if output is not None:
            output.close()


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log file, joined to one line."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        text = ""
    return " | ".join(text.strip().splitlines()[-lines:]) or "its log is empty"


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path, seconds: float
) -> None:
    """Polls `ready` every 50 ms until it is true.

    Raises `EngineFailed` when the process ends first, or after `seconds`, when it is stopped.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise EngineFailed(f"{name} ended with code {process.returncode}: {tail(log)}")
        if time.monotonic() > deadline:
            terminate(process, seconds=5)
            raise EngineFailed(f"{name} was not ready after {seconds:.0f} s: {tail(log)}")
        time.sleep(0.05)


def terminate(process: subprocess.Popen[bytes] | subprocess.Popen[str], *, seconds: float) -> bool:
    """Sends SIGTERM to a process and waits; sends SIGKILL after `seconds`.

    Returns whether it ended without SIGKILL. Does nothing to a process that has already ended.
    """
    if process.poll() is not None:
        return True
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True
