"""`infra/` is what the code makes, and `scripts/infrastructure.py` says so or shows the difference."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lifecycle.infrastructure import files, page
from lifecycle.infrastructure.alarms import alarms
from lifecycle.infrastructure.policies import POLICIES
from lifecycle.infrastructure.template import template
from tests.support.scripts import run_script


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of `infra/` to spoil."""
    return Path(shutil.copytree(files.FOLDER, tmp_path / "infra"))


def test_infra_is_what_the_declared_schema_makes() -> None:
    assert files.differences() == {}, "run: make infra"


def test_nothing_else_stands_there() -> None:
    found = {path.relative_to(files.FOLDER).as_posix() for path in files.FOLDER.rglob("*") if path.is_file()}
    assert found == set(files.contents())


def test_it_is_json_that_reads_back_and_lines_that_a_person_reads() -> None:
    text = files.contents()[files.TEMPLATE]
    assert json.loads(text) == template()
    assert list(json.loads(text)["Resources"]) == list(template()["Resources"])
    long = [line for line in text.splitlines() if len(line) > 140 and '"' not in line.partition(": ")[2][:1]]
    assert long == []


def test_another_table_name_in_the_environment_changes_nothing() -> None:
    done = run_script("infrastructure", "--check", settings={"DYNAMODB_TABLE": "elsewhere"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "infra/ is up to date\n", "")


def test_a_changed_file_is_shown_line_by_line_and_written_again(folder: Path) -> None:
    policy = folder / "iam" / "service.json"
    policy.write_text(policy.read_text().replace("dynamodb:PutItem", "dynamodb:Scan"))
    (folder / "iam" / "intern.json").write_text("{}\n")
    done = run_script("infrastructure", "--check", "--folder", str(folder))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[-1] == "out of date, run make infra: iam/intern.json, iam/service.json"
    assert "--- infra/iam/service.json" in lines
    assert any(line.startswith("-") and "dynamodb:Scan" in line for line in lines)
    assert any(line.startswith("+") and "dynamodb:PutItem" in line for line in lines)

    told = run_script("infrastructure", "--json", "--folder", str(folder))
    assert told.returncode == 1
    assert json.loads(told.stdout)["stale"] == ["iam/intern.json", "iam/service.json"]

    assert files.write(folder) == ["iam/intern.json", "iam/service.json"]
    assert files.differences(folder) == {}
    assert not (folder / "iam" / "intern.json").exists()
    assert files.write(folder) == []


def test_a_missing_file_is_made(folder: Path) -> None:
    (folder / files.TEMPLATE).unlink()
    done = run_script("infrastructure", "--write", "--json", "--folder", str(folder))
    assert (done.returncode, json.loads(done.stdout)) == (0, {"written": [files.TEMPLATE]})
    assert (folder / files.TEMPLATE).read_text() == (files.FOLDER / files.TEMPLATE).read_text()


def test_text_around_the_page_s_tables_is_left_alone(folder: Path) -> None:
    text = (folder / files.PAGE).read_text()
    (folder / files.PAGE).write_text("Written by hand.\n" + text.replace("| on", "| off", 1))
    files.write(folder)
    assert (folder / files.PAGE).read_text().startswith("Written by hand.\n# The table on AWS")


@pytest.mark.parametrize("spoil", ["<!-- generated: alarms -->", "README.md"])
def test_a_page_without_a_place_for_its_tables_is_one_line_and_exit_2(folder: Path, spoil: str) -> None:
    if spoil == files.PAGE:
        (folder / files.PAGE).unlink()
    else:
        (folder / files.PAGE).write_text((folder / files.PAGE).read_text().replace(spoil, ""))
    done = run_script("infrastructure", "--write", "--folder", str(folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_the_page_names_every_policy_and_every_alarm() -> None:
    text = (files.FOLDER / files.PAGE).read_text()
    for policy in POLICIES:
        assert f"[{policy.name}](iam/{policy.name}.json)" in text
        assert all(statement.why in text for statement in policy.statements)
    assert all(f"`{alarm.name}`" in text for alarm in alarms())
    assert page.update_blocks(text) == text


def test_check_and_write_exclude_each_other() -> None:
    assert run_script("infrastructure", "--check", "--write").returncode == 2
