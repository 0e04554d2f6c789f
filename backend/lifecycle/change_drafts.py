"""Writes new change files: an empty one to fill in, or one that closes the differences of a table."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from api.dynamodb.control_plane.comparison import Difference, TableComparison
from api.dynamodb.control_plane.declaration import ENVIRONMENTS, STANDARD, IndexConfig, TableConfig
from api.dynamodb.control_plane.description import TableSettings
from lifecycle.change_files import DEFAULT_GROUP, Change
from lifecycle.declaration_source import classes_in, python_source
from lifecycle.declared_tables import DeclaredTable
from lifecycle.errors import BadInput
from lifecycle.simulation import insights_mode

_FROZEN = "# As declared when this change was written: what is declared later does not reach it."
_SLUG = re.compile(r"[a-z0-9][a-z0-9_]{0,80}")


@dataclass(frozen=True)
class ChangeDraft:
    """The steps that apply and undo a change as Python, a line each.

    `constants` are the declarations that the steps use, as they are today, by their names in the file; `values` is
    what the file needs the classes of.
    """

    constants: tuple[tuple[str, TableConfig], ...] = ()
    values: tuple[Any, ...] = ()
    operations: frozenset[str] = frozenset()
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()


def _step(operation: str, table: str, *arguments: Any) -> str:
    """A step of an operation as Python, with its arguments after the table's constant."""
    values = "".join(f", {python_source(value)}" for value in arguments)
    return f"{operation}({table}{values})"


def draft_for(
    number: int,
    declared: DeclaredTable,
    env: str,
    comparison: TableComparison,
    settings: TableSettings | None,
) -> ChangeDraft:
    """The steps that bring one table to its declaration; `number` distinguishes tables in one change.

    Raises `BadInput` for a difference that cannot be changed in place.
    """
    table = f"TABLE_{number}" if number else "TABLE"
    if settings is None:
        protected = any(declared.config.for_env(each).protection for each in ENVIRONMENTS)
        delete = f"DeleteTable({table}{', even_protected=True' if protected else ''})"
        return ChangeDraft(
            ((table, declared.config),), (declared.config,), frozenset({"CreateTable", "DeleteTable"}),
            (_step("CreateTable", table),), (delete,),
        )  # fmt: skip
    config = replace(declared.config, sample_items=())
    values: list[Any] = [config]
    up: list[str] = []
    down: list[str] = []
    for difference in _ordered(comparison.differences):
        steps = _steps(difference, table, declared, env, settings, values)
        if steps is None:
            raise BadInput(
                f"table {comparison.table}: {difference}; that cannot be changed in place",
                hint="declare a new table, copy the items by a change of data, and delete this one",
            )
        up += steps[0]
        down[:0] = steps[1]
    operations = frozenset(step.partition("(")[0] for step in (*up, *down))
    return ChangeDraft(((table, config),), tuple(values), operations, tuple(up), tuple(down))


def _is_about_index(difference: Difference) -> bool:
    return difference.index is not None and difference.kind != "billing"


def _ordered(differences: Sequence[Difference]) -> list[Difference]:
    """One difference for each index and setting, in the order in which they are closed.

    Indexes to add and to replace come first, then indexes to drop, then settings, and protection last: readers
    have an index at every moment.
    """
    unique: dict[tuple[str, str | None], Difference] = {}
    for difference in differences:
        kind = "index" if _is_about_index(difference) else difference.kind
        unique.setdefault((kind, difference.index if kind == "index" else None), difference)

    def rank(difference: Difference) -> int:
        if _is_about_index(difference):
            return 1 if difference.declared == "none" else 0
        return 3 if difference.kind == "protection" else 2

    return sorted(unique.values(), key=rank)


def _steps(
    difference: Difference,
    table: str,
    declared: DeclaredTable,
    env: str,
    settings: TableSettings,
    values: list[Any],
) -> tuple[list[str], list[str]] | None:
    """The steps that close a difference and those that undo them; None if it cannot be changed in place.

    Adds what the steps are written with to `values`.
    """
    if difference.index is not None and difference.kind != "billing":
        return _index_steps(difference, difference.index, table, declared, env, settings, values)
    current: dict[str, tuple[str, Any]] = {
        "ttl": ("SetTTL", settings.ttl),
        "stream": ("SetStream", settings.table.stream),
        "billing": ("SetBilling", settings.table.billing),
        "recovery": ("SetRecovery", settings.recovery),
        "tags": ("SetTags", dict(sorted((settings.tags or {}).items()))),
        "protection": ("SetProtection", settings.table.protected),
        "class": ("SetTableClass", settings.table.table_class or STANDARD),
        "insights": ("SetInsights", insights_mode(settings)),
    }
    if difference.kind not in current:
        return None
    operation, value = current[difference.kind]
    values.append(value)
    return [_step(operation, table)], [_step(operation, table, value)]


