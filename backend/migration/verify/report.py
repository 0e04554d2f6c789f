"""The report of a verification as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO

from migration.verify.differences import ItemDifference
from migration.verify.item_kinds import ENTITY_OF_STEP, OPERATION
from migration.verify.parts import PartReport
from migration.verify.table_digest import OLDER_REFERENCE
from migration.verify.verification import FIRST, VerificationReport
from reporting.numbers import duration
from reporting.text import text_table

_SCOPE = {
    "contents": "compared by content",
    "counts": "compared by number only: contents were not compared",
    "sample": "compared by content: a sample, the rest was not compared",
}


def _entity(difference: ItemDifference) -> str:
    return ENTITY_OF_STEP.get(difference.step, "other")


def _listed(result: VerificationReport) -> list[str]:
    lines: list[str] = []
    by_entity: dict[str, list[ItemDifference]] = {}
    for difference in result.differences:
        by_entity.setdefault(_entity(difference), []).append(difference)
    totals: dict[str, int] = {}
    for step, number in result.differences.by_step.items():
        entity = ENTITY_OF_STEP.get(step, "other")
        totals[entity] = totals.get(entity, 0) + number
    for entity, differences in by_entity.items():
        lines += ["", f"{entity}: {totals[entity]:,} differences"]
        lines += [f"  {difference}" for difference in differences[:FIRST]]
        if totals[entity] > FIRST:
            lines.append(f"  and {totals[entity] - FIRST:,} more (--json lists all)")
    return lines


def text(result: VerificationReport) -> str:
    """The report as text: a line for each kind, what is explained, the first differences, the verdict."""
    rows = []
    for line in result.lines:
        verdict = (
            "agrees" if line.agrees else f"{line.differences:,} differ" if line.differences else "DIFFERS"
        )
        source = "not counted" if line.source is None else f"{line.source:,}"
        if line.source is None and line.agrees:
            verdict = "not compared"
        rows.append((line.kind, source, f"{line.table:,}", verdict))
    lines = [text_table(("kind", "source", "table", "verdict"), rows), ""]
    lines += [f"note       {note}" for note in result.notes]
    lines += _explained(result)
    lines += _listed(result)
    lines.append(f"took       {duration(result.seconds)}")
    lines.append(_verdict(result))
    return "\n".join(lines)


def part_text(report: PartReport) -> str:
    """The report of a part: what it read, what is wrong by itself, and what it does not prove."""
    part, count = report.part, report.part.count
    lines = [f"note       {note}" for note in report.notes]
    lines += [f"  {difference}" for difference, _ in zip(report.differences, range(FIRST), strict=False)]
    if report.unknown:
        lines.append(
            f"unknown    {report.unknown:,} items of this share have a key or a form that no reader knows"
        )
    lines.append(f"took       {duration(report.seconds)}")
    lines.append(
        f"{part}: {report.rows:,} rows of its ranges and {report.items:,} items of its share of the table were read, "
        f"and their digests are in {report.file}"
    )
    lines.append(
        "alone, this part proves that these can be read, that no item here is of an unknown kind, and that what has "
        "expired here has a row"
        if report.agrees
        else f"{report.differences.total + report.unknown:,} differences in this part alone"
    )
    lines.append(
        f"whether an item is missing, extra or changed is known when all {count} parts are combined: "
        "verify_migration.py --combine FILE..."
    )
    return "\n".join(lines)


def part_json(report: PartReport) -> dict[str, Any]:
    """The report of a part for --json."""
    return {
        "mode": "part", "part": {"number": report.part.number, "count": report.part.count}, "file": str(report.file),
        "verdict": "not_combined" if report.agrees else "differs", "rows": report.rows, "items": report.items,
        "unknown_items": report.unknown, "seconds": report.seconds, "notes": report.notes,
        "difference_count": report.differences.total + report.unknown,
        "differences": [
            {"entity": _entity(difference), **difference.as_json()} for difference in report.differences
        ],
    }  # fmt: skip


def _explained(result: VerificationReport) -> list[str]:
    """What is left out of the comparison or may be absent, by kind and with its number."""
    lines = []
    if result.dead_letters:
        lines.append(
            f"policy     {result.dead_letters:,} dead-lettered rows are left out; their reasons are in "
            f"{result.dead_letter_file}"
        )
    expired = _by_kind(result.ignored_table, "expired ")
    if result.ignored_source["expired"] or expired:
        compared = "compared with the source" if result.mode == "contents" else "not compared"
        lines.append(
            f"policy     {result.ignored_source['expired']:,} rows of usage logs have expired and may be absent; "
            f"expired items in the table, {compared}: {expired or 'none'}"
        )
    service = _by_kind(result.ignored_table, "service ")
    if service:
        lines.append(f"left out   items that only the service writes: {service}")
    if result.ignored_table["service erasure"]:
        lines.append(
            "           an erasure is an unfinished account deletion: what it removed is listed as missing"
        )
    if result.ignored_table[OPERATION]:
        lines.append(f"left out   {result.ignored_table[OPERATION]:,} records of this project's tools (OPS#)")
    if result.ignored_table[OLDER_REFERENCE]:
        lines.append(
            f"accepted   {result.ignored_table[OLDER_REFERENCE]:,} references to large texts of an older form, "
            "without a length; the service reads them"
        )
    return lines


def _by_kind(numbers: Mapping[str, int], reason: str) -> str:
    """The numbers of one reason, such as `3 session, 1 audit`."""
    return ", ".join(
        f"{number:,} {name.removeprefix(reason)}"
        for name, number in sorted(numbers.items())
        if name.startswith(reason) and number
    )


def _verdict(result: VerificationReport) -> str:
    """The last line of the report."""
    if not result.agrees:
        return f"{count_differences(result):,} differences"
    dead, expired = result.dead_letters, result.ignored_source["expired"]
    if result.compared_nothing:
        reasons = [f"{dead:,} rows are dead letters"] if dead else []
        reasons += [f"{expired:,} rows have expired"] if expired else []
        return f"nothing was compared: {' and '.join(reasons) or 'the source has no rows'}"
    text = f"everything agrees: {result.rows:,} rows, {result.items:,} items {_SCOPE[result.mode]}"
    if result.export is not None:
        text += f", as of {result.export.time}"
    return f"{text}; {dead:,} rows are dead letters and are not in the table" if dead else text


def count_differences(result: VerificationReport) -> int:
    """The number of differences; without details, every kind whose numbers differ counts as one."""
    return result.differences.total or sum(not line.agrees for line in result.lines)


def write_json(result: VerificationReport, stream: TextIO) -> None:
    """Writes the report for --json, with every difference, one at a time."""
    verdict = "nothing_compared" if result.compared_nothing else "agrees" if result.agrees else "differs"
    head = {
        "mode": result.mode,
        "verdict": verdict,
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
        "export": None if result.export is None else result.export.as_json(),
        "difference_count": count_differences(result),
    }  # fmt: skip
    stream.write(f'{json.dumps(head, ensure_ascii=False)[:-1]}, "differences": [')
    for number, difference in enumerate(result.differences):
        entry = {"entity": _entity(difference), **difference.as_json()}
        stream.write(f"{',' if number else ''}\n{json.dumps(entry, ensure_ascii=False)}")
    stream.write("]}\n")
