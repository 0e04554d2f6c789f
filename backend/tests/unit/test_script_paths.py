"""Scripts find the project's packages before their neighbours: scripts/rollout.py shares the name of a package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config.environment import BACKEND_DIR

# smoke.py imports the standard library alone.
SCRIPTS = sorted(set((BACKEND_DIR / "scripts").glob("[!_]*.py")) - {BACKEND_DIR / "scripts" / "smoke.py"})
# As Python sets it for a script, with PYTHONPATH: the script's folder first, then the project.
PROBE = """
import runpy, sys
folder, backend, *scripts = sys.argv[1:]
rest = sys.path[1:]
for script in scripts:
    sys.path[:] = [folder, backend, *rest]
    runpy.run_path(script, run_name="probe")
    if sys.path[0] != backend:
        print(script)
import rollout.process
"""


def test_each_script_looks_in_the_projects_folder_first_with_a_search_path_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(BACKEND_DIR / "scripts"), str(BACKEND_DIR), *map(str, SCRIPTS)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(BACKEND_DIR)}, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
