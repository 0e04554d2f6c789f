"""TTL, stream, recovery, tags and deletion protection of a table that is there.

Each takes its value, or takes the declaration's for the environment when none is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.dynamodb.errors import DataLayerError, InvalidInput
from lifecycle import estimates
from lifecycle.declaration import StreamView, TableConfig
from lifecycle.drift import text
from lifecycle.errors import BadInput
from lifecycle.estimates import Estimate, Size
from lifecycle.observed import recovery_of, stream_of, tags_of, ttl_of
from lifecycle.operations.base import AS_DECLARED, AsDeclared, Context, Operation
from lifecycle.tables import ask, call, describe, is_unsupported, wait, wait_active


@dataclass(frozen=True)
class SetTTL(Operation):
    """Lets items expire by an attribute, or by none. AWS takes one such change an hour."""

    config: TableConfig
    attribute: str | AsDeclared | None = AS_DECLARED

    def wanted(self, env: str) -> str | None:
        """The attribute in that environment."""
        return self.config.for_env(env).ttl if self.attribute is AS_DECLARED else self.attribute

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"TTL of {self.table(env)}: {text(self.wanted(env))}"

    def is_done(self, context: Context) -> bool:
        """Whether it is so."""
        self.described(context)
        return ttl_of(context.client, self.table(context.env)) == self.wanted(context.env)

    def carry_out(self, context: Context) -> None:
        """Turns another attribute off first, then this one on."""
        name, wanted = self.table(context.env), self.wanted(context.env)
        now = ttl_of(context.client, name)
        if now is not None and now != wanted:
            self._set(context, name, now, enabled=False)
            wait(
                lambda: self._status(context, name) == "DISABLED", f"turning off TTL of {name}",
                context.still_mine,
            )  # fmt: skip
        if wanted is not None and now != wanted:
            self._set(context, name, wanted, enabled=True)

    @staticmethod
    def _status(context: Context, name: str) -> str:
        answer = ask(context.client, "DescribeTimeToLive", name)["TimeToLiveDescription"]
        return str(answer["TimeToLiveStatus"])

    @staticmethod
    def _set(context: Context, name: str, attribute: str, *, enabled: bool) -> None:
        context.still_mine()
        try:
            ask(
                context.client, "UpdateTimeToLive", name,
                TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute},
            )  # fmt: skip
        except InvalidInput as failure:
            if "multiple times" not in failure.aws_message:
                raise
            raise BadInput(
                f"AWS takes one change of the TTL of {name} an hour", hint="run migrate again in an hour"
            ) from failure


@dataclass(frozen=True)
class SetStream(Operation):
    """Gives the table a stream with a view, or takes it away."""

    config: TableConfig
    view: StreamView | AsDeclared | None = AS_DECLARED

    def wanted(self, env: str) -> str | None:
        """The view in that environment."""
        return self.config.for_env(env).stream if self.view is AS_DECLARED else self.view

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"stream of {self.table(env)}: {text(self.wanted(env))}"

    def is_done(self, context: Context) -> bool:
        """Whether it is so."""
        return stream_of(self.described(context)) == self.wanted(context.env)

    def carry_out(self, context: Context) -> None:
        """Ends a stream with another view first; what was in it stays readable for a day under its own ARN."""
        wanted = self.wanted(context.env)
        if stream_of(self.described(context)) not in (None, wanted):
            _update(self, context, StreamSpecification={"StreamEnabled": False})
        if wanted is not None:
            _update(self, context, StreamSpecification={"StreamEnabled": True, "StreamViewType": wanted})


@dataclass(frozen=True)
class SetRecovery(Operation):
    """Turns point-in-time recovery on or off."""

    config: TableConfig
    on: bool | AsDeclared = AS_DECLARED

    def wanted(self, env: str) -> bool:
        """Whether it is on in that environment."""
        return self.config.for_env(env).recovery if self.on is AS_DECLARED else self.on

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"point-in-time recovery of {self.table(env)}: {text(self.wanted(env))}"

    def is_done(self, context: Context) -> bool:
        """Whether it is so; an engine that knows none has it off."""
        self.described(context)
        return bool(recovery_of(context.client, self.table(context.env))) == self.wanted(context.env)

    def carry_out(self, context: Context) -> None:
        """Turns it; an engine that knows none is told of and left."""
        name = self.table(context.env)
        context.still_mine()
        try:
            ask(
                context.client, "UpdateContinuousBackups", name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": self.wanted(context.env)},
            )  # fmt: skip
        except DataLayerError as failure:
            if not is_unsupported(failure):
                raise
            context.say(f"  {name}: this engine has no point-in-time recovery, left out")

    def estimate(self, context: Context) -> Estimate:
        """What the continuous backup costs by the month."""
        size = Size.of(describe(context.client, self.table(context.env)))
        on = self.wanted(context.env)
        return Estimate(0.0, size.gigabytes * estimates.DOLLARS_PER_GB_MONTH_RECOVERY * (1 if on else -1), 5)


@dataclass(frozen=True)
class SetTags(Operation):
    """Gives the table exactly these tags; AWS's own stay."""

    config: TableConfig
    tags: Mapping[str, str] | AsDeclared = AS_DECLARED

    def wanted(self, env: str) -> dict[str, str]:
        """The tags in that environment."""
        return dict(self.config.for_env(env).tags if self.tags is AS_DECLARED else self.tags)

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"tags of {self.table(env)}: {text(self.wanted(env))}"

    def is_done(self, context: Context) -> bool:
        """Whether it is so."""
        return tags_of(context.client, self.described(context)) == self.wanted(context.env)

    def carry_out(self, context: Context) -> None:
        """Removes the others and sets these; an engine that knows no tags is told of and left."""
        found = self.described(context)
        name, wanted = self.table(context.env), self.wanted(context.env)
        have = tags_of(context.client, found)
        if have is None:
            context.say(f"  {name}: this engine has no tags, left out")
            return
        context.still_mine()
        if others := sorted(set(have) - set(wanted)):
            call(context.client, "UntagResource", name, ResourceArn=found["TableArn"], TagKeys=others)
        if wanted:
            pairs = [{"Key": key, "Value": value} for key, value in wanted.items()]
            call(context.client, "TagResource", name, ResourceArn=found["TableArn"], Tags=pairs)
        wait(
            lambda: tags_of(context.client, found) == wanted, f"tagging {name}", context.still_mine
        )  # tags are eventually consistent


