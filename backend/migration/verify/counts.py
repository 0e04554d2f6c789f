"""The verification by counts: the numbers of the source against a scan of keys. It does not look at contents.

Of ledgers it reads the logs, because a log that was moved is an entry there.

Users are read and counted as the content proof expects them, because what an e-mail address or a Google
account becomes cannot be said in SQL; other kinds are counted by SQL. Problem lists, title words, day counters
and text parts cannot be counted that way; their numbers are shown but not compared.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from api.dynamodb.schema.entities import PK, SK
from config.environment import Environment
from migration.mapping import STEPS, USERS
from migration.progress import ProgressDisplay
from migration.source import LegacyDatabase
from migration.verify.absence_policy import RETENTION_SECONDS, AbsencePolicy
from migration.verify.differences import DifferenceLog
from migration.verify.item_keys import kind_of
from migration.verify.item_kinds import (
    ATTRIBUTES,
    KINDS,
    OPERATION,
    OWNER_STEPS,
    SERVICE_KINDS,
    STATEMENTS,
    STEP_OF,
    TEXTS,
    UNKNOWN,
)
from migration.verify.ledgers import USES, unpack
from migration.verify.scan import scan
from migration.verify.source_digest import ExpectedRows
from migration.verify.verification import (
    GRACE_SECONDS,
    KindSummary,
    VerificationJob,
    VerificationOptions,
    VerificationReport,
    open_job,
)

_TABLES = {step.name: step.table for step in STEPS}
_CONDITIONS = {
    "user_run": "user_id IS NOT NULL",
    "user_problem_run": "user_id IS NOT NULL AND problem_id IS NOT NULL",
}
_NOT_COUNTED = frozenset({"problem_entry", "word_entry", "usage_day"})
_IDS_PER_QUERY = 500
_EXPIRED = "expired"
_VERSION = ATTRIBUTES["problem"]["version"]
_YEAR_1 = -62_135_596_800
_LONGEST_SCAN_SECONDS = 2 * 86_400


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _key_time(moment: datetime) -> str:
    """The beginning of a moment in the sort keys of usage logs, to the second."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _count(database: LegacyDatabase, kind: str, job: VerificationJob, expired: _ExpiredTimes) -> int | None:
    """The number of items of a kind expected of the source, without dead-lettered rows; None if not countable."""
    if kind in _NOT_COUNTED:
        return None
    step = STEP_OF[kind]
    table = _TABLES[step]
    where, values = _CONDITIONS.get(kind, "1 = 1"), list[str]()
    if kind == "usage_log":
        where = "NOT (created_at >= %s AND created_at < %s)"
        values = [
            database.source_time(table, "created_at", moment) for moment in (expired.begin, expired.end)
        ]
    select = f"SELECT COUNT(*) FROM {database.table(table)} WHERE {where}"
    total = _number(database, select, values)
    dead = iter(job.policy.dead_rows(step))
    while ids := list(islice(dead, _IDS_PER_QUERY)):
        marks = ", ".join(["%s"] * len(ids))
        total -= _number(database, f"{select} AND id IN ({marks})", [*values, *ids])
    return total


def _user_counts(database: LegacyDatabase, job: VerificationJob) -> Counter[str]:
    """The numbers of items expected of the users, as the content proof expects them."""
    kinds: Counter[str] = Counter()
    last = database.last_key(USERS)
    if last is not None:
        rows = database.rows(USERS, None, last)
        for expected in ExpectedRows(USERS, job.policy, 1)(rows):
            kinds.update(kind for kind, _ in expected.records)
            # A row that cannot be moved and is no dead letter is missed.
            kinds["user"] += bool(expected.unmovable)
    return kinds


def _number(database: LegacyDatabase, sql: str, values: list[Any]) -> int:
    ((number,),) = database.query(sql, values)
    return int(number or 0)


