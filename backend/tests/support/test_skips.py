"""The policy of skips, tried on small runs of pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from tests.support.scripts import COMMAND_SECONDS, script_environment
from tests.support.skips import ALLOWED, is_allowed, patterns

CONFTEST = "from tests.support import skips\n\ndef pytest_configure(config):\n    skips.register(config)\n"
LISTED = "DynamoDB Local needs Java: install it"


@pytest.mark.parametrize(
    ("reason", "ci", "code", "workers"),
    [
        (LISTED, "true", 0, "2"),
        ("I felt like it", "true", 1, "2"),
        ("I felt like it", "true", 1, "0"),
        ("I felt like it", "", 0, "0"),
    ],
    ids=["listed", "not listed, in CI", "not listed, in one process", "not listed, elsewhere"],
)
def test_a_skip_with_a_reason_that_is_not_listed_fails_a_ci_run(
    tmp_path: Path, reason: str, ci: str, code: int, workers: str
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n\ndef test_one():\n    pytest.skip({reason!r})\n\ndef test_two():\n    pass\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", workers, "."),
            *("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:schemathesis"),
        ],
        cwd=tmp_path,
        env={**script_environment({"CI": ci}), "PYTHONPATH": str(BACKEND_DIR)},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stdout
    assert ("does not list" in done.stdout) == (reason != LISTED)


def test_a_missing_database_server_is_not_on_the_list() -> None:
    assert not is_allowed("no MariaDB or MySQL server found: install one", patterns(ALLOWED.read_text()))
