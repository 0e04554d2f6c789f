"""A verification in parts: each part saves digests of its rows and of its share of the table; together they prove all.

A part reads the source's rows of its ranges, and the items of its segments of the table, whichever rows those come
from: every item is looked at by one part. Only the sums of all parts can be compared, bucket by bucket.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from config.environment import Environment
from migration.durable_files import replace_durably
from migration.errors import MigrationError
from migration.job import split
from migration.parts import KeyRange, Part, PartBounds, join_numbers
from migration.progress import ProgressDisplay
from migration.source import LegacyDatabase
from migration.verify.differences import AttributeDifference, DifferenceLog, ItemDifference
from migration.verify.digest import RecordDigests
from migration.verify.expired_items import ExpiredComparison
from migration.verify.item_kinds import KINDS, UNKNOWN, bucket_width
from migration.verify.row_ids import RowIds
from migration.verify.scan import ScanPlan
from migration.verify.scan_notes import ScanNotes, temporary_files
from migration.verify.source_digest import BackgroundDigest, SourceDigestJob
from migration.verify.table_digest import TableDigests, TableReader
from migration.verify.verification import (
    PROCESS_ROWS,
    Plan,
    VerificationJob,
    VerificationOptions,
    VerificationReport,
    check_row_counts,
    compare_digests,
    open_job,
    source_rows,
    summaries,
)

FORMAT = 1
_DAY_SECONDS = 86_400


@dataclass
class PartReport:
    """What one part has read: rows of the source, items of the table, and what is wrong by itself.

    `unknown` counts items of no known kind. Nothing is known yet about whether source and table agree.
    """

    part: Part
    file: Path
    rows: int
    items: int
    unknown: int
    differences: DifferenceLog
    notes: list[str]
    seconds: float

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong in what a part can see alone."""
        return not self.differences.total and not self.unknown


