"""A failure is on the screen when it happens, also when another process runs the test."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment

CONFTEST = (
    "from tests.support import failures\n\ndef pytest_configure(config):\n    failures.register(config)\n"
)
TESTS = "import time\n\ndef test_wrong():\n    assert 1 == 2\n\ndef test_without_end():\n    time.sleep(90)\n"


def test_a_failure_is_printed_before_the_run_has_ended(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-n", "1", "."),
            *("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:randomly"),
        ],
        cwd=tmp_path, env={**script_environment(), "PYTHONPATH": str(BACKEND_DIR)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        printed = []
        for line in process.stdout:
            printed.append(line)
            if "FAILED test_it.py::test_wrong (call)" in line:
                break
        assert process.poll() is None, "".join(printed)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
