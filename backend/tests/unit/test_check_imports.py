"""`scripts/check_imports.py`: which modules it imports, and what it says of packages that are not required."""

from __future__ import annotations

import subprocess
import sys

from config.environment import BACKEND_DIR
from scripts import check_imports
from tests.support.scripts import script_environment


def test_it_walks_every_package_but_the_tests() -> None:
    packages = {path.parent.name for path in BACKEND_DIR.glob("*/*.py")}
    assert packages - {"tests"} == set(check_imports.PACKAGES)


def test_it_names_every_module_of_a_package() -> None:
    names = set(check_imports.module_names())
    assert names > {"manage", "api", "api.dynamodb.client", "config.wsgi", "legacy.migrations.0001_initial"}
    assert len(names) == 1 + sum(
        len(list((BACKEND_DIR / package).rglob("*.py"))) for package in check_imports.PACKAGES
    )


def test_the_service_starts_with_its_settings() -> None:
    completed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import config.wsgi"], cwd=BACKEND_DIR,
        env=script_environment(check_imports._SETTINGS), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (completed.returncode, completed.stderr) == (0, "")


def test_a_module_that_needs_more_exists_and_has_a_reason() -> None:
    names = set(check_imports.module_names())
    assert set(check_imports.NEEDS_MORE) <= names
    assert check_imports.exemption("benchmarks.peers.product") == check_imports.NEEDS_MORE["benchmarks.peers"]
    assert check_imports.exemption("benchmarks.bench") is None


def test_a_package_of_the_tools_is_foreign_and_a_required_one_is_not() -> None:
    foreign = check_imports.foreign_packages()
    assert {"pytest", "mypy"} <= set(foreign)
    assert not {"django", "boto3", "packaging", "pip"} & set(foreign)
