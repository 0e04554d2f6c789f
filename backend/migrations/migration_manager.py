"""The migration manager by its name in the Root Orchestrator's document: all changes of this project and its examples.

It is scripts/dynamodb_migrations.py with every folder of changes, so that `--target` finds a change by its name alone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import BACKEND_DIR
from scripts import _entry, dynamodb_migrations


def arguments() -> argparse.ArgumentParser:
    """The command line of dynamodb_migrations.py."""
    return dynamodb_migrations.arguments()


def folders() -> list[Path]:
    """The folders of changes: the project's own, then those of the examples."""
    examples = sorted(path for path in (BACKEND_DIR / "examples").glob("*/changes") if path.is_dir())
    return [BACKEND_DIR / "lifecycle" / "changes", *examples]


if __name__ == "__main__":
    options = arguments().parse_args()
    options.changes = options.changes or folders()
    sys.exit(_entry.run(dynamodb_migrations.main, options, when_stopped=_entry.GO_ON))
