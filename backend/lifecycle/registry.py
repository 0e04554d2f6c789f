"""Every declared table, found by where its module lies: `lifecycle/table_configs` and `examples/*/table_configs`.

A module declares one table as `TABLE`, and the queries for which it has indexes as `QUERIES`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.environment import BACKEND_DIR
from lifecycle.declaration import ENVIRONMENTS, TableConfig
from lifecycle.errors import BadInput
from lifecycle.files import load_module
from lifecycle.queries import IndexQuery

_FOLDERS = ("lifecycle/table_configs", "examples/*/table_configs")


@dataclass(frozen=True)
class Declared:
    """A declared table, the queries that want its indexes, and the file that declares it."""

    config: TableConfig
    queries: tuple[IndexQuery, ...]
    file: Path

    def real_names(self) -> dict[str, str]:
        """What the table is called, by environment."""
        return {env: self.config.table_name(env) for env in ENVIRONMENTS}

    @property
    def is_same_everywhere(self) -> bool:
        """Whether every environment calls it the same."""
        return len(set(self.real_names().values())) == 1


def _files(top: Path) -> Iterator[Path]:
    for pattern in _FOLDERS:
        yield from sorted(file for file in top.glob(f"{pattern}/*.py") if file.name != "__init__.py")


def declared_tables(top: Path = BACKEND_DIR) -> dict[str, Declared]:
    """Every declared table by its name. Raises `BadInput` naming the file that cannot be used."""
    found: dict[str, Declared] = {}
    for file in _files(top):
        shown = file.relative_to(top)
        module = load_module(file)
        table = getattr(module, "TABLE", None)
        if table is None:
            continue
        if not isinstance(table, TableConfig):
            raise BadInput(f"{shown}: TABLE is not a TableConfig")
        if table.name in found:
            raise BadInput(f"{shown} and {found[table.name].file} both declare {table.name}")
        found[table.name] = Declared(table, tuple(getattr(module, "QUERIES", ())), shown)
    return found


def declaration_of(real_name: str, tables: dict[str, Declared]) -> tuple[Declared, str] | None:
    """The declaration of a table by its real name, with the environment that calls it so; None for another table."""
    for declared in tables.values():
        for env, name in declared.real_names().items():
            if name == real_name:
                return declared, env
    return None
