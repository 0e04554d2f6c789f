"""The proof in ranges: a pass over all rows and items, a range at a time, while the source is written and followed.

After each range what was written meanwhile is compared again behind the barrier, the longest waiting first. Memory is
bounded by one range, and a pass that was interrupted goes on with the range that it was in. Where the whole proof scans
the table once, this reads each item by its key too: twice the read units, spread over as long as it takes.

Texts of uses that are stored in parts are compared by the whole proof alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from live.follow.batch import Unit
from live.follow.ledger import Ledger
from live.move import LiveMove
from live.source.server import SourceServer
from live.verification.proof import LISTED, _batch, _write_letters
from live.verification.range_reader import ROWS, RangeReader, step_of
from live.verification.recheck import Outcome, Recheck, Subject, subjects_of, wait_for_mark
from migration.mapping import STEPS, USAGE
from migration.source import LegacyDatabase
from migration.stored_records import key_of
from migration.verify.differences import ItemDifference
from migration.verify.source_digest import FIRST_ID
from migration.verify.verification import VerificationJob, VerificationOptions, open_job

NOTE = "ranges"
_ITEMS = "items"
PARTS = (*(step.name for step in STEPS), _ITEMS)
# Units that are compared again after each range, and how often that is repeated at the end of a pass.
_TOUCHED, _ROUNDS = 1_000, 20


@dataclass
class RangePass:
    """How far a pass is, and what it has seen; durable after each range. `after` is the last id of `part`."""

    number: int = 1
    part: str = PARTS[0]
    after: int = FIRST_ID
    start_key: dict[str, Any] | None = None
    of_rows: int = 0
    rows: int = 0
    items: int = 0
    suspects: int = 0
    rechecked: int = 0
    changed_meanwhile: int = 0
    persistent: int = 0
    moving: int = 0
    seconds: float = 0.0
    differences: list[dict[str, Any]] = field(default_factory=list)
    unsettled: list[dict[str, Any]] = field(default_factory=list)

    def next_part(self) -> None:
        """Goes on with the part after this one; `part` is empty at the end."""
        following = PARTS.index(self.part) + 1
        self.part = PARTS[following] if following < len(PARTS) else ""
        self.after = FIRST_ID

    def as_json(self, dead_letters: int) -> dict[str, Any]:
        """The report, in the form of a whole proof's."""
        names = (
            "rows", "items", "suspects", "changed_meanwhile", "rechecked", "moving", "persistent", "differences",
            "unsettled",
        )  # fmt: skip
        return {
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "agrees": not self.persistent,
            **{name: getattr(self, name) for name in names},
            "dead_letters": dead_letters,
            "seconds": round(self.seconds, 1),
            "pass": self.number,
        }


def prove_ranges(
    move: LiveMove, *, rows: int = ROWS, at_range: Callable[[RangePass], None] = lambda state: None
) -> dict[str, Any]:
    """Goes on with the pass that was interrupted, or begins one, to its end; the report, which the ledger keeps.

    `rows` are those of a range; `at_range` is called after each. Raises `MigrationError` when nothing follows.
    """
    with (
        move.opened_ledger() as ledger,
        SourceServer(move.source) as server,
        LegacyDatabase(move.source) as database,
    ):
        wait_for_mark(server, ledger)
        proof = _RangeProof(move, ledger, server, database, rows)
        while proof.state.part:
            proof.prove_range()
            at_range(proof.state)
        return proof.finish()


