"""`make dynamodb-import-statements`: a folder for each problem; what cannot be taken over stops no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import ConditionFailed, InvalidInput
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.table_schema import create_table, delete_table
from api.problems.statement_files import import_statements
from tests.support.engines import Engine
from tests.support.scripts import run_script

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@pytest.fixture
def engine(ministack: Engine) -> Engine:
    """MiniStack alone: what is written is tested on both engines elsewhere."""
    return ministack


@pytest.fixture
def problems(use_engine: Engine, table_name: str) -> Iterator[ProblemRepository]:
    """Problems 1001 and 1002 of this site, and 1001 of another one."""
    create_table(DynamoDBClient.get_client(patient=True))
    table: Table = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(table_name)
    repository = ProblemRepository(table)
    for problem_id, platform, number in (
        (1, "algoitny", "1001"),
        (2, "algoitny", "1002"),
        (3, "baekjoon", "1001"),
    ):
        repository.create_problem(
            {
                "problem_id": problem_id, "platform": platform, "problem_number": number, "title": "Title",
                "language": "python", "solution_code": "print(1)", "is_completed": True,
            }
        )  # fmt: skip
    yield repository
    delete_table(DynamoDBClient.get_client(patient=True))


def write(root: Path, slug: str, **files: str) -> None:
    """A problem's folder; names of files have `_` for dots."""
    folder = root / slug
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_bytes(text.encode())


def outcomes(entries: Any) -> list[tuple[str, str, int | None]]:
    return [(entry.folder, entry.outcome, entry.problem_id) for entry in entries]


def fill(root: Path) -> None:
    write(
        root, "one",
        problem_toml='number = 1001\ntitle_ko = "하나"\ntitle_en = "One"\ntags = ["math"]\nsamples = 2\n',
        statement_ko_md="\ufeff$n$을 읽는다.\r\n", statement_en_md="Read $n$.\n",
        hints_ko_md="가\n---\n나\n", hints_en_md="a\n---\nb\n",
        solution_py="print(1)\n", solution_js="console.log(1)\n", wrong_1_py="x",
    )  # fmt: skip
    write(
        root, "other_site", problem_toml='number = "1001"\nplatform = "baekjoon"\n', statement_en_md="Ours.\n"
    )


def test_folders_are_stored_once_and_a_dry_run_stores_nothing(
    problems: ProblemRepository, tmp_path: Path
) -> None:
    fill(tmp_path)
    expected = [("one", "stored", 1), ("other_site", "stored", 3)]
    assert outcomes(import_statements(problems, tmp_path, platform="algoitny", dry_run=True)) == expected
    assert {problem["statement_version"] for problem in problems.get_problems([1, 3]).values()} == {None}
    assert outcomes(import_statements(problems, tmp_path, platform="algoitny")) == expected
    problem = problems.get_problem(1, consistent=True)
    assert problem is not None
    texts = {
        "title_ko": "하나", "statement_ko": "$n$을 읽는다.\n", "hints_ko": ["가", "나"],
        "title_en": "One", "statement_en": "Read $n$.\n", "hints_en": ["a", "b"],
        "solutions": {"javascript": "console.log(1)\n"}, "statement_version": 1, "version": 1,
    }  # fmt: skip
    assert {name: problem[name] for name in texts} == texts  # type: ignore[literal-required]
    again = import_statements(problems, tmp_path, platform="algoitny")
    assert {entry.outcome for entry in again} == {"unchanged"}


def test_what_is_missing_in_a_folder_stays_as_it_is(problems: ProblemRepository, tmp_path: Path) -> None:
    problems.set_statements(2, {"statement_ko": "둘", "title_en": "Two", "hints_en": ["x"]})
    problems.retire_problem(2)
    write(tmp_path, "two", problem_toml="number = 1002\n", statement_en_md="Second.")
    (entry,) = import_statements(problems, tmp_path, platform="algoitny")
    assert (entry.outcome, entry.fields) == ("stored", ("statement_en",))
    problem = problems.get_problem(2, consistent=True)
    assert problem is not None
    assert (problem["statement_ko"], problem["title_en"], problem["hints_en"], problem["is_deleted"]) == (
        "둘", "Two", ["x"], True,
    )  # fmt: skip


def test_what_cannot_be_taken_over_is_said_by_file_and_stops_no_other(
    problems: ProblemRepository, tmp_path: Path
) -> None:
    fill(tmp_path)
    write(tmp_path, "a_toml", problem_toml="number = ")
    write(tmp_path, "b_number", problem_toml='title_ko = "x"\n')
    write(tmp_path, "c_long", problem_toml="number = 1002\n", statement_ko_md="x" * 256_000)
    write(tmp_path, "d_nul", problem_toml="number = 1002\n", statement_en_md="a\0b")
    write(tmp_path, "e_title", problem_toml="number = 1002\ntitle_en = 7\n")
    write(tmp_path, "f_unknown", problem_toml="number = 9999\n")
    write(tmp_path, "g_bytes", problem_toml="number = 1002\n")
    (tmp_path / "g_bytes" / "hints.ko.md").write_bytes(b"\xff")
    (tmp_path / "h_folder" / "solution.js").mkdir(parents=True)
    (tmp_path / "h_folder" / "problem.toml").write_text("number = 1002\n")
    entries = {entry.folder: entry for entry in import_statements(problems, tmp_path, platform="algoitny")}
    assert {name for name, entry in entries.items() if entry.outcome == "stored"} == {"one", "other_site"}
    assert entries["f_unknown"].outcome == "unknown"
    notes = {name: entry.note for name, entry in entries.items() if entry.outcome == "refused"}
    assert notes.keys() == {"a_toml", "b_number", "c_long", "d_nul", "e_title", "g_bytes", "h_folder"}
    assert "64,000" in notes["c_long"]
    assert "hints.ko.md is not UTF-8" in notes["g_bytes"]
    assert problems.get_problems([2])[2]["statement_version"] is None


def test_a_statement_that_staff_changed_meanwhile_is_not_overwritten(
    problems: ProblemRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)

    def fail(*_: Any, **__: Any) -> Any:
        raise ConditionFailed("somebody changed it")

    monkeypatch.setattr(problems, "set_statements", fail)
    assert {entry.outcome for entry in import_statements(problems, tmp_path, platform="algoitny")} == {
        "refused"
    }
    with pytest.raises(InvalidInput, match="no folders with"):
        list(import_statements(problems, tmp_path / "nowhere", platform="algoitny"))


def test_the_command_reports_and_its_exit_code_says_what_was_left_out(
    problems: ProblemRepository, use_engine: Engine, table_name: str, tmp_path: Path
) -> None:
    settings = {"LOCALSTACK_URL": use_engine.endpoint_url, "DYNAMODB_TABLE": table_name}
    fill(tmp_path / "problems")
    arguments = str(tmp_path / "problems"), "--json"
    run = run_script("import_statements", *arguments, settings=settings)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert (report["stored"], report["unknown"], report["dry_run"]) == (2, 0, False)
    write(tmp_path / "problems", "unknown", problem_toml="number = 9999\n")
    run = run_script("import_statements", arguments[0], settings=settings)
    assert run.returncode == 3
    assert "unknown: unknown, there is no problem 9999 of algoitny" in run.stdout
    assert "2 are there already, 1 were left out" in run.stdout
    run = run_script("import_statements", str(tmp_path / "nowhere"), settings=settings)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)
