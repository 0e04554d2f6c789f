"""The service as gunicorn serves it to the browser's tests: with time for a machine that is busy with them.

A request that says `X-Hurry` has as little time as in production; what happens then is what some tests are about.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from api.dynamodb import transports
from api.dynamodb.deadlines import within
from api.dynamodb.transport import SERVICE
from api.http import bounds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SECONDS = 20.0
_IN_PRODUCTION = bounds.EVERYBODY.seconds
transports.SERVICE = replace(SERVICE, connect=2.0, answer=10.0, total=_SECONDS)  # type: ignore[attr-defined]
bounds.EVERYBODY = bounds.EVERYBODY._replace(seconds=_SECONDS)

from config.wsgi import application as service  # noqa: E402  (it warms up, and so reads the bounds)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The response."""
    if "HTTP_X_HURRY" in environ:
        with within(_IN_PRODUCTION):
            return service(environ, start_response)
    return service(environ, start_response)