class _ExpiredTimes:
    """The times of the usage logs that may be absent: from `begin` to before `end`.

    What expires while the table is read may be absent as well. So `end` is settled after the reading, and logs
    of the two days that may have expired until then are counted by the hour.
    """

    def __init__(self, policy: AbsencePolicy) -> None:
        self._begin_seconds = policy.as_of - RETENTION_SECONDS + 1 if policy.keep_expired else _YEAR_1
        self.begin = _moment(self._begin_seconds)
        self.end = self.first_end = self._end(policy.now)
        self.last_end = self._end(policy.now + _LONGEST_SCAN_SECONDS)

    def _end(self, now: int) -> datetime:
        """The first full hour that has not expired by `now`."""
        seconds = -(-(now - RETENTION_SECONDS + 1) // 3600) * 3600
        return _moment(max(self._begin_seconds, seconds))

    def settle(self, now: int) -> None:
        """Sets `end` to what has expired by `now`."""
        self.end = min(self._end(now), self.last_end)


class _KeyReader:
    """Counts items by kind, which follows from the key, and the logs in ledgers."""

    def __init__(
        self, total: Counter[str], hours: Counter[str], lock: threading.Lock, job: VerificationJob
    ) -> None:
        self._total = total
        self._hours = hours
        self._lock = lock
        self._steps = frozenset(step.name for step in job.steps)
        self._zone = job.policy.time_zone
        expired = _ExpiredTimes(job.policy)
        self._begin, self._first_end, self._last_end = map(
            _key_time, (expired.begin, expired.first_end, expired.last_end)
        )

    def page(self, items: Iterable[dict[str, Any]]) -> None:
        """Counts a page, and the logs in its ledgers."""
        kinds: Counter[str] = Counter()
        hours: Counter[str] = Counter()
        logs = (log for item in items if USES in item for log in unpack(item, self._zone))
        for item in chain(items, logs):
            pk, sk = item[PK]["S"], item[SK]["S"]
            kind = kind_of(pk, sk)
            if kind == "problem" and _VERSION not in item:
                kind = STATEMENTS
            step = OWNER_STEPS[pk[4:].partition("#")[0]] if kind == TEXTS else STEP_OF.get(kind)
            if step is not None and step not in self._steps:
                continue
            if kind == "usage_log" and self._begin <= sk[4:] < self._last_end:
                hours[_EXPIRED if sk[4:] < self._first_end else sk[4:17]] += 1
            else:
                kinds[kind] += 1
        with self._lock:
            self._total.update(kinds)
            self._hours.update(hours)

    def end(self) -> None:
        """Nothing to do: each page is counted at once."""


def verify_counts(
    settings: Environment, options: VerificationOptions, now: datetime | None = None
) -> VerificationReport:
    """Compares the numbers of items by kind: those expected of the source with a scan of the table's keys.

    Raises `MigrationError` or `DataLayerError` when the two cannot be compared.
    """
    started = time.perf_counter()
    now = now or options.read_at
    job = open_job(settings, options, now)
    kinds: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    lock = threading.Lock()
    with closing(
        ProgressDisplay("verify", max(job.item_count, 0), unit="items", quiet=options.quiet)
    ) as progress:
        items = scan(
            job.transport, job.settings.table_name, job.scan_plan,
            lambda: _KeyReader(kinds, hours, lock, job), projection=f"{PK}, {SK}, {USES}, {_VERSION}",
            progress=progress,
        )  # fmt: skip
    expired = _ExpiredTimes(job.policy)
    expired.settle(job.policy.now if now else int(time.time()) + GRACE_SECONDS)
    ignored: Counter[str] = Counter()
    end = _key_time(expired.end)
    for hour, number in hours.items():
        gone = hour == _EXPIRED or f"{hour}:00:00" < end
        (ignored if gone else kinds)["expired usage_log" if gone else "usage_log"] += number
    for kind in (*SERVICE_KINDS, STATEMENTS):
        ignored[f"service {kind}"] = kinds.pop(kind, 0)
    ignored[OPERATION] = kinds.pop(OPERATION, 0)
    lines = _lines(job, kinds, expired)
    rows = sum(line.source or 0 for line in lines if line.kind in {names[0] for names in KINDS.values()})
    return VerificationReport(
        "counts", lines, rows, items, time.perf_counter() - started, DifferenceLog(0), Counter(), +ignored,
        job.dead, job.letters, job.notes, options.export,
    )  # fmt: skip


def _lines(job: VerificationJob, kinds: Counter[str], expired: _ExpiredTimes) -> list[KindSummary]:
    lines = []
    with LegacyDatabase(job.source) as database:
        for step in job.steps:
            users = _user_counts(database, job) if step is USERS else None
            for kind in KINDS[step.name]:
                number = _count(database, kind, job, expired) if users is None else users[kind]
                lines.append(KindSummary(kind, number, kinds[kind]))
    if kinds[TEXTS]:
        lines.append(KindSummary(TEXTS, None, kinds[TEXTS]))
    if kinds[UNKNOWN]:
        lines.append(KindSummary(UNKNOWN, 0, kinds[UNKNOWN]))
    return lines
