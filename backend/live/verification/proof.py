"""One proof while following: everything is compared, then what differed or changed meanwhile is compared again."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from live.follow.ledger import Key, Ledger
from live.move import LiveMove
from live.source.server import SourceServer
from live.verification.recheck import Outcome, Recheck, Subject, subjects_of, wait_for_mark
from migration.dead_letters import line_of
from migration.durable_files import replace_durably
from migration.mapping import USAGE
from migration.source import LegacyDatabase
from migration.verify.differences import ItemDifference
from migration.verify.verification import VerificationJob, VerificationOptions, open_job, verify

LISTED = 20


@dataclass
class ProofReport:
    """The result of a proof. `unsettled` are differences that name no row: they count when the source stands still."""

    rows: int
    items: int
    suspects: int
    changed_meanwhile: int
    outcome: Outcome
    unsettled: list[ItemDifference]
    dead_letters: int
    seconds: float
    ended: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def agrees(self) -> bool:
        """Whether no difference is persistent."""
        return not self.outcome.persistent

    def as_json(self) -> dict[str, Any]:
        """The report for machines, and for the ledger."""
        return {
            "ended": self.ended,
            "agrees": self.agrees,
            "rows": self.rows,
            "items": self.items,
            "suspects": self.suspects,
            "changed_meanwhile": self.changed_meanwhile,
            "rechecked": self.outcome.checked,
            "moving": len(self.outcome.moving),
            "persistent": len(self.outcome.persistent),
            "differences": [difference.as_json() for difference in self.outcome.persistent[:LISTED]],
            "unsettled": [difference.as_json() for difference in self.unsettled[:LISTED]],
            "dead_letters": self.dead_letters,
            "seconds": round(self.seconds, 1),
        }


def prove(move: LiveMove, *, workers: int = 4, quiet: bool = True) -> ProofReport:
    """Compares source and table while another process follows, and notes the result in the ledger.

    A Scan of the table, or two: its size / 4 KB in RCU each; then a read of each item that differed or changed. Raises
    `MigrationError` when nothing follows.
    """
    started = time.monotonic()
    settings, keep_expired = move.settings, move.job().keep_expired
    with move.opened_ledger() as ledger, SourceServer(move.source) as server:
        wait_for_mark(server, ledger)
        options = VerificationOptions(
            workers=workers, all_differences=True, quiet=quiet, keep_expired=keep_expired,
            dead_letter=move.folder / "dead-letters.jsonl",
        )  # fmt: skip
        first_batch = _batch(ledger)
        _write_letters(move, ledger)
        result = verify(settings, options)
        suspects: dict[Subject, set[Key]] = defaultdict(set)
        unsettled = []
        for subject, difference in subjects_of(result.differences):
            if subject is None:
                unsettled.append(difference)
            else:
                suspects[subject].update({(difference.pk, difference.sk)} if difference.pk else set())
        number = len(suspects)
        last_batch = _batch(ledger)
        for unit in ledger.touched_since(first_batch):
            if unit.step != USAGE.name or unit.day:
                suspects[Subject(unit.step, unit.id)].update(())

        def opened() -> VerificationJob:
            _write_letters(move, ledger)
            return open_job(settings, options)

        with LegacyDatabase(move.source) as database:
            outcome = Recheck(server, database, ledger, opened).run(suspects)
        report = ProofReport(
            result.rows, result.items, number, len(suspects) - number, outcome, unsettled,
            ledger.count_letters(), time.monotonic() - started,
        )  # fmt: skip
        ledger.set_notes(proof=json.dumps(report.as_json()))
        if report.agrees and not outcome.moving:
            ledger.forget_touched(last_batch)
    return report


def _batch(ledger: Ledger) -> int:
    return int(ledger.note("batch") or 0)


def _write_letters(move: LiveMove, ledger: Ledger) -> None:
    """Writes the present dead letters where the verification reads them."""
    replace_durably(move.folder / "dead-letters.jsonl", map(line_of, ledger.letters()))
