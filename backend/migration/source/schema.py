"""Checks the source's schema against the declared one: what is missing, refused, of another type or undeclared."""

from __future__ import annotations

from collections.abc import Sequence

from config.environment import MySQLSource
from migration.errors import MigrationError
from migration.mapping import ACCEPTED_TYPES, STEPS, MigrationStep
from migration.source.database import LegacyDatabase

_TABLE_DENIED, _COLUMN_DENIED = 1142, 1143
_MODELS = "compare it with backend/legacy/models.py"


def check_schema(
    database: LegacyDatabase, steps: Sequence[MigrationStep], ignored: frozenset[str] = frozenset()
) -> None:
    """Checks that every declared column exists with a readable type, and that no other column would be lost.

    `ignored` names columns (`table.column`) that are left behind on purpose. Raises `MigrationError`: for the first
    table that cannot be read, and for all undeclared columns at once.
    """
    ignored = frozenset(name.lower() for name in ignored)
    undeclared = []
    for step in steps:
        columns = database.columns(step.table)
        if not columns:
            raise MigrationError(_missing_table(database, step.table))
        missing = [column.name for column in step.columns if column.name not in columns]
        if missing:
            raise MigrationError(_missing_columns(database, step.table, missing))
        unreadable = [
            f"{step.table}.{column.name} is of type {columns[column.name]}, which cannot be read as {column.read}"
            for column in step.columns
            if columns[column.name] not in ACCEPTED_TYPES[column.read]
        ]
        if unreadable:
            raise MigrationError(f"{'; '.join(unreadable)}: {_MODELS}")
        names = (f"{step.table}.{name}" for name in columns if name not in step.column_names)
        undeclared += [name for name in names if name not in ignored]
    if undeclared:
        options = " ".join(f"--ignore-column {name}" for name in undeclared)
        is_not = "column %s is not declared" if len(undeclared) == 1 else "columns %s are not declared"
        raise MigrationError(
            f"the source's {is_not % ', '.join(undeclared)} and would be lost: "
            f"leave them behind on purpose with {options}"
        )


def undeclared_tables(database: LegacyDatabase) -> list[str]:
    """The tables of the source that no step moves, in alphabetical order."""
    moved = {step.table for step in STEPS}
    return sorted(name for key, name in database.table_names().items() if key not in moved)


def _missing_table(database: LegacyDatabase, table: str) -> str:
    source = database.source
    if isinstance(source, MySQLSource):
        if database.refusal(f"SELECT 1 FROM {database.table(table)} LIMIT 0") == _TABLE_DENIED:
            return f"the user may not read the table {table} of {source}: {_grant(database, source)}"
        prefixed = [name for key, name in database.table_names().items() if key.endswith(f"_{table}")]
        if prefixed:
            return (
                f"the source {source} has no table {table}, but {', '.join(prefixed)}: make views of the declared "
                f"names, such as CREATE VIEW `{table}` AS SELECT * FROM `{prefixed[0]}`"
            )
    return (
        f"the source {source} has no table {table}: "
        "name the right database with MYSQL_DATABASE (or LEGACY_SQLITE)"
    )


def _missing_columns(database: LegacyDatabase, table: str, names: list[str]) -> str:
    source = database.source
    if isinstance(source, MySQLSource):
        denied = [
            name
            for name in names
            if database.refusal(f"SELECT `{name}` FROM {database.table(table)} LIMIT 0") == _COLUMN_DENIED
        ]
        if denied:
            columns = ", ".join(f"{table}.{name}" for name in denied)
            return f"the user may not read {columns} of {source}: {_grant(database, source)}"
    plural = "column" if len(names) == 1 else "columns"
    return f"the source's table {table} has no {plural} {', '.join(names)}: it is not AlgoItny's schema, {_MODELS}"


def _grant(database: LegacyDatabase, source: MySQLSource) -> str:
    """The statement that lets the account read the source."""
    ((account,),) = database.query("SELECT CURRENT_USER()")
    name, _, host = str(account).rpartition("@")
    return f"GRANT SELECT ON `{source.database}`.* TO '{name}'@'{host}'"
