"""A forked script behaves as one that Python was started for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from tests.support.forks import run_fork, start_fork
from tests.support.scripts import script_environment

SCRIPTS = {
    "an exit code": "import sys; print('out', *sys.argv[1:]); print('err', file=sys.stderr); sys.exit(3)",
    "the end": "print('out')",
    "a message": "import sys; sys.exit('it failed')",
    "an exception": "raise ValueError('it broke')",
    "what it does at its end": """
        import atexit, threading, time
        atexit.register(print, "at exit")
        threading.Thread(target=lambda: (time.sleep(0.05), print("thread"))).start()
        print("main")
    """,
    "its environment": """
        import os
        from config.environment import environment
        print(os.getcwd(), sorted(name for name in os.environ if name.startswith("AWS_")), environment().region)
    """,
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "nothing to read": "import sys; print(repr(sys.stdin.read()), __name__)",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_forked_script_ends_and_prints_like_a_started_one(tmp_path: Path, name: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(SCRIPTS[name]))
    environment = script_environment({"AWS_DEFAULT_REGION": "eu-west-3", "PYTHONPATH": str(BACKEND_DIR)})
    forked = run_fork(str(script), ["a", "b c"], environment, 60)
    started = subprocess.run(
        [sys.executable, str(script), "a", "b c"], cwd=BACKEND_DIR, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


def test_scripts_run_side_by_side_and_can_be_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(600)")
    with (tmp_path / "out").open("w") as out:
        forks = [start_fork(str(script), [], dict(os.environ), out.fileno(), out.fileno()) for _ in range(2)]
    assert len({fork.pid for fork in forks}) == 2
    for fork in forks:
        fork.kill()
        assert fork.wait() == -signal.SIGKILL


def test_a_script_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(600)")
    with pytest.raises(TimeoutError):
        run_fork(str(script), [], dict(os.environ), 0.1)
