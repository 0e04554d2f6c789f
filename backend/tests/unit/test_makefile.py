"""The Makefile documents itself, has every target that the guide names, and runs commands where it should."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR

TEXT = (PROJECT_DIR / "Makefile").read_text()
PHONY = {name for line in re.findall(r"^\.PHONY: (.+)$", TEXT, re.MULTILINE) for name in line.split()}
TARGETS = sorted(name for name in PHONY if not name.startswith("."))
OF_THE_GUIDE = {
    "dynamodb-help",
    "dynamodb-init",
    "dynamodb-migrate",
    "dynamodb-migrate-dry-run",
    "dynamodb-migrate-history",
    "dynamodb-migrate-problems",
    "dynamodb-migrate-users",
    "dynamodb-verify",
}


def make(*arguments: str, path: str | None = None) -> str:
    """What make prints; it must succeed."""
    environment = {"PATH": path or "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(
        ["/usr/bin/env", "make", "-C", str(PROJECT_DIR), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_has_the_targets_of_the_guide_and_the_issue() -> None:
    assert set(TARGETS) >= OF_THE_GUIDE | {
        "run", "test", "lint", "docs", "infra", "engine", "demo-source", "requirements", "clean",
        "bench", "bench-api", "bench-migrate", "dynamodb-migrate-usage", "dynamodb-delete", "imports", "smoke",
    }  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_documented_with_one_sentence(target: str) -> None:
    found = re.search(rf"^{re.escape(target)}:.*?## (.+)$", TEXT, re.MULTILINE)
    assert found, f"{target} has no `## ` comment"
    assert found[1].endswith(".")


@pytest.mark.parametrize("arguments", [(), ("help",), ("dynamodb-help",)])
def test_help_prints_every_target(arguments: tuple[str, ...]) -> None:
    printed = make(*arguments)
    assert set(re.findall(r"^  make (\S+) ", printed, re.MULTILINE)) == set(TARGETS)


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("dynamodb-init", "init_dynamodb.py"),
        ("dynamodb-migrate", "migrate_to_dynamodb.py"),
        ("dynamodb-migrate-dry-run", "migrate_to_dynamodb.py --dry-run"),
        ("dynamodb-migrate-users", "migrate_to_dynamodb.py --entity users"),
        ("dynamodb-migrate-problems", "migrate_to_dynamodb.py --entity problems"),
        ("dynamodb-migrate-history", "migrate_to_dynamodb.py --entity history"),
        ("dynamodb-migrate-usage", "migrate_to_dynamodb.py --entity usage"),
        ("dynamodb-import", "import_files.py"),
        ("dynamodb-verify", "verify_migration.py"),
        ("dynamodb-gsi-add", "add_gsi.py"),
        ("dynamodb-gsi-status", "gsi_status.py"),
        ("dynamodb-gsi-drop", "drop_gsi.py"),
        ("dynamodb-changes", "dynamodb_migrations.py status"),
        ("dynamodb-changes-plan", "dynamodb_migrations.py plan"),
        ("dynamodb-changes-migrate", "dynamodb_migrations.py migrate"),
        ("dynamodb-changes-check", "dynamodb_migrations.py check"),
        ("dynamodb-inspect", "inspect_table.py"),
        ("dynamodb-explain", "explain.py"),
        ("dynamodb-export", "export_table.py"),
        ("dynamodb-rollout", "rollout.py status"),
        *(
            (f"dynamodb-rollout-{name}", f"rollout.py {name}")
            for name in ("enable", "disable", "compare", "rollback", "report")
        ),
        ("dynamodb-delete", "delete_dynamodb.py"),
        ("dynamodb-backups", "backups.py list"),
        ("dynamodb-restore", "backups.py restore"),
        ("dynamodb-check-data", "check_data.py"),
        ("dynamodb-rederive", "rederive.py"),
        ("dynamodb-restore-drill", "restore_drill.py"),
    ],
)
def test_a_target_runs_its_command_with_the_arguments_given(target: str, command: str) -> None:
    body = re.search(rf"^{target}:.*\n\t(.+)$", TEXT, re.MULTILINE)
    assert body
    assert body[1] == f"$(call script,{command})"
    assert "scripts/$(1) $(ARGS)" in TEXT


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A copy of the Makefile on a machine whose `docker` and `.venv` python only say what they were asked."""
    (tmp_path / "Makefile").write_text(TEXT)
    backend = tmp_path / "backend"
    backend.mkdir()
    for name in ("requirements", "requirements-dev", "requirements-engine", "requirements-bench"):
        (backend / f"{name}.txt").write_text("")
    checksum = (
        subprocess.run(["cksum"], input=b"", capture_output=True, check=True).stdout.split()[0].decode()
    )
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "host $(basename "$PWD") $*"\n')
    python.chmod(0o755)
    (tmp_path / ".venv" / f".pins-{checksum}").touch()
    return tmp_path


