"""`new-table`: a declaration and the change that creates it, which can be applied, compared and changed at once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from config.environment import ENVIRONMENTS
from lifecycle.change_files import load_changes
from lifecycle.declared_tables import load_tables
from lifecycle.simulation import new_environment_problems
from tests.support.changes import Project
from tests.support.engines import Engine

pytestmark = pytest.mark.any_engine

OPTIONS = (
    "--partition-key", "order_id:S", "--sort-key", "line:N", "--index", "by-user=user_id:S,created_at:S",
    "--index", "by-state=state:S", "--ttl", "expires",
)  # fmt: skip


def make(
    project: Project, engine: Engine, *options: str, name: str = "orders"
) -> subprocess.CompletedProcess[str]:
    return project.script(engine, "new-table", f"{project.name}_{name}", *(options or OPTIONS))


def test_its_files_are_a_chain_without_drift_in_every_environment(project: Project, engine: Engine) -> None:
    made = make(project, engine)
    assert made.returncode == 0, made.stderr
    name = project.table("orders")
    (change,), (table,) = load_changes([project.changes]), load_tables([project.configs])
    assert (
        f"wrote {table.path}" in made.stdout and f"wrote {change.path}" in made.stdout and name in made.stdout
    )
    for env in ENVIRONMENTS:
        assert new_environment_problems([change], [table.config], env) == []
        assert table.config.for_env(env).protection is table.config.for_env(env).recovery is (env != "dev")
    assert change.group == f"{project.name}_orders"
    assert project.script(engine, "migrate").returncode == 0
    assert project.script(engine, "check").stdout.startswith(f"{name}: as declared\n")
    text = table.path.read_text()
    table.path.write_text(text.replace('ttl="expires"', "ttl=None"))
    closed = project.script(engine, "new", "no expiry", "--from-diff")
    assert closed.returncode == 0 and "SetTTL(TABLE)" in load_changes([project.changes])[1].path.read_text()
    undone = project.script(engine, "rollback", "--last", "1", "--yes", "--no-backup")
    assert undone.returncode == 0 and name not in engine.client().list_tables()["TableNames"]


def test_a_folder_that_does_not_exist_is_made_with_the_table_and_not_by_a_dry_run(
    project: Project, engine: Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "own" / "changes"
    options = ("new-table", f"{project.name}_other", "--partition-key", "id:S")
    dry = project.script_in(engine, folder, *options, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert json.loads(dry.stdout)["paths"] is None and not folder.exists()
    made = project.script_in(engine, folder, *options)
    assert made.returncode == 0, made.stderr
    assert (folder.parent / "table_configs" / f"{options[1]}.py").is_file() and len(
        list(folder.iterdir())
    ) == 1


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Orders", OPTIONS, "cannot be the name of a new table: use small letters"),
        ("orders", ("--partition-key", "order_id"), "'order_id' is not like market_id:S"),
        ("orders", (*OPTIONS, "--index", "by-day"), "'by-day' is not like by-user=user_id:S,created_at:S"),
        ("orders", (*OPTIONS, "--index", "a=b:S"), "'a' cannot be an index's name"),
        ("orders", (*OPTIONS, "--index", "by-user=id:S"), "declares by-user twice"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    project: Project, engine: Engine, name: str, options: tuple[str, ...], said: str
) -> None:
    refused = make(project, engine, *options, name=name)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert said in refused.stderr
    assert load_changes([project.changes]) == [] and load_tables([project.configs]) == []


def test_a_second_table_of_that_name_is_refused(project: Project, engine: Engine) -> None:
    assert make(project, engine).returncode == 0
    again = make(project, engine)
    assert again.returncode == 2 and "exists already: choose another name" in again.stderr
    assert len(load_changes([project.changes])) == 1
