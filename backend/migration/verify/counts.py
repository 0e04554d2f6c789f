"""Compares numbers alone: SQL counts against a scan of keys. It proves that nothing is missing in number, no more.

Lists of problems, words of titles, day counters and text parts cannot be counted by plain SQL;
they are shown and not compared.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from config.environment import Environment
from migration.progress import Progress
from migration.source import LegacyDatabase
from migration.verify.drill import Differences
from migration.verify.kinds import KINDS, OWNER_STEPS, STEP_OF, TEXTS, UNKNOWN
from migration.verify.observe import kind_of
from migration.verify.policy import RETENTION_SECONDS, Policy
from migration.verify.run import Job, KindLine, Options, Verification, open_job
from migration.verify.scan import scan

_TABLES = {
    "plans": "subscription_plans", "users": "users", "problems": "problems",
    "test_cases": "test_cases", "history": "search_history", "usage": "usage_logs",
}  # fmt: skip
_GOOGLE = "google_id IS NOT NULL AND google_id <> ''"
_EMAIL = "email IS NOT NULL AND TRIM(email) <> ''"
_CONDITIONS = {
    "email_guard": _EMAIL,
    "google_guard": _GOOGLE,
    "user_run": "user_id IS NOT NULL",
    "user_problem_run": "user_id IS NOT NULL AND problem_id IS NOT NULL",
}
_NOT_COUNTED = frozenset({"problem_entry", "word_entry", "usage_day"})
_AT_ONCE = 500


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _expired(policy: Policy) -> tuple[str, str]:
    """(first moment, first moment behind) of the usage logs that may be gone."""
    begin = policy.as_of - RETENTION_SECONDS + 1 if policy.keep_expired else -62_135_596_800
    return _moment(begin), _moment(max(begin, policy.now - RETENTION_SECONDS + 1))


def _count(database: LegacyDatabase, kind: str, job: Job) -> int | None:
    """How many items of a kind the source makes expected; dead-lettered rows are taken off."""
    if kind in _NOT_COUNTED:
        return None
    step = STEP_OF[kind]
    where, values = _CONDITIONS.get(kind, "1 = 1"), []
    if kind == "usage_log":
        where, values = "NOT (created_at >= %s AND created_at < %s)", list(_expired(job.policy))
    select = f"SELECT COUNT(*) FROM {_TABLES[step]} WHERE {where}"
    total = _number(database, select, values)
    dead = sorted(job.policy.dead_rows(step))
    for start in range(0, len(dead), _AT_ONCE):
        some = dead[start : start + _AT_ONCE]
        marks = ", ".join(["%s"] * len(some))
        total -= _number(database, f"{select} AND id IN ({marks})", [*values, *some])
    return total


def _number(database: LegacyDatabase, sql: str, values: list[Any]) -> int:
    ((number,),) = database.query(sql, values)
    return int(number or 0)


class _KeyReader:
    """Counts kinds by their keys."""

    def __init__(self, total: Counter[str], ignored: Counter[str], lock: threading.Lock, job: Job) -> None:
        self._total = total
        self._ignored = ignored
        self._lock = lock
        self._policy = job.policy
        self._steps = frozenset(step.name for step in job.steps)
        self._gone = tuple(moment.replace(" ", "T") for moment in _expired(job.policy))

    def page(self, items: Iterable[dict[str, Any]]) -> None:
        """Counts a page."""
        kinds: Counter[str] = Counter()
        ignored: Counter[str] = Counter()
        for item in items:
            pk, sk = item["PK"]["S"], item["SK"]["S"]
            kind = kind_of(pk, sk)
            step = OWNER_STEPS.get(pk[4:].partition("#")[0]) if kind == TEXTS else STEP_OF.get(kind)
            if kind != UNKNOWN and step not in self._steps:
                continue
            reason = self._reason(kind, step or "", pk, sk)
            if reason:
                ignored[reason] += 1
            else:
                kinds[kind] += 1
        with self._lock:
            self._total.update(kinds)
            self._ignored.update(ignored)

    def _reason(self, kind: str, step: str, pk: str, sk: str) -> str:
        if kind == "usage_log" and self._gone[0] <= sk[4:] < self._gone[1]:
            return "expired"
        dead = self._policy.dead_rows(step)
        if dead and kind in ("plan", "user", "user_entry", "problem", "test_case", "run", "user_run",
                             "user_problem_run", "usage_log"):  # fmt: skip
            number = (pk if kind in ("user", "problem", "run") else sk).rpartition("#")[2]
            if kind in ("user", "problem", "run"):
                number = pk.partition("#")[2]
            if number.lstrip("-").isdecimal() and int(number) in dead:
                return "dead-lettered"
        return ""

    def end(self) -> None:
        """Nothing is kept back."""


def verify_counts(settings: Environment, options: Options, now: datetime | None = None) -> Verification:
    """Compares numbers by kind: COUNT(*) of the source with a scan of the table's keys.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    begun = time.perf_counter()
    job = open_job(settings, options, now)
    kinds: Counter[str] = Counter()
    ignored: Counter[str] = Counter()
    lock = threading.Lock()
    with closing(Progress("verify", max(job.item_count, 0), unit="items", quiet=options.quiet)) as progress:
        items = scan(
            job.transport, settings.table_name, job.segments, options.workers,
            lambda: _KeyReader(kinds, ignored, lock, job), projection="PK, SK", progress=progress,
        )  # fmt: skip
    wanted = [kind for step in job.steps for kind in KINDS[step.name]]
    with LegacyDatabase(job.source) as database:
        lines = [KindLine(kind, _count(database, kind, job), kinds[kind]) for kind in wanted]
    if kinds[TEXTS]:
        lines.append(KindLine(TEXTS, None, kinds[TEXTS]))
    if kinds[UNKNOWN]:
        lines.append(KindLine(UNKNOWN, 0, kinds[UNKNOWN]))
    rows = sum(line.source or 0 for line in lines if line.kind in {names[0] for names in KINDS.values()})
    return Verification(
        "counts", lines, rows, items, time.perf_counter() - begun, Differences(0), Counter(), ignored,
        job.dead, job.letters, job.notes,
    )  # fmt: skip
