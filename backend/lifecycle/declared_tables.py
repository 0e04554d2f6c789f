"""Declared tables: modules in `table_configs` folders, each with one table as `TABLE`.

A module may list the queries that its indexes serve as `QUERIES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from api.dynamodb.control_plane.declaration import ENVIRONMENTS, TableConfig
from config.environment import BACKEND_DIR
from lifecycle.change_files import load_module, module_name
from lifecycle.errors import BadInput
from lifecycle.queries import IndexQuery

CONFIGS_FOLDER = "table_configs"
_PROJECT_FOLDERS = (f"lifecycle/{CONFIGS_FOLDER}", f"examples/*/{CONFIGS_FOLDER}")


@dataclass(frozen=True)
class DeclaredTable:
    """A declared table, the queries that its indexes serve, and the file that declares it.

    is_borrowed: the file names a table that another module declares (`BORROWED = True`).
    """

    config: TableConfig
    queries: tuple[IndexQuery, ...]
    path: Path
    is_borrowed: bool = False

    @property
    def module(self) -> str:
        """The dotted name of the module that declares it."""
        return module_name(self.path)[1]

    @property
    def shown_path(self) -> Path:
        """The file's path for messages, relative to the project's `backend` where it lies there."""
        return self.path.relative_to(BACKEND_DIR) if self.path.is_relative_to(BACKEND_DIR) else self.path

    def real_names(self) -> dict[str, str]:
        """The table's real name by environment."""
        return {env: self.config.table_name(env) for env in ENVIRONMENTS}

    @property
    def is_same_everywhere(self) -> bool:
        """Whether it has the same name in every environment."""
        return len(set(self.real_names().values())) == 1


def load_tables(folders: Iterable[Path]) -> list[DeclaredTable]:
    """Every table that the modules of the folders declare, in the order of their files.

    Raises `BadInput` naming a folder that does not exist or a module that cannot be used.
    """
    tables: list[DeclaredTable] = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"there is no folder {folder}", hint="name one with --configs")
        for path in sorted(folder.glob("*.py")):
            if path.name == "__init__.py":
                continue
            module = load_module(path)
            config = getattr(module, "TABLE", None)
            if config is None:
                continue
            if not isinstance(config, TableConfig):
                raise BadInput(f"{path}: TABLE is not a TableConfig")
            queries, is_borrowed = tuple(getattr(module, "QUERIES", ())), getattr(module, "BORROWED", False)
            tables.append(DeclaredTable(config, queries, path, is_borrowed))
    return tables


def project_tables(backend: Path = BACKEND_DIR) -> dict[str, DeclaredTable]:
    """Every table declared in this project, by its name, as its own module declares it.

    Raises `BadInput` for two declarations of one name.
    """
    folders = [folder for pattern in _PROJECT_FOLDERS for folder in sorted(backend.glob(pattern))]
    tables: dict[str, DeclaredTable] = {}
    for table in load_tables(folders):
        if table.is_borrowed:
            continue
        first = tables.setdefault(table.config.name, table)
        if first is not table:
            raise BadInput(f"{first.shown_path} and {table.shown_path} both declare {table.config.name}")
    return tables


def find_declaration(real_name: str, tables: dict[str, DeclaredTable]) -> DeclaredTable | None:
    """The declaration of a table by its real name in any environment, None if nothing declares it."""
    for table in tables.values():
        if real_name in table.real_names().values():
            return table
    return None