def verify_part(
    settings: Environment, options: VerificationOptions, part: Part, file: Path, now: datetime | None = None
) -> PartReport:
    """Digests a part's rows and its share of the table into `file`, which `combine` reads.

    Reads the table's size / 4 KB / N in RCU. Raises `MigrationError` or `DataLayerError` when either cannot be read.
    """
    started = time.perf_counter()
    job = open_job(settings, options, now, part)
    # Parts of one day leave the same logs out.
    job.policy = replace(job.policy, now=-(-job.policy.now // _DAY_SECONDS) * _DAY_SECONDS)
    with LegacyDatabase(job.source) as database:
        bounds = _bounds(job, database, part)
        plan = _plan(job, database)
        ranges = {step.name: bounds.range_of(part, step.name) for step in job.steps}
        counts = {step.name: database.count(step, ranges[step.name]) for step in job.steps}
    scan_plan = ScanPlan.of_part(part, options.workers, local=settings.endpoint_url is not None)
    reader = TableReader(job.transport, settings.table_name, job.policy, plan.widths, scan_plan)
    source_job = SourceDigestJob(job.source, job.policy, plan.widths, plan.until, ranges)
    log = DifferenceLog(None)
    total = max(job.item_count // part.count, 0)
    progress = ProgressDisplay(str(part), total, unit="items", quiet=options.quiet)
    with closing(job.transport), temporary_files(), closing(ScanNotes()) as notes:
        with (
            BackgroundDigest(source_job, process=sum(counts.values()) >= PROCESS_ROWS) as background,
            closing(progress),
        ):
            table = reader.digest(notes, progress=progress)
            source = background.result()
        _check_rows_of_part(job, ranges, counts, source, log)
        ExpiredComparison(job.source, job.policy, reader.parts, log).run(notes)
    state = {
        "format": FORMAT, "part": part.number,
        "common": _common(job, bounds, plan.widths, scan_plan.segments),
        "dead": {step: list(ids) for step, ids in job.policy.dead.items()},
        "source": _encode(source), "references": _encode(table.references), "items": _encode(table.items),
        "differences": [asdict(difference) for difference in log], "notes": job.notes,
    }  # fmt: skip
    replace_durably(file, [json.dumps(state, ensure_ascii=False).encode()])
    return PartReport(
        part, file, sum(source.rows.values()), table.items.kinds.total(), table.items.kinds[UNKNOWN], log,
        [*job.notes, *sorted(table.items.notes)], time.perf_counter() - started,
    )  # fmt: skip


def combine(
    settings: Environment, options: VerificationOptions, files: Sequence[Path], now: datetime | None = None
) -> VerificationReport:
    """Compares source and table by the files of all parts. Reads both again where digests differ, as `verify` does.

    Raises `MigrationError` for files that are not those of all parts of one verification.
    """
    started = time.perf_counter()
    states = _load(files)
    job = open_job(settings, options, now)
    job.notes = list(dict.fromkeys(note for state in states for note in state["notes"]))
    dead: dict[str, list[int]] = {}
    for state in states:
        for step, ids in state["dead"].items():
            dead.setdefault(step, []).extend(ids)
    job.policy = replace(job.policy, dead={step: RowIds(ids) for step, ids in dead.items()})
    job.dead = sum(len(job.policy.dead_rows(step.name)) for step in job.steps)
    source, table = RecordDigests(), TableDigests()
    for state in states:
        source.merge(_decode(state["source"]))
        table.references.merge(_decode(state["references"]))
        table.items.merge(_decode(state["items"]))
    log = DifferenceLog(job.limit)
    with closing(job.transport), temporary_files(), LegacyDatabase(job.source) as database:
        plan = _plan(job, database)
        common = _common(
            job, PartBounds(**states[0]["common"]["bounds"]), plan.widths, states[0]["common"]["segments"]
        )
        if json.loads(json.dumps(common)) != states[0]["common"]:
            raise MigrationError(
                "the files are of another table, source or job, or the source has grown since: verify all parts again"
            )
        for state in states:
            for difference in state["differences"]:
                log.add(_difference(difference))
        check_row_counts(job, {step.name: database.count(step) for step in job.steps}, source, log)
        expected = compare_digests(job, plan, source, table, log, now)
    return VerificationReport(
        "contents", summaries(job.steps, expected, table.items, log), source_rows(source),
        table.items.kinds.total(), time.perf_counter() - started, log, source.ignored, table.items.ignored,
        job.dead, job.letters, [*job.notes, *sorted(table.items.notes)],
    )  # fmt: skip


def _bounds(job: VerificationJob, database: LegacyDatabase, part: Part) -> PartBounds:
    """The job's own ranges when it is in as many parts, else those that the source has now."""
    bounds = None if job.state is None else job.state.bounds
    return bounds if bounds is not None and bounds.count == part.count else split(database, part.count)


def _plan(job: VerificationJob, database: LegacyDatabase) -> Plan:
    """Bucket widths that stay the same while the source grows a little, and the last keys."""
    until = {step.name: database.last_key(step) for step in job.steps}
    widths = {
        name: bucket_width(2 ** max(0, last[0]).bit_length() - 1 if last else 0)
        for name, last in until.items()
    }
    return Plan(widths, until)


def _common(
    job: VerificationJob, bounds: PartBounds, widths: Mapping[str, int], segments: int
) -> dict[str, Any]:
    """What the files of all parts have in common."""
    return {
        "count": bounds.count, "table": job.settings.table_name, "source": job.identity,
        "job": "" if job.state is None else job.state.job, "entity": job.options.entity,
        "keep_expired": job.policy.keep_expired, "time_zone": str(job.policy.time_zone), "segments": segments,
        "widths": dict(widths), "bounds": asdict(bounds),
    }  # fmt: skip


def _check_rows_of_part(
    job: VerificationJob,
    ranges: Mapping[str, KeyRange],
    counted: Mapping[str, int],
    source: RecordDigests,
    log: DifferenceLog,
) -> None:
    """Logs a difference where the rows read are not as many as the source counts before and after."""
    with LegacyDatabase(job.source) as database:
        for step in job.steps:
            read, before = source.rows[step.name], counted[step.name]
            after = before if read == before else database.count(step, ranges[step.name])
            if not min(before, after) <= read <= max(before, after):
                note = f"the source has {after:,} rows of {step.table} in this range, {read:,} could be read"
                log.add(ItemDifference("unread", KINDS[step.name][0], "", "", "", note=note, step=step.name))


def _encode(digests: RecordDigests) -> dict[str, Any]:
    return {
        "kinds": digests.kinds, "ignored": digests.ignored, "rows": digests.rows, "notes": sorted(digests.notes),
        "buckets": [
            [name, number, count, f"{digests.sums[name, number] % 2**128:x}"]
            for (name, number), count in sorted(digests.counts.items())
        ],
    }  # fmt: skip


def _decode(state: Mapping[str, Any]) -> RecordDigests:
    digests = RecordDigests(
        Counter(state["kinds"]), Counter(state["ignored"]), Counter(state["rows"]), notes=set(state["notes"])
    )
    for name, number, count, total in state["buckets"]:
        digests.add((name, number), count, int(total, 16))
    return digests


def _difference(state: dict[str, Any]) -> ItemDifference:
    details = tuple(AttributeDifference(**detail) for detail in state.pop("details"))
    return ItemDifference(**state, details=details)


def _load(files: Sequence[Path]) -> list[dict[str, Any]]:
    """The files of all parts, in order. Raises `MigrationError` naming what is missing or does not fit."""
    states: dict[int, dict[str, Any]] = {}
    for file in files:
        try:
            state = json.loads(file.read_bytes())
            if state["format"] != FORMAT:
                raise ValueError("it has another format")
            number = int(state["part"])
        except OSError as error:
            raise MigrationError(f"cannot read {file}: {error.strerror}") from None
        except (KeyError, TypeError, ValueError):
            raise MigrationError(f"{file} was not saved by a part of a verification") from None
        if number in states:
            raise MigrationError(
                f"{file} is of part {number}, as another file is: name one file of each part"
            )
        states[number] = state
    first = next(iter(states.values()))
    if any(state["common"] != first["common"] for state in states.values()):
        raise MigrationError(
            "the files do not belong together: the parts were verified with other options, or the source or the job "
            "has changed in between; verify all parts again"
        )
    count = first["common"]["count"]
    missing = [number for number in range(1, count + 1) if number not in states]
    if missing:
        raise MigrationError(
            f"part {join_numbers(missing)} of {count} is missing: run it with --part {missing[0]}/{count} --save FILE"
        )
    return [states[number] for number in sorted(states)]
