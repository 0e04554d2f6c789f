"""Creating a table with all that is declared of it, and deleting one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from boto3.dynamodb.types import TypeSerializer

from api.dynamodb.errors import ConditionFailed, DataLayerError
from lifecycle import estimates
from lifecycle.declaration import TableConfig
from lifecycle.drift import structure
from lifecycle.errors import BadInput
from lifecycle.estimates import Estimate, Size
from lifecycle.observed import recovery_of, ttl_of
from lifecycle.online.calls import Busy
from lifecycle.operations.base import Context, Operation
from lifecycle.operations.settings import SetRecovery, SetTTL, unprotect
from lifecycle.tables import ask, describe, is_active, is_unsupported, wait_active, wait_gone
from lifecycle.validation import problems_of

SAMPLE_ENV = "dev"
_CREATING = "creating"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@dataclass(frozen=True)
class CreateTable(Operation):
    """Creates the table with its indexes, stream, tags, TTL and recovery; in `dev` with its sample items.

    A table that is there is left as it is, if its keys and indexes are as declared; TTL and recovery are
    turned on where they are missing, as a killed run may have left it.
    """

    config: TableConfig
    creates_table: ClassVar[bool] = True

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        here = self.config.for_env(env)
        parts = [_counted(len(here.indexes), "index", "indexes")] if here.indexes else []
        parts += [f"TTL on {here.ttl}"] if here.ttl else []
        parts += [f"stream {here.stream}"] if here.stream else []
        parts += ["recovery"] if here.recovery else []
        if env == SAMPLE_ENV and here.sample_items:
            parts.append(_counted(len(here.sample_items), "sample item", "sample items"))
        return f"create table {self.table(env)}" + (f" with {', '.join(parts)}" if parts else "")

    def problems(self, env: str) -> list[str]:
        """What is wrong with the declaration."""
        return problems_of(self.config, env)

    def check(self, context: Context) -> None:
        """Refuses a table of that name that is another."""
        found = describe(context.client, self.table(context.env))
        if found is not None and found["TableStatus"] != "DELETING":
            self._compare(context.env, found)

    def is_done(self, context: Context) -> bool:
        """Whether the table stands, ACTIVE, with TTL and recovery as declared."""
        name, here = self.table(context.env), self.config.for_env(context.env)
        found = describe(context.client, name)
        if found is None or found["TableStatus"] == "DELETING" or context.noted.get(_CREATING):
            return False
        self._compare(context.env, found)
        if not is_active(found) or (here.ttl and ttl_of(context.client, name) != here.ttl):
            return False
        return not here.recovery or recovery_of(context.client, name) is not False

    def carry_out(self, context: Context) -> None:
        """Creates the table, or completes it."""
        client, name = context.client, self.table(context.env)
        here = self.config.for_env(context.env)
        found = describe(client, name)
        if found is not None and found["TableStatus"] == "DELETING":
            wait_gone(client, name, context.still_mine)
            found = None
        noted = dict(context.noted)
        if found is None:
            # Noted before: samples go into a table that this step makes, and into no other.
            noted[_CREATING] = True
            context.note(noted)
            self._create(context, here)
        wait_active(client, name, context.still_mine)
        self._compare(context.env, describe(client, name))
        if here.ttl:
            _do(SetTTL(self.config), context)
        if here.recovery:
            _do(SetRecovery(self.config), context)
        if noted.get(_CREATING) and context.env == SAMPLE_ENV:
            self._add_samples(context, here)

    def estimate(self, context: Context) -> Estimate:
        """Nothing at once; provisioned throughput by the month."""
        billing = self.config.for_env(context.env).billing
        monthly = 0.0 if billing is None else estimates.provisioned(billing.read, billing.write)
        return Estimate(0.0, monthly * (1 + len(self.config.indexes)), 10)

    def _create(self, context: Context, here: TableConfig) -> None:
        definition = here.definition(context.env)
        name = definition.pop("TableName")
        try:
            ask(context.client, "CreateTable", name, **definition)
        except Busy:
            return  # it is there: a lost answer, or somebody else was first; it is compared below
        except DataLayerError as failure:
            # Some local engines refuse tags outright; they have nobody to bill.
            if not (is_unsupported(failure) and definition.pop("Tags", None)):
                raise
            ask(context.client, "CreateTable", name, **definition)

    def _compare(self, env: str, found: Mapping[str, Any]) -> None:
        wrong = [one for one in structure(self.config.for_env(env), found).differences if one.kind != "state"]
        if wrong:
            raise BadInput(
                f"table {found['TableName']} exists but is not as declared ({'; '.join(map(str, wrong))})",
                hint="correct the declaration, or roll back to delete and create it again",
            )

    def _add_samples(self, context: Context, here: TableConfig) -> None:
        serialize = TypeSerializer().serialize
        for sample in here.sample_items:
            item = {name: serialize(value) for name, value in sample.items()}
            try:
                ask(
                    context.client, "PutItem", self.table(context.env), Item=item,
                    ConditionExpression="attribute_not_exists(#key)",
                    ExpressionAttributeNames={"#key": here.partition.name},
                )  # fmt: skip
            except ConditionFailed:
                continue  # it was written before the run was interrupted


def _do(operation: Operation, context: Context) -> None:
    if not operation.is_done(context):
        operation.carry_out(context)


@dataclass(frozen=True)
class DeleteTable(Operation):
    """Deletes the table with all its data, behind a finished backup or an explicit --no-backup.

    A table that is protected against deletion is refused; with `even_protected` the protection is taken
    away, once the backup is there.
    """

    config: TableConfig
    even_protected: bool = False
    deletes_table: ClassVar[bool] = True

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"DELETE table {self.table(env)} and all its data"

    def is_done(self, context: Context) -> bool:
        """Whether there is no such table."""
        return describe(context.client, self.table(context.env)) is None

    def check(self, context: Context) -> None:
        """Refuses a protected table."""
        found = describe(context.client, self.table(context.env))
        if found is not None and found.get("DeletionProtectionEnabled") and not self.even_protected:
            raise BadInput(
                f"table {self.table(context.env)} is protected against deletion",
                hint="turn it off by a change with SetProtection(config, False) first",
            )

    def carry_out(self, context: Context) -> None:
        """Backs up, deletes and waits until it is gone."""
        client, name = context.client, self.table(context.env)
        found = describe(client, name)
        if found is not None and found["TableStatus"] != "DELETING":
            self.check(context)
            wait_active(client, name, context.still_mine)
            if context.back_up is not None:
                context.back_up(name)
            if found.get("DeletionProtectionEnabled"):
                unprotect(context, name)
            context.still_mine()
            try:
                ask(client, "DeleteTable", name)
            except DataLayerError as failure:
                if failure.code not in ("ResourceNotFoundException", "ResourceInUseException"):
                    raise
        wait_gone(client, name, context.still_mine)

    def estimate(self, context: Context) -> Estimate:
        """The backup's price by the month."""
        size = Size.of(describe(context.client, self.table(context.env)))
        kept = 0.0 if context.back_up is None else size.gigabytes * estimates.DOLLARS_PER_GB_MONTH_BACKUP
        return Estimate(0.0, kept, 30)
