"""make bench-api: the service beside the same endpoints written with Django REST Framework and the ORM on MariaDB.

A private MariaDB and a private MiniStack are filled alike, and both services and gunicorn alone are started on free
loopback ports; all are stopped afterwards. Exit code 0: every target that was measured is met; 1: one is missed;
2: it could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.figures import Figures, document, verdict
from benchmarks.lab import PeerFailed, PeerMissing
from benchmarks.service.lab import DRF, service_laboratory
from benchmarks.service.report import METHOD, targets, text
from benchmarks.service.sections import SECTIONS, Sizes, measure
from engines.processes import EngineFailed, EngineUnavailable


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    made.add_argument("--rounds", type=int, metavar="N", help="rounds of every section (default: 5)")
    made.add_argument("--quick", action="store_true", help="see that it runs; the figures mean nothing")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    made.add_argument(
        "--only", action="append", metavar="NAME", choices=[section.name for section in SECTIONS],
        help=f"one section, may be repeated: {', '.join(section.name for section in SECTIONS)}",
    )  # fmt: skip
    return made


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every measured target is met, 1 otherwise."""
    sizes = Sizes.quick() if options.quick else Sizes()
    if options.rounds is not None:
        if options.rounds < 1:
            raise SystemExit("error: --rounds takes a whole number from 1")
        sizes = replace(sizes, rounds=options.rounds)
    chosen = options.only or [section.name for section in SECTIONS]
    with (
        tempfile.TemporaryDirectory() as folder,
        service_laboratory(Path(folder), sizes.demo, long_runs=sizes.long_runs, writers=sizes.writers) as lab,
    ):
        figures = Figures(measure(lab, sizes, chosen))
    reached = targets(figures, chosen, sizes.pages)
    print(f"\nAlgoItny's service beside Django REST Framework {DRF.version()}, {os.cpu_count()} CPUs\n")
    print(text(figures, reached, clients=sizes.clients, pages=sizes.pages))
    if options.json is not None:
        versions = {"djangorestframework": DRF.version()}
        written = document(figures, reached, METHOD, versions=versions, sizes=asdict(sizes))
        options.json.write_text(json.dumps(written, indent=1) + "\n")
    line, code = verdict(reached)
    print(f"\n{line}")
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except (EngineUnavailable, EngineFailed, PeerMissing, PeerFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