def run_on(machine: Path, *arguments: str, compose: str | None) -> str:
    """Runs make there; `compose` is what `docker compose ps -q backend` prints, None without Docker."""
    tools = machine / "tools"
    tools.mkdir()
    for name in (
        "awk",
        "cat",
        "cksum",
        "cp",
        "cut",
        "sh",
        "timeout",
        "basename",
        "make",
        "mkdir",
        "rm",
        "touch",
    ):
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    if compose is not None:
        docker = tools / "docker"
        docker.write_text(f'#!/bin/sh\n[ "$2" = ps ] && printf %s "{compose}" || echo "docker $*"\n')
        docker.chmod(0o755)
    done = subprocess.run(
        [str(tools / "make"), *arguments],
        cwd=machine,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


COMMAND = "scripts/migrate_to_dynamodb.py --entity users --workers 4"


@pytest.mark.parametrize(
    ("compose", "choice", "expected"),
    [
        (None, "", f"host backend {COMMAND}"),
        ("", "", f"host backend {COMMAND}"),
        ("4be1", "", f"docker compose exec -T backend python {COMMAND}"),
        ("4be1", "DOCKER=0", f"host backend {COMMAND}"),
        ("", "DOCKER=1", f"docker compose exec -T backend python {COMMAND}"),
    ],
    ids=["no-docker", "compose-down", "compose-up", "up-but-refused", "down-but-asked"],
)
def test_a_command_runs_in_the_container_when_compose_is_up_and_here_otherwise(
    machine: Path, compose: str | None, choice: str, expected: str
) -> None:
    choices = [choice] if choice else []
    printed = run_on(machine, "dynamodb-migrate-users", "ARGS=--workers 4", *choices, compose=compose)
    assert printed == expected


TAKE_OPTIONS = sorted(
    name
    for name, recipe in re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", TEXT, re.MULTILINE)
    if "$(ARGS)" in recipe or "$(call script," in recipe
)
# Their options are those of pytest and pip-compile, which have to be installed to print them.
OPTIONS_OF_TOOLS = {"test", "torture", "pictures", "requirements"}


def test_the_targets_whose_command_takes_options_are_found() -> None:
    assert {
        "run",
        "smoke",
        "bench",
        "bench-gsi",
        "bench-guide",
        "dynamodb-migrate",
        "demo-source",
        *OPTIONS_OF_TOOLS,
    } < set(TAKE_OPTIONS)


@pytest.mark.parametrize("target", sorted(set(TAKE_OPTIONS) - OPTIONS_OF_TOOLS))
def test_help_of_a_target_is_printed_by_the_systems_python_and_makes_nothing(
    machine: Path, target: str
) -> None:
    python = shutil.move(machine / ".venv" / "bin" / "python", machine / "python")
    shutil.rmtree(machine / ".venv")
    printed = run_on(machine, target, "ARGS=--help", f"PYTHON={python}", compose="4be1")
    assert re.fullmatch(r"host \S+ \S+\.py (?:.+ )?--help", printed)
    assert not [path.name for path in machine.iterdir() if path.name.startswith(".")]


FAKE_PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
elif [ "$1 $2" = "-m pip" ]; then
    echo "$@"
fi
"""


def test_an_environment_is_made_from_scratch_when_its_pins_change(machine: Path) -> None:
    python = machine / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    leftover = machine / ".venv" / "leftover"
    leftover.touch()
    assert run_on(machine, ".venv", f"PYTHON={python}", compose=None).startswith("make: ")
    assert leftover.exists()
    (machine / "backend" / "requirements.txt").write_text("django==5.2.19")
    shutil.rmtree(machine / "tools")
    printed = run_on(machine, ".venv", f"PYTHON={python}", compose=None)
    assert printed.endswith("--require-hashes -r backend/requirements.txt")
    assert not leftover.exists()
    assert len(list((machine / ".venv").glob(".pins-*"))) == 1


def test_the_example_of_settings_is_what_the_demonstration_uses() -> None:
    from dotenv import dotenv_values

    from config.environment import SQLiteSource, read_environment

    values = {k: v for k, v in dotenv_values(PROJECT_DIR / ".env.example").items() if v is not None}
    settings = read_environment(values)
    assert settings.target == "http://127.0.0.1:4566"
    assert settings.source == SQLiteSource(PROJECT_DIR / ".algoitny" / "legacy.sqlite3")
    assert settings.debug
