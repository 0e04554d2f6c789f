"""The report of a replay of dead letters, as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from migration.dead_letters import Letter
from reporting.text import one_line

# How many of the remaining letters a report lists; all of them are in the file.
LISTED = 100
SHOWN = 20


@dataclass
class ReplayReport:
    """The result of a replay.

    `gone` counts rows that are no longer in the source, `left` the letters that remain; `listed` has the first of
    those without their rows. `overwritten` and `kept` name stored records that were changed, or left as the service
    has them.
    """

    path: Path
    overwritten: Collection[str]
    kept: Collection[str]
    moved: int = 0
    gone: int = 0
    left: int = 0
    listed: list[Letter] = field(default_factory=list)

    def add_left(self, entry: Letter) -> None:
        """Counts a letter that remains."""
        self.left += 1
        if len(self.listed) < LISTED:
            self.listed.append({name: entry[name] for name in ("entity", "key", "reason")})

    def text(self) -> str:
        """The report as text."""
        lines = [f"overwrote  {name}" for name in islice(self.overwritten, LISTED)]
        lines += [f"kept       {name}, which the service has counted" for name in self.kept]
        lines += [
            f"dead       {e['entity']} {e['key']}: {one_line(e['reason'], 160)}" for e in self.listed[:SHOWN]
        ]
        if self.left > SHOWN:
            lines.append(f"           and {self.left - SHOWN:,} more in {self.path}")
        lines.append(
            f"{self.moved:,} rows moved, {self.gone:,} no longer in the source, {self.left:,} still dead"
        )
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """The report for --json."""
        return {
            "moved": self.moved, "gone": self.gone, "left": self.left, "left_letters": self.listed,
            "overwritten": list(self.overwritten), "kept": list(self.kept), "dead_letter_file": str(self.path),
        }  # fmt: skip
