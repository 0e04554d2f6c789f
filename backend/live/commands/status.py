"""`status`: the phase, who writes, how far the table is behind, and what waits."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from live.commands.command import OK, Command, open_move, print_report
from live.commands.verify import range_line
from migration.errors import MigrationError

if TYPE_CHECKING:
    from live.move import LiveMove

# A follower notes its status every second.
_SILENT_SECONDS = 10.0


def run(options: argparse.Namespace) -> int:
    """Prints the status. One GetItem, and a few questions to the source."""
    move = open_move(options)
    report = status_report(move)
    print_report(options, report, _text(report))
    return OK


def status_report(move: LiveMove) -> dict[str, Any]:
    """The status, for machines. Raises `MigrationError` when no live move was prepared."""
    from live.state import SERVICE
    from live.switching.back import back_report

    state = move.require_state()
    report: dict[str, Any] = {
        "table": move.table, "source": str(move.source), "phase": state.phase, "since": state.since,
        "epoch": state.epoch, "writer": state.writer, "following": False,
    }  # fmt: skip
    if state.writer == SERVICE:
        return report | back_report(move, state)
    if not move.ledger_path.exists():
        return report
    with move.opened_ledger() as ledger:
        status = ledger.report("status")
        position = ledger.position
        report |= {
            "position": None if position is None else str(position),
            "dead_letters": ledger.count_letters(),
            "last_proof": ledger.report("proof") or None,
            "proof_in_ranges": ledger.report("ranges") or None,
            "status": status,
        }
    if status:
        report["following"] = time.time() - status["at"] < _SILENT_SECONDS
    try:
        end, behind = move.behind(position)
    except MigrationError as error:  # what the ledger knows is worth showing all the same
        report["source_error"] = str(error)
        return report
    report |= {"source_position": str(end), "bytes_behind": behind}
    return report


def _text(report: dict[str, Any]) -> str:
    lines = [
        f"{report['source']} to {report['table']}: {report['phase']} since {report['since']}, epoch {report['epoch']}",
        f"writes: {report['writer']}",
    ]
    if "gate" in report:
        lines.append(f"gate in MySQL: {report['gate']}; stream last read: {report['stream_read'] or 'never'}")
        lines.append(f"{len(report['letters']):,} things could not be written to MySQL")
        lines += [
            f"  {letter['kind']} {letter['thing']}: {letter['reason']}" for letter in report["letters"][:20]
        ]
    status = report.get("status")
    if status:
        at = datetime.fromtimestamp(status["at"], UTC).isoformat(sep=" ", timespec="seconds")
        lines.append(
            f"following, status of {at} UTC"
            if report["following"]
            else f"nothing follows since {at} UTC: run make dynamodb-live-start"
        )
        if "lag_s" in status:
            lines.append(
                f"lag {status['lag_s']:.2f} s; of the last minute median {status['median_s']:.2f}, 99 % within "
                f"{status['p99_s']:.2f}, worst {status['worst_s']:.2f} s"
            )
        lines.append(
            f"{status['rows']:,} changes read, {status['keys']:,} keys applied at {status['keys_per_s']:,} a second, "
            f"{status['items']:,} items written, {status['removed']:,} removed, {status['write_units']:,} WCU"
        )
        if status.get("eta_s"):
            lines.append(f"at this pace it has caught up in about {status['eta_s']:,} s")
        if status["open_xa"]:
            lines.append(f"XA transactions prepared and not finished: {', '.join(status['open_xa'])}")
    if report.get("position"):
        behind = report.get("bytes_behind")
        distance = "" if behind is None else f", {behind:,} bytes behind {report['source_position']}"
        lines.append(f"applied up to {report['position']}{distance}")
        lines.append(f"{report['dead_letters']:,} dead letters")
        proof = report["last_proof"]
        lines.append(
            f"last proof: {proof['ended']}, {proof['persistent']:,} persistent differences"
            if proof
            else "not verified yet: run make dynamodb-live-verify"
        )
        if (ranges := report["proof_in_ranges"]) and ranges["rows"]:
            lines.append(range_line(ranges))
    if report.get("source_error"):
        lines.append(report["source_error"])
    return "\n".join(lines)


COMMAND = Command("show the phase, the lag, and what waits", run)