class _RangeProof:
    def __init__(
        self, move: LiveMove, ledger: Ledger, server: SourceServer, database: LegacyDatabase, rows: int
    ) -> None:
        self._move, self._ledger, self._database, self._rows = move, ledger, database, rows
        self._server = server
        self._options = VerificationOptions(
            quiet=True, all_differences=True, keep_expired=move.job().keep_expired,
            dead_letter=move.folder / "dead-letters.jsonl",
        )  # fmt: skip
        self._recheck = Recheck(server, database, ledger, self._open_job)
        self.state = RangePass(**ledger.report(NOTE))
        if not self.state.of_rows:
            self.state.of_rows = sum(database.count(step) for step in STEPS)

    def _open_job(self) -> VerificationJob:
        _write_letters(self._move, self._ledger)
        return open_job(self._move.settings, self._options)

    def prove_range(self) -> None:
        """Proves the next range, then what was written meanwhile; notes both."""
        started, state = time.monotonic(), self.state
        job = self._open_job()
        with closing(job.transport):
            reader = RangeReader(job, self._database, self._ledger, self._rows)
            if state.part == _ITEMS:
                self._prove_page(reader)
            else:
                self._prove_rows(reader)
        self._prove_touched()
        state.seconds += time.monotonic() - started
        self._ledger.set_notes(**{NOTE: json.dumps(asdict(state))})

    def _prove_rows(self, reader: RangeReader) -> None:
        state, step = self.state, step_of(self.state.part)
        result = reader.users(state.after) if step is USAGE else reader.rows(step, state.after)
        state.rows += result.rows
        state.items += result.items
        state.suspects += 0 if step is USAGE else len(result.suspects)
        state.unsettled += [each.as_json() for each in result.unsettled][: LISTED - len(state.unsettled)]
        self._add(self._recheck.run(result.suspects))
        if result.end is None:
            state.next_part()
        else:
            state.after = result.end

    def _prove_page(self, reader: RangeReader) -> None:
        """Items that nobody owns: a row's are in the ledger before they are written."""
        state = self.state
        strangers, state.start_key = reader.page(state.start_key)
        if strangers:
            state.suspects += len(strangers)
            wait_for_mark(self._server, self._ledger)
            self._differ(reader.strangers_among([key_of(item) for item in strangers]))
        if state.start_key is None:
            state.next_part()

    def _prove_touched(self) -> None:
        """Compares again what was written since it was proved."""
        batch, units = _batch(self._ledger), self._ledger.first_touched(_TOUCHED)
        if not units:
            return
        subjects = {Subject(unit.step, unit.id) for unit in units if unit.step != USAGE.name or unit.day}
        outcome = self._recheck.run({subject: set() for subject in subjects})
        self.state.changed_meanwhile += len(subjects)
        differing = {subject for subject, _ in subjects_of(outcome.persistent)}
        proved = [unit for unit in units if Subject(unit.step, unit.id) not in differing]
        self._ledger.forget_units(proved, batch)
        self._add(outcome)  # notes what still moves anew

    def _add(self, outcome: Outcome) -> None:
        self.state.rechecked += outcome.checked
        self._differ(outcome.persistent)
        self._touch(outcome.moving)

    def _touch(self, moving: Iterable[Subject]) -> None:
        """What still moves is compared again later, by this pass, the next one or the cutover."""
        units = [Unit(each.step, each.id, 1 if each.step == USAGE.name else 0) for each in moving]
        self.state.moving = len(units)
        if not units:
            return
        with self._ledger.transaction():
            self._ledger.touch(units, _batch(self._ledger))

    def _differ(self, differences: Iterable[ItemDifference]) -> None:
        """Adds persistent differences; the cutover sees them at once."""
        state, noted = self.state, {(each["what"], each["pk"], each["sk"]) for each in self.state.differences}
        for each in differences:
            if (each.problem, each.pk, each.sk) not in noted:
                state.persistent += 1
                if len(state.differences) < LISTED:
                    state.differences.append(each.as_json())
        if state.persistent:
            self._ledger.set_notes(proof=json.dumps(state.as_json(self._ledger.count_letters())))

    def finish(self) -> dict[str, Any]:
        """The end of a pass: what was written during its last range is compared, and the next pass can begin."""
        waiting = self._ledger.count_touched()
        for _ in range(_ROUNDS):
            self._prove_touched()
            before, waiting = waiting, self._ledger.count_touched()
            if not waiting or waiting >= before:  # none, or those that differ and new ones
                break
        report = self.state.as_json(self._ledger.count_letters())
        following = RangePass(number=self.state.number + 1)
        self._ledger.set_notes(proof=json.dumps(report), **{NOTE: json.dumps(asdict(following))})
        return report
