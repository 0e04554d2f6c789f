"""The reports of versioned changes, for people; their JSON stands with the things themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lifecycle.drift import Comparison
from lifecycle.estimates import Estimate
from lifecycle.planning import PlannedChange
from lifecycle.standing import Standing, describe_standing


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def cost(estimate: Estimate) -> str:
    """An estimate for people."""
    parts = ["about " + duration(estimate.seconds)] if estimate.seconds is not None else []
    if estimate.dollars is None:
        parts.append("cost unknown")
    elif estimate.dollars:
        parts.append(f"up to ${estimate.dollars:.4f}")
    if estimate.monthly is None:
        parts.append("by use")
    elif estimate.monthly:
        parts.append(f"{'+' if estimate.monthly > 0 else '-'}${abs(estimate.monthly):.4f} a month")
    return ", ".join(parts)


def status_text(standings: Sequence[Standing], holder: dict[str, Any] | None) -> str:
    """A line for each change, then what should be known of it."""
    lines = []
    width = max((len(_name(standing)) for standing in standings), default=0)
    for standing in standings:
        record = standing.record
        who = f"  {record.began}  {record.by}  {record.seconds:.1f} s" if record else ""
        lines.append(f"{standing.state:<9} {_name(standing):<{width}}{who}")
        if told := describe_standing(standing):
            lines.append(f"          {told}")
        lines += [f"          backup: {arn}" for arn in (record.backups if record else [])]
    if holder is not None:
        gone = ", but is gone: the next run takes over" if holder["gone"] else ""
        lines.append(f"held by {holder['told']}{gone}")
    return "\n".join(lines or ["there are no changes"])


def _name(standing: Standing) -> str:
    if standing.change is not None:
        return standing.change.name
    return standing.record.name if standing.record else ""


def status_json(standing: Standing) -> dict[str, Any]:
    """One change, for machines."""
    record, change = standing.record, standing.change
    return {
        "change": _name(standing),
        "state": standing.state,
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
        "lost_tables": list(standing.lost),
        "advice": describe_standing(standing) or None,
    }


def plan_text(planned: Sequence[PlannedChange]) -> str:
    """Each change with its steps, what they cost, and a sum."""
    if not planned:
        return "nothing to do"
    lines = []
    for one in planned:
        goes_on = f" (goes on at step {one.goes_on + 1})" if one.goes_on else ""
        lines.append(f"{'undo' if one.direction == 'down' else 'apply'} {one.change.name}{goes_on}")
        for step in one.steps:
            lines.append(f"  {step.what}: " + ("is so already" if step.done else cost(step.estimate)))
    total = total_of(planned)
    lines.append(f"together {cost(total)}; nothing was changed")
    if any(step.deletes and not step.done for one in planned for step in one.steps):
        lines.append("WARNING: tables are deleted with all their data")
    return "\n".join(lines)


def total_of(planned: Sequence[PlannedChange]) -> Estimate:
    """The sum of what is to be done, as far as it is known."""
    every = [step.estimate for one in planned for step in one.steps if not step.done]
    return Estimate(
        sum(one.dollars or 0.0 for one in every),
        sum(one.monthly or 0.0 for one in every),
        sum(one.seconds or 0.0 for one in every),
    )


def check_text(found: Sequence[Comparison], env: str) -> str:
    """The differences of each table, and how to close them."""
    lines = []
    for one in found:
        lines.append(f"{one.table}: " + ("as declared" if not one.differences else "NOT as declared"))
        lines += [f"  {difference}" for difference in one.differences]
        if one.unknown:
            lines.append(f"  not compared, this engine knows none: {', '.join(one.unknown)}")
    kinds = {difference.kind for one in found for difference in one.differences}
    if "table" in kinds:
        lines.append(
            f"create what is missing with: python scripts/dynamodb_migrations.py migrate --env {env}"
        )
    if kinds - {"table"}:
        lines.append(f"close it with: python scripts/dynamodb_migrations.py new NAME --from-diff --env {env}")
    return "\n".join(lines or ["no table is declared"])
