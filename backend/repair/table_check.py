"""Checks a whole table while the service uses it, and mends what it finds if it is asked to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.dynamodb.clock import utc_now
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import kind_of_key
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table.case_generations import remove_generation
from api.dynamodb.table.lease import Holder
from api.dynamodb.table.pending_parts import PendingParts
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import key_of
from repair.account_checks import MonthChecks, check_owners
from repair.examination import Examiner, Suspects
from repair.findings import KINDS, Finding
from repair.generations import GenerationChecks, generation_named_by
from repair.item_checks import check_item, is_expired
from repair.large_texts import LargeTextChecks, part_of, texts_of
from repair.mending import Mender
from repair.notebook import Notebook
from repair.paced_calls import PacedCalls
from repair.progress_check import ProgressChecks
from repair.suspects import doubtful_guards, examine_guards, find_suspects
from repair.table_scan import TableScan
from repair.usage_counters import UsageCounterChecks, counter, log_day

_MOVE_PK = f"{keys.OPERATIONS_PREFIX}migration"
# The sort keys of a move's lease and of those of its parts are LEASE and LEASE#number.
_LEASES = "LEASE", "LEASE#~"
_ATTEMPTS = 5
# What became of a finding.
OPEN, MENDED, CHANGED, MANUAL = "open", "mended", "changed", "manual"


@dataclass(frozen=True)
class CheckResult:
    """What a check found. `counts` is by kind and state; units are those of this run alone."""

    items: int
    counts: Mapping[tuple[str, str], int]
    read_units: float
    write_units: float

    @property
    def left(self) -> int:
        """The number of findings that are not mended."""
        return sum(number for (_, state), number in self.counts.items() if state != MENDED)

    @property
    def found(self) -> int:
        """The number of findings."""
        return sum(self.counts.values())


def refuse_during_move(store: Store) -> None:
    """Raises `InvalidInput` while a move writes into the table: what it has written so far does not fit together yet.

    One Query, 1 RCU.
    """
    for item in store.query_all(_MOVE_PK, sort=_LEASES, entity="operation", consistent=True):
        holder = Holder.decode(item)
        if holder is not None and not holder.seems_ended():
            raise InvalidInput(
                f"{holder} moves data into {store.table_name}", hint="wait until the move has ended"
            )


class TableCheck:
    """One check of one table.

    mends: whether findings are mended.
    on_finding: is called with each new finding and what became of it, by any of the scan's threads.
    now: returns the present moment (aware); tests replace it.
    """

    def __init__(
        self,
        store: Store,
        notebook: Notebook,
        *,
        mends: bool = False,
        on_finding: Callable[[Finding, str], None] = lambda finding, state: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store, self._notebook, self._mends, self._on_finding = store, notebook, mends, on_finding
        self._now = now
        self._examiner, self._mender, self._months = Examiner(store), Mender(store), MonthChecks(store)
        self._progress = ProgressChecks(store, now())

    def run(
        self,
        calls: PacedCalls,
        *,
        workers: int,
        progress: Callable[[int], None] = lambda number: None,
        **options: Any,
    ) -> CheckResult:
        """Scans the table (0.5 RCU per 4 KB), checks what it reads, and then what only the whole scan can tell.

        Raises `InvalidInput` during a move into the table, and any error of the data layer; what was done is kept, and
        another run with the same notebook continues.
        """
        refuse_during_move(self._store)
        scan = TableScan(
            self._store, calls, self._notebook, self._read_page,
            workers=workers, progress=progress, **options,
        )  # fmt: skip
        scan.run()
        self._check_joins()
        return CheckResult(
            self._notebook.items_read(), self._notebook.counts(), calls.read_units, calls.write_units
        )

    def _read_page(self, segment: int, items: list[WireItem], last_key: Mapping[str, Any] | None) -> None:
        now = self._now()
        kinds = [(kind_of_key(*key_of(item)), item) for item in items]
        for kind, item in kinds:
            self._take_all(check_item(kind, item, now))
        recognized = [(kind, item) for kind, item in kinds if kind is not None]
        fresh = [(kind, item) for kind, item in recognized if not is_expired(item, now)]
        self._take_all(check_owners(self._store, fresh))
        self._take_all(self._months.check(fresh))
        for kind, item in fresh:
            if kind == e.PROGRESS.name and (finding := self._progress.check(item)) is not None:
                self._take(finding)
        for suspects in find_suspects(self._store, fresh):
            self._look_at(suspects)
        self._note(segment, fresh, len(items), last_key)

    def _note(
        self, segment: int, items: list[tuple[str, WireItem]], number: int, last_key: Mapping[str, Any] | None
    ) -> None:
        """Notes what only the whole scan can tell."""
        texts = [text for kind, item in items for text in texts_of(kind, item)]
        parts = [part_of(item) for kind, item in items if kind == e.TEXT_PART.name]
        cases = [_case(item) for kind, item in items if kind == e.TEST_CASE.name]
        logs: Counter[tuple[str, str]] = Counter(
            log_day(item)[:2] for kind, item in items if kind == e.USAGE_LOG.name
        )
        counters = []
        for kind, item in items:
            if kind == e.USAGE_DAY.name:
                try:
                    counters.append(counter(item))
                except Corrupt:
                    continue  # found as unreadable
        named = [generation_named_by(kind, item) for kind, item in items]
        self._notebook.finish_page(
            segment, last_key, number, texts=texts, parts=parts, cases=cases,
            generations=[generation for generation in named if generation is not None],
            logs=[(*log, count) for log, count in logs.items()], counters=counters,
            doubtful_guards=doubtful_guards(self._store, items),
        )  # fmt: skip

    def _look_at(self, suspects: Suspects) -> None:
        """Examines a record and mends it; again if it changed meanwhile."""
        for attempt in range(_ATTEMPTS):
            findings = self._examiner.examine(suspects)
            states = [self._mend(finding) for finding in findings]
            if CHANGED in states and attempt < _ATTEMPTS - 1:
                for finding, state in zip(findings, states, strict=True):
                    if state == MENDED:
                        self._record(finding, state)
                continue
            for finding, state in zip(findings, states, strict=True):
                self._record(finding, state)
            return

    def _check_joins(self) -> None:
        """What the scan as a whole tells: texts, counters, guards that name nobody, generations, notes."""
        now = self._now()
        texts = LargeTextChecks(self._store, self._notebook, now)
        doubtful = (key for key in self._notebook.doubtful_guards() if not self._notebook.has_finding(key))
        self._take_all(examine_guards(self._store, self._examiner, doubtful))
        self._take_all(texts.findings())
        self._take_all(UsageCounterChecks(self._store, self._notebook, now).findings())
        self._check_notes(texts)

    def _check_notes(self, texts: LargeTextChecks) -> None:
        """What interrupted writes left, with a note or without."""
        notes = PendingParts(self._store, self._now)
        generations = GenerationChecks(self._store, self._notebook, notes)
        for generation, finding in generations.findings():
            if self._mends:
                remove_generation(self._store, *generation)
            self._record(finding, MENDED if self._mends else OPEN)
        abandoned = list(texts.abandoned_notes())
        if abandoned and self._mends:
            for _ in notes.collect():
                pass
        for finding in abandoned:
            self._record(finding, MENDED if self._mends else OPEN)

    def _take_all(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._take(finding)

    def _take(self, finding: Finding) -> None:
        self._record(finding, self._mend(finding))

    def _mend(self, finding: Finding) -> str:
        if not KINDS[finding.kind][1]:
            return MANUAL
        if not self._mends:
            return OPEN
        return MENDED if self._mender.mend(finding) else CHANGED

    def _record(self, finding: Finding, state: str) -> None:
        if self._notebook.add_finding(finding, state):
            self._on_finding(finding, state)


def _case(item: WireItem) -> tuple[int, int]:
    """(test case id, problem id) of a test case, from its key."""
    return int(item[SK]["S"].rpartition("#")[2]), int(item[PK]["S"].rpartition("#")[2])
