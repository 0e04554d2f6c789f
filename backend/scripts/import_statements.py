"""Brings statements of problems from files into the table."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from scripts import _entry

# The platform of this site's own problems.
_PLATFORM = "algoitny"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Bring statements, hints and further solutions from a folder into the table. It has a folder for each problem, "
        "with problem.toml (number, title_ko, title_en, platform), statement.ko.md, statement.en.md, hints.ko.md, "
        "hints.en.md and solution.py, solution.js and so on; what is missing stays as it is. Moves from MySQL keep "
        "what was imported. Exit code 0: everything is in the table; 3: some folders are of no problem or cannot be "
        "read, and are listed."
    )
    parser.add_argument("folder", type=Path, help="the folder with the problems' folders")
    parser.add_argument(
        "--platform", default=_PLATFORM, metavar="NAME",
        help=f"the platform of problems whose problem.toml names none (default: {_PLATFORM})",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="show what would be stored, store nothing")
    return parser


def main(options: argparse.Namespace) -> int:
    """Imports the folder. Returns 0, or 3 when something was left out."""
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure()  # the service's error texts need some; the project's own need an environment
    from api.composition import repositories
    from api.problems.statement_files import REFUSED, STORED, UNCHANGED, UNKNOWN, import_statements

    settings = environment()
    report = []
    imports = import_statements(
        repositories().problems, options.folder, platform=options.platform, dry_run=options.dry_run
    )
    for entry in imports:
        report.append(entry)
        if entry.note and not options.json:
            print(f"{entry.folder}: {entry.outcome}, {entry.note}")
    counts = Counter(entry.outcome for entry in report)
    if options.json:
        document = {
            "table": settings.table_name, "dry_run": options.dry_run,
            **{name: counts[name] for name in (STORED, UNCHANGED, UNKNOWN, REFUSED)},
            "problems": [entry._asdict() for entry in report],
        }  # fmt: skip
        print(json.dumps(document, ensure_ascii=False))
    else:
        verb = "would be stored" if options.dry_run else "stored"
        print(
            f"statements of {counts[STORED]:,} problems {verb} in {settings.table_name} at {settings.target}, "
            f"{counts[UNCHANGED]:,} are there already, {counts[UNKNOWN] + counts[REFUSED]:,} were left out"
        )
    return _entry.EXIT_INCOMPLETE if counts[UNKNOWN] + counts[REFUSED] else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped=_entry.GO_ON,
            job=lambda options: "statements",
        )
    )  # fmt: skip