@dataclass(frozen=True)
class SetProtection(Operation):
    """Protects the table against deletion, or lets it be deleted."""

    config: TableConfig
    on: bool | AsDeclared = AS_DECLARED

    def wanted(self, env: str) -> bool:
        """Whether it is on in that environment."""
        return self.config.for_env(env).protection if self.on is AS_DECLARED else self.on

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"deletion protection of {self.table(env)}: {text(self.wanted(env))}"

    def is_done(self, context: Context) -> bool:
        """Whether it is so."""
        found = self.described(context)
        return bool(found.get("DeletionProtectionEnabled")) == self.wanted(context.env)

    def carry_out(self, context: Context) -> None:
        """Turns it."""
        _update(self, context, DeletionProtectionEnabled=self.wanted(context.env))


def unprotect(context: Context, name: str) -> None:
    """Lets a table be deleted."""
    context.still_mine()
    ask(context.client, "UpdateTable", name, DeletionProtectionEnabled=False)
    wait_active(context.client, name, context.still_mine)


def _update(operation: Operation, context: Context, **request: Any) -> None:
    """One UpdateTable, between two times at which the table is ACTIVE: it takes no other then."""
    name = operation.table(context.env)
    wait_active(context.client, name, context.still_mine)
    ask(context.client, "UpdateTable", name, **request)
    wait_active(context.client, name, context.still_mine)
