"""The README tells the truth: its commands exist, and its examples are run as they are written."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR, PROJECT_DIR, SQLiteSource
from legacy.demo import DemoSize, fill_sqlite
from live.commands import COMMANDS
from tests.support.engines import Engine
from tests.support.scripts import script_environment
from tests.support.sources import settings_of

TEXT = (PROJECT_DIR / "README.md").read_text()
MAKEFILE = (PROJECT_DIR / "Makefile").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
LINES = [
    line.split("  #")[0].strip()
    for language, block in BLOCKS
    if language == "bash"
    for line in block.splitlines()
    if line.strip()
]
# Run by tests of their own (test_run_demo), by CI itself, or for minutes.
RUN_ELSEWHERE = {
    "make run", "make test", "make lint", "make bench", "make bench-api", "make bench-migrate", "make bench-gsi",
    "make bench-guide", "make bench-texts", "make bench-live", "make bench-rollout", "make bench-search",
    "make drill", "make bench-dashboard",
    "make torture", "make docs", "make messages", "make pictures", "make smoke", "make imports", "make assets",
    "make dashboard", "make dashboard ARGS=--demo", "make trading-dashboard ARGS=--demo",
}  # fmt: skip
# Those of the live move need a MySQL with a binlog, and are run in integration/live.
RUN_HERE = [
    line
    for line in LINES
    if line.startswith(("make dynamodb-", "python scripts/")) and not line.startswith("make dynamodb-live-")
]


def test_every_line_of_its_examples_is_run_by_a_test() -> None:
    rest = {line for line in LINES if line not in RUN_HERE} - RUN_ELSEWHERE
    live = {line for line in rest if line.startswith("make dynamodb-live-")}
    assert {line.rpartition("-")[2] for line in live} == {*COMMANDS, "function"}
    rest -= live
    assert rest == {"curl http://127.0.0.1:8000/api/health/ready/"}


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+[a-z])[` ]", TEXT))))
def test_a_target_that_it_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(backend/[\w/.]+)`", TEXT))))
def test_a_path_that_it_names_exists(path: str) -> None:
    assert (PROJECT_DIR / path).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http)([\w/.-]+)\)", TEXT))))
def test_a_link_leads_somewhere(path: str) -> None:
    assert (PROJECT_DIR / path).exists()


def test_its_table_of_dependencies_is_the_requirements_file() -> None:
    table = TEXT.split("| at run time | why |")[1]
    listed = {line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")} - {"---"}
    pinned = re.findall(r"^([a-z][a-z0-9-]*)", (BACKEND_DIR / "requirements.in").read_text(), re.MULTILINE)
    assert listed == set(pinned)


@pytest.fixture(scope="module")
def settings(
    ministack: Engine, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: pytest.FixtureRequest
) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("readme")
    source = SQLiteSource(folder / "legacy.sqlite3")
    environment = {
        **ministack.settings("readme_examples"),
        **settings_of(source),
        "ALGOITNY_STATE_DIR": str(folder / "state"),
        "DJANGO_DEBUG": "1",
    }
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        fill_sqlite(source.path, DemoSize(20, 10, 60, 120, 0), 1, datetime(2026, 1, 2, tzinfo=UTC))
    # `make run` creates the table and moves the data before the first example.
    for command in ("make dynamodb-init", "make dynamodb-migrate"):
        completed = run(command, environment)
        assert completed.returncode == 0, completed.stderr
    return environment


def run(line: str, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a line as a shell would, in the folder that it belongs to."""
    words = shlex.split(line)
    folder = PROJECT_DIR
    if words[0] == "python":
        words[0], folder = sys.executable, BACKEND_DIR
    return subprocess.run(
        words, cwd=folder, env={**script_environment(settings), "DOCKER": "0"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture
def own_tables(ministack: Engine) -> Iterator[None]:
    """Removes the tables that a test makes: the README's names are the same in each."""
    names = ministack.client().get_paginator("list_tables").paginate().build_full_result
    before = set(names()["TableNames"])
    yield
    for name in set(names()["TableNames"]) - before:
        ministack.client().delete_table(TableName=name)


def here(line: str, folder: Path) -> str:
    """The line with the reader's own folder in `folder`."""
    return line.replace("../my_tables", str(folder / "my_tables"))


@pytest.mark.long
@pytest.mark.usefixtures("settings", "own_tables")
def test_its_commands_do_what_it_says_from_top_to_bottom(settings: dict[str, str], tmp_path: Path) -> None:
    for line in RUN_HERE:
        done = run(here(line, tmp_path), settings)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip(), line


@pytest.mark.usefixtures("own_tables")
def test_a_table_of_one_s_own_is_made_in_five_lines(ministack: Engine, tmp_path: Path) -> None:
    settings = {**ministack.settings("readme_own_table"), "ALGOITNY_STATE_DIR": str(tmp_path / "state")}
    lines = [line for line in RUN_HERE if "my_tables" in line]
    assert [line.split()[2] for line in lines] == ["new-table", "plan", "migrate", "check", "status"]
    printed = []
    for line in lines:
        done = run(here(line, tmp_path), settings)
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        printed.append(done.stdout)
    assert "create table dev-orders with 1 index: about" in printed[1]
    assert "1 change applied" in printed[2] and printed[3] == "dev-orders: as declared\n"
    assert re.fullmatch(r"applied   migration_\d{8}_\d{6}_create_orders  .*\n", printed[4])
    table = ministack.client().describe_table(TableName="dev-orders")["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-user"]


def test_its_python_example_works_without_django(ministack: Engine, tmp_path: Path) -> None:
    settings = ministack.settings("readme_python_example")
    created = run("make dynamodb-init", settings)
    assert created.returncode == 0, created.stderr
    guide, limiter = [block for language, block in BLOCKS if language == "python"]
    script = tmp_path / "example.py"
    check = "assert user['user_id'] == 12345 and user['name'] == 'John Doe'\nassert (allowed, count) == (True, 0)\n"
    check += "assert usage.get_usage_count(12345, 'hint', consistent=True) == 1\n"
    admitted = "assert decision.allowed and decision.count == 1\n"
    given_back = "assert usage.get_usage_count(12345, 'execution', consistent=True) == 0\n"
    script.write_text(guide + check + limiter + admitted + given_back)
    done = subprocess.run(
        [sys.executable, str(script)], cwd=BACKEND_DIR, capture_output=True, text=True, timeout=60, check=False,
        env={**script_environment(settings), "PYTHONPATH": str(BACKEND_DIR), "DJANGO_SETTINGS_MODULE": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
