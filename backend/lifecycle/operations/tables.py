"""Creating a table with everything that is declared of it, and deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from api.dynamodb.control_plane import creation
from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import STANDARD, TableConfig
from api.dynamodb.control_plane.description import TableDescription, TableSettings
from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.control_plane.validation import declaration_problems
from api.dynamodb.control_plane.waiting import wait_until_active
from api.dynamodb.errors import ConditionFailed
from lifecycle import estimates
from lifecycle.errors import BadInput
from lifecycle.estimates import CostEstimate, Size
from lifecycle.operations.base import Context, Operation
from lifecycle.operations.sample_items import SAMPLE_ENV, encode_item, sample_problems
from lifecycle.simulation import created_table
from reporting.numbers import plural

_CREATING = "creating"


@dataclass(frozen=True)
class CreateTable(Operation):
    """Creates the table with its indexes, stream, tags, TTL and recovery; in `dev` with its sample items.

    An existing table is left as it is if its keys and indexes are as declared; TTL and recovery are turned on
    where a killed run left them off.
    """

    config: TableConfig
    creates_table: ClassVar[bool] = True

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        declared = self.config.for_env(env)
        parts = [plural(len(declared.indexes), "index", "indexes")] if declared.indexes else []
        parts += [f"TTL on {declared.ttl}"] if declared.ttl else []
        parts += [f"stream {declared.stream}"] if declared.stream else []
        parts += ["recovery"] if declared.recovery else []
        parts += [f"class {declared.table_class}"] if declared.table_class != STANDARD else []
        parts += [f"insights {declared.insights}"] if declared.insights else []
        if env == SAMPLE_ENV and declared.sample_items:
            parts.append(plural(len(declared.sample_items), "sample item"))
        return f"create table {self.table(env)}" + (f" with {', '.join(parts)}" if parts else "")

    def effect(self, env: str) -> Mapping[str, Any]:
        """The declaration for that environment, with the sample items where they are written."""
        declared = replace(self.config.for_env(env), per_environment={})
        return {"declaration": declared if env == SAMPLE_ENV else replace(declared, sample_items=())}

    def problems(self, env: str) -> list[str]:
        """What is wrong with the declaration and its sample items."""
        return [*declaration_problems(self.config, env), *sample_problems(self.config, env)]

    def check(self, context: Context) -> None:
        """Refuses an existing table with other keys or indexes."""
        table = self.find_table(context)
        if table is not None and table.status != "DELETING":
            self._check_structure(table, context.env)

    def _check_structure(self, table: TableDescription, env: str) -> None:
        try:
            creation.check_structure(self.config.for_env(env), table)
        except TableChangeError as error:
            raise BadInput(
                Exception.__str__(error),
                hint="if this table is to be changed by these changes from now on, or was before, see: adopt; "
                "otherwise delete it, or name the new table otherwise",
            ) from error

    def is_done(self, context: Context) -> bool:
        """Whether the table exists, ACTIVE, with TTL and recovery as declared, and its sample items are written."""
        if context.checkpoint.get(_CREATING):
            return False
        return creation.is_complete(context.client, self.config, context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The declared table; an existing one keeps its settings but TTL and recovery that are declared."""
        created = created_table(self.config, env)
        if settings is None or settings.table.status == "DELETING":
            return created
        self._check_structure(settings.table, env)
        return replace(
            settings,
            ttl=created.ttl or settings.ttl,
            recovery=created.recovery or settings.recovery,
            insights=created.insights if self.config.for_env(env).insights else settings.insights,
        )

    def carry_out(self, context: Context) -> None:
        """Creates the table, or completes it."""
        is_ours = bool(context.checkpoint.get(_CREATING))

        def before_create() -> None:
            # Saved first: sample items are written to a table that this step creates, and to no other.
            nonlocal is_ours
            is_ours = True
            context.save_checkpoint({**context.checkpoint, _CREATING: True})

        creation.create_table(
            context.client, self.config, context.env, before_create=before_create,
            check_lease=context.check_lease, progress=lambda line: context.progress(f"  {line}"),
        )  # fmt: skip
        if is_ours and context.env == SAMPLE_ENV:
            self._add_sample_items(context)

    def estimate(self, context: Context) -> CostEstimate:
        """Nothing at once; provisioned throughput by the month."""
        declared = self.config.for_env(context.env)
        billed = 1 + len(declared.indexes)
        return CostEstimate(0.0, billed * estimates.throughput_dollars(declared.billing), 10)

    def _add_sample_items(self, context: Context) -> None:
        declared = self.config.for_env(context.env)
        for sample in declared.sample_items:
            try:
                call_table(
                    context.client, "PutItem", self.table(context.env), Item=encode_item(sample),
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": declared.partition.name},
                )  # fmt: skip
            except ConditionFailed:
                continue  # it was written before the run was interrupted


@dataclass(frozen=True)
class DeleteTable(Operation):
    """Deletes the table with all its data, after a finished backup or with an explicit --no-backup.

    A table that is protected against deletion is refused; with `even_protected` the protection is turned off
    once the backup is finished.
    """

    config: TableConfig
    even_protected: bool = False
    deletes_table: ClassVar[bool] = True

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"DELETE table {self.table(env)} and all its data"

    def is_done(self, context: Context) -> bool:
        """Whether there is no such table."""
        return self.find_table(context) is None

    def simulate(self, settings: TableSettings | None, env: str) -> None:
        """No table."""
        self._refuse_protected(None if settings is None else settings.table)

    def check(self, context: Context) -> None:
        """Refuses a protected table."""
        self._refuse_protected(self.find_table(context))

    def _refuse_protected(self, table: TableDescription | None) -> None:
        if table is not None and table.protected and not self.even_protected:
            raise BadInput(
                f"table {table.name} is protected against deletion",
                hint="turn it off by a change with SetProtection(config, False) first",
            )

    def carry_out(self, context: Context) -> None:
        """Backs up, deletes and waits until it is gone."""
        client, table = context.client, self.find_table(context)
        if table is not None and table.status != "DELETING":
            self.check(context)
            wait_until_active(client, table.name, context.check_lease)
            if context.back_up is not None:
                context.back_up(table.name)
            if table.protected:
                context.check_lease()
                call_table(client, "UpdateTable", table.name, DeletionProtectionEnabled=False)
        creation.delete_table(client, self.table(context.env), check_lease=context.check_lease)

    def estimate(self, context: Context) -> CostEstimate:
        """The backup's price by the month."""
        size = Size.of(self.find_table(context))
        monthly = 0.0 if context.back_up is None else size.gigabytes * estimates.DOLLARS_PER_GB_MONTH_BACKUP
        return CostEstimate(0.0, monthly, 30)
