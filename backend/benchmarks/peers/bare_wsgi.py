"""A WSGI application that answers the same bytes to everything: what the server in front of both services costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

BODY = b'{"items":[' + b'"' + b"x" * 2000 + b'"]}'


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Two kilobytes of JSON; the body of a request is read."""
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
    return [BODY]
