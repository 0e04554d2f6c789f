"""TTL, stream, recovery, tags and deletion protection of an existing table.

Each operation takes its value, or the declaration's for the environment when none is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.dynamodb.control_plane.calls import call, call_table
from api.dynamodb.control_plane.comparison import setting_text
from api.dynamodb.control_plane.declaration import StreamView, TableConfig
from api.dynamodb.control_plane.description import (
    TableSettings,
    find_table,
    read_recovery,
    read_tags,
    read_ttl,
)
from api.dynamodb.control_plane.settings import set_recovery, set_ttl
from api.dynamodb.control_plane.waiting import wait_until, wait_until_active
from lifecycle import estimates
from lifecycle.estimates import CostEstimate, Size
from lifecycle.operations.base import AS_DECLARED, AsDeclared, Context, Operation

_TTL_SECONDS = 3600  # AWS accepts one change of a table's TTL an hour


@dataclass(frozen=True)
class SetTTL(Operation):
    """Makes items expire by an attribute, or never for None. AWS allows one such change an hour."""

    config: TableConfig
    attribute: str | AsDeclared | None = AS_DECLARED

    def value_in(self, env: str) -> str | None:
        """The attribute in that environment."""
        return self.config.for_env(env).ttl if self.attribute is AS_DECLARED else self.attribute

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"TTL of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether TTL is set so."""
        self.existing_table(context)
        ttl = read_ttl(context.client, self.table(context.env))
        return ttl.enabled_attribute == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with that TTL."""
        before = self.existing_settings(settings, env)
        return replace(before, ttl=self.value_in(env))

    def carry_out(self, context: Context) -> None:
        """Turns another attribute off first, then this one on."""
        name, attribute = self.table(context.env), self.value_in(context.env)
        set_ttl(context.client, name, attribute, check_lease=context.check_lease)

    def estimate(self, context: Context) -> CostEstimate:
        """An hour for another attribute: AWS takes so long to turn the present one off."""
        name, attribute = self.table(context.env), self.value_in(context.env)
        if attribute is None or find_table(context.client, name) is None:
            return estimates.NOTHING
        current = read_ttl(context.client, name).enabled_attribute
        return estimates.NOTHING if current in (None, attribute) else CostEstimate(seconds=_TTL_SECONDS)


@dataclass(frozen=True)
class SetStream(Operation):
    """Gives the table a stream with a view, or turns its stream off."""

    config: TableConfig
    view: StreamView | AsDeclared | None = AS_DECLARED

    def value_in(self, env: str) -> str | None:
        """The view in that environment."""
        return self.config.for_env(env).stream if self.view is AS_DECLARED else self.view

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"stream of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether the stream is set so."""
        return self.existing_table(context).stream == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with that stream."""
        before = self.existing_settings(settings, env)
        return replace(before, table=replace(before.table, stream=self.value_in(env)))

    def carry_out(self, context: Context) -> None:
        """Ends a stream with another view first; its records stay readable for a day under its own ARN."""
        view = self.value_in(context.env)
        if self.existing_table(context).stream not in (None, view):
            _update(self, context, StreamSpecification={"StreamEnabled": False})
        if view is not None:
            _update(self, context, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})


@dataclass(frozen=True)
class SetRecovery(Operation):
    """Turns point-in-time recovery on or off."""

    config: TableConfig
    on: bool | AsDeclared = AS_DECLARED

    def value_in(self, env: str) -> bool:
        """Whether it is on in that environment."""
        return self.config.for_env(env).recovery if self.on is AS_DECLARED else self.on

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"point-in-time recovery of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether it is set so; an engine without recovery counts as off."""
        self.existing_table(context)
        return bool(read_recovery(context.client, self.table(context.env))) == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with or without recovery."""
        before = self.existing_settings(settings, env)
        return replace(before, recovery=self.value_in(env))

    def carry_out(self, context: Context) -> None:
        """Turns it on or off; an engine without it is skipped with a line of progress."""
        name = self.table(context.env)
        context.check_lease()
        if not set_recovery(context.client, name, self.value_in(context.env)):
            context.progress(f"  {name}: this engine has no point-in-time recovery, skipped")

    def estimate(self, context: Context) -> CostEstimate:
        """What the continuous backup costs by the month."""
        size = Size.of(self.find_table(context))
        sign = 1 if self.value_in(context.env) else -1
        return CostEstimate(0.0, size.gigabytes * estimates.DOLLARS_PER_GB_MONTH_RECOVERY * sign, 5)


@dataclass(frozen=True)
class SetTags(Operation):
    """Gives the table exactly these tags, beside AWS's own."""

    config: TableConfig
    tags: Mapping[str, str] | AsDeclared = AS_DECLARED

    def value_in(self, env: str) -> dict[str, str]:
        """The tags in that environment."""
        return dict(self.config.for_env(env).tags if self.tags is AS_DECLARED else self.tags)

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"tags of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether the table has these tags and no others."""
        return read_tags(context.client, self.existing_table(context)) == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with these tags."""
        before = self.existing_settings(settings, env)
        return replace(before, tags=self.value_in(env))

    def carry_out(self, context: Context) -> None:
        """Removes other tags and sets these; an engine without tags is skipped with a line of progress."""
        client, table = context.client, self.existing_table(context)
        tags, current = self.value_in(context.env), read_tags(client, table)
        if current is None:
            context.progress(f"  {table.name}: this engine has no tags, skipped")
            return
        context.check_lease()
        if obsolete := sorted(set(current) - set(tags)):
            call(client, "UntagResource", table.name, ResourceArn=table.arn, TagKeys=obsolete)
        if tags:
            pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
            call(client, "TagResource", table.name, ResourceArn=table.arn, Tags=pairs)
        # Tags are eventually consistent.
        wait_until(lambda: read_tags(client, table) == tags, f"tagging {table.name}", context.check_lease)


@dataclass(frozen=True)
class SetProtection(Operation):
    """Protects the table against deletion, or allows it."""

    config: TableConfig
    on: bool | AsDeclared = AS_DECLARED

    def value_in(self, env: str) -> bool:
        """Whether it is on in that environment."""
        return self.config.for_env(env).protection if self.on is AS_DECLARED else self.on

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"deletion protection of {self.table(env)}: {setting_text(self.value_in(env))}"

    def effect(self, env: str) -> Mapping[str, Any]:
        """The value in that environment."""
        return {"value": self.value_in(env)}

    def is_done(self, context: Context) -> bool:
        """Whether protection is set so."""
        return self.existing_table(context).protected == self.value_in(context.env)

    def simulate(self, settings: TableSettings | None, env: str) -> TableSettings:
        """The table with or without protection."""
        before = self.existing_settings(settings, env)
        return replace(before, table=replace(before.table, protected=self.value_in(env)))

    def carry_out(self, context: Context) -> None:
        """Turns it on or off."""
        _update(self, context, DeletionProtectionEnabled=self.value_in(context.env))


def _update(operation: Operation, context: Context, **request: Any) -> None:
    """One UpdateTable, which DynamoDB accepts on an ACTIVE table only, and a wait until it is ACTIVE again."""
    name = operation.table(context.env)
    wait_until_active(context.client, name, context.check_lease)
    call_table(context.client, "UpdateTable", name, **request)
    wait_until_active(context.client, name, context.check_lease)
