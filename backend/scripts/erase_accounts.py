"""Finishes the deletions of accounts that users asked for and that something interrupted."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.composition import repositories
from api.dynamodb.errors import DataLayerError
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.repositories.records import Erasure
from api.me.erasure import finish, quiet_at
from config.environment import environment
from scripts import _entry

_WORDS = {
    "runs": "private runs", "public_runs": "public runs (made nobody's)", "usage": "days and logs of use",
}  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser(
        "Finish the deletions of accounts that users asked for. The service does this by itself within seconds; "
        "a process that ends meanwhile leaves one behind, and this command goes on with it. Exit code 0: none "
        "is left; 2: some could not be finished."
    )
    made.add_argument("--dry-run", action="store_true", help="show what is left to delete, delete nothing")
    return made


def _asked(erasure: Erasure) -> dict[str, Any]:
    """What the report says of a deletion before anything is done."""
    return {"user_id": erasure["user_id"], "asked_at": erasure["asked_at"].isoformat(timespec="seconds")}


def _told(found: dict[str, Any]) -> str:
    """A deletion in one line for people."""
    account = f"user {found['user_id']}, asked {found['asked_at']}"
    if "error" in found:
        return f"{account}: not finished, {found['error']}"
    verb = "left" if "left" in found else "deleted"
    numbers = found.get("left") or found.get("removed") or {}
    parts = [f"{_WORDS.get(kind, kind)} {number:,}" for kind, number in numbers.items() if number]
    return f"{account}: {verb} {', '.join(['the account', *parts])}"


def survey(erasures: ErasureRepository) -> list[dict[str, Any]]:
    """Every deletion that is not finished, with what is left of each kind."""
    return [
        {**_asked(erasure), "left": erasures.remains(erasure["user_id"])}
        for erasure in erasures.list_erasures()
    ]


def finish_all(erasures: ErasureRepository, *, quiet: bool) -> list[dict[str, Any]]:
    """Finishes every deletion; one that fails is reported and does not stop the others."""
    report = []
    waiting = [(erasure, quiet_at(erasure)) for erasure in erasures.list_erasures()]
    for erasure, not_before in waiting:
        found = _asked(erasure)
        try:
            found["removed"] = dict(finish(erasures, erasure, not_before))
        except DataLayerError as failure:
            found["error"] = " ".join(str(failure).split())
        if not quiet:
            print(_told(found))
        report.append(found)
    return report


def main(options: argparse.Namespace) -> int:
    """Finishes them, or shows them: 0 when none failed."""
    settings = environment()
    erasures = repositories().erasures
    if options.dry_run:
        report = survey(erasures)
        for found in () if options.json else report:
            print(_told(found))
    else:
        report = finish_all(erasures, quiet=options.json)
    if options.json:
        print(json.dumps({"table": settings.table_name, "dry_run": options.dry_run, "accounts": report}))
    elif not report:
        print(f"no deletion of an account is left in {settings.table_name} at {settings.target}")
    return _entry.EXIT_FAILED if any("error" in found for found in report) else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
