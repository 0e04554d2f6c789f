"""Reports of migrations and dry runs, as text and as JSON."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from migration.checkpoint import RowCounts, StepState
from migration.dead_letters import STEP_BY_NAME
from migration.dry_run import DryRunReport
from migration.mapping import STEPS
from migration.parts import KeyRange, Part, join_numbers
from migration.run import MigrationReport
from reporting.numbers import byte_size, dollars, duration
from reporting.text import one_line, text_table

FIRST = 20


def counts_table(steps: dict[str, StepState]) -> str:
    """A table of one line for each step, and the total."""
    head = ("entity", "read", "written", "skipped", "dead", "items", "size", "WCU")

    def line(name: str, counts: RowCounts) -> list[str]:
        numbers = (counts.read, counts.written, counts.skipped, counts.dead, counts.items)
        return [name, *[f"{n:,}" for n in numbers], byte_size(counts.bytes), f"{counts.wcu:,}"]

    total = RowCounts()
    for state in steps.values():
        total.add(state.counts)
    return text_table(
        head, [*[line(name, state.counts) for name, state in steps.items()], line("all", total)]
    )


def dry_run_text(report: DryRunReport) -> str:
    """The report of a dry run as text."""
    lines = [counts_table(report.steps), ""]
    lines.append(
        f"cost       {dollars(report.write_cost)} to write, {dollars(report.storage_cost)} a month to keep "
        f"(at ${report.prices.per_million_wru} per million writes, ${report.prices.per_gb_month} per GB-month)"
    )
    lines.append(
        f"by files   {dollars(report.import_cost)} to import {byte_size(report.file_bytes)} (at "
        f"${report.prices.per_gb_import} per GB before compression): no WCU, see --to-files"
    )
    lines.append(
        f"duration   about {duration(report.predicted_seconds)} at {report.wcu_per_second:,.0f} WCU/s "
        f"(reading and encoding alone took {duration(report.seconds)})"
    )
    lines.append(f"table      {report.table}")
    if report.part is not None:
        texts = (f"{name} {_range_text(keys)}" for name, keys in report.ranges.items())
        lines.append(f"range      {report.part}: {', '.join(texts)}")
    for number, (bytes_, pk, sk) in enumerate(report.largest):
        key = f"{one_line(pk, 60)} / {one_line(sk, 50)}"
        lines.append(f"{'largest' if number == 0 else '':<11}{byte_size(bytes_):>9}  {key}")
    zero = {name: state.counts.zero_dates for name, state in report.steps.items() if state.counts.zero_dates}
    for name, number in zero.items():
        lines.append(f"policy     {number:,} zero dates in {name} are stored as no value")
    for name, state in report.steps.items():
        if state.counts.skipped:
            lines.append(
                f"policy     {state.counts.skipped:,} rows of {name} have expired and are skipped "
                "(--keep-expired moves them)"
            )
    for name, number in report.orphans.items():
        lines.append(
            f"orphans    {number:,} rows whose {name} is no longer in the source are moved unchanged"
        )
    lines += _time_lines(report)
    if report.undeclared_tables:
        tables = ", ".join(one_line(name, 60) for name in report.undeclared_tables)
        lines.append(f"ignored    the source's other tables: {tables}")
    lines += _unseen_lines(report.unseen_characters)
    lines += _dead_lines(report.dead)
    lines.append("nothing was written: this was a dry run")
    return "\n".join(lines)


def _range_text(keys: KeyRange) -> str:
    """A range of ids, such as `101 to 200`."""
    first = "the first" if keys.after is None else f"{keys.after + 1}"
    return f"{first} to {'the last' if keys.until is None else keys.until}"


def _time_lines(report: DryRunReport) -> list[str]:
    """When the newest row of each step was made, in UTC and in the product's zone: a person sees a wrong zone."""
    now = datetime.now(UTC)
    lines = []
    for name, moment in report.newest.items():
        try:
            local = moment.astimezone(report.time_zone)
        except OverflowError:  # in the last hours of the year 9999
            local = moment
        line = f"newest     {name}: {moment:%Y-%m-%d %H:%M} UTC, {local:%Y-%m-%d %H:%M %Z}"
        if moment > now:
            line += "; that is in the future: set MYSQL_TIME_ZONE if the source stores local times"
        lines.append(line)
    return lines


def _unseen_lines(users: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"unseen     users {user['key']}: the e-mail address has {', '.join(user['characters'][:4])}, which nobody "
        f"sees, and is compared as '{one_line(user['email'], 80)}'"
        for user in users[:FIRST]
    ]
    return lines + _more_line(users)


def _dead_lines(dead: list[dict[str, Any]]) -> list[str]:
    lines = [f"dead       {e['entity']} {e['key']}: {one_line(e['reason'], 160)}" for e in dead[:FIRST]]
    lines += _more_line(dead)
    return lines


def _more_line(entries: list[dict[str, Any]]) -> list[str]:
    return [f"           and {len(entries) - FIRST:,} more"] if len(entries) > FIRST else []


