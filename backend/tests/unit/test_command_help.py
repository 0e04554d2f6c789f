"""`--help` of every command: printed by Python alone, where none of the project's packages is installed."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from config.environment import BACKEND_DIR

COMMANDS = sorted(
    f"{folder}/{path.name}"
    for folder in ("scripts", "benchmarks")
    for path in (BACKEND_DIR / folder).glob("*.py")
    if not path.name.startswith("_")
    and re.search(r"^def (arguments|parser)\(", path.read_text(), re.MULTILINE)
    and 'if __name__ == "__main__"' in path.read_text()
)


def test_every_command_of_the_makefile_is_among_them() -> None:
    makefile = (BACKEND_DIR.parent / "Makefile").read_text()
    for command in (
        "run_demo",
        "migrate_to_dynamodb",
        "add_gsi",
        "messages",
        "infrastructure",
        "check_imports",
    ):
        assert f"{command}.py" in makefile
        assert f"scripts/{command}.py" in COMMANDS
    assert {"benchmarks/bench.py", "benchmarks/bench_gsi.py"} < set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_no_installed_package(command: str) -> None:
    process = subprocess.run(
        [sys.executable, "-I", "-S", command, "--help"], cwd=BACKEND_DIR, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False, env={"COLUMNS": "110"},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("usage: ")
    assert not process.stderr


@pytest.mark.parametrize(
    ("option", "code", "said"), [("--help", 0, "usage: python -m engines"), ("--nope", 2, "")]
)
def test_an_option_of_the_engine_starts_none(option: str, code: int, said: str) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "engines", option], cwd=BACKEND_DIR, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert process.returncode == code, process.stderr
    assert process.stdout.startswith(said) and "serves DynamoDB" not in process.stdout
