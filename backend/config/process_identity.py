"""Identity of this process (user, host, pid and start), for records and leases that other processes read."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path


def user() -> str:
    """The name of the person or account that runs this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def process_start(pid: int) -> str:
    """When a process of this host started, in the kernel's ticks, so that a reused pid is not mistaken for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def host() -> str:
    """This host's name, boot and process namespace: where a process id means the same process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        boot = "unknown"
    try:
        processes = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        processes = "unknown"
    return f"{socket.gethostname()}/{boot}/{processes}"


def is_alive(pid: int, started: str) -> bool:
    """Whether the process that started then still runs on this host; `started` empty is any."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not started or process_start(pid) == started
