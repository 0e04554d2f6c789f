"""Takes this machine's settings away from the tests; imported before Django's settings are read.

A developer's `.env`, `.algoitny` folder and engine on port 4566 stay untouched by any test.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path

# Names by which the machine that runs the tests could change what the project does.
OWN_PREFIXES = (
    "ALGOITNY_",
    "ARGS",
    "AWS_",
    "DJANGO_",
    "DYNAMODB_",
    "GOOGLE_",
    "LEGACY_",
    "LOCALSTACK_",
    "MAKE",
    "MFLAGS",
    "MYSQL_",
    "PRICE_",
    "PYTEST_OFFERED",
)

# pytest-xdist's workers inherit an environment that was isolated already; what was offered comes in this variable.
_HANDED_DOWN = "PYTEST_OFFERED"


def _offered() -> dict[str, str]:
    handed_down = os.environ.get(_HANDED_DOWN)
    if handed_down is not None:
        return dict(json.loads(handed_down))
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("MYSQL_") or name == "ALGOITNY_SCREENSHOTS"
    }


_OFFERED = _offered()
# A server that a developer offers to the tests; `mysql_server` makes its databases there.
OFFERED_MYSQL = {name: value for name, value in _OFFERED.items() if name.startswith("MYSQL_")}
# Where the browser's tests leave their screenshots, if somebody wants to look at them afterwards.
OFFERED_SCREENSHOTS = _OFFERED.get("ALGOITNY_SCREENSHOTS", "")


ISOLATED = {
    "ALGOITNY_ENV_FILE": "",
    "ALGOITNY_STATE_DIR": str(Path(tempfile.gettempdir()) / f"algoitny-state-{secrets.token_hex(8)}"),
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "DJANGO_DEBUG": "1",
    # Lists are read from the table: tests count calls, and put items there that no note tells of.
    "DYNAMODB_CATALOGUE_PROBLEMS": "0",
    "DJANGO_SECRET_KEY": secrets.token_urlsafe(50),
}


# The folder itself is made by conftest.py: mypy reads these settings too, and would leave it behind.


def _isolate() -> None:
    for name in [name for name in os.environ if name.startswith(OWN_PREFIXES)]:
        if name != "DJANGO_SETTINGS_MODULE":  # pytest-django's own
            del os.environ[name]
    os.environ.update(ISOLATED)
    os.environ[_HANDED_DOWN] = json.dumps(_OFFERED)


_isolate()
