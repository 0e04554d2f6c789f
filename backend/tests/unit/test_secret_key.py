"""The secret key of development: one for all processes of a checkout, kept from one start to the next."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from config.secret_key import FILE_NAME, development_key
from config.setting_values import ConfigurationError
from tests.support.scripts import finished, script_environment


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "inner"
    key = development_key(folder)
    assert len(key) >= 50
    assert development_key(folder) == key
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert development_key(tmp_path / "other") != key


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    key = development_key(tmp_path)
    file = tmp_path / FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert development_key(tmp_path) == key
    assert file.stat().st_mode & 0o777 == 0o600


def test_threads_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: development_key(tmp_path), range(16)))) == 1


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from config.secret_key import development_key; "
        "print(development_key(pathlib.Path(sys.argv[1])))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=BACKEND_DIR, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert len({finished(process)[0] for process in running}) == 1


@pytest.mark.parametrize("left", ["", "cut off", "\n" * 80])
def test_a_file_that_was_not_written_to_its_end_is_written_anew(tmp_path: Path, left: str) -> None:
    (tmp_path / FILE_NAME).write_text(left)
    key = development_key(tmp_path)
    assert len(key) >= 50
    assert development_key(tmp_path) == key == (tmp_path / FILE_NAME).read_text()


def test_a_place_that_cannot_be_written_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(ConfigurationError, match=r"state/secret_key .*set DJANGO_SECRET_KEY"):
        development_key(tmp_path / "state")
    (tmp_path / FILE_NAME).write_bytes(b"\xff" * 60)
    with pytest.raises(ConfigurationError, match="set DJANGO_SECRET_KEY"):
        development_key(tmp_path)


def test_two_workers_of_a_checkout_sign_alike(tmp_path: Path) -> None:
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    environment = script_environment(
        {
            "DJANGO_SECRET_KEY": "",
            "ALGOITNY_STATE_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=BACKEND_DIR, env=environment, capture_output=True, text=True,
            timeout=60, check=True,
        ).stdout
        for _ in range(2)
    }  # fmt: skip
    assert keys == {f"{(tmp_path / FILE_NAME).read_text()}\n"}
