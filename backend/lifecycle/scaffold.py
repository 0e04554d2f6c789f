"""A table of one's own: its declaration and the change that creates it, written as files to go on from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.dynamodb.control_plane.declaration import ENVIRONMENTS, IndexConfig, Key, TableConfig
from api.dynamodb.control_plane.validation import declaration_problems
from lifecycle.change_drafts import ChangeDraft, change_source, new_change_name
from lifecycle.change_files import Change
from lifecycle.declaration_source import classes_in, python_source
from lifecycle.declared_tables import CONFIGS_FOLDER
from lifecycle.errors import BadInput
from lifecycle.online.targets import parse_key

_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")
_UNPROTECTED_ENV = "dev"  # a developer's tables are deleted and created again all the time


@dataclass(frozen=True)
class NewTable:
    """The files of a new table: each path with its text, the declaration first; `change` is the change's name."""

    config: TableConfig
    change: str
    files: tuple[tuple[Path, str], ...]

    def write(self) -> None:
        """Writes the files and the folders that they need. Raises `BadInput` if one exists or cannot be written."""
        for path, _ in self.files:
            if path.exists():
                raise BadInput(f"{path} exists already", hint="choose another name, or edit that file")
        for path, text in self.files:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:
                raise BadInput(f"cannot write {path}: {error.strerror or error}") from error


def parse_index(text: str) -> IndexConfig:
    """An index such as `by-user=user_id:S,created_at:S`. Raises ValueError with what is wrong."""
    name, _, keys = text.partition("=")
    parts = keys.split(",")
    if not name or not keys or len(parts) > 2:
        raise ValueError(f"{text!r} is not like by-user=user_id:S,created_at:S: a name, then one or two keys")
    partition, sort = (*map(parse_key, parts), None)[:2]
    assert partition is not None  # noqa: S101 (there is one part at least)
    return IndexConfig(name, partition, sort)


def declare(
    name: str, partition: Key, sort: Key | None, indexes: Sequence[IndexConfig], ttl: str | None
) -> TableConfig:
    """The declaration; outside `dev` it has recovery and protection. Raises `BadInput` for what DynamoDB refuses."""
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} cannot be the name of a new table",
            hint="use small letters, digits and underscores, such as order_lines; its environment is put before it",
        )
    protected = {"recovery": True, "protection": True}
    config = TableConfig(
        name, partition, sort, indexes=tuple(indexes), ttl=ttl,
        per_environment={env: protected for env in ENVIRONMENTS if env != _UNPROTECTED_ENV},
    )  # fmt: skip
    for env in ENVIRONMENTS:
        for problem in declaration_problems(config, env):
            raise BadInput(problem, hint="nothing was written")
    return config


def new_table(
    config: TableConfig, changes_folder: Path, changes: Sequence[Change], group: str | None
) -> NewTable:
    """The files of a table: its module in the folder of declarations beside the changes, and the change.

    The change's group is `group`, or that of the newest change, or the table's name in an empty folder.
    """
    step = "TABLE"
    draft = ChangeDraft(
        ((step, config),), (config,), frozenset({"CreateTable", "DeleteTable"}),
        (f"CreateTable({step})",), (f"DeleteTable({step}, even_protected=True)",),
    )  # fmt: skip
    change = new_change_name(f"create_{config.name}", changes)
    text = change_source(change, draft, changes, group or (None if changes else config.name))
    module = changes_folder.parent / CONFIGS_FOLDER / f"{config.name}.py"
    return NewTable(
        config, change, ((module, _module_source(config)), (changes_folder / f"{change}.py", text))
    )


def _module_source(config: TableConfig) -> str:
    names = ", ".join(config.table_name(env) for env in ENVIRONMENTS)
    classes = ", ".join(sorted({each.__name__ for each in classes_in(config)}))
    return "\n".join(
        (
            f'"""The table {config.name}: {names}."""',
            "",
            "from __future__ import annotations",
            "",
            f"from {TableConfig.__module__} import {classes}",
            "",
            "# Change it here, then `new WORDS --from-diff` writes the change that brings the tables to it.",
            f"TABLE = {python_source(config, 0, 8)}",
            "",
        )
    )
