"""A table that somebody deleted is created again only after a question: its data is not there any more."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from config.environment import BACKEND_DIR
from lifecycle.selection import Selection
from tests.integration.lifecycle.test_migrate import two_tables
from tests.support.changes import Project
from tests.support.engines import Engine
from tests.support.scripts import finished, script_environment

pytestmark = pytest.mark.any_engine


@pytest.fixture
def lost(project: Project, engine: Engine) -> str:
    """The name of a table that is gone."""
    two_tables(project)
    project.runner(engine).migrate(Selection())
    name = project.table("logs")
    engine.client().delete_table(TableName=name)
    return name


def exists(engine: Engine, name: str) -> bool:
    return name in engine.client().list_tables()["TableNames"]


def test_without_a_terminal_a_lost_table_stays_lost(project: Project, engine: Engine, lost: str) -> None:
    project.add("more", "CreateTable(TableConfig(LOGS.name + '_more', Key('id')))", tables=["logs"])
    refused = project.script(engine, "migrate")
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1
    assert f"creating {lost} again, empty, must be confirmed by typing the name" in refused.stderr
    assert not exists(engine, lost) and not exists(engine, f"{lost}_more")


def test_other_changes_can_be_applied_meanwhile(project: Project, engine: Engine, lost: str) -> None:
    more = project.add("more", "CreateTable(TableConfig(LOGS.name + '_more', Key('id')))", tables=["logs"])
    applied = project.script(engine, "migrate", "--target", more)
    assert applied.returncode == 0, applied.stderr
    assert exists(engine, f"{lost}_more") and not exists(engine, lost)


def test_with_yes_it_is_created_again_with_a_warning(project: Project, engine: Engine, lost: str) -> None:
    done = project.script(engine, "migrate", "--yes")
    assert done.returncode == 0 and exists(engine, lost)
    assert f"WARNING: creating {lost} again, empty, does not bring the lost data back" in done.stderr


@pytest.mark.parametrize(("answer", "code"), [("{0}", 0), ("yes", 2)])
def test_on_a_terminal_its_name_is_typed(
    project: Project, engine: Engine, lost: str, answer: str, code: int
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "scripts/dynamodb_migrations.py", "migrate", "--changes", str(project.changes)],
        cwd=BACKEND_DIR, env=script_environment(project.settings(engine)), stdin=theirs,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.write(ours, f"{answer.format(lost)}\n".encode())
    out, err = finished(process)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, out + err
    assert exists(engine, lost) == (code == 0)


def test_a_plan_shows_it_without_a_question(project: Project, engine: Engine, lost: str) -> None:
    planned = project.script(engine, "plan")
    assert planned.returncode == 0 and f"create table {lost}" in planned.stdout
