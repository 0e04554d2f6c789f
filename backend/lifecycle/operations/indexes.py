"""Adding and dropping a global secondary index of a table in use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lifecycle import estimates, online
from lifecycle.declaration import IndexConfig, TableConfig
from lifecycle.estimates import Estimate, Size
from lifecycle.online import state
from lifecycle.operations.base import Context, Operation
from lifecycle.tables import describe, is_active
from lifecycle.validation import problems_of


@dataclass(frozen=True)
class AddIndex(Operation):
    """Builds the index online and waits until it is ACTIVE; one at a time, as DynamoDB wants it."""

    config: TableConfig
    index: IndexConfig

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        keys = " + ".join(f"{key.name}:{key.type}" for key in self.index.keys)
        return f"add index {self.index.name} ({keys}) to {self.table(env)}"

    def problems(self, env: str) -> list[str]:
        """What is wrong with the index beside the declared table."""
        here = self.config.for_env(env)
        others = tuple(one for one in here.indexes if one.name != self.index.name)
        return problems_of(replace(self.config, indexes=(*others, self.index), per_environment={}), env)

    def check(self, context: Context) -> None:
        """Refuses an index that the real table cannot have."""
        if describe(context.client, self.table(context.env)) is not None:
            now = state.describe(context.client, self.table(context.env))
            if state.check_same(now, self.index) is None:
                state.check_possible(now, self.index)

    def is_done(self, context: Context) -> bool:
        """Whether the table has it, ACTIVE."""
        found = self.described(context)
        now = state.describe(context.client, self.table(context.env))
        index = state.check_same(now, self.index)
        return index is not None and is_active(found)

    def carry_out(self, context: Context) -> None:
        """Builds it, or waits for the build that is under way."""
        online.build_index(
            context.client, self.table(context.env), self.config, self.index, progress=_progress(context)
        )

    def estimate(self, context: Context) -> Estimate:
        """The backfill's writes, as if it carried whole items."""
        found = describe(context.client, self.table(context.env))
        return estimates.index_build(Size.of(found), context.prices)


@dataclass(frozen=True)
class DropIndex(Operation):
    """Drops the index of that name, and waits until it is gone."""

    config: TableConfig
    index_name: str

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"drop index {self.index_name} of {self.table(env)}"

    def is_done(self, context: Context) -> bool:
        """Whether the table has no such index."""
        found = describe(context.client, self.table(context.env))
        indexes = [] if found is None else found.get("GlobalSecondaryIndexes") or []
        return self.index_name not in {index["IndexName"] for index in indexes}

    def carry_out(self, context: Context) -> None:
        """Drops it."""
        online.drop_index(
            context.client, self.table(context.env), self.index_name, progress=_progress(context)
        )


def _progress(context: Context) -> Callable[[str], None]:
    def say(line: str) -> None:
        context.still_mine()
        context.say(f"  {line}")

    return say
