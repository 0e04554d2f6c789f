"""Adding and dropping a global secondary index of a table in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from api.dynamodb.control_plane.comparison import find_index
from api.dynamodb.control_plane.declaration import IndexConfig, TableConfig
from api.dynamodb.control_plane.description import IndexDescription, TableDescription, TableSettings
from api.dynamodb.control_plane.settings import watch_index
from api.dynamodb.control_plane.validation import check_index, declaration_problems
from lifecycle import estimates, online
from lifecycle.errors import BadInput
from lifecycle.estimates import CostEstimate, Size
from lifecycle.operations.base import Context, Operation
from lifecycle.simulation import declaration_of, with_indexes


@dataclass(frozen=True)
class AddIndex(Operation):
    """Builds the index online and waits until it is ACTIVE; one at a time, as DynamoDB requires.

    A sample of the table's items is read first. Items that the index would skip and whose writes would be refused
    afterwards stop the change, unless `allow_unusable_items` is set.
    """

    config: TableConfig
    index: IndexConfig
    allow_unusable_items: bool = False

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"add index {self.index.name} ({self.index.keys_text}) to {self.table(env)}"

    def problems(self, env: str) -> list[str]:
        """What is wrong with the index beside the declared table."""
        declared = self.config.for_env(env)
        indexes = tuple(index for index in declared.indexes if index.name != self.index.name)
        config = replace(self.config, indexes=(*indexes, self.index), per_environment={})
        return declaration_problems(config, env)

    def check(self, context: Context) -> None:
        """Refuses an index that the real table cannot have."""
        table = self.find_table(context)
        if table is not None and find_index(table, self.index) is None:
            check_index(table, self.index)
            self._survey(context, table)

    def _survey(self, context: Context, table: TableDescription) -> None:
        """Raises `BadInput` for items whose writes the index would refuse. Half an RCU for each 4 KB of the sample."""
        from lifecycle.online.plan import (
            make_plan,  # here: it needs the declarations, which need the operations
        )
        from lifecycle.online.targets import IndexTarget

        if self.allow_unusable_items:
            return
        target = IndexTarget(table, self.config, (self.index,), (), declared=True)
        if refusal := make_plan(context.client, target, self.index, estimates.SAMPLE_SIZE).refusal:
            raise BadInput(
                refusal,
                hint="correct them, for instance by a change of data before, or add allow_unusable_items=True to "
                "AddIndex",
            )

    def is_done(self, context: Context) -> bool:
        """Whether the table has it and everything is ACTIVE."""
        table = self.existing_table(context)
        return find_index(table, self.index) is not None and table.is_active

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with the index."""
        before = self.existing_settings(settings, env)
        if find_index(before.table, self.index) is not None:
            return before
        index = IndexDescription(self.index, throughput=before.table.billing)
        after = with_indexes(before, {**before.table.indexes, self.index.name: index})
        declaration = replace(declaration_of(before), indexes=(*declaration_of(before).indexes, self.index))
        for problem in declaration_problems(declaration, env):
            raise BadInput(problem)
        return after

    def carry_out(self, context: Context) -> None:
        """Builds it once its items are surveyed, or waits for the build in progress."""
        self.check(context)
        online.build_index(
            context.client, self.table(context.env), self.config, self.index, progress=_progress(context)
        )
        watch_index(context.client, self.table(context.env), self.index.name)

    def estimate(self, context: Context) -> CostEstimate:
        """The backfill's writes, as if the index carried whole items."""
        return estimates.index_build(Size.of(self.find_table(context)), context.prices)


@dataclass(frozen=True)
class DropIndex(Operation):
    """Drops the index of that name and waits until it is gone.

    `replaced_by` names the index that its readers use instead: it has to be ACTIVE. Without it readers fall back to
    reading without an index, or fail, of which a plan warns.
    """

    config: TableConfig
    index_name: str
    replaced_by: str | None = None

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"drop index {self.index_name} of {self.table(env)}"

    def is_done(self, context: Context) -> bool:
        """Whether the table has no such index."""
        table = self.find_table(context)
        return table is None or self.index_name not in table.indexes

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings | None:
        """The table without the index."""
        if settings is None:
            return None
        indexes = settings.table.indexes
        return with_indexes(settings, {name: indexes[name] for name in indexes if name != self.index_name})

    def warning(self, context: Context) -> str | None:
        """That readers of the index get slower or fail, unless another one replaces it."""
        if self.replaced_by is not None:
            return None
        return (
            f"readers of {self.index_name} of {self.table(context.env)} read without an index from then on, which is "
            "slower and costs more, or fail where they have no other way"
        )

    def carry_out(self, context: Context) -> None:
        """Drops it. Raises `BadInput` while the index that replaces it is not ACTIVE."""
        if self.replaced_by is not None:
            check_readable(self.existing_table(context), self.replaced_by)
        online.drop_index(
            context.client, self.table(context.env), self.index_name, progress=_progress(context)
        )


@dataclass(frozen=True)
class SwitchReaders(Operation):
    """Stops until readers use another index: the step between adding an index and dropping the one it replaces.

    The operator deploys code that queries `new_index` and confirms it with `--readers-switched NEW_INDEX`.
    """

    config: TableConfig
    old_index: str
    new_index: str

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"readers of {self.table(env)} switch from index {self.old_index} to {self.new_index}"

    def is_done(self, context: Context) -> bool:
        """Whether nothing can read the old index any more, or the operator confirmed the switch."""
        table = self.existing_table(context)
        return self.old_index not in table.indexes or (
            self.new_index in context.readers_switched and is_readable(table, self.new_index)
        )

    def carry_out(self, context: Context) -> None:
        """Raises `BadInput`: a person has to switch the readers."""
        check_readable(self.existing_table(context), self.new_index)
        raise BadInput(
            f"readers of {self.table(context.env)} have to use {self.new_index} before {self.old_index} is dropped",
            hint=f"deploy code that queries {self.new_index}, declare it in place of {self.old_index}, then run the "
            f"same command with --readers-switched {self.new_index}",
        )


def is_readable(table: TableDescription, index_name: str) -> bool:
    """Whether the table has the index, ACTIVE. No call."""
    return index_name in table.indexes and table.indexes[index_name].is_active


def check_readable(table: TableDescription, index_name: str) -> None:
    """Raises `BadInput` unless the table has the index, ACTIVE. No call."""
    if not is_readable(table, index_name):
        raise BadInput(f"{table.name} has no ACTIVE index {index_name} to read instead", hint="add it first")


def _progress(context: Context) -> Callable[[str], None]:
    def show(line: str) -> None:
        context.check_lease()
        context.progress(f"  {line}")

    return show
