"""What `make run` checks before it starts: the ports, the disk, the service."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from engines.processes import free_port, listener
from scripts import _preflight


def test_the_process_that_listens_on_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert str(listener(server.getsockname()[1])).startswith(f"process {os.getpid()} (")


def test_nobody_listens_on_a_free_port() -> None:
    port = free_port()
    assert listener(port) is None
    _preflight.check_web_port(port)
    _preflight.check_engine_port(port)


def test_a_full_disk_is_told_with_what_is_free_and_what_is_needed(tmp_path: Path) -> None:
    _preflight.check_disk(tmp_path, 1)
    with pytest.raises(
        _preflight.PreflightFailed, match=r"MB of free disk space and 1,000,000,000 MB are needed"
    ):
        _preflight.check_disk(tmp_path, 10**15)


def test_a_module_that_is_missing_is_told_by_the_exception_and_not_by_its_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.no_such_settings")
    with pytest.raises(_preflight.PreflightFailed) as failure:
        _preflight.check_service()
    assert str(failure.value) == (
        "the service cannot be loaded: ModuleNotFoundError: No module named 'config.no_such_settings'"
    )
