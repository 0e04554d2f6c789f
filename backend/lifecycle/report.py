"""The reports of versioned changes, for people and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.dynamodb.control_plane.comparison import TableComparison
from api.dynamodb.table.lease import Holder
from lifecycle.adoption import Adoption
from lifecycle.change_status import ChangeStatus
from lifecycle.estimates import CostEstimate
from lifecycle.planning import PlannedChange
from reporting.numbers import duration, plural


def cost_text(estimate: CostEstimate) -> str:
    """An estimate for people."""
    parts = ["about " + duration(estimate.seconds)] if estimate.seconds is not None else []
    if estimate.dollars is None:
        parts.append("cost unknown")
    elif estimate.dollars:
        parts.append(f"up to ${estimate.dollars:.4f}")
    if estimate.monthly:
        parts.append(f"{'+' if estimate.monthly > 0 else '-'}${abs(estimate.monthly):.4f} a month")
    if estimate.by_use:
        parts.append("billed by use from then on")
    return ", ".join(parts)


def holder_json(holder: Holder) -> dict[str, Any]:
    """Who holds the environment, for `status --json`."""
    return {
        "owner": holder.owner, "process": holder.pid, "since": holder.since, "gone": holder.seems_ended(),
        "text": str(holder),
    }  # fmt: skip


def status_text(statuses: Sequence[ChangeStatus], holder: Holder | None, *, elsewhere: int = 0) -> str:
    """A line for each change, with advice below it; `elsewhere` is the number of changes that are not shown."""
    lines = []
    width = max((len(status.name) for status in statuses), default=0)
    for status in statuses:
        record = status.record
        last_run = f"  {record.began}  {record.by}  {record.seconds:.1f} s" if record else ""
        if record is not None and record.adopted:
            last_run = f"  {record.began}  {record.by}  adopted"
        lines.append(f"{status.state:<9} {status.name:<{width}}{last_run}")
        if status.advice:
            lines.append(f"          {status.advice}")
        lines += [f"          backup: {arn}" for arn in (record.backups if record else [])]
    if holder is not None:
        ended = (
            ", but seems to have ended: the next run makes sure and takes over"
            if holder.seems_ended()
            else ""
        )
        lines.append(f"locked by {holder}{ended}")
    lines = lines or ["there are no changes"]
    if elsewhere:
        lines.append(f"and {plural(elsewhere, 'change')} of other folders, which --all shows")
    return "\n".join(lines)


def status_json(status: ChangeStatus) -> dict[str, Any]:
    """One change, for machines."""
    record, change = status.record, status.change
    return {
        "change": status.name,
        "state": status.state,
        "group": change.group if change else record.group if record else None,
        "description": change.description if change else None,
        "depends_on": list(change.depends_on) if change else [],
        "by": record.by if record else None,
        "began": record.began if record else None,
        "ended": record.ended if record else None,
        "seconds": record.seconds if record else None,
        "steps_done": record.steps_done if record else 0,
        "steps": record.steps if record else None,
        "checksum": record.checksum if record else None,
        "error": record.error if record else None,
        "backups": record.backups if record else [],
        "adopted": record.adopted if record else False,
        "lost_tables": list(status.lost),
        "advice": status.advice or None,
    }


def adoption_text(adoption: Adoption, *, dry_run: bool) -> str:
    """The changes that were recorded, and the tables that differ with what to do about them."""
    verb = "would record" if dry_run else "recorded"
    lines = [f"{verb} {change.name} as applied" for change in adoption.changes]
    lines += [str(each) for each in adoption.differences]
    if adoption.differences:
        nearest = adoption.differences[0].change
        lines.append(
            f"record a change of a table that differs with: adopt --target {nearest} --despite-differences; "
            "then close the differences with: new NAME --from-diff"
        )
    return "\n".join(lines or ["nothing to record: no pending change is in effect already"])


def plan_text(planned: Sequence[PlannedChange], warnings: Sequence[str] = ()) -> str:
    """Each change with its steps, their cost, the total, and warnings."""
    warning_lines = [f"WARNING: {warning}" for warning in warnings]
    if not planned:
        return "\n".join(["nothing to do", *warning_lines])
    lines = []
    for entry in planned:
        first_step = f" (continues at step {entry.first_step + 1})" if entry.first_step else ""
        lines.append(f"{'undo' if entry.direction == 'down' else 'apply'} {entry.change.name}{first_step}")
        for step in entry.steps:
            lines.append(
                f"  {step.description}: " + ("already done" if step.done else cost_text(step.estimate))
            )
            lines += [f"    {line}" for line in (step.preview.lines() if step.preview else [])]
            lines += [f"    WARNING: {step.warning}"] if step.warning else []
    lines.append(f"total {cost_text(total_cost(planned))}; nothing was changed")
    if any(step.deletes and not step.done for entry in planned for step in entry.steps):
        lines.append("WARNING: tables are deleted with all their data")
    return "\n".join(lines + warning_lines)


def total_cost(planned: Sequence[PlannedChange]) -> CostEstimate:
    """The sum of the steps that are not done; unknown amounts count as 0."""
    estimates = [step.estimate for entry in planned for step in entry.steps if not step.done]
    return CostEstimate(
        sum(estimate.dollars or 0.0 for estimate in estimates),
        sum(estimate.monthly for estimate in estimates),
        sum(estimate.seconds or 0.0 for estimate in estimates),
        any(estimate.by_use for estimate in estimates),
    )


def check_text(comparisons: Sequence[TableComparison], migrate: str, new: str) -> str:
    """The differences of each table, and how to close them: by the command lines `migrate` and `new`."""
    lines = []
    for comparison in comparisons:
        verdict = "NOT as declared" if comparison.differences else "as declared"
        lines.append(f"{comparison.table}: {verdict}")
        lines += [f"  {difference}" for difference in comparison.differences]
        if comparison.unknown:
            lines.append(f"  not compared, this engine has none: {', '.join(comparison.unknown)}")
    kinds = {difference.kind for comparison in comparisons for difference in comparison.differences}
    if "table" in kinds:
        lines.append(f"create missing tables with: {migrate}")
    if kinds - {"table"}:
        lines.append(f"close the differences with: {new}")
    return "\n".join(lines or ["no table is declared"])
