"""The WSGI application that gunicorn serves; it does not start with settings that a system check calls an error."""

from __future__ import annotations

import os
import sys

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# gunicorn stops when a worker ends with this code; after any other it would start the worker again and again.
_APP_FAILED_TO_LOAD = 4


def _refuse(why: str) -> None:
    print(f"AlgoItny does not start: {why}", file=sys.stderr, flush=True)
    raise SystemExit(_APP_FAILED_TO_LOAD)


try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    _refuse(str(error))
found = sorted(f"{m.msg}: {m.hint} ({m.id})" for m in run_checks() if m.level >= ERROR)
if found:
    _refuse("; ".join(found))

# After the settings are known to be good; the first request's deadline should not be spent on this.
from web.warming import warm_up  # noqa: E402

warm_up()
