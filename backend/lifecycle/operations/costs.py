"""What a table costs and what is seen of its keys: its class, and CloudWatch Contributor Insights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.comparison import has_insights, setting_text
from api.dynamodb.control_plane.declaration import STANDARD, InsightsMode, TableClass, TableConfig
from api.dynamodb.control_plane.description import NO_INSIGHTS, TableSettings, read_insights
from api.dynamodb.control_plane.settings import set_insights
from api.dynamodb.control_plane.waiting import wait_until_active
from lifecycle.estimates import CostEstimate, Size
from lifecycle.operations.base import AS_DECLARED, AsDeclared, Context, Operation


@dataclass(frozen=True)
class SetTableClass(Operation):
    """Changes the class of a table and its indexes: how storage and requests are priced. In place, no downtime.

    AWS allows two changes within 30 days.
    """

    config: TableConfig
    table_class: TableClass | AsDeclared = AS_DECLARED

    def value_in(self, env: str) -> TableClass:
        """The class in that environment."""
        if self.table_class is AS_DECLARED:
            return self.config.for_env(env).table_class
        return self.table_class

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"class of {self.table(env)}: {self.value_in(env)}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether the table has the class; an engine without classes has the standard one."""
        return (self.existing_table(context).table_class or STANDARD) == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table in that class."""
        before = self.existing_settings(settings, env)
        return replace(before, table=replace(before.table, table_class=self.value_in(env)))

    def carry_out(self, context: Context) -> None:
        """One UpdateTable; an engine without classes is skipped with a line of progress."""
        name = self.table(context.env)
        if wait_until_active(context.client, name, context.check_lease).table_class is None:
            context.progress(f"  {name}: this engine has no table classes, skipped")
            return
        call_table(context.client, "UpdateTable", name, TableClass=self.value_in(context.env))
        wait_until_active(context.client, name, context.check_lease)

    def estimate(self, context: Context) -> CostEstimate:
        """What its storage costs more or less by the month; what its requests cost depends on their number."""
        table = self.existing_table(context)
        before, after = (
            1.0 if table_class == STANDARD else context.prices.infrequent_storage
            for table_class in (table.table_class or STANDARD, self.value_in(context.env))
        )
        monthly = Size.of(table).gigabytes * context.prices.per_gb_month * (after - before)
        return CostEstimate(0.0, monthly, 60, by_use=True)

    def warning(self, context: Context) -> str | None:
        """What the other class makes dearer."""
        prices = context.prices
        more = f"{(prices.infrequent_requests - 1) * 100:.0f} % more"
        limit = "AWS allows two changes of the class within 30 days"
        if self.value_in(context.env) == STANDARD:
            return limit
        return (
            f"every read and write costs {more} in this class, so that it pays where storage is more than "
            f"{prices.infrequent_from_share * 100:.0f} % of the table's bill; {limit}"
        )


@dataclass(frozen=True)
class SetInsights(Operation):
    """Sets Contributor Insights of the table and its indexes: the keys that are throttled, or used most, or None."""

    config: TableConfig
    mode: InsightsMode | AsDeclared | None = AS_DECLARED

    def value_in(self, env: str) -> InsightsMode | None:
        """The mode in that environment."""
        return self.config.for_env(env).insights if self.mode is AS_DECLARED else self.mode

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"Contributor Insights of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether table and indexes are watched so; an engine without insights counts as off."""
        actual = read_insights(context.client, self.existing_table(context))
        return has_insights(self.value_in(context.env), actual or NO_INSIGHTS)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with that mode."""
        return replace(self.existing_settings(settings, env), insights=self.value_in(env) or NO_INSIGHTS)

    def carry_out(self, context: Context) -> None:
        """Sets the table and each of its indexes; an engine without it is skipped with a line of progress."""
        table = wait_until_active(context.client, self.table(context.env), context.check_lease)
        mode = self.value_in(context.env)
        if not set_insights(context.client, table.name, table.indexes, mode, context.check_lease):
            context.progress(f"  {table.name}: this engine has no Contributor Insights, skipped")

    def estimate(self, context: Context) -> CostEstimate:
        """Billed by the events that it counts."""
        return CostEstimate(0.0, 0.0, 5, by_use=self.value_in(context.env) is not None)
