"""The reports of a move for people and for machines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from migration.checkpoint import Counts, StepState
from migration.progress import duration
from migration.rehearsal import Rehearsal
from migration.run import RunReport

FIRST = 20


def size(number: float) -> str:
    """Bytes for people: decimal units, as storage is billed."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:,.0f} {unit}" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1000
    return ""


def dollars(amount: float) -> str:
    """Money for people; small sums keep their digits."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table: the first column to the left, the others to the right."""
    cells = [list(head), *[list(row) for row in rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(w) if n == 0 else cell.rjust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def counts_table(steps: dict[str, StepState]) -> str:
    """One line a step, and the sum."""
    head = ("entity", "read", "written", "skipped", "dead", "items", "size", "WCU")

    def line(name: str, counts: Counts) -> list[str]:
        numbers = (counts.read, counts.written, counts.skipped, counts.dead, counts.items)
        return [name, *[f"{n:,}" for n in numbers], size(counts.bytes), f"{counts.wcu:,}"]

    total = Counts()
    for state in steps.values():
        total.add(state.counts)
    return table(head, [*[line(name, state.counts) for name, state in steps.items()], line("all", total)])


def rehearsal_text(result: Rehearsal) -> str:
    """What the dry run found, for people."""
    lines = [counts_table(result.steps), ""]
    lines.append(
        f"cost       {dollars(result.write_cost)} to write, {dollars(result.storage_cost)} a month to keep "
        f"(at ${result.prices.per_million_wru} per million writes, ${result.prices.per_gb_month} per GB-month)"
    )
    lines.append(
        f"duration   about {duration(result.predicted_seconds)} at {result.wcu_per_second:,.0f} WCU/s "
        f"(reading and encoding alone took {duration(result.seconds)})"
    )
    lines.append(f"table      {result.table}")
    for number, (bytes_, pk, sk) in enumerate(result.largest):
        lines.append(f"{'largest' if number == 0 else '':<11}{size(bytes_):>9}  {pk[:60]} / {sk[:50]}")
    zero = {name: state.counts.zero_dates for name, state in result.steps.items() if state.counts.zero_dates}
    for name, number in zero.items():
        lines.append(f"policy     {number:,} zero dates in {name} become no value")
    for name, state in result.steps.items():
        if state.counts.skipped:
            lines.append(
                f"policy     {state.counts.skipped:,} rows of {name} have expired and stay behind (--keep-expired)"
            )
    for name, number in result.orphans.items():
        lines.append(
            f"orphans    {number:,} rows whose {name} is not in the source any more are moved as they are"
        )
    lines += _dead_lines(result.dead)
    lines.append("nothing was written: this was a dry run")
    return "\n".join(lines)


def _dead_lines(dead: list[dict[str, Any]]) -> list[str]:
    lines = [f"dead       {e['entity']} {e['key']}: {e['reason'][:160]}" for e in dead[:FIRST]]
    if len(dead) > FIRST:
        lines.append(f"           and {len(dead) - FIRST:,} more")
    return lines


def _steps_json(steps: dict[str, StepState]) -> dict[str, Any]:
    return {name: dataclasses.asdict(state.counts) for name, state in steps.items()}


def rehearsal_json(result: Rehearsal) -> dict[str, Any]:
    """What the dry run found, for machines; rows of dead letters are left to the real run's file."""
    return {
        "dry_run": True,
        "steps": _steps_json(result.steps),
        "totals": dataclasses.asdict(result.totals),
        "write_cost_usd": result.write_cost,
        "storage_cost_usd_per_month": result.storage_cost,
        "predicted_seconds": result.predicted_seconds,
        "encode_seconds": result.seconds,
        "table": result.table,
        "largest_items": [{"bytes": b, "pk": pk, "sk": sk} for b, pk, sk in result.largest],
        "orphans": result.orphans,
        "dead_letters": result.dead,
    }


def run_text(report: RunReport, seconds: float) -> str:
    """What the real run did, for people."""
    lines = [counts_table(report.steps), ""]
    consumed = sum(state.counts.consumed for state in report.steps.values())
    if report.fresh:
        lines.append(f"done in {duration(seconds)}; the engine counted {consumed:,.0f} WCU")
    else:
        lines.append("nothing to do: this job is finished; begin it again with --restart")
    if report.throttled:
        lines.append(f"{report.throttled:,} answers were throttled and sent again")
    lines += report.notes
    for name, number in report.added_since.items():
        lines.append(
            f"the source has {number:,} more rows of {name} than were moved: stop what writes there, "
            "then move again with --restart"
        )
    if report.dead:
        lines.append(
            f"{report.dead:,} rows could not be moved, each with its reason in {report.dead_letter}; "
            "mend them in the source, then run with --retry-dead-letter"
        )
    elif not report.added_since:
        lines.append("no row was left behind; next: make dynamodb-verify")
    return "\n".join(lines)


def run_json(report: RunReport, seconds: float) -> dict[str, Any]:
    """What the real run did, for machines."""
    return {
        "dry_run": False,
        "fresh": report.fresh,
        "steps": _steps_json(report.steps),
        "dead_letters": report.dead,
        "dead_letter_file": str(report.dead_letter),
        "throttled": report.throttled,
        "added_since": report.added_since,
        "notes": report.notes,
        "seconds": seconds,
    }
