"""make bench-api: the service beside the same endpoints written with Django REST Framework and the ORM on MariaDB.

A private MariaDB and a private MiniStack are filled alike, and both services and gunicorn alone are started on free
loopback ports; all are stopped afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.figures import Figures, document
from benchmarks.service.lab import DRF, service_laboratory
from benchmarks.service.report import METHOD, targets, text
from benchmarks.service.sections import SECTIONS, Sizes, measure

NAMES = [section.name for section in SECTIONS]


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    return command.sectioned_parser(__doc__, NAMES)


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every measured target is met, 1 otherwise."""
    sizes = Sizes.quick() if options.quick else Sizes()
    if options.rounds is not None:
        sizes = replace(sizes, rounds=options.rounds)
    chosen = options.only or NAMES
    with (
        tempfile.TemporaryDirectory() as folder,
        service_laboratory(Path(folder), sizes.demo, long_runs=sizes.long_runs, writers=sizes.writers) as lab,
    ):
        figures = Figures(measure(lab, sizes, chosen))
    reached = targets(figures, chosen, sizes.pages)
    heading = f"AlgoItny's service beside Django REST Framework {DRF.version()}, {os.cpu_count()} CPUs"
    report = text(figures, reached, clients=sizes.clients, pages=sizes.pages)
    versions = {"djangorestframework": DRF.version()}
    written = document(figures, reached, METHOD, versions=versions, sizes=asdict(sizes))
    return command.finish(options, f"{heading}\n\n{report}", written, reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
