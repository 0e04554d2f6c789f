"""The WSGI application that gunicorn serves; it does not start if a system check reports an error."""

from __future__ import annotations

import os
import sys

import django
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured

from config.wsgi_handler import ServiceHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# gunicorn stops when a worker exits with this code; after any other it restarts the worker forever.
_APP_FAILED_TO_LOAD = 4


def _refuse(reason: str) -> None:
    print(f"AlgoItny does not start: {reason}", file=sys.stderr, flush=True)
    raise SystemExit(_APP_FAILED_TO_LOAD)


try:
    django.setup(set_prefix=False)
    application = ServiceHandler()
except ImproperlyConfigured as error:
    _refuse(str(error))
problems = sorted(f"{m.msg}: {m.hint} ({m.id})" for m in run_checks() if m.level >= ERROR)
if problems:
    _refuse("; ".join(problems))

# Only with valid settings; and not within the first request, whose deadline is too short for it.
from api.me.deletion_worker import deletion_worker  # noqa: E402
from metrics.writer import start_writing  # noqa: E402
from web.warming import warm_up  # noqa: E402

warm_up()
deletion_worker.watch()
start_writing()
