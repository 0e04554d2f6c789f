"""The service's worker class with less patience, and an application that reads the body and answers."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

from config import gunicorn_worker
from config.gunicorn_worker import BoundedWorker

__all__ = ["BoundedWorker"]

gunicorn_worker.PATIENCE_SECONDS = 2.0
# Far longer than any client waits: a thread that waits for its client's next request stays with it.
gunicorn_worker.LINGER_SECONDS = 60.0


def _endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 65_536


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """/endless never ends, /thread answers with the thread's number; others answer with the length of their body."""
    if environ["PATH_INFO"] == "/endless":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _endless()
    if environ["PATH_INFO"] == "/thread":
        answer = str(threading.get_ident()).encode()
    else:
        answer = str(len(environ["wsgi.input"].read())).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
    return [answer]
