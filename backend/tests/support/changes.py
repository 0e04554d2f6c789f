"""A project of its own for one test: a folder with changes and declared tables, run in this process or in others."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.dynamodb.control_plane.declaration import TableConfig
from lifecycle.change_files import Change, load_changes
from lifecycle.declared_tables import load_tables
from lifecycle.errors import BadInput
from lifecycle.history import History
from lifecycle.runner import Runner
from tests.support.engines import Engine
from tests.support.scripts import run_script

HEAD = "from api.dynamodb.control_plane.declaration import *\nfrom lifecycle.operations import *\n"


@dataclass
class Project:
    """Changes and configs in a folder that is a package, so that several can live in one process."""

    folder: Path
    name: str = field(default_factory=lambda: f"p_{secrets.token_hex(5)}")
    said: list[str] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        for path in (self.path, self.changes, self.configs):
            path.mkdir(parents=True, exist_ok=True)
            (path / "__init__.py").touch()

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def changes(self) -> Path:
        return self.path / "changes"

    @property
    def configs(self) -> Path:
        return self.path / "table_configs"

    @property
    def history_table(self) -> str:
        return f"{self.name}_history"

    def declare(self, table: str, arguments: str) -> None:
        """Writes `table_configs/TABLE.py`; the real name is `ENV-PROJECT_TABLE`."""
        text = f'{HEAD}TABLE = TableConfig("{self.name}_{table}", {arguments})\n'
        (self.configs / f"{table}.py").write_text(text)
        for module in [name for name in sys.modules if name.startswith(f"{self.name}.")]:
            del sys.modules[module]

    def add(
        self,
        words: str,
        up: str = "",
        down: str = "",
        *,
        tables: Sequence[str] = (),
        after: Sequence[str] = (),
        group: str = "main",
        extra: str = "",
        stamp: str | None = None,
    ) -> str:
        """Writes a change and returns its name; `up` and `down` are lists of operations as Python, without brackets."""
        self._number += 1
        name = f"migration_{stamp or f'20261201_{self._number:06d}'}_{words}"
        imports = "".join(
            f"from {self.name}.table_configs.{table} import TABLE as {table.upper()}\n" for table in tables
        )
        (self.changes / f"{name}.py").write_text(
            f"{HEAD}{imports}GROUP = {group!r}\nDEPENDS_ON = {tuple(after)!r}\nDESCRIPTION = {words!r}\n{extra}\n"
            f"def up():\n    return [{up}]\n\ndef down():\n    return [{down}]\n"
        )
        return name

    def loaded(self) -> list[Change]:
        return load_changes([self.changes])

    def config(self, table: str) -> TableConfig:
        by_name = {table.config.name: table.config for table in load_tables([self.configs])}
        return by_name[f"{self.name}_{table}"]

    def table(self, table: str, env: str = "dev") -> str:
        return f"{env}-{self.name}_{table}"

    def history(self, engine: Engine, env: str = "dev") -> History:
        return History(engine.client(), self.history_table, env)

    def runner(
        self,
        engine: Engine,
        *,
        env: str = "dev",
        backups: bool = True,
        typed: bool = True,
        readers_switched: Sequence[str] = (),
    ) -> Runner:
        """A runner in this process; what it says is in `said`, `typed` is whether the names are typed."""

        def confirm(tables: Sequence[str]) -> None:
            self.said.append(f"asked for {', '.join(tables)}")
            if not typed:
                raise BadInput("the name does not match")

        return Runner(
            engine.client(), env, self.loaded(), self.history(engine, env), self.said.append, confirm, backups,
            readers_switched=frozenset(readers_switched),
        )  # fmt: skip

    def settings(self, engine: Engine, endpoint_url: str | None = None) -> dict[str, str]:
        """The settings of a command on this project."""
        return {
            **engine.settings(f"{self.name}_main"),
            "LOCALSTACK_URL": endpoint_url or engine.endpoint_url,
            "DYNAMODB_HISTORY_TABLE": self.history_table,
            "ALGOITNY_STATE_DIR": str(self.path / "state"),
        }

    def script(self, engine: Engine, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs scripts/dynamodb_migrations.py on this project."""
        return self.script_in(engine, self.changes, command, *arguments)

    def script_in(
        self, engine: Engine, folder: Path, command: str, *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs scripts/dynamodb_migrations.py on a folder of changes, with this project's history."""
        return run_script(
            "dynamodb_migrations", command, "--changes", str(folder), *arguments,
            settings=self.settings(engine),
        )  # fmt: skip
