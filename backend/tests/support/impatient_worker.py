"""The service's worker class with less patience, and an application that reads the body and answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from config import gunicorn_worker
from config.gunicorn_worker import BoundedWorker

__all__ = ["BoundedWorker"]

gunicorn_worker.PATIENCE_SECONDS = 2.0


def _endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65_536


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """/endless never ends; any other path answers with the length of its body."""
    if environ["PATH_INFO"] == "/endless":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _endless()
    length = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(length)))])
    return [length]
