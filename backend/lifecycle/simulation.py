"""What changes make of tables, computed without a call: from the tables as they are, or from none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from api.dynamodb.control_plane.comparison import compare_table
from api.dynamodb.control_plane.declaration import STANDARD, InsightsMode, TableConfig
from api.dynamodb.control_plane.description import (
    NO_INSIGHTS,
    SOME_INSIGHTS,
    IndexDescription,
    TableSettings,
    parse_table,
)
from api.dynamodb.control_plane.errors import TableChangeError
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from lifecycle.change_files import Change
    from lifecycle.operations import Operation

Tables = dict[str, TableSettings | None]
_FREEZE = "a change keeps the table as it was then: write its declaration out in the file of the change"


def created_table(config: TableConfig, env: str) -> TableSettings:
    """The table that CreateTable makes of a declaration, with its TTL and recovery."""
    declared, definition = config.for_env(env), config.definition(env)
    table = parse_table(
        {
            **definition,
            "TableStatus": "ACTIVE",
            "BillingModeSummary": {"BillingMode": definition["BillingMode"]},
        }
    )
    insights = declared.insights or NO_INSIGHTS
    return TableSettings(table, declared.ttl, declared.recovery, dict(declared.tags), insights)


def declaration_of(settings: TableSettings) -> TableConfig:
    """The declaration that would create a table as it is; a setting that the engine does not have counts as off."""
    table = settings.table
    return TableConfig(
        table.name, table.keys[0], table.keys[1] if len(table.keys) > 1 else None, real_name="{name}",
        indexes=tuple(index.config for index in table.indexes.values()), ttl=settings.ttl, billing=table.billing,
        stream=table.stream,  # type: ignore[arg-type]  # (DynamoDB's own word)
        recovery=bool(settings.recovery), protection=table.protected, tags=dict(settings.tags or {}),
        table_class=table.table_class or STANDARD,  # type: ignore[arg-type]  # (DynamoDB's own word)
        insights=insights_mode(settings),
    )  # fmt: skip


def insights_mode(settings: TableSettings) -> InsightsMode | None:
    """The mode of Contributor Insights that a declaration can name; None where it is off, or differs by index."""
    modes: tuple[InsightsMode, ...] = get_args(InsightsMode)
    if settings.insights == SOME_INSIGHTS:
        return modes[-1]
    return next((mode for mode in modes if mode == settings.insights), None)


def with_indexes(settings: TableSettings, indexes: Mapping[str, IndexDescription]) -> TableSettings:
    """The table with exactly these indexes, and the types of their keys."""
    changed = replace(settings.table, indexes=indexes)
    configs = [*(index.config for index in changed.indexes.values()), *changed.local_indexes.values()]
    keys = [*changed.keys, *(key for config in configs for key in config.keys)]
    types = {key.name: key.type for key in reversed(keys)}
    return replace(settings, table=replace(changed, types=types))


def simulate(
    steps: Sequence[Operation], env: str, tables: Tables, change_name: str, *, first_step: int = 0
) -> None:
    """Carries the steps of one change, from `first_step` on, out on `tables`: real names to tables, which is changed.

    Raises `BadInput` naming the change and the step that cannot be carried out.
    """
    for number, step in enumerate(steps[first_step:], start=first_step + 1):
        name = step.table(env)
        try:
            tables[name] = step.simulate(tables.get(name), env)
        except TableChangeError as error:
            raise BadInput(
                f"{change_name} would fail at step {number} ({step.describe(env)}): {Exception.__str__(error)}",
                hint="; ".join(filter(None, ("nothing was changed", error.hint))),
            ) from error


def simulate_from_nothing(changes: Sequence[Change], env: str) -> Tables:
    """The tables of a new environment after all changes, by real name; None for one that they delete.

    Raises `BadInput` naming the change and the step that cannot be carried out.
    """
    tables: Tables = {}
    for change in changes:
        simulate(change.up(), env, tables, change.name)
    return tables


def new_environment_problems(
    changes: Sequence[Change], configs: Sequence[TableConfig], env: str
) -> list[str]:
    """Why the changes do not make the declared tables in a new environment, a line each; empty when they do."""
    try:
        tables = simulate_from_nothing(changes, env)
    except BadInput as error:
        return [f"a new environment cannot be made by these changes: {Exception.__str__(error)}; {_FREEZE}"]
    problems = []
    for config in configs:
        comparison = compare_table(config, env, tables.get(config.table_name(env)))
        problems += [
            f"a new environment made by these changes would differ from the declaration: {comparison.table}: {each}"
            for each in comparison.differences
        ]
    return problems
