"""Chains of changes replayed from nothing: what they make is what is declared, and a plan says when it is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.dynamodb.control_plane.description import read_settings
from config.environment import BACKEND_DIR, ENVIRONMENTS, environment
from lifecycle import service_table
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.declared_tables import load_tables
from lifecycle.history import History
from lifecycle.planning import check, plan
from lifecycle.runner import Runner
from lifecycle.selection import Selection
from lifecycle.simulation import declaration_of, new_environment_problems, simulate_from_nothing
from tests.integration.examples.readme_commands import World
from tests.support.changes import Project
from tests.support.engines import Engine

EVERYTHING = Selection()
CHAINS = sorted(path.parent for path in BACKEND_DIR.glob("*/changes")) + sorted(
    path.parent for path in BACKEND_DIR.glob("examples/*/changes")
)
KEYS_ONLY = 'Key("id"), indexes=(IndexConfig("by-user", Key("user"), projection="KEYS_ONLY"),)'
ALL = 'Key("id"), ttl="expires", indexes=(IndexConfig("by-user", Key("user")),)'
# The readers of an index that is replaced use the new one.
SWITCHED = ("--readers-switched", "by-user-2")


@pytest.fixture
def world(use_engine: Engine, table_name: str, tmp_path: Path) -> Iterator[World]:
    """An engine without the tables of the examples."""
    world = World(use_engine, table_name, tmp_path)
    world.forget()
    yield world
    world.forget()


def test_the_project_and_its_examples_have_chains() -> None:
    names = {folder.relative_to(BACKEND_DIR).as_posix() for folder in CHAINS}
    assert names == {
        "lifecycle",
        "examples/decision_log",
        "examples/playground_scores",
        "examples/root_orchestrator",
        "examples/trading_dashboard",
    }


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("folder", CHAINS, ids=lambda folder: folder.name)
def test_a_chain_makes_the_declared_tables_from_nothing(
    world: World, engine: Engine, folder: Path, env: str
) -> None:
    changes = load_changes([folder / "changes"])
    configs = [table.config for table in load_tables([folder / "table_configs"])]
    history = History(engine.client(), f"{world.table_name}_history", env)
    runner = Runner(engine.client(), env, changes, history, lambda line: None, lambda names: None)
    assert [entry.change.name for entry in plan(runner, EVERYTHING)] == [change.name for change in changes]
    assert runner.migrate(EVERYTHING).changes == [change.name for change in changes]
    assert [each.differences for each in check(engine.client(), env, configs)] == [[] for _ in configs]
    assert new_environment_problems(changes, configs, env) == []


@pytest.mark.parametrize("folder", CHAINS, ids=lambda folder: folder.name)
def test_no_change_imports_what_is_declared_today(folder: Path) -> None:
    for path in (folder / "changes").glob("migration_*.py"):
        assert "table_configs" not in path.read_text(), path


ONE_MORE = """
from api.dynamodb.control_plane.declaration import IndexConfig, Key
from lifecycle.operations import AddIndex, DropIndex
from lifecycle.table_configs.algoitny_main import TABLE

GROUP = "algoitny"
DEPENDS_ON = ("migration_20261121_000000_create_algoitny_main",)

def up():
    return [AddIndex(TABLE, IndexConfig("GSI9", Key("gsi9")))]

def down():
    return [DropIndex(TABLE, "GSI9")]
