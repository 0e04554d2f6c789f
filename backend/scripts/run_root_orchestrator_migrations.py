"""The Root Orchestrator's versioned changes: the commands of dynamodb_migrations.py on that system's folder alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import BACKEND_DIR
from scripts import _entry, dynamodb_migrations

FOLDER = BACKEND_DIR / "examples" / "root_orchestrator"

if __name__ == "__main__":
    options = dynamodb_migrations.arguments(
        group="root_orchestrator", folder=FOLDER, script="run_root_orchestrator_migrations"
    ).parse_args()
    sys.exit(_entry.run(dynamodb_migrations.main, options, when_stopped=_entry.GO_ON))
