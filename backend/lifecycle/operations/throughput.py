"""Billing of a table and its indexes: on demand, or provisioned throughput."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lifecycle import estimates
from lifecycle.declaration import TableConfig, Throughput
from lifecycle.drift import text
from lifecycle.estimates import Estimate
from lifecycle.observed import billing_of
from lifecycle.operations.base import AS_DECLARED, AsDeclared, Context, Operation
from lifecycle.tables import ask, wait_active


@dataclass(frozen=True)
class SetBilling(Operation):
    """Bills the table and its indexes on demand (None), or provisions the same throughput for each of them."""

    config: TableConfig
    throughput: Throughput | AsDeclared | None = AS_DECLARED

    def wanted(self, env: str) -> Throughput | None:
        """The throughput in that environment, None on demand."""
        return self.config.for_env(env).billing if self.throughput is AS_DECLARED else self.throughput

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"billing of {self.table(env)}: {text(self.wanted(env) or 'on demand')}"

    def problems(self, env: str) -> list[str]:
        """What is wrong with the numbers."""
        wanted = self.wanted(env)
        if wanted is not None and min(wanted.read, wanted.write) < 1:
            return [f"{self.table(env)}: provisioned throughput is 1 or more"]
        return []

    def is_done(self, context: Context) -> bool:
        """Whether table and indexes are billed so."""
        found, wanted = self.described(context), self.wanted(context.env)
        return billing_of(found) == wanted and not self._lagging(found, wanted)

    def carry_out(self, context: Context) -> None:
        """One UpdateTable of what differs; AWS takes a few changes of the mode a day."""
        name, wanted = self.table(context.env), self.wanted(context.env)
        wait_active(context.client, name, context.still_mine)
        found = self.described(context)
        request: dict[str, Any] = {}
        if wanted is None:
            request["BillingMode"] = "PAY_PER_REQUEST"
        else:
            if billing_of(found) is None:
                request["BillingMode"] = "PROVISIONED"
            if billing_of(found) != wanted:
                request["ProvisionedThroughput"] = wanted.definition()
            if late := self._lagging(found, wanted):
                request["GlobalSecondaryIndexUpdates"] = [
                    {"Update": {"IndexName": index, "ProvisionedThroughput": wanted.definition()}}
                    for index in late
                ]
        ask(context.client, "UpdateTable", name, **request)
        wait_active(context.client, name, context.still_mine)

    def estimate(self, context: Context) -> Estimate:
        """Provisioned throughput by the month; on demand nobody can tell before it is used."""
        wanted = self.wanted(context.env)
        if wanted is None:
            return Estimate(0.0, None, 60)
        tables = 1 + len(self.described(context).get("GlobalSecondaryIndexes") or [])
        return Estimate(0.0, tables * estimates.provisioned(wanted.read, wanted.write), 60)

    @staticmethod
    def _lagging(found: Any, wanted: Throughput | None) -> list[str]:
        """The indexes whose throughput is another."""
        if wanted is None:
            return []
        indexes = found.get("GlobalSecondaryIndexes") or []
        return [index["IndexName"] for index in indexes if billing_of(index) != wanted]
