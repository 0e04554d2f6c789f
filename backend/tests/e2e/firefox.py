"""Firefox without a driver: its own remote protocol (Marionette) over a socket on loopback."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engines.processes import LOOPBACK, free_port, start, terminate, wait_until

_SECONDS = 120.0


class Firefox:
    """A tab of Firefox."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._id = connection, 0
        self._receive()  # its greeting
        self._command("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": True}})

    def open(self, address: str) -> None:
        """Opens an address and waits for its page."""
        self._command("WebDriver:Navigate", url=address)

    def evaluate(self, script: str, *arguments: Any) -> Any:
        """What a function body returns in the page."""
        return self._command("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def wait_for(self, script: str, seconds: float = _SECONDS) -> Any:
        """What a function body returns once that is true."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(script)):
            assert time.monotonic() < end, self.evaluate("return document.body.innerText")
            time.sleep(0.1)
        return value

    def _command(self, name: str, **parameters: Any) -> Any:
        self._id += 1
        message = json.dumps([0, self._id, name, parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(message), message))
        _kind, _id, error, result = self._receive()
        assert error is None, error
        return result

    def _receive(self) -> Any:
        """A message: its length, a colon, JSON."""
        length = b""
        while not length.endswith(b":"):
            length += self._connection.recv(1)
        content = bytearray()
        while len(content) < int(length[:-1]):
            content += self._connection.recv(65_536)
        return json.loads(content)


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Firefox for the block, its profile in a folder; skips the test where it is not installed."""
    command = shutil.which("firefox-esr") or shutil.which("firefox")
    if command is None:
        pytest.skip("Firefox is not installed (Debian: apt-get install firefox-esr)")
    port, profile, log = free_port(), folder / "profile", folder / "firefox.log"
    profile.mkdir()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    process = start(
        [command, "--headless", "--marionette", "--no-remote", "--profile", str(profile)], log=log, env={
            "HOME": str(folder), "PATH": "/usr/bin:/bin", "MOZ_DISABLE_CONTENT_SANDBOX": "1",
        }, cwd=folder,
    )  # fmt: skip
    try:
        wait_until(lambda: _is_listening(port), process, name="Firefox", log=log, seconds=_SECONDS)
        with socket.create_connection((LOOPBACK, port), timeout=_SECONDS) as connection:
            yield Firefox(connection)
    finally:
        terminate(process, seconds=20)


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
