"""Reports of exports, as text and as JSON, and what an import of files costs."""

from __future__ import annotations

from typing import Any

from config.prices import Prices
from migration.checkpoint import StepState
from migration.files.export import ExportReport
from migration.report import counts_table, migration_json, source_lines
from reporting.numbers import byte_size, dollars, duration


def import_cost(bytes_: int, prices: Prices) -> float:
    """What ImportTable costs in dollars for so many bytes before compression."""
    return bytes_ / 1e9 * prices.per_gb_import


def export_text(report: ExportReport, seconds: float, prices: Prices) -> str:
    """The report of an export as text; `seconds` is its duration."""
    manifest = report.manifest
    lines = [counts_table(report.steps), ""]
    done = f"done in {duration(seconds)}" if report.fresh else "nothing to do: this export is finished"
    lines.append(
        f"{done}; {report.url} has {len(manifest.files):,} files with {manifest.items:,} items, "
        f"{byte_size(manifest.uncompressed)}, compressed {byte_size(manifest.compressed)}"
    )
    lines.append(
        f"an import costs {dollars(import_cost(manifest.uncompressed, prices))} at ${prices.per_gb_import} per GB"
    )
    lines += source_lines(report)
    if report.dead:
        lines.append(
            f"{report.dead:,} of {_read(report.steps):,} rows could not be exported, each with its reason in "
            f"{report.dead_letter}; after the import fix them in the source and run with --retry-dead-letter"
        )
    if report.url.startswith("s3://"):
        lines.append(f"next: make dynamodb-import ARGS={report.url}")
    else:
        lines.append(
            f"ImportTable reads from S3; next: aws s3 sync {report.url} s3://BUCKET/PREFIX, then make dynamodb-import "
            "ARGS=s3://BUCKET/PREFIX"
        )
    return "\n".join(lines)


def _read(steps: dict[str, StepState]) -> int:
    return sum(state.counts.read for state in steps.values())


def export_json(report: ExportReport, seconds: float, prices: Prices) -> dict[str, Any]:
    """The report of an export for --json; `seconds` is its duration, sizes are in bytes."""
    manifest = report.manifest
    document = migration_json(report, seconds)
    for name in ("throttled", "consumed_wcu"):  # of a table's writes
        del document[name]
    return {
        **document, "url": report.url, "job": manifest.job, "files": len(manifest.files), "items": manifest.items,
        "bytes": manifest.uncompressed, "compressed_bytes": manifest.compressed,
        "import_cost_usd": import_cost(manifest.uncompressed, prices),
    }  # fmt: skip
