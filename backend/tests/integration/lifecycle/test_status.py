"""`status` shows the changes of its folders, and is quiet about what other folders have finished."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.changes import Project
from tests.support.engines import Engine

pytestmark = pytest.mark.any_engine


def status(project: Project, engine: Engine, folder: Path, *options: str) -> str:
    done = project.script_in(engine, folder, "status", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def second_folder(project: Project, group: str = "other") -> tuple[Path, str]:
    """A folder beside the project's, with one change."""
    folder = project.path / "more"
    folder.mkdir()
    name = "migration_20261202_000001_more"
    (folder / f"{name}.py").write_text(
        f"GROUP = {group!r}\ndef up():\n    return []\n\ndef down():\n    return []\n"
    )
    return folder, name


def test_what_another_folder_has_applied_is_one_line(project: Project, engine: Engine) -> None:
    own = project.add("own")
    assert project.script(engine, "migrate").returncode == 0
    folder, other = second_folder(project)
    assert project.script_in(engine, folder, "migrate").returncode == 0
    shown = status(project, engine, project.changes)
    assert f"applied   {own}" in shown and other not in shown
    assert shown.endswith("\nand 1 change of other folders, which --all shows\n")
    every = status(project, engine, project.changes, "--all")
    assert f"applied   {other}" in every and "its file is not in these folders" in every
    assert own not in status(project, engine, folder)
    report: dict[str, Any] = json.loads(status(project, engine, folder, "--json"))
    assert ([one["change"] for one in report["changes"]], report["elsewhere"]) == ([other], [own])


def test_a_change_that_is_half_way_is_shown_from_every_folder(project: Project, engine: Engine) -> None:
    project.declare("orders", 'Key("id"), sample_items=({"id": "a"},)')
    made = project.add("orders", "CreateTable(ORDERS)", "DeleteTable(ORDERS)", tables=["orders"])
    bad = project.add("bad", 'DataChange("bad", ORDERS, lambda item: 1 / 0)', tables=["orders"], after=[made])
    assert project.script(engine, "migrate").returncode == 1
    folder, _ = second_folder(project)
    shown = status(project, engine, folder)
    assert f"failed    {bad}" in shown and made not in shown


def test_a_missing_file_of_an_own_group_is_shown(project: Project, engine: Engine) -> None:
    project.add("own")
    gone = project.add("gone")
    assert project.script(engine, "migrate").returncode == 0
    (project.changes / f"{gone}.py").unlink()
    for options in ((), ("--json",)):
        shown = status(project, engine, project.changes, *options)
        assert gone in shown and "its file is not in these folders" in shown
