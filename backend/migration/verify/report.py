"""The report of a verification, for people and for machines."""

from __future__ import annotations

from typing import Any

from migration.progress import duration
from migration.report import table
from migration.verify.describe import Difference
from migration.verify.kinds import ENTITY_OF_STEP
from migration.verify.run import FIRST, Verification

_SCOPE = {
    "contents": "compared by content",
    "counts": "compared by number alone: contents were not looked at",
    "sample": "compared by content: a sample, the rest was not looked at",
}


def _entity(difference: Difference) -> str:
    return ENTITY_OF_STEP.get(difference.step, "other")


def _listed(result: Verification) -> list[str]:
    lines: list[str] = []
    by_entity: dict[str, list[Difference]] = {}
    for difference in result.differences.kept:
        by_entity.setdefault(_entity(difference), []).append(difference)
    totals: dict[str, int] = {}
    for step, number in result.differences.by_step.items():
        entity = ENTITY_OF_STEP.get(step, "other")
        totals[entity] = totals.get(entity, 0) + number
    for entity, found in by_entity.items():
        lines += ["", f"{entity}: {totals[entity]:,} differences"]
        lines += [f"  {difference}" for difference in found[:FIRST]]
        if totals[entity] > FIRST:
            lines.append(f"  and {totals[entity] - FIRST:,} more (--json lists all)")
    return lines


def text(result: Verification) -> str:
    """For people: a line a kind, what policies left out, the first differences, the verdict."""
    rows = []
    for line in result.lines:
        verdict = (
            "agrees" if line.agrees else f"{line.differences:,} differ" if line.differences else "DIFFERS"
        )
        source = "not counted" if line.source is None else f"{line.source:,}"
        if line.source is None and line.agrees:
            verdict = "not compared"
        rows.append((line.kind, source, f"{line.table:,}", verdict))
    lines = [table(("kind", "source", "table", "verdict"), rows), ""]
    lines += [f"note       {note}" for note in result.notes]
    if result.dead_letters:
        there = result.ignored_table["dead-lettered"]
        lines.append(
            f"policy     {result.dead_letters:,} dead-lettered rows are left out ({there:,} items of theirs are in "
            f"the table); they and their reasons are in {result.dead_letter_file}"
        )
    if result.ignored_source["expired"] or result.ignored_table["expired"]:
        lines.append(
            f"policy     {result.ignored_source['expired']:,} rows and {result.ignored_table['expired']:,} items "
            "have expired and may be there or not"
        )
    lines += _listed(result)
    lines.append(f"took       {duration(result.seconds)}")
    if result.agrees:
        lines.append(f"everything agrees: {result.rows:,} rows, {result.items:,} items {_SCOPE[result.mode]}")
    else:
        lines.append(f"{problems(result):,} differences")
    return "\n".join(lines)


def problems(result: Verification) -> int:
    """How many differences there are; a count that differs is one where nothing more is known."""
    return result.differences.total or sum(not line.agrees for line in result.lines)


def as_json(result: Verification) -> dict[str, Any]:
    """For machines: everything."""
    return {
        "mode": result.mode,
        "agrees": result.agrees,
        "rows": result.rows,
        "items": result.items,
        "seconds": result.seconds,
        "kinds": [
            {
                "kind": line.kind, "source": line.source, "table": line.table,
                "agrees": line.agrees, "differences": line.differences,
            }
            for line in result.lines
        ],
        "ignored": {"source": dict(result.ignored_source), "table": dict(result.ignored_table)},
        "dead_letters": result.dead_letters,
        "dead_letter_file": str(result.dead_letter_file) if result.dead_letter_file else None,
        "notes": result.notes,
        "difference_count": problems(result),
        "differences": [
            {"entity": _entity(difference), **difference.as_json()} for difference in result.differences.kept
        ],
    }  # fmt: skip