def _index_steps(
    difference: Difference,
    index_name: str,
    table: str,
    declared: DeclaredTable,
    env: str,
    settings: TableSettings,
    values: list[Any],
) -> tuple[list[str], list[str]] | None:
    indexes = {index.name: index for index in declared.config.for_env(env).indexes}
    target, existing = indexes.get(index_name), settings.table.indexes.get(index_name)
    if target is None and existing is None:
        return None  # a local index
    if difference.kind == "state" and target is not None:
        values.append(target)
        return [_step("AddIndex", table, target)], []
    drop = _step("DropIndex", table, index_name)
    if target is not None and existing is not None:
        # Neither keys nor projection can be changed in place.
        replacement = replace(target, name=_free_name(index_name, {*indexes, *settings.table.indexes}))
        values += [replacement, existing.config]
        switched = _replacement_steps(table, existing.config, replacement)
        undone = _replacement_steps(table, replacement, existing.config)
        add, add_again = (_step("AddIndex", table, index) for index in (replacement, existing.config))
        return [add, *switched], [add_again, *undone]
    if target is not None:
        values.append(target)
        return [_step("AddIndex", table, target)], [drop]
    assert existing is not None  # noqa: S101 (one of both is there)
    values.append(existing.config)
    add_again = _step("AddIndex", table, existing.config)
    replacements = [
        index
        for index in indexes.values()
        if index.keys == existing.config.keys and index.name not in settings.table.indexes
    ]
    if replacements:
        switched = _replacement_steps(table, existing.config, replacements[0])
        undone = _replacement_steps(table, replacements[0], existing.config)
        return switched, [add_again, undone[0]]
    return [drop], [add_again]


def _replacement_steps(table: str, old: IndexConfig, new: IndexConfig) -> list[str]:
    """The steps from one index to another that exists: readers switch, then the old one is dropped."""
    return [
        _step("SwitchReaders", table, old.name, new.name),
        f"DropIndex({table}, {python_source(old.name)}, replaced_by={python_source(new.name)})",
    ]


def _free_name(name: str, used: Collection[str]) -> str:
    """The name with the next number that is free: by-user, by-user-2, by-user-3."""
    base, _, number = name.rpartition("-")
    if not base or not number.isdecimal():
        base, number = name, "1"
    return next(candidate for n in count(int(number) + 1) if (candidate := f"{base}-{n}") not in used)


def merge(drafts: Sequence[ChangeDraft]) -> ChangeDraft:
    """Several tables' steps as one change; undoing it reverses the order."""
    return ChangeDraft(
        tuple(constant for draft in drafts for constant in draft.constants),
        tuple(value for draft in drafts for value in draft.values),
        frozenset().union(*(draft.operations for draft in drafts)),
        tuple(line for draft in drafts for line in draft.up),
        tuple(line for draft in reversed(drafts) for line in draft.down),
    )


def new_change_name(words: str, changes: Sequence[Change], now: datetime | None = None) -> str:
    """A change's name with a timestamp after every existing one. Raises `BadInput` for words with other characters."""
    slug = words.strip().lower().replace(" ", "_").replace("-", "_")
    if not _SLUG.fullmatch(slug):
        raise BadInput(f"{words!r} cannot be a change's name", hint="use words such as add_market_index")
    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    last = max((change.timestamp for change in changes), default="")
    if f"{moment:%Y%m%d_%H%M%S}" <= last:
        moment = datetime.strptime(last, "%Y%m%d_%H%M%S").replace(tzinfo=UTC) + timedelta(seconds=1)
    return f"migration_{moment:%Y%m%d_%H%M%S}_{slug}"


def change_source(name: str, draft: ChangeDraft, changes: Sequence[Change], group: str | None) -> str:
    """The source text of a new change file; the change depends on the newest one of its group."""
    group = group or (changes[-1].group if changes else DEFAULT_GROUP)
    last_of_group = [change.name for change in changes if change.group == group][-1:]
    words = name.split("_", 3)[3].replace("_", " ")
    lines = [f'"""{words.capitalize()}."""', "", "from __future__ import annotations", ""]
    names: dict[str, set[str]] = {"lifecycle.operations": {*draft.operations, "Operation"}}
    for used in classes_in(draft.values):
        names.setdefault(used.__module__, set()).add(used.__name__)
    # Modules of the standard library come first.
    modules = sorted(names, key=lambda module: ("." in module, module))
    lines += [f"from {module} import {', '.join(sorted(names[module]))}" for module in modules]
    depends = f'("{last_of_group[0]}",)' if last_of_group else "()"
    lines += ["", f'GROUP = "{group}"', f"DEPENDS_ON: tuple[str, ...] = {depends}"]
    lines += [f'DESCRIPTION = "{words.capitalize()}."']
    if draft.constants:
        lines += [
            "",
            "# As it is declared when this change is written: later changes of the declaration leave it alone.",
        ]
    lines += [f"{name} = {python_source(config, 0, len(name) + 3)}" for name, config in draft.constants]
    lines.append("")
    lines += _function_source("up", "The steps that apply it.", draft.up)
    lines += _function_source("down", "The steps that undo it.", draft.down)
    return "\n".join(lines)


def _function_source(name: str, docstring: str, steps: Sequence[str]) -> list[str]:
    body = ["    return []"]
    if steps:
        body = ["    return [", *(f"        {step}," for step in steps), "    ]"]
    return ["", f"def {name}() -> list[Operation]:", f'    """{docstring}"""', *body, ""]


def write_change(path: Path, text: str) -> None:
    """Writes a new change file. Raises `BadInput` if it exists already or cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise BadInput(f"cannot write {path.name}: {error.strerror or error}") from error
