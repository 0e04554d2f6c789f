"""The command: its exit codes, its one-line errors, its JSON; no password anywhere."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.integration.verify.verification_harness import MigratedTable, R
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine


def call(migrated: MigratedTable, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    done = run_script("verify_migration", *arguments, settings={**migrated.settings(), **settings})
    password = migrated.settings()["MYSQL_PASSWORD"]
    assert password not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_it_exits_with_0_and_says_so_when_all_agrees(migrated: MigratedTable) -> None:
    done = call(migrated)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("everything agrees: ")


def test_it_exits_with_1_and_names_the_item_that_differs(migrated: MigratedTable) -> None:
    run = migrated.get(f"RUN#{R + 1}")
    migrated.change(run, pub={"BOOL": True})
    done = call(migrated)
    assert done.returncode == 1
    assert (
        f"changed run {R + 1} at RUN#{R + 1} / META: is_code_public (pub): source false, table true"
        in done.stdout
    )
    assert done.stdout.splitlines()[-1] == "1 differences"


def test_its_json_is_complete(migrated: MigratedTable) -> None:
    migrated.delete(migrated.get(f"RUN#{R + 1}"))
    done = call(migrated, "--json")
    assert done.returncode == 1
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["agrees"] is False
    assert report["mode"] == "contents"
    assert report["difference_count"] == 1
    (difference,) = report["differences"]
    assert (difference["entity"], difference["what"], difference["kind"]) == ("history", "missing", "run")
    assert (difference["id"], difference["pk"], difference["sk"]) == (str(R + 1), f"RUN#{R + 1}", "META")
    kinds = {line["kind"]: line for line in report["kinds"]}
    assert kinds["run"]["agrees"] is False
    assert kinds["user"]["agrees"] is True


@pytest.mark.parametrize(
    "mode", [("--counts-only",), ("--sample", "20"), ("--entity", "users", "--workers", "1")]
)
def test_every_mode_agrees_on_an_undamaged_table(migrated: MigratedTable, mode: tuple[str, ...]) -> None:
    done = call(migrated, *mode, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["agrees"] is True


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"MYSQL_PORT": "1"}, "start MySQL"),
        ({"MYSQL_PASSWORD": "wrong-secret"}, "refused the user"),
        ({"MYSQL_DATABASE": "nothing_here"}, "MYSQL_DATABASE"),
        ({"MYSQL_HOST": ""}, "no source is configured"),
        ({"LOCALSTACK_URL": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"DYNAMODB_TABLE": "nothing_here"}, "make dynamodb-init"),
        ({"LOCALSTACK_URL": "nonsense"}, "LOCALSTACK_URL"),
    ],
    ids=[
        "source_down",
        "wrong_password",
        "no_database",
        "no_source",
        "engine_down",
        "no_table",
        "bad_setting",
    ],
)
def test_what_cannot_be_compared_is_one_line_and_exit_code_2(
    migrated: MigratedTable, settings: dict[str, str], message: str
) -> None:
    done = call(migrated, "--json", **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert "wrong-secret" not in line


def test_a_dead_letter_file_that_is_not_there_is_an_error(migrated: MigratedTable) -> None:
    done = call(migrated, "--dead-letter", "/nonexistent/letters.jsonl")
    assert done.returncode == 2
    assert "there is no dead-letter file" in done.stderr


def test_its_help_tells_the_exit_codes(migrated: MigratedTable) -> None:
    done = run_script("verify_migration", "--help")
    assert done.returncode == 0
    assert "Exit code 0" in " ".join(done.stdout.split())
