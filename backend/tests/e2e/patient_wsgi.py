"""The service as gunicorn serves it to the browser's tests: with time for a machine that is busy with them.

A request that says `X-Hurry` has as little time as in production; what happens then is what some tests are about.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from api.dynamodb.transport import factory
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.retry import SERVICE_POLICY
from api.http import request_limits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SECONDS = 20.0
_IN_PRODUCTION = request_limits.EVERYONE.seconds
factory.SERVICE_POLICY = replace(SERVICE_POLICY, connect_timeout=2.0, read_timeout=10.0, total=_SECONDS)  # type: ignore[attr-defined]
request_limits.EVERYONE = request_limits.EVERYONE._replace(seconds=_SECONDS)

from config.wsgi import application as service  # noqa: E402  (it warms up, and so reads the limits)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The response."""
    if "HTTP_X_HURRY" in environ:
        with within(_IN_PRODUCTION):
            return service(environ, start_response)
    return service(environ, start_response)
