"""The items that the table should have for units, built by the move's own encoder from rows of one snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import ItemSet
from live.follow.batch import DayOfLog, Unit
from live.follow.snapshot import Snapshot
from migration.dead_letters import STEP_BY_NAME, letter
from migration.errors import BadRow
from migration.mapping import STEPS, USAGE, Row
from migration.row_encoder import MigrationPolicy, RowEncoder
from migration.usage_ledgers import UsageLedgers


@dataclass
class UnitContent:
    """What a unit should have in the table; nothing for a row that is gone, expired or a dead letter."""

    guards: list[WireItem] = field(default_factory=list)
    parts: list[WireItem] = field(default_factory=list)
    entries: list[WireItem] = field(default_factory=list)
    main: list[WireItem] = field(default_factory=list)
    row: Row | None = None
    problem: str = ""
    waits_for: list[str] = field(default_factory=list)

    def items(self) -> list[WireItem]:
        """Every item."""
        return [*self.parts, *self.guards, *self.entries, *self.main]

    def bury(self, problem: str, waits_for: list[str] | None = None) -> None:
        """Makes the row a dead letter, of which the table has nothing."""
        self.guards, self.parts, self.entries, self.main = [], [], [], []
        self.problem, self.waits_for = problem, waits_for or []

    def letter(self, unit: Unit) -> Mapping[str, object]:
        """The dead letter of the row."""
        assert self.row is not None  # noqa: S101 (only a row has a problem)
        return letter(STEP_BY_NAME[unit.step], self.row, self.problem)


class UnitBuilder:
    """Builds what units should have. One snapshot after another; memory is bounded by the units of a call."""

    def __init__(self, policy: MigrationPolicy) -> None:
        self._policy = policy
        self._encoders = {step.name: RowEncoder(step, policy, None) for step in STEPS}
        self._day_of = DayOfLog(policy.time_zone, None)

    def build(self, snapshot: Snapshot, units: set[Unit]) -> dict[Unit, UnitContent]:
        """What each unit should have: a query for 500 rows of a table, and one for each day of a user's usage."""
        contents: dict[Unit, UnitContent] = {}
        for step in STEPS:
            ids = [unit.id for unit in units if unit.step == step.name and not unit.day]
            rows = snapshot.rows(step, ids) if ids else {}
            for row_id in sorted(ids):
                contents[Unit(step.name, row_id)] = self.of_row(step.name, rows.get(row_id))
        for unit in sorted(unit for unit in units if unit.day):
            contents[unit] = self._of_day(snapshot, unit)
        return contents

    def of_row(self, step_name: str, row: Row | None) -> UnitContent:
        """What a row should have; for a usage log its text parts alone."""
        content = UnitContent(row=row)
        if row is None:
            return content
        try:
            items = self._encoders[step_name].encode(row)
        except BadRow as error:
            content.bury(str(error))
        except RecursionError:
            content.bury("its JSON is nested too deeply")
        else:
            _add(content, items, only_parts=step_name == USAGE.name)
        return content

    def _of_day(self, snapshot: Snapshot, unit: Unit) -> UnitContent:
        """The ledgers of a user's local day, counted anew, and the logs of that day that are items of their own."""
        content, encoder = UnitContent(), self._encoders[USAGE.name]
        day, ledgers = date.fromordinal(unit.day), UsageLedgers(self._policy)
        rows = [
            row
            for row in snapshot.usage_of(unit.id, day, self._policy.time_zone)
            if row[5] is not None and self._day_of(row[5]) == day
        ]
        for row in rows:
            ledgers.count(row)
        for row in rows:
            try:
                record = encoder.record(row)
                if record is not None and not ledgers.add(record, encoder):
                    content.main.append(encoder.items(row, record).main)
            except (BadRow, RecursionError):
                continue  # a dead letter, by the unit of its row
        content.main += [ledger.item for ledger in ledgers.take(unit.id)]
        return content


def _add(content: UnitContent, items: ItemSet | None, *, only_parts: bool) -> None:
    if items is None:
        return
    content.parts = items.parts
    if not only_parts:
        content.guards, content.entries, content.main = items.guards, items.entries, [items.main]
