"""Changes as files: found, ordered, chosen, and refused with one line when they cannot be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from lifecycle.change_files import (
    CHANGES_DIR,
    find,
    load_changes,
    with_dependencies,
    with_dependents,
)
from lifecycle.declared_tables import load_tables, project_tables
from lifecycle.errors import BadInput
from lifecycle.selection import Selection
from tests.support.changes import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def names(project: Project) -> list[str]:
    return [change.name.split("_", 3)[3] for change in project.loaded()]


def test_changes_come_behind_what_they_depend_on_and_otherwise_by_time(project: Project) -> None:
    later = "migration_20270101_000000_later"
    project.add("early", after=[later], stamp="20260101_000000")
    project.add("middle", stamp="20260601_000000")
    project.add("later", stamp="20270101_000000")
    project.add("last", stamp="20280101_000000")
    assert names(project) == ["middle", "later", "early", "last"]


def test_a_target_brings_what_it_depends_on_and_an_undone_one_what_depends_on_it(project: Project) -> None:
    first = project.add("first")
    project.add("other")
    second = project.add("second", after=[first])
    third = project.add("third", after=[second])
    changes = project.loaded()
    assert [one.name for one in with_dependencies(changes, [find(changes, third)])] == [first, second, third]
    assert [one.name for one in with_dependents(changes, [find(changes, second)])] == [second, third]
    assert [one.name for one in Selection(target=f"{second}.py").to_undo(changes)] == [third, second]


def test_a_group_can_be_chosen(project: Project) -> None:
    base = project.add("base")
    project.add("other")
    logs = project.add("logs", after=[base], group="logs")
    changes = project.loaded()
    assert [one.name for one in Selection(group="logs").to_apply(changes)] == [base, logs]
    with pytest.raises(BadInput, match="there is no group nope: there are: logs, main"):
        Selection(group="nope").to_apply(changes)
    with pytest.raises(BadInput, match="is not in the group logs"):
        Selection(target=base, group="logs").to_apply(changes)


def test_an_unknown_target_names_those_that_there_are(project: Project) -> None:
    name = project.add("first")
    with pytest.raises(BadInput, match=f"there is no change nope: there are: {name}"):
        Selection(target="nope").to_apply(project.loaded())


def test_a_circle_is_told_with_its_members(project: Project) -> None:
    b = "migration_20261201_000002_b"
    a = project.add("a", after=["migration_20261201_000003_c"])
    project.add("b", after=[a])
    project.add("c", after=[b])
    with pytest.raises(BadInput, match=r"in a cycle: .*_a, .*_c, .*_b"):
        project.loaded()


def test_a_change_that_depends_on_nothing_known_is_refused(project: Project) -> None:
    project.add("a", after=["migration_20200101_000000_gone"])
    with pytest.raises(BadInput, match="depends on migration_20200101_000000_gone, which does not exist"):
        project.loaded()


def test_two_files_with_one_timestamp_are_refused(project: Project) -> None:
    project.add("a", stamp="20260101_000000")
    project.add("b", stamp="20260101_000000")
    with pytest.raises(BadInput, match=r"_a\.py and .*_b\.py have the same timestamp: rename one"):
        project.loaded()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def up(:", "cannot be imported: SyntaxError"),
        ("import nothing_of_this_name", "cannot be imported: ModuleNotFoundError"),
        ("raise SystemExit(3)", "cannot be imported: SystemExit"),
        ("x = 1", "needs two functions, up"),
        ("DEPENDS_ON = 'abc'\ndef up(): return []\ndef down(): return []", "DEPENDS_ON must be a tuple"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(project: Project, text: str, said: str) -> None:
    (project.changes / "migration_20260101_000000_bad.py").write_text(text)
    with pytest.raises(BadInput, match=said) as failure:
        project.loaded()
    assert "migration_20260101_000000_bad.py" in str(failure.value)


@pytest.mark.parametrize(
    "name", ["migration_1_x.py", "20261129_bad.py", "helpers.py", "Migration_20261129_000000_x.py"]
)
def test_a_file_that_is_named_wrongly_is_refused(project: Project, name: str) -> None:
    (project.changes / name).write_text("")
    with pytest.raises(BadInput, match=f"{name} is not named like migration_"):
        project.loaded()


def test_what_is_no_module_or_begins_with_an_underscore_is_passed_by(project: Project) -> None:
    change = project.add("a")
    for name in ("_helpers.py", "README.md", "migration_20261129_000000_b.py.orig"):
        (project.changes / name).write_text("")
    assert [each.name for each in project.loaded()] == [change]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        load_changes([tmp_path / "nope"])
    with pytest.raises(BadInput, match="there is no folder"):
        load_tables([tmp_path / "nope"])


@pytest.mark.parametrize(
    ("up", "said"), [("1 / 0", "fails: ZeroDivisionError"), ("'x'", "is not an operation")]
)
def test_steps_that_cannot_be_made_are_told_with_their_file(project: Project, up: str, said: str) -> None:
    project.add("bad", up)
    (change,) = project.loaded()
    with pytest.raises(BadInput, match=said):
        change.up()


def test_the_projects_own_changes_and_tables_load() -> None:
    changes = load_changes([CHANGES_DIR])
    assert changes[0].name == "migration_20261121_000000_create_algoitny_main"
    for change in changes:
        assert change.up() and change.down() and change.description and change.group
    assert "algoitny_main" in project_tables()
