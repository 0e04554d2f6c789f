"""The languages that run in a browser, and the files of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.templatetags.static import static

from config.environment import BACKEND_DIR

# A program in Python may take so many times the problem's time limit.
PYTHON_TIME_FACTOR = 3
PYTHON_FILES = ("pyodide.js", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PYTHON_FOLDER = "web/assets/pyodide"
EDITOR = "web/assets/codemirror/index.js"
_HARNESS = "web/runner/python_harness.py"
_PINS = BACKEND_DIR / "requirements-assets.txt"


@cache
def runtimes() -> Mapping[str, Mapping[str, Any]]:
    """What the page's scripts need to know of each language that runs here, by its name.

    Python is there if its files are installed (`scripts/install_assets.py`). `snapshot` is the key in the browser's
    cache under which the started interpreter is kept; another release of it has another.
    """
    languages: dict[str, Mapping[str, Any]] = {
        "javascript": {
            "worker": static("web/runner/javascript-worker.js"), "files": {}, "bytes": 0, "timeFactor": 1,
            "isFreshForEachCase": True, "snapshot": None,
        }
    }  # fmt: skip
    names = {name: f"{PYTHON_FOLDER}/{name}" for name in PYTHON_FILES} | {Path(_HARNESS).name: _HARNESS}
    paths = [finders.find(name) for name in names.values()]
    if all(paths):
        release = hashlib.sha256(_PINS.read_bytes()).hexdigest()[:16]
        languages["python"] = {
            "worker": static("web/runner/python-worker.js"),
            "files": {name: static(path) for name, path in names.items()},
            "bytes": sum(Path(str(path)).stat().st_size for path in paths),
            "timeFactor": PYTHON_TIME_FACTOR,
            "isFreshForEachCase": False,
            "snapshot": f"/runner/snapshots/{release}",
        }
    return languages


@cache
def editor_address() -> str:
    """The address of CodeMirror's module; empty if it is not installed, for the plain text field."""
    return static(EDITOR) if finders.find(EDITOR) else ""