"""


def test_the_service_is_made_by_all_its_changes_and_left_alone_afterwards(
    world: World, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = CHANGES_DIR / f"{service_table.FIRST_CHANGE}.py"
    (tmp_path / change.name).write_text(change.read_text())
    later = tmp_path / "migration_20270101_000000_add_gsi9.py"
    later.write_text(ONE_MORE)
    monkeypatch.setattr(service_table, "CHANGES_DIR", tmp_path)
    client, settings = engine.client(), environment()
    assert service_table.create(client, settings) is True
    table = client.describe_table(TableName=world.table_name)["Table"]
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {"GSI1", "GSI2", "GSI9"}
    assert service_table.create(client, settings) is False
    (tmp_path / "migration_20280101_000000_more.py").write_text(
        ONE_MORE.replace("GSI9", "GSI8").replace("20261121_000000_create_algoitny_main", later.stem[10:])
    )
    assert service_table.create(client, settings) is False  # a change of a table in use is an operator's
    assert len(client.describe_table(TableName=world.table_name)["Table"]["GlobalSecondaryIndexes"]) == 3


def write_chain(project: Project, engine: Engine) -> None:
    """Creates a table, adds an index of its keys, and widens it, each by a change written from the difference."""
    for words, declared, options in (
        ("create", 'Key("id")', ()),
        ("add index", KEYS_ONLY, ()),
        ("widen it", ALL, SWITCHED),
    ):
        project.declare("orders", declared)
        written = project.script(engine, "new", words, "--from-diff")
        assert written.returncode == 0, written.stderr
        applied = project.script(engine, "migrate", *options)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        if options:  # the wider index has another name
            project.declare("orders", declared.replace('"by-user"', '"by-user-2"'))
        assert project.script(engine, "check").returncode == 0


def test_a_chain_written_from_differences_can_be_applied_to_a_new_environment(
    project: Project, engine: Engine
) -> None:
    write_chain(project, engine)
    planned = project.script(engine, "plan", "--env", "staging")
    assert planned.returncode == 0 and "WARNING" not in planned.stdout, planned.stdout + planned.stderr
    applied = project.script(engine, "migrate", "--env", "staging", *SWITCHED)
    assert applied.returncode == 0 and "3 changes applied" in applied.stdout, applied.stdout + applied.stderr
    assert project.script(engine, "check", "--env", "staging").returncode == 0
    undone = project.script(
        engine, "rollback", "--env", "staging", "--group", "main", "--yes", "--no-backup",
        "--readers-switched", "by-user",
    )  # fmt: skip
    assert undone.returncode == 0, undone.stderr
    assert project.table("orders", "staging") not in engine.client().list_tables()["TableNames"]


def test_what_is_simulated_is_what_the_engine_makes(project: Project, engine: Engine) -> None:
    write_chain(project, engine)
    name = project.table("orders")
    simulated = simulate_from_nothing(project.loaded(), "dev")[name]
    actual = read_settings(engine.client(), name)
    assert simulated is not None and actual is not None
    assert declaration_of(simulated) == declaration_of(actual)


def unfrozen_chain(project: Project) -> tuple[str, str]:
    """A creation that uses what is declared today, and the change that once added what is declared by now."""
    project.declare("orders", ALL)
    create = project.add("create", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    add = project.add(
        "add", 'AddIndex(ORDERS, IndexConfig("by-user", Key("user"), projection="KEYS_ONLY"))',
        'DropIndex(ORDERS, "by-user")', tables=["orders"], after=[create],
    )  # fmt: skip
    return create, add


@pytest.mark.parametrize("command", ["plan", "migrate"])
def test_a_chain_that_contradicts_itself_is_refused_before_anything_is_changed(
    project: Project, engine: Engine, command: str
) -> None:
    _, add = unfrozen_chain(project)
    refused = project.script(engine, command, "--env", "staging")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{add} would fail at step 1 (add index by-user" in refused.stderr
    assert "projection: declared KEYS_ONLY, found ALL" in refused.stderr
    assert "nothing was changed" in refused.stderr and refused.stderr.count("\n") == 1
    names = engine.client().list_tables()["TableNames"]
    assert not [name for name in names if project.name in name]


def test_a_plan_of_an_old_environment_warns_that_a_new_one_cannot_be_made(
    project: Project, engine: Engine
) -> None:
    project.declare("orders", KEYS_ONLY)
    project.add("create", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    assert project.script(engine, "migrate").returncode == 0
    project.declare("orders", ALL)
    planned = json.loads(project.script(engine, "plan", "--env", "staging", "--json").stdout)
    assert planned["warnings"] == []
    frozen = 'TableConfig(ORDERS.name, Key("id"))'
    other = Project(project.folder, name=project.name)
    other.add("create", f"CreateTable({frozen})", f"DeleteTable({frozen})", tables=["orders"])
    shown = project.script(engine, "plan", "--env", "staging")
    assert (
        "WARNING: a new environment made by these changes would differ from the declaration" in shown.stdout
    )
    assert "by-user: declared user, found none" in shown.stdout and "ttl: declared expires" in shown.stdout


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        ('DropIndex(ORDERS, "by-user"), SetStream(ORDERS, "KEYS_ONLY"), SetProtection(ORDERS, True)', None),
        ("SetBilling(ORDERS, Throughput(2, 3)), SetTags(ORDERS, {'a': 'b'}), SetRecovery(ORDERS, True)", None),
        ('SetProtection(ORDERS, True), DeleteTable(ORDERS)', "is protected against deletion"),
        ('DeleteTable(ORDERS), SetTTL(ORDERS, "x")', "there is no table"),
        ('AddIndex(ORDERS, IndexConfig("by-x", Key("user", "N")))', "user:N contradicts"),
        (", ".join(f'AddIndex(ORDERS, IndexConfig("by-{n}", Key("k{n}")))' for n in range(20)), "allows 20"),
    ],
)  # fmt: skip
def test_every_kind_of_step_is_simulated(
    project: Project, up: str, expected: str | None, use_settings: Callable[..., None]
) -> None:
    project.declare("orders", ALL)
    project.add("create", "CreateTable(ORDERS)", tables=["orders"])
    name = project.add("more", up, tables=["orders"])
    problems = new_environment_problems(project.loaded(), [], "prod")
    if expected is None:
        assert problems == []
        return
    (problem,) = problems
    assert f"{name} would fail at step" in problem and expected in problem