def _steps_json(steps: dict[str, StepState]) -> dict[str, Any]:
    return {name: dataclasses.asdict(state.counts) for name, state in steps.items()}


def dry_run_json(report: DryRunReport) -> dict[str, Any]:
    """The report of a dry run for --json; dead letters come without their rows."""
    return {
        "dry_run": True,
        "part": report.part and {**dataclasses.asdict(report.part), "ranges": _ranges_json(report)},
        "steps": _steps_json(report.steps),
        "totals": dataclasses.asdict(report.totals),
        "write_cost_usd": report.write_cost,
        "file_bytes": report.file_bytes,
        "import_cost_usd": report.import_cost,
        "storage_cost_usd_per_month": report.storage_cost,
        "predicted_seconds": report.predicted_seconds,
        "encode_seconds": report.seconds,
        "table": report.table,
        "largest_items": [{"bytes": b, "pk": pk, "sk": sk} for b, pk, sk in report.largest],
        "orphans": report.orphans,
        "newest_rows": {name: moment.isoformat() for name, moment in report.newest.items()},
        "undeclared_tables": report.undeclared_tables,
        "unseen_characters": report.unseen_characters,
        "dead_letters": report.dead,
    }


def _part_json(part: Part | None, unfinished: list[int]) -> dict[str, Any] | None:
    if part is None:
        return None
    finished = [number for number in range(1, part.count + 1) if number not in unfinished]
    return {"number": part.number, "count": part.count, "finished": finished, "unfinished": unfinished}


def _ranges_json(report: DryRunReport) -> dict[str, Any]:
    return {name: dataclasses.asdict(keys) for name, keys in report.ranges.items()}


def migration_text(report: MigrationReport, seconds: float) -> str:
    """The report of a migration as text; `seconds` is its duration."""
    lines = [counts_table(report.steps), ""]
    if report.fresh:
        lines.append(f"done in {duration(seconds)}; the engine reported {report.consumed:,.0f} WCU")
    else:
        lines += _finished_lines(report)
    if report.throttled:
        lines.append(f"{report.throttled:,} throttled requests were retried")
    lines += source_lines(report)
    if report.added_since or report.changed_since:
        lines.append(
            "the table may lack what was written: stop the writers, then see what differs with make dynamodb-verify; "
            "--restart moves it again"
        )
    if report.dead:
        read = sum(state.counts.read for state in report.steps.values())
        lines.append(
            f"{report.dead:,} of {read:,} rows could not be moved, each with its reason in {report.dead_letter}; "
            "fix them in the source, then run with --retry-dead-letter"
        )
    lines += _part_lines(report)
    if (
        not report.dead
        and not report.added_since
        and not report.changed_since
        and not report.unfinished_parts
    ):
        lines.append("every row was moved; next: make dynamodb-verify")
    return "\n".join(lines)


def _part_lines(report: MigrationReport) -> list[str]:
    """What a part says of itself and of the others."""
    part, unfinished = report.part, report.unfinished_parts
    if part is None:
        return []
    if unfinished:
        return [
            f"{part} is finished; {join_numbers(unfinished)} {'are' if len(unfinished) > 1 else 'is'} not"
        ]
    return [f"{part} is finished, and so are all others"]


def source_lines(report: MigrationReport) -> list[str]:
    """What became of the source's tables since they were read."""
    lines = [
        f"source     {n:,} more rows of {name} than were moved" for name, n in report.added_since.items()
    ]
    for name, moment in report.changed_since.items():
        lines.append(f"source     {name} was written at {moment} UTC, after the move began to read it")
    return lines


def _finished_lines(report: MigrationReport) -> list[str]:
    """What a run says that had nothing to do: what was moved and when, and what moving it again would cost."""
    states = [report.steps[name] for name in report.chosen]
    moved_at = max(state.done_at for state in states)
    rows, wcu = sum(state.total for state in states), sum(state.counts.wcu for state in states)
    is_whole_job = len(states) == len(STEPS)
    entity = "" if is_whole_job else f"--entity {STEP_BY_NAME[report.chosen[0]].entity} "
    job = "this job" if report.part is None else str(report.part)
    done = (
        f"nothing to do: {job} is finished; {', '.join(report.chosen)} were moved by {moved_at} and nothing was "
        "written now"
    )
    if report.part is not None:
        return [done]
    return [
        done,
        f"to move them again, {entity}--restart removes their items, reads {rows:,} rows and writes about {wcu:,} WCU",
    ]


def migration_json(report: MigrationReport, seconds: float) -> dict[str, Any]:
    """The report of a migration for --json; `seconds` is its duration."""
    return {
        "dry_run": False,
        "fresh": report.fresh,
        "part": _part_json(report.part, report.unfinished_parts),
        "steps": _steps_json(report.steps),
        "dead_letters": report.dead,
        "dead_letter_file": str(report.dead_letter),
        "throttled": report.throttled,
        "consumed_wcu": report.consumed,
        "added_since": report.added_since,
        "changed_since": report.changed_since,
        "seconds": seconds,
    }
