"""Billing of a table and its indexes: on demand, or provisioned throughput."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.comparison import setting_text
from api.dynamodb.control_plane.declaration import TableConfig, Throughput
from api.dynamodb.control_plane.description import TableDescription, TableSettings
from api.dynamodb.control_plane.waiting import wait_until_active
from lifecycle import estimates
from lifecycle.estimates import CostEstimate
from lifecycle.operations.base import AS_DECLARED, AsDeclared, Context, Operation


@dataclass(frozen=True)
class SetBilling(Operation):
    """Bills the table and its indexes on demand (None), or provisions the same throughput for each of them."""

    config: TableConfig
    throughput: Throughput | AsDeclared | None = AS_DECLARED

    def value_in(self, env: str) -> Throughput | None:
        """The throughput in that environment, None on demand."""
        return self.config.for_env(env).billing if self.throughput is AS_DECLARED else self.throughput

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"billing of {self.table(env)}: {setting_text(self.value_in(env) or 'on demand')}"

    def problems(self, env: str) -> list[str]:
        """What is wrong with the numbers."""
        throughput = self.value_in(env)
        if throughput is not None and min(throughput.read, throughput.write) < 1:
            return [f"{self.table(env)}: provisioned throughput is 1 or more"]
        return []

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether table and indexes are billed so."""
        table, throughput = self.existing_table(context), self.value_in(context.env)
        return table.billing == throughput and not self._indexes_to_update(table, throughput)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table and its indexes with that billing."""
        before, throughput = self.existing_settings(settings, env), self.value_in(env)
        indexes = {
            name: replace(index, throughput=throughput) for name, index in before.table.indexes.items()
        }
        return replace(before, table=replace(before.table, billing=throughput, indexes=indexes))

    def carry_out(self, context: Context) -> None:
        """One UpdateTable with what differs; AWS allows a few changes of the mode a day."""
        name, throughput = self.table(context.env), self.value_in(context.env)
        table = wait_until_active(context.client, name, context.check_lease)
        request: dict[str, Any] = {}
        if throughput is None:
            request["BillingMode"] = "PAY_PER_REQUEST"
        else:
            if table.billing is None:
                request["BillingMode"] = "PROVISIONED"
            if table.billing != throughput:
                request["ProvisionedThroughput"] = throughput.definition()
            if index_names := self._indexes_to_update(table, throughput):
                request["GlobalSecondaryIndexUpdates"] = [
                    {"Update": {"IndexName": index_name, "ProvisionedThroughput": throughput.definition()}}
                    for index_name in index_names
                ]
        call_table(context.client, "UpdateTable", name, **request)
        wait_until_active(context.client, name, context.check_lease)

    def estimate(self, context: Context) -> CostEstimate:
        """What the new throughput costs more by the month than the present one; on demand is billed by use."""
        throughput, table = self.value_in(context.env), self.existing_table(context)
        before = [table.billing, *(index.throughput for index in table.indexes.values())]
        monthly = len(before) * estimates.throughput_dollars(throughput)
        monthly -= sum(map(estimates.throughput_dollars, before))
        return CostEstimate(0.0, monthly, 60, by_use=throughput is None)

    @staticmethod
    def _indexes_to_update(table: TableDescription, throughput: Throughput | None) -> list[str]:
        """The names of indexes with another throughput."""
        if throughput is None:
            return []
        return [index.name for index in table.indexes.values() if index.throughput != throughput]
