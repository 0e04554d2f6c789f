"""Builds entries of lists, guards and index keys again from the main items, by the names and rules of today.

It serves whatever changes how they are derived: a new list, another number of shards, new rules for words or names.
Each record is compared with what is stored and written only where that differs, in one transaction that requires the
record to be as it was read. So it may run beside the service, end at any moment, and be run again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import kind_of_key
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema.keys import GUARD
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import key_of
from repair.derivation import SOURCES, Rules, Source
from repair.examination import Examiner, Suspects
from repair.findings import Finding
from repair.mending import Mender
from repair.notebook import Notebook
from repair.paced_calls import PacedCalls
from repair.suspects import doubtful_guards, examine_guards, find_suspects
from repair.table_check import refuse_during_move
from repair.table_scan import TableScan

Phase = Literal["backfill", "contract", "all"]
# What a transaction holds besides the record's check and its user's totals.
_AT_ONCE = 90
_ATTEMPTS = 20
# What is done about each finding, by its kind.
_ADDED, _REWRITTEN, _REMOVED, _INDEXED = "added", "rewritten", "removed", "index keys"
_DONE: Mapping[str, str] = {
    "entry.missing": _ADDED, "guard.missing": _ADDED, "entry.different": _REWRITTEN,
    "guard.different": _REWRITTEN, "guard.foreign": _REWRITTEN, "id.different": _REWRITTEN,
    "index.missing": _INDEXED, "index.different": _INDEXED, "index.superfluous": _INDEXED,
    "entry.misplaced": _REMOVED, "entry.dangling": _REMOVED, "guard.misplaced": _REMOVED,
    "guard.dangling": _REMOVED,
}  # fmt: skip


@dataclass(frozen=True)
class RederivationResult:
    """What was done, or would be: items that were `added`, `rewritten`, `removed`, or got other `index keys`.

    conflicts: values that two records have, though they must be unique. Units are those of this run alone.
    """

    items: int
    done: Mapping[str, int]
    conflicts: int
    read_units: float
    write_units: float


class Rederivation:
    """One pass over a table.

    sources: the kinds of records.
    phase: "backfill" writes what records demand and leaves what was there before: entries in as many shards as before
    are demanded too, so that every change of a record meanwhile writes both. "contract" and "all" also remove what no
    record demands by today's rules.
    dry_run: counts what would be done.
    """

    def __init__(
        self,
        store: Store,
        notebook: Notebook,
        *,
        sources: Iterable[Source] = tuple(SOURCES.values()),
        phase: Phase = "all",
        dry_run: bool = False,
    ) -> None:
        self._store, self._notebook, self._sources = store, notebook, tuple(sources)
        self._phase, self._dry_run = phase, dry_run
        self._rules: Rules = "expand" if phase == "backfill" else "today"
        self._examiner, self._mender = Examiner(store, self._rules), Mender(store)
        self._done: Counter[str] = Counter(notebook.tally())
        self._lock = threading.Lock()

    def run(
        self,
        calls: PacedCalls,
        *,
        workers: int,
        progress: Callable[[int], None] = lambda number: None,
        **options: Any,
    ) -> RederivationResult:
        """Scans the table and writes what differs; another run with the same notebook continues where this one ended.

        0.5 RCU per 4 KB of the table, and 0.5 RCU for each item that is derived; for each record of which something
        differs 2 WCU per KB of it, and of each item that is written.

        Raises `InvalidInput` during a move into the table, and any error of the data layer.
        """
        refuse_during_move(self._store)
        scan = TableScan(
            self._store, calls, self._notebook, self._read_page,
            workers=workers, progress=progress, **options,
        )  # fmt: skip
        scan.run()
        self._check_guards()
        done = {name: self._done[name] for name in (_ADDED, _REWRITTEN, _REMOVED, _INDEXED)}
        return RederivationResult(
            self._notebook.items_read(), done, self._done["conflicts"], calls.read_units, calls.write_units
        )

    def _read_page(self, segment: int, items: list[WireItem], last_key: Mapping[str, Any] | None) -> None:
        records = [(kind, item) for item in items if (kind := kind_of_key(*key_of(item))) is not None]
        done: Counter[str] = Counter()
        for suspects in find_suspects(self._store, records, self._sources, rules=self._rules):
            done += self._derive(suspects)
        with self._lock:
            self._done += done
        guards = [
            (kind, item) for kind, item in records if any(kind in source.guards for source in self._sources)
        ]
        self._notebook.finish_page(
            segment, last_key, len(items), tally=done,
            doubtful_guards=doubtful_guards(self._store, guards, rules=self._rules),
        )  # fmt: skip

    def _check_guards(self) -> None:
        """Removes the guards that no record demands, now that every record has its own."""
        doubtful = (key for key in self._notebook.doubtful_guards() if not self._notebook.has_finding(key))
        for finding in examine_guards(self._store, self._examiner, doubtful):
            if self._is_wanted(finding) and (self._dry_run or self._mender.mend(finding)):
                self._done[_DONE[finding.kind]] += 1

    def _derive(self, suspects: Suspects) -> Counter[str]:
        """Writes what differs of one record; again if it changed meanwhile."""
        done: Counter[str] = Counter()
        for _ in range(_ATTEMPTS):
            findings = self._examiner.examine(suspects)
            accepted = [finding for finding in findings if self._is_wanted(finding)]
            if self._write(suspects, accepted, done):
                conflicts = [finding for finding in findings if finding.action is None]
                # A record is looked at with its main item, and with each entry that is left as it was.
                return done + Counter(conflicts=sum(self._notebook.add_finding(c, "open") for c in conflicts))
        raise ConditionFailed(f"{suspects.source.key(suspects.record_id)[0]} kept being changed by others")

    def _is_wanted(self, finding: Finding) -> bool:
        done = _DONE.get(finding.kind)
        if finding.action is None or done is None:
            return False
        return self._phase != "backfill" or done != _REMOVED

    def _write(self, suspects: Suspects, findings: list[Finding], done: Counter[str]) -> bool:
        """Makes the writes, the main item's own with as many others as fit. False if one was refused."""
        main_key = suspects.source.key(suspects.record_id)
        own = [finding for finding in findings if finding.key == main_key]
        derived = [finding for finding in findings if finding.key != main_key]
        chunks = [derived[n : n + _AT_ONCE] for n in range(0, len(derived), _AT_ONCE)] or [[]]
        groups = [*([finding] for finding in own[:-1]), own[-1:] + chunks[0], *chunks[1:]]
        for group in groups:
            if group and not self._dry_run and not self._mender.mend(*group):
                return False
            for finding in group:
                # Both sides of what a dry run leaves as it is are seen; and a guard is not looked at again at the end.
                if not (self._dry_run or finding.key[1] == GUARD) or self._notebook.add_finding(
                    finding, "done"
                ):
                    done[_DONE[finding.kind]] += 1
        return True
