"""Finishes account deletions that users requested and that were interrupted."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.errors import DataLayerError
from api.dynamodb.schema.records import Erasure
from config.environment import environment
from scripts import _entry

if TYPE_CHECKING:
    from api.dynamodb.repositories import ErasureRepository

_LABELS = {
    "runs": "private runs", "public_runs": "public runs (made anonymous)", "usage": "days and logs of use",
    "hints": "opened hints",
}  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Finish the account deletions that users requested. The service does this by itself within seconds, or "
        "within twenty minutes when a process ended meanwhile; this command does it at once. It also removes the "
        "parts of large texts that interrupted writes left behind. Exit code 0: no deletion is left; 2: at least "
        "one could not be finished."
    )
    parser.add_argument("--dry-run", action="store_true", help="list what is left to delete, delete nothing")
    return parser


def _entry_of(erasure: Erasure) -> dict[str, Any]:
    """A deletion's entry in the report."""
    return {"user_id": erasure["user_id"], "asked_at": erasure["asked_at"].isoformat(timespec="seconds")}


def _line(entry: dict[str, Any]) -> str:
    """An entry of the report as one line of text."""
    account = f"user {entry['user_id']}, asked {entry['asked_at']}"
    if "error" in entry:
        return f"{account}: not finished, {entry['error']}"
    verb = "left" if "left" in entry else "deleted"
    numbers = entry.get("left") or entry.get("removed") or {}
    parts = [f"{_LABELS.get(kind, kind)} {number:,}" for kind, number in numbers.items() if number]
    return f"{account}: {verb} {', '.join(['the account', *parts])}"


def list_unfinished(erasures: ErasureRepository) -> list[dict[str, Any]]:
    """The report entries of unfinished deletions, with the number of remaining items by kind."""
    return [
        {**_entry_of(erasure), "left": erasures.remains(erasure["user_id"])}
        for erasure in erasures.list_erasures()
    ]


def finish_all(erasures: ErasureRepository, *, quiet: bool) -> list[dict[str, Any]]:
    """Finishes every deletion and returns the report entries; a failure does not stop the others."""
    from api.me.account_deletion import finish, quiet_at

    report = []
    waiting = [(erasure, quiet_at(erasure)) for erasure in erasures.list_erasures()]
    for erasure, not_before in waiting:
        entry = _entry_of(erasure)
        try:
            entry["removed"] = dict(finish(erasures, erasure, not_before))
        except DataLayerError as failure:
            entry["error"] = " ".join(str(failure).split())
        if not quiet:
            print(_line(entry))
        report.append(entry)
    return report


def main(options: argparse.Namespace) -> int:
    """Finishes the deletions, or lists them. Returns 0 when none failed."""
    from api.composition import repositories

    settings = environment()
    erasures = repositories().erasures
    text_parts = 0
    if options.dry_run:
        report = list_unfinished(erasures)
        for entry in () if options.json else report:
            print(_line(entry))
    else:
        report = finish_all(erasures, quiet=options.json)
        text_parts = sum(erasures.collect_text_parts())
    if options.json:
        print(json.dumps({
            "table": settings.table_name, "dry_run": options.dry_run, "accounts": report, "text_parts": text_parts,
        }))  # fmt: skip
    elif not report:
        print(f"no account deletion is left in {settings.table_name} at {settings.target}")
    if text_parts and not options.json:
        print(f"removed {text_parts:,} parts of large texts that interrupted writes left behind")
    return _entry.EXIT_FAILED if any("error" in entry for entry in report) else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped=_entry.GO_ON,
            job=lambda options: "erasure",
        )
    )  # fmt: skip
